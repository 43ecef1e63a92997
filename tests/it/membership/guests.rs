//! `guests`: who is invited, how often, and who is notified.

use roomwright::simulator::{Fault, FaultKind, Recorded};

use super::{access, apply, code};
use crate::world::World;

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
    // Whoever removes her has decided against her.
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
            // A person can request it again.
            assert_eq!(apply(&world, &room).await.outcome.as_str(), "changed");
            assert_eq!(invitations(&world), 2);
        }
        world.end().await;
    }
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
    let notified: Vec<(bool, bool)> = world
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
    assert_eq!(notified, [(false, false), (true, true)]);
    world.end().await;
}
