//! Whether the service can process rooms, and why not.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::reload::Reload;
use crate::docspace::Client;
use crate::report::Took;
use crate::store::Store;

/// How long the portal may answer every call with 429: shorter than this is a burst, which the budget waits out.
const BURST: Duration = Duration::from_secs(10);

/// What the service needs to process rooms.
#[derive(Debug, Clone)]
pub struct Readiness {
    /// The store, which must be writable.
    pub store: Store,
    /// Its budget knows whether the portal answers every call with 429.
    pub client: Client,
    /// Why no calls are sent to the portal now, if so.
    pub paused: Arc<watch::Sender<Option<String>>>,
    /// The active policies must be those of the files, if there are any.
    pub reload: Option<Reload>,
}

/// One readiness check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// `store`, `policies` or `portal`.
    pub check: String,
    /// Why it fails, if it does.
    pub problem: Option<String>,
}

impl Readiness {
    /// All checks.
    pub fn checks(&self) -> [Check; 3] {
        let unwritable = |reason| format!("the store cannot be written: {reason}");
        let reload = self.reload.as_ref();
        [
            ("store", self.store.problem().map(unwritable)),
            ("policies", reload.and_then(Reload::problem)),
            (
                "portal",
                self.paused.borrow().clone().or_else(|| self.limited()),
            ),
        ]
        .map(|(check, problem)| Check {
            check: check.to_owned(),
            problem,
        })
    }

    fn limited(&self) -> Option<String> {
        let time = self.client.budget().limited_for()?;
        let time = Duration::from_secs(time.as_secs());
        (time >= BURST).then(|| {
            format!(
                "the portal answers every call with 429, for {} now: find out who else uses the service account, or lower `limits.requests_per_minute`",
                Took(time)
            )
        })
    }

    /// Whether all checks pass.
    pub fn is_ready(&self) -> bool {
        self.checks().iter().all(|check| check.problem.is_none())
    }
}
