//! `init`: a commented policy directory to start with.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::{Exit, Out};

const POLICIES: &str = include_str!("init.yaml");

/// Write a commented policy directory to start with
#[derive(Debug, clap::Args)]
pub(super) struct Init {
    /// The directory in which `policies` and `schema` are created [default: this one, or `my-rooms` if it already has a directory `policies`]
    directory: Option<PathBuf>,
}

/// The directory to use next to existing policies, such as those in a clone of the repository.
const BESIDE: &str = "my-rooms";
const FILE: &str = "policies/rooms.yaml";

impl Init {
    pub(super) fn run(&self, out: &mut Out) -> anyhow::Result<Exit> {
        let directory = self.directory.clone().unwrap_or_else(|| {
            // If `init` ran here before, it should say so instead of writing elsewhere.
            let is_beside = Path::new("policies").exists() && !Path::new(FILE).exists();
            PathBuf::from(if is_beside { BESIDE } else { "" })
        });
        let files = [
            (directory.join(FILE), POLICIES.to_owned()),
            (
                directory.join("schema/policy.schema.json"),
                crate::policy::schema::text(),
            ),
        ];
        // Check all files before writing any.
        if let Some((there, _)) = files.iter().find(|(path, _)| path.exists()) {
            bail!(
                "`{}` already exists, and nothing was written; name another directory: `roomwright init DIR`",
                there.display()
            );
        }
        for (path, text) in &files {
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)
                    .with_context(|| format!("`{}` cannot be created", parent.display()))?;
            }
            std::fs::write(path, text)
                .with_context(|| format!("`{}` cannot be written", path.display()))?;
            out.line(&format!("wrote {}", path.display()))?;
        }
        let flag = if directory.as_os_str().is_empty() {
            String::new()
        } else {
            format!(" --policies {}", directory.join("policies").display())
        };
        out.line(&format!(
            "next: edit {}, then `roomwright validate{flag}`, `roomwright test{flag}` and `roomwright explain{flag} --title 'Project Apollo' --type custom --creator you@example.org`",
            directory.join(FILE).display()
        ))?;
        Ok(Exit::Fine)
    }
}
