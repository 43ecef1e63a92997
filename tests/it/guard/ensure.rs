//! The webhook is created or repaired; webhooks of other people are not changed.

use jiff::SignedDuration;
use roomwright::service::guard::{
    Done, Error, Guard, Problem, SetSecret, SslVerification, Watched,
};
use roomwright::simulator::{EmployeeType, Trigger, WebhookView};

use super::{admin, ensure, guard, hooks, nowhere, problems, unwatched, with_key};
use crate::world::{SCOPES, SECRET, now};

#[tokio::test]
async fn a_missing_webhook_is_created_and_delivers_the_next_room() {
    let (world, guard) = unwatched(&["*"]).await;
    let absent = Problem::Absent {
        address: world.hook.clone(),
        near: None,
    };
    assert_eq!(problems(&guard).await, [absent]);
    assert_eq!(ensure(&guard).await.unwrap(), Done::Created);
    let Watched {
        webhook, is_ours, ..
    } = guard.look().await.unwrap().unwrap();
    assert!(is_ours && webhook.enabled && webhook.receives_rooms());
    // A new webhook verifies SSL; the portal would disable one with an `http://` address at the next event.
    assert!(!webhook.ssl);
    let room = world.a_room();
    world.settled(&room).await;
    world.is_as_the_sample_says(&room);
    assert_eq!(problems(&guard).await, []);
    assert!(
        guard
            .look()
            .await
            .unwrap()
            .unwrap()
            .webhook
            .last_success
            .is_some()
    );
    world.portal.clear_requests();
    assert_eq!(ensure(&guard).await.unwrap(), Done::Nothing);
    assert_eq!(world.portal.writes(), []);
    world.end().await;
}

#[tokio::test]
async fn a_webhook_of_the_account_is_repaired_and_keeps_its_other_settings() {
    let (world, guard) = unwatched(&["*"]).await;
    let mask = Trigger::FolderCreated.bit();
    let id = world
        .portal
        .add_webhook(&world.me, &world.hook, SECRET, mask);
    world.portal.set_webhook_enabled(id, false);
    let found = problems(&guard).await;
    assert_eq!(found, [Problem::Disabled, Problem::OtherEvents]);
    let before = hooks(&world).remove(0);
    assert_eq!(ensure(&guard).await.unwrap(), Done::Changed);
    let expected = WebhookView {
        enabled: true,
        mask: mask | Trigger::RoomCreated.bit(),
        ..before
    };
    assert_eq!(hooks(&world), [expected]);
    // The secret is set, too: its deliveries are accepted.
    let room = world.a_room();
    world.settled(&room).await;
    world.is_as_the_sample_says(&room);
    world.end().await;
}

#[tokio::test]
async fn another_secret_is_seen_by_the_refusals_and_replaced() {
    let (world, guard) = unwatched(&["*"]).await;
    let mask = Trigger::RoomCreated.bit();
    world
        .portal
        .add_webhook(&world.me, &world.hook, "Another-1-secret", mask);
    world.a_room();
    world.portal.wait_deliveries_settled().await;
    let found = problems(&guard).await;
    assert!(
        matches!(found[..], [Problem::WrongSecret { .. }]),
        "{found:?}"
    );
    // The change is later than the failure.
    world.portal.advance(SignedDuration::from_mins(1));
    assert_eq!(ensure(&guard).await.unwrap(), Done::Changed);
    assert_eq!(problems(&guard).await, []);
    let room = world.a_room();
    world.settled(&room).await;
    world.is_as_the_sample_says(&room);
    world.end().await;
}

#[tokio::test]
async fn a_secret_is_set_on_request_before_any_delivery_was_rejected() {
    let (world, guard) = unwatched(&["*"]).await;
    let mask = Trigger::RoomCreated.bit();
    world
        .portal
        .add_webhook(&world.me, &world.hook, "Another-1-secret", mask);
    assert_eq!(ensure(&guard).await.unwrap(), Done::Nothing);
    let without = Guard::new(
        &with_key(&world, &["*"]),
        guard.address().cloned(),
        None,
        now,
    );
    let asked = async |guard: &Guard| guard.ensure(SslVerification::Kept, SetSecret::Always).await;
    assert!(matches!(asked(&without).await, Err(Error::NoSecret)));
    assert_eq!(asked(&guard).await.unwrap().0, Done::Changed);
    let room = world.a_room();
    world.settled(&room).await;
    world.is_as_the_sample_says(&room);
    world.end().await;
}

#[tokio::test]
async fn webhooks_of_other_people_are_used_where_they_work_and_never_changed() {
    let (world, guard) = unwatched(&["*"]).await;
    let anna = admin(&world);
    let mask = Trigger::RoomCreated.bit();
    let id = world.portal.add_webhook(&anna, &world.hook, SECRET, mask);
    assert_eq!(ensure(&guard).await.unwrap(), Done::Nothing);
    assert!(!guard.look().await.unwrap().unwrap().is_ours);
    world.portal.set_webhook_enabled(id, false);
    assert_eq!(problems(&guard).await, [Problem::Disabled]);
    let hers = hooks(&world);
    assert_eq!(ensure(&guard).await.unwrap(), Done::Created);
    assert_eq!(hooks(&world)[..1], hers);
    let [_, ours] = &hooks(&world)[..] else {
        panic!("{:?}", hooks(&world))
    };
    assert_eq!((&ours.owner, ours.enabled), (&world.me, true));
    assert_eq!(problems(&guard).await, []);
    world.end().await;
}

#[tokio::test]
async fn a_webhook_of_an_account_that_cannot_see_all_rooms_does_not_count() {
    let (world, guard) = unwatched(&["*"]).await;
    let mask = Trigger::RoomCreated.bit();
    world
        .portal
        .add_webhook(&world.boss, &world.hook, SECRET, mask);
    let owner = Some("Bo Boss".to_owned());
    assert_eq!(problems(&guard).await, [Problem::OwnerNoAdmin { owner }]);
    assert_eq!(ensure(&guard).await.unwrap(), Done::Created);
    assert_eq!(problems(&guard).await, []);
    // A service account that is a Room admin would create such a webhook.
    world.portal.remove_webhook(2);
    world.portal.set_type(&world.me, EmployeeType::RoomAdmin);
    assert!(matches!(ensure(&guard).await, Err(Error::NotAdmin)));
    world.end().await;
}

#[tokio::test]
async fn webhooks_for_other_addresses_events_or_items_are_ignored() {
    let (world, guard) = unwatched(&["*"]).await;
    let anna = admin(&world);
    let mask = Trigger::RoomCreated.bit();
    let url = format!("{}s", world.hook);
    let near = world.portal.add_webhook(&world.me, &url, SECRET, mask);
    let found = problems(&guard).await;
    let there = format!("; webhook {near} `webhook-{near}` points to {url}");
    assert!(found[0].to_string().ends_with(&there), "{found:?}");
    assert!(found[0].advice().contains("correct the address"));
    world.portal.add_webhook(
        &world.me,
        "http://other.example/docspace/webhook",
        SECRET,
        mask,
    );
    let other = Trigger::FolderCreated.bit();
    let id = world.portal.add_webhook(&anna, &world.hook, SECRET, other);
    world.portal.remove_webhook(near);
    let found = problems(&guard).await;
    let there = format!("; webhook {id} `webhook-{id}` points there, but does not receive");
    assert!(found[0].to_string().contains(&there), "{found:?}");
    assert_eq!(ensure(&guard).await.unwrap(), Done::Created);
    assert_eq!(hooks(&world).len(), 3);
    world.end().await;
}

#[tokio::test]
async fn a_key_without_the_right_asks_for_nothing_that_it_may_not_see() {
    let (world, guard) = unwatched(&SCOPES).await;
    world.portal.clear_requests();
    assert!(matches!(guard.look().await, Err(Error::MayNotRead)));
    assert!(matches!(ensure(&guard).await, Err(Error::MayNotChange)));
    let asked: Vec<_> = world.portal.requests();
    assert!(
        asked.iter().all(|call| call.route == Some("keys/@self")),
        "{asked:?}"
    );
    let reading = [&SCOPES[..], &["*:read"]].concat();
    let guard = super::guard(&world, &reading, &world.hook);
    assert!(matches!(
        problems(&guard).await[..],
        [Problem::Absent { .. }]
    ));
    assert!(matches!(ensure(&guard).await, Err(Error::MayNotChange)));
    assert_eq!(world.portal.writes(), []);
    world.end().await;
}

#[tokio::test]
async fn an_address_that_the_portal_does_not_reach_is_not_used() {
    let (world, _) = unwatched(&["*"]).await;
    for url in [nowhere(), format!("{}/somewhere", world.service)] {
        let guard = guard(&world, &["*"], &url);
        let refused = ensure(&guard).await;
        assert!(matches!(refused, Err(Error::Rejected(_))), "{refused:?}");
    }
    assert_eq!(hooks(&world), []);
    world.end().await;
}
