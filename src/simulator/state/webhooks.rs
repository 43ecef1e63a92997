//! Webhooks and their log, as the portal keeps them.

use jiff::Timestamp;

use super::ids::EntryId;

/// What can happen, as the bit webhooks subscribe with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// A folder was made.
    FolderCreated,
    /// A folder was renamed, or a room got another owner.
    FolderUpdated,
    /// A room or a template was made.
    RoomCreated,
    /// A room was changed, or sent unchanged.
    RoomUpdated,
    /// A room was archived.
    RoomArchived,
    /// A room was deleted.
    RoomDeleted,
    /// A room came back from the archive.
    RoomRestored,
    /// A room was duplicated.
    RoomCopied,
    /// An AI agent was made.
    AgentCreated,
    /// An AI agent was changed.
    AgentUpdated,
    /// An AI agent was deleted.
    AgentDeleted,
}

impl Trigger {
    const ALL: [(Self, u32, &'static str); 11] = [
        (Self::FolderCreated, 15, "folder.created"),
        (Self::FolderUpdated, 16, "folder.updated"),
        (Self::RoomCreated, 22, "room.created"),
        (Self::RoomUpdated, 23, "room.updated"),
        (Self::RoomArchived, 24, "room.archived"),
        (Self::RoomDeleted, 25, "room.deleted"),
        (Self::RoomRestored, 26, "room.restored"),
        (Self::RoomCopied, 27, "room.copied"),
        (Self::AgentCreated, 28, "agent.created"),
        (Self::AgentUpdated, 29, "agent.updated"),
        (Self::AgentDeleted, 30, "agent.deleted"),
    ];

    /// The bit of this trigger in a webhook's mask.
    pub fn bit(self) -> i64 {
        Self::ALL
            .iter()
            .find(|(trigger, _, _)| *trigger == self)
            .map_or(0, |(_, shift, _)| 1 << shift)
    }

    /// The name events carry, such as `room.created`.
    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(trigger, _, _)| *trigger == self)
            .map_or("", |(_, _, name)| name)
    }

    /// The trigger of this name, dotted or as an enum member.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let same = |known: &str| {
            known
                .replace('.', "")
                .eq_ignore_ascii_case(&name.replace('.', ""))
        };
        Self::ALL
            .iter()
            .find(|(_, _, known)| same(known))
            .map(|(trigger, _, _)| *trigger)
    }

    /// The names a mask stands for; 0 is everything.
    pub(crate) fn names(mask: i64) -> Vec<&'static str> {
        if mask == 0 {
            return vec!["*"];
        }
        Self::ALL
            .iter()
            .filter(|(_, shift, _)| mask & (1 << shift) != 0)
            .map(|(_, _, name)| *name)
            .collect()
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
    /// The inner payload, as it was when the event happened.
    pub(crate) payload: String,
    pub(crate) sent: Option<Sent>,
    pub(crate) status: u16,
    pub(crate) delivered: Option<Timestamp>,
    pub(crate) response: String,
    pub(crate) attempts: u32,
}

/// What went over the wire at the last attempt.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) body: String,
    pub(crate) signature: String,
}
