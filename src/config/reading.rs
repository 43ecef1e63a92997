//! Reading `roomwright.yaml`, with everything that is wrong in it at once.

use std::path::Path;

use super::file::File;
use super::secrets::text_of;
use super::{Error, Flags, checks};
use crate::yaml::{self, Severity, Sources};

/// The name of the file that is read where no other is named.
pub(super) const USUAL: &str = "roomwright.yaml";

impl File {
    /// The file that the flags name, or the one that is there.
    pub(super) fn of(flags: &Flags) -> Result<Self, Error> {
        let usual = Path::new(USUAL);
        match &flags.config {
            Some(path) => read(path),
            None if usual.exists() => read(usual),
            None => Ok(File::default()),
        }
    }
}

fn read(path: &Path) -> Result<File, Error> {
    let mut file = parse(&path.display().to_string(), text_of(path)?)?;
    file.stand_in(path.parent().unwrap_or(Path::new("")));
    Ok(file)
}

/// Says what is wrong with the text of a configuration file; looks at no other file and at no variable.
///
/// # Errors
/// Every place that is wrong.
pub fn check(name: &str, text: &str) -> Result<(), Error> {
    parse(name, text.to_owned()).map(drop)
}

fn parse(name: &str, text: String) -> Result<File, Error> {
    let mut sources = Sources::default();
    let id = sources.add(name, text);
    let mut problems = Vec::new();
    let file = yaml::parse(&sources, id, &mut problems)
        .and_then(|node| yaml::read::<File>(&node, &mut problems));
    // Every line may be commented out.
    if problems
        .iter()
        .all(|problem| matches!(problem.code, "empty-file" | "comments-only"))
        && file.is_none()
    {
        return Ok(File::default());
    }
    if let Some(file) = &file {
        checks::zeroes(file, &mut problems);
        checks::nonsense(file, &mut problems);
    }
    match file {
        Some(file)
            if problems
                .iter()
                .all(|problem| problem.severity != Severity::Error) =>
        {
            Ok(file)
        }
        _ => Err(Error::Wrong(yaml::render(&sources, &problems, false))),
    }
}
