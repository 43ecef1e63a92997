//! Policies, read whole or not at all: a broken edit keeps the last good set.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::worker::Worker;
use crate::config::{PortalWords, Words};
use crate::policy::{PolicySet, Portal, Value};
use crate::yaml::{Problem, Severity, Sources, render};

/// Policies that cannot be used: the texts, and what is wrong with them.
#[derive(Debug)]
pub struct Broken {
    /// The texts.
    pub sources: Sources,
    /// The errors.
    pub errors: Vec<Problem>,
}

/// What the configuration says, as policies use it.
pub fn portal_of(words: &PortalWords) -> Portal {
    let value = |words: &Words| match words {
        Words::One(text) => Value::One(text.clone()),
        Words::Many(texts) => Value::Many(texts.clone()),
    };
    let starts = words.fiscal_year_starts;
    let vars = words.vars.iter();
    Portal {
        vars: vars
            .map(|(name, words)| (name.clone(), value(words)))
            .collect(),
        fiscal_year_starts: (starts.month, starts.day),
    }
}

/// The policies of a directory, or their errors.
///
/// # Errors
/// The directory cannot be read.
pub fn checked(
    directory: &Path,
    words: &PortalWords,
) -> Result<Result<PolicySet, Broken>, crate::policies::Error> {
    let sources = crate::policies::read(directory)?;
    let (set, mut problems) = PolicySet::check_for(&sources, &portal_of(words));
    Ok(set.ok_or_else(|| {
        problems.retain(|problem| problem.severity == Severity::Error);
        Broken {
            sources,
            errors: problems,
        }
    }))
}

/// Reads the policies again.
#[derive(Debug, Clone)]
pub struct Reload {
    /// Where they are.
    pub directory: PathBuf,
    /// What the configuration says to them.
    pub words: PortalWords,
    /// What works under those in force.
    pub worker: Worker,
}

impl Reload {
    /// Puts the policies of the directory in force; rooms that were refused or partial are looked at again. Broken ones
    /// change nothing, and are reported.
    pub async fn run(&self) {
        let set = match checked(&self.directory, &self.words) {
            Ok(Ok(set)) => set,
            Ok(Err(broken)) => {
                return tracing::error!(
                    "the policies cannot be used, the last good ones stay in force:\n{}",
                    render(&broken.sources, &broken.errors, false)
                );
            }
            Err(error) => {
                return tracing::error!(
                    "the policies cannot be used, the last good ones stay in force:\n{error}"
                );
            }
        };
        tracing::info!(
            policies = set.policies().len(),
            "the policies were read again"
        );
        *self.worker.policies.write().await = Arc::new(set);
        self.worker.wake_refused().await;
    }
}
