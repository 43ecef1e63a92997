//! Access codes, and which of them exist for a room type, a subject and a person (docs/docspace.md, roles).

use serde_json::Value;

use crate::simulator::state::links::SubjectType;
use crate::simulator::state::people::EmployeeType;
use crate::simulator::state::rooms::{FolderType, RoomType};

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

/// Reads `access` as the server's converter does: an unknown value means "remove" (rooms-api.md E.2). `None` for a
/// value that it cannot read at all.
pub(crate) fn from_json(value: Option<&Value>) -> Option<i32> {
    match value {
        None | Some(Value::Null | Value::Bool(_)) => Some(NONE),
        Some(Value::Number(number)) => Some(
            number
                .as_i64()
                .and_then(|code| i32::try_from(code).ok())
                .unwrap_or(NONE),
        ),
        Some(Value::String(text)) => Some(from_text(text).unwrap_or(NONE)),
        Some(Value::Array(_) | Value::Object(_)) => None,
    }
}

/// A number, or names separated by commas, combined with a bitwise OR.
fn from_text(text: &str) -> Option<i32> {
    let named = |part: &str| {
        let known = NAMES.iter().find(|(name, _)| *name == part.trim());
        known.map(|(_, code)| *code)
    };
    let number = || text.trim().parse().ok();
    number().or_else(|| {
        text.split(',')
            .map(named)
            .try_fold(NONE, |all, code| code.map(|code| all | code))
    })
}

/// The position of a role in a listing (rooms-api.md F).
pub(crate) fn place_in_listing(code: i32, root: FolderType) -> usize {
    const IN_ROOMS: [i32; 12] = [0, 9, 11, 10, 7, 5, 6, 2, 1, 8, 4, 3];
    const ELSEWHERE: [i32; 12] = [0, 10, 8, 5, 7, 6, 2, 3, 1, 9, 11, 4];
    let order = match root {
        FolderType::VirtualRooms | FolderType::Archive => &IN_ROOMS,
        _ => &ELSEWHERE,
    };
    order
        .iter()
        .position(|known| *known == code)
        .unwrap_or(order.len())
}

/// The best of several group grants; in AI agents Viewer outranks Content creator.
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

/// Whether rooms of this type support this access for this kind of subject (rooms-api.md E.5). Removing is possible
/// wherever anything can be given.
pub(crate) fn exists_in_room(room: RoomType, subject: SubjectType, access: i32) -> bool {
    let given = match subject {
        SubjectType::User | SubjectType::Group | SubjectType::InvitationLink => of_people(room),
        SubjectType::ExternalLink | SubjectType::PrimaryExternalLink => of_external_links(room),
    };
    match access {
        NONE => !given.is_empty(),
        ROOM_MANAGER => subject == SubjectType::User,
        READ if subject == SubjectType::InvitationLink && room == RoomType::Public => true,
        _ => given.contains(&access),
    }
}

fn of_external_links(room: RoomType) -> &'static [i32] {
    match room {
        RoomType::Custom | RoomType::Public => &[EDITING, FILL_FORMS, REVIEW, COMMENT, READ],
        RoomType::FillingForms => &[FILL_FORMS, READ],
        RoomType::Editing | RoomType::VirtualData | RoomType::Ai => &[],
    }
}

fn of_people(room: RoomType) -> &'static [i32] {
    match room {
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
    }
}

/// Whether a folder in a room of this type supports this access: for external links only; only its creator (`is_own`)
/// can remove one.
pub(crate) fn exists_in_folder(
    room: RoomType,
    subject: SubjectType,
    access: i32,
    is_own: bool,
) -> bool {
    let is_possible = match access {
        NONE => is_own,
        FILL_FORMS => matches!(room, RoomType::FillingForms | RoomType::VirtualData),
        EDITING | REVIEW | COMMENT | READ => room != RoomType::FillingForms,
        _ => false,
    };
    subject.is_external() && is_possible
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
    fn the_converter_accepts_integers_and_exact_names_and_removes_on_anything_else() {
        let read = |value: Value| from_json(Some(&value)).unwrap();
        for (value, code) in [
            (json!(11), CONTENT_CREATOR),
            (json!(42), 42),
            (json!(-1), -1),
            (json!("RoomManager"), ROOM_MANAGER),
            (json!("9"), ROOM_MANAGER),
            (json!(" 11 "), CONTENT_CREATOR),
            (json!("+2"), READ),
            (json!("Read,ContentCreator"), CONTENT_CREATOR),
            (json!("RoomManager, Read"), CONTENT_CREATOR),
        ] {
            assert_eq!(read(value.clone()), code, "{value}");
        }
        for odd in [
            json!(null),
            json!(""),
            json!("roommanager"),
            json!("Viewer"),
            json!("Read,Viewer"),
            json!("0x2"),
            json!("99999999999"),
            json!(2.5),
            json!(11.0),
            json!(99_999_999_999_i64),
            json!(true),
            serde_json::from_str("1e1").unwrap(),
        ] {
            assert_eq!(read(odd.clone()), NONE, "{odd}");
        }
        assert_eq!(from_json(None), Some(NONE));
        assert!(from_json(Some(&json!({}))).is_none());
        assert!(from_json(Some(&json!([]))).is_none());
    }

    #[test]
    fn links_have_roles_of_their_own() {
        let roles = |room, subject| -> Vec<i32> {
            (1..=12)
                .filter(|code| exists_in_room(room, subject, *code))
                .collect()
        };
        let (invited, external) = (SubjectType::InvitationLink, SubjectType::ExternalLink);
        assert_eq!(roles(RoomType::Custom, invited), [2, 5, 6, 10, 11]);
        assert_eq!(roles(RoomType::Public, invited), [2, 11]);
        assert_eq!(roles(RoomType::FillingForms, invited), [7, 11]);
        assert_eq!(roles(RoomType::VirtualData, invited), [2, 7, 10, 11]);
        assert_eq!(roles(RoomType::Ai, invited), [2, 11]);
        assert_eq!(roles(RoomType::Custom, external), [2, 5, 6, 7, 10]);
        assert_eq!(roles(RoomType::Public, external), [2, 5, 6, 7, 10]);
        assert_eq!(roles(RoomType::FillingForms, external), [2, 7]);
        assert!(!exists_in_room(RoomType::Editing, external, NONE));
        assert!(exists_in_folder(RoomType::Editing, external, READ, false));
        assert!(!exists_in_folder(
            RoomType::Editing,
            SubjectType::User,
            READ,
            true
        ));
    }

    #[test]
    fn in_agents_viewer_outranks_content_creator() {
        assert_eq!(
            best([READ, CONTENT_CREATOR].into_iter(), false),
            Some(CONTENT_CREATOR)
        );
        assert_eq!(best([CONTENT_CREATOR, READ].into_iter(), true), Some(READ));
    }
}
