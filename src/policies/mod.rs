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
    let Read {
        sources,
        unreadable,
    } = read_what_can_be(directory)?;
    match unreadable.into_iter().next() {
        Some((path, cause)) => Err(Error::Unreadable { path, cause }),
        None => Ok(sources),
    }
}

/// As [`read`], but an entry that cannot be read is a source whose problem is that.
///
/// # Errors
/// The directory does not exist, or has no policy files.
pub fn read_all(directory: &Path) -> Result<Sources, Error> {
    let Read {
        mut sources,
        unreadable,
    } = read_what_can_be(directory)?;
    for (path, cause) in unreadable {
        sources.add_unreadable(shown(&path), cause.to_string());
    }
    Ok(sources)
}

/// The files, and the entries that cannot be read.
struct Read {
    sources: Sources,
    unreadable: Vec<(PathBuf, std::io::Error)>,
}

fn read_what_can_be(directory: &Path) -> Result<Read, Error> {
    let (paths, mut unreadable) = paths(directory)?;
    let texts = parallel::each(&paths, |path| text_of(path));
    let mut sources = Sources::default();
    let mut has_policies = !unreadable.is_empty();
    for (path, text) in paths.iter().zip(texts) {
        has_policies |= !is_csv(path);
        match text {
            Ok(Some(text)) => {
                sources.add(shown(path), text);
            }
            Ok(None) => {}
            Err(cause) => unreadable.push((path.clone(), cause)),
        }
    }
    if !has_policies {
        return Err(Error::Empty(directory.to_owned()));
    }
    unreadable.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(Read {
        sources,
        unreadable,
    })
}

/// The path for display: people do not write the leading `.`.
fn shown(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}

/// The text of a file; `None` for a CSV file that is not text, which the policy file that names it reports.
fn text_of(path: &Path) -> std::io::Result<Option<String>> {
    match String::from_utf8(fs::read(path)?) {
        Ok(text) => Ok(Some(text)),
        Err(_) if is_csv(path) => Ok(None),
        Err(_) => Err(not_text()),
    }
}

fn not_text() -> std::io::Error {
    std::io::Error::new(
        std::io::ErrorKind::InvalidData,
        "it is not UTF-8 text; save it as UTF-8",
    )
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
    let (paths, unreadable) = paths(directory)?;
    if let Some((path, cause)) = unreadable.into_iter().next() {
        return Err(Error::Unreadable { path, cause });
    }
    for path in paths {
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

/// The files, and the entries that cannot be read.
type Paths = (Vec<PathBuf>, Vec<(PathBuf, std::io::Error)>);

fn paths(directory: &Path) -> Result<Paths, Error> {
    let mut paths = Vec::new();
    let mut unreadable = Vec::new();
    if directory.is_file() {
        paths.push(directory.to_owned());
    } else if directory.exists() {
        let mut walk = Walk {
            wanted: &selection()?,
            above: Vec::new(),
            paths: &mut paths,
            unreadable: &mut unreadable,
        };
        if let Err(cause) = walk.collect(directory) {
            unreadable.push((directory.to_owned(), cause));
        }
    } else {
        return Err(Error::Absent(directory.to_owned()));
    }
    paths.sort();
    unreadable.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok((paths, unreadable))
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

/// Goes through a directory and those below it.
struct Walk<'w> {
    wanted: &'w GlobSet,
    /// The directories that contain the current one.
    above: Vec<PathBuf>,
    paths: &'w mut Vec<PathBuf>,
    unreadable: &'w mut Vec<(PathBuf, std::io::Error)>,
}

impl Walk<'_> {
    /// Fails if the directory itself cannot be read.
    fn collect(&mut self, directory: &Path) -> std::io::Result<()> {
        let real = fs::canonicalize(directory)?;
        if self.above.contains(&real) {
            return Err(std::io::Error::other(
                "it is a link to a directory that it lies in; remove the link",
            ));
        }
        self.above.push(real);
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let name = entry.file_name();
            if name.to_string_lossy().starts_with('.') {
                continue;
            }
            let path = entry.path();
            if let Err(cause) = self.entry(&path, Path::new(&name)) {
                self.unreadable.push((path, cause));
            }
        }
        self.above.pop();
        Ok(())
    }

    fn entry(&mut self, path: &Path, name: &Path) -> std::io::Result<()> {
        // Follows links: that is how Kubernetes mounts a directory of policies.
        let kind = fs::metadata(path)?;
        if kind.is_dir() {
            let depth = self.above.len();
            let done = self.collect(path);
            self.above.truncate(depth);
            return done;
        }
        if self.wanted.is_match(name) {
            if !kind.is_file() {
                return Err(std::io::Error::other(
                    "it is not a regular file, and reading it may never end; remove it",
                ));
            }
            self.paths.push(path.to_owned());
        }
        Ok(())
    }
}
