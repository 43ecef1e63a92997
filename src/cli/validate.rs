//! `validate`: reports all problems at once.

use std::path::PathBuf;

use super::{Exit, Out, WrongArgument, annotations};
use crate::config::{Flags, environment, policies_directory, policy_settings};
use crate::policy::{PolicySet, Validated};
use crate::room::counted;
use crate::service::portal_of;
use crate::yaml::{CODES, Severity, hint, records};

/// Report all problems of the policy files at once
#[derive(Debug, clap::Args)]
pub(super) struct Validate {
    /// The directory [default: as configured, else `policies`]
    directory: Option<PathBuf>,
    /// The output format
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Only print what a code means and how to fix it
    #[arg(long, value_name = "CODE")]
    explain: Option<String>,
    /// Treat warnings as errors
    #[arg(long)]
    deny_warnings: bool,
}

/// The output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// With their lines, for people
    Text,
    /// For programs
    Json,
    /// For code scanning
    Sarif,
    /// As annotations of a pull request
    Github,
}

impl Validate {
    pub(super) fn run(&self, flags: &Flags, out: &mut Out) -> anyhow::Result<Exit> {
        if let Some(code) = &self.explain {
            let code = code.trim().trim_matches(['[', ']']);
            let Some(text) = annotations::section(code) else {
                let meant = hint(code, CODES.into_iter());
                let text = format!(
                    "there is no code `{code}`{meant}{}docs/problems.md lists all codes",
                    if meant.is_empty() { "; " } else { " " }
                );
                return Err(WrongArgument(text).into());
            };
            out.text(&format!("{code}\n\n{text}\n"))?;
            return Ok(Exit::Fine);
        }
        let directory = match &self.directory {
            Some(directory) => directory.clone(),
            None => policies_directory(flags, &environment)?,
        };
        let portal = portal_of(&policy_settings(flags)?);
        let sources = crate::policies::read_all(&directory)?;
        let Validated {
            set,
            problems,
            left_out,
        } = PolicySet::validate_for(&sources, &portal);
        let count = |severity| {
            problems
                .iter()
                .filter(|problem| problem.severity == severity)
                .count()
        };
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        let format = if self.json { Format::Json } else { self.format };
        match format {
            Format::Json => out.problems_json(&sources, &problems, left_out.as_deref())?,
            Format::Sarif => out.json(&annotations::sarif(&records(&sources, &problems)))?,
            Format::Github => out.text(&annotations::github(&records(&sources, &problems)))?,
            Format::Text => out.problems(&sources, &problems)?,
        }
        if format == Format::Text {
            if let Some(left_out) = left_out {
                out.line(&left_out)?;
            }
            let policies = set.as_ref().map_or(0, |set| set.policies().len());
            out.line(&if errors > 0 {
                format!(
                    "{}: {}, {}",
                    counted(sources.len(), "file"),
                    counted(errors, "error"),
                    counted(warnings, "warning")
                )
            } else {
                format!(
                    "{}, {}: valid, {}",
                    counted(sources.len(), "file"),
                    counted(policies, "policy"),
                    counted(warnings, "warning")
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
