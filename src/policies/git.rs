//! The policy files in a revision of git, read with the program `git`.

use std::io::{self, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use globset::GlobSet;

use super::{Error, is_csv, selection};
use crate::yaml::Sources;

/// Why the policies of a revision cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The program does not exist.
    #[error(
        "`git` is not installed: install it, or name a folder with the other version of the policies"
    )]
    NoGit,
    /// The program cannot be run.
    #[error("`git` cannot be run: {0}")]
    Io(#[from] io::Error),
    /// The directory is not in a repository.
    #[error("`{}` is not in a git repository: name a folder with the other version of the policies", .0.display())]
    NoRepository(PathBuf),
    /// The revision does not exist.
    #[error("`{0}` is neither a folder nor a revision that git knows here")]
    NoRevision(String),
    /// Another error.
    #[error("`git {command}` failed: {said}")]
    Failed {
        /// The command.
        command: &'static str,
        /// The error message.
        said: String,
    },
}

/// Reads the policy files of a directory in a revision; none if it did not exist there. The same files are chosen as
/// by [`super::read`]; symbolic links are skipped.
///
/// # Errors
/// Git is missing, the revision does not exist, or a file is not text.
pub fn read_revision(directory: &Path, revision: &str) -> Result<Sources, Error> {
    // A single file is read from its directory.
    let (within, only) = match directory.is_file() {
        true => (
            directory.parent().unwrap_or(Path::new("")),
            directory.file_name().map(|name| name.to_string_lossy()),
        ),
        false => (directory, None),
    };
    if !within.as_os_str().is_empty() && !within.exists() {
        return Err(Error::Absent(within.to_owned()));
    }
    let git = Git { within };
    let prefix = git.prefix()?;
    let commit = git.commit(revision)?;
    let mut files = git.files(&commit, &prefix)?;
    let wanted = selection()?;
    files.retain(|file| match &only {
        Some(name) => file.below == **name,
        None => is_chosen(&file.below, &wanted),
    });
    files.sort_by(|a, b| Path::new(&a.below).cmp(Path::new(&b.below)));
    let mut sources = Sources::default();
    for (file, bytes) in files.iter().zip(git.contents(&files)?) {
        let path = within.join(&file.below);
        let path = format!("{revision}:{}", path.display());
        match String::from_utf8(bytes) {
            Ok(text) => {
                sources.add(path, text);
            }
            // A policy file that names it says so.
            Err(_) if is_csv(Path::new(&file.below)) => {}
            Err(_) => {
                let cause = super::not_text();
                let path = path.into();
                return Err(Error::Unreadable { path, cause });
            }
        }
    }
    Ok(sources)
}

/// Whether [`super::read`] would read a file at this path below the directory.
fn is_chosen(below: &str, wanted: &GlobSet) -> bool {
    let is_hidden = below.split('/').any(|part| part.starts_with('.'));
    let name = below.rsplit('/').next().unwrap_or_default();
    !is_hidden && wanted.is_match(Path::new(name))
}

/// A file of a revision.
struct File {
    /// The object id.
    blob: String,
    /// The path below the directory.
    below: String,
}

/// The program, in a directory.
struct Git<'d> {
    within: &'d Path,
}

impl Git<'_> {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        if !self.within.as_os_str().is_empty() {
            command.arg("-C").arg(self.within);
        }
        command.args(arguments).stdin(Stdio::null());
        command
    }

    fn output(&self, arguments: &[&str]) -> Result<Output, GitError> {
        self.command(arguments).output().map_err(started)
    }

    /// The path of the directory from the top of the repository; it ends in `/` if it is not the top.
    fn prefix(&self) -> Result<String, GitError> {
        let output = self.output(&["rev-parse", "--show-prefix"])?;
        if !output.status.success() {
            return Err(GitError::NoRepository(self.within.to_owned()));
        }
        let prefix = String::from_utf8_lossy(&output.stdout);
        Ok(prefix.trim_end_matches('\n').to_owned())
    }

    fn commit(&self, revision: &str) -> Result<String, GitError> {
        let wanted = format!("{revision}^{{commit}}");
        let arguments = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &wanted,
        ];
        let output = self.output(&arguments)?;
        if !output.status.success() {
            return Err(GitError::NoRevision(revision.to_owned()));
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// The regular files below the directory.
    fn files(&self, commit: &str, prefix: &str) -> Result<Vec<File>, GitError> {
        const COMMAND: &str = "ls-tree";
        let mut arguments = vec![COMMAND, "-r", "-z", "--full-tree", commit];
        if !prefix.is_empty() {
            arguments.extend(["--", prefix]);
        }
        let output = self.output(&arguments)?;
        if !output.status.success() {
            return Err(failed(COMMAND, &output));
        }
        let listed = String::from_utf8_lossy(&output.stdout);
        // `100644 blob ID<tab>PATH`
        let file = |entry: &str| {
            let (head, path) = entry.split_once('\t')?;
            let [mode, "blob", blob] = head.split(' ').collect::<Vec<_>>()[..] else {
                return None;
            };
            let below = path.strip_prefix(prefix)?;
            mode.starts_with("100").then(|| File {
                blob: blob.to_owned(),
                below: below.to_owned(),
            })
        };
        Ok(listed.split('\0').filter_map(file).collect())
    }

    /// The contents of the files, in order, from one process.
    fn contents(&self, files: &[File]) -> Result<Vec<Vec<u8>>, GitError> {
        const COMMAND: &str = "cat-file";
        let mut child = self
            .command(&[COMMAND, "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(started)?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let contents = std::thread::scope(|scope| {
            // Write and read at the same time, so that neither side waits forever.
            scope.spawn(move || {
                let mut stdin = stdin?;
                files
                    .iter()
                    .try_for_each(|file| writeln!(stdin, "{}", file.blob))
                    .ok()
            });
            let mut answers = BufReader::new(stdout.ok_or(io::ErrorKind::BrokenPipe)?);
            let contents = files.iter().map(|_| content(&mut answers));
            contents.collect::<io::Result<Vec<_>>>()
        });
        let _ = child.wait();
        contents.map_err(|cause| GitError::Failed {
            command: COMMAND,
            said: cause.to_string(),
        })
    }
}

/// `ID blob SIZE`, then that many bytes, and a line break.
fn content(answers: &mut impl io::BufRead) -> io::Result<Vec<u8>> {
    let mut head = String::new();
    answers.read_line(&mut head)?;
    let size = head.split_whitespace().nth(2);
    let size: usize = size
        .and_then(|size| size.parse().ok())
        .ok_or_else(|| io::Error::other(format!("it answered `{}`", head.trim())))?;
    let mut bytes = Vec::with_capacity(size.min(1 << 20));
    let wanted = u64::try_from(size).unwrap_or(u64::MAX);
    answers.by_ref().take(wanted).read_to_end(&mut bytes)?;
    if bytes.len() < size {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut end = [0];
    answers.read_exact(&mut end)?;
    Ok(bytes)
}

fn started(cause: io::Error) -> GitError {
    match cause.kind() {
        io::ErrorKind::NotFound => GitError::NoGit,
        _ => GitError::Io(cause),
    }
}

fn failed(command: &'static str, output: &Output) -> GitError {
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    GitError::Failed { command, said }
}
