//! What a run means for its job: when the room is retried, what is recorded, and what is logged.

use std::time::Duration;

use jiff::Timestamp;

use crate::config::Retry;
use crate::report::{Next, Outcome, Report, Then, dto};
use crate::store::{RoomJob, RoomRecord, Settlement};

/// The back-off before the next attempt: doubles from the first pause to the longest, with jitter, so that rooms that
/// failed together are not retried together.
pub fn back_off(retry: &Retry, attempt: u32, random: f64) -> Duration {
    let doubled = retry.first.saturating_mul(
        1u32.checked_shl(attempt.saturating_sub(1).min(20))
            .unwrap_or(u32::MAX),
    );
    doubled
        .min(retry.longest)
        .mul_f64(0.75 + random.clamp(0.0, 1.0) / 2.0)
}

/// What the report of an attempt means for the job.
pub fn settlement(
    report: &Report,
    attempt: u32,
    retry: &Retry,
    now: Timestamp,
    random: f64,
) -> Settlement {
    let after = |pause: Duration| now.checked_add(pause).unwrap_or(Timestamp::MAX);
    let unused = |at: Timestamp| Settlement::RetryAt {
        at,
        attempt_used: false,
    };
    match report.outcome.next() {
        // An open adoption continues automatically; the room is processed when it is finished.
        Next::Rest if report.adoption_open => unused(after(retry.first)),
        Next::Rest => Settlement::Done,
        Next::LookAgain(pause) => unused(after(pause)),
        Next::TryAgain if attempt < retry.attempts => Settlement::RetryAt {
            at: after(back_off(retry, attempt, random)),
            attempt_used: true,
        },
        Next::TryAgain => Settlement::GivenUp {
            reason: format!("{} (after {} attempts)", report.outcome, attempt),
        },
    }
}

/// The record of a report, with the line that was logged.
///
/// # Errors
/// The report cannot be serialized.
pub fn record(
    report: &Report,
    line: String,
    now: Timestamp,
) -> Result<RoomRecord, serde_json::Error> {
    Ok(RoomRecord {
        title: report.title.clone(),
        outcome: report.outcome.as_str().to_owned(),
        summary: report.summary(),
        // A waiting room is checked repeatedly, which would fill the history.
        line: (!matches!(report.outcome, Outcome::Waiting(_))).then_some(line),
        report: serde_json::to_string(&dto::Report::from(report))?,
        at: now,
        in_line: report.outcome.is_in_line(),
        present: report.present.clone(),
        made: report.made.clone(),
    })
}

/// One line per outcome; the level says whether an operator must act.
pub(super) fn log(
    report: &Report,
    job: &RoomJob,
    settlement: &Settlement,
    (line, took): (&str, Duration),
) {
    let (room, outcome, attempt) = (&report.room, report.outcome.as_str(), job.attempt);
    let (reads, writes, duration_ms) = (report.calls.reads, report.calls.writes, took.as_millis());
    match (settlement, &report.outcome) {
        (Settlement::GivenUp { .. }, _) => {
            tracing::error!(room.id = %room, outcome, attempt, reads, writes, duration_ms, "{line}");
        }
        (_, Outcome::Failed(_) | Outcome::Refused(_) | Outcome::Partial(_)) => {
            tracing::warn!(room.id = %room, outcome, attempt, reads, writes, duration_ms, "{line}");
        }
        _ => {
            tracing::info!(room.id = %room, outcome, attempt, reads, writes, duration_ms, "{line}");
        }
    }
}

/// What the line says about the next attempt.
pub(super) fn then(settlement: &Settlement, job: &RoomJob, retry: &Retry, now: Timestamp) -> Then {
    match settlement {
        Settlement::GivenUp { .. } => Then::GivenUp {
            attempts: job.attempt,
        },
        Settlement::RetryAt {
            at,
            attempt_used: true,
        } => Then::Again {
            after: Duration::try_from(at.duration_since(now)).unwrap_or_default(),
            attempt: job.attempt,
            attempts: retry.attempts,
        },
        Settlement::RetryAt { .. } | Settlement::Done => Then::Rest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let retry = Retry::default();
        assert_eq!(back_off(&retry, 1, 0.5), Duration::from_secs(5));
        assert_eq!(back_off(&retry, 3, 0.5), Duration::from_secs(20));
        assert_eq!(back_off(&retry, 60, 0.5), Duration::from_secs(30 * 60));
        assert!(back_off(&retry, 1, 0.0) < back_off(&retry, 1, 1.0));
    }
}
