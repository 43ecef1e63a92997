//! One call: waits for its turn, sends, and sorts the answer.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::{Method, StatusCode, Url, header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::time::Instant;

use super::budget::{Budget, Lane, Purpose};
use super::error::{Error, Refused};
use super::fence::Fence;
use super::wire;
use crate::report::Calls;
use crate::room::without_password;

/// How long a 429 is put up with before the caller hears of it.
const PATIENCE: Duration = Duration::from_secs(120);
/// The largest answer that is read, in bytes.
const LARGEST_ANSWER: usize = 32 * 1024 * 1024;

/// Which portal, and as whom.
#[derive(Debug, Clone)]
pub struct Target {
    /// The address, such as `https://docspace.example.com`.
    pub host: String,
    /// The API key.
    pub key: SecretString,
    /// How long one call may take.
    pub timeout: Duration,
}

/// A portal's API under one account. Clones share the budget.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    key: SecretString,
    pub(super) budget: Arc<Budget>,
    lane: Lane,
    fence: Option<Arc<Fence>>,
    calls: Arc<Counters>,
}

#[derive(Debug, Default)]
struct Counters {
    reads: AtomicU64,
    writes: AtomicU64,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base", &self.base.as_str())
            .field("lane", &self.lane)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client of one portal.
    ///
    /// # Errors
    /// [`Error::Configuration`] when the address is none.
    pub fn new(target: Target, budget: Arc<Budget>) -> Result<Self, Error> {
        // The first caller installs it; without one reqwest cannot build a client.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let base = base(&target.host)?;
        let mut http = reqwest::Client::builder();
        if base.scheme() == "http" {
            // The machine's certificates are not needed, and reading them takes its time.
            http = http.tls_certs_only([]);
        }
        let http = http
            .timeout(target.timeout)
            .connect_timeout(target.timeout.min(Duration::from_secs(10)))
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("roomwright/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| {
                Error::Configuration(format!("the HTTP client cannot be made: {error}"))
            })?;
        Ok(Self {
            http,
            base,
            key: target.key,
            budget,
            lane: Lane::default(),
            fence: None,
            calls: Arc::default(),
        })
    }

    /// The same client with counters of its own.
    #[must_use]
    pub fn counting(&self) -> Self {
        Self {
            calls: Arc::default(),
            ..self.clone()
        }
    }

    /// The same client in another lane.
    #[must_use]
    pub fn in_lane(&self, lane: Lane) -> Self {
        Self {
            lane,
            ..self.clone()
        }
    }

    /// The same client, whose writes leave only while a fence is open.
    #[must_use]
    pub fn behind(&self, fence: &Arc<Fence>) -> Self {
        Self {
            fence: Some(fence.clone()),
            ..self.clone()
        }
    }

    /// How many calls were made.
    pub fn calls(&self) -> Calls {
        Calls {
            reads: self.calls.reads.load(Ordering::Relaxed),
            writes: self.calls.writes.load(Ordering::Relaxed),
        }
    }

    pub(super) async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, Error> {
        Ok(self.get_counted(path, query).await?.0)
    }

    /// The answer, and the `total` of the envelope where there is one.
    pub(super) async fn get_counted(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<(Value, Option<u64>), Error> {
        let envelope = self
            .call(Method::GET, path, query, None, Purpose::Work)
            .await?;
        let total = envelope.get("total").and_then(Value::as_u64);
        Ok((response(envelope), total))
    }

    pub(super) async fn write(
        &self,
        method: Method,
        path: &[&str],
        body: &Value,
    ) -> Result<Value, Error> {
        self.call(method, path, &[], Some(body), Purpose::Work)
            .await
            .map(response)
    }

    /// A write that gives a room back.
    pub(super) async fn give_back(&self, path: &[&str], body: &Value) -> Result<Value, Error> {
        self.call(Method::POST, path, &[], Some(body), Purpose::GiveBack)
            .await
            .map(response)
    }

    /// One call; the whole envelope. A 429 means that nothing was done, so it is repeated, reads and writes alike.
    async fn call(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
        purpose: Purpose,
    ) -> Result<Value, Error> {
        let is_write = method != Method::GET;
        let call = format!("{method} {}", path.join("/"));
        // Such a part would be dropped from the address, which then means something else.
        if path.iter().any(|part| matches!(*part, "" | "." | "..")) {
            return Err(Error::NotFound { call });
        }
        let start = Instant::now();
        loop {
            let Some(_turn) = self.budget.turn(is_write, self.lane, purpose).await else {
                return Err(Error::Throttled { call });
            };
            if is_write {
                self.budget
                    .spend_write(purpose)
                    .await
                    .map_err(|limit| Error::DayBudget { limit })?;
            }
            // Asked last of all: turns may take long.
            if is_write && self.fence.as_ref().is_some_and(|fence| !fence.is_open()) {
                return Err(Error::LeaseLost { call });
            }
            let counter = if is_write {
                &self.calls.writes
            } else {
                &self.calls.reads
            };
            counter.fetch_add(1, Ordering::Relaxed);
            let left = Instant::now();
            let answer = self.send(&method, path, query, body, &call, left).await;
            let took = left.elapsed().as_millis();
            match answer {
                Ok(Answer {
                    status,
                    retry_after,
                    ..
                }) if status == StatusCode::TOO_MANY_REQUESTS => {
                    tracing::debug!(%call, status = 429, duration_ms = took, "put off");
                    if start.elapsed() > PATIENCE {
                        return Err(Error::Throttled { call });
                    }
                    self.budget.quiet(retry_after);
                }
                Ok(answer) => {
                    self.budget.answered();
                    tracing::debug!(%call, status = answer.status.as_u16(), duration_ms = took, "answered");
                    return sort(answer, call, is_write, left);
                }
                Err(error) => {
                    tracing::debug!(%call, duration_ms = took, %error, "not answered");
                    return Err(error);
                }
            }
        }
    }

    async fn send(
        &self,
        method: &Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
        call: &str,
        left: Instant,
    ) -> Result<Answer, Error> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "2.0"]).extend(path);
        }
        let mut request = self
            .http
            .request(method.clone(), url)
            .bearer_auth(self.key.expose_secret());
        if !query.is_empty() {
            request = request.query(query);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let is_write = *method != Method::GET;
        let mut response = request
            .send()
            .await
            .map_err(|error| unanswered(&error, call, is_write, left))?;
        let status = response.status();
        let retry_after = retry_after(response.headers());
        let mut bytes = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if bytes.len() + chunk.len() <= LARGEST_ANSWER => {
                    bytes.extend_from_slice(&chunk);
                }
                Ok(Some(_)) => {
                    return Err(unreadable(call, "the answer is too large", is_write, left));
                }
                Ok(None) => break,
                Err(error) => return Err(unanswered(&error, call, is_write, left)),
            }
        }
        Ok(Answer {
            status,
            retry_after,
            bytes,
        })
    }
}

fn response(mut envelope: Value) -> Value {
    envelope
        .get_mut("response")
        .map(Value::take)
        .unwrap_or_default()
}

struct Answer {
    status: StatusCode,
    retry_after: Option<Duration>,
    bytes: Vec<u8>,
}

fn base(host: &str) -> Result<Url, Error> {
    let shown = without_password(host);
    let wrong = |reason: &str| {
        Error::Configuration(format!(
            "`{shown}` is no address of a portal: {reason}; write `https://docspace.example.com`"
        ))
    };
    let url = Url::parse(host.trim()).map_err(|_| wrong("it does not begin with `https://`"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(wrong("it does not begin with `https://`"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("a name or password does not belong there"));
    }
    Ok(url)
}

/// Nothing is lost when nothing was sent.
fn unanswered(error: &reqwest::Error, call: &str, is_write: bool, left: Instant) -> Error {
    let reason = if error.is_timeout() {
        "no answer in time".to_owned()
    } else {
        cause(error)
    };
    if error.is_connect() || error.is_builder() {
        let call = call.to_owned();
        return Error::Unsent { call, reason };
    }
    unreadable(call, &reason, is_write, left)
}

/// No answer that says what was done.
fn unreadable(call: &str, reason: &str, is_write: bool, left: Instant) -> Error {
    let (call, reason) = (call.to_owned(), reason.to_owned());
    if is_write {
        Error::LostAnswer { call, reason, left }
    } else {
        Error::Unreachable { call, reason }
    }
}

/// The innermost cause: the outer ones repeat the address.
fn cause(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(next) = inner.source() {
        inner = next;
    }
    inner.to_string()
}

fn retry_after(headers: &header::HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    // A date is as good as a minute: the portal's windows are no longer.
    Some(
        text.parse()
            .map_or(Duration::from_secs(60), Duration::from_secs)
            .min(Duration::from_secs(300)),
    )
}

/// The status first, then the body, which may be empty, cut off, not JSON at all, or some gateway's: only in
/// DocSpace's own envelope a status says something about what was asked (docs/docspace.md, errors).
fn sort(answer: Answer, call: String, is_write: bool, left: Instant) -> Result<Value, Error> {
    let Answer { status, bytes, .. } = answer;
    let body: Option<Value> = serde_json::from_slice(&bytes).ok();
    let refusal = body
        .as_ref()
        .and_then(|body| wire::refusal(body, status.as_u16()));
    match (status.as_u16(), refusal) {
        (200..=299, _) => match body {
            Some(envelope @ Value::Object(_)) => Ok(envelope),
            _ => Err(unreadable(
                &call,
                "the answer is not DocSpace's",
                is_write,
                left,
            )),
        },
        (300..=399, _) => Err(Error::Unreachable {
            call,
            reason: format!(
                "the portal answers with a redirect ({status}); configure the address it leads to"
            ),
        }),
        (400 | 413 | 415 | 422, Some(refusal)) => Err(Error::Invalid {
            call,
            message: refusal.message,
        }),
        (status @ (401 | 403), None) | (status @ 401, Some(_)) => {
            Err(Error::Unauthorised { call, status })
        }
        (402, _) => Err(Error::Unpaid { call }),
        (403, Some(refusal)) => Err(Error::Refused {
            call,
            kind: if refusal.kind.contains("InvalidOperation") {
                Refused::Rule
            } else {
                Refused::Right
            },
            message: refusal.message,
        }),
        (404, Some(_)) => Err(Error::NotFound { call }),
        (404, None) => Err(Error::Unreachable {
            call,
            reason: "a 404 that is not DocSpace's; is the address right?".to_owned(),
        }),
        _ => {
            let lost = is_write && status.is_server_error();
            let reason = format!("the portal answered {status}");
            Err(unreadable(&call, &reason, lost, left))
        }
    }
}
