//! Changing, archiving and deleting rooms, and changing their owner.

use serde_json::json;

use super::super::{EntryId, RoomState, RoomType, Trigger};
use super::site::site;

#[tokio::test]
async fn put_room_always_publishes_and_stores_the_known_settings() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    site.portal.add_webhook(
        &site.admin,
        "http://127.0.0.1:9/",
        "Secret-123",
        Trigger::RoomUpdated.bit(),
    );
    let path = format!("files/rooms/{room}");
    let body = json!({ "DenyDownload": true, "quota": "1024", "lifetime": { "period": 0, "value": 7 }, "tags": ["a"], "nonsense": 1 });
    assert_eq!(site.as_rita.put(&path, body).await.status, 200);
    assert_eq!(site.as_rita.put(&path, json!({})).await.status, 200);
    assert_eq!(site.portal.deliveries().len(), 2);
    let view = site.portal.room(&room).unwrap();
    assert!(view.deny_download);
    assert_eq!(
        (view.quota, view.tags.as_slice(), view.title.as_str()),
        (1024, ["a".to_owned()].as_slice(), "Room")
    );
    assert_eq!(view.lifetime.unwrap().value, 7);
    assert_eq!(site.as_admin.put(&path, json!({})).await.status, 403);
    assert_eq!(
        site.as_rita.put("files/rooms/9999", json!({})).await.status,
        403
    );
    let off = site
        .as_rita
        .put(
            &path,
            json!({ "lifetime": { "enabled": false }, "color": "00FF00", "quota": -7 }),
        )
        .await;
    assert_eq!(off.response()["logo"]["color"], "00FF00");
    assert!(off.response().get("lifetime").is_none());
    assert_eq!(site.portal.room(&room).unwrap().quota, -2);
    assert_eq!(
        site.as_rita
            .put(&path, json!({ "cover": "nonsense" }))
            .await
            .status,
        400
    );
    site.portal.stop();
}

#[tokio::test]
async fn an_admin_tags_rooms_of_others_and_tags_have_one_spelling() {
    let site = site().await;
    let (one, two) = (site.room(RoomType::Custom), site.room(RoomType::Custom));
    site.as_rita
        .put(
            &format!("files/rooms/{one}/tags"),
            json!({ "names": ["client"] }),
        )
        .await;
    let got = site
        .as_admin
        .put(
            &format!("files/rooms/{two}/tags"),
            json!({ "names": ["Client", "New"] }),
        )
        .await;
    assert_eq!(got.response()["tags"], json!(["client", "New"]));
    let got = site
        .as_rita
        .delete(
            &format!("files/rooms/{two}/tags"),
            json!({ "names": ["CLIENT"] }),
        )
        .await;
    assert_eq!(got.response()["tags"], json!(["New"]));
    assert_eq!(
        site.as_rita
            .put(&format!("files/rooms/{two}/tags"), json!({}))
            .await
            .status,
        400
    );
    assert_eq!(
        site.client(&site.uwe)
            .put(&format!("files/rooms/{two}/tags"), json!({ "names": [] }))
            .await
            .status,
        403
    );
}

#[tokio::test]
async fn an_admin_takes_a_room_over_and_gives_it_back_and_stays_its_manager() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    site.portal
        .add_webhook(&site.admin, "http://127.0.0.1:9/", "Secret-123", 0);
    let give = |to: &str| json!({ "userId": to, "folderIds": [room] });
    let taken = site.as_admin.post("files/owner", give(&site.admin)).await;
    assert_eq!(
        (
            taken.status,
            taken.response()[0]["createdBy"]["id"].as_str()
        ),
        (200, Some(site.admin.as_str()))
    );
    assert_eq!(
        site.portal.room(&room).unwrap().access.get(&site.rita),
        Some(&9)
    );
    assert_eq!(
        site.as_admin
            .post(&format!("files/folder/{room}"), json!({ "title": "A" }))
            .await
            .status,
        200
    );
    assert_eq!(
        site.as_admin
            .post("files/owner", give(&site.rita))
            .await
            .status,
        200
    );
    let view = site.portal.room(&room).unwrap();
    assert_eq!(
        (
            view.owner.as_str(),
            view.access.get(&site.admin),
            view.access.get(&site.rita)
        ),
        (site.rita.as_str(), Some(&9), None)
    );
    let events: Vec<Trigger> = site
        .portal
        .deliveries()
        .iter()
        .map(|row| row.trigger)
        .collect();
    assert_eq!(
        events,
        [
            Trigger::FolderUpdated,
            Trigger::FolderCreated,
            Trigger::FolderUpdated
        ]
    );
    let refused = site.as_admin.post("files/owner", give(&site.uwe)).await;
    assert_eq!(
        (refused.status, refused.thrown()),
        (403, "System.InvalidOperationException")
    );
    assert_eq!(
        site.client(&site.uwe)
            .post("files/owner", give(&site.uwe))
            .await
            .status,
        403
    );
    site.portal.stop();
}

#[tokio::test]
async fn a_failed_change_of_owner_still_removes_the_new_owners_grant() {
    let site = site().await;
    let room = site.portal.create_room(&site.uwe, RoomType::Custom, "Odd");
    site.portal.grant(&room, &site.admin, 11);
    let got = site
        .as_admin
        .post(
            "files/owner",
            json!({ "userId": site.admin, "folderIds": [room] }),
        )
        .await;
    assert_eq!(got.status, 403);
    let view = site.portal.room(&room).unwrap();
    assert_eq!(view.owner, site.uwe);
    assert!(view.access.is_empty());
}

#[tokio::test]
async fn rooms_are_created_archived_restored_and_deleted() {
    let site = site().await;
    let made = site
        .as_rita
        .post(
            "files/rooms",
            json!({ "title": "New: one", "roomType": "EditingRoom" }),
        )
        .await;
    assert_eq!(
        (&made.response()["title"], &made.response()["roomType"]),
        (&json!("New_ one"), &json!(2))
    );
    let room = EntryId::Number(made.response()["id"].as_i64().unwrap());
    assert_eq!(
        site.client(&site.uwe)
            .post("files/rooms", json!({ "title": "x", "roomType": 2 }))
            .await
            .status,
        403
    );
    assert_eq!(
        site.as_rita
            .post("files/rooms", json!({ "title": "x", "roomType": 3 }))
            .await
            .status,
        400
    );
    let path = format!("files/rooms/{room}");
    assert_eq!(site.as_admin.delete(&path, json!({})).await.status, 403);
    let archived = site
        .as_admin
        .put(&format!("{path}/archive"), json!({ "deleteAfter": false }))
        .await;
    assert_eq!(
        (archived.status, archived.response()["error"].as_str()),
        (200, Some(""))
    );
    assert_eq!(site.portal.room(&room).unwrap().state, RoomState::Archived);
    site.as_admin
        .put(&format!("{path}/unarchive"), json!({}))
        .await;
    assert_eq!(site.portal.room(&room).unwrap().state, RoomState::Active);
    site.as_admin
        .put(&format!("{path}/archive"), json!({}))
        .await;
    assert_eq!(site.as_admin.delete(&path, json!({})).await.status, 200);
    assert!(site.portal.room(&room).is_none());
}
