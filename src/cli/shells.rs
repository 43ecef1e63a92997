//! `completions` and `man`: completion scripts and manual pages, generated from the commands.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Command, CommandFactory};
use clap_complete::Shell;

use super::{Arguments, Exit, Out};

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

/// Print the manual page, or write the pages of all commands
#[derive(Debug, clap::Args)]
pub(super) struct Man {
    /// An existing directory for the pages of all commands
    directory: Option<PathBuf>,
}

fn program() -> Command {
    // The help subcommand would list every option a second time.
    Arguments::command().disable_help_subcommand(true)
}

impl Completions {
    pub(super) fn run(&self, out: &mut Out) -> anyhow::Result<Exit> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut program(), "roomwright", &mut script);
        out.text(&String::from_utf8(script)?)?;
        Ok(Exit::Fine)
    }
}

impl Man {
    pub(super) fn run(&self, out: &mut Out) -> anyhow::Result<Exit> {
        if let Some(directory) = &self.directory {
            clap_mangen::generate_to(program(), directory)
                .with_context(|| format!("cannot write into `{}`", directory.display()))?;
            let path = directory.join("roomwright.1");
            return std::fs::write(&path, page()?)
                .with_context(|| format!("cannot write `{}`", path.display()))
                .map(|()| Exit::Fine);
        }
        out.text(&page()?)?;
        Ok(Exit::Fine)
    }
}

/// The page of the program, with the usual names of its last sections.
fn page() -> anyhow::Result<String> {
    let mut page = Vec::new();
    clap_mangen::Man::new(program()).render(&mut page)?;
    let page = String::from_utf8(page)?;
    Ok(page
        .replace(".SH EXTRA\nExit codes:\n", ".SH \"EXIT STATUS\"\n.nf\n")
        .replace("\nEnvironment:\n", "\n.fi\n.SH ENVIRONMENT\n.nf\n"))
}
