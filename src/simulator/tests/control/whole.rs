//! The reset and the whole state.

use serde_json::{Value, json};

use super::{SECRET, site, site_with};
use crate::simulator::tests::deliveries::Receiver;
use crate::simulator::tests::site::{START, options};
use crate::simulator::{EmployeeType, Options, Portal};

#[tokio::test]
async fn a_reset_restores_the_seed_with_the_same_names_and_credentials() {
    let site = site().await;
    let begun = site.get("/rooms").await;
    let (_, url) = Receiver::start(&[]).await;
    site.ask("POST /webhooks", json!({ "url": url, "secret": SECRET }))
        .await;
    site.ask("DELETE /rooms/deals", json!({})).await;
    site.ask("DELETE /accounts/anna", json!({})).await;
    site.ask("PUT /keys/svc", json!({ "active": false })).await;
    site.ask("PUT /latency", json!({ "latency": "1ms" })).await;
    site.ask("PUT /limits", json!({})).await;
    site.ask("POST /clock", json!({ "advance": "1d" })).await;
    site.ask("POST /faults", json!({ "kind": "pause" })).await;
    site.ask("POST /deliveries/settle", json!({})).await;
    let last = site.portal.deliveries().last().unwrap().event;

    let reset = site.ask("POST /reset", json!({})).await;
    assert_eq!(reset, json!(site.names));
    assert_eq!(site.get("/rooms").await, begun);
    let state = site.get("/state").await;
    for what in ["webhooks", "deliveries", "requests", "faults"] {
        assert_eq!(state[what], json!([]), "{what}");
    }
    assert_eq!(state["now"], START);
    let behaviour = site.get("/behaviour").await;
    assert_eq!(
        (&behaviour["limits"], &behaviour["latency"]),
        (&Value::Null, &Value::Null)
    );
    let svc = site.as_svc();
    assert_eq!(
        svc.get("people/@self").await.response()["id"],
        site.id("user:svc")
    );
    // Event numbers are never reused.
    site.ask("POST /webhooks", json!({ "url": url, "secret": SECRET }))
        .await;
    site.ask(
        "POST /rooms/deals/events",
        json!({ "trigger": "room.updated" }),
    )
    .await;
    assert!(site.portal.deliveries()[0].event > last);
}

#[tokio::test]
async fn a_reset_drops_pending_deliveries() {
    // A failed delivery is retried after a minute; this test does not wait that long.
    let site = site_with(Options {
        retry_scale: 60.0,
        ..options()
    })
    .await;
    let (refusing, url) = Receiver::start(&[500]).await;
    let hook = json!({ "url": url, "secret": SECRET });
    let fire = json!({ "trigger": "room.updated" });
    site.ask("POST /webhooks", hook.clone()).await;
    site.ask("POST /rooms/deals/events", fire).await;
    site.ask("POST /reset", json!({})).await;
    assert_eq!(
        site.ask("POST /deliveries/settle", json!({})).await,
        json!([])
    );
    assert_eq!(site.get("/webhooks").await, json!([]));
    assert!(refusing.bodies().is_empty());
}

#[tokio::test]
async fn a_reset_without_a_seed_leaves_only_the_owner() {
    let portal = Portal::start(options()).await.unwrap();
    let owner = portal.portal_owner();
    portal.add_person("Rita Room", "rita@example.org", EmployeeType::RoomAdmin);
    portal.reset().await;
    assert_eq!(portal.accounts().len(), 1);
    assert_eq!(portal.portal_owner(), owner);
}

#[tokio::test]
async fn the_state_contains_no_secrets() {
    let site = site().await;
    site.ask(
        "POST /webhooks",
        json!({ "url": "http://127.0.0.1:9/", "secret": SECRET }),
    )
    .await;
    let state = site.get("/state").await.to_string();
    let token = site.names.credentials["key:svc"].replace("Bearer ", "");
    for secret in [
        SECRET,
        "very secret",
        &token,
        &site.names.credentials["anna"],
    ] {
        assert!(!state.contains(secret));
    }
}

#[tokio::test]
async fn an_unknown_call_is_answered_with_the_list_of_calls() {
    let site = site().await;
    let overview = site.get("").await;
    let calls = overview["calls"].as_array().unwrap();
    assert!(
        calls
            .iter()
            .any(|call| call["call"] == "POST /simulator/reset")
    );
    for call in ["GET /nothing", "PATCH /rooms", "POST /accounts/anna"] {
        let (status, got) = site.send(call, "").await;
        assert_eq!(
            (status, got["calls"].as_array().unwrap().len()),
            (404, calls.len())
        );
    }
}
