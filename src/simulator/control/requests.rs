//! The recorded requests, the limits, and how long responses take.

use crate::simulator::faults::limits::RateLimits;
use crate::simulator::faults::record::{AtOnce, Recorded};
use crate::simulator::portal::Portal;
use crate::simulator::state::options::{Contention, Latency};

impl Portal {
    /// Switches the limits on or off, and resets their counters.
    pub fn set_rate_limits(&self, limits: Option<RateLimits>) {
        self.limiter().reset(limits);
    }

    /// The limits, if they are on.
    pub fn rate_limits(&self) -> Option<RateLimits> {
        self.limiter().limits().cloned()
    }

    /// Sets how long responses take; `None` makes them come at once.
    pub fn set_latency(&self, latency: Option<Latency>) {
        self.world().options.latency = latency;
    }

    /// Sets how likely overlapping folder creations fail.
    pub fn set_contention(&self, contention: Contention) {
        self.world().options.contention = contention;
    }

    /// All requests since the last clearing, in order of arrival.
    pub fn requests(&self) -> Vec<Recorded> {
        self.journal().requests.clone()
    }

    /// The requests that could change something.
    pub fn writes(&self) -> Vec<Recorded> {
        self.journal()
            .requests
            .iter()
            .filter(|request| request.write)
            .cloned()
            .collect()
    }

    /// The requests for endpoints that the server does not have.
    pub fn unknown_requests(&self) -> Vec<Recorded> {
        self.journal()
            .requests
            .iter()
            .filter(|request| !request.known)
            .cloned()
            .collect()
    }

    /// The maximum numbers of concurrent requests since the last clearing.
    pub fn most_at_once(&self) -> AtOnce {
        self.journal().max
    }

    /// Forgets the recorded requests; numbering continues.
    pub fn clear_requests(&self) {
        let mut journal = self.journal();
        journal.requests.clear();
        journal.max = journal.now;
    }
}
