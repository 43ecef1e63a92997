//! Webhooks through the API: registering, probing, reading the log.

use axum::http::Method;
use serde_json::{Value, json};

use super::super::{RoomType, Trigger};
use super::deliveries::Receiver;
use super::site::{Client, site};

const SECRET: &str = "Rooms-2026!Prov1sion";

fn hook(url: &str) -> Value {
    json!({ "name": "rooms", "uri": url, "secretKey": SECRET, "enabled": true, "triggers": Trigger::RoomCreated.bit() })
}

#[tokio::test]
async fn a_webhook_is_created_after_its_url_answered_head() {
    let site = site().await;
    let (receiver, url) = Receiver::start(&[]).await;
    let made = site.as_admin.post("settings/webhook", hook(&url)).await;
    assert_eq!(
        (
            made.status,
            &made.response()["triggers"],
            &made.response()["enabled"]
        ),
        (200, &json!(4_194_304), &json!(true))
    );
    assert!(!made.text.contains(SECRET));
    let probe = receiver.received().remove(0);
    assert_eq!((probe.method, probe.body), (Method::HEAD, Vec::new()));
    assert!(probe.headers.get("x-docspace-signature-256").is_none());
    assert!(probe.headers.get("content-type").is_none());
    assert_eq!(
        site.as_admin
            .post("settings/webhook", hook(&url))
            .await
            .status,
        400
    );
    // Only a change makes a webhook accept an address without TLS.
    let mut plain = hook(&url);
    plain["id"] = made.response()["id"].clone();
    site.as_admin.put("settings/webhook", plain).await;
    site.room(RoomType::Custom);
    site.portal.wait_deliveries_settled().await;
    assert_eq!(receiver.bodies().len(), 1);
    let listed = site.as_admin.get("settings/webhook").await;
    assert_eq!(
        (
            &listed.response()[0]["configs"]["uri"],
            &listed.response()[0]["status"]
        ),
        (&json!(url), &json!(200))
    );
    assert_eq!(
        site.as_rita.get("settings/webhook").await.response(),
        &json!([])
    );
}

#[tokio::test]
async fn a_url_without_a_good_answer_is_refused() {
    let site = site().await;
    let (_, refusing) = Receiver::start(&[405]).await;
    assert_eq!(
        site.as_admin
            .post("settings/webhook", hook(&refusing))
            .await
            .status,
        400
    );
    assert_eq!(
        site.as_admin
            .post("settings/webhook", hook("http://127.0.0.1:1/"))
            .await
            .status,
        500
    );
    let mut short = hook(&refusing);
    short["secretKey"] = json!("short");
    assert_eq!(
        site.as_admin.post("settings/webhook", short).await.status,
        400
    );
    assert_eq!(
        site.client(&site.gina)
            .post("settings/webhook", hook(&refusing))
            .await
            .status,
        403
    );
    // Users may have webhooks, but not for events that only other types may subscribe to.
    assert_eq!(
        site.client(&site.uwe)
            .post("settings/webhook", hook(&refusing))
            .await
            .status,
        400
    );
    let narrow = site
        .portal
        .add_key(&site.admin, &["rooms:write", "files:write", "*:read"]);
    let narrow = Client::with(&site.portal, Some(narrow));
    assert_eq!(
        narrow
            .post("settings/webhook", hook(&refusing))
            .await
            .status,
        403
    );
    assert_eq!(narrow.get("settings/webhook").await.status, 200);
}

#[tokio::test]
async fn a_webhook_is_changed_switched_and_deleted() {
    let site = site().await;
    let (_, url) = Receiver::start(&[]).await;
    let id = site
        .as_admin
        .post("settings/webhook", hook(&url))
        .await
        .response()["id"]
        .clone();
    let with = |more: Value| {
        let mut body = hook(&url);
        body["id"] = id.clone();
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    let changed = site
        .as_admin
        .put(
            "settings/webhook",
            with(json!({ "name": "other", "secretKey": "" })),
        )
        .await;
    assert_eq!(
        (changed.status, &changed.response()["name"]),
        (200, &json!("other"))
    );
    let off = site
        .as_admin
        .put("settings/webhook/enable", with(json!({ "enabled": false })))
        .await;
    assert_eq!(off.response()["enabled"], false);
    assert_eq!(
        site.as_admin
            .put(
                "settings/webhook/enable",
                json!({ "id": id, "enabled": true })
            )
            .await
            .status,
        400
    );
    assert!(!site.portal.webhooks()[0].enabled);
    assert_eq!(
        site.as_admin
            .put("settings/webhook/enable", with(json!({})))
            .await
            .status,
        200
    );
    assert!(site.portal.webhooks()[0].enabled);
    let path = format!("settings/webhook/{id}");
    assert_eq!(site.as_rita.delete(&path, json!({})).await.status, 403);
    assert_eq!(site.as_admin.delete(&path, json!({})).await.status, 200);
    assert!(site.portal.webhooks().is_empty());
}

#[tokio::test]
async fn the_log_shows_deliveries_and_resends_them() {
    let site = site().await;
    let (receiver, url) = Receiver::start(&[500; 6]).await;
    site.portal.add_webhook(&site.admin, &url, SECRET, 0);
    let room = site.room(RoomType::Custom);
    site.portal.wait_deliveries_settled().await;
    site.room(RoomType::Custom);
    site.portal.wait_deliveries_settled().await;
    let log = site.as_admin.get("settings/webhooks/log").await;
    assert_eq!(
        (
            &log.json["total"],
            &log.response()[0]["status"],
            &log.response()[1]["status"]
        ),
        (&json!(2), &json!(200), &json!(500))
    );
    let failed = site
        .as_admin
        .get("settings/webhooks/log?groupStatus=29&trigger=RoomCreated")
        .await;
    let row = &failed.response()[0];
    assert_eq!(
        (&failed.json["total"], row.get("delivery")),
        (&json!(1), None)
    );
    let payload: Value = serde_json::from_str(row["requestPayload"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&payload["payload"]["id"], &payload["event"]["id"]),
        (&room.to_json(), &row["id"])
    );
    assert_eq!(
        site.as_admin
            .get("settings/webhooks/log?deliveryFrom=2020-01-01T00:00:00")
            .await
            .json["total"],
        1
    );
    let again = site
        .as_admin
        .put(&format!("settings/webhook/{}/retry", row["id"]), json!({}))
        .await;
    assert_ne!(again.response()["id"], row["id"]);
    site.portal.wait_deliveries_settled().await;
    let last = receiver.bodies().pop().unwrap();
    assert_eq!(
        (&last["event"]["id"], &last["payload"]),
        (&again.response()["id"], &payload["payload"])
    );
    assert_eq!(
        site.as_rita.get("settings/webhooks/log").await.json["total"],
        0
    );
}
