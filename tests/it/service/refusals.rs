//! Rooms and grants that are skipped or refused, each with its reason.

use roomwright::simulator::{RoomType, ThirdParty};

use crate::world::{SAMPLE, World};

#[tokio::test]
async fn rooms_that_policies_cannot_govern_are_skipped_with_the_reason() {
    let world = World::new(SAMPLE).await;
    let third_party = world.portal.create_third_party_room(
        &world.me,
        ThirdParty::WebDav,
        RoomType::Custom,
        "Team Cloud",
    );
    let unmatched = world
        .portal
        .create_room(&world.boss, RoomType::Custom, "Lunch");
    let private = world
        .portal
        .create_private_room(&world.me, RoomType::Custom, "Team secret");
    let archived = world
        .portal
        .create_room(&world.me, RoomType::Custom, "Team past");
    world.portal.archive(&world.me, &archived);
    let gone = world
        .portal
        .create_room(&world.me, RoomType::Custom, "Team gone");
    world.portal.delete_room(&world.me, &gone);
    for (room, why) in [
        (&third_party, "third-party"),
        (&unmatched, "no policy"),
        (&private, "private"),
        (&archived, "archived"),
        (&gone, "no such room"),
    ] {
        let row = world.settled(room).await;
        assert_eq!(row.outcome, "skipped", "{why}");
        assert!(row.summary.contains(why), "{}", row.summary);
    }
    assert_eq!(world.portal.writes().len(), 0);
    world.end().await;
}

#[tokio::test]
async fn a_grant_that_fails_does_not_prevent_the_others() {
    let text = SAMPLE.replace("      - { group: HR, role: viewer }\n", "      - { group: HR, role: viewer }\n      - { group: Nobody, role: viewer }\n      - { user: ed@example.org, role: room-manager }\n").replace("      - { user: ed@example.org, role: editor }\n", "");
    let world = World::new(&text).await;
    let room = world.a_room();
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial");
    assert!(row.summary.contains("no group `Nobody`"), "{}", row.summary);
    assert!(
        row.summary.contains("cannot be Room manager"),
        "{}",
        row.summary
    );
    let view = world.portal.room(&room).unwrap();
    assert_eq!(view.access.get(&world.people["HR"]), Some(&2));
    assert_eq!(view.owner, world.boss);
    // Impossible grants are not even requested.
    for call in world.portal.writes() {
        assert_ne!(call.status, 403, "{call:?}");
        let body = call.body.unwrap_or_default().to_string();
        assert!(!body.contains(&world.people["ed"]), "{body}");
    }
    assert_eq!(row.job.unwrap().attempts, 0);
    world.end().await;
}

#[tokio::test]
async fn two_groups_of_the_same_name_are_reported_with_both_ids() {
    let world = World::new(SAMPLE).await;
    let second = world.portal.add_group::<&str>("hr", &[]);
    let room = world.a_room();
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial");
    assert!(
        row.summary.contains(&second) && row.summary.contains(&world.people["HR"]),
        "{}",
        row.summary
    );
    world.end().await;
}

#[tokio::test]
async fn policies_that_disagree_stop_the_room_before_the_first_write() {
    let text = format!("{SAMPLE}  - name: second\n    match: all\n    template: other\n").replace(
        "policies:\n",
        "  other:\n    grants: [{ group: HR, role: editor }]\npolicies:\n",
    );
    let world = World::new(&text).await;
    let room = world.a_room();
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "refused");
    assert!(
        row.summary.contains("workspaces") && row.summary.contains("second"),
        "{}",
        row.summary
    );
    assert_eq!(world.portal.writes().len(), 0);
    world.end().await;
}

#[tokio::test]
async fn a_personal_grant_below_that_of_a_group_is_not_made() {
    let text = SAMPLE.replace(
        "{ group: HR, role: viewer }",
        "{ group: HR, role: content-creator }",
    );
    let world = World::new(&text).await;
    let room = world.a_room();
    let report = world.report(&room).await;
    assert_eq!(report.outcome, "changed");
    assert!(
        report.to_string().contains("vera has more through HR"),
        "{report}"
    );
    let view = world.portal.room(&room).unwrap();
    assert_eq!(view.access.get(&world.people["vera"]), None);
    assert_eq!(
        world.portal.effective_access(&room, &world.people["vera"]),
        11
    );
    world.end().await;
}
