//! What a naive client falls into (docs/docspace.md): each trap is shown to exist in the simulated portal, and shown
//! to be one that the product does not fall into. Below, the traps that no other test walks over.

use std::collections::BTreeSet;
use std::path::Path;

use roomwright::simulator::{
    Culture, EmployeeType, Fault, FaultKind, FolderType, NoticeKind, Options, RateLimits, Recorded,
    RoomType,
};

use crate::world::{LIMIT, SAMPLE, SECRET, Setup, World};

/// The trap; the simulator's test that it is there; ours that walks over it.
const TRAPS: [(&str, &str, &str); 34] = [
    (
        "`entries` is answered 200 and changes nothing",
        "an_empty_invitation_is_200_for_any_room_and_any_caller",
        "the_sample_ends_in_exactly_its_room",
    ),
    (
        "the sample's codes are in no matrix",
        "the_codes_of_the_vendors_sample_are_not_valid_in_any_room",
        "every_grant_that_is_sent_is_a_number_that_the_server_knows",
    ),
    (
        "a 200 is no proof",
        "the_server_skips_subjects_silently",
        "people_who_are_disabled_or_deleted_during_the_run_are_named_and_all_others_get_their_roles",
    ),
    (
        "an access that is not understood removes",
        "an_unknown_access_removes_the_grant",
        "every_grant_that_is_sent_is_a_number_that_the_server_knows",
    ),
    (
        "each room type has a matrix of its own",
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
        "one bad grant ends the batch",
        "the_first_impossible_role_ends_the_call_and_earlier_grants_stay",
        "someone_who_loses_the_right_to_manage_does_not_affect_the_others",
    ),
    (
        "an admin may not configure",
        "an_admin_can_read_tag_and_take_over_but_not_configure",
        "a_room_of_another_owner_belongs_to_them_again",
    ),
    (
        "folders are doubled without a word",
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
        "rooms_of_many_folders_and_members_are_read_whole",
    ),
    (
        "what is missing is 403 to write",
        "a_missing_entry_is_404_to_read_and_403_to_write",
        "a_room_that_is_deleted_before_it_is_taken_or_written_is_left_at_that",
    ),
    (
        "403 has many reasons",
        "one_status_has_many_reasons",
        "a_dead_key_gives_no_verdict_and_uses_no_attempt",
    ),
    (
        "messages are translated",
        "messages_are_in_the_portals_language",
        "a_portal_in_another_language_gives_the_same_outcomes",
    ),
    (
        "ids may be strings",
        "room_ids_can_be_strings",
        "rooms_that_policies_cannot_govern_are_skipped_with_the_reason",
    ),
    (
        "folders after grants are announced",
        "each_folder_created_after_the_grants_notifies_everybody",
        "only_the_owner_is_notified_of_the_folders",
    ),
    (
        "our own changes come back as events",
        "own_folders_come_back_as_events",
        "our_own_changes_that_come_back_as_events_start_nothing",
    ),
    (
        "not every new room is a room",
        "not_every_new_room_is_active",
        "other_triggers_and_templates_are_answered_and_nothing_is_done",
    ),
    (
        "system folders are known by type",
        "system_folders_are_recognised_by_their_type_not_their_title",
        "a_system_folder_of_a_wanted_title_is_not_taken_for_it",
    ),
    (
        "agents take no folders",
        "an_agent_accepts_no_folders",
        "agents_are_skipped",
    ),
    (
        "a template is still being copied",
        "folders_created_during_a_template_copy_rename_its_folders",
        "a_template_copy_is_waited_for_and_its_folders_are_not_doubled",
    ),
    (
        "an empty list of members",
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
        "a POST repeated doubles",
        "a_post_repeated_after_a_lost_answer_creates_a_second_folder",
        "a_lost_response_is_checked_and_never_repeated_blindly",
    ),
    (
        "groups are found by a part of the name",
        "people_and_groups_are_found_as_the_portal_finds_them",
        "two_groups_of_one_name_are_reported_with_both_ids",
    ),
    (
        "the server counts calls per person",
        "too_many_concurrent_requests_are_refused_per_person_and_without_a_time",
        "many_rooms_at_once_stay_below_the_servers_limits",
    ),
    (
        "a personal grant beats a group's, even downwards",
        "a_personal_grant_overrides_a_group_grant_even_if_it_is_lower",
        "a_personal_grant_below_that_of_a_group_is_not_made",
    ),
    (
        "settings sent again restart",
        "resent_settings_restart_the_lifetime_and_are_published_again",
        "what_is_there_is_not_sent_again",
    ),
    (
        "`count` is no number",
        "count_is_not_the_number_of_elements",
        "rooms_of_many_folders_and_members_are_read_whole",
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
fn every_trap_is_shown_and_walked_over() {
    let tests_in = |directory: &str| -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
        let files = std::fs::read_dir(root).unwrap();
        files
            .map(|file| file.unwrap().path())
            .filter(|path| path.is_file())
            .map(|path| std::fs::read_to_string(path).unwrap())
            .collect()
    };
    let (theirs, ours) = (tests_in("src/simulator/tests"), tests_in("tests/it"));
    for (trap, shown, walked) in TRAPS {
        assert!(theirs.contains(&format!("fn {shown}()")), "{trap}: {shown}");
        assert!(ours.contains(&format!("fn {walked}()")), "{trap}: {walked}");
    }
}

/// The bodies of all share calls so far.
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

#[tokio::test]
async fn every_grant_that_is_sent_is_a_number_that_the_server_knows() {
    let world = World::new(SAMPLE).await;
    let room = world.a_room();
    world.settled(&room).await;
    let sent = shared(&world);
    assert_eq!(sent.len(), 4);
    for invitation in sent {
        let access = invitation["access"].as_i64().unwrap();
        assert!([9, 11, 10, 7, 5, 6, 2].contains(&access), "{access}");
    }
    world.end().await;
}

#[tokio::test]
async fn in_every_room_type_exactly_the_possible_roles_land_and_the_others_are_named() {
    let roles = [
        ("room-manager", 9),
        ("content-creator", 11),
        ("editor", 10),
        ("form-filler", 7),
        ("reviewer", 5),
        ("commenter", 6),
        ("viewer", 2),
    ];
    for (kind, possible) in [
        (RoomType::Custom, vec![9, 11, 10, 5, 6, 2]),
        (RoomType::Public, vec![9, 11]),
        (RoomType::FillingForms, vec![9, 11, 7]),
        (RoomType::Editing, vec![9, 11, 10, 2]),
        (RoomType::VirtualData, vec![9, 11, 10, 2, 7]),
    ] {
        let grants: String = roles
            .iter()
            .map(|(role, _)| format!("      - {{ user: {role}@example.org, role: {role} }}\n"))
            .collect();
        let text = format!(
            "version: 1\ntemplates:\n  t:\n    grants:\n{grants}policies:\n  - {{ name: p, match: {{ title: 'Team *' }}, template: t }}\n"
        );
        let world = World::new(&text).await;
        let people = roles.map(|(role, code)| {
            let mail = format!("{role}@example.org");
            let id = world
                .portal
                .add_person(role, &mail, EmployeeType::RoomAdmin);
            (role, code, id)
        });
        let room = world.portal.create_room(&world.boss, kind, "Team Apollo");
        let row = world.settled(&room).await;
        let view = world.portal.room(&room).unwrap();
        for (role, code, id) in people {
            let wanted = possible.contains(&code).then_some(code);
            assert_eq!(view.access.get(&id).copied(), wanted, "{kind:?} {role}");
            assert_eq!(
                row.summary.contains(&format!("`{role}` cannot be")),
                wanted.is_none(),
                "{kind:?} {role}: {}",
                row.summary
            );
        }
        let refused = world
            .portal
            .writes()
            .into_iter()
            .filter(|call| call.status == 403);
        assert_eq!(
            refused.count(),
            0,
            "{kind:?}: what is impossible is not even asked for"
        );
        world.end().await;
    }
}

#[tokio::test]
async fn a_group_as_room_manager_is_named_and_never_sent() {
    // The name of a role may mean something else in each room type, so this is found at run time only.
    let text = SAMPLE
        .replace("role: viewer }\npolicies", "role: Lead }\npolicies")
        .replace(
            "templates:",
            "roles:\n  Lead: { default: room-manager, public: content-creator }\ntemplates:",
        );
    let mut sources = roomwright::yaml::Sources::default();
    sources.add("policies/test.yaml", &text);
    let (_, problems) = roomwright::policy::PolicySet::check(&sources);
    let told = roomwright::yaml::render(&sources, &problems, false);
    assert!(
        told.contains("Room manager") && told.contains("group"),
        "{told}"
    );
    let world = World::new(&text).await;
    let room = world.a_room();
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial", "{}", row.summary);
    assert!(row.summary.contains("`HR`"), "{}", row.summary);
    assert!(
        shared(&world)
            .iter()
            .all(|sent| sent["id"] != world.people["HR"].as_str())
    );
    world.end().await;
}

#[tokio::test]
async fn someone_who_loses_the_right_to_manage_does_not_affect_the_others() {
    let world = World::new(SAMPLE).await;
    world
        .portal
        .fault(Fault::on("PUT", "files/rooms/{id}/share", FaultKind::Pause).times(1));
    let room = world.a_room();
    world.portal.wait_held().await;
    world
        .portal
        .set_type(&world.people["mia"], EmployeeType::User);
    world.portal.release_held();
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial", "{}", row.summary);
    assert!(row.summary.contains("`mia`"), "{}", row.summary);
    let view = world.portal.room(&room).unwrap();
    for (who, code) in [
        ("mia", None),
        ("ed", Some(10)),
        ("vera", Some(2)),
        ("HR", Some(2)),
    ] {
        assert_eq!(view.access.get(&world.people[who]).copied(), code, "{who}");
    }
    world.end().await;
}

#[tokio::test]
async fn a_title_that_grows_too_long_is_named_and_never_sent() {
    let text = SAMPLE.replace(
        "[Documents, Tasks, Archive]",
        r#"["{room.title} - {room.title}", Tasks]"#,
    );
    let world = World::new(&text).await;
    let title = format!("Team {}", "x".repeat(100));
    let room = world
        .portal
        .create_room(&world.boss, RoomType::Custom, &title);
    let row = world.settled(&room).await;
    assert!(
        row.summary.contains("165"),
        "{}: {}",
        row.outcome,
        row.summary
    );
    for call in world.portal.writes() {
        let sent = call.body.unwrap_or_default()["title"]
            .as_str()
            .unwrap_or_default()
            .encode_utf16()
            .count();
        assert!(sent <= 165, "{sent}");
    }
    world.end().await;
}

/// What becomes of two rooms whose writes the portal refuses in this language, and what we say of it.
async fn refused_in(culture: Culture) -> (Vec<(String, Vec<String>)>, String) {
    let setup = Setup::of(SAMPLE);
    let world = World::built(Setup {
        portal: Options {
            culture,
            ..setup.portal.clone()
        },
        ..setup
    })
    .await;
    let (portal, mut ends) = (&world.portal, Vec::new());
    let pause = |method, route| portal.fault(Fault::on(method, route, FaultKind::Pause).times(1));
    pause("PUT", "files/rooms/{id}/share");
    let demoted = world.a_room();
    portal.wait_held().await;
    portal.set_type(&world.people["mia"], EmployeeType::User);
    portal.release_held();
    let row = world.settled(&demoted).await;
    assert!(row.summary.contains("`mia`"), "{}", row.summary);
    let view = portal.room(&demoted).unwrap();
    let mut landed: Vec<String> = view
        .access
        .iter()
        .map(|(who, code)| format!("{who} {code}"))
        .collect();
    landed.extend(view.paths().into_iter().map(str::to_owned));
    ends.push((row.outcome, landed));
    pause("POST", "files/folder/{id}");
    let deleted = world.our_room();
    portal.wait_held().await;
    portal.delete_room(&world.me, &deleted);
    portal.release_held();
    ends.push((world.settled(&deleted).await.outcome, Vec::new()));
    for route in ["files/rooms/{id}/share", "files/folder/{id}"] {
        let is_refusal = |call: &Recorded| call.route == Some(route) && call.status == 403;
        assert!(portal.writes().iter().any(is_refusal), "{route}");
    }
    world.end().await;
    (ends, row.summary)
}

/// A policy for one folder that is found to be too long only in the room.
fn one_folder(title: &str) -> String {
    SAMPLE.replace(
        "[Documents, Tasks, Archive]",
        &format!("[\"{title}\", Tasks]"),
    )
}

#[tokio::test]
async fn a_title_of_emoji_is_as_long_as_its_utf16_units() {
    let problems = |count: usize| {
        let mut sources = roomwright::yaml::Sources::default();
        sources.add("policies/test.yaml", one_folder(&"🎉".repeat(count)));
        let (_, problems) = roomwright::policy::PolicySet::check(&sources);
        roomwright::yaml::render(&sources, &problems, false)
    };
    let is_too_long = |count| problems(count).contains("longer than 165 characters");
    assert!(is_too_long(83) && !is_too_long(82));
    // The room's title adds eleven: what is written and what is stored are equally long, 165 units and 167.
    for (count, fits) in [(77, true), (78, false)] {
        let text = one_folder(&format!("{}{{room.title}}", "🎉".repeat(count)));
        let world = World::new(&text).await;
        let room = world.our_room();
        let row = world.settled(&room).await;
        let stored = format!("{}Team Apollo", "_".repeat(2 * count));
        assert_eq!(
            world.paths(&room).contains(&stored),
            fits,
            "{}",
            row.summary
        );
        assert_eq!(row.outcome, if fits { "changed" } else { "partial" });
        assert_eq!(row.summary.contains("165"), !fits, "{}", row.summary);
        let refused = |call: &Recorded| call.status >= 400;
        assert!(!world.portal.writes().iter().any(refused));
        world.end().await;
    }
}

#[tokio::test]
async fn a_portal_in_another_language_gives_the_same_outcomes() {
    let (english, said) = refused_in(Culture::English).await;
    let (german, gesagt) = refused_in(Culture::German).await;
    assert_eq!(english[0].0, "partial");
    assert_eq!(english[1].0, "skipped");
    assert_eq!(english, german);
    assert_ne!(said, gesagt, "what the portal says is passed on as it is");
}

#[tokio::test]
async fn only_the_owner_is_notified_of_the_folders() {
    let world = World::new(SAMPLE).await;
    let room = world.a_room();
    world.settled(&room).await;
    let told: Vec<_> = world
        .portal
        .notices()
        .into_iter()
        .filter(|notice| notice.person != world.boss && notice.person != world.me)
        .collect();
    assert_eq!(told, [], "of folders, and of roles without `notify`");
    assert!(
        world
            .portal
            .notices()
            .iter()
            .any(|notice| notice.kind == NoticeKind::FolderCreated)
    );
    world.end().await;
}

#[tokio::test]
async fn our_own_changes_that_come_back_as_events_start_nothing() {
    let world = World::new(SAMPLE).await;
    // A webhook for everything that happens, beside the one for new rooms.
    world.portal.add_webhook(&world.me, &world.hook, SECRET, 0);
    let room = world.a_room();
    world.settled(&room).await;
    world.portal.wait_deliveries_settled().await;
    let echoes = world.portal.deliveries().len();
    assert!(echoes > 5, "{echoes} deliveries");
    assert!(
        world
            .portal
            .deliveries()
            .iter()
            .all(|delivery| delivery.status == 200)
    );
    world.is_as_the_sample_says(&room);
    let stored = world
        .store
        .deliveries(100, crate::world::now())
        .await
        .unwrap();
    assert!(
        stored
            .iter()
            .all(|delivery| delivery.trigger == "room.created"),
        "{stored:?}"
    );
    world.end().await;
}

#[tokio::test]
async fn a_system_folder_of_a_wanted_title_is_not_taken_for_it() {
    let text = "version: 1\ntemplates:\n  t: { folders: [Tasks/Open] }\npolicies:\n  - { name: p, match: { title: 'Team *' }, template: t }\n";
    let world = World::new(text).await;
    world
        .portal
        .fault(Fault::on("GET", "files/rooms/{id}", FaultKind::Pause).times(1));
    let room = world.portal.create_shared_room(
        &world.boss,
        RoomType::FillingForms,
        "Team Apollo",
        &[(&world.me, 9)],
    );
    world.portal.wait_held().await;
    let system = world
        .portal
        .add_folder_of_type(&room, "Tasks", FolderType::ReadyForm);
    world.portal.release_held();
    assert_eq!(world.settled(&room).await.outcome, "changed");
    let view = world.portal.room(&room).unwrap();
    assert_eq!(view.paths(), ["Tasks", "Tasks", "Tasks/Open"]);
    assert!(view.folders.iter().all(|folder| folder.parent != system));
    world.end().await;
}

#[tokio::test]
async fn agents_are_skipped() {
    let world = World::new(SAMPLE).await;
    let beside = world
        .portal
        .create_room(&world.me, RoomType::Ai, "Team agent");
    let agent = world.portal.create_agent(&world.me, "Team agent");
    for room in [&beside, &agent] {
        let id = roomwright::room::RoomId::new(room.to_string());
        world.store.wake(&id, crate::world::now()).await.unwrap();
        let row = world.settled(room).await;
        assert_eq!(row.outcome, "skipped", "{}", row.summary);
    }
    assert_eq!(world.portal.writes(), []);
    world.end().await;
}

#[tokio::test]
async fn an_empty_list_of_members_causes_no_write() {
    let world = World::new(SAMPLE).await;
    let nobody = FaultKind::Status {
        status: 200,
        retry_after: None,
        body: r#"{"response":[],"count":0,"total":0,"status":0,"statusCode":200}"#.to_owned(),
    };
    world
        .portal
        .fault(Fault::on("GET", "files/rooms/{id}/share", nobody));
    let room = world.a_room();
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "failed", "{}", row.summary);
    assert!(row.summary.contains("cannot see"), "{}", row.summary);
    assert_eq!(world.portal.writes(), []);
    world.end().await;
}

#[tokio::test]
async fn the_owner_and_the_service_account_are_never_sent() {
    let text = SAMPLE.replace(
        "    grants:\n",
        "    grants:\n      - { user: boss@example.org, role: editor }\n      - { user: roomwright@example.org, role: editor }\n",
    );
    let world = World::new(&text).await;
    let room = world.a_room();
    assert_eq!(world.settled(&room).await.outcome, "changed");
    for sent in shared(&world) {
        assert!(sent["id"] != world.boss.as_str() && sent["id"] != world.me.as_str());
    }
    world.is_as_the_sample_says(&room);
    world.end().await;
}

#[tokio::test]
async fn unknown_ids_are_named_and_never_sent() {
    let (person, group) = (
        "11111111-2222-4333-8444-555555555555",
        "66666666-7777-4888-9999-aaaaaaaaaaaa",
    );
    let text = SAMPLE.replace(
        "    grants:\n",
        &format!("    grants:\n      - {{ user: {person}, role: viewer }}\n      - {{ group: {group}, role: viewer }}\n"),
    );
    let world = World::new(&text).await;
    let room = world.a_room();
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial");
    assert!(
        row.summary.contains(person) && row.summary.contains(group),
        "{}",
        row.summary
    );
    let access = world.portal.room(&room).unwrap().access;
    assert!(!access.contains_key(person) && !access.contains_key(group));
    world.end().await;
}

#[tokio::test]
async fn many_rooms_at_once_stay_below_the_servers_limits() {
    // Long leases: so many rooms at once take their time on a slow disk.
    let world = World::built(Setup {
        after_lost_answer: std::time::Duration::from_secs(2),
        ..Setup::of(SAMPLE)
    })
    .await;
    world.portal.set_rate_limits(Some(RateLimits::default()));
    world.portal.fault(Fault::on(
        "*",
        "*",
        FaultKind::Delay(std::time::Duration::from_millis(25)),
    ));
    let at_once = world.worker.at_once;
    let first_folders = Fault::on("POST", "files/folder/{id}", FaultKind::Pause);
    world
        .portal
        .fault(first_folders.times(u32::try_from(at_once).unwrap()));
    let rooms: Vec<_> = (0..25).map(|_| world.a_room()).collect();
    are_held_in_as_many_rooms(&world, at_once).await;
    world.portal.release_held();
    for room in &rooms {
        assert_eq!(world.settled(room).await.outcome, "changed");
        world.is_as_the_sample_says(room);
    }
    let refused = world
        .portal
        .requests()
        .into_iter()
        .filter(|call| call.status == 429);
    assert_eq!(refused.count(), 0);
    let most = world.portal.most_at_once();
    assert!(most.writes <= 12 && most.reads <= 20, "{most:?}");
    world.end().await;
}

/// So many writes are under way together, each in a room of its own: rooms are written side by side, and in each room
/// one write at a time.
async fn are_held_in_as_many_rooms(world: &World, at_once: usize) {
    let all_held = async {
        while world.portal.held() < at_once {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    let held = tokio::time::timeout(LIMIT, all_held).await;
    let mut under_way = world.portal.writes();
    under_way.retain(|call| call.status == 0);
    assert!(held.is_ok(), "they do not run together: {under_way:?}");
    assert_eq!(under_way.len(), at_once, "{under_way:?}");
    let rooms: BTreeSet<&str> = under_way.iter().map(|call| call.path.as_str()).collect();
    assert_eq!(rooms.len(), at_once, "two writes in one room: {rooms:?}");
}

#[tokio::test]
async fn what_is_there_is_not_sent_again() {
    let text = SAMPLE.replace(
        "    grants:\n",
        "    settings: { tags: [Team, client] }\n    grants:\n",
    );
    let world = World::new(&text).await;
    world
        .portal
        .fault(Fault::on("GET", "files/rooms/{id}", FaultKind::Pause).times(1));
    let room = world.our_room();
    world.portal.wait_held().await;
    world.portal.add_tag(&world.me, &room, "TEAM");
    world.portal.grant(&room, &world.people["ed"], 10);
    world.portal.release_held();
    world.settled(&room).await;
    let writes = world.portal.writes();
    let tags = writes
        .iter()
        .filter(|call| call.route == Some("files/rooms/{id}/tags"));
    let names: Vec<_> = tags
        .map(|call| call.body.clone().unwrap()["names"].clone())
        .collect();
    assert_eq!(names, [serde_json::json!(["client"])]);
    assert!(
        shared(&world)
            .iter()
            .all(|sent| sent["id"] != world.people["ed"].as_str())
    );
    assert!(
        writes
            .iter()
            .all(|call| call.route != Some("files/rooms/{id}")),
        "the room itself is never sent"
    );
    // What is read is sorted by title alone: the portal remembers the order for the account, and with another one it
    // lists nothing.
    for call in world.portal.requests() {
        let query = call.query.to_lowercase();
        assert!(
            !query.contains("sortby") || query.contains("sortby=az"),
            "{}",
            call.query
        );
    }
    world.end().await;
}

#[tokio::test]
async fn a_folder_that_the_server_calls_invalid_is_named() {
    let world = World::new(SAMPLE).await;
    let invalid = FaultKind::Status {
        status: 400,
        retry_after: None,
        body: r#"{"response":{"title":"One or more validation errors occurred.","status":400,"errors":{"Folder.Title":["The field Title is not valid."]}},"count":1,"status":1,"statusCode":400}"#.to_owned(),
    };
    world
        .portal
        .fault(Fault::on("POST", "files/folder/{id}", invalid).times(1));
    let room = world.our_room();
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial");
    assert!(
        row.summary.contains("The field Title is not valid"),
        "{}",
        row.summary
    );
    assert_eq!(world.paths(&room).len(), 2, "the other folders are there");
    world.end().await;
}

#[tokio::test]
async fn a_guest_that_the_account_cannot_see_is_named_and_all_others_get_their_roles() {
    let text = SAMPLE.replace(
        "    grants:\n",
        "    grants:\n      - { user: gil@example.com, role: viewer }\n",
    );
    let world = World::new(&text).await;
    world.portal.set_type(&world.me, EmployeeType::RoomAdmin);
    let guest = world
        .portal
        .add_person("Gil Guest", "gil@example.com", EmployeeType::Guest);
    let room = world.our_room();
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial", "{}", row.summary);
    assert!(row.summary.contains("gil@example.com"), "{}", row.summary);
    let view = world.portal.room(&room).unwrap();
    assert_eq!(view.paths(), ["Archive", "Documents", "Tasks"]);
    for (who, code) in [("mia", 9), ("ed", 10), ("vera", 2), ("HR", 2)] {
        assert_eq!(view.access.get(&world.people[who]), Some(&code), "{who}");
    }
    assert!(!view.access.contains_key(&guest));
    world.end().await;
}
