//! Trouble on order: delays, broken answers, broken lines, work done late.

pub(crate) mod limits;
pub(crate) mod listener;
pub(crate) mod record;
pub(crate) mod undone;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::simulator::state::text::times;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum FaultKind {
    /// The request is served after this time. Adds up with other faults.
    Delay(#[serde(with = "times")] Duration),
    /// This answer instead of the work.
    Status {
        /// The status.
        status: u16,
        /// Seconds for the `Retry-After` header.
        #[serde(default)]
        retry_after: Option<u64>,
        /// The body, of no particular type; none at all if empty.
        #[serde(default)]
        body: String,
    },
    /// A page of a reverse proxy with this status instead of the work.
    Html(u16),
    /// The work is done, and the JSON of its answer breaks off in the middle.
    TruncatedJson,
    /// The connection ends before the work is done.
    CloseBefore,
    /// The work is done, and the connection ends without an answer.
    DoAndDrop,
    /// The work is done, and this status with an empty body is the answer.
    DoThenStatus(u16),
    /// The connection ends without an answer, and the work is done later.
    DropAndDoLater(Later),
    /// The answer of a gateway that waits no longer, and the work is done later.
    AnswerAndDoLater {
        /// The status; the body is empty.
        status: u16,
        /// When.
        later: Later,
    },
    /// The work is done, and the answer has another value in this place, such as a text where a number belongs.
    Replace {
        /// A JSON pointer into the answer, such as `/response/id`. Nothing is replaced where it points nowhere.
        member: String,
        /// What stands there instead.
        value: Value,
    },
    /// A creation of a folder that another overtook: nothing is made, and the answer comes late and is 500.
    Contended,
    /// The work is done, and the answer goes on for as long as anybody reads.
    Endless,
    /// The work is done, and the answer comes in small pieces with this pause in between.
    Trickle(#[serde(with = "times")] Duration),
    /// Nothing is done until [`Portal::release_held`](crate::simulator::Portal::release_held); then it is served as if nothing had been.
    Pause,
    /// Nothing is done until [`Portal::release_held`](crate::simulator::Portal::release_held); then the connection ends.
    HoldBefore,
    /// The work is done, and nothing is answered until [`Portal::release_held`](crate::simulator::Portal::release_held); then the connection ends.
    HoldAfter,
}

/// When work that was left undone is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Later {
    /// After the next answer in which a client would look for it: a folder in a listing of folders, a grant in one of
    /// members, a tag in the room, an owner in any of them.
    NextListing,
    /// At [`Portal::do_pending`](crate::simulator::Portal::do_pending).
    OnDemand,
    /// After this time.
    After(#[serde(with = "times")] Duration),
}

/// Trouble for some requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The method it strikes, or `*`.
    #[serde(default = "any")]
    pub method: String,
    /// What it strikes: an endpoint, such as `files/folder/{id}`, or a path, such as `files/folder/57`, both below
    /// `/api/2.0/`; a final `*` stands for anything.
    #[serde(default = "any")]
    pub route: String,
    /// What goes wrong.
    pub kind: FaultKind,
    /// How often it strikes; `None` is for ever.
    #[serde(default)]
    pub times: Option<u32>,
    /// How likely it strikes each time, 0 to 1.
    #[serde(default = "always")]
    pub probability: f64,
    /// How many fitting requests pass before it strikes.
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
    /// Strikes each request for the endpoint.
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

    /// Strikes this often and no more.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self {
            times: Some(times),
            ..self
        }
    }

    /// Lets this many fitting requests pass first.
    #[must_use]
    pub fn after(self, after: u32) -> Self {
        Self { after, ..self }
    }

    /// Strikes with this probability.
    #[must_use]
    pub fn with_probability(self, probability: f64) -> Self {
        Self {
            probability,
            ..self
        }
    }

    fn fits(&self, method: &str, endpoint: &str, path: &str) -> bool {
        let is_meant = |asked: &str| match self.route.strip_suffix('*') {
            Some(start) => asked
                .get(..start.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(start)),
            None => self.route.eq_ignore_ascii_case(asked),
        };
        let path = path.strip_prefix("/api/2.0/").unwrap_or(path);
        (self.method == "*" || self.method.eq_ignore_ascii_case(method))
            && (is_meant(endpoint) || is_meant(path))
    }
}

/// A fault that waits for requests.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Armed {
    /// Its number, by which it can be taken back.
    pub number: u32,
    /// What it is.
    #[serde(flatten)]
    pub fault: Fault,
    /// How many requests it fitted.
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

/// What a request has to go through.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Trouble {
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

    /// Delays add up; of the other faults the first that strikes counts.
    pub(crate) fn strike(&mut self, method: &str, endpoint: &str, path: &str) -> Trouble {
        let mut trouble = Trouble::default();
        for armed in self
            .armed
            .iter_mut()
            .filter(|armed| armed.fault.fits(method, endpoint, path))
        {
            if trouble.kind.is_some() && !matches!(armed.fault.kind, FaultKind::Delay(_)) {
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
                trouble.delay += time;
            } else {
                trouble.kind = Some(armed.fault.kind.clone());
            }
        }
        trouble
    }

    /// A number from 0 to 1, by the portal's seed.
    pub(crate) fn chance(&mut self) -> f64 {
        self.random.f64()
    }

    /// Its number.
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

    /// Takes one fault back. False if there is none of this number.
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
