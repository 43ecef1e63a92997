//! Which processes that use the store are alive. Each process with an open adoption keeps a file next to the store
//! locked; the lock disappears with the process, however it ends. So the open entries of a killed process need not wait
//! for their leases.

use std::fs::{File, OpenOptions};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use super::file::Location;

/// The suffix of the files, before the name of the holder.
const ENDING: &str = "-alive-";

/// Shows that this process is alive, from its first adoption on.
#[derive(Debug)]
pub(super) struct Presence {
    place: Arc<Location>,
    holder: String,
    /// `None` if files cannot be locked: such a process counts as alive until its leases expire.
    locked: OnceLock<Option<File>>,
}

impl Presence {
    pub(super) fn new(place: Arc<Location>) -> Self {
        Self {
            place,
            holder: format!("{}-{:08x}", std::process::id(), fastrand::u32(..)),
            locked: OnceLock::new(),
        }
    }

    /// The name of this process.
    pub(super) fn name(&self) -> &str {
        &self.holder
    }

    /// The name of this process; the first call locks its file.
    pub(super) fn holder(&self) -> &str {
        self.locked.get_or_init(|| {
            self.remove_dead();
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
        self.place.beside(&format!("{ENDING}{holder}"))
    }

    /// Removes the files of killed processes. A process that starts at the same moment may lose its file, and then
    /// counts as alive until its leases expire.
    fn remove_dead(&self) {
        let stem = self.place.beside(ENDING);
        let (Some(directory), Some(stem)) = (stem.parent(), stem.file_name()) else {
            return;
        };
        let directory = if directory.as_os_str().is_empty() {
            ".".as_ref()
        } else {
            directory
        };
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let is_one = name.as_encoded_bytes().starts_with(stem.as_encoded_bytes());
            if is_one && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok()) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        if let Some(Some(_)) = self.locked.get() {
            let _ = std::fs::remove_file(self.file_of(&self.holder));
        }
    }
}
