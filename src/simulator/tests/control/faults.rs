//! Faults, limits, recorded requests.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::site;
use crate::simulator::RateLimits;

#[tokio::test]
async fn faults_are_armed_counted_and_disarmed() {
    let site = site().await;
    let svc = site.as_svc();
    let empty = json!({ "method": "GET", "route": "people/@self", "kind": { "status": { "status": 500 } }, "times": 1 });
    let number = site.ask("POST /faults", empty).await["number"].clone();
    let wrong = json!({ "kind": { "replace": { "member": "/response/id", "value": 7 } } });
    site.ask("POST /faults", wrong).await;
    let first = svc.get("people/@self").await;
    assert_eq!((first.status, first.text.as_str()), (500, ""));
    assert_eq!(svc.get("people/@self").await.response()["id"], 7);
    let listed = site.get("/faults").await;
    let struck: Vec<&Value> = [0, 1].map(|at| &listed["faults"][at]["struck"]).to_vec();
    assert_eq!(struck, [&json!(1), &json!(1)]);
    let left = site
        .ask(&format!("DELETE /faults/{number}"), json!({}))
        .await;
    assert_eq!(left["faults"].as_array().unwrap().len(), 1);
    site.ask("DELETE /faults", json!({})).await;
    assert_eq!(
        svc.get("people/@self").await.response()["id"],
        site.id("user:svc")
    );
}

#[tokio::test]
async fn every_kind_of_fault_can_be_armed() {
    let site = site().await;
    for kind in [
        json!({ "delay": "200ms" }),
        json!({ "status": { "status": 503, "retryAfter": 7, "body": "later" } }),
        json!({ "html": 502 }),
        json!("truncated-json"),
        json!("close-before"),
        json!("do-and-drop"),
        json!({ "do-then-status": 500 }),
        json!({ "drop-and-do-later": "on-demand" }),
        json!({ "drop-and-do-later": { "after": "2s" } }),
        json!({ "answer-and-do-later": { "status": 504, "later": "next-listing" } }),
        json!({ "replace": { "member": "/response/id", "value": "abc" } }),
        json!("contended"),
        json!("endless"),
        json!({ "trickle": "5ms" }),
        json!("pause"),
        json!("hold-before"),
        json!("hold-after"),
    ] {
        let made = site.ask("POST /faults", json!({ "kind": kind })).await;
        assert_eq!(made["kind"], kind);
    }
}

#[tokio::test]
async fn held_calls_are_released_and_deferred_work_is_done() {
    let site = site().await;
    site.ask(
        "POST /faults",
        json!({ "route": "people/@self", "kind": "pause" }),
    )
    .await;
    let svc = site.as_svc();
    let held = svc.get("people/@self");
    let let_go = async {
        let begun = Instant::now();
        while site.get("/faults").await["held"] == 0 {
            assert!(begun.elapsed() < Duration::from_secs(10));
        }
        site.ask("POST /release", json!({})).await
    };
    let (got, released) = tokio::join!(held, let_go);
    assert_eq!((got.status, &released["released"]), (200, &json!(1)));
    let late = json!({ "route": "files/rooms/{id}/tags", "kind": { "drop-and-do-later": "on-demand" }, "times": 1 });
    site.ask("POST /faults", late).await;
    let room = site.portal.find_room("deals").unwrap();
    let path = format!("files/rooms/{room}/tags");
    let lost = svc
        .send("PUT", &path, Some(json!({ "names": ["late"] })))
        .await;
    assert!(lost.is_err());
    assert_eq!(site.ask("POST /pending", json!({})).await["done"], 1);
    assert_eq!(site.portal.room(&room).unwrap().tags, ["x", "late"]);
}

#[tokio::test]
async fn limits_latency_and_contention_are_set_and_shown() {
    let site = site().await;
    let off = site.get("/behaviour").await;
    assert_eq!(
        (&off["limits"], &off["latency"]),
        (&Value::Null, &Value::Null)
    );
    let on = site.ask("PUT /limits", json!({ "writesAtOnce": 3 })).await;
    assert_eq!(
        (&on["limits"]["writesAtOnce"], &on["limits"]["readsAtOnce"]),
        (&json!(3), &json!(50))
    );
    let slow = site
        .ask("PUT /latency", json!({ "latency": "1ms..1500ms" }))
        .await;
    assert_eq!(slow["latency"], "1ms..1500ms");
    let contended = site.ask("PUT /contention", json!({ "nested": 0.5 })).await;
    assert_eq!(
        contended["contention"],
        json!({ "nested": 0.5, "firstLevel": 0.0, "tags": 0.0, "grants": 0.0 })
    );
    for what in ["limits", "latency", "contention"] {
        site.ask(&format!("DELETE /{what}"), json!({})).await;
    }
    assert_eq!(site.get("/behaviour").await, off);
}

#[tokio::test]
async fn control_calls_are_not_recorded_limited_or_struck() {
    let site = site().await;
    site.portal.set_rate_limits(Some(RateLimits {
        per_minute: 1,
        ..RateLimits::default()
    }));
    site.ask("POST /faults", json!({ "kind": "close-before" }))
        .await;
    for _ in 0..5 {
        assert_eq!(site.get("/requests").await["requests"], json!([]));
    }
    assert!(
        site.as_svc()
            .send("GET", "people/@self?a=b", None)
            .await
            .is_err()
    );
    let record = site.get("/requests").await;
    let requested = &record["requests"][0];
    assert_eq!(
        (&requested["path"], &requested["query"]),
        (&json!("/api/2.0/people/@self"), &json!("a=b"))
    );
    assert_eq!(
        (&requested["user"], &requested["status"]),
        (&json!(site.id("user:svc")), &json!(0))
    );
    assert_eq!(record["mostAtOnce"]["reads"], 1);
    assert_eq!(
        site.ask("DELETE /requests", json!({})).await["requests"],
        json!([])
    );
}
