//! `init`: a commented policy directory to begin with.

use std::path::PathBuf;

use anyhow::{Context, bail};

use super::{Exit, Out};

const POLICIES: &str = include_str!("init.yaml");

/// Write a commented policy directory to begin with
#[derive(Debug, clap::Args)]
pub(super) struct Init {
    /// Where; the files go into `policies` and `schema` below it
    #[arg(default_value = ".")]
    directory: PathBuf,
}

impl Init {
    pub(super) fn run(&self, out: &mut Out) -> anyhow::Result<Exit> {
        let files = [
            (
                self.directory.join("policies").join("rooms.yaml"),
                POLICIES.to_owned(),
            ),
            (
                self.directory.join("schema").join("policy.schema.json"),
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
        let policies = self.directory.join("policies");
        let here = self.directory.as_os_str() == ".";
        let flag = if here {
            String::new()
        } else {
            format!(" --policies {}", policies.display())
        };
        out.line(&format!(
            "next: edit {}, then `roomwright validate{flag}` and `roomwright explain{flag} --title 'Project Apollo' --type custom --creator you@example.org`",
            policies.join("rooms.yaml").display()
        ))?;
        Ok(Exit::Fine)
    }
}
