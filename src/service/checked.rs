//! The policies of a directory: whether they can be used, and what `validate` rejects in them all the same.

use std::path::Path;

use crate::config::{PolicySettings, VarValue};
use crate::policies;
use crate::policy::{PolicySet, Portal, Value};
use crate::room::escape_control;
use crate::yaml::{Problem, Severity, Sources, in_one_line};

/// Policies with errors.
#[derive(Debug)]
pub struct Broken {
    /// The files.
    pub sources: Sources,
    /// The errors.
    pub errors: Vec<Problem>,
}

impl Broken {
    fn of(sources: Sources, mut problems: Vec<Problem>) -> Self {
        problems.retain(|problem| problem.severity == Severity::Error);
        Self {
            sources,
            errors: problems,
        }
    }

    /// The first errors, at most this many, in one line.
    pub fn in_one_line(&self, most: usize) -> String {
        escape_control(&in_one_line(&self.sources, &self.errors, most)).into_owned()
    }
}

/// The values of the configuration that policies use.
pub fn portal_of(settings: &PolicySettings) -> Portal {
    let value = |value: &VarValue| match value {
        VarValue::One(text) => Value::One(text.clone()),
        VarValue::Many(texts) => Value::Many(texts.clone()),
    };
    let starts = settings.fiscal_year_starts;
    let vars = settings.vars.iter();
    Portal {
        vars: vars
            .map(|(name, text)| (name.clone(), value(text)))
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
    settings: &PolicySettings,
) -> Result<Result<PolicySet, Broken>, policies::Error> {
    Ok(check_sources(policies::read(directory)?, settings))
}

/// The policies of files that were read.
///
/// # Errors
/// The files have errors.
pub fn check_sources(sources: Sources, settings: &PolicySettings) -> Result<PolicySet, Broken> {
    let (set, problems) = PolicySet::check_for(&sources, &portal_of(settings));
    set.ok_or_else(|| Broken::of(sources, problems))
}

/// What `validate` rejects in policies that can be used, such as two that disagree about a room; `None` if nothing.
pub fn rejected(sources: Sources, settings: &PolicySettings) -> Option<Broken> {
    let problems = PolicySet::validate_for(&sources, &portal_of(settings)).problems;
    let broken = Broken::of(sources, problems);
    (!broken.errors.is_empty()).then_some(broken)
}

/// Warns of what `validate` rejects. The analysis of many policies takes time, and nothing waits for it.
pub(super) fn warn_of_rejected(sources: Sources, settings: PolicySettings) {
    tokio::task::spawn_blocking(move || {
        if let Some(broken) = rejected(sources, &settings) {
            tracing::warn!(
                errors = broken.errors.len(),
                "`roomwright validate` rejects the policies, which are active all the same, and a room on which they disagree is refused: {}",
                broken.in_one_line(1)
            );
        }
    });
}
