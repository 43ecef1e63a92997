//! What was asked of the portal, how much it lets one account ask, and how it takes its time.

use crate::simulator::faults::limits::RateLimits;
use crate::simulator::faults::record::{AtOnce, Recorded};
use crate::simulator::portal::Portal;
use crate::simulator::state::options::{Contention, Latency};

impl Portal {
    /// Switches the limits on, or off again; what was counted is forgotten.
    pub fn set_rate_limits(&self, limits: Option<RateLimits>) {
        self.limiter().reset(limits);
    }

    /// The limits that are on.
    pub fn rate_limits(&self) -> Option<RateLimits> {
        self.limiter().limits().cloned()
    }

    /// Lets answers take their time, or come at once again.
    pub fn set_latency(&self, latency: Option<Latency>) {
        self.world().options.latency = latency;
    }

    /// Lets folder creations that overlap fail this likely.
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

    /// The requests for something the server does not have.
    pub fn unknown_requests(&self) -> Vec<Recorded> {
        self.journal()
            .requests
            .iter()
            .filter(|request| !request.known)
            .cloned()
            .collect()
    }

    /// The greatest numbers of requests under way at once since the last clearing.
    pub fn most_at_once(&self) -> AtOnce {
        self.journal().most
    }

    /// Forgets the requests recorded so far; numbering goes on.
    pub fn clear_requests(&self) {
        let mut journal = self.journal();
        journal.requests.clear();
        journal.most = journal.now;
    }
}
