//! The portal's two jobs that copy: a room into a template, a template into a room. One of each at a time
//! (rooms-api.md, facts about room.created).

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use super::ids::EntryId;

/// What a job makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Copying {
    /// A room from a template.
    Room,
    /// A template from a room.
    Template,
}

/// What is still to be copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ToCopy {
    /// A folder of this title, directly into what is made.
    Titled(String),
    /// A folder of the source.
    Folder(EntryId),
}

#[derive(Debug, Clone, Default)]
pub(crate) struct CopyJob {
    /// Who asked, and for what: the body of the request.
    pub(crate) who: String,
    pub(crate) wanted: Value,
    /// Whether nobody works at it yet.
    pub(crate) is_waiting: bool,
    /// What was made, once it is there.
    pub(crate) target: Option<EntryId>,
    /// Whether the status tells of it: not before the first folder is copied.
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
