//! What follows from a 429: a pause, and no adoptions while someone else uses the account.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

#[derive(Debug, Default)]
pub(super) struct BackOff(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    not_before: Option<Instant>,
    /// Consecutive responses with 429.
    in_a_row: u32,
    /// Since when every response was a 429.
    since: Option<Instant>,
    no_adoption_before: Option<Instant>,
}

impl BackOff {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When calls may be sent again; `None` means now.
    pub(super) fn not_before(&self) -> Option<Instant> {
        later_than_now(self.state().not_before)
    }

    /// When rooms may be adopted again; `None` means now.
    pub(super) fn no_adoption_before(&self) -> Option<Instant> {
        later_than_now(self.state().no_adoption_before)
    }

    /// Since when every response was a 429.
    pub(super) fn since(&self) -> Option<Instant> {
        self.state().since
    }

    /// Pauses after a 429: as long as the portal says, and at least a little longer each time.
    pub(super) fn begin(&self, after: Option<Duration>) {
        let mut state = self.state();
        let millis = 250u64 << state.in_a_row.min(6);
        let least = Duration::from_millis(millis + fastrand::u64(0..=millis / 2));
        let pause = after.map_or(least, |after| after.max(least));
        state.in_a_row = state.in_a_row.saturating_add(1);
        state.since.get_or_insert_with(Instant::now);
        state.not_before = state.not_before.max(Some(Instant::now() + pause));
    }

    /// The portal responded with something other than 429.
    pub(super) fn answered(&self) {
        let mut state = self.state();
        (state.in_a_row, state.since) = (0, None);
    }

    /// Someone else uses the account: adopts no room for this long. Returns whether this starts a new pause.
    pub(super) fn pause_adoptions(&self, pause: Duration) -> bool {
        let mut state = self.state();
        let is_new = later_than_now(state.no_adoption_before).is_none();
        state.no_adoption_before = state.no_adoption_before.max(Some(Instant::now() + pause));
        is_new
    }
}

fn later_than_now(at: Option<Instant>) -> Option<Instant> {
    at.filter(|at| *at > Instant::now())
}
