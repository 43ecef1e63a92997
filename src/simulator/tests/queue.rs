//! The sender's queue: when it is polled, what is sent together, and what can still change.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::{EmployeeStatus, EmployeeType, Fault, FaultKind, Options, RoomType, Trigger};
use super::deliveries::Receiver;
use super::gate::{Gate, until};
use super::site::{options, site, site_with};

const SECRET: &str = "Rooms-2026!Prov1sion";

#[tokio::test]
async fn an_idle_sender_polls_its_queue_every_five_seconds() {
    let site = site_with(Options {
        retry_scale: 0.05,
        ..options()
    })
    .await;
    let (receiver, url) = Receiver::start(&[]).await;
    site.portal.add_webhook(&site.admin, &url, SECRET, 0);
    site.room(RoomType::Custom);
    site.portal.wait_deliveries_settled().await;
    // Now it is idle. Events before the next poll are sent then, and not before.
    site.room(RoomType::Custom);
    site.room(RoomType::Custom);
    site.portal.wait_deliveries_settled().await;
    let at: Vec<Instant> = receiver.received().iter().map(|got| got.at).collect();
    let look = Duration::from_millis(250);
    assert_eq!(at.len(), 3);
    assert!(at[1] >= at[0] + look && at[2] >= at[0] + look);
    assert!((Options::default().retry_scale - 1.0).abs() < f64::EPSILON);
}

#[tokio::test]
async fn a_slow_receiver_delays_all_others() {
    let site = site().await;
    let (slow, slow_url) = Gate::start().await;
    let (quick, quick_url) = Receiver::start(&[]).await;
    site.portal.add_webhook(&site.admin, &slow_url, SECRET, 0);
    site.portal.add_webhook(&site.admin, &quick_url, SECRET, 0);
    site.room(RoomType::Custom);
    slow.until(1).await;
    until("the other was notified", || quick.received().len() == 1).await;
    site.room(RoomType::Custom);
    let opened = slow.open();
    site.portal.wait_deliveries_settled().await;
    let got = quick.received();
    assert_eq!(got.len(), 2);
    assert!(
        got[1].at >= opened,
        "it was notified before the batch was done"
    );
}

#[tokio::test]
async fn ten_deliveries_are_sent_at_once_and_the_eleventh_waits_for_all_of_them() {
    let site = site().await;
    let (slow, url) = Gate::start().await;
    site.portal.add_webhook(&site.admin, &url, SECRET, 0);
    (0..11).for_each(|_| drop(site.room(RoomType::Custom)));
    slow.until(10).await;
    let opened = slow.open();
    site.portal.wait_deliveries_settled().await;
    let got = slow.got();
    assert_eq!(got.len(), 11);
    let late = got.iter().filter(|(_, at)| *at >= opened).count();
    assert_eq!(late, 1);
}

#[tokio::test]
async fn a_change_can_be_delivered_before_the_creation_of_the_room() {
    let site = site().await;
    let (receiver, url) = Receiver::start(&[]).await;
    site.portal.add_webhook(&site.admin, &url, SECRET, 0);
    let overtaken = |bodies: &[Value]| bodies[0]["event"]["trigger"] == "room.updated";
    for round in 0..100 {
        let room = site.room(RoomType::Custom);
        site.portal.rename(&site.rita, &room, "Other");
        site.portal.wait_deliveries_settled().await;
        let bodies = receiver.bodies();
        assert_eq!(bodies.len(), 2 * (round + 1));
        if overtaken(&bodies[2 * round..]) {
            return;
        }
    }
    panic!("the order was the same in a hundred batches");
}

#[tokio::test]
async fn a_delivery_can_arrive_before_the_answer_to_the_creation() {
    let site = site().await;
    let (receiver, url) = Receiver::start(&[]).await;
    site.portal.add_webhook(&site.admin, &url, SECRET, 0);
    site.portal
        .fault(Fault::on("POST", "files/rooms", FaultKind::HoldAfter));
    let client = site.as_rita.clone();
    let requested = tokio::spawn(async move {
        let body = json!({ "title": "Room", "roomType": 5 });
        client.send("POST", "files/rooms", Some(body)).await
    });
    until("it was notified", || receiver.received().len() == 1).await;
    assert!(!requested.is_finished());
    site.portal.wait_held().await;
    site.portal.release_held();
    assert!(requested.await.unwrap().is_err());
}

#[tokio::test]
async fn a_delivery_undoes_concurrent_changes_except_a_deletion() {
    let site = site().await;
    let (slow, url) = Gate::start().await;
    let id = site.portal.add_webhook(&site.admin, &url, SECRET, 0);
    let gone = site.portal.add_webhook(&site.admin, &url, SECRET, 0);
    site.room(RoomType::Custom);
    slow.until(2).await;
    let name = site.portal.webhooks()[0].name.clone();
    let change = json!({ "id": id, "name": "other", "uri": url, "secretKey": "Another-Secret-1", "triggers": 1 });
    let changed = site.as_admin.put("settings/webhook", change).await;
    assert_eq!(changed.response()["enabled"], false);
    let path = format!("settings/webhook/{gone}");
    assert_eq!(site.as_admin.delete(&path, json!({})).await.status, 200);
    slow.open();
    site.portal.wait_deliveries_settled().await;
    let left = site.portal.webhooks();
    assert_eq!(left.len(), 1);
    let is_as_before = (left[0].name == name, left[0].enabled, left[0].mask);
    assert_eq!(is_as_before, (true, true, 0));
    // The secret too: the log shows that the old one signed.
    site.room(RoomType::Custom);
    site.portal.wait_deliveries_settled().await;
    let last = site.portal.deliveries().pop().unwrap();
    let signed = super::super::webhooks::attempt::signature(SECRET, last.body.as_bytes());
    assert_eq!(last.signature, Some(signed));
}

#[tokio::test]
async fn queued_rows_are_sent_to_a_disabled_webhook_but_not_to_a_deleted_one() {
    let site = site().await;
    let (slow, slow_url) = Gate::start().await;
    let (receiver, url) = Receiver::start(&[]).await;
    let (unlucky, unlucky_url) = Receiver::start(&[]).await;
    let mask = Trigger::FolderCreated.bit();
    site.portal
        .add_webhook(&site.admin, &slow_url, SECRET, Trigger::RoomCreated.bit());
    let disabled = site.portal.add_webhook(&site.admin, &url, SECRET, mask);
    let deleted = site
        .portal
        .add_webhook(&site.admin, &unlucky_url, SECRET, mask);
    let room = site.room(RoomType::Custom);
    slow.until(1).await;
    site.portal.add_folder(&site.rita, &room, "Folder");
    site.portal.set_webhook_enabled(disabled, false);
    let path = format!("settings/webhook/{deleted}");
    site.as_admin.delete(&path, json!({})).await;
    slow.open();
    site.portal.wait_deliveries_settled().await;
    assert_eq!(receiver.received().len(), 1);
    assert!(unlucky.received().is_empty());
    assert!(!site.portal.webhooks()[1].enabled);
    let rows = site.portal.deliveries();
    assert!(rows.iter().all(|row| row.webhook != deleted));
}

#[tokio::test]
async fn a_webhook_keeps_working_for_a_disabled_owner_and_loses_rights_with_a_demoted_one() {
    let site = site().await;
    let owner = site.portal.add_person(
        "Otto Owner",
        "otto@example.org",
        EmployeeType::DocSpaceAdmin,
    );
    site.portal
        .add_webhook(&owner, "http://127.0.0.1:9/", SECRET, 0);
    let notified = |by: &str| {
        let before = site.portal.deliveries().len();
        site.portal.create_room(by, RoomType::Custom, "Room");
        site.portal.deliveries().len() - before
    };
    site.portal.set_status(&owner, EmployeeStatus::Terminated);
    assert_eq!(notified(&site.rita), 1);
    site.portal.set_status(&owner, EmployeeStatus::Active);
    site.portal.set_type(&owner, EmployeeType::RoomAdmin);
    assert_eq!((notified(&site.rita), notified(&owner)), (0, 1));
    site.portal.set_type(&owner, EmployeeType::User);
    assert_eq!(notified(&site.rita), 0);
    assert!(site.portal.webhooks()[0].enabled);
    site.portal.stop();
}

#[tokio::test]
async fn queued_rows_are_lost_when_the_portal_stops() {
    let site = site().await;
    let (receiver, url) = Receiver::start(&[]).await;
    site.portal.add_webhook(&site.admin, &url, SECRET, 0);
    site.room(RoomType::Custom);
    site.portal.stop();
    site.room(RoomType::Custom);
    site.portal.wait_deliveries_settled().await;
    assert!(receiver.received().is_empty());
    let rows = site.portal.deliveries();
    assert!(rows.iter().all(|row| (row.attempts, row.status) == (0, 0)));
}
