//! Overlapping folder creations (rooms-api.md B.2).

use std::time::{Duration, Instant};

use serde_json::json;

use super::super::{Contention, EntryId, Fault, FaultKind, Latency, Options, RoomType};
use super::site::{Got, Site, options, site, site_with};

const CREATE: &str = "files/folder/{id}";

async fn certain_contention() -> Site {
    site_with(Options {
        contention: Contention::of(1.0),
        ..options()
    })
    .await
}

fn folders(site: &Site, room: &EntryId) -> usize {
    site.portal.room(room).unwrap().folders.len()
}

/// Creates folders in all of these at the same time.
async fn at_once(site: &Site, parents: &[&EntryId]) -> Vec<Got> {
    site.portal
        .fault(Fault::on("POST", CREATE, FaultKind::Pause));
    let calls = parents.iter().map(|parent| {
        let path = format!("files/folder/{parent}");
        async { site.as_rita.post(&{ path }, json!({ "title": "A" })).await }
    });
    let let_go = async {
        let begun = Instant::now();
        while site.portal.held() < parents.len() {
            assert!(begun.elapsed() < Duration::from_secs(10));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        site.portal.clear_faults();
        site.portal.release_held();
    };
    futures::join!(futures::future::join_all(calls), let_go).0
}

#[tokio::test]
async fn one_of_two_nested_creations_in_any_rooms_fails_and_a_retry_succeeds() {
    let site = certain_contention().await;
    let rooms = [site.room(RoomType::Custom), site.room(RoomType::Editing)];
    let parents = [
        site.portal.add_folder(&site.rita, &rooms[0], "P"),
        site.portal.add_folder(&site.rita, &rooms[1], "P"),
    ];
    let got = at_once(&site, &[&parents[0], &parents[1]]).await;
    let mut statuses: Vec<u16> = got.iter().map(|got| got.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 500]);
    let lost = got.iter().position(|got| got.status == 500).unwrap();
    let error = &got[lost].json["error"];
    assert_eq!(
        error["type"],
        "Microsoft.EntityFrameworkCore.DbUpdateException"
    );
    assert_eq!(error["hresult"], -2_146_233_088_i64);
    assert_eq!(
        (
            folders(&site, &rooms[lost]),
            folders(&site, &rooms[1 - lost])
        ),
        (1, 2)
    );
    let again = format!("files/folder/{}", parents[lost]);
    assert_eq!(
        site.as_rita
            .post(&again, json!({ "title": "A" }))
            .await
            .status,
        200
    );
    assert_eq!(folders(&site, &rooms[lost]), 2);
}

#[tokio::test]
async fn two_creations_at_the_first_level_hardly_ever_fail() {
    let site = certain_contention().await;
    let room = site.room(RoomType::Custom);
    let parent = site.portal.add_folder(&site.rita, &room, "P");
    let got = at_once(&site, &[&room, &parent]).await;
    assert_eq!([got[0].status, got[1].status], [200, 200]);
}

#[tokio::test]
async fn without_contention_all_creations_succeed() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let parent = site.portal.add_folder(&site.rita, &room, "P");
    let got = at_once(&site, &[&parent; 8]).await;
    assert!(got.iter().all(|got| got.status == 200));
}

#[tokio::test]
async fn a_caller_without_the_right_gets_403_and_does_not_contend() {
    let site = certain_contention().await;
    let room = site.room(RoomType::Custom);
    let parent = site.portal.add_folder(&site.rita, &room, "P");
    let begun = site.portal.world().made;
    let stranger = site.client(&site.uwe);
    let path = format!("files/folder/{parent}");
    let got = stranger.post(&path, json!({ "title": "A" })).await;
    assert_eq!(got.status, 403);
    assert_eq!(site.portal.world().made, begun);
}

#[tokio::test]
async fn losing_takes_time_and_can_be_forced() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let path = format!("files/folder/{room}");
    let requested = || site.as_rita.post(&path, json!({ "title": "A" }));
    site.portal
        .fault(Fault::on("POST", CREATE, FaultKind::Contended).times(2));
    let begun = Instant::now();
    let got = requested().await;
    assert!(got.status == 500 && got.thrown().ends_with("DbUpdateException"));
    assert!(begun.elapsed() >= Duration::from_millis(110));
    site.portal.world().options.latency = Some(Latency {
        from: Duration::ZERO,
        to: Duration::ZERO,
    });
    let begun = Instant::now();
    assert_eq!(requested().await.status, 500);
    assert!(begun.elapsed() >= Duration::from_millis(1100));
    assert_eq!(folders(&site, &room), 0);
    assert_eq!(requested().await.status, 200);
}

/// Gives access in two calls at the same time.
async fn grants_at_once(site: &Site, room: &EntryId, subjects: [&str; 2]) -> Vec<u16> {
    let put = |subject: &str| {
        let body = json!({ "invitations": [{ "id": subject, "access": 2 }] });
        let path = format!("files/rooms/{room}/share");
        async move { site.as_rita.put(&path, body).await.status }
    };
    let (one, other) = futures::join!(put(subjects[0]), put(subjects[1]));
    let mut statuses = vec![one, other];
    statuses.sort_unstable();
    statuses
}

#[tokio::test]
async fn one_of_two_first_grants_to_one_subject_answers_500_but_the_access_is_granted() {
    let site = site_with(Options {
        contention: Contention {
            grants: 1.0,
            ..Contention::default()
        },
        ..options()
    })
    .await;
    let room = site.room(RoomType::Custom);
    let (uwe, admin) = (site.uwe.as_str(), site.admin.as_str());
    assert_eq!(grants_at_once(&site, &room, [uwe, uwe]).await, [200, 500]);
    assert_eq!(site.portal.room(&room).unwrap().access[uwe], 2);
    // A repeat is safe. A change of an existing grant does not contend, nor do grants to different subjects.
    assert_eq!(grants_at_once(&site, &room, [uwe, uwe]).await, [200, 200]);
    site.portal.revoke(&room, uwe);
    assert_eq!(grants_at_once(&site, &room, [uwe, admin]).await, [200, 200]);
}

#[tokio::test]
async fn overlapping_listings_of_members_wait_for_each_other() {
    let site = site_with(Options {
        listing_deadlocks: Some(0.1),
        ..options()
    })
    .await;
    let rooms: Vec<EntryId> = (0..8).map(|_| site.room(RoomType::Custom)).collect();
    let listed = async |room: &EntryId| {
        let begun = Instant::now();
        let got = site.as_rita.get(&format!("files/rooms/{room}/share")).await;
        assert_eq!(got.status, 200);
        begun.elapsed()
    };
    let alone = listed(&rooms[0]).await;
    assert!(alone >= Duration::from_millis(10));
    let times = futures::future::join_all(rooms.iter().map(listed)).await;
    let slowest = times.into_iter().max().unwrap();
    assert!(slowest > Duration::from_millis(20), "{slowest:?}");
}
