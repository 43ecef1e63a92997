//! What of `roomwright.yaml` is read again while a program runs.

use std::path::{Path, PathBuf};

use super::file::File;
use super::reading::USUAL;
use super::{Error, Flags, Mode, PortalWords};

/// What is followed; all else takes effect at the next start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// Whether anything is written at all.
    pub mode: Mode,
    /// What it says to all policies.
    pub words: PortalWords,
}

/// Reads it; a file that is not there says nothing.
///
/// # Errors
/// The file cannot be used.
pub fn followed(flags: &Flags) -> Result<Followed, Error> {
    let file = File::of(flags)?;
    Ok(Followed {
        words: file.words(),
        mode: file.mode.unwrap_or_default(),
    })
}

/// The configuration file, whether it is there or not.
pub fn file(flags: &Flags) -> PathBuf {
    let usual = || Path::new(USUAL).to_owned();
    flags.config.clone().unwrap_or_else(usual)
}
