//! What is left of the budget.

use std::time::Duration;

use tokio::time::Instant;

use super::Budget;

impl Budget {
    /// How many calls may still be sent within this minute.
    pub fn minute_left(&self) -> usize {
        let limit = self.limits.requests_per_minute;
        limit.saturating_sub(self.minute.used())
    }

    /// How many writes are left within 24 hours, without those that are reserved for giving rooms back; `None` if that
    /// is unknown.
    pub async fn day_left(&self) -> Option<u64> {
        let spent = self.account.written().await?;
        Some(self.work_writes().saturating_sub(spent))
    }

    /// For how long the portal has answered every call with 429; `None` if the last answer was another one.
    pub fn limited_for(&self) -> Option<Duration> {
        self.back_off.since().map(|since| since.elapsed())
    }

    /// How long no call is sent because of a 429.
    pub(in crate::docspace) fn pause(&self) -> Duration {
        let until = self.back_off.not_before();
        until.map_or(Duration::ZERO, |until| until.duration_since(Instant::now()))
    }
}
