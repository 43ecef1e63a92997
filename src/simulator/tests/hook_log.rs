//! The webhook log: what it shows, its filters, and resending its rows.

use axum::Router;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::super::{Options, RoomType, Trigger};
use super::deliveries::{Receiver, serve};
use super::site::{Site, options, site, site_with};

const SECRET: &str = "Rooms-2026!Prov1sion";

/// Creates a room, and waits until its deliveries succeeded or failed for good.
async fn create_and_settle(site: &Site) {
    site.room(RoomType::Custom);
    site.portal.wait_deliveries_settled().await;
}

async fn answering(status: StatusCode, text: String) -> String {
    let answer = move || std::future::ready((status, [("X-Mark", "1")], text.clone()));
    serve(Router::new().fallback(answer)).await
}

async fn row(site: &Site) -> Value {
    let log = site.as_admin.get("settings/webhooks/log").await;
    log.response()[0].clone()
}

#[tokio::test]
async fn a_row_shows_the_last_attempt_and_its_answer() {
    let site = site().await;
    let url = answering(StatusCode::OK, "fine".to_owned()).await;
    site.portal.add_webhook(&site.admin, &url, SECRET, 0);
    create_and_settle(&site).await;
    let row = row(&site).await;
    let sent = site.portal.deliveries().remove(0);
    let headers: Value = serde_json::from_str(row["requestHeaders"].as_str().unwrap()).unwrap();
    let expected = json!({ "Accept": ["*/*"], "x-docspace-signature-256": [sent.signature] });
    assert_eq!(headers, expected);
    let headers: Value = serde_json::from_str(row["responseHeaders"].as_str().unwrap()).unwrap();
    assert_eq!(headers["X-Mark"], json!(["1"]));
    assert!(headers.get("Content-Type").is_none());
    assert_eq!(
        (&row["responsePayload"], &row["status"]),
        (&json!("fine"), &json!(200))
    );
    assert_eq!(row["requestPayload"], json!(sent.body));
    assert_eq!(row["configName"], "webhook-1");
}

#[tokio::test]
async fn a_failure_is_shown_in_place_of_an_answer() {
    let site = site().await;
    let url = answering(StatusCode::IM_A_TEAPOT, "a teapot".to_owned()).await;
    site.portal.add_webhook(&site.admin, &url, SECRET, 0);
    create_and_settle(&site).await;
    let row = row(&site).await;
    let why = "Response status code does not indicate success: 418 (I'm a teapot).";
    assert_eq!(
        (&row["responsePayload"], &row["status"]),
        (&json!(why), &json!(418))
    );
    assert_eq!(
        (row.get("responseHeaders"), row.get("delivery")),
        (None, None)
    );
    let hooks = site.as_admin.get("settings/webhook").await;
    let hook = &hooks.response()[0];
    assert_eq!(
        (&hook["status"], &hook["configs"]["lastFailureContent"]),
        (&json!(418), &json!(why))
    );
}

#[tokio::test]
async fn an_answer_that_does_not_fit_the_log_looks_like_no_delivery() {
    for (text, is_held) in [
        ("x".repeat(65_535), true),
        ("x".repeat(65_536), false),
        ("ü".repeat(32_768), false),
        ("Übermaß – 100 €".to_owned(), true),
        ("done 🙂".to_owned(), false),
    ] {
        let site = site().await;
        let url = answering(StatusCode::OK, text).await;
        site.portal.add_webhook(&site.admin, &url, SECRET, 0);
        create_and_settle(&site).await;
        let delivery = site.portal.deliveries().remove(0);
        assert_eq!((delivery.attempts, delivery.delivered), (1, is_held));
        let row = row(&site).await;
        assert_eq!(row["status"], if is_held { 200 } else { 0 });
        assert_eq!(row.get("requestHeaders").is_some(), is_held);
        let payload: Value = serde_json::from_str(row["requestPayload"].as_str().unwrap()).unwrap();
        assert_eq!(payload["event"].get("id").is_some(), is_held);
        let hooks = site.as_admin.get("settings/webhook").await;
        let hook = &hooks.response()[0]["configs"];
        assert_eq!(hook.get("lastSuccessOn").is_some(), is_held);
    }
}

#[tokio::test]
async fn a_410_before_the_last_attempt_is_an_ordinary_failure() {
    let site = site().await;
    let (receiver, url) = Receiver::start(&[410, 410, 410, 410, 410]).await;
    site.portal.add_webhook(&site.admin, &url, SECRET, 0);
    create_and_settle(&site).await;
    assert_eq!(receiver.received().len(), 6);
    assert_eq!(row(&site).await["status"], 200);
}

#[tokio::test]
async fn the_log_is_filtered_by_webhook_event_state_and_owner() {
    let site = site().await;
    let (_, good) = Receiver::start(&[]).await;
    let (_, bad) = Receiver::start(&[503; 6]).await;
    site.portal.add_webhook(&site.admin, &good, SECRET, 0);
    site.portal.add_webhook(&site.rita, &bad, SECRET, 0);
    create_and_settle(&site).await;
    let event = site.portal.deliveries()[0].event;
    let upper = good.to_uppercase();
    let (admin, rita) = (&site.admin, &site.rita);
    for (query, total) in [
        (String::new(), 2),
        ("configId=2".to_owned(), 1),
        ("configId=".to_owned(), 2),
        (format!("eventId={event}"), 1),
        (format!("hookUri={good}"), 1),
        (format!("hookUri={upper}"), 1),
        (format!("hookUri={}", good.trim_end_matches("hook")), 0),
        (format!("userId={admin}"), 1),
        (format!("userId={rita}"), 1),
        ("trigger=RoomCreated".to_owned(), 2),
        ("trigger=roomcreated".to_owned(), 2),
        (format!("trigger={}", Trigger::RoomCreated.bit()), 2),
        ("trigger=FileCreated".to_owned(), 0),
        ("trigger=0".to_owned(), 2),
        ("trigger=All".to_owned(), 2),
        ("groupStatus=2".to_owned(), 1),
        ("groupStatus=29".to_owned(), 1),
        ("groupStatus=status2xx, Status5xx".to_owned(), 2),
        ("groupStatus=NotSent".to_owned(), 0),
        ("groupStatus=0".to_owned(), 2),
        ("deliveryFrom=2026-07-01T09:15:42Z".to_owned(), 1),
        ("deliveryFrom=2026-07-01T09:15:43Z".to_owned(), 0),
        ("deliveryTo=2026-07-01T09:15:42".to_owned(), 1),
        ("deliveryTo=2026-07-01".to_owned(), 0),
    ] {
        let path = format!("settings/webhooks/log?{query}");
        let got = site.as_admin.get(&path).await;
        assert_eq!(got.json["total"], total, "{query} {}", got.text);
        assert_eq!(got.json["count"], 1);
    }
    // Others see only the rows of their own webhooks, whatever filter they use.
    let path = format!("settings/webhooks/log?userId={admin}");
    let own = site.as_rita.get(&path).await;
    assert_eq!(own.json["total"], 1);
    assert_eq!(own.response()[0]["configName"], "webhook-2");
    let guest = site.client(&site.gina).get("settings/webhooks/log").await;
    assert_eq!(guest.status, 403);
}

#[tokio::test]
async fn the_log_refuses_invalid_values() {
    let site = site().await;
    for query in [
        "trigger=room.created",
        "trigger=12582912",
        "trigger=-1",
        "groupStatus=32",
        "groupStatus=Status6xx",
        "configId=x",
        "eventId=1.5",
        "userId=nobody",
        "deliveryFrom=yesterday",
        "count=0",
        "count=101",
        "count=x",
    ] {
        let got = site
            .as_admin
            .get(&format!("settings/webhooks/log?{query}"))
            .await;
        let (name, _) = query.split_once('=').unwrap();
        let wrong = &got.response()["errors"];
        assert!(wrong.get(name).is_some(), "{query} {}", got.text);
    }
    let got = site
        .as_admin
        .get("settings/webhooks/log?startIndex=-1")
        .await;
    assert_eq!(
        (got.status, got.thrown()),
        (500, "MySqlConnector.MySqlException")
    );
}

#[tokio::test]
async fn times_in_the_log_are_wrong_by_the_offset_of_the_portal() {
    let site = site_with(Options {
        utc_offset_minutes: 120,
        ..options()
    })
    .await;
    let (_, url) = Receiver::start(&[]).await;
    site.portal.add_webhook(&site.admin, &url, SECRET, 0);
    create_and_settle(&site).await;
    let row = row(&site).await;
    assert_eq!(row["creationTime"], "2026-07-01T07:15:42Z");
}

#[tokio::test]
async fn a_resent_row_goes_to_the_current_address_with_the_old_content() {
    let site = site().await;
    let (_, old) = Receiver::start(&[]).await;
    let (receiver, new) = Receiver::start(&[]).await;
    let id = site.portal.add_webhook(&site.admin, &old, SECRET, 0);
    create_and_settle(&site).await;
    let change =
        json!({ "id": id, "name": "renamed", "uri": new, "secretKey": "Another-Secret-1" });
    let changed = site.as_admin.put("settings/webhook", change).await;
    assert_eq!(changed.response()["enabled"], false);
    let event = site.portal.deliveries()[0].event;
    let path = format!("settings/webhook/{event}/retry");
    let again = site.as_admin.put(&path, json!({})).await;
    let again = again.response();
    assert_eq!(
        (again.get("configName"), &again["status"]),
        (None, &json!(0))
    );
    site.portal.wait_deliveries_settled().await;
    let got = receiver.received().pop().unwrap();
    let body: Value = serde_json::from_slice(&got.body).unwrap();
    assert_eq!(body["event"]["id"], again["id"]);
    assert_eq!(
        (&body["webhook"]["url"], &body["webhook"]["name"]),
        (&json!(old), &json!("webhook-1"))
    );
    let signed = super::super::webhooks::attempt::signature("Another-Secret-1", &got.body);
    assert_eq!(got.headers["x-docspace-signature-256"], signed);
    assert_eq!(row(&site).await["configName"], "renamed");
}

#[tokio::test]
async fn rows_are_resent_one_by_one_or_together_by_their_owner() {
    let site = site().await;
    let (receiver, url) = Receiver::start(&[]).await;
    site.portal.add_webhook(&site.admin, &url, SECRET, 0);
    site.portal.add_webhook(&site.rita, &url, SECRET, 0);
    create_and_settle(&site).await;
    let events: Vec<i64> = site
        .portal
        .deliveries()
        .iter()
        .map(|row| row.event)
        .collect();
    for (event, status) in [(0, 400), (77, 404), (events[0], 403), (events[1], 200)] {
        let path = format!("settings/webhook/{event}/retry");
        assert_eq!(site.as_rita.put(&path, json!({})).await.status, status);
    }
    let body = json!({ "ids": [events[0], events[1], 77, events[1].to_string()] });
    let own = site
        .as_rita
        .put("settings/webhook/retry", body.clone())
        .await;
    assert_eq!(own.response().as_array().unwrap().len(), 2);
    let all = site.as_admin.put("settings/webhook/retry", body).await;
    assert_eq!(all.response().as_array().unwrap().len(), 3);
    site.portal.wait_deliveries_settled().await;
    assert_eq!(receiver.received().len(), 2 + 1 + 2 + 3);
    let none = site.as_admin.put("settings/webhook/retry", json!({})).await;
    assert_eq!(
        (none.status, none.thrown()),
        (500, "System.NullReferenceException")
    );
    let guest = site.client(&site.gina);
    let refused = guest.put("settings/webhook/retry", json!({})).await;
    assert_eq!(refused.status, 403);
}

#[tokio::test]
async fn a_webhook_of_one_room_gets_no_other_events_and_names_the_room() {
    let site = site().await;
    let (receiver, url) = Receiver::start(&[]).await;
    let (room, other) = (site.room(RoomType::Custom), site.room(RoomType::Custom));
    let id = site.portal.add_webhook(&site.admin, &url, SECRET, 0);
    let change = json!({
        "id": id, "name": "one", "uri": url, "enabled": true, "targetId": room.to_string(),
    });
    site.as_admin.put("settings/webhook", change).await;
    for room in [&room, &other] {
        site.portal.rename(&site.rita, room, "Renamed");
    }
    site.portal.wait_deliveries_settled().await;
    let bodies = receiver.bodies();
    assert_eq!(bodies.len(), 1);
    let target = json!({ "id": room.to_json(), "type": "room" });
    assert_eq!(bodies[0]["webhook"]["target"], target);
}

#[tokio::test]
async fn a_change_of_owner_is_published_as_a_changed_folder() {
    let site = site().await;
    let (receiver, url) = Receiver::start(&[]).await;
    site.portal.add_webhook(&site.admin, &url, SECRET, 0);
    let room = site.room(RoomType::Custom);
    for owner in [&site.admin, &site.rita] {
        let body = json!({ "userId": owner, "folderIds": [room.to_json()] });
        let got = site.as_admin.post("files/owner", body).await;
        assert_eq!(got.status, 200, "{}", got.text);
        site.portal.wait_deliveries_settled().await;
    }
    let received_triggers: Vec<Value> = receiver
        .bodies()
        .iter()
        .map(|body| body["event"]["trigger"].clone())
        .collect();
    assert_eq!(
        received_triggers,
        ["room.created", "folder.updated", "folder.updated"]
    );
}
