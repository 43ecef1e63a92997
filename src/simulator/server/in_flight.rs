//! A request while it is being served (rooms-api.md N).

use crate::simulator::faults::limits::Permit;
use crate::simulator::portal::Portal;

/// A running request: it counts, and keeps its place under the limits, until its response is sent.
#[derive(Debug)]
pub(crate) struct InFlight {
    pub(crate) portal: Portal,
    pub(crate) write: bool,
    pub(crate) permit: Permit,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.portal
            .limiter()
            .give_back(std::mem::take(&mut self.permit));
        self.portal.journal().end(self.write);
    }
}
