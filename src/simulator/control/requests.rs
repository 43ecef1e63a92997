//! What was asked of the portal, and how much it lets one account ask.

use crate::simulator::faults::limits::RateLimits;
use crate::simulator::faults::record::{AtOnce, Recorded};
use crate::simulator::portal::Portal;

impl Portal {
    /// Switches the limits on, or off again; what was counted is forgotten.
    pub fn set_rate_limits(&self, limits: Option<RateLimits>) {
        self.limiter().reset(limits);
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
