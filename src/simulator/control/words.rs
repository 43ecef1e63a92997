//! The words of seeds and of the control endpoint: types, status and access, as the interface and as DocSpace write
//! them.

use crate::simulator::rights::access;
use crate::simulator::state::people::{EmployeeStatus, EmployeeType};
use crate::simulator::state::rooms::RoomType;
use crate::simulator::state::webhooks::{TRIGGERS, Trigger};

/// Whether two words are equal, ignoring case, spaces, hyphens and underscores.
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

/// The account type with this name.
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

/// The account status with this name.
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

/// The room type with this number or name.
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

const ACCESS: [(&[&str], i32); 7] = [
    (&["RoomManager"], access::ROOM_MANAGER),
    (&["ContentCreator"], access::CONTENT_CREATOR),
    (&["Editing", "editor"], access::EDITING),
    (&["FillForms", "form-filler"], access::FILL_FORMS),
    (&["Review", "reviewer"], access::REVIEW),
    (&["Comment", "commenter", "commentator"], access::COMMENT),
    (&["Read", "viewer"], access::READ),
];

/// The access with this number or name.
pub(crate) fn access(word: &str) -> Option<i32> {
    if let Ok(code) = word.parse() {
        return Some(code);
    }
    find(word, &ACCESS)
}

/// The trigger of rooms and folders with this name.
pub(crate) fn trigger(word: &str) -> Result<Trigger, String> {
    const KNOWN: [Trigger; 11] = [
        Trigger::FolderCreated,
        Trigger::FolderUpdated,
        Trigger::RoomCreated,
        Trigger::RoomUpdated,
        Trigger::RoomArchived,
        Trigger::RoomDeleted,
        Trigger::RoomRestored,
        Trigger::RoomCopied,
        Trigger::AgentCreated,
        Trigger::AgentUpdated,
        Trigger::AgentDeleted,
    ];
    let known = KNOWN.into_iter().find(|known| known.name() == word);
    known.ok_or_else(|| unknown_trigger(word, KNOWN.map(Trigger::name).as_slice()))
}

/// The mask bit of the trigger with this name.
pub(crate) fn trigger_bit(word: &str) -> Result<i64, String> {
    let known = TRIGGERS.iter().find(|known| known.name == word);
    known
        .map(|known| known.bit())
        .ok_or_else(|| unknown_trigger(word, TRIGGERS.map(|known| known.name).as_slice()))
}

fn unknown_trigger(word: &str, known: &[&str]) -> String {
    format!(
        "`{word}` is not a trigger; the triggers are {}",
        known.join(", ")
    )
}

/// DocSpace's name of an access, if people can have it in a room.
pub(crate) fn access_name(code: i32) -> Option<&'static str> {
    ACCESS
        .iter()
        .find(|(_, known)| *known == code)
        .and_then(|(words, _)| words.first().copied())
}
