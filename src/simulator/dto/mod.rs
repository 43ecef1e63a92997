//! People, groups, rooms and folders as answers show them.

pub(crate) mod folder;

use serde_json::{Value, json};

use crate::simulator::state::people::{EmployeeType, Group, Person};
use crate::simulator::state::world::World;

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
