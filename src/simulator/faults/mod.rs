//! Deliberate faults: delays, broken responses, broken connections, deferred work.

pub(crate) mod deferred;
pub(crate) mod limits;
pub(crate) mod listener;
pub(crate) mod record;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::simulator::state::text::times;

/// What a fault does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum FaultKind {
    /// The request is served after this delay. Adds to the delays of other faults.
    Delay(#[serde(with = "times")] Duration),
    /// The request gets this response, and no work is done.
    Status {
        /// The status.
        status: u16,
        /// Seconds for the `Retry-After` header.
        #[serde(default)]
        retry_after: Option<u64>,
        /// The body, without a particular type; no body if empty.
        #[serde(default)]
        body: String,
    },
    /// The request gets the page of a reverse proxy with this status, and no work is done.
    Html(u16),
    /// The work is done, and the JSON of its response is truncated in the middle.
    TruncatedJson,
    /// The connection closes before the work is done.
    CloseBefore,
    /// The work is done, and the connection closes without a response.
    DoAndDrop,
    /// The work is done, and the response is this status with an empty body.
    DoThenStatus(u16),
    /// The connection closes without a response, and the work is done later.
    DropAndDoLater(Later),
    /// The request gets the response of a gateway that stopped waiting, and the work is done later.
    AnswerAndDoLater {
        /// The status; the body is empty.
        status: u16,
        /// When the work is done.
        later: Later,
    },
    /// The work is done, and the response has another value at this place, such as a text instead of a number.
    Replace {
        /// A JSON pointer into the response, such as `/response/id`. Nothing is replaced if it leads nowhere.
        member: String,
        /// The new value.
        value: Value,
    },
    /// The creation of a folder lost to a concurrent one: nothing is created, and a late 500 is the response.
    Contended,
    /// The work is done, and the response continues for as long as the client reads.
    Endless,
    /// The work is done, and the response arrives in small pieces with this pause between them.
    Trickle(#[serde(with = "times")] Duration),
    /// The request waits for [`Portal::release_held`](crate::simulator::Portal::release_held), and is then served
    /// normally.
    Pause,
    /// The request waits for [`Portal::release_held`](crate::simulator::Portal::release_held), then the connection
    /// closes, and no work is done.
    HoldBefore,
    /// The work is done, the response waits for [`Portal::release_held`](crate::simulator::Portal::release_held), then
    /// the connection closes.
    HoldAfter,
}

/// When deferred work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Later {
    /// After the next response in which a client would look for the result: for a folder a listing of folders, for a
    /// grant a list of members, for a tag the room, for an owner any of these.
    NextListing,
    /// When [`Portal::do_pending`](crate::simulator::Portal::do_pending) is called.
    OnDemand,
    /// After this time.
    After(#[serde(with = "times")] Duration),
}

/// A fault for matching requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The method, or `*`.
    #[serde(default = "any")]
    pub method: String,
    /// An endpoint, such as `files/folder/{id}`, or a path, such as `files/folder/57`, both below `/api/2.0/`; a final
    /// `*` matches anything.
    #[serde(default = "any")]
    pub route: String,
    /// What the fault does.
    pub kind: FaultKind,
    /// How often it strikes; `None` means always.
    #[serde(default)]
    pub times: Option<u32>,
    /// The probability that it strikes a matching request, 0 to 1.
    #[serde(default = "always")]
    pub probability: f64,
    /// The number of matching requests that pass before it strikes.
    #[serde(default)]
    pub after: u32,
}

fn any() -> String {
    "*".to_owned()
}

fn always() -> f64 {
    1.0
}

impl Fault {
    /// A fault that strikes every request for the endpoint.
    pub fn on(method: &str, route: &str, kind: FaultKind) -> Self {
        Self {
            method: method.to_owned(),
            route: route.to_owned(),
            kind,
            times: None,
            probability: 1.0,
            after: 0,
        }
    }

    /// Limits how often it strikes.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self {
            times: Some(times),
            ..self
        }
    }

    /// Lets this many matching requests pass first.
    #[must_use]
    pub fn after(self, after: u32) -> Self {
        Self { after, ..self }
    }

    /// Sets the probability that it strikes.
    #[must_use]
    pub fn with_probability(self, probability: f64) -> Self {
        Self {
            probability,
            ..self
        }
    }

    fn fits(&self, method: &str, endpoint: &str, path: &str) -> bool {
        let is_meant = |requested: &str| match self.route.strip_suffix('*') {
            Some(start) => requested
                .get(..start.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(start)),
            None => self.route.eq_ignore_ascii_case(requested),
        };
        let path = path.strip_prefix("/api/2.0/").unwrap_or(path);
        (self.method == "*" || self.method.eq_ignore_ascii_case(method))
            && (is_meant(endpoint) || is_meant(path))
    }
}

/// An armed fault.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Armed {
    /// Its number, which disarms it.
    pub number: u32,
    /// The fault.
    #[serde(flatten)]
    pub fault: Fault,
    /// The number of matching requests.
    pub seen: u32,
    /// How often it struck.
    pub struck: u32,
}

#[derive(Debug)]
pub(crate) struct Faults {
    armed: Vec<Armed>,
    last: u32,
    random: fastrand::Rng,
}

/// The calls that wait for [`Portal::release_held`](crate::simulator::Portal::release_held).
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(crate) calls: usize,
    pub(crate) round: u64,
}

/// The effect of faults on one request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    pub(crate) delay: Duration,
    pub(crate) kind: Option<FaultKind>,
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            armed: Vec::new(),
            last: 0,
            random: fastrand::Rng::with_seed(seed),
        }
    }

    /// Applies the faults to a request. Delays add up; of the other faults, the first one that strikes applies.
    pub(crate) fn strike(&mut self, method: &str, endpoint: &str, path: &str) -> Effects {
        let mut effects = Effects::default();
        for armed in self
            .armed
            .iter_mut()
            .filter(|armed| armed.fault.fits(method, endpoint, path))
        {
            if effects.kind.is_some() && !matches!(armed.fault.kind, FaultKind::Delay(_)) {
                continue;
            }
            armed.seen += 1;
            let is_spent = armed.fault.times.is_some_and(|times| armed.struck >= times);
            if armed.seen <= armed.fault.after
                || is_spent
                || self.random.f64() >= armed.fault.probability
            {
                continue;
            }
            armed.struck += 1;
            if let FaultKind::Delay(time) = armed.fault.kind {
                effects.delay += time;
            } else {
                effects.kind = Some(armed.fault.kind.clone());
            }
        }
        effects
    }

    /// A random number from 0 to 1, derived from the portal's seed.
    pub(crate) fn chance(&mut self) -> f64 {
        self.random.f64()
    }

    /// Arms a fault and returns its number.
    pub(crate) fn arm(&mut self, fault: Fault) -> u32 {
        self.last += 1;
        self.armed.push(Armed {
            number: self.last,
            fault,
            seen: 0,
            struck: 0,
        });
        self.last
    }

    /// Disarms a fault. False if no fault has this number.
    pub(crate) fn disarm(&mut self, number: u32) -> bool {
        let before = self.armed.len();
        self.armed.retain(|armed| armed.number != number);
        self.armed.len() < before
    }

    pub(crate) fn clear(&mut self) {
        self.armed.clear();
    }

    pub(crate) fn armed(&self) -> &[Armed] {
        &self.armed
    }
}
