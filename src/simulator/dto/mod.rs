//! People, groups, rooms and folders as answers show them.

use serde_json::{Map, Value, json};

use crate::simulator::rights::access;
use crate::simulator::rights::{Right, Standing};
use crate::simulator::state::people::{EmployeeType, Group, Person};
use crate::simulator::state::rooms::{Entry, FolderType, Room, RoomType};
use crate::simulator::state::world::{ROOMS_ROOT, World};

/// Where a room is shown: the number in `access` differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    Alone,
    InList,
}

impl World {
    /// A person in short, also when the portal does not know her.
    pub(crate) fn employee(&self, id: &str) -> Value {
        let name = self.people.get(id).map_or_else(
            || "Unknown".to_owned(),
            |person| encoded(&person.display_name()),
        );
        let avatar = "/static/images/default_user_photo_size_48-48.png";
        json!({
            "id": id, "displayName": name, "avatarOriginal": avatar, "avatarMax": avatar, "avatarMedium": avatar,
            "avatar": avatar, "avatarSmall": avatar, "hasAvatar": false, "isAnonim": false,
            "profileUrl": format!("/accounts/people/filter?search={}", self.people.get(id).map_or("", |person| person.email.as_str())),
        })
    }

    pub(crate) fn employee_full(&self, person: &Person) -> Value {
        let groups: Vec<Value> = self
            .groups
            .values()
            .filter(|group| !group.is_removed && group.members.contains(&person.id))
            .map(|group| json!({ "id": group.id, "name": group.name }))
            .collect();
        let department = groups
            .iter()
            .filter_map(|group| group.get("name")?.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        let full = json!({
            "firstName": person.first_name, "lastName": person.last_name, "userName": person.user_name,
            "email": person.email, "status": person.status.code(),
            "activationStatus": if person.status.code() == 4 { 2 } else { person.activation },
            "groups": groups, "department": department, "isOwner": person.is_portal_owner,
            "isAdmin": person.is_docspace_admin() && !person.is_portal_owner,
            "isRoomAdmin": person.kind == EmployeeType::RoomAdmin,
            "isCollaborator": person.kind == EmployeeType::User,
            "isVisitor": person.kind == EmployeeType::Guest,
            "isLDAP": false, "isSSO": false, "workFrom": self.date(person.created),
            "registrationDate": self.date(person.created), "cultureName": "en-GB",
        });
        merged(self.employee(&person.id), full)
    }

    pub(crate) fn group_summary(group: &Group) -> Value {
        json!({ "id": group.id, "name": group.name, "isSystem": group.is_system.then_some(true) })
    }

    pub(crate) fn group_full(&self, group: &Group, with_members: bool) -> Value {
        let members: Vec<&Person> = group
            .members
            .iter()
            .filter_map(|id| self.person(id))
            .collect();
        let shown: Option<Vec<Value>> = with_members.then(|| {
            members
                .iter()
                .map(|person| self.employee_full(person))
                .collect()
        });
        json!({
            "id": group.id, "name": group.name, "category": "00000000-0000-0000-0000-000000000000",
            "parent": "00000000-0000-0000-0000-000000000000", "isLDAP": false, "members": shown,
            "membersCount": members.len(), "isSystem": group.is_system.then_some(true),
        })
    }

    /// A room or folder for this caller.
    pub(crate) fn folder(&self, who: Option<&str>, entry: &Entry, shown: Shown) -> Value {
        let root = self.root_of(&entry.id).unwrap_or(entry);
        let parent_room = self.room_of(&entry.parent);
        let security: Map<String, Value> = Right::ALL
            .iter()
            .map(|right| (right.name(), self.may(who, *right, &entry.id).into()))
            .collect();
        let (parent, root_id) = self.ids_above(entry, root);
        let all_below = self.children(&entry.id).count();
        let own = if entry.kind == FolderType::AiRoom {
            2
        } else {
            0
        };
        let has_grants = self
            .aces
            .get(&entry.id)
            .is_some_and(|aces| !aces.is_empty());
        let common = json!({
            "id": entry.id, "title": entry.title, "access": self.shown_access(who, entry, shown),
            "created": self.date(entry.created), "createdBy": self.employee(&entry.created_by),
            "updated": self.date(entry.updated), "updatedBy": self.employee(&entry.updated_by),
            "rootFolderType": root.kind.code(), "rootFolderId": root_id, "parentId": parent, "fileEntryType": 1,
            "parentRoomType": parent_room.map(|room| room.kind.code()),
            "shared": has_grants, "sharedForUser": has_grants, "sharedExternal": false,
            "parentShared": false, "canShare": can_share(self.room_of(&entry.id)),
            "filesCount": 0, "foldersCount": all_below.saturating_sub(own), "new": 0, "mute": false,
            "order": self.order(entry), "isFavorite": false, "security": security,
            "type": entry.kind.is_system().then_some(entry.kind.code()),
            "inRoom": who.map(|who| self.is_in_room_herself(who, entry)),
            "providerItem": entry.provider.as_ref().map(|_| true),
            "providerKey": entry.provider.as_ref().map(|provider| provider.key()),
            "providerId": entry.provider.as_ref().map(|provider| provider.account),
        });
        match &entry.room {
            Some(room) => merged(common, self.room_part(who, entry, room)),
            None => common,
        }
    }

    fn room_part(&self, who: Option<&str>, entry: &Entry, room: &Room) -> Value {
        let is_archived = self.is_below(&entry.id, FolderType::Archive);
        let sees_use = self.options.statistics
            && (self.may(who, Right::EditRoom, &entry.id)
                || self.may(who, Right::Create, &entry.id)
                || (is_archived && self.may(who, Right::Delete, &entry.id)));
        let sees_quota = sees_use && self.options.room_quotas && !is_archived;
        let quota = if room.quota == -2 {
            self.options.default_room_quota
        } else {
            room.quota
        };
        let lifetime = room.lifetime.as_ref().map(|lifetime| {
            json!({
                "deletePermanently": lifetime.deletes_permanently, "period": lifetime.period,
                "value": lifetime.value, "enabled": true,
            })
        });
        json!({
            "roomType": room.kind.code(), "tags": room.tags, "private": room.is_private, "indexing": room.is_indexed,
            "denyDownload": room.denies_download, "lifetime": lifetime, "watermark": room.watermark,
            "pinned": who.is_some_and(|who| room.pinned_by.contains(who)),
            "logo": { "original": "", "large": "", "medium": "", "small": "", "color": room.color, "cover": room.cover.as_ref().map(|id| json!({ "id": id })) },
            "usedSpace": sees_use.then_some(0), "quotaLimit": sees_quota.then_some(quota),
            "isCustomQuota": sees_quota.then_some(room.quota > -2),
            "passwordProtected": false, "expired": false,
        })
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

    /// 0 for the owner, the member's code, and for an admin who is none of them 3 in the single view.
    fn shown_access(&self, who: Option<&str>, entry: &Entry, shown: Shown) -> i32 {
        let person = who.and_then(|id| self.person(id));
        let Some((person, room)) = person.zip(self.room_of(&entry.id)) else {
            return access::NONE;
        };
        match (self.standing(person, room), shown) {
            (Standing::Owner, _) | (Standing::Stranger, Shown::InList) => access::NONE,
            (Standing::Member(code), _) => code,
            (Standing::Stranger, Shown::Alone) => access::RESTRICT,
        }
    }

    /// True for the owner and through a grant of one's own only.
    fn is_in_room_herself(&self, who: &str, entry: &Entry) -> bool {
        let Some((person, room)) = self.person(who).zip(self.room_of(&entry.id)) else {
            return false;
        };
        let aces = self
            .aces
            .get(&room.id)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let through_group = aces
            .iter()
            .any(|ace| ace.is_group && self.is_in_group(person, &ace.subject));
        let herself = aces.iter().any(|ace| !ace.is_group && ace.subject == who);
        room.created_by == who || (herself && !through_group)
    }

    /// The place in an indexed room, such as `1.2`.
    fn order(&self, entry: &Entry) -> Option<String> {
        let room = self.room_of(&entry.id)?;
        if entry.room.is_some() || !room.room.as_ref().is_some_and(|room| room.is_indexed) {
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
}

/// External links exist in some types of room only.
fn can_share(room: Option<&Entry>) -> bool {
    room.and_then(|entry| entry.room.as_ref())
        .is_some_and(|room| match room.kind {
            RoomType::Editing | RoomType::VirtualData | RoomType::Ai => false,
            RoomType::FillingForms | RoomType::Custom | RoomType::Public => true,
        })
}

/// Display names come HTML-encoded, as .NET encodes: beyond ASCII as numbers, five signs by name or number.
pub(crate) fn encoded(name: &str) -> String {
    let mut out = String::new();
    for character in name.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{a0}'..='\u{ff}' => out.push_str(&format!("&#{};", u32::from(character))),
            character if u32::from(character) > 0xffff => {
                out.push_str(&format!("&#{};", u32::from(character)));
            }
            plain => out.push(plain),
        }
    }
    out
}

pub(crate) fn merged(first: Value, second: Value) -> Value {
    match (first, second) {
        (Value::Object(mut members), Value::Object(more)) => {
            members.extend(more);
            Value::Object(members)
        }
        (first, _) => first,
    }
}
