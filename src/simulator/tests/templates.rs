//! Rooms that become templates, and templates that become rooms (rooms-api.md, facts about room.created).

use std::time::Duration;

use serde_json::{Value, json};

use super::super::{EntryId, Options, RoomType, Trigger};
use super::site::{Site, options, site, site_with};

const FROM: &str = "files/rooms/fromTemplate";
const STATUS: &str = "files/rooms/fromTemplate/status";

async fn status(site: &Site, path: &str) -> Value {
    site.as_rita.get(path).await.response().clone()
}

async fn until_completed(site: &Site, path: &str) -> Value {
    let completed = async {
        loop {
            let status = status(site, path).await;
            if status["isCompleted"] == true {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let limit = Duration::from_secs(30);
    tokio::time::timeout(limit, completed).await.unwrap()
}

fn id(value: &Value) -> EntryId {
    EntryId::Number(value.as_i64().unwrap())
}

/// A template of Rita's with the folders A, A/B and C.
async fn template(site: &Site) -> EntryId {
    let room = site
        .portal
        .create_template_room(&site.rita, RoomType::Custom, "T");
    let a = site.portal.add_folder(&site.rita, &room, "A");
    site.portal.add_folder(&site.rita, &a, "B");
    site.portal.add_folder(&site.rita, &room, "C");
    room
}

#[tokio::test]
async fn a_room_from_a_template_is_published_before_its_folders_exist() {
    let site = site_with(Options {
        copy_pace: Duration::from_millis(50),
        ..options()
    })
    .await;
    let template = template(&site).await;
    site.portal.grant(&template, &site.admin, 2);
    site.portal
        .add_webhook(&site.rita, "http://127.0.0.1:9/", "Secret-123", 0);
    let started = site
        .as_rita
        .post(
            FROM,
            json!({ "templateId": template, "title": "New", "tags": ["t"] }),
        )
        .await;
    let idle = json!({ "roomId": -1, "progress": 0, "error": "", "isCompleted": false });
    assert_eq!(started.response(), &idle);
    // The room exists and is published, but the status does not show it yet.
    while site.portal.deliveries().is_empty() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(site.portal.deliveries()[0].trigger, Trigger::RoomCreated);
    assert_eq!(status(&site, STATUS).await, idle);
    // With the first folder copied, the status looks complete.
    let status = loop {
        let status = status(&site, STATUS).await;
        if status["roomId"] != -1 {
            break status;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    };
    assert_eq!(
        (&status["progress"], &status["isCompleted"]),
        (&json!(100), &json!(false))
    );
    let room = id(&status["roomId"]);
    assert!(site.portal.room(&room).unwrap().paths().len() < 3);
    until_completed(&site, STATUS).await;
    let view = site.portal.room(&room).unwrap();
    assert_eq!(view.paths(), ["A", "A/B", "C"]);
    assert_eq!(
        (view.owner.as_str(), view.tags),
        (site.rita.as_str(), vec!["t".to_owned()])
    );
    // Members are not copied, and no event marks the end.
    assert!(view.access.is_empty());
    assert_eq!(site.portal.deliveries().len(), 1);
}

#[tokio::test]
async fn a_request_during_a_job_is_answered_normally_and_dropped() {
    let site = site().await;
    let template = template(&site).await;
    let ask = |title: &str| {
        let body = json!({ "templateId": template, "title": title });
        let client = site.as_rita.clone();
        async move { client.post(FROM, body).await }
    };
    let (first, second) = (ask("first").await, ask("second").await);
    assert_eq!((first.status, second.status), (200, 200));
    assert_eq!(first.response(), second.response());
    until_completed(&site, STATUS).await;
    let titles = || -> Vec<String> {
        let rooms = site.portal.rooms().into_iter();
        rooms.map(|room| room.title).collect()
    };
    assert_eq!(titles(), ["T", "first"]);
    // A request after the end starts a new job.
    ask("third").await;
    until_completed(&site, STATUS).await;
    assert_eq!(titles(), ["T", "first", "third"]);
}

#[tokio::test]
async fn an_unknown_template_is_an_error_in_the_status_that_everybody_may_read() {
    let site = site().await;
    let got = site
        .as_rita
        .post(FROM, json!({ "templateId": 9999, "title": "x" }))
        .await;
    assert_eq!(got.status, 200);
    until_completed(&site, STATUS).await;
    let status = site.client(&site.gina).get(STATUS).await;
    assert_eq!(
        status.response(),
        &json!({
            "roomId": -1, "progress": 0, "isCompleted": true,
            "error": "Object reference not set to an instance of an object.",
        })
    );
    assert!(site.portal.rooms().is_empty());
}

#[tokio::test]
async fn a_quota_is_set_last_and_published_as_a_change() {
    let site = site().await;
    let template = template(&site).await;
    site.portal
        .add_webhook(&site.rita, "http://127.0.0.1:9/", "Secret-123", 0);
    site.as_rita
        .post(
            FROM,
            json!({ "templateId": template, "title": "x", "quota": 7 }),
        )
        .await;
    let status = until_completed(&site, STATUS).await;
    assert_eq!(site.portal.room(&id(&status["roomId"])).unwrap().quota, 7);
    let triggers: Vec<Trigger> = site
        .portal
        .deliveries()
        .iter()
        .map(|row| row.trigger)
        .collect();
    assert_eq!(triggers, [Trigger::RoomCreated, Trigger::RoomUpdated]);
}

#[tokio::test]
async fn a_room_becomes_a_template_with_its_folders_and_settings_and_is_published_as_a_room() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let a = site.portal.add_folder(&site.rita, &room, "A");
    site.portal.add_folder(&site.rita, &a, "B");
    site.as_rita
        .put(
            &format!("files/rooms/{room}"),
            json!({ "denyDownload": true, "tags": ["of the room"] }),
        )
        .await;
    site.portal
        .add_webhook(&site.rita, "http://127.0.0.1:9/", "Secret-123", 0);
    let (start, status_path) = ("files/roomtemplate", "files/roomtemplate/status");
    let body =
        json!({ "roomId": room, "title": "T", "share": ["owner@example.org"], "public": false });
    assert_eq!(site.as_rita.post(start, body).await.status, 200);
    let status = until_completed(&site, status_path).await;
    let made = site.portal.room(&id(&status["templateId"])).unwrap();
    assert_eq!(made.state, super::super::RoomState::Template);
    assert_eq!(made.paths(), ["A", "A/B"]);
    assert!(made.deny_download && made.tags.is_empty());
    assert_eq!(made.access[&site.admin], 2);
    assert_eq!(site.portal.deliveries()[0].trigger, Trigger::RoomCreated);
    // A content creator cannot make a template of another person's room.
    site.portal.grant(&room, &site.uwe, 11);
    let body = json!({ "roomId": room, "title": "T2" });
    site.client(&site.uwe).post(start, body).await;
    let status = until_completed(&site, status_path).await;
    assert_eq!(status["templateId"], -1);
    assert_ne!(status["error"], "");
}
