//! The client: one call waits for its turn, is sent, and its response is classified.

mod variants;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::{Method, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::time::Instant;

use super::answer::{Answer, Sent};
use super::brake::Brake;
use super::budget::{AdoptionPlaces, Ask, Budget, Kind, Leave, NotNow, Priority, Reservation};
use super::error::Error;
use super::fence::Fence;
use super::request::{Request, base, response};
use crate::report::Calls;
use crate::telemetry::metrics;

/// How long a read is repeated after a 429 before the caller gets an error.
const PATIENCE: Duration = Duration::from_secs(120);
/// The pauses before a failed read is repeated.
const REPEATS: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(300)];
/// A read that took longer in total is not repeated: the portal is slow or unavailable, and another call does not help.
const REPEATED_WITHIN: Duration = Duration::from_secs(3);

/// Which portal, and which account.
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
    budget: Arc<Budget>,
    priority: Priority,
    reservation: Option<Arc<Reservation>>,
    fence: Option<Arc<Fence>>,
    brake: Brake,
    /// How long a read is repeated after a 429.
    busy: Duration,
    /// A shorter timeout per call, if set.
    patience: Option<Duration>,
    /// After this, no call is sent any more.
    deadline: Option<Instant>,
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
            .field("priority", &self.priority)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Creates a client of one portal.
    ///
    /// # Errors
    /// [`Error::Configuration`] if the address is not valid.
    pub fn new(target: Target, budget: Arc<Budget>) -> Result<Self, Error> {
        // Only the first call installs it; reqwest cannot build a client without a provider.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let base = base(&target.host)?;
        let mut http = reqwest::Client::builder();
        if base.scheme() == "http" {
            // The machine's certificates are not needed, and reading them takes time.
            http = http.tls_certs_only([]);
        }
        let http = http
            .timeout(target.timeout)
            .connect_timeout(target.timeout.min(Duration::from_secs(10)))
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("roomwright/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| {
                Error::Configuration(format!("the HTTP client cannot be created: {error}"))
            })?;
        Ok(Self {
            http,
            base,
            key: target.key,
            budget,
            priority: Priority::default(),
            reservation: None,
            fence: None,
            brake: Brake::default(),
            busy: PATIENCE,
            patience: None,
            deadline: None,
            calls: Arc::default(),
        })
    }

    /// Whether its writes may be sent now.
    pub fn may_write(&self) -> bool {
        self.fence.as_ref().is_none_or(|fence| fence.is_open())
    }

    /// The brake that stops the writes of all clones.
    pub fn brake(&self) -> &Brake {
        &self.brake
    }

    /// The budget that counts its calls.
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Reserves what an adoption needs: see [`Budget::reserve_adoption`].
    ///
    /// # Errors
    /// The errors of [`Budget::reserve_adoption`].
    pub async fn reserve_adoption(&self) -> Result<AdoptionPlaces, Error> {
        let within = self.reservation.as_deref();
        self.budget.reserve_adoption(within, self.priority).await
    }

    /// The priority of its calls in the queue.
    pub fn priority(&self) -> Priority {
        self.priority
    }

    /// How many calls were sent.
    pub fn calls(&self) -> Calls {
        Calls {
            reads: self.calls.reads.load(Ordering::Relaxed),
            writes: self.calls.writes.load(Ordering::Relaxed),
        }
    }

    pub(super) async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, Error> {
        let request = Request::read(Kind::Read, path, query);
        self.call(request).await.map(response)
    }

    /// A page of the members of a room, and the portal's count of all entries.
    pub(super) async fn shares(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<(Value, Option<u64>), Error> {
        let request = Request::read(Kind::ShareListing, path, query);
        let envelope = self.call(request).await?;
        let total = envelope.get("total").and_then(Value::as_u64);
        Ok((response(envelope), total))
    }

    pub(super) async fn write(
        &self,
        method: Method,
        path: &[&str],
        body: &Value,
    ) -> Result<Value, Error> {
        let request = Request::write(Kind::Write, method, path, body, None);
        self.call(request).await.map(response)
    }

    /// Makes the service account the owner of a room, with the slot that was reserved for it.
    pub(super) async fn take(
        &self,
        path: &[&str],
        body: &Value,
        places: &AdoptionPlaces,
    ) -> Result<Value, Error> {
        let Some(place) = places.take() else {
            // One adoption takes its room once: a retry is another adoption.
            let call = format!("POST {}", path.join("/"));
            return Err(Error::Throttled { call });
        };
        let request = Request::write(Kind::Take, Method::POST, path, body, Some(place));
        self.call(request).await.map(response)
    }

    /// Gives a room back, with the slot that was reserved for it, if one is left.
    pub(super) async fn give_back(
        &self,
        path: &[&str],
        body: &Value,
        places: Option<&AdoptionPlaces>,
    ) -> Result<Value, Error> {
        let paid = places.and_then(AdoptionPlaces::give_back);
        let request = Request::write(Kind::GiveBack, Method::POST, path, body, paid);
        self.call(request).await.map(response)
    }

    /// One call; returns the whole envelope. A 429 means that nothing was done: a read is repeated; before a write is
    /// repeated, its caller reads again what the write is based on. A failed read is repeated too: it changes nothing,
    /// and the work before it need not be repeated.
    async fn call(&self, mut request: Request<'_>) -> Result<Value, Error> {
        let call = format!("{} {}", request.method, request.path.join("/"));
        // Such a segment would be dropped from the address, which would then mean something else.
        if request
            .path
            .iter()
            .any(|part| matches!(*part, "" | "." | ".."))
        {
            return Err(Error::NotFound { call });
        }
        let start = Instant::now();
        let is_write = request.kind.is_write();
        let mut pauses = REPEATS.into_iter();
        loop {
            let Some(sorted) = self.once(&mut request, &call).await? else {
                match request.kind {
                    Kind::Read | Kind::ShareListing
                        if start.elapsed() + self.budget.pause() <= self.busy =>
                    {
                        continue;
                    }
                    Kind::Write => return Err(Error::Stale { call }),
                    _ => return Err(Error::Throttled { call }),
                }
            };
            let failed = sorted.as_ref().err().filter(|error| {
                !is_write && error.may_pass_at_once() && start.elapsed() < REPEATED_WITHIN
            });
            match failed.and_then(|_| pauses.next()) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return sorted,
            }
        }
    }

    /// Waits for its turn and sends it once; `None` if the portal answered 429.
    async fn once(
        &self,
        request: &mut Request<'_>,
        call: &str,
    ) -> Result<Option<Result<Value, Error>>, Error> {
        let mut leave = self.leave(request, call).await?;
        leave.used();
        let sent = Sent {
            call,
            host: self.base.as_str().trim_end_matches('/'),
            is_write: request.kind.is_write(),
            at: Instant::now(),
        };
        let answer = self.send(request, &sent).await;
        let took = sent.at.elapsed().as_millis();
        Ok(match answer {
            Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS => {
                tracing::debug!(%call, status = 429, duration_ms = took, "rate limited");
                metrics::throttled();
                self.budget.back_off(answer.retry_after);
                None
            }
            Ok(answer) => {
                self.budget.answered();
                tracing::debug!(%call, status = answer.status.as_u16(), duration_ms = took, "answered");
                Some(sent.sort(&answer))
            }
            Err(error) => {
                tracing::debug!(%call, duration_ms = took, %error, "not answered");
                Some(Err(error))
            }
        })
    }

    /// Waits until a call may be sent.
    async fn leave(&self, request: &mut Request<'_>, call: &str) -> Result<Leave<'_>, Error> {
        let kind = request.kind;
        let ask = Ask {
            kind,
            priority: self.priority,
            reservation: self.reservation.as_deref(),
            paid: request.paid.take(),
        };
        let call = || call.to_owned();
        let leave = self.budget.acquire(ask).await.map_err(|why| match why {
            NotNow::Day { limit } => Error::DayBudget { limit },
            NotNow::Stale if kind == Kind::Write => Error::Stale { call: call() },
            NotNow::Stale | NotNow::Paused => Error::Throttled { call: call() },
        })?;
        // These checks come last: waiting for the turn may take long.
        if kind.is_write() && !self.may_write() {
            return Err(Error::LeaseLost { call: call() });
        }
        if self
            .deadline
            .is_some_and(|deadline| deadline <= Instant::now())
        {
            return Err(Error::Deadline { call: call() });
        }
        if kind.is_write() && kind != Kind::GiveBack && self.brake.is_on() {
            return Err(Error::Stopped { call: call() });
        }
        Ok(leave)
    }

    async fn send(&self, request: &Request<'_>, sent: &Sent<'_>) -> Result<Answer, Error> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments
                .pop_if_empty()
                .extend(["api", "2.0"])
                .extend(request.path);
        }
        let counter = if sent.is_write {
            &self.calls.writes
        } else {
            &self.calls.reads
        };
        counter.fetch_add(1, Ordering::Relaxed);
        metrics::call(sent.is_write);
        let mut call = self
            .http
            .request(request.method.clone(), url)
            .bearer_auth(self.key.expose_secret());
        if !request.query.is_empty() {
            call = call.query(request.query);
        }
        if let Some(body) = request.body {
            call = call.json(body);
        }
        if let Some(patience) = self.patience {
            call = call.timeout(patience);
        }
        sent.read(call.send().await).await
    }
}
