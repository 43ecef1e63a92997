//! Rooms and folders as responses show them (rooms-api.md A.1).

use serde_json::{Map, Value, json};

use super::merged;
use crate::simulator::rights::{Right, Security};
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::rooms::{Entry, FolderType, Room, RoomType};
use crate::simulator::state::world::{ROOMS_ROOT, World};

/// The place where a response shows an entry; some members depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// In the response to a read of the entry itself.
    Alone,
    /// In the response to a change.
    Changed,
    /// Among the children of an entry. The type is that of the listed place, which is known only below an active root
    /// or among templates.
    Child(Option<FolderType>),
    /// In the list of rooms, below a root of this type.
    Room(Option<FolderType>),
    /// As the entry whose children are listed.
    Parent(Option<FolderType>),
}

impl World {
    /// A room or folder for this caller.
    pub(crate) fn folder(&self, who: Option<&str>, entry: &Entry, shown: Shown) -> Value {
        let security = self.security(who, entry, matches!(shown, Shown::Room(_)));
        let root = self.root_of(&entry.id).unwrap_or(entry);
        let (parent, root_id) = self.ids_above(entry, root);
        let can_share = self.can_set_access(who, entry, root, &security);
        let is_guarded = matches!(
            entry.kind,
            FolderType::EditingRoom | FolderType::VirtualDataRoom
        );
        let has_link = self.has_external_link(&entry.id);
        let is_counted = !matches!(
            entry.kind,
            FolderType::VirtualRooms | FolderType::RoomTemplates
        );
        let own = if entry.kind == FolderType::AiRoom {
            2
        } else {
            0
        };
        let below = if is_counted {
            self.descendants(&entry.id).len().saturating_sub(own)
        } else {
            0
        };
        let owned_by = security.has_record.then(|| {
            let is_known = entry.room.is_none() || matches!(shown, Shown::Parent(Some(_)));
            let room = self.room_of(&entry.id).filter(|_| is_known);
            self.employee(&room.unwrap_or(root).created_by)
        });
        let common = json!({
            "id": entry.id, "title": entry.title, "access": security.access, "ownedBy": owned_by,
            "created": self.date(entry.created), "createdBy": self.employee(&entry.created_by),
            "updated": self.date(entry.updated), "updatedBy": self.employee(&entry.updated_by),
            "rootFolderType": root.kind.code(), "rootFolderId": root_id, "parentId": parent, "fileEntryType": 1,
            "parentRoomType": self.parent_room_type(entry, root, shown).map(FolderType::code),
            "rootRoomType": self.root_room_type(entry, shown),
            "shared": has_link, "sharedForUser": self.aces.get(&entry.id).is_some_and(|aces| !aces.is_empty()),
            "sharedExternal": has_link, "parentShared": self.has_shared_ancestor(entry), "shortWebUrl": "",
            "canShare": can_share && !is_guarded,
            "isShareable": (matches!(shown, Shown::Parent(_)) && can_share).then_some(true),
            "shareSettings": self.share_settings(entry, can_share && !is_guarded),
            "availableShareRights": self.available_share_rights(who, entry),
            "filesCount": 0, "foldersCount": below, "new": 0, "mute": false,
            "pinned": false, "private": false, "indexing": false, "denyDownload": false,
            "autoDelete": self.auto_delete(who, entry), "order": self.order(entry), "isFavorite": (shown == Shown::Alone).then_some(false),
            "security": security_map(&security, entry, shown),
            "type": entry.kind.is_system().then_some(entry.kind.code()),
            "providerItem": entry.provider.as_ref().map(|_| true),
            "providerKey": entry.provider.as_ref().map(|provider| provider.key()),
            "providerId": entry.provider.as_ref().map(|provider| provider.account),
        });
        match &entry.room {
            Some(room) => merged(common, self.room_part(who, entry, room, &security, shown)),
            None => common,
        }
    }

    fn room_part(
        &self,
        who: Option<&str>,
        entry: &Entry,
        room: &Room,
        security: &Security,
        shown: Shown,
    ) -> Value {
        let tells_all = matches!(shown, Shown::Alone | Shown::Room(_));
        let is_archived = self.is_below(&entry.id, FolderType::Archive);
        let sees_use = self.options.statistics
            && (security.allows(Right::EditRoom)
                || security.allows(Right::Create)
                || (is_archived && security.allows(Right::Delete)));
        let sees_quota = sees_use && self.options.room_quotas && !is_archived;
        let quota = if room.quota == -2 {
            self.options.default_room_quota
        } else {
            room.quota
        };
        let is_form_room = room.kind == RoomType::FillingForms;
        let lifetime = room.lifetime.as_ref().map(|lifetime| {
            json!({
                "deletePermanently": lifetime.deletes_permanently, "period": lifetime.period,
                "value": lifetime.value,
            })
        });
        json!({
            "roomType": room.kind.code(), "mute": who.is_some_and(|who| self.is_muted(who, &entry.id)), "tags": self.tags_shown(entry, shown), "private": room.is_private, "indexing": room.is_indexed,
            "denyDownload": room.denies_download, "lifetime": lifetime, "watermark": room.watermark,
            "pinned": tells_all && who.is_some_and(|who| room.pinned_by.contains(who)),
            "inRoom": who.is_some_and(|who| self.is_member_personally(who, entry, security)),
            "logo": logo(entry, room),
            "usedSpace": sees_use.then_some(0), "quotaLimit": sees_quota.then_some(quota),
            "isCustomQuota": sees_quota.then_some(room.quota > -2),
            "saveFormAsXLSX": is_form_room.then_some(room.saves_forms),
            "sendFormToExternalDB": is_form_room.then_some(room.sends_forms),
        })
    }

    fn is_muted(&self, who: &str, id: &EntryId) -> bool {
        let rooms = self.muted.get(who);
        rooms.is_some_and(|rooms| rooms.contains(&id.to_string()))
    }

    /// In the response to a read, the newest tag comes first; in the response to a change, the oldest.
    fn tags_shown(&self, entry: &Entry, shown: Shown) -> Vec<&str> {
        let mut tags = self.tags.of(&entry.id);
        if matches!(shown, Shown::Alone | Shown::Room(_)) {
            tags.reverse();
        }
        tags
    }

    /// Guests share nothing, and in the archive only the room itself can be shared.
    fn can_set_access(
        &self,
        who: Option<&str>,
        entry: &Entry,
        root: &Entry,
        security: &Security,
    ) -> bool {
        let is_guest = who.and_then(|who| self.person(who)).is_none_or(|person| {
            person.kind == crate::simulator::state::people::EmployeeType::Guest
        });
        let is_kept = root.kind == FolderType::Archive && entry.room.is_none();
        !is_guest && !is_kept && security.allows(Right::EditAccess)
    }

    /// Rooms of connected storages show the rooms root as a string.
    fn ids_above(&self, entry: &Entry, root: &Entry) -> (Value, Value) {
        if entry.provider.is_none() {
            return (entry.parent.to_json(), root.id.to_json());
        }
        let root_id = Value::from(root.id.to_string());
        if entry.room.is_some() {
            (ROOMS_ROOT.to_string().into(), root_id)
        } else {
            (entry.parent.to_json(), root_id)
        }
    }

    /// A listing shows the type of the listed place; alone, a folder shows the type of its active room.
    fn parent_room_type(&self, entry: &Entry, root: &Entry, shown: Shown) -> Option<FolderType> {
        match shown {
            Shown::Child(kind) | Shown::Room(kind) | Shown::Parent(kind) => kind,
            Shown::Alone | Shown::Changed => {
                let is_active = root.kind == FolderType::VirtualRooms && entry.room.is_none();
                self.room_of(&entry.id)
                    .filter(|_| is_active)
                    .map(|room| room.kind)
            }
        }
    }

    fn root_room_type(&self, entry: &Entry, shown: Shown) -> Option<i64> {
        let room = self.room_of(&entry.id)?.room.as_ref()?;
        (matches!(shown, Shown::Parent(_)) && room.kind == RoomType::Ai).then(|| room.kind.code())
    }

    /// True only for the owner and for a person with a personal grant.
    fn is_member_personally(&self, who: &str, entry: &Entry, security: &Security) -> bool {
        if entry.created_by == who {
            return true;
        }
        let Some(person) = self.person(who).filter(|_| !security.is_by_group) else {
            return false;
        };
        let aces = self
            .aces
            .get(&entry.id)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let through_group = aces
            .iter()
            .any(|ace| ace.is_group && self.is_in_group(person, &ace.subject));
        let personally = aces.iter().any(|ace| !ace.is_group && ace.subject == who);
        personally && !through_group
    }

    /// The position in an indexed room, such as `1.2`.
    fn order(&self, entry: &Entry) -> Option<String> {
        let room = self.room_of(&entry.parent)?.room.as_ref()?;
        if entry.order == 0 || !room.is_indexed {
            return None;
        }
        let mut parts: Vec<String> = self
            .lineage(&entry.id)
            .into_iter()
            .take_while(|above| above.room.is_none())
            .map(|above| above.order.to_string())
            .collect();
        parts.reverse();
        Some(parts.join("."))
    }

    /// Whether an ancestor of the entry has an external link.
    fn has_shared_ancestor(&self, entry: &Entry) -> bool {
        self.lineage(&entry.parent)
            .into_iter()
            .any(|above| self.has_external_link(&above.id))
    }

    /// When the caller's trash deletes the entry: after thirty days, the portal's default.
    fn auto_delete(&self, who: Option<&str>, entry: &Entry) -> Option<String> {
        let parent = self.entries.get(&entry.parent)?;
        let is_own = parent.kind == FolderType::Trash && who == Some(parent.created_by.as_str());
        let days = jiff::SignedDuration::from_hours(30 * 24);
        let at = entry.updated.checked_add(days).ok().filter(|_| is_own)?;
        Some(self.date(at))
    }

    /// The maximum number of external links of an entry.
    fn share_settings(&self, entry: &Entry, can_share: bool) -> Option<Value> {
        let kind = self.room_of(&entry.id)?.room.as_ref()?.kind;
        let is_room = entry.room.is_some();
        let settings = match kind {
            RoomType::Public => json!({ "PrimaryExternalLink": 1, "ExternalLink": 5 }),
            RoomType::Custom if is_room => json!({ "PrimaryExternalLink": 1, "ExternalLink": 5 }),
            RoomType::FillingForms => json!({ "PrimaryExternalLink": 1 }),
            RoomType::Editing | RoomType::VirtualData | RoomType::Ai if is_room => return None,
            RoomType::Custom | RoomType::Editing | RoomType::VirtualData | RoomType::Ai => {
                json!({ "ExternalLink": 6 })
            }
        };
        can_share.then_some(settings)
    }

    /// The access that links below here can give; only the creator can remove it.
    fn available_share_rights(&self, who: Option<&str>, entry: &Entry) -> Value {
        let Some(room) = self.room_of(&entry.id).and_then(|room| room.room.as_ref()) else {
            return json!({});
        };
        let mut rights: Vec<&str> = match room.kind {
            RoomType::FillingForms => vec!["FillForms"],
            _ => vec!["Editing", "Review", "Comment", "Read"],
        };
        if who == Some(entry.created_by.as_str()) {
            rights.push("None");
        }
        json!({ "ExternalLink": rights, "PrimaryExternalLink": rights })
    }
}

/// A picture, or a colour with perhaps a cover on it.
fn logo(entry: &Entry, room: &Room) -> Value {
    if room.has_logo {
        let picture = |size: &str| format!("/storage/room_logos/root/{}_{size}.png", entry.id);
        return json!({
            "original": picture("original"), "large": picture("large"),
            "medium": picture("medium"), "small": picture("small"),
        });
    }
    json!({
        "original": "", "large": "", "medium": "", "small": "",
        "color": room.color, "cover": room.cover.as_deref().map(cover),
    })
}

/// A cover, with a placeholder picture.
pub(crate) fn cover(id: &str) -> Value {
    json!({ "id": id, "data": format!("<svg xmlns=\"http://www.w3.org/2000/svg\"><title>{id}</title></svg>") })
}

/// Without an AI provider, an agent's own settings are not available in its listing.
fn security_map(security: &Security, entry: &Entry, shown: Shown) -> Map<String, Value> {
    let is_agent_listed = entry.kind == FolderType::AiRoom && matches!(shown, Shown::Parent(_));
    security
        .rights
        .iter()
        .map(|(right, allowed)| {
            let is_off = is_agent_listed
                && matches!(
                    right,
                    Right::EditRoom | Right::ChangeOwner | Right::EditAccess
                );
            (right.name(), Value::from(*allowed && !is_off))
        })
        .collect()
}
