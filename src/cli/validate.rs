//! `validate`: all problems at once.

use std::path::PathBuf;

use super::{Exit, Out, plural};
use crate::config::{Flags, environment, policies_directory, portal_words};
use crate::policy::PolicySet;
use crate::service::portal_of;
use crate::yaml::{Severity, records};

/// Report all problems of the policy files at once
#[derive(Debug, clap::Args)]
pub(super) struct Validate {
    /// The directory [default: as configured, else `policies`]
    directory: Option<PathBuf>,
    /// Print the problems as JSON
    #[arg(long)]
    json: bool,
    /// Warnings count as errors
    #[arg(long)]
    deny_warnings: bool,
}

impl Validate {
    pub(super) fn run(&self, flags: &Flags, out: &mut Out) -> anyhow::Result<Exit> {
        let directory = match &self.directory {
            Some(directory) => directory.clone(),
            None => policies_directory(flags, &environment)?,
        };
        let portal = portal_of(&portal_words(flags)?);
        let sources = crate::policies::read(&directory)?;
        let (set, problems) = PolicySet::validate_for(&sources, &portal);
        let count = |severity| {
            problems
                .iter()
                .filter(|problem| problem.severity == severity)
                .count()
        };
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        if self.json {
            out.json(&records(&sources, &problems))?;
        } else {
            out.problems(&sources, &problems)?;
            let policies = set.as_ref().map_or(0, |set| set.policies().len());
            out.line(&if errors > 0 {
                format!(
                    "{}: {}, {}",
                    plural(sources.len(), "file"),
                    plural(errors, "error"),
                    plural(warnings, "warning")
                )
            } else {
                format!(
                    "{}, {}: valid, {}",
                    plural(sources.len(), "file"),
                    plural_y(policies),
                    plural(warnings, "warning")
                )
            })?;
        }
        Ok(if errors > 0 || (self.deny_warnings && warnings > 0) {
            Exit::Invalid
        } else {
            Exit::Fine
        })
    }
}

fn plural_y(count: usize) -> String {
    if count == 1 {
        "1 policy".to_owned()
    } else {
        format!("{count} policies")
    }
}
