//! The portal's limits on requests, per account and not per key (rooms-api.md L).

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::simulator::wire::envelope::Reply;

const MINUTE: Duration = Duration::from_secs(60);
const QUARTER_HOUR: Duration = Duration::from_secs(15 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The limits. The defaults are those of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RateLimits {
    /// Requests in any 60 seconds.
    pub per_minute: usize,
    /// Concurrent GET requests.
    pub reads_at_once: usize,
    /// Other concurrent requests.
    pub writes_at_once: usize,
    /// POST and PUT requests in a day.
    pub writes_per_day: usize,
    /// Requests to one sensitive path in 15 minutes.
    pub sensitive: usize,
    /// Invitations by e-mail to rooms in a day, for the whole portal; `None` means unlimited.
    pub mails_per_day: Option<usize>,
    /// Whether a refusal by a time window contains the time to retry, which a proxy may add; the server itself never
    /// does. A refusal of too many concurrent requests never contains it.
    pub tells_when: bool,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            per_minute: 1500,
            reads_at_once: 50,
            writes_at_once: 15,
            writes_per_day: 10_000,
            sensitive: 5,
            mails_per_day: None,
            tells_when: false,
        }
    }
}

/// The properties of a request that limits depend on.
#[derive(Debug, Clone)]
pub(crate) struct RequestFacts<'call> {
    pub(crate) who: &'call str,
    pub(crate) method: &'call str,
    pub(crate) path: &'call str,
    pub(crate) is_sensitive: bool,
    /// The number of invitations by e-mail in the body.
    pub(crate) mails: usize,
}

#[derive(Debug)]
pub(crate) struct Limiter {
    limits: Option<RateLimits>,
    started: Instant,
    /// The times of the permits, by window and account.
    given: BTreeMap<String, VecDeque<Duration>>,
    /// The fixed windows of a day: when they began, and the number of permits.
    days: BTreeMap<String, (Duration, usize)>,
    at_once: BTreeMap<String, usize>,
}

/// A place among the concurrent requests, which must be given back.
#[derive(Debug, Default)]
pub(crate) struct Permit(Option<String>);

impl Default for Limiter {
    fn default() -> Self {
        let (given, days, at_once) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self {
            limits: None,
            started: Instant::now(),
            given,
            days,
            at_once,
        }
    }
}

impl Limiter {
    /// Takes a permit of each limit, or refuses with the first one that is used up. `ahead` moves the clock.
    pub(crate) fn admit(
        &mut self,
        request: &RequestFacts<'_>,
        ahead: Duration,
    ) -> Result<Permit, Reply> {
        let Some(limits) = self.limits.clone() else {
            return Ok(Permit::default());
        };
        let now = self.started.elapsed() + ahead;
        let who = request.who;
        let refuse = |limit: usize, wait: Option<Duration>| {
            Err(too_many(limit, wait.filter(|_| limits.tells_when)))
        };
        if let Err(wait) = self.slide(format!("all {who}"), limits.per_minute, MINUTE, now) {
            return refuse(limits.per_minute, Some(wait));
        }
        let is_read = request.method == "GET";
        let (kind, max) = if is_read {
            ("reads", limits.reads_at_once)
        } else {
            ("writes", limits.writes_at_once)
        };
        let place = format!("{kind} {who}");
        if self.at_once.get(&place).copied().unwrap_or(0) >= max {
            return refuse(max, None);
        }
        if matches!(request.method, "POST" | "PUT")
            && let Err(wait) =
                self.count_of_day(format!("writes {who}"), 1, limits.writes_per_day, now)
        {
            return refuse(limits.writes_per_day, Some(wait));
        }
        // The limits of single endpoints come last.
        if request.is_sensitive
            && let Err(wait) = self.slide(
                format!("{} {who}", request.path),
                limits.sensitive,
                QUARTER_HOUR,
                now,
            )
        {
            return refuse(limits.sensitive, Some(wait));
        }
        if let Some(max) = limits.mails_per_day.filter(|_| request.mails > 0)
            && let Err(wait) = self.count_of_day("mails".to_owned(), request.mails, max, now)
        {
            return refuse(max, Some(wait));
        }
        *self.at_once.entry(place.clone()).or_default() += 1;
        Ok(Permit(Some(place)))
    }

    /// The limits, if they are on.
    pub(crate) fn limits(&self) -> Option<&RateLimits> {
        self.limits.as_ref()
    }

    /// Sets other limits and resets the counters.
    pub(crate) fn reset(&mut self, limits: Option<RateLimits>) {
        self.limits = limits;
        self.given.clear();
        self.days.clear();
    }

    pub(crate) fn give_back(&mut self, permit: Permit) {
        if let Some(place) = permit.0
            && let Some(count) = self.at_once.get_mut(&place)
        {
            *count = count.saturating_sub(1);
        }
    }

    /// A sliding window: at most `max` permits in any such time.
    fn slide(
        &mut self,
        key: String,
        max: usize,
        window: Duration,
        now: Duration,
    ) -> Result<(), Duration> {
        let given = self.given.entry(key).or_default();
        while given.front().is_some_and(|at| *at + window <= now) {
            given.pop_front();
        }
        if given.len() >= max {
            return Err(given
                .front()
                .map_or(window, |at| (*at + window).saturating_sub(now)));
        }
        given.push_back(now);
        Ok(())
    }

    /// A window of a day, which begins with the first request.
    fn count_of_day(
        &mut self,
        key: String,
        permits: usize,
        max: usize,
        now: Duration,
    ) -> Result<(), Duration> {
        let (began, used) = self.days.entry(key).or_insert((now, 0));
        if *began + DAY <= now {
            (*began, *used) = (now, 0);
        }
        if *used + permits > max {
            return Err((*began + DAY).saturating_sub(now));
        }
        *used += permits;
        Ok(())
    }
}

fn too_many(limit: usize, wait: Option<Duration>) -> Reply {
    let mut headers = vec![
        ("X-RateLimit-Limit", limit.to_string()),
        ("X-RateLimit-Remaining", "0".to_owned()),
    ];
    if let Some(wait) = wait {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        headers.push(("X-RateLimit-Reset", seconds.to_string()));
        headers.push(("Retry-After", seconds.to_string()));
    }
    Reply {
        headers,
        ..Reply::empty(429)
    }
}
