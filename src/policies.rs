//! The directory of policy files: which files, their text. Nothing here understands a policy.

use std::fs;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::yaml::Sources;

/// Why the directory cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such directory.
    #[error("there is no directory `{}`: name another with `--policies DIR`, or make one with `roomwright init`", .0.display())]
    Absent(PathBuf),
    /// A file or directory cannot be read.
    #[error("`{}` cannot be read: {cause}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// It has no policy file.
    #[error("`{}` has no `*.yaml` or `*.yml` file", .0.display())]
    Empty(PathBuf),
    /// The pattern of file names cannot be used.
    #[error(transparent)]
    Pattern(#[from] globset::Error),
}

/// Reads every `*.yaml`, `*.yml` and `*.csv` of a directory and those below it, in the order of their paths. Entries whose
/// name begins with a dot are left out: editors and Kubernetes keep copies there.
///
/// # Errors
/// The first thing that cannot be read; a directory without policy files.
pub fn read(directory: &Path) -> Result<Sources, Error> {
    if !directory.exists() {
        return Err(Error::Absent(directory.to_owned()));
    }
    let mut paths = Vec::new();
    if directory.is_file() {
        paths.push(directory.to_owned());
    } else {
        collect(directory, &selection()?, &mut Vec::new(), &mut paths)?;
    }
    paths.sort();
    let mut sources = Sources::default();
    let mut has_policies = false;
    for path in paths {
        let bytes = fs::read(&path).map_err(|cause| Error::Unreadable {
            path: path.clone(),
            cause,
        })?;
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            // A policy file that names it says so.
            Err(_) if is_csv(&path) => continue,
            Err(_) => {
                let cause = std::io::Error::new(
                    std::io::ErrorKind::InvalidData,
                    "it is not UTF-8 text; save it as UTF-8",
                );
                return Err(Error::Unreadable { path, cause });
            }
        };
        has_policies |= !is_csv(&path);
        sources.add(path.display().to_string(), text);
    }
    if !has_policies {
        return Err(Error::Empty(directory.to_owned()));
    }
    Ok(sources)
}

/// Rows for the tables of policy files.
fn is_csv(path: &Path) -> bool {
    path.extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("csv"))
}

fn selection() -> Result<GlobSet, globset::Error> {
    let glob = GlobBuilder::new("*.{yaml,yml,csv}")
        .case_insensitive(true)
        .build()?;
    GlobSetBuilder::new().add(glob).build()
}

fn collect(
    directory: &Path,
    wanted: &GlobSet,
    above: &mut Vec<PathBuf>,
    into: &mut Vec<PathBuf>,
) -> Result<(), Error> {
    let unreadable = |cause| Error::Unreadable {
        path: directory.to_owned(),
        cause,
    };
    let real = fs::canonicalize(directory).map_err(unreadable)?;
    if above.contains(&real) {
        return Err(unreadable(std::io::Error::other(
            "it is a link to a directory that it lies in; remove the link",
        )));
    }
    above.push(real);
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name();
        if name.to_string_lossy().starts_with('.') {
            continue;
        }
        // Follows links: that is how Kubernetes mounts a directory of policies.
        let path = entry.path();
        let kind = fs::metadata(&path).map_err(|cause| Error::Unreadable {
            path: path.clone(),
            cause,
        })?;
        if kind.is_dir() {
            collect(&path, wanted, above, into)?;
        } else if wanted.is_match(Path::new(&name)) {
            if !kind.is_file() {
                let cause = std::io::Error::other(
                    "it is no regular file, and reading it may never end; remove it",
                );
                return Err(Error::Unreadable { path, cause });
            }
            into.push(path);
        }
    }
    above.pop();
    Ok(())
}
