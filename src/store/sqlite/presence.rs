//! Which processes that use the store are alive. Each that holds an adoption keeps a file beside the store locked; the
//! lock goes with the process, however that ends. What a killed one left open need not wait for its lease then.

use std::fs::{File, OpenOptions};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use super::file::Location;

/// The ending of the files, before the name of the holder.
const ENDING: &str = "-alive-";

/// That this process is alive, from the first adoption on.
#[derive(Debug)]
pub(super) struct Presence {
    place: Arc<Location>,
    holder: String,
    /// Nothing where files cannot be locked: such a process counts as alive until its leases end.
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

    /// The name of this process, which is announced.
    pub(super) fn holder(&self) -> &str {
        self.locked.get_or_init(|| {
            self.remove_dead();
            let made = self.announce();
            made.inspect_err(
                |error| tracing::debug!(%error, "no file can be locked beside the store"),
            )
            .ok()
        });
        &self.holder
    }

    /// Whether a process has ended. One that left no file behind is not known to have.
    pub(super) fn has_ended(&self, holder: &str) -> bool {
        let file = File::open(self.file_of(holder));
        // Shared: others may ask at the same time.
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

    /// Removes what killed processes left. A process that begins at this very moment may lose its file, and counts as
    /// alive until its leases end.
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
