//! A request while it is served.

use crate::simulator::faults::limits::{Asked, Permit};
use crate::simulator::portal::Portal;
use crate::simulator::wire::envelope::Reply;
use std::time::Duration;

/// A request under way: it counts, and has its place among those at once, until its answer has gone out.
#[derive(Debug)]
pub(crate) struct UnderWay {
    pub(crate) portal: Portal,
    pub(crate) write: bool,
    pub(crate) permit: Permit,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.portal
            .limiter()
            .give_back(std::mem::take(&mut self.permit));
        self.portal.journal().end(self.write);
    }
}

impl Portal {
    pub(crate) fn admit_within_limits(&self, asked: &Asked<'_>) -> Result<Permit, Reply> {
        let ahead = self.world().ahead;
        self.limiter()
            .admit(asked, Duration::try_from(ahead).unwrap_or_default())
    }
}
