//! The words of seeds and of the control endpoint: types, states and access as people and as DocSpace write them.

use crate::simulator::rights::access;
use crate::simulator::state::people::{EmployeeStatus, EmployeeType};
use crate::simulator::state::rooms::RoomType;

/// Words compare without regard to case, blanks, hyphens and underscores.
fn same(one: &str, other: &str) -> bool {
    let plain = |text: &str| -> String {
        text.chars()
            .filter(|c| !matches!(c, ' ' | '-' | '_'))
            .flat_map(char::to_lowercase)
            .collect()
    };
    plain(one) == plain(other)
}

fn find<T: Copy>(word: &str, known: &[(&[&str], T)]) -> Option<T> {
    known
        .iter()
        .find(|(words, _)| words.iter().any(|known| same(known, word)))
        .map(|(_, meant)| *meant)
}

/// The type of account of this name.
pub(crate) fn employee_type(word: &str) -> Option<EmployeeType> {
    find(
        word,
        &[
            (&["DocSpaceAdmin"], EmployeeType::DocSpaceAdmin),
            (&["RoomAdmin"], EmployeeType::RoomAdmin),
            (&["User"], EmployeeType::User),
            (&["Guest"], EmployeeType::Guest),
        ],
    )
}

/// The state of an account.
pub(crate) fn status(word: &str) -> Option<EmployeeStatus> {
    find(
        word,
        &[
            (&["active"], EmployeeStatus::Active),
            (&["pending"], EmployeeStatus::Pending),
            (&["terminated"], EmployeeStatus::Terminated),
        ],
    )
}

/// A type of room, by number or word.
pub(crate) fn room_type(word: &str) -> Option<RoomType> {
    if let Ok(code) = word.parse() {
        return RoomType::from_code(code);
    }
    find(
        word,
        &[
            (
                &["FillingFormsRoom", "form-filling"],
                RoomType::FillingForms,
            ),
            (&["EditingRoom", "collaboration"], RoomType::Editing),
            (&["CustomRoom", "custom"], RoomType::Custom),
            (&["PublicRoom", "public"], RoomType::Public),
            (&["VirtualDataRoom", "vdr"], RoomType::VirtualData),
            (&["AiRoom", "agent"], RoomType::Ai),
        ],
    )
}

/// An access, by number or word.
pub(crate) fn access(word: &str) -> Option<i32> {
    if let Ok(code) = word.parse() {
        return Some(code);
    }
    find(
        word,
        &[
            (&["RoomManager"], access::ROOM_MANAGER),
            (&["ContentCreator"], access::CONTENT_CREATOR),
            (&["Editing", "editor"], access::EDITING),
            (&["FillForms", "form-filler"], access::FILL_FORMS),
            (&["Review", "reviewer"], access::REVIEW),
            (&["Comment", "commenter", "commentator"], access::COMMENT),
            (&["Read", "viewer"], access::READ),
        ],
    )
}
