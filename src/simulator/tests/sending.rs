//! Delivery attempts: their times, what a retry reports, and what a failure does to a webhook.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::super::{Options, RoomType};
use super::deliveries::{Receiver, serve};
use super::site::{Site, options, site, site_with};

const SECRET: &str = "Rooms-2026!Prov1sion";

/// Creates a room, and waits until its deliveries succeeded or failed for good.
async fn create_and_settle(site: &Site) {
    site.room(RoomType::Custom);
    site.portal.wait_deliveries_settled().await;
}

#[tokio::test]
async fn the_waits_between_attempts_double() {
    let site = site_with(Options {
        retry_scale: 0.01,
        ..options()
    })
    .await;
    let (receiver, url) = Receiver::start(&[500; 6]).await;
    site.portal.add_webhook(&site.admin, &url, SECRET, 0);
    create_and_settle(&site).await;
    let got = receiver.received();
    let waits: Vec<Duration> = got
        .windows(2)
        .map(|two| two[1].at.duration_since(two[0].at))
        .collect();
    let least = [10, 20, 40, 80, 160].map(Duration::from_millis);
    assert_eq!(waits.len(), least.len());
    assert!(
        waits.iter().zip(least).all(|(wait, least)| *wait >= least),
        "{waits:?}"
    );
}

#[tokio::test]
async fn a_retry_reports_when_the_previous_body_was_built() {
    let site = site().await;
    // Each attempt takes a second of the portal's time at the receiver.
    let (receiver, kept) = Receiver::start(&[]).await;
    let portal = site.portal.clone();
    let slow = move |body: Bytes| async move {
        portal.advance(SignedDuration::from_secs(1));
        let seen = reqwest::Client::new().post(kept).body(body);
        seen.send().await.unwrap();
        StatusCode::SERVICE_UNAVAILABLE
    };
    let url = serve(Router::new().fallback(slow)).await;
    site.portal.add_webhook(&site.admin, &url, SECRET, 0);
    create_and_settle(&site).await;
    let reported: Vec<(Value, Value)> = receiver
        .bodies()
        .iter()
        .map(|body| &body["webhook"])
        .map(|hook| (hook["lastFailureOn"].clone(), hook["retryOn"].clone()))
        .collect();
    let at = |second: u8| json!(format!("2026-07-01T09:15:{second}Z"));
    assert_eq!(reported[0], (json!(null), json!(null)));
    assert_eq!(reported[1], (at(42), at(43)));
    assert_eq!(reported[2], (at(43), at(44)));
    assert_eq!(reported[5], (at(46), at(47)));
}

#[tokio::test]
async fn a_webhook_without_a_success_for_more_than_three_days_is_disabled() {
    let three_days = SignedDuration::from_hours(72);
    for (succeeds_first, more, stays) in [
        (false, SignedDuration::ZERO, true),
        (false, SignedDuration::from_secs(1), false),
        (true, SignedDuration::ZERO, true),
        (true, SignedDuration::from_secs(1), false),
    ] {
        let site = site().await;
        let answers = [&[200][..usize::from(succeeds_first)], &[404; 6]].concat();
        let (_, url) = Receiver::start(&answers).await;
        site.portal.add_webhook(&site.admin, &url, SECRET, 0);
        if succeeds_first {
            // The time of the success counts, not the creation of the webhook.
            site.portal.advance(SignedDuration::from_hours(24));
            create_and_settle(&site).await;
        }
        site.portal.advance(three_days + more);
        create_and_settle(&site).await;
        let webhook = site.portal.webhooks().remove(0);
        assert_eq!(webhook.enabled, stays, "{succeeds_first} {more}");
        assert_eq!(site.portal.deliveries().last().unwrap().status, 404);
    }
}

#[tokio::test]
async fn a_timeout_does_not_disable_a_webhook() {
    let site = site_with(Options {
        delivery_limit: Duration::from_millis(20),
        ..options()
    })
    .await;
    let never = || std::future::pending::<StatusCode>();
    let url = serve(Router::new().fallback(never)).await;
    site.portal.add_webhook(&site.admin, &url, SECRET, 0);
    site.portal.advance(SignedDuration::from_hours(24 * 30));
    create_and_settle(&site).await;
    let row = site.portal.deliveries().remove(0);
    assert_eq!((row.attempts, row.status, row.delivered), (6, 500, false));
    assert!(site.portal.webhooks()[0].enabled);
}

#[tokio::test]
async fn a_success_whose_body_breaks_off_is_a_failure() {
    let site = site().await;
    let half = || async {
        let broken = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        Body::from_stream(futures::stream::iter([Ok(Bytes::from("o")), Err(broken)]))
    };
    let url = serve(Router::new().fallback(half)).await;
    site.portal.add_webhook(&site.admin, &url, SECRET, 0);
    create_and_settle(&site).await;
    let row = site.portal.deliveries().remove(0);
    assert_eq!((row.attempts, row.status, row.delivered), (6, 0, false));
    assert!(
        row.body.contains("Error while copying content"),
        "{}",
        row.body
    );
}
