//! Whether the store is writable: one error when it is not, one line when it is again.

use std::sync::{Mutex, PoisonError};

use crate::store::Error;

#[derive(Debug, Default)]
pub(super) struct Health(Mutex<Option<String>>);

impl Health {
    /// Why the store is not writable.
    pub(super) fn problem(&self) -> Option<String> {
        self.state().clone()
    }

    /// Fails while the store is not writable.
    pub(super) fn check(&self) -> Result<(), Error> {
        match self.problem() {
            Some(reason) => Err(Error::Unavailable(reason)),
            None => Ok(()),
        }
    }

    pub(super) fn fail(&self, reason: &str) {
        if self.state().replace(reason.to_owned()).is_none() {
            log(reason);
        }
    }

    /// The file is damaged. An operator must act, so this is logged even if the store was not writable before.
    pub(super) fn damaged(&self, reason: &str) {
        let before = self.state().replace(reason.to_owned());
        if before.as_deref() != Some(reason) {
            log(reason);
        }
    }

    pub(super) fn heal(&self) {
        if self.state().take().is_some() {
            tracing::warn!("the store can be written again");
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn log(reason: &str) {
    tracing::error!(
        %reason,
        "the store cannot be written: until it can, deliveries get a 503 and no room is processed"
    );
}
