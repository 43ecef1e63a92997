//! `test`: runs the tests of the policy files.

mod junit;
mod results;
mod update;

use std::path::PathBuf;

use anyhow::{Context, bail};

use super::{Exit, Out};
use crate::config::{Flags, environment, policies_directory, policy_settings};
use crate::policy::expectation::Test;
use crate::policy::glob::{FoldMode, Glob};
use crate::policy::{PolicySet, Portal};
use crate::room::counted;
use crate::service::portal_of;
use crate::testing::{Tested, coverage, run};
use crate::yaml::{Severity, Sources, render};

/// Run the tests of the policy files, which compare what a room gets with what it should get; needs no portal
#[derive(Debug, clap::Args)]
pub(super) struct Tests {
    /// The directory [default: as configured, else `policies`]
    directory: Option<PathBuf>,
    /// Only tests whose name matches
    #[arg(long, value_name = "GLOB", value_parser = glob)]
    filter: Option<Glob>,
    /// Write the results to a file, as `JUnit` XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Print the results as JSON
    #[arg(long)]
    json: bool,
    /// Show which policies, and which of their lines, have no test
    #[arg(long, conflicts_with = "filter")]
    coverage: bool,
    /// Update failing tests with what rooms get today
    #[arg(long)]
    update: bool,
}

fn glob(text: &str) -> Result<Glob, String> {
    Glob::new(text, FoldMode::Words).map_err(|bad| bad.0)
}

/// A test and its result.
type Ran<'t> = (&'t Test, Tested);

impl Tests {
    pub(super) fn run(&self, flags: &Flags, out: &mut Out) -> anyhow::Result<Exit> {
        let directory = match &self.directory {
            Some(directory) => directory.clone(),
            None => policies_directory(flags, &environment)?,
        };
        let portal = portal_of(&policy_settings(flags)?);
        let sources = crate::policies::read(&directory)?;
        let Some(set) = self.checked(&sources, &portal, out)? else {
            return Ok(Exit::Invalid);
        };
        if self.update
            && let Some(set) = self.updated(&sources, &set, &portal, out)?
        {
            return self.report(&set, out);
        }
        self.report(&set, out)
    }

    /// The policies. Prints their errors.
    fn checked(
        &self,
        sources: &Sources,
        portal: &Portal,
        out: &mut Out,
    ) -> anyhow::Result<Option<PolicySet>> {
        let (set, mut problems) = PolicySet::check_for(sources, portal);
        if set.is_none() {
            problems.retain(|problem| problem.severity == Severity::Error);
            if self.json {
                out.problems_json(sources, &problems, None)?;
            } else {
                anstream::eprint!("{}", render(sources, &problems, true));
            }
        }
        Ok(set)
    }

    fn report(&self, set: &PolicySet, out: &mut Out) -> anyhow::Result<Exit> {
        let ran = self.ran(set)?;
        let covered = self.coverage.then(|| {
            let tested: Vec<Tested> = ran.iter().map(|(_, tested)| tested.clone()).collect();
            coverage(set, &tested)
        });
        if self.json {
            out.json(&results::as_json(&ran, covered.as_ref()))?;
        } else {
            out.text(&results::as_text(&ran, covered.as_ref()))?;
        }
        if let Some(path) = &self.junit {
            let text = junit::as_xml(&ran);
            std::fs::write(path, text?)
                .with_context(|| format!("`{}` cannot be written", path.display()))?;
        }
        Ok(if ran.iter().all(|(_, tested)| tested.passed()) {
            Exit::Fine
        } else {
            Exit::Failed
        })
    }

    /// Runs the selected tests. It is an error if there are none.
    fn ran<'s>(&self, set: &'s PolicySet) -> anyhow::Result<Vec<Ran<'s>>> {
        let tests = set.tests();
        if tests.is_empty() {
            bail!("the policy files have no tests: write some under `tests`");
        }
        let matches = |test: &&Test| {
            let filter = self.filter.as_ref();
            filter.is_none_or(|filter| filter.is_match(&test.name))
        };
        let chosen: Vec<&Test> = tests.iter().filter(matches).collect();
        if let Some(filter) = self.filter.as_ref().filter(|_| chosen.is_empty()) {
            let count = counted(tests.len(), "test");
            bail!(
                "no test name matches `{}` ({count} in total)",
                filter.as_str()
            );
        }
        let run = |test| (test, run(set, test));
        Ok(chosen.into_iter().map(run).collect())
    }

    /// Writes what rooms get today into the failing tests, and returns the new policies if files changed.
    fn updated(
        &self,
        sources: &Sources,
        set: &PolicySet,
        portal: &Portal,
        out: &mut Out,
    ) -> anyhow::Result<Option<PolicySet>> {
        let (changes, left) = update::changes(sources, &self.ran(set)?);
        if !self.json {
            left.iter().try_for_each(|line| out.line(line))?;
        }
        if changes.is_empty() {
            return Ok(None);
        }
        let new = update::applied(sources, &changes);
        // The new files must still be valid.
        let (set, problems) = PolicySet::check_for(&new, portal);
        let Some(set) = set else {
            let text = render(&new, &problems, false);
            bail!(
                "the tests cannot be updated automatically, because the result would not be valid; change them by hand:\n{text}"
            );
        };
        for id in changes.keys() {
            let Some(source) = new.source(*id) else {
                continue;
            };
            std::fs::write(source.path.as_ref(), &source.text)
                .with_context(|| format!("`{}` cannot be written", source.path))?;
            if !self.json {
                out.line(&format!("wrote {}", source.path))?;
            }
        }
        Ok(Some(set))
    }
}
