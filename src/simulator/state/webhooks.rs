//! Webhooks and their log, as the portal stores them (webhooks.md §1.2, §3, §6).

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::ids::EntryId;
use super::people::EmployeeType;

/// The events of rooms and folders. The number of an event is the position of its bit in a webhook's mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// A folder was created.
    FolderCreated = 15,
    /// A folder was renamed, or the owner of a room changed.
    FolderUpdated = 16,
    /// A folder was moved to a trash.
    FolderTrashed = 17,
    /// A folder was deleted permanently.
    FolderDeleted = 18,
    /// A folder was restored from a trash.
    FolderRestored = 19,
    /// A folder was copied.
    FolderCopied = 20,
    /// A folder was moved.
    FolderMoved = 21,
    /// A room or a template was created.
    RoomCreated = 22,
    /// A room was changed, or saved unchanged.
    RoomUpdated = 23,
    /// A room was archived.
    RoomArchived = 24,
    /// A room was deleted.
    RoomDeleted = 25,
    /// A room was restored from the archive.
    RoomRestored = 26,
    /// A room was duplicated.
    RoomCopied = 27,
    /// An AI agent was created.
    AgentCreated = 31,
    /// An AI agent was changed.
    AgentUpdated = 32,
    /// An AI agent was deleted.
    AgentDeleted = 33,
}

impl Trigger {
    /// The bit of this trigger in a webhook's mask.
    pub fn bit(self) -> i64 {
        1 << (self as u8)
    }

    /// The event's name, such as `room.created`.
    pub fn name(self) -> &'static str {
        TRIGGERS
            .iter()
            .find(|known| known.bit() == self.bit())
            .map_or("", |known| known.name)
    }
}

/// An event that webhooks can subscribe to, whether it can happen here or not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KnownTrigger {
    pub(crate) name: &'static str,
    /// The position of its bit.
    shift: u8,
    /// Whether accounts of type User may subscribe to it; room admins and DocSpace admins may subscribe to every event.
    is_for_users: bool,
}

const fn known(name: &'static str, shift: u8, is_for_users: bool) -> KnownTrigger {
    KnownTrigger {
        name,
        shift,
        is_for_users,
    }
}

/// All events that webhooks can subscribe to, in the portal's order; `*`, every event, comes before these.
pub(crate) const TRIGGERS: [KnownTrigger; 36] = [
    known("user.created", 0, false),
    known("user.invited", 1, false),
    known("user.updated", 2, true),
    known("user.deleted", 3, true),
    known("group.created", 4, false),
    known("group.updated", 5, false),
    known("group.deleted", 6, false),
    known("file.created", 7, true),
    known("file.uploaded", 8, true),
    known("file.updated", 9, true),
    known("file.trashed", 10, true),
    known("file.deleted", 11, true),
    known("file.restored", 12, true),
    known("file.copied", 13, true),
    known("file.moved", 14, true),
    known("file.downloaded", 34, true),
    known("folder.created", 15, true),
    known("folder.updated", 16, true),
    known("folder.trashed", 17, true),
    known("folder.deleted", 18, true),
    known("folder.restored", 19, true),
    known("folder.copied", 20, true),
    known("folder.moved", 21, true),
    known("folder.downloaded", 35, true),
    known("room.created", 22, false),
    known("room.updated", 23, true),
    known("room.archived", 24, true),
    known("room.deleted", 25, true),
    known("room.restored", 26, true),
    known("room.copied", 27, false),
    known("form.submit", 28, true),
    known("form.filled.out", 29, true),
    known("form.stopped", 30, true),
    known("agent.created", 31, false),
    known("agent.updated", 32, true),
    known("agent.deleted", 33, true),
];

impl KnownTrigger {
    pub(crate) fn bit(self) -> i64 {
        1 << self.shift
    }

    /// Whether an account of this type may subscribe to it. Guests may subscribe to nothing.
    pub(crate) fn is_available_for(self, kind: EmployeeType) -> bool {
        match kind {
            EmployeeType::DocSpaceAdmin | EmployeeType::RoomAdmin => true,
            EmployeeType::User => self.is_for_users,
            EmployeeType::Guest => false,
        }
    }

    /// Whether this is the name of the server's enumeration member, such as `RoomCreated`, in any case.
    pub(crate) fn is_member(self, text: &str) -> bool {
        self.name.replace('.', "").eq_ignore_ascii_case(text)
    }
}

/// The names of the events of a mask, by bit; 0 means every event. Unknown bits have no name.
pub(crate) fn trigger_names(mask: i64) -> Vec<&'static str> {
    if mask == 0 {
        return vec!["*"];
    }
    let mut requested: Vec<KnownTrigger> = TRIGGERS
        .into_iter()
        .filter(|known| mask & known.bit() != 0)
        .collect();
    requested.sort_by_key(|known| known.shift);
    requested.into_iter().map(|known| known.name).collect()
}

/// The account that changes webhooks when nobody is signed in: the sender (`guest` among the server's own accounts).
pub(crate) const NOBODY: &str = "712d9ec3-5d2b-4b13-824f-71f00191dcca";

impl Serialize for Trigger {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

#[derive(Clone)]
pub(crate) struct Webhook {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) secret: String,
    pub(crate) is_enabled: bool,
    pub(crate) ssl: bool,
    pub(crate) mask: i64,
    pub(crate) target: Option<String>,
    pub(crate) owner: String,
    pub(crate) created: Timestamp,
    /// Who changed it first, and when it was last changed.
    pub(crate) modified: Option<(String, Timestamp)>,
    pub(crate) last_success: Option<Timestamp>,
    pub(crate) last_failure: Option<(Timestamp, String)>,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Webhook")
            .field("id", &self.id)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// A row of the webhook log: one event for one webhook.
#[derive(Debug, Clone)]
pub(crate) struct LogRow {
    pub(crate) webhook: i64,
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) triggers: Vec<&'static str>,
    pub(crate) target: Option<String>,
    pub(crate) trigger: Trigger,
    pub(crate) entry: EntryId,
    pub(crate) actor: String,
    pub(crate) published: Timestamp,
    pub(crate) created: Timestamp,
    /// The inner payload, taken when the event happened.
    pub(crate) payload: String,
    pub(crate) record: Record,
    /// The request of the last attempt, whether or not the row shows it.
    pub(crate) sent: Option<Sent>,
    pub(crate) attempts: u32,
}

/// What a row of the log shows of its delivery: written once, after the last attempt.
#[derive(Debug, Clone, Default)]
pub(crate) struct Record {
    pub(crate) request: String,
    pub(crate) request_headers: Option<String>,
    /// The body of the response, or the reason for the failure.
    pub(crate) response: Option<String>,
    pub(crate) response_headers: Option<String>,
    /// 0 before the delivery, and without a response.
    pub(crate) status: u16,
    /// Only a success has a time.
    pub(crate) delivered: Option<Timestamp>,
}

/// The request of one attempt.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) body: String,
    pub(crate) signature: String,
}
