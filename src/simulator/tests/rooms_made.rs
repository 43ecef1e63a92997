//! Creating rooms and changing their settings (rooms-api.md H.1, H.3, H.5), and ids that are not numbers (0).

use serde_json::{Value, json};

use super::super::{RoomType, Trigger};
use super::site::{Site, site};

fn triggers(site: &Site) -> Vec<Trigger> {
    let rows = site.portal.deliveries().into_iter();
    rows.map(|row| row.trigger).collect()
}

fn hook(site: &Site) {
    site.portal
        .add_webhook(&site.rita, "http://127.0.0.1:9/", "Secret-123", 0);
}

#[tokio::test]
async fn a_bad_tag_is_refused_after_the_room_exists_without_tags_link_and_event() {
    let site = site().await;
    hook(&site);
    for (at, (bad, status)) in [
        (json!(""), 400),
        (Value::Null, 400),
        (json!("x".repeat(256)), 400),
        (json!("🙂"), 500),
    ]
    .into_iter()
    .enumerate()
    {
        let body = json!({ "title": format!("R{at}"), "roomType": 6, "tags": ["good", bad] });
        assert_eq!(site.as_rita.post("files/rooms", body).await.status, status);
    }
    let listed = site.as_rita.get("files/rooms").await;
    assert_eq!(listed.response()["total"], 4);
    for room in listed.response()["folders"].as_array().unwrap() {
        assert_eq!(
            (&room["tags"], &room["sharedExternal"]),
            (&json!([]), &json!(false))
        );
    }
    assert!(triggers(&site).is_empty());
    // A bad cover is refused before the room is created.
    let body = json!({ "title": "R", "roomType": 6, "cover": "no such" });
    assert_eq!(site.as_rita.post("files/rooms", body).await.status, 400);
    assert_eq!(site.portal.rooms().len(), 4);
}

#[tokio::test]
async fn a_new_room_stores_a_disabled_lifetime_and_watermark_but_no_quota_of_zero() {
    let site = site().await;
    let body = json!({
        "title": "R", "roomType": "5", "quota": 0, "lifetime": { "enabled": false },
        "watermark": { "enabled": false, "imageScale": 5 }, "color": "GG", "indexing": null,
    });
    let got = site.as_rita.post("files/rooms", body).await;
    assert_eq!(got.status, 200);
    let room = got.response();
    assert_eq!(
        room["lifetime"],
        json!({ "deletePermanently": false, "period": 0, "value": 0 })
    );
    assert_eq!(room["watermark"]["imageScale"], 0);
    assert_eq!(room["logo"]["color"], "GG");
    assert_eq!(room["isCustomQuota"], false);
}

#[tokio::test]
async fn settings_stay_without_an_event_when_a_tag_or_a_logo_is_refused() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    site.portal.add_tag(&site.rita, &room, "old");
    hook(&site);
    let path = format!("files/rooms/{room}");
    for (refused, status) in [
        (json!({ "title": "One", "tags": [""] }), 400),
        (json!({ "quota": 7, "tags": ["🙂"] }), 500),
        (
            json!({ "denyDownload": true, "logo": { "tmpFile": "a.png", "width": 1, "height": 1 } }),
            403,
        ),
    ] {
        assert_eq!(site.as_rita.put(&path, refused).await.status, status);
    }
    let view = site.portal.room(&room).unwrap();
    assert_eq!(
        (view.title.as_str(), view.quota, view.deny_download),
        ("One", 7, true)
    );
    assert_eq!(view.tags, ["old"]);
    assert!(triggers(&site).is_empty());
}

#[tokio::test]
async fn a_folder_has_no_settings_but_accepts_tags() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let folder = site.portal.add_folder(&site.rita, &room, "F");
    hook(&site);
    let path = format!("files/rooms/{folder}");
    let got = site.as_rita.put(&path, json!({ "title": "New" })).await;
    assert_eq!(
        (got.status, got.thrown()),
        (500, "System.NullReferenceException")
    );
    let got = site
        .as_rita
        .put(&path, json!({ "title": "F", "tags": ["t"] }))
        .await;
    assert_eq!((got.status, &got.response()["title"]), (200, &json!("F")));
    assert_eq!(triggers(&site), [Trigger::FolderUpdated]);
}

#[tokio::test]
async fn indexing_an_agent_is_refused_after_everything_else_is_written() {
    let site = site().await;
    let agent = site.room(RoomType::Ai);
    let body = json!({ "title": "New", "indexing": true, "denyDownload": true });
    let got = site
        .as_rita
        .put(&format!("files/rooms/{agent}"), body)
        .await;
    assert_eq!(
        (got.status, got.thrown()),
        (403, "System.InvalidOperationException")
    );
    let view = site.portal.room(&agent).unwrap();
    assert_eq!((view.title.as_str(), view.deny_download), ("New", true));
}

#[tokio::test]
async fn an_unchanged_setting_is_published_but_keeps_the_date() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    hook(&site);
    let path = format!("files/rooms/{room}");
    let before = site.as_rita.get(&path).await.response()["updated"].clone();
    site.portal.advance(jiff::SignedDuration::from_hours(1));
    let same = json!({ "title": " Room ", "indexing": false, "quota": -2, "tags": ["t"] });
    let got = site.as_rita.put(&path, same).await;
    assert_eq!(got.response()["updated"], before);
    assert_eq!(triggers(&site), [Trigger::RoomUpdated]);
    let got = site.as_rita.put(&path, json!({ "lifetime": {} })).await;
    assert_ne!(got.response()["updated"], before);
}

#[tokio::test]
async fn a_quota_of_rooms_needs_the_right_to_edit_each_and_resets_the_settings_of_forms() {
    let site = site().await;
    let room = site.room(RoomType::FillingForms);
    let path = format!("files/rooms/{room}");
    let got = site.as_rita.get(&path).await;
    assert_eq!(got.response()["saveFormAsXLSX"], true);
    let body = json!({ "roomIds": [room], "quota": -7 });
    let set = "files/rooms/roomquota";
    assert_eq!(site.as_admin.put(set, body.clone()).await.status, 403);
    let got = site
        .as_rita
        .put(set, json!({ "roomIds": [room], "quota": 9 }))
        .await;
    assert_eq!(got.response()[0]["saveFormAsXLSX"], false);
    assert_eq!(got.response()[0]["quotaLimit"], 9);
    let unknown = json!({ "roomIds": [9999], "quota": 9 });
    assert_eq!(site.as_rita.put(set, unknown).await.status, 500);
    let body = json!({ "roomIds": [room.to_string()] });
    let got = site.as_rita.put("files/rooms/resetquota", body).await;
    assert_eq!(got.response()[0]["isCustomQuota"], false);
}

#[tokio::test]
async fn the_endpoint_of_covers_checks_the_colour_and_publishes_only_changes() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    hook(&site);
    let path = format!("files/rooms/{room}/cover");
    let set = |body: Value| site.as_rita.post(&path, body);
    assert_eq!(set(json!({ "color": "F00F" })).await.status, 400);
    let got = set(json!({ "color": "F00", "cover": "star" })).await;
    let logo = &got.response()["logo"];
    assert_eq!(
        (&logo["color"], &logo["cover"]["id"]),
        (&json!("F00"), &json!("star"))
    );
    assert_eq!(set(json!({ "color": "F00" })).await.status, 200);
    assert_eq!(triggers(&site), [Trigger::RoomUpdated]);
}

#[tokio::test]
async fn at_most_ten_rooms_can_be_pinned() {
    let site = site().await;
    for at in 0..11 {
        let room = site.room(RoomType::Custom);
        let path = format!("files/rooms/{room}/pin");
        let got = site.as_rita.put(&path, json!({})).await;
        assert_eq!(got.status, if at < 10 { 200 } else { 403 });
    }
}

#[tokio::test]
async fn the_storage_of_an_id_that_is_not_a_number_is_checked_first() {
    let site = site().await;
    for (id, status, thrown) in [
        ("abc", 404, "ASC.Common.Web.ItemNotFoundException"),
        ("1.5", 404, "ASC.Common.Web.ItemNotFoundException"),
        ("4294967296", 404, "ASC.Common.Web.ItemNotFoundException"),
        ("sbox-77", 500, "System.AggregateException"),
        ("drive-1", 500, "System.AggregateException"),
        ("%20", 400, ""),
    ] {
        let path = format!("files/rooms/{id}");
        let got = site.as_rita.get(&path).await;
        assert_eq!((got.status, got.thrown()), (status, thrown), "{id}");
        let got = site.as_rita.put(&path, json!({ "title": "x" })).await;
        assert_eq!((got.status, got.thrown()), (status, thrown), "{id}");
        let got = site.as_rita.put(&format!("{path}/share"), json!({})).await;
        assert_eq!(got.status, if id == "%20" { 400 } else { 200 }, "{id}");
    }
}
