//! Classifies a response once, by what the caller does about it (docs/docspace.md, errors).

use std::time::Duration;

use reqwest::{StatusCode, header};
use serde_json::Value;
use tokio::time::Instant;

use super::error::{Error, Refused};
use super::wire;

/// The largest response that is read, in bytes.
const MAX_ANSWER: usize = 4 * 1024 * 1024;
/// The maximum number of objects, lists and values in it: parsed, each takes up many times its length, and a page of
/// DocSpace has far fewer.
const MAX_OBJECTS: usize = 20_000;
const MAX_VALUES: usize = 200_000;

/// A call that was sent.
#[derive(Debug)]
pub(super) struct Sent<'c> {
    /// Method and path.
    pub(super) call: &'c str,
    /// The address of the portal.
    pub(super) host: &'c str,
    pub(super) is_write: bool,
    /// When it was sent.
    pub(super) at: Instant,
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) retry_after: Option<Duration>,
    body: Vec<u8>,
}

impl Sent<'_> {
    /// Reads a response to its end.
    pub(super) async fn read(
        &self,
        response: Result<reqwest::Response, reqwest::Error>,
    ) -> Result<Answer, Error> {
        let mut response = response.map_err(|error| self.unanswered(&error))?;
        let status = response.status();
        let retry_after = retry_after(response.headers());
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() <= MAX_ANSWER => {
                    body.extend_from_slice(&chunk);
                }
                Ok(Some(_)) => return Err(self.open("the response is too large")),
                Ok(None) if holds_too_much(&body) => {
                    return Err(self.open("the response contains too many values"));
                }
                Ok(None) => break,
                Err(error) => return Err(self.unanswered(&error)),
            }
        }
        Ok(Answer {
            status,
            retry_after,
            body,
        })
    }

    /// A call that was never sent has no lost response.
    fn unanswered(&self, error: &reqwest::Error) -> Error {
        let reason = if error.is_timeout() {
            "no response in time".to_owned()
        } else {
            cause(error)
        };
        if error.is_connect() || error.is_builder() {
            return Error::Unsent {
                call: self.call.to_owned(),
                host: self.host.to_owned(),
                reason,
            };
        }
        self.open(&reason)
    }

    /// There is no response that says what was done.
    fn open(&self, reason: &str) -> Error {
        let (call, reason) = (self.call.to_owned(), reason.to_owned());
        if self.is_write {
            let left = self.at;
            Error::LostAnswer { call, reason, left }
        } else {
            Error::Unreachable { call, reason }
        }
    }

    /// The status first, then the body, which may be empty, truncated, not JSON at all, or from a gateway: only in
    /// DocSpace's own envelope does a status refer to the request, and then it is final.
    pub(super) fn sort(&self, answer: &Answer) -> Result<Value, Error> {
        let status = answer.status.as_u16();
        let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
        if (200..=299).contains(&status) {
            return match body {
                Some(envelope @ Value::Object(_)) => Ok(envelope),
                _ => Err(self.open(&format!(
                    "the response of `{}` does not come from DocSpace",
                    self.host
                ))),
            };
        }
        let refusal = body.as_ref().and_then(|body| wire::refusal(body, status));
        Err(match refusal {
            Some(refusal) => self.final_error(status, refusal),
            None => self.error_of_others(status),
        })
    }

    fn final_error(&self, status: u16, refusal: wire::Refusal) -> Error {
        let call = self.call.to_owned();
        let wire::Refusal { kind, message } = refusal;
        match status {
            401 => self.unauthorised(status),
            402 => Error::Unpaid { call },
            404 => Error::NotFound { call },
            400 | 413 | 415 | 422 => Error::Invalid { call, message },
            500.. => Error::Failed {
                call,
                status,
                message,
            },
            _ => Error::Refused {
                call,
                kind: if status == 403 && !kind.contains("InvalidOperation") {
                    Refused::Right
                } else {
                    Refused::Rule
                },
                message,
            },
        }
    }

    /// The response of a filter, a proxy, or a server that failed midway.
    fn error_of_others(&self, status: u16) -> Error {
        let (call, host) = (self.call.to_owned(), self.host);
        let reason = match status {
            401 | 403 => return self.unauthorised(status),
            402 => return Error::Unpaid { call },
            500.. => return self.open(&format!("`{host}` answered {status}")),
            300..=399 => {
                format!("`{host}` redirects ({status}): configure the address that it redirects to")
            }
            404 => format!(
                "a 404 that does not come from DocSpace: check the address of the portal, `{host}`"
            ),
            _ => format!("`{host}` answered {status}"),
        };
        Error::Unreachable { call, reason }
    }

    fn unauthorised(&self, status: u16) -> Error {
        Error::Unauthorised {
            call: self.call.to_owned(),
            host: self.host.to_owned(),
            status,
        }
    }
}

/// Whether JSON would take up too much memory once it is parsed.
fn holds_too_much(json: &[u8]) -> bool {
    let (mut objects, mut values, mut in_text, mut is_escaped) = (0, 0, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_text,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => objects += 1,
            b',' if !in_text => values += 1,
            _ => {}
        }
    }
    objects > MAX_OBJECTS || values > MAX_VALUES
}

/// The innermost cause; the outer ones repeat the address.
fn cause(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(next) = inner.source() {
        inner = next;
    }
    inner.to_string()
}

fn retry_after(headers: &header::HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    // A date counts as a minute: the portal's windows are not longer.
    Some(
        text.parse()
            .map_or(Duration::from_secs(60), Duration::from_secs)
            .min(Duration::from_secs(300)),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sorted(status: u16, body: &str, is_write: bool) -> Error {
        let sent = Sent {
            host: "https://docspace.example.com",
            call: "POST files/folder/7",
            is_write,
            at: Instant::now(),
        };
        let answer = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            retry_after: None,
            body: body.as_bytes().to_vec(),
        };
        sent.sort(&answer).unwrap_err()
    }

    /// Responses as DocSpace sends them: an exception, or a failed validation.
    fn exception(status: u16, kind: &str) -> String {
        json!({ "error": { "message": "no", "type": kind }, "status": 1, "statusCode": status })
            .to_string()
    }

    fn validation(status: u16, around: u16) -> String {
        let inner =
            json!({ "title": "wrong", "status": status, "errors": { "Title": ["too long"] } });
        json!({ "response": inner, "status": 1, "statusCode": around }).to_string()
    }

    #[test]
    fn objects_and_values_are_counted_outside_of_strings() {
        let listed = |item: &str, count: usize| format!("[{}]", vec![item; count].join(","));
        for (item, most) in [
            ("{\"\":0}", MAX_OBJECTS - 1),
            ("[]", MAX_OBJECTS - 1),
            ("0", MAX_VALUES + 1),
            (r#"",{[\",{[\\""#, MAX_VALUES + 1),
        ] {
            assert!(!holds_too_much(listed(item, most).as_bytes()), "{item}");
            assert!(holds_too_much(listed(item, most + 1).as_bytes()), "{item}");
        }
    }

    #[test]
    fn a_response_in_docspaces_own_envelope_is_final_at_any_status() {
        for status in [400, 403, 404, 409, 413, 415, 422, 500, 502, 503, 504] {
            let error = sorted(status, &exception(status, "System.Exception"), true);
            assert!(error.is_final(), "{status}: {error:?}");
            let is_broken = matches!(error, Error::Failed { .. });
            assert_eq!(is_broken, status >= 500, "{status}: {error:?}");
        }
    }

    #[test]
    fn a_write_without_such_a_response_may_still_have_happened() {
        for (status, body) in [
            (500, ""),
            (500, "<html>"),
            (500, "{}"),
            (502, "Bad Gateway"),
            (503, ""),
            (504, "{\"statusCode\":500}"),
            (200, "<html>"),
            (200, "{\"response\":"),
        ] {
            let error = sorted(status, body, true);
            assert!(matches!(error, Error::LostAnswer { .. }), "{status} {body}");
            let error = sorted(status, body, false);
            assert!(
                matches!(error, Error::Unreachable { .. }),
                "{status} {body}"
            );
        }
    }

    #[test]
    fn a_403_means_a_rule_or_a_missing_right_and_without_the_envelope_a_bad_key() {
        let kind = |kind| match sorted(403, &exception(403, kind), true) {
            Error::Refused { kind, .. } => kind,
            error => panic!("{error:?}"),
        };
        assert_eq!(kind("System.InvalidOperationException"), Refused::Rule);
        assert_eq!(kind("System.Security.SecurityException"), Refused::Right);
        let problem = "{\"title\":\"Forbidden\",\"status\":403,\"traceId\":\"00-1\"}";
        for body in ["", problem] {
            let error = sorted(403, body, false);
            assert!(matches!(error, Error::Unauthorised { .. }), "{error:?}");
        }
    }

    #[test]
    fn failed_validations_use_the_success_envelope_and_a_415_one_that_says_200() {
        for body in [validation(400, 400), validation(415, 200)] {
            let status = if body.contains("415") { 415 } else { 400 };
            let error = sorted(status, &body, true);
            assert!(
                matches!(&error, Error::Invalid { message, .. } if message == "Title: too long"),
                "{error:?}"
            );
        }
    }
}
