//! What an error means for the room: nothing, unless the key works.

use super::RunError;
use super::observe::{self, Observer};
use crate::docspace;
use crate::report::{Outcome, Wait};
use crate::room::Skip;
use crate::store;

pub(super) async fn outcome_of(error: RunError, observer: &Observer<'_>) -> Outcome {
    match error {
        RunError::Skipped(skip) => Outcome::Skipped(skip),
        RunError::Refused(refusals) => Outcome::Refused(refusals),
        RunError::Waiting(wait) => Outcome::Waiting(wait),
        RunError::Failed(reason) => Outcome::Failed(reason),
        RunError::Moved | RunError::Adopted => {
            Outcome::Failed("the room changed during each attempt to read it".to_owned())
        }
        RunError::Shutdown => Outcome::Waiting(Wait::Shutdown),
        RunError::Store(store::Error::LeaseLost) => Outcome::Waiting(Wait::Lease),
        RunError::Store(error) => Outcome::Failed(format!("the store: {error}")),
        RunError::Portal(error) => outcome_of_portal(error, observer).await,
    }
}

/// What an error of the portal means for the room: nothing, unless the key works.
async fn outcome_of_portal(error: docspace::Error, observer: &Observer<'_>) -> Outcome {
    match error {
        docspace::Error::DayBudget { .. } => return Outcome::Waiting(Wait::Budget),
        docspace::Error::Throttled { .. } | docspace::Error::Stale { .. } => {
            return Outcome::Waiting(Wait::Throttled);
        }
        docspace::Error::AccountInUse { .. } => return Outcome::Waiting(Wait::AccountInUse),
        docspace::Error::LeaseLost { .. } => return Outcome::Waiting(Wait::Lease),
        _ => {}
    }
    if error.is_about_item() {
        // The room may have been deleted or archived since it was read.
        let standing = match observer.reader.room(observer.room).await {
            Ok(Some(room)) => observe::governed(room.standing).err(),
            Ok(None) => Some(RunError::Skipped(Skip::Gone)),
            Err(_) => None,
        };
        if let Some(RunError::Skipped(skip)) = standing {
            return Outcome::Skipped(skip);
        }
    }
    if !error.is_about_portal() {
        return Outcome::Failed(error.to_string());
    }
    match observer.reader.key().await {
        Err(cause) if cause.is_about_key() => Outcome::Waiting(Wait::Key(cause.to_string())),
        Err(cause) => Outcome::Waiting(Wait::Portal(cause.to_string())),
        Ok(key) => match key.problem() {
            Some(problem) => Outcome::Waiting(Wait::Key(problem)),
            None => Outcome::Failed(error.to_string()),
        },
    }
}
