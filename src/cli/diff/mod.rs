//! `diff`: shows what a change to the policies does to which rooms and people.

mod rooms;

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::{Exit, Out};
use crate::config::{Flags, environment, policies_directory, policy_settings};
use crate::diff::{Room, diff, dto};
use crate::policies;
use crate::policy::{PolicySet, Portal};
use crate::service::portal_of;
use crate::yaml::{Severity, Sources, render};

/// Show what a change to the policies does to which rooms and people, as Markdown for a pull request
#[derive(Debug, clap::Args)]
pub(super) struct Diff {
    /// The version to compare with: a directory, or a git revision such as `main`
    base: String,
    /// Use the rooms of this list [default: the rooms of the portal]
    #[arg(long, value_name = "FILE", conflicts_with = "save_rooms")]
    rooms: Option<PathBuf>,
    /// Write the portal's rooms to a file, for a later `--rooms`
    #[arg(long, value_name = "FILE")]
    save_rooms: Option<PathBuf>,
    /// The output format
    #[arg(long, value_enum, default_value = "markdown")]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Markdown,
    Json,
}

impl Diff {
    pub(super) async fn run(&self, flags: &Flags, out: &mut Out) -> anyhow::Result<Exit> {
        let directory = policies_directory(flags, &environment)?;
        let portal = portal_of(&policy_settings(flags)?);
        let old = self.base(&directory)?;
        let new = policies::read(&directory)?;
        let (Some(old), Some(new)) = (checked(&old, &portal), checked(&new, &portal)) else {
            return Ok(Exit::Invalid);
        };
        let rooms: Vec<Room> = match &self.rooms {
            Some(file) => match rooms::listed(file, [&old, &new])? {
                Ok(rooms) => rooms,
                Err(problems) => {
                    anstream::eprint!("{problems}");
                    return Ok(Exit::Invalid);
                }
            },
            None => rooms::of_portal(flags, [&old, &new], self.save_rooms.as_deref()).await?,
        };
        let diff = diff(&old, &new, &rooms);
        match self.format {
            Format::Markdown => out.text(&diff.to_string())?,
            Format::Json => out.json(&dto::Diff::from(&diff))?,
        }
        Ok(if diff.groups.is_empty() {
            Exit::Fine
        } else {
            Exit::Pending
        })
    }

    /// The files of the other version; none if the directory did not exist in it.
    fn base(&self, directory: &Path) -> Result<Sources, policies::Error> {
        let folder = Path::new(&self.base);
        if folder.exists() {
            policies::read(folder)
        } else {
            policies::read_revision(directory, &self.base)
        }
    }
}

/// The policies of one version. Prints their errors.
fn checked(sources: &Sources, portal: &Portal) -> Option<PolicySet> {
    let (set, mut problems) = PolicySet::check_for(sources, portal);
    if set.is_none() {
        problems.retain(|problem| problem.severity == Severity::Error);
        anstream::eprint!("{}", render(sources, &problems, true));
    }
    set
}
