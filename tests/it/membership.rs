//! Who is in a room: exactly those whom the policies name, guests, the owner, and who is told.

use roomwright::decide::Trigger;
use roomwright::room::RoomId;
use roomwright::simulator::{EmployeeType, EntryId, Fault, FaultKind, Recorded, RoomType};
use roomwright::store::Claim;

use crate::world::{LIMIT, Setup, World, now};

const PAUSE: std::time::Duration = std::time::Duration::from_millis(5);

const EXACT: &str = "
version: 1
templates:
  team:
    membership: exact
    protect: [{ user: ed@example.org }]
    grants: [{ user: vera@example.org, role: viewer }, { group: HR, role: editor }]
policies:
  - { name: teams, match: { title: 'Team *' }, template: team }
";

fn access(world: &World, room: &EntryId, who: &str) -> Option<i32> {
    let view = world.portal.room(room).unwrap();
    view.access.get(who).copied()
}

fn code(world: &World, room: &EntryId, name: &str) -> Option<i32> {
    access(world, room, &world.people[name])
}

/// A room in which mia and ed are Room manager and vera Content creator.
fn crowded(world: &World) -> EntryId {
    let people = &world.people;
    world.portal.create_shared_room(
        &world.boss,
        RoomType::Custom,
        "Team Apollo",
        &[
            (&people["mia"], 9),
            (&people["vera"], 11),
            (&people["ed"], 10),
        ],
    )
}

/// What a person's `apply` does.
async fn apply(world: &World, room: &EntryId) -> roomwright::report::Report {
    let id = RoomId::new(room.to_string());
    let lease = std::time::Duration::from_secs(20);
    let claimed = async {
        loop {
            let claim = world.store.claim_room(&id, now(), lease, "a person");
            match claim.await.unwrap() {
                Claim::Got(job) => return job,
                Claim::Busy { .. } => tokio::time::sleep(PAUSE).await,
            }
        }
    };
    let job = tokio::time::timeout(LIMIT, claimed).await.unwrap();
    let stop = tokio_util::sync::CancellationToken::new();
    world.worker.reconcile(&job, Trigger::Apply, &stop).await.0
}

#[tokio::test]
async fn an_exact_room_has_only_the_members_that_the_policy_names() {
    let world = World::new(EXACT).await;
    let room = crowded(&world);
    assert_eq!(world.settled(&room).await.outcome, "changed");
    assert_eq!(code(&world, &room, "vera"), Some(2));
    assert_eq!(code(&world, &room, "HR"), Some(10));
    assert_eq!(code(&world, &room, "mia"), None);
    // Who is protected stays, and so do the owner and our account.
    assert_eq!(code(&world, &room, "ed"), Some(10));
    let view = world.portal.room(&room).unwrap();
    assert_eq!(view.owner, world.boss);
    assert_eq!(view.access.get(&world.me), Some(&9));
    assert_eq!(world.delivered_again(&room).await, "in-sync");
    world.end().await;
}

#[tokio::test]
async fn a_member_added_to_an_exact_room_is_reported_and_removed_by_apply() {
    let world = World::new(EXACT).await;
    let room = crowded(&world);
    world.settled(&room).await;
    world.portal.grant(&room, &world.people["mia"], 11);
    assert_eq!(world.delivered_again(&room).await, "drifted");
    let report = world.row(&room).await.unwrap().report;
    assert!(report.contains("people changed it"), "{report}");
    assert_eq!(code(&world, &room, "mia"), Some(11));
    let done = apply(&world, &room).await;
    assert_eq!(done.outcome.as_str(), "changed", "{done}");
    assert_eq!(code(&world, &room, "mia"), None);
    world.end().await;
}

#[tokio::test]
async fn more_removals_than_the_limit_refuse_the_room_untouched() {
    let mut setup = Setup::of(EXACT);
    setup.removals = 1;
    let world = World::built(setup).await;
    let room = crowded(&world);
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "refused");
    assert!(
        row.summary.contains("`limits.removals` is 1"),
        "{}",
        row.summary
    );
    assert_eq!(code(&world, &room, "mia"), Some(9));
    assert_eq!(world.portal.writes().len(), 0);
    world.end().await;
}

#[tokio::test]
async fn removals_per_day_are_limited_and_apply_continues() {
    let mut setup = Setup::of(EXACT);
    setup.removals_per_day = 1;
    let world = World::built(setup).await;
    let room = crowded(&world);
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial");
    assert!(
        row.report.contains("`limits.removals_per_day` is 1"),
        "{}",
        row.report
    );
    // What gives is done all the same.
    assert_eq!(code(&world, &room, "HR"), Some(10));
    assert_eq!(code(&world, &room, "mia"), Some(9));
    assert_eq!(apply(&world, &room).await.outcome.as_str(), "changed");
    assert_eq!(code(&world, &room, "mia"), None);
    world.end().await;
}

#[tokio::test]
async fn nobody_is_removed_from_a_room_whose_policy_names_an_unknown_person() {
    let world = World::new(&EXACT.replace("group: HR", "group: Humans")).await;
    let room = crowded(&world);
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial");
    assert!(
        row.report.contains("mia is not removed: Humans"),
        "{}",
        row.report
    );
    assert_eq!(code(&world, &room, "mia"), Some(9));
    assert_eq!(code(&world, &room, "vera"), Some(2));
    world.end().await;
}

const OWNED: &str = "
version: 1
templates:
  team: { owner: mia@example.org, folders: [Documents] }
policies:
  - { name: teams, match: { title: 'Team *' }, template: team }
";

#[tokio::test]
async fn a_room_is_given_to_its_owner_last_and_the_former_one_stays_room_manager() {
    let world = World::new(OWNED).await;
    let room = world.a_room();
    assert_eq!(world.settled(&room).await.outcome, "changed");
    let view = world.portal.room(&room).unwrap();
    assert_eq!(view.owner, world.people["mia"]);
    assert_eq!(view.access.get(&world.boss), Some(&9));
    assert_eq!(world.report(&room).await.overruled, Vec::<String>::new());
    let writes = world.portal.writes();
    assert_eq!(writes.last().unwrap().route, Some("files/owner"));
    assert_eq!(world.delivered_again(&room).await, "in-sync");
    // Whoever takes the room back has it.
    assert!(world.portal.change_owner(&world.me, &room, &world.boss));
    assert_eq!(world.delivered_again(&room).await, "drifted");
    assert_eq!(world.portal.room(&room).unwrap().owner, world.boss);
    world.end().await;
}

#[tokio::test]
async fn a_room_stays_with_its_owner_when_the_other_account_cannot_own_rooms() {
    let world = World::new(&OWNED.replace("mia@", "vera@")).await;
    let room = world.a_room();
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial");
    assert!(
        row.report
            .contains("the room cannot be given to `vera@example.org`"),
        "{}",
        row.report
    );
    assert_eq!(world.portal.room(&room).unwrap().owner, world.boss);
    assert_eq!(world.paths(&room), ["Documents"]);
    world.end().await;
}

#[tokio::test]
async fn a_lost_response_to_the_change_of_owner_is_checked() {
    for done in [false, true] {
        let world = World::new(OWNED).await;
        let kind = if done {
            FaultKind::DoAndDrop
        } else {
            FaultKind::CloseBefore
        };
        world
            .portal
            .fault(Fault::on("POST", "files/owner", kind).times(1));
        let room = world.our_room();
        assert_eq!(world.settled(&room).await.outcome, "changed", "{done}");
        assert_eq!(world.portal.room(&room).unwrap().owner, world.people["mia"]);
        world.end().await;
    }
}

const GUESTS: &str = "
version: 1
templates:
  team:
    guests:
      invite: [{ email: [eva@partner.example, MIA@example.org], role: viewer }]
policies:
  - { name: teams, match: { title: 'Team *' }, template: team }
";

fn body_of(write: &Recorded) -> String {
    write
        .body
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default()
}

fn invitations(world: &World) -> usize {
    let writes = world.portal.writes();
    let bodies = writes.iter().map(body_of);
    bodies
        .filter(|body| body.contains("eva@partner.example"))
        .count()
}

fn eva(world: &World) -> Option<String> {
    let accounts = world.portal.accounts();
    let eva = accounts
        .iter()
        .find(|account| account.email == "eva@partner.example")?;
    Some(eva.id.clone())
}

#[tokio::test]
async fn a_guest_is_invited_once_and_an_account_is_granted_by_its_id() {
    let world = World::new(GUESTS).await;
    let room = world.a_room();
    assert_eq!(world.settled(&room).await.outcome, "changed");
    let guest = eva(&world).unwrap();
    assert_eq!(access(&world, &room, &guest), Some(2));
    assert_eq!(code(&world, &room, "mia"), Some(2));
    assert_eq!(invitations(&world), 1);
    let addressed = world.portal.writes();
    let bodies = addressed.iter().map(body_of);
    assert!(!{ bodies }.any(|body| body.contains("MIA@")));
    assert_eq!(world.delivered_again(&room).await, "in-sync");
    // Who takes her out has said no.
    assert!(world.portal.revoke(&room, &guest));
    assert_eq!(world.delivered_again(&room).await, "drifted");
    let report = world.row(&room).await.unwrap().report;
    assert!(report.contains("people changed it"), "{report}");
    world.end().await;
}

#[tokio::test]
async fn an_invitation_whose_answer_was_lost_is_not_repeated() {
    for done in [false, true] {
        let world = World::new(&GUESTS.replace(", MIA@example.org", "")).await;
        let kind = if done {
            FaultKind::DoAndDrop
        } else {
            FaultKind::CloseBefore
        };
        world
            .portal
            .fault(Fault::on("PUT", "files/rooms/{id}/share", kind).times(1));
        let room = world.our_room();
        let row = world.settled(&room).await;
        assert_eq!(invitations(&world), 1, "{done}");
        let expected = if done { "changed" } else { "partial" };
        assert_eq!(row.outcome, expected, "{}", row.report);
        if !done {
            assert_eq!(eva(&world), None);
            assert!(row.report.contains("invitation of `eva@partner.example`"));
            assert_eq!(world.delivered_again(&room).await, "partial");
            assert_eq!(invitations(&world), 1);
            // A person may ask for it again.
            assert_eq!(apply(&world, &room).await.outcome.as_str(), "changed");
            assert_eq!(invitations(&world), 2);
        }
        world.end().await;
    }
}

#[tokio::test]
async fn only_members_of_a_policy_with_notify_are_notified() {
    let policies = "
version: 1
policies:
  - { name: quiet, match: { title: 'Team *' }, template: { grants: [{ user: ed@example.org, role: viewer }] } }
  - { name: loud, match: { title: 'Team *' }, notify: true, template: { grants: [{ user: vera@example.org, role: viewer }] } }
";
    let world = World::new(policies).await;
    let room = world.a_room();
    assert_eq!(world.settled(&room).await.outcome, "changed");
    let told: Vec<(bool, bool)> = world
        .portal
        .writes()
        .iter()
        .filter(|write| write.path.ends_with("/share"))
        .map(|write| {
            let text = body_of(write);
            (
                write.body.as_ref().unwrap()["notify"].as_bool().unwrap(),
                text.contains(&world.people["vera"]),
            )
        })
        .collect();
    assert_eq!(told, [(false, false), (true, true)]);
    world.end().await;
}

#[tokio::test]
async fn a_guest_beyond_the_limits_of_the_template_is_not_invited() {
    let policies = GUESTS
        .replace(
            "    guests:",
            "    guests:\n      allowed_domains: [other.example]",
        )
        .replace(
            "invite: [{ email: [eva@partner.example, MIA@example.org], role: viewer }]",
            "invite: [{ email: \"{partner[room]}\", role: viewer }]",
        )
        .replace(
            "templates:",
            "tables:\n  partner: { default: eva@partner.example }\ntemplates:",
        )
        .replace("'Team *'", "'Team {room}'");
    let world = World::new(&policies).await;
    let room = world.a_room();
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial");
    assert!(
        row.report.contains("`allowed_domains` is other.example"),
        "{}",
        row.report
    );
    assert_eq!((eva(&world), invitations(&world)), (None, 0));
    world.end().await;
}

#[tokio::test]
async fn a_sweep_never_changes_the_owner() {
    let world = World::new(OWNED).await;
    // No webhook brings this one.
    for hook in world.portal.webhooks() {
        world.portal.remove_webhook(hook.id);
    }
    let room = world.a_room();
    let sweep = roomwright::service::Sweep::new(
        world.worker.clone(),
        std::time::Duration::from_secs(60),
        std::time::Duration::from_secs(60),
    );
    let found = sweep
        .pass(roomwright::service::Reach::Newest)
        .await
        .unwrap();
    assert_eq!(found.due.len(), 1);
    let row = world.settled(&room).await;
    assert_eq!(row.outcome, "partial", "{}", row.report);
    assert_eq!(world.paths(&room), ["Documents"]);
    assert_eq!(world.portal.room(&room).unwrap().owner, world.boss);
    assert_eq!(apply(&world, &room).await.outcome.as_str(), "changed");
    assert_eq!(world.portal.room(&room).unwrap().owner, world.people["mia"]);
    world.end().await;
}

#[tokio::test]
async fn a_member_who_joins_an_exact_room_during_a_run_is_not_removed_in_that_run() {
    let world = World::new(EXACT).await;
    let friend = world
        .portal
        .add_person("Fay", "fay@example.org", EmployeeType::User);
    world
        .portal
        .fault(Fault::on("PUT", "files/rooms/{id}/share", FaultKind::Pause).times(1));
    let room = crowded(&world);
    world.portal.wait_held().await;
    world.portal.grant(&room, &friend, 10);
    world.portal.release_held();
    world.settled(&room).await;
    assert_eq!(access(&world, &room, &friend), Some(10));
    assert_eq!(code(&world, &room, "mia"), None);
    world.end().await;
}
