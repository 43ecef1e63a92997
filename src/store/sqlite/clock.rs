//! Adjusts due times and leases when the wall clock is set. Stored times are wall-clock times, since operators read
//! them. Setting the clock must not expire the lease of a running process, nor delay a room by a day. So each
//! transaction first compares the wall clock with the monotonic clock of the machine: if they diverged since the last
//! write, all due times and leases move by the difference, once, in whichever process notices it. While the machine is
//! off the monotonic clock stops, so due times and leases stop too.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use rustix::time::{ClockId, Timespec, clock_gettime};

/// Smaller differences are ignored: clocks are also slewed.
const STEP: i64 = 2_000;
/// How often the clocks are recorded when they agree.
const RECORDED: i64 = 60_000;

/// A reading of both clocks of a machine, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    /// Since 1970.
    pub(super) wall: i64,
    /// Since the machine started; the same in all processes, and never set.
    pub(super) steady: i64,
}

/// Reads both clocks.
pub(super) type Clock = Arc<dyn Fn() -> Reading + Send + Sync>;

/// The clocks of this machine.
pub(super) fn system() -> Clock {
    let millis = |at: Timespec| at.tv_sec.saturating_mul(1_000) + at.tv_nsec / 1_000_000;
    Arc::new(move || Reading {
        wall: millis(clock_gettime(ClockId::Realtime)),
        steady: millis(clock_gettime(ClockId::Monotonic)),
    })
}

/// Moves due times and leases if the wall clock was set since the last write; the first statement of every transaction.
pub(super) fn follow(db: &Connection, now: Reading) -> rusqlite::Result<()> {
    let last = db
        .prepare_cached("SELECT wall, steady FROM clock")?
        .query_row([], |row| {
            let (wall, steady) = (row.get(0)?, row.get(1)?);
            Ok(Reading { wall, steady })
        })
        .optional()?;
    let step = last.map_or(0, |last| step(last, now));
    if step != 0 {
        tracing::warn!(
            seconds = step / 1_000,
            "the clock of this machine was set, or it was off; the store's leases and due times are adjusted"
        );
        move_by(db, step)?;
    }
    let is_recent = |last: Reading| (0..RECORDED).contains(&(now.wall - last.wall));
    if step != 0 || !last.is_some_and(is_recent) {
        db.prepare_cached("INSERT OR REPLACE INTO clock (id, wall, steady) VALUES (0, ?1, ?2)")?
            .execute(params![now.wall, now.steady])?;
    }
    Ok(())
}

/// How far the wall clock was set between two readings; 0 if it was not.
fn step(last: Reading, now: Reading) -> i64 {
    // The monotonic clock starts at 0 when the machine starts.
    let passed = (now.steady - last.steady).max(0);
    let step = now.wall - last.wall - passed;
    if step.abs() < STEP { 0 } else { step }
}

fn move_by(db: &Connection, step: i64) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE job SET due = due + ?1, since = since + ?1, leased_until = leased_until + ?1",
        [step],
    )?;
    db.execute(
        "UPDATE adoption SET opened_at = opened_at + ?1, unanswered_until = unanswered_until + ?1, due = due + ?1,
            leased_until = iif(leased_until = 0, 0, leased_until + ?1)
         WHERE closed_at IS NULL",
        [step],
    )?;
    Ok(())
}
