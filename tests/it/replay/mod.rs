//! The simulated portal answers as a real server did: each recorded scenario is replayed call by call.

mod compare;
mod compare_tests;
mod exceptions;
mod names;
mod receiver;
mod recording;
mod report;
mod report_tests;
mod run;
mod template;
mod text;
mod text_tests;
mod wire;
mod wire_tests;

use exceptions::{EXCEPTIONS, IGNORED};

const MAX_IGNORED: usize = 12;

/// Defines a test for each recording.
macro_rules! scenarios {
    ($($test:ident: $name:literal,)*) => {
        const NAMED: &[&str] = &[$($name),*];

        $(
            #[tokio::test]
            async fn $test() {
                run::replay($name).await;
            }
        )*
    };
}

scenarios! {
    rooms_go_to_the_archive_and_come_back_as_recorded: "archive",
    folders_and_rooms_are_deleted_as_recorded: "delete",
    folders_are_listed_as_recorded: "folder-list",
    folders_are_made_as_recorded: "folders-create",
    groups_are_found_as_recorded: "groups",
    keys_are_made_and_refused_as_recorded: "keys",
    links_are_made_and_changed_as_recorded: "links",
    owners_change_as_recorded: "owner-change",
    people_are_found_as_recorded: "people",
    a_room_is_read_as_recorded: "room-get",
    settings_of_a_room_change_as_recorded: "room-put",
    rooms_are_made_as_recorded: "rooms-create",
    rooms_are_listed_as_recorded: "rooms-list",
    keys_of_each_scope_may_what_was_recorded: "scopes",
    members_are_listed_as_recorded: "share-get",
    guests_are_members_as_recorded: "share-guests",
    each_role_is_granted_as_recorded: "share-matrix",
    grants_are_written_and_refused_as_recorded: "share-put",
    tags_are_set_as_recorded: "tags",
    rooms_become_templates_and_templates_rooms_as_recorded: "template",
    webhooks_are_set_up_as_recorded: "webhooks-settings",
}

#[test]
fn each_recording_has_a_test() {
    let mut named = NAMED.to_vec();
    named.sort_unstable();
    assert_eq!(recording::names(), named);
}

#[test]
fn exceptions_are_few_and_have_a_reason() {
    assert!(IGNORED.len() <= MAX_IGNORED);
    assert!(IGNORED.iter().all(|ignored| !ignored.reason.is_empty()));
    for exception in EXCEPTIONS {
        assert!(NAMED.contains(&exception.scenario), "{exception:?}");
        assert!(!exception.reason.is_empty(), "{exception:?}");
    }
}
