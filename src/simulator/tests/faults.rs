//! Deliberate faults.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::{EntryId, Fault, FaultKind, Later, RoomType};
use super::site::{Site, site};

const CREATE: &str = "files/folder/{id}";

async fn try_create(site: &Site, room: &EntryId) -> Option<u16> {
    let path = format!("files/folder/{room}");
    site.as_rita
        .send("POST", &path, Some(json!({ "title": "A" })))
        .await
        .ok()
        .map(|got| got.status)
}

fn folders(site: &Site, room: &EntryId) -> usize {
    site.portal.room(room).unwrap().folders.len()
}

#[tokio::test]
async fn answers_can_be_replaced_a_number_of_times_after_some_requests() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let status = FaultKind::Status {
        status: 503,
        retry_after: Some(7),
        body: "later".to_owned(),
    };
    site.portal
        .fault(Fault::on("POST", CREATE, status).after(1).times(2));
    site.portal
        .fault(Fault::on("*", "files/rooms*", FaultKind::Html(502)));
    let mut got = Vec::new();
    for _ in 0..4 {
        got.push(try_create(&site, &room).await);
    }
    assert_eq!(got, [Some(200), Some(503), Some(503), Some(200)]);
    assert_eq!(folders(&site, &room), 2);
    let html = site.as_rita.get(&format!("files/rooms/{room}")).await;
    assert!(html.status == 502 && html.text.starts_with("<html>"));
    assert_eq!(site.portal.faults_struck(), [2, 1]);
    site.portal.clear_faults();
    assert_eq!(
        site.as_rita
            .get(&format!("files/rooms/{room}"))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn connections_close_before_and_after_the_work() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    site.portal
        .fault(Fault::on("POST", CREATE, FaultKind::CloseBefore).times(1));
    assert_eq!(
        (try_create(&site, &room).await, folders(&site, &room)),
        (None, 0)
    );
    site.portal
        .fault(Fault::on("POST", CREATE, FaultKind::DoAndDrop).times(1));
    assert_eq!(
        (try_create(&site, &room).await, folders(&site, &room)),
        (None, 1)
    );
    site.portal
        .fault(Fault::on("POST", CREATE, FaultKind::DoThenStatus(500)).times(1));
    assert_eq!(
        (try_create(&site, &room).await, folders(&site, &room)),
        (Some(500), 2)
    );
    let statuses: Vec<u16> = site
        .portal
        .writes()
        .iter()
        .map(|request| request.status)
        .collect();
    assert_eq!(statuses, [0, 0, 500]);
}

#[tokio::test]
async fn work_can_be_done_on_demand_or_after_a_time() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    site.portal
        .fault(Fault::on("POST", CREATE, FaultKind::DropAndDoLater(Later::OnDemand)).times(1));
    assert_eq!(
        (try_create(&site, &room).await, folders(&site, &room)),
        (None, 0)
    );
    site.as_rita.get(&format!("files/{room}")).await;
    assert_eq!(
        (site.portal.do_pending().await, folders(&site, &room)),
        (1, 1)
    );
    let soon = FaultKind::DropAndDoLater(Later::After(Duration::from_millis(30)));
    site.portal.fault(Fault::on("POST", CREATE, soon).times(1));
    assert_eq!(try_create(&site, &room).await, None);
    let begun = Instant::now();
    while folders(&site, &room) < 2 && begun.elapsed() < Duration::from_secs(10) {
        tokio::task::yield_now().await;
    }
    assert!(folders(&site, &room) == 2 && begun.elapsed() >= Duration::from_millis(20));
}

/// A call of the endpoint.
fn work(site: &Site, route: &str, room: &EntryId) -> (&'static str, Value) {
    match route {
        "files/folder/{id}" => ("POST", json!({ "title": "A" })),
        "files/owner" => (
            "POST",
            json!({ "userId": site.admin, "folderIds": [room.to_json()] }),
        ),
        "files/rooms/{id}/share" => (
            "PUT",
            json!({ "invitations": [{ "id": site.uwe, "access": 2 }] }),
        ),
        _ => ("PUT", json!({ "names": ["t"] })),
    }
}

#[tokio::test]
async fn deferred_work_waits_for_an_answer_that_would_show_it() {
    let site = site().await;
    let late = FaultKind::DropAndDoLater(Later::NextListing);
    for (route, reads, shows) in [
        (
            "files/folder/{id}",
            ["files/rooms/{id}", "files/rooms/{id}/share"],
            "files/{id}",
        ),
        (
            "files/rooms/{id}/share",
            ["files/rooms/{id}", "files/{id}"],
            "files/rooms/{id}/share",
        ),
        (
            "files/rooms/{id}/tags",
            ["files/{id}", "files/rooms/{id}/share"],
            "files/rooms/{id}",
        ),
        ("files/owner", ["people/@self", "keys/@self"], "files/{id}"),
        (
            "files/owner",
            ["people/@self", "keys/@self"],
            "files/rooms/{id}",
        ),
    ] {
        let room = site.room(RoomType::Custom);
        let path = |route: &str| route.replace("{id}", &room.to_string());
        let (method, body) = work(&site, route, &room);
        let before = site.portal.room(&room).unwrap();
        site.portal
            .fault(Fault::on(method, route, late.clone()).times(1));
        assert!(
            site.as_rita
                .send(method, &path(route), Some(body))
                .await
                .is_err()
        );
        for read in reads {
            site.as_rita.get(&path(read)).await;
            assert_eq!(site.portal.room(&room).unwrap(), before, "{route} {read}");
        }
        let shown = site.as_rita.get(&path(shows)).await;
        assert_eq!(shown.status, 200);
        assert_ne!(site.portal.room(&room).unwrap(), before, "{route} {shows}");
    }
}

#[tokio::test]
async fn json_is_truncated_slow_or_late() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let path = format!("files/rooms/{room}?fields=id");
    site.portal
        .fault(Fault::on("GET", "files/rooms/{id}", FaultKind::TruncatedJson).times(1));
    let broken = site.as_rita.get(&path).await;
    assert!(broken.status == 200 && broken.json.is_null() && broken.text.starts_with('{'));
    let begun = Instant::now();
    site.portal.fault(
        Fault::on(
            "GET",
            "files/rooms/{id}",
            FaultKind::Trickle(Duration::from_millis(1)),
        )
        .times(1),
    );
    let slow = site.as_rita.get(&path).await;
    assert_eq!(slow.response()["id"], room.to_json());
    assert!(begun.elapsed() >= Duration::from_millis(slow.text.len() as u64 / 64));
    let begun = Instant::now();
    site.portal
        .fault(Fault::on("GET", "*", FaultKind::Delay(Duration::from_millis(40))).times(1));
    assert_eq!(site.as_rita.get(&path).await.status, 200);
    assert!(begun.elapsed() >= Duration::from_millis(40));
}

#[tokio::test]
async fn a_probability_strikes_some_requests_and_always_the_same_ones() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let site = site().await;
        site.portal
            .fault(Fault::on("GET", "people/@self", FaultKind::Html(500)).with_probability(0.5));
        let mut statuses = Vec::new();
        for _ in 0..20 {
            statuses.push(site.as_rita.get("people/@self").await.status);
        }
        runs.push(statuses);
    }
    assert_eq!(runs[0], runs[1]);
    assert!(runs[0].contains(&200) && runs[0].contains(&500));
}

#[tokio::test]
async fn work_continues_when_the_client_hangs_up() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    site.portal.fault(Fault::on(
        "POST",
        CREATE,
        FaultKind::Delay(Duration::from_millis(60)),
    ));
    let gave_up = tokio::time::timeout(Duration::from_millis(20), try_create(&site, &room)).await;
    assert!(gave_up.is_err());
    let begun = Instant::now();
    while folders(&site, &room) == 0 && begun.elapsed() < Duration::from_secs(10) {
        tokio::task::yield_now().await;
    }
    assert_eq!(folders(&site, &room), 1);
}

#[tokio::test]
async fn members_of_an_answer_can_have_another_type() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let path = format!("files/rooms/{room}");
    let honest = site.as_rita.get(&path).await;
    let replace = |member: &str, value: Value| FaultKind::Replace {
        member: member.to_owned(),
        value,
    };
    for (member, value) in [
        ("/response/id", json!("abc")),
        ("/response/security", Value::Null),
        ("/response", json!([])),
        ("/response/nowhere", json!(1)),
    ] {
        let fault = Fault::on("GET", "files/rooms/{id}", replace(member, value.clone()));
        site.portal.fault(fault.times(1));
        let got = site.as_rita.get(&path).await;
        assert_eq!(got.status, 200);
        let mut expected = honest.json.clone();
        if let Some(place) = expected.pointer_mut(member) {
            *place = value;
        }
        assert_eq!(got.json, expected, "{member}");
    }
}

#[tokio::test]
async fn an_answer_can_be_endless() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let token = site.portal.add_key(&site.rita, &[]);
    let url = format!("{}/api/2.0/files/rooms/{room}", site.portal.url());
    let fault = Fault::on("GET", "files/rooms/{id}", FaultKind::Endless);
    site.portal.fault(fault.times(1));
    let requested = reqwest::Client::new().get(url).bearer_auth(token);
    let mut answer = requested.send().await.unwrap();
    let mut read = Vec::new();
    while read.len() < 200_000 {
        read.extend_from_slice(&answer.chunk().await.unwrap().unwrap());
    }
    assert!(read.starts_with(b"{\"response\":{") && read.ends_with(b"  "));
    drop(answer);
    // Its place is free again, and the next response ends.
    let begun = Instant::now();
    loop {
        site.portal.clear_requests();
        if site.portal.most_at_once().reads == 0 {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let path = format!("files/rooms/{room}");
    assert_eq!(
        site.as_rita.get(&path).await.response()["id"],
        room.to_json()
    );
}

#[tokio::test]
async fn a_gateway_may_answer_before_the_work_is_done() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let late = FaultKind::AnswerAndDoLater {
        status: 504,
        later: Later::OnDemand,
    };
    site.portal.fault(Fault::on("POST", CREATE, late).times(1));
    assert_eq!(
        (try_create(&site, &room).await, folders(&site, &room)),
        (Some(504), 0)
    );
    assert_eq!(
        (site.portal.do_pending().await, folders(&site, &room)),
        (1, 1)
    );
}

#[tokio::test]
async fn a_fault_can_apply_to_one_path() {
    let site = site().await;
    let (one, other) = (site.room(RoomType::Custom), site.room(RoomType::Custom));
    let path = format!("files/folder/{one}");
    let empty = FaultKind::Status {
        status: 500,
        retry_after: None,
        body: String::new(),
    };
    site.portal.fault(Fault::on("POST", &path, empty));
    assert_eq!(try_create(&site, &one).await, Some(500));
    assert_eq!(try_create(&site, &other).await, Some(200));
}

#[tokio::test]
async fn a_stopped_portal_does_not_answer() {
    let site = site().await;
    assert_eq!(site.as_rita.get("people/@self").await.status, 200);
    site.portal.stop();
    assert!(
        site.as_rita
            .send("GET", "people/@self", None)
            .await
            .is_err()
    );
}
