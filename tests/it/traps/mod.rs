//! Traps for a naive client (docs/docspace.md). A test of the simulator shows that each trap exists, and a test here
//! shows that roomwright avoids it. This folder has the tests for traps that no other test covers.

mod folders;
mod grants;
mod server;

use std::path::Path;

use crate::architecture::rust_files;
use crate::world::World;

/// The trap, the simulator's test that shows it, and our test that avoids it.
const TRAPS: [(&str, &str, &str); 34] = [
    (
        "`entries` is answered 200 and changes nothing",
        "an_empty_invitation_is_200_for_any_room_and_any_caller",
        "the_sample_ends_in_exactly_its_room",
    ),
    (
        "the sample's codes are not valid in any room",
        "the_codes_of_the_vendors_sample_are_not_valid_in_any_room",
        "every_grant_that_is_sent_is_a_number_that_the_server_knows",
    ),
    (
        "a 200 proves nothing",
        "the_server_skips_subjects_silently",
        "people_who_are_disabled_or_deleted_during_the_run_are_named_and_all_others_get_their_roles",
    ),
    (
        "an unknown access removes the grant",
        "an_unknown_access_removes_the_grant",
        "every_grant_that_is_sent_is_a_number_that_the_server_knows",
    ),
    (
        "each room type has its own roles",
        "each_room_type_has_its_own_roles",
        "in_every_room_type_exactly_the_possible_roles_land_and_the_others_are_named",
    ),
    (
        "a group is never Room manager",
        "each_room_type_has_its_own_roles",
        "a_group_as_room_manager_is_named_and_never_sent",
    ),
    (
        "a User is never Room manager",
        "users_guests_and_mail_addresses_are_never_managers",
        "a_grant_that_fails_does_not_prevent_the_others",
    ),
    (
        "one invalid grant ends the batch",
        "the_first_impossible_role_ends_the_call_and_earlier_grants_stay",
        "someone_who_loses_the_right_to_manage_does_not_affect_the_others",
    ),
    (
        "an admin cannot configure a room",
        "an_admin_can_read_tag_and_take_over_but_not_configure",
        "a_foreign_room_is_given_back_to_its_owner",
    ),
    (
        "folders are duplicated silently",
        "folders_created_twice_exist_twice",
        "the_same_event_once_twice_and_fifty_times_gives_the_same_room",
    ),
    (
        "titles are altered",
        "titles_are_altered_on_storing",
        "titles_that_the_server_alters_converge",
    ),
    (
        "titles are limited",
        "a_title_has_at_most_165_utf16_units",
        "a_title_that_grows_too_long_is_named_and_never_sent",
    ),
    (
        "lists come in pages",
        "a_plain_listing_shows_at_most_a_hundred_direct_children",
        "rooms_of_many_folders_and_members_are_read_completely",
    ),
    (
        "writing to a missing entry is 403",
        "a_missing_entry_is_404_to_read_and_403_to_write",
        "a_room_that_is_deleted_before_it_is_taken_or_written_is_skipped",
    ),
    (
        "403 has many reasons",
        "one_status_has_many_reasons",
        "an_invalid_key_gives_no_outcome_and_uses_no_attempt",
    ),
    (
        "messages are translated",
        "messages_are_in_the_portals_language",
        "a_portal_in_another_language_gives_the_same_outcomes",
    ),
    (
        "ids can be strings",
        "room_ids_can_be_strings",
        "rooms_that_policies_cannot_govern_are_skipped_with_the_reason",
    ),
    (
        "folders created after grants notify everybody",
        "each_folder_created_after_the_grants_notifies_everybody",
        "only_the_owner_is_notified_of_the_folders",
    ),
    (
        "our own changes come back as events",
        "own_folders_come_back_as_events",
        "our_own_changes_that_come_back_as_events_start_nothing",
    ),
    (
        "not every new room is active",
        "not_every_new_room_is_active",
        "other_triggers_and_templates_are_answered_and_nothing_is_done",
    ),
    (
        "system folders are known by type",
        "system_folders_are_recognised_by_their_type_not_their_title",
        "a_system_folder_with_the_wanted_title_is_not_used",
    ),
    (
        "agents have no folders",
        "an_agent_accepts_no_folders",
        "agents_are_skipped",
    ),
    (
        "folders are renamed while a template is copied",
        "folders_created_during_a_template_copy_rename_its_folders",
        "a_run_waits_for_a_template_copy_and_does_not_duplicate_its_folders",
    ),
    (
        "an empty list of members can mean a missing right",
        "an_empty_list_may_mean_a_missing_right",
        "an_empty_list_of_members_causes_no_write",
    ),
    (
        "the owner gets a second row",
        "the_owner_can_get_a_grant_and_is_then_listed_twice",
        "the_owner_and_the_service_account_are_never_sent",
    ),
    (
        "an unknown id leaves an orphan",
        "an_unknown_id_leaves_an_orphan_that_no_list_shows",
        "unknown_ids_are_named_and_never_sent",
    ),
    (
        "a repeated POST creates a duplicate",
        "a_post_repeated_after_a_lost_answer_creates_a_second_folder",
        "a_lost_response_is_checked_and_never_repeated_blindly",
    ),
    (
        "groups are found by parts of their names",
        "people_and_groups_are_found_as_the_portal_finds_them",
        "two_groups_of_the_same_name_are_reported_with_both_ids",
    ),
    (
        "the server counts calls per person",
        "too_many_concurrent_requests_are_refused_per_person_and_without_a_time",
        "many_rooms_at_once_stay_below_the_servers_limits",
    ),
    (
        "a personal grant overrides a group's, even if it is lower",
        "a_personal_grant_overrides_a_group_grant_even_if_it_is_lower",
        "a_personal_grant_below_that_of_a_group_is_not_made",
    ),
    (
        "settings that are sent again take effect again",
        "resent_settings_restart_the_lifetime_and_are_published_again",
        "what_is_there_is_not_sent_again",
    ),
    (
        "`count` is not the number of elements",
        "count_is_not_the_number_of_elements",
        "rooms_of_many_folders_and_members_are_read_completely",
    ),
    (
        "validation errors look like successes",
        "validation_errors_look_like_successes",
        "a_folder_that_the_server_calls_invalid_is_named",
    ),
    (
        "sorting writes",
        "sorting_a_listing_changes_the_accounts_default_order",
        "what_is_there_is_not_sent_again",
    ),
];

#[test]
fn every_trap_is_shown_and_avoided() {
    let code_in = |directory: &str| -> String {
        rust_files(Path::new(directory))
            .iter()
            .map(|path| std::fs::read_to_string(path).unwrap())
            .collect()
    };
    let (theirs, ours) = (code_in("src/simulator/tests"), code_in("tests/it"));
    for (trap, shown, avoided) in TRAPS {
        assert!(theirs.contains(&format!("fn {shown}()")), "{trap}: {shown}");
        assert!(
            ours.contains(&format!("fn {avoided}()")),
            "{trap}: {avoided}"
        );
    }
}

/// The invitations of all share calls so far.
fn shared(world: &World) -> Vec<serde_json::Value> {
    world
        .portal
        .writes()
        .into_iter()
        .filter(|call| call.route == Some("files/rooms/{id}/share"))
        .flat_map(|call| {
            call.body.unwrap()["invitations"]
                .as_array()
                .unwrap()
                .clone()
        })
        .collect()
}
