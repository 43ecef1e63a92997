//! `init`: a commented policy directory to begin with.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::{Exit, Out};

const POLICIES: &str = include_str!("init.yaml");

/// Write a commented policy directory to begin with
#[derive(Debug, clap::Args)]
pub(super) struct Init {
    /// Where; the files go into `policies` and `schema` below it [default: here, or `my-rooms` if there are policies here]
    directory: Option<PathBuf>,
}

/// Where the files go beside policies of somebody else, such as those of a clone of the repository.
const BESIDE: &str = "my-rooms";
const FILE: &str = "policies/rooms.yaml";

impl Init {
    pub(super) fn run(&self, out: &mut Out) -> anyhow::Result<Exit> {
        let directory = self.directory.clone().unwrap_or_else(|| {
            // A file of ours is no reason to go elsewhere: it says that this was done before.
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
        // Everything is looked at before anything is written.
        if let Some((there, _)) = files.iter().find(|(path, _)| path.exists()) {
            bail!(
                "`{}` is there already, and nothing was written; name another directory: `roomwright init DIR`",
                there.display()
            );
        }
        for (path, text) in &files {
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)
                    .with_context(|| format!("`{}` cannot be made", parent.display()))?;
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
