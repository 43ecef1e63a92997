//! Conditions other than title and type, against a simulated portal.

use roomwright::simulator::{EntryId, RoomType};

use crate::world::World;

fn policy(part: &str) -> String {
    format!(
        "version: 1\ntemplates: {{ t: {{ folders: [Übergabe] }} }}\npolicies:\n  - {{ name: p, match: {{ title: 'Team *', {part} }}, template: t }}\n"
    )
}

fn made(world: &World, title: &str) -> EntryId {
    world
        .portal
        .create_room(&world.boss, RoomType::Custom, title)
}

#[tokio::test]
async fn a_group_of_the_owner_is_found_in_any_spelling() {
    let world = World::new(&policy("creator_group: [IT, Straßenbüro]")).await;
    world.portal.add_group::<&str>("it", &[]);
    world
        .portal
        .add_group("STRASSENBU\u{308}RO", &[&world.boss]);
    let room = made(&world, "Team 1");
    assert_eq!(world.settled(&room).await.outcome, "changed");
    assert_eq!(world.paths(&room), ["Übergabe"]);
    world.end().await;
}

#[tokio::test]
async fn a_group_of_others_does_not_match() {
    let world = World::new(&policy("creator_group: HR")).await;
    let room = made(&world, "Team 1");
    assert_eq!(world.settled(&room).await.outcome, "skipped");
    world.end().await;
}

#[tokio::test]
async fn a_room_is_refused_if_a_group_or_tag_is_unknown() {
    for (part, reason) in [
        ("creator_group: Legl", "the portal has no group `Legl`"),
        (
            "except: { creator_group: Legl }",
            "the portal has no group `Legl`",
        ),
        (
            "except: { tagged: finishd }",
            "the portal has no tag `finishd`",
        ),
    ] {
        let world = World::new(&policy(part)).await;
        let room = made(&world, "Team 1");
        let row = world.settled(&room).await;
        assert_eq!(row.outcome, "refused", "{part}");
        assert!(row.summary.contains(reason), "{}", row.summary);
        assert_eq!(world.paths(&room), Vec::<String>::new());
        // If the title decides, nothing is requested.
        let other = made(&world, "Other 1");
        assert_eq!(world.settled(&other).await.outcome, "skipped", "{part}");
        world.end().await;
    }
}

#[tokio::test]
async fn a_tag_that_the_portal_knows_decides() {
    let world = World::new(&policy("except: { tagged: finished }")).await;
    let other = made(&world, "Other");
    world.portal.add_tag(&world.boss, &other, "Finished");
    let room = made(&world, "Team 1");
    assert_eq!(world.settled(&room).await.outcome, "changed");
    world.end().await;
}
