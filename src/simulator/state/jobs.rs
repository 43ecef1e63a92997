//! The portal's two copying jobs: a room into a template, a template into a room. One of each runs at a time
//! (rooms-api.md, facts about room.created).

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use super::ids::EntryId;

/// What a job creates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Copying {
    /// A room from a template.
    Room,
    /// A template from a room.
    Template,
}

/// A folder that has still to be copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ToCopy {
    /// A folder with this title, directly in the created room.
    Titled(String),
    /// A folder of the source.
    Folder(EntryId),
}

#[derive(Debug, Clone, Default)]
pub(crate) struct CopyJob {
    /// The account that asked, and the body of its request.
    pub(crate) who: String,
    pub(crate) wanted: Value,
    /// Whether no task works on it yet.
    pub(crate) is_waiting: bool,
    /// The created room, once it exists.
    pub(crate) target: Option<EntryId>,
    /// Whether the status reports the created room: only after the first folder is copied.
    pub(crate) is_announced: bool,
    pub(crate) to_copy: VecDeque<ToCopy>,
    /// Folder of the source → its copy.
    pub(crate) copies: BTreeMap<EntryId, EntryId>,
    pub(crate) is_completed: bool,
    pub(crate) error: String,
}

/// The jobs; a finished one stays until the next begins.
#[derive(Debug, Clone, Default)]
pub(crate) struct Jobs {
    room: Option<CopyJob>,
    template: Option<CopyJob>,
}

impl Jobs {
    pub(crate) fn get(&self, copying: Copying) -> Option<&CopyJob> {
        match copying {
            Copying::Room => self.room.as_ref(),
            Copying::Template => self.template.as_ref(),
        }
    }

    pub(crate) fn get_mut(&mut self, copying: Copying) -> Option<&mut CopyJob> {
        match copying {
            Copying::Room => self.room.as_mut(),
            Copying::Template => self.template.as_mut(),
        }
    }

    pub(crate) fn is_running(&self, copying: Copying) -> bool {
        self.get(copying).is_some_and(|job| !job.is_completed)
    }

    pub(crate) fn put(&mut self, copying: Copying, job: CopyJob) {
        match copying {
            Copying::Room => self.room = Some(job),
            Copying::Template => self.template = Some(job),
        }
    }
}
