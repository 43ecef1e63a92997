//! One call: waits for its turn, sends, and sorts the answer.

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
use super::budget::{
    AdoptionPlaces, Ask, Budget, Kind, Leave, NotNow, Paid, Priority, Reservation,
};
use super::error::Error;
use super::fence::Fence;
use crate::report::Calls;
use crate::room::without_password;
use crate::telemetry::metrics;

/// How long a 429 is put up with before the caller hears of it.
const PATIENCE: Duration = Duration::from_secs(120);
/// The pauses before a read that went wrong is repeated.
const REPEATS: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(300)];
/// A read that took longer in all is not repeated: the portal is slow or away, which a second call does not change.
const REPEATED_WITHIN: Duration = Duration::from_secs(3);

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
    budget: Arc<Budget>,
    priority: Priority,
    reservation: Option<Arc<Reservation>>,
    fence: Option<Arc<Fence>>,
    brake: Brake,
    /// How long a call may take, if less than usual.
    patience: Option<Duration>,
    /// When no call leaves any more.
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
            priority: Priority::default(),
            reservation: None,
            fence: None,
            brake: Brake::default(),
            patience: None,
            deadline: None,
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

    /// The same client, whose calls have another priority.
    #[must_use]
    pub fn with_priority(&self, priority: Priority) -> Self {
        Self {
            priority,
            ..self.clone()
        }
    }

    /// The same client, whose calls take their places from a reservation as long as it has any left.
    #[must_use]
    pub fn within(&self, reservation: &Arc<Reservation>) -> Self {
        Self {
            reservation: Some(reservation.clone()),
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

    /// The same client, whose calls leave only until a deadline.
    #[must_use]
    pub fn until(&self, deadline: Instant) -> Self {
        Self {
            deadline: Some(deadline),
            ..self.clone()
        }
    }

    /// The same client for finishing what was begun: it has less patience with an answer, no fence and no deadline.
    #[must_use]
    pub fn hurried(&self, patience: Duration) -> Self {
        Self {
            fence: None,
            deadline: None,
            patience: Some(patience),
            ..self.clone()
        }
    }

    /// Whether its writes may leave now.
    pub fn may_write(&self) -> bool {
        self.fence.as_ref().is_none_or(|fence| fence.is_open())
    }

    /// What stops the writes of all its clones.
    pub fn brake(&self) -> &Brake {
        &self.brake
    }

    /// The budget that its calls are counted in.
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Sets aside what an adoption needs: [`Budget::reserve_adoption`].
    ///
    /// # Errors
    /// Those of the budget.
    pub async fn reserve_adoption(&self) -> Result<AdoptionPlaces, Error> {
        let within = self.reservation.as_deref();
        self.budget.reserve_adoption(within, self.priority).await
    }

    /// What its calls have in the queue.
    pub fn priority(&self) -> Priority {
        self.priority
    }

    /// How many calls were made.
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

    /// A page of the members of a room, and how many entries there are by the portal's count.
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

    /// Makes our account the owner of a room, with the place that was set aside for it.
    pub(super) async fn take(
        &self,
        path: &[&str],
        body: &Value,
        places: &AdoptionPlaces,
    ) -> Result<Value, Error> {
        let Some(place) = places.take() else {
            // One adoption takes its room once: another try is another adoption.
            let call = format!("POST {}", path.join("/"));
            return Err(Error::Throttled { call });
        };
        let request = Request::write(Kind::Take, Method::POST, path, body, Some(place));
        self.call(request).await.map(response)
    }

    /// Gives a room back, with the place that was set aside for it, if any is left.
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

    /// One call; the whole envelope. A 429 means that nothing was done: a read is repeated; what a write rests on is
    /// for its caller to read anew. A read that went wrong is repeated, too: it changes nothing, and what was done before
    /// it need not be done again.
    async fn call(&self, mut request: Request<'_>) -> Result<Value, Error> {
        let call = format!("{} {}", request.method, request.path.join("/"));
        // Such a part would be dropped from the address, which then means something else.
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
                    Kind::Read | Kind::ShareListing if start.elapsed() <= PATIENCE => continue,
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

    /// Waits for its turn and sends it once; nothing when it was put off (429).
    async fn once(
        &self,
        request: &mut Request<'_>,
        call: &str,
    ) -> Result<Option<Result<Value, Error>>, Error> {
        let mut leave = self.leave(request, call).await?;
        leave.used();
        let sent = Sent {
            call,
            is_write: request.kind.is_write(),
            at: Instant::now(),
        };
        let answer = self.send(request, &sent).await;
        let took = sent.at.elapsed().as_millis();
        Ok(match answer {
            Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS => {
                tracing::debug!(%call, status = 429, duration_ms = took, "put off");
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

    /// Waits until a call may leave.
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
            NotNow::Stale | NotNow::Silence => Error::Throttled { call: call() },
        })?;
        // Asked last of all: turns may take long.
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

/// A call to be made.
struct Request<'c> {
    kind: Kind,
    method: Method,
    path: &'c [&'c str],
    query: &'c [(&'c str, &'c str)],
    body: Option<&'c Value>,
    /// Its place in the budget, where it has one.
    paid: Option<Paid>,
}

impl<'c> Request<'c> {
    fn read(kind: Kind, path: &'c [&'c str], query: &'c [(&'c str, &'c str)]) -> Self {
        Self {
            kind,
            method: Method::GET,
            path,
            query,
            body: None,
            paid: None,
        }
    }

    fn write(
        kind: Kind,
        method: Method,
        path: &'c [&'c str],
        body: &'c Value,
        paid: Option<Paid>,
    ) -> Self {
        Self {
            kind,
            method,
            path,
            query: &[],
            body: Some(body),
            paid,
        }
    }
}

fn response(mut envelope: Value) -> Value {
    envelope
        .get_mut("response")
        .map(Value::take)
        .unwrap_or_default()
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
