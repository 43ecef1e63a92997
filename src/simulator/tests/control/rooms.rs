//! Rooms, their folders, webhooks, the clock.

use serde_json::{Value, json};

use super::{SECRET, site};
use crate::simulator::RoomState;
use crate::simulator::tests::deliveries::Receiver;
use crate::simulator::tests::site::START;

#[tokio::test]
async fn a_room_changes_as_if_people_changed_it() {
    let site = site().await;
    let got = site
        .ask(
            "PUT /rooms/deals",
            json!({ "title": "Deals 2", "older": "3d" }),
        )
        .await;
    assert_eq!(got["title"], "Deals 2");
    let got = site
        .ask("PUT /rooms/deals", json!({ "owner": "ben" }))
        .await;
    assert_eq!(got["owner"], site.id("user:ben"));
    for (archived, state) in [(true, RoomState::Archived), (false, RoomState::Active)] {
        let got = site
            .ask(
                "PUT /rooms/deals",
                json!({ "archived": archived, "by": "svc" }),
            )
            .await;
        assert_eq!(got["state"], json!(state));
    }
    site.ask("PUT /rooms/deals/tags/caf%C3%A9%2Fbar", json!({}))
        .await;
    site.ask("DELETE /rooms/deals/tags/X", json!({})).await;
    site.ask("PUT /rooms/deals/members/HR", json!({ "access": "viewer" }))
        .await;
    site.ask("PUT /rooms/deals/members/gus", json!({ "access": 11 }))
        .await;
    let got = site
        .ask("DELETE /rooms/deals/members/cleo", json!({}))
        .await;
    assert_eq!(got["tags"], json!(["café/bar"]));
    let mut members: Vec<(&str, &str)> = got["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| {
            (
                member["name"].as_str().unwrap(),
                member["access"].as_str().unwrap(),
            )
        })
        .collect();
    members.sort_unstable();
    let expected = [
        ("HR", "Read"),
        ("anna Berg", "RoomManager"),
        ("gus", "ContentCreator"),
    ];
    assert_eq!(members, expected);
    let room = site.portal.find_room("deals").unwrap();
    assert_eq!(got["id"], room.to_json());
    site.ask("DELETE /rooms/deals", json!({})).await;
    assert!(site.portal.room(&room).is_none());
}

#[tokio::test]
async fn rooms_and_folders_are_created_renamed_and_deleted() {
    let site = site().await;
    let made = site
        .ask(
            "POST /rooms",
            json!({ "title": "New: one", "owner": "ben", "type": "vdr", "folders": ["A/B", "A/C"] }),
        )
        .await;
    assert_eq!(
        (&made["title"], &made["type"]),
        (&json!("New_ one"), &json!("VirtualDataRoom"))
    );
    let paths = |room: &Value| -> Vec<String> {
        let folders = room["folders"].as_array().unwrap().iter();
        folders
            .map(|folder| folder["path"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(paths(&made), ["A", "A/B", "A/C"]);
    let room = format!("/rooms/{}", made["id"]);
    let folder = site
        .ask(&format!("POST {room}/folders"), json!({ "path": "A/D" }))
        .await;
    let id = &folder["id"];
    let renamed = site
        .ask(&format!("PUT /folders/{id}"), json!({ "title": "E" }))
        .await;
    assert_eq!(paths(&renamed), ["A", "A/B", "A/C", "A/E"]);
    site.ask(&format!("DELETE /folders/{id}"), json!({})).await;
    assert_eq!(paths(&site.get(&room).await), ["A", "A/B", "A/C"]);
    // Titles may occur twice, as on the server.
    site.ask(&format!("POST {room}/folders"), json!({ "path": "A/B" }))
        .await;
    assert_eq!(paths(&site.get(&room).await), ["A", "A/B", "A/B", "A/C"]);
}

#[tokio::test]
async fn webhooks_are_registered_fired_retried_and_repeated() {
    let site = site().await;
    let (receiver, url) = Receiver::start(&[]).await;
    let hook = json!({ "url": url, "secret": SECRET, "triggers": ["room.created"] });
    let made = site.ask("POST /webhooks", hook).await;
    assert_eq!(
        (&made["mask"], &made["owner"]),
        (&json!(1 << 22), &json!(site.id("user:owner")))
    );
    let fire = json!({ "trigger": "room.created" });
    let fired = site.ask("POST /rooms/deals/events", fire.clone()).await;
    let event = fired["events"][0].clone();
    let settled = site.ask("POST /deliveries/settle", json!({})).await;
    assert_eq!(
        (&settled[0]["event"], &settled[0]["delivered"]),
        (&event, &json!(true))
    );
    let again = site
        .ask(&format!("POST /deliveries/{event}/retry"), json!({}))
        .await;
    assert_ne!(again["event"], event);
    site.ask(&format!("POST /deliveries/{event}/repeat"), json!({}))
        .await;
    let settled = site.ask("POST /deliveries/settle", json!({})).await;
    assert_eq!(
        (&settled[0]["attempts"], &settled[1]["attempts"]),
        (&json!(2), &json!(1))
    );
    let mut sent: Vec<Value> = receiver
        .bodies()
        .iter()
        .map(|body| body["event"]["id"].clone())
        .collect();
    sent.sort_by_key(Value::as_i64);
    assert_eq!(sent, [event.clone(), event, again["event"].clone()]);

    // A new room notifies the webhooks, but not a disabled or deleted one.
    let room = json!({ "title": "T", "owner": "anna", "type": "custom" });
    site.ask("POST /rooms", room.clone()).await;
    site.ask("POST /deliveries/settle", json!({})).await;
    assert_eq!(receiver.bodies().len(), 4);
    let path = format!("/webhooks/{}", made["id"]);
    site.ask(&format!("PUT {path}"), json!({ "enabled": false }))
        .await;
    site.ask("POST /rooms", room.clone()).await;
    site.ask(&format!("PUT {path}"), json!({ "enabled": true }))
        .await;
    site.ask(&format!("DELETE {path}"), json!({})).await;
    site.ask("POST /rooms", room).await;
    site.ask("POST /deliveries/settle", json!({})).await;
    assert_eq!(receiver.bodies().len(), 4);
    assert_eq!(site.get("/webhooks").await, json!([]));
}

#[tokio::test]
async fn the_clock_moves_forward() {
    let site = site().await;
    let before = site.get("/clock").await;
    assert_eq!(before["now"], START);
    let after = site.ask("POST /clock", json!({ "advance": "36h" })).await;
    assert_eq!(after["now"], "2026-07-02T21:15:42Z");
}
