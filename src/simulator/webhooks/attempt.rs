//! One attempt to deliver: its body, its signature and its result (webhooks.md §2, §3).

use std::io;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderName};
use serde_json::{Map, Value, json};
use sha2::Sha256;

use super::address::Destination;
use super::net_json;
use super::payload::RetryPart;
use crate::simulator::portal::Portal;
use crate::simulator::state::webhooks::{Record, Sent};
use crate::simulator::state::world::utc_seconds;

/// The result of one attempt.
pub(crate) enum Outcome {
    Delivered(Record),
    Failed(Fault),
}

pub(crate) struct Fault {
    /// The status of the response; 0 if there was none.
    pub(crate) status: u16,
    pub(crate) content: String,
    pub(crate) is_timeout: bool,
}

impl Fault {
    fn with(status: u16, content: String) -> Self {
        Self {
            status,
            content,
            is_timeout: false,
        }
    }

    /// The fault of a missing or incomplete response.
    fn of(fault: &reqwest::Error, destination: &Destination) -> Self {
        if fault.is_timeout() {
            let content = "The request was canceled due to the configured HttpClient.Timeout of 100 seconds elapsing.";
            return Self {
                status: 500,
                content: content.to_owned(),
                is_timeout: true,
            };
        }
        let content = if !fault.is_connect() {
            "Error while copying content to a stream.".to_owned()
        } else if is_refused(fault) {
            format!("Connection refused ({})", destination.host())
        } else {
            "The SSL connection could not be established, see inner exception.".to_owned()
        };
        Self::with(0, content)
    }
}

/// Whether the connection was refused; other connection failures are TLS failures.
pub(crate) fn is_refused(fault: &reqwest::Error) -> bool {
    let causes = std::iter::successors(std::error::Error::source(fault), |cause| cause.source());
    causes
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.raw_os_error().is_some())
}

/// The failure of an attempt, as the next one reports it: when its body was built, and what went wrong.
pub(crate) struct Failure {
    pub(crate) built: Timestamp,
    pub(crate) content: String,
}

impl Failure {
    /// The failure as retry `number`, sent now, reports it.
    pub(crate) fn retry_part(
        &self,
        number: u32,
        now: Timestamp,
        last_success: Option<Timestamp>,
    ) -> RetryPart {
        RetryPart {
            last_failure_on: utc_seconds(self.built),
            last_failure_content: self.content.clone(),
            // As the database returns it: without a time zone.
            last_success_on: last_success.map(|at| at.strftime("%Y-%m-%dT%H:%M:%S").to_string()),
            retry_count: number,
            retry_on: utc_seconds(now),
        }
    }
}

/// The value of the signature header: HMAC-SHA256 of exactly the bytes sent, in upper case.
pub(crate) fn signature(secret: &str, body: &[u8]) -> String {
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes());
    let digest = mac.map(|mac| mac.chain_update(body).finalize().into_bytes());
    format!("sha256={}", hex::encode_upper(digest.unwrap_or_default()))
}

impl Sent {
    /// Signs a body.
    pub(crate) fn signed(body: String, secret: &str) -> Self {
        Self {
            signature: signature(secret, body.as_bytes()),
            body,
        }
    }
}

impl Portal {
    pub(crate) async fn attempt(&self, destination: &Destination, sent: &Sent) -> Outcome {
        let limit = self.world().options.delivery_limit;
        let request = destination
            .client
            .post(destination.url.clone())
            .timeout(limit)
            .header("x-docspace-signature-256", &sent.signature)
            .header("Content-Type", "application/json; charset=utf-8")
            .body(sent.body.clone());
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(fault) => return Outcome::Failed(Fault::of(&fault, destination)),
        };
        let (status, headers) = (answer.status(), answer.headers().clone());
        // The body is part of the response: a 2xx that breaks off is not a success.
        let response = match answer.text().await {
            Ok(response) => response,
            Err(fault) => return Outcome::Failed(Fault::of(&fault, destination)),
        };
        if !status.is_success() {
            let (code, reason) = (status.as_u16(), status.canonical_reason());
            let content = format!(
                "Response status code does not indicate success: {code} ({}).",
                reason.unwrap_or_default()
            );
            return Outcome::Failed(Fault::with(code, content));
        }
        Outcome::Delivered(Record {
            status: status.as_u16(),
            response: Some(response),
            response_headers: Some(headers_text(&headers)),
            ..Record::of(sent)
        })
    }
}

impl Record {
    /// What the log shows of a request.
    pub(crate) fn of(sent: &Sent) -> Self {
        let headers = json!({ "Accept": ["*/*"], "x-docspace-signature-256": [sent.signature] });
        Self {
            request: sent.body.clone(),
            request_headers: Some(net_json::to_string(&headers)),
            ..Self::default()
        }
    }
}

/// The headers of a response, except those of its content, with the capitals .NET gives them.
fn headers_text(headers: &HeaderMap) -> String {
    let is_of_answer = |name: &&HeaderName| {
        let name = name.as_str();
        !name.starts_with("content-") && !["allow", "expires", "last-modified"].contains(&name)
    };
    let all: Map<String, Value> = headers
        .keys()
        .filter(is_of_answer)
        .map(|name| {
            let values = headers.get_all(name).iter();
            let values: Vec<String> = values
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
                .collect();
            (with_capitals(name.as_str()), values.into())
        })
        .collect();
    net_json::to_string(&all)
}

fn with_capitals(name: &str) -> String {
    let mut starts = true;
    name.chars()
        .map(|letter| {
            let capital = starts;
            starts = letter == '-';
            if capital {
                letter.to_ascii_uppercase()
            } else {
                letter
            }
        })
        .collect()
}
