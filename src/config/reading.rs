//! Reads `roomwright.yaml`, and reports all its problems at once.

use std::path::Path;

use super::file::File;
use super::secrets::text_of;
use super::{Error, Flags, checks};
use crate::yaml::{self, Severity, Sources};

/// The default configuration file.
pub(super) const DEFAULT_FILE: &str = "roomwright.yaml";
/// How many problems are shown where there is only one line.
const SHOWN: usize = 10;

impl File {
    /// The file that the flags name, or the default one if it exists.
    pub(super) fn of(flags: &Flags) -> Result<Self, Error> {
        let default = Path::new(DEFAULT_FILE);
        match &flags.config {
            Some(path) => read(path),
            None if default.exists() => read(default),
            None => Ok(File::default()),
        }
    }
}

fn read(path: &Path) -> Result<File, Error> {
    let mut file = parse(&path.display().to_string(), text_of(path)?)?;
    file.resolve_paths(path.parent().unwrap_or(Path::new("")));
    Ok(file)
}

/// Checks the text of a configuration file. Reads no other file and no environment variable.
///
/// # Errors
/// All its problems, with their places.
pub fn check(name: &str, text: &str) -> Result<(), Error> {
    parse(name, text.to_owned()).map(drop)
}

fn parse(name: &str, text: String) -> Result<File, Error> {
    let mut sources = Sources::default();
    let id = sources.add(name, text);
    let mut problems = Vec::new();
    let file = yaml::parse(&sources, id, &mut problems)
        .and_then(|node| yaml::read::<File>(&node, &mut problems));
    // A file in which every line is commented out is valid.
    if problems
        .iter()
        .all(|problem| matches!(problem.code, "empty-file" | "comments-only"))
        && file.is_none()
    {
        return Ok(File::default());
    }
    if let Some(file) = &file {
        checks::zeroes(file, &mut problems);
        checks::values(file, &mut problems);
    }
    match file {
        Some(file)
            if problems
                .iter()
                .all(|problem| problem.severity != Severity::Error) =>
        {
            Ok(file)
        }
        _ => Err(Error::Wrong {
            text: yaml::render(&sources, &problems, false),
            short: yaml::in_one_line(&sources, &problems, SHOWN),
        }),
    }
}
