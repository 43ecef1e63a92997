//! The directory of policy files: which files, and their text. Does not interpret policies.

mod git;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

pub use git::{GitError, read_revision};

use crate::parallel;
use crate::yaml::Sources;

/// Why the directory cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The directory does not exist.
    #[error("there is no directory `{}`: name another with `--policies DIR`, or create one with `roomwright init`", .0.display())]
    Absent(PathBuf),
    /// A file or directory cannot be read.
    #[error("`{}` cannot be read: {cause}", path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// The cause.
        cause: std::io::Error,
    },
    /// It contains no policy file.
    #[error("`{}` has no `*.yaml` or `*.yml` file", .0.display())]
    Empty(PathBuf),
    /// The pattern for file names is invalid.
    #[error(transparent)]
    Pattern(#[from] globset::Error),
    /// A revision cannot be read.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// Reads every `*.yaml`, `*.yml` and `*.csv` of a directory and those below it, in the order of their paths. Entries whose
/// name begins with a dot are skipped: editors and Kubernetes keep copies there.
///
/// # Errors
/// The first entry that cannot be read; a directory without policy files.
pub fn read(directory: &Path) -> Result<Sources, Error> {
    let paths = paths(directory)?;
    let texts = parallel::each(&paths, |path| text_of(path));
    let mut sources = Sources::default();
    let mut has_policies = false;
    for (path, text) in paths.iter().zip(texts) {
        let Some(text) = text? else { continue };
        has_policies |= !is_csv(path);
        // People do not write the leading `.`.
        let shown = path.strip_prefix(".").unwrap_or(path);
        sources.add(shown.display().to_string(), text);
    }
    if !has_policies {
        return Err(Error::Empty(directory.to_owned()));
    }
    Ok(sources)
}

/// The text of a file; `None` for a CSV file that is not text, which the policy file that names it reports.
fn text_of(path: &Path) -> Result<Option<String>, Error> {
    let bytes = fs::read(path).map_err(|cause| Error::Unreadable {
        path: path.to_owned(),
        cause,
    })?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(_) if is_csv(path) => Ok(None),
        Err(_) => Err(not_text(path.to_owned())),
    }
}

fn not_text(path: PathBuf) -> Error {
    let cause = std::io::Error::new(
        std::io::ErrorKind::InvalidData,
        "it is not UTF-8 text; save it as UTF-8",
    );
    Error::Unreadable { path, cause }
}

/// The state of the files in a directory: it is equal as long as nobody changes a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp(BTreeMap<PathBuf, FileStamp>);

/// When a file was written, when its metadata changed, and its size. No inode number: some file systems change it
/// each time.
type FileStamp = (Option<SystemTime>, (i64, i64), u64);

/// Looks at the files that [`read`] reads, without reading them. Symbolic links are followed, as there.
///
/// # Errors
/// The first entry that cannot be looked at.
pub fn stamp(directory: &Path) -> Result<Stamp, Error> {
    let mut stamps = BTreeMap::new();
    for path in paths(directory)? {
        let stamp = file_stamp(&path).map_err(|cause| Error::Unreadable {
            path: path.clone(),
            cause,
        })?;
        stamps.insert(path, stamp);
    }
    Ok(Stamp(stamps))
}

fn file_stamp(path: &Path) -> std::io::Result<FileStamp> {
    let found = fs::metadata(path)?;
    let changed = (found.ctime(), found.ctime_nsec());
    Ok((found.modified().ok(), changed, found.len()))
}

fn paths(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut paths = Vec::new();
    if directory.is_file() {
        paths.push(directory.to_owned());
    } else if directory.exists() {
        collect(directory, &selection()?, &mut Vec::new(), &mut paths)?;
    } else {
        return Err(Error::Absent(directory.to_owned()));
    }
    paths.sort();
    Ok(paths)
}

/// Rows for the tables of policy files.
fn is_csv(path: &Path) -> bool {
    path.extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("csv"))
}

/// Policy files, and rows for their tables.
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
                    "it is not a regular file, and reading it may never end; remove it",
                );
                return Err(Error::Unreadable { path, cause });
            }
            into.push(path);
        }
    }
    above.pop();
    Ok(())
}
