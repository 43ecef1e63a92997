//! Access codes, and which of them exist for a room type, a subject and a person (docs/docspace.md, roles).

use serde_json::Value;

use crate::simulator::state::people::EmployeeType;
use crate::simulator::state::rooms::RoomType;

pub(crate) const NONE: i32 = 0;
pub(crate) const READ_WRITE: i32 = 1;
pub(crate) const READ: i32 = 2;
pub(crate) const RESTRICT: i32 = 3;
pub(crate) const REVIEW: i32 = 5;
pub(crate) const COMMENT: i32 = 6;
pub(crate) const FILL_FORMS: i32 = 7;
pub(crate) const ROOM_MANAGER: i32 = 9;
pub(crate) const EDITING: i32 = 10;
pub(crate) const CONTENT_CREATOR: i32 = 11;

const NAMES: [(&str, i32); 12] = [
    ("None", NONE),
    ("ReadWrite", READ_WRITE),
    ("Read", READ),
    ("Restrict", RESTRICT),
    ("Varies", 4),
    ("Review", REVIEW),
    ("Comment", COMMENT),
    ("FillForms", FILL_FORMS),
    ("CustomFilter", 8),
    ("RoomManager", ROOM_MANAGER),
    ("Editing", EDITING),
    ("ContentCreator", CONTENT_CREATOR),
];

/// Reads `access` as the server's converter does: what it does not know means "remove".
/// `None` for what it cannot read at all.
pub(crate) fn from_json(value: Option<&Value>) -> Option<i32> {
    match value {
        None | Some(Value::Null | Value::Bool(_)) => Some(NONE),
        Some(Value::Number(number)) => Some(
            number
                .as_i64()
                .and_then(|code| i32::try_from(code).ok())
                .unwrap_or(NONE),
        ),
        Some(Value::String(text)) => {
            let named = NAMES
                .iter()
                .find(|(name, _)| name == text)
                .map(|(_, code)| *code);
            Some(named.or_else(|| text.parse().ok()).unwrap_or(NONE))
        }
        Some(Value::Array(_) | Value::Object(_)) => None,
    }
}

/// The best of several group grants; in AI agents Viewer beats Content creator.
pub(crate) fn best(codes: impl Iterator<Item = i32>, in_agents: bool) -> Option<i32> {
    let rank = |code: &i32| match *code {
        ROOM_MANAGER => 0,
        CONTENT_CREATOR => 1,
        EDITING => 2,
        FILL_FORMS => 3,
        REVIEW => 4,
        COMMENT => 5,
        READ if in_agents => 0,
        READ => 6,
        _ => 7,
    };
    codes.min_by_key(rank)
}

/// Whether the room's type has this access for people.
pub(crate) fn exists_for_people(room: RoomType, access: i32) -> bool {
    let roles: &[i32] = match room {
        RoomType::Custom => &[
            ROOM_MANAGER,
            CONTENT_CREATOR,
            EDITING,
            REVIEW,
            COMMENT,
            READ,
        ],
        RoomType::Public => &[ROOM_MANAGER, CONTENT_CREATOR],
        RoomType::FillingForms => &[ROOM_MANAGER, CONTENT_CREATOR, FILL_FORMS],
        RoomType::Editing => &[ROOM_MANAGER, CONTENT_CREATOR, EDITING, READ],
        RoomType::VirtualData => &[ROOM_MANAGER, CONTENT_CREATOR, EDITING, READ, FILL_FORMS],
        RoomType::Ai => &[ROOM_MANAGER, CONTENT_CREATOR, READ],
    };
    access == NONE || roles.contains(&access)
}

/// Whether the room's type has this access for groups: as for people, but a group never manages.
pub(crate) fn exists_for_groups(room: RoomType, access: i32) -> bool {
    access != ROOM_MANAGER && exists_for_people(room, access)
}

/// Whether a person of this type may have this access.
pub(crate) fn exists_for_type(person: EmployeeType, room: RoomType, access: i32) -> bool {
    let known = [
        NONE,
        READ,
        REVIEW,
        COMMENT,
        FILL_FORMS,
        ROOM_MANAGER,
        EDITING,
        CONTENT_CREATOR,
    ]
    .contains(&access);
    let denied = match person {
        EmployeeType::DocSpaceAdmin | EmployeeType::RoomAdmin => false,
        EmployeeType::User => access == ROOM_MANAGER,
        EmployeeType::Guest => {
            access == ROOM_MANAGER || (room == RoomType::Ai && access == CONTENT_CREATOR)
        }
    };
    known && !denied
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_converter_takes_integers_and_exact_names_and_removes_on_anything_else() {
        let read = |value: Value| from_json(Some(&value)).unwrap();
        assert_eq!(read(json!(11)), CONTENT_CREATOR);
        assert_eq!(read(json!(42)), 42);
        assert_eq!(read(json!("RoomManager")), ROOM_MANAGER);
        assert_eq!(read(json!("9")), ROOM_MANAGER);
        for odd in [
            json!(null),
            json!(""),
            json!("roommanager"),
            json!("Viewer"),
            json!(2.5),
            json!(true),
        ] {
            assert_eq!(read(odd), NONE);
        }
        assert_eq!(from_json(None), Some(NONE));
        assert!(from_json(Some(&json!({}))).is_none());
        assert!(from_json(Some(&json!([]))).is_none());
    }

    #[test]
    fn in_agents_viewer_beats_content_creator() {
        assert_eq!(
            best([READ, CONTENT_CREATOR].into_iter(), false),
            Some(CONTENT_CREATOR)
        );
        assert_eq!(best([CONTENT_CREATOR, READ].into_iter(), true), Some(READ));
    }
}
