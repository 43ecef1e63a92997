//! Whether the service can work on rooms, and why not.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::reload::Reload;
use crate::store::Store;

/// What must hold for the service to work on rooms.
#[derive(Debug, Clone)]
pub struct Readiness {
    /// It must be writable.
    pub store: Store,
    /// Why the portal is left alone at the moment.
    pub paused: Arc<watch::Sender<Option<String>>>,
    /// What is in force must be what is in the files, where there are any.
    pub reload: Option<Reload>,
}

/// One thing that must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// `store`, `policies` or `portal`.
    pub check: String,
    /// Why it does not hold.
    pub problem: Option<String>,
}

impl Readiness {
    /// Everything that must hold.
    pub fn checks(&self) -> [Check; 3] {
        let unwritable = |reason| format!("the store cannot be written: {reason}");
        let reload = self.reload.as_ref();
        [
            ("store", self.store.problem().map(unwritable)),
            ("policies", reload.and_then(Reload::problem)),
            ("portal", self.paused.borrow().clone()),
        ]
        .map(|(check, problem)| Check {
            check: check.to_owned(),
            problem,
        })
    }

    /// Whether all of it holds.
    pub fn is_ready(&self) -> bool {
        self.checks().iter().all(|check| check.problem.is_none())
    }
}
