//! Which processes that use the store are alive. Each service, and each process with an open adoption, keeps a file next
//! to the store locked; the lock disappears with the process, however it ends. So the open entries of a killed process
//! need not wait for their leases, and nobody replaces the missing file of a running service by an empty one.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Once, OnceLock};

/// The suffix of the files, before the name of the holder.
const ENDING: &str = "-alive-";

/// Shows that this process is alive, from its start as a service or its first adoption on.
#[derive(Debug)]
pub(super) struct Presence {
    /// The store.
    path: PathBuf,
    holder: String,
    /// `None` if files cannot be locked: such a process counts as alive until its leases expire.
    locked: OnceLock<Option<File>>,
    /// Not before the first adoption: until then the files of killed processes show that their entries are free.
    tidied: Once,
}

impl Presence {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            holder: format!("{}-{:08x}", std::process::id(), fastrand::u32(..)),
            locked: OnceLock::new(),
            tidied: Once::new(),
        }
    }

    /// The name of this process.
    pub(super) fn name(&self) -> &str {
        &self.holder
    }

    /// The name of this process, for an adoption.
    pub(super) fn holder(&self) -> &str {
        self.tidied.call_once(|| self.remove_dead());
        self.show()
    }

    /// The name of this process; the first call locks its file.
    pub(super) fn show(&self) -> &str {
        self.locked.get_or_init(|| {
            let made = self.announce();
            made.inspect_err(
                |error| tracing::debug!(%error, "no file can be locked next to the store"),
            )
            .ok()
        });
        &self.holder
    }

    /// Whether a process is known to have ended: its file is there and not locked.
    pub(super) fn has_ended(&self, holder: &str) -> bool {
        let file = File::open(self.file_of(holder));
        // Shared: other processes may check at the same time.
        holder != self.holder && file.is_ok_and(|file| file.try_lock_shared().is_ok())
    }

    fn announce(&self) -> std::io::Result<File> {
        let path = self.file_of(&self.holder);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)?;
        if let Err(error) = file.try_lock() {
            std::fs::remove_file(&path)?;
            return Err(error.into());
        }
        Ok(file)
    }

    fn file_of(&self, holder: &str) -> PathBuf {
        beside(&self.path, &format!("{ENDING}{holder}"))
    }

    /// Removes the files of killed processes. A process that starts at the same moment may lose its file, and then
    /// counts as alive until its leases expire.
    fn remove_dead(&self) {
        for path in files(&self.path) {
            if File::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

/// Whether a process that shows itself uses the store.
pub(super) fn is_in_use(path: &Path) -> bool {
    let is_locked = |file: File| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
    files(path)
        .into_iter()
        .any(|path| File::open(path).is_ok_and(is_locked))
}

/// The path of a file next to another one: its name with an ending.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The files of all processes.
fn files(path: &Path) -> Vec<PathBuf> {
    let stem = beside(path, ENDING);
    let (Some(directory), Some(stem)) = (stem.parent(), stem.file_name()) else {
        return Vec::new();
    };
    let directory = if directory.as_os_str().is_empty() {
        ".".as_ref()
    } else {
        directory
    };
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .filter(|entry| {
            let name = entry.file_name();
            name.as_encoded_bytes().starts_with(stem.as_encoded_bytes())
        })
        .map(|entry| entry.path())
        .collect()
}

impl Drop for Presence {
    fn drop(&mut self) {
        if let Some(Some(_)) = self.locked.get() {
            let _ = std::fs::remove_file(self.file_of(&self.holder));
        }
    }
}
