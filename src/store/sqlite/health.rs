//! Whether the store can be written: one alarm when it cannot, one line when it can again.

use std::sync::{Mutex, PoisonError};

use crate::store::Error;

#[derive(Debug, Default)]
pub(super) struct Health(Mutex<Option<String>>);

impl Health {
    /// Why the store cannot be written.
    pub(super) fn problem(&self) -> Option<String> {
        self.state().clone()
    }

    /// An error as long as the store cannot be written.
    pub(super) fn check(&self) -> Result<(), Error> {
        match self.problem() {
            Some(reason) => Err(Error::Unavailable(reason)),
            None => Ok(()),
        }
    }

    pub(super) fn fail(&self, reason: &str) {
        if self.state().replace(reason.to_owned()).is_none() {
            tracing::error!(
                %reason,
                "the store cannot be written: deliveries are answered 503, and no work is taken, until it can"
            );
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
