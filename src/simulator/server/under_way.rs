//! A request while it is served (rooms-api.md N).

use crate::simulator::faults::limits::Permit;
use crate::simulator::portal::Portal;

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
