//! The limits on the requests of one account (rooms-api.md L).

use std::time::{Duration, Instant};

use serde_json::json;

use super::super::{Fault, FaultKind, RateLimits, RoomType};
use super::site::{Client, site};

const CREATE: &str = "files/folder/{id}";

#[tokio::test]
async fn too_many_concurrent_requests_are_refused_per_person_and_without_a_time() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    site.portal.set_rate_limits(Some(RateLimits {
        writes_at_once: 2,
        ..RateLimits::default()
    }));
    site.portal.fault(Fault::on(
        "POST",
        CREATE,
        FaultKind::Delay(Duration::from_millis(100)),
    ));
    let other_key = Client::of(&site.portal, &site.rita);
    let path = format!("files/folder/{room}");
    let body = || json!({ "title": "A" });
    let three = tokio::join!(
        site.as_rita.post(&path, body()),
        other_key.post(&path, body()),
        site.as_rita.post(&path, body())
    );
    let mut statuses = [three.0.status, three.1.status, three.2.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 429]);
    assert_eq!(site.portal.most_at_once().writes, 3);
    assert_eq!(site.as_admin.get("people/@self").await.status, 200);
}

#[tokio::test]
async fn a_slow_answer_keeps_its_place_until_it_is_sent() {
    let site = site().await;
    site.portal.set_rate_limits(Some(RateLimits {
        reads_at_once: 1,
        ..RateLimits::default()
    }));
    let crawl = FaultKind::Trickle(Duration::from_secs(3600));
    site.portal
        .fault(Fault::on("GET", "people/@self", crawl).times(1));
    let token = site.portal.add_key(&site.rita, &[]);
    let url = format!("{}/api/2.0/people/@self", site.portal.url());
    let slow = reqwest::Client::new().get(url).bearer_auth(token);
    let slow = slow.send().await.unwrap();
    assert_eq!(slow.status(), 200);
    let requested = || async { site.as_rita.get("people/@self").await.status };
    assert_eq!(requested().await, 429);
    assert_eq!(site.portal.most_at_once().reads, 2);
    // Hanging up frees the place.
    drop(slow);
    let begun = Instant::now();
    while requested().await == 429 {
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
    site.portal.clear_requests();
    assert_eq!(site.portal.most_at_once().reads, 0);
}

#[tokio::test]
async fn a_refusal_shows_the_limit_but_no_time_and_has_no_body() {
    let site = site().await;
    site.portal.set_rate_limits(Some(RateLimits {
        per_minute: 2,
        ..RateLimits::default()
    }));
    let requested = || site.as_rita.headers("people/@self");
    let (status, headers) = requested().await;
    assert!(status == 200 && !headers.contains_key("x-ratelimit-limit"));
    assert_eq!(requested().await.0, 200);
    let (status, headers) = requested().await;
    assert_eq!(status, 429);
    assert_eq!(headers["x-ratelimit-limit"], "2");
    assert_eq!(headers["x-ratelimit-remaining"], "0");
    assert_eq!(headers["content-length"], "0");
    assert!(!headers.contains_key("content-type") && !headers.contains_key("retry-after"));
    // The minute is a sliding window: the oldest requests expire first.
    site.portal.advance(jiff::SignedDuration::from_secs(60));
    assert_eq!(requested().await.0, 200);
}

#[tokio::test]
async fn keys_and_sessions_of_one_account_share_its_limits() {
    let site = site().await;
    site.portal.set_rate_limits(Some(RateLimits {
        per_minute: 2,
        ..RateLimits::default()
    }));
    let session = Client::with(&site.portal, Some(site.portal.sign_in_as(&site.rita)));
    let other_key = Client::of(&site.portal, &site.rita);
    for (client, status) in [(&session, 200), (&other_key, 200), (&site.as_rita, 429)] {
        assert_eq!(client.get("people/@self").await.status, status);
    }
    assert_eq!(site.as_admin.get("people/@self").await.status, 200);
    // An unknown caller counts by address.
    let nobody = Client::with(&site.portal, None);
    let bad_key = Client::with(&site.portal, Some("sk-0".to_owned()));
    for (client, status) in [(&nobody, 401), (&bad_key, 401), (&nobody, 429)] {
        assert_eq!(client.get("people/@self").await.status, status);
    }
}

#[tokio::test]
async fn posts_and_puts_are_limited_per_day() {
    let site = site().await;
    site.portal.set_rate_limits(Some(RateLimits {
        writes_per_day: 1,
        ..RateLimits::default()
    }));
    let put = || site.as_admin.put("files/rooms/9999/share", json!({}));
    assert_eq!((put().await.status, put().await.status), (200, 429));
    let delete = site.as_admin.delete("files/rooms/9999", json!({}));
    assert_ne!(delete.await.status, 429);
    site.portal.advance(jiff::SignedDuration::from_hours(24));
    assert_eq!(put().await.status, 200);
    site.portal.set_rate_limits(None);
    assert_eq!(put().await.status, 200);
}

#[tokio::test]
async fn sensitive_endpoints_allow_five_calls_in_a_quarter_of_an_hour() {
    let site = site().await;
    site.portal.set_rate_limits(Some(RateLimits::default()));
    let retry = |event: i64| {
        let path = format!("settings/webhook/{event}/retry");
        async { site.as_admin.put(&{ path }, json!({})).await.status }
    };
    for _ in 0..5 {
        assert_ne!(retry(1).await, 429);
    }
    assert_eq!(retry(1).await, 429);
    assert_ne!(retry(2).await, 429);
    site.portal.advance(jiff::SignedDuration::from_mins(15));
    assert_ne!(retry(1).await, 429);
}

#[tokio::test]
async fn a_proxy_can_add_the_time_to_retry() {
    let site = site().await;
    site.portal.set_rate_limits(Some(RateLimits {
        per_minute: 1,
        tells_when: true,
        ..RateLimits::default()
    }));
    let requested = || site.as_rita.headers("people/@self");
    assert_eq!(requested().await.0, 200);
    let (status, headers) = requested().await;
    let wait: u64 = headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!(status == 429 && (1..=60).contains(&wait));
}
