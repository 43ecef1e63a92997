//! The keys of `roomwright.yaml` that are reloaded while a program runs.

use std::path::{Path, PathBuf};

use super::file::File;
use super::reading::DEFAULT_FILE;
use super::{Error, Flags, Mode, PolicySettings};

/// The values that are reloaded. Everything else takes effect at the next start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// Whether anything is written at all.
    pub mode: Mode,
    /// The settings that apply to all policies.
    pub policy_settings: PolicySettings,
}

/// Reads them. A file that does not exist is the same as an empty one.
///
/// # Errors
/// The file cannot be used.
pub fn followed(flags: &Flags) -> Result<Followed, Error> {
    let file = File::of(flags)?;
    Ok(Followed {
        policy_settings: file.policy_settings(),
        mode: file.mode.unwrap_or_default(),
    })
}

/// The configuration file, whether it exists or not.
pub fn file(flags: &Flags) -> PathBuf {
    let default = || Path::new(DEFAULT_FILE).to_owned();
    flags.config.clone().unwrap_or_else(default)
}
