//! Members of a room as responses show them: `FileShareDto` (rooms-api.md F, G).

use serde_json::{Value, json};

use super::merged;
use crate::simulator::rights::access;
use crate::simulator::rights::sharing::Editing;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::links::{Link, SubjectType};
use crate::simulator::state::people::Person;
use crate::simulator::state::rooms::{Ace, RoomType};
use crate::simulator::state::world::World;

impl World {
    /// The owner, who has no record of a grant.
    pub(crate) fn owner_item(&self, who: &str, owner: &Person) -> Value {
        let shown = self.employee_full(who, owner);
        let flags = Flags {
            is_owner: true,
            ..Flags::default()
        };
        merged(
            flags.item(access::READ_WRITE, SubjectType::User),
            json!({ "sharedTo": shown, "sharedToUser": shown }),
        )
    }

    /// A person's or a group's grant. An unknown account is shown as the lost user.
    pub(crate) fn grant_item(
        &self,
        who: &str,
        entry: &EntryId,
        ace: &Ace,
        editing: Editing,
    ) -> Value {
        let is_own = ace.subject == who;
        let flags = Flags {
            is_locked: is_own,
            is_owner: self
                .entries
                .get(entry)
                .is_some_and(|entry| entry.created_by == ace.subject),
            edits_access: editing.access && !is_own,
            edits_internal: editing.internal,
            edits_expiration: editing.expiration,
            ..Flags::default()
        };
        if ace.is_group {
            let group = self
                .groups
                .get(&ace.subject)
                .map(|group| self.group_summary(group));
            return merged(
                flags.item(ace.access, SubjectType::Group),
                json!({ "sharedTo": group, "sharedToGroup": group }),
            );
        }
        let shown = self.people.get(&ace.subject).map_or_else(
            || self.lost_user_full(),
            |person| self.employee_full(who, person),
        );
        merged(
            flags.item(ace.access, SubjectType::User),
            json!({ "sharedTo": shown, "sharedToUser": shown }),
        )
    }

    pub(crate) fn link_item(&self, entry: &EntryId, link: &Link, editing: Editing) -> Value {
        let room = self.room_of(entry).and_then(|entry| entry.room.as_ref());
        let kind = room.map(|room| room.kind);
        let is_primary = link.kind == SubjectType::PrimaryExternalLink;
        let is_public_primary = is_primary && kind == Some(RoomType::Public);
        let denies_download =
            room.is_some_and(|room| room.kind == RoomType::VirtualData && room.denies_download);
        let flags = Flags {
            edits_internal: editing.internal,
            keeps_denying_download: denies_download,
            edits_expiration: editing.expiration && !is_public_primary,
            can_revoke: is_public_primary || kind == Some(RoomType::FillingForms),
            ..Flags::default()
        };
        let (options, is_external) = (&link.options, link.kind.is_external());
        let address = if is_external {
            "rooms/share?key"
        } else {
            "rooms/invite?link"
        };
        let shown = json!({
            "id": link.id, "title": options.title, "shareLink": format!("/{address}={}", link.id),
            "expirationDate": options.expires.map(|at| self.date(at)), "linkType": u8::from(is_external),
            "password": options.password, "denyDownload": options.denies_download,
            "isExpired": options.expires.is_some_and(|at| at < self.now()),
            "primary": is_primary, "internal": options.is_internal,
            "requestToken": is_external.then_some(&link.id),
            "maxUseCount": options.max_uses.filter(|_| !is_external),
            "currentUseCount": (!is_external).then_some(0),
        });
        merged(
            flags.item(link.access, link.kind),
            json!({ "sharedTo": shown, "sharedLink": shown }),
        )
    }
}

#[derive(Debug, Default)]
struct Flags {
    is_locked: bool,
    is_owner: bool,
    edits_access: bool,
    edits_internal: bool,
    keeps_denying_download: bool,
    edits_expiration: bool,
    can_revoke: bool,
}

impl Flags {
    fn item(&self, code: i32, kind: SubjectType) -> Value {
        json!({
            "access": code, "subjectType": kind.code(), "isLocked": self.is_locked, "isOwner": self.is_owner,
            "canEditAccess": self.edits_access, "canEditInternal": self.edits_internal,
            "canEditDenyDownload": !self.keeps_denying_download,
            "canEditExpirationDate": self.edits_expiration, "canRevoke": self.can_revoke,
        })
    }
}
