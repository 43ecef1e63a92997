//! Background operations, and how their results are shown (rooms-api.md D).

use serde_json::{Value, json};

use super::super::{EntryId, RoomType, Trigger};
use super::site::{Client, Site, site};

/// The kind, the progress and the state of each listed operation.
async fn listed(client: &Client, path: &str) -> Vec<(i64, i64, i64)> {
    let got = client.get(path).await;
    let number = |operation: &Value, name: &str| operation[name].as_i64().unwrap();
    got.response()
        .as_array()
        .unwrap()
        .iter()
        .map(|operation| {
            (
                number(operation, "Operation"),
                number(operation, "progress"),
                number(operation, "status"),
            )
        })
        .collect()
}

fn room_with(site: &Site, titles: &[&str]) -> (EntryId, Vec<EntryId>) {
    let room = site.room(RoomType::Custom);
    let folders = titles
        .iter()
        .map(|title| site.portal.add_folder(&site.rita, &room, title))
        .collect();
    (room, folders)
}

#[tokio::test]
async fn the_end_of_an_operation_is_shown_once_and_never_with_delete_after() {
    let site = site().await;
    let (_, folders) = room_with(&site, &["A", "B"]);
    for (folder, delete_after, after) in [
        (&folders[0], false, vec![(2, 100, 2)]),
        (&folders[1], true, vec![]),
    ] {
        let body = json!({ "deleteAfter": delete_after, "immediately": true });
        let started = site
            .as_rita
            .delete(&format!("files/folder/{folder}"), body)
            .await;
        assert_eq!(started.response()[0]["finished"], false);
        assert_eq!(listed(&site.as_rita, "files/fileops").await, after);
        assert!(listed(&site.as_rita, "files/fileops").await.is_empty());
    }
}

#[tokio::test]
async fn callers_see_only_their_own_operations() {
    let site = site().await;
    let (_, folders) = room_with(&site, &["A"]);
    site.as_rita
        .delete(&format!("files/folder/{}", folders[0]), json!({}))
        .await;
    assert!(listed(&site.as_admin, "files/fileops").await.is_empty());
    assert!(
        listed(&Client::with(&site.portal, None), "files/fileops")
            .await
            .is_empty()
    );
    assert_eq!(listed(&site.as_rita, "files/fileops").await.len(), 1);
}

#[tokio::test]
async fn reading_one_kind_consumes_the_results_of_the_other_kind_in_its_queue() {
    let site = site().await;
    let (room, _) = room_with(&site, &[]);
    site.as_rita
        .put(&format!("files/rooms/{room}/archive"), json!({}))
        .await;
    assert!(listed(&site.as_rita, "files/fileops/copy").await.is_empty());
    assert!(listed(&site.as_rita, "files/fileops/1").await.is_empty());
    assert!(listed(&site.as_rita, "files/fileops").await.is_empty());
    assert_eq!(site.as_rita.get("files/fileops/8").await.status, 400);
    assert_eq!(
        site.as_rita.get("files/fileops/Import").await.thrown(),
        "System.ArgumentOutOfRangeException"
    );
}

#[tokio::test]
async fn one_unknown_id_prevents_the_whole_deletion() {
    let site = site().await;
    let (room, folders) = room_with(&site, &["A"]);
    let body = json!({ "folderIds": [folders[0], 99_999], "immediately": true });
    let refused = site.as_rita.put("files/fileops/delete", body).await;
    assert_eq!(
        (refused.status, refused.thrown()),
        (404, "System.IO.FileNotFoundException")
    );
    assert_eq!(site.portal.room(&room).unwrap().paths(), ["A"]);
}

#[tokio::test]
async fn a_folder_of_another_person_inside_prevents_permanent_deletion() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    site.portal.grant(&room, &site.uwe, 11);
    let own = site.portal.add_folder(&site.uwe, &room, "His");
    site.portal.add_folder(&site.rita, &own, "Hers");
    site.portal.add_folder(&site.uwe, &own, "Theirs too");
    let as_uwe = site.client(&site.uwe);
    let path = format!("files/folder/{own}");
    let body = json!({ "immediately": true });
    assert_eq!(as_uwe.delete(&path, body).await.status, 200);
    let ended = as_uwe.get("files/fileops").await;
    assert_ne!(ended.response()[0]["error"], "");
    assert_eq!(
        site.portal.room(&room).unwrap().paths(),
        ["His", "His/Hers"]
    );
}

#[tokio::test]
async fn a_deleted_folder_goes_to_the_callers_trash_and_can_be_restored() {
    let site = site().await;
    let (room, folders) = room_with(&site, &["A"]);
    site.portal
        .add_webhook(&site.rita, "http://127.0.0.1:9/", "Secret-123", 0);
    let folder = &folders[0];
    let path = format!("files/folder/{folder}");
    site.as_rita.delete(&path, json!({})).await;
    let trashed = site.as_rita.get(&path).await;
    assert!(trashed.response()["autoDelete"].is_string());
    let trash = trashed.response()["rootFolderId"].clone();
    assert_eq!(site.as_admin.get(&path).await.status, 403);
    assert_eq!(
        site.as_admin.get(&format!("files/{trash}")).await.status,
        403
    );
    let listed = site.as_rita.get(&format!("files/{trash}")).await;
    let first = &listed.response()["folders"][0];
    assert_eq!(
        (&first["originId"], &first["originRoomId"]),
        (&room.to_json(), &room.to_json())
    );
    let body = json!({ "folderIds": [folder], "destFolderId": room });
    assert_eq!(
        site.as_rita.put("files/fileops/move", body).await.status,
        200
    );
    assert_eq!(site.portal.room(&room).unwrap().paths(), ["A"]);
    let events: Vec<Trigger> = site
        .portal
        .deliveries()
        .into_iter()
        .map(|listed| listed.trigger)
        .collect();
    assert_eq!(events, [Trigger::FolderTrashed, Trigger::FolderRestored]);
    site.portal.stop();
}

#[tokio::test]
async fn the_trash_is_emptied_one_by_one_or_all_at_once() {
    let site = site().await;
    let (_, folders) = room_with(&site, &["A", "B", "C"]);
    for folder in &folders {
        site.as_rita
            .delete(&format!("files/folder/{folder}"), json!({}))
            .await;
    }
    let first = format!("files/folder/{}", folders[0]);
    site.as_rita.delete(&first, json!({})).await;
    assert_eq!(site.as_rita.get(&first).await.status, 404);
    site.as_rita
        .send("PUT", "files/fileops/emptytrash", None)
        .await
        .unwrap();
    let last = format!("files/folder/{}", folders[2]);
    assert_eq!(site.as_rita.get(&last).await.status, 404);
}

#[tokio::test]
async fn a_copy_gets_the_next_free_title_or_is_merged() {
    let site = site().await;
    let (room, folders) = room_with(&site, &["A", "B"]);
    site.portal.add_folder(&site.rita, &folders[0], "Inner");
    let there = site.portal.add_folder(&site.rita, &folders[1], "a");
    let put = |resolve: &'static str| {
        let body = json!({
            "folderIds": [folders[0]], "destFolderId": folders[1], "conflictResolveType": resolve,
        });
        site.as_rita.put("files/fileops/copy", body)
    };
    assert_eq!(put("Skip").await.status, 200);
    assert_eq!(
        site.portal.room(&room).unwrap().paths(),
        ["A", "A/Inner", "B", "B/a", "B/a/Inner"]
    );
    assert_eq!(put("Duplicate").await.status, 200);
    assert_eq!(
        site.portal.room(&room).unwrap().paths(),
        [
            "A",
            "A/Inner",
            "B",
            "B/A (1)",
            "B/A (1)/Inner",
            "B/a",
            "B/a/Inner"
        ]
    );
    let ends = site.as_rita.get("files/fileops").await;
    let made = &ends.response()[0]["folders"];
    assert_eq!(made[0]["id"], folders[1].to_json());
    assert_ne!(made[1]["id"], there.to_json());
}

#[tokio::test]
async fn duplicating_reports_a_refusal_in_the_operation_and_moving_refuses_at_once() {
    let site = site().await;
    let (room, folders) = room_with(&site, &["A", "B"]);
    site.portal.grant(&room, &site.uwe, 2);
    let as_uwe = site.client(&site.uwe);
    let body = json!({ "folderIds": [folders[0]] });
    assert_eq!(
        as_uwe.put("files/fileops/duplicate", body).await.status,
        200
    );
    let ended = as_uwe.get("files/fileops/duplicate").await;
    assert_ne!(ended.response()[0]["error"], "");
    let body = json!({ "folderIds": [folders[0]], "destFolderId": folders[1] });
    assert_eq!(
        as_uwe.put("files/fileops/move", body).await.thrown(),
        "System.Security.SecurityException"
    );
    let body = json!({ "folderIds": [folders[0]], "destFolderId": folders[0] });
    assert_eq!(
        site.as_rita.put("files/fileops/move", body).await.thrown(),
        "System.InvalidOperationException"
    );
    let body = json!({ "folderIds": [folders[0]] });
    site.as_rita.put("files/fileops/duplicate", body).await;
    assert_eq!(
        site.portal.room(&room).unwrap().paths(),
        ["A", "A (1)", "B"]
    );
}

#[tokio::test]
async fn archiving_removes_pins_and_lifetime_and_archiving_twice_does_nothing() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    site.portal.pin(&room, &site.rita);
    let path = format!("files/rooms/{room}");
    let lifetime = json!({ "lifetime": { "value": 5, "period": 0, "enabled": true } });
    site.as_rita.put(&path, lifetime).await;
    site.portal
        .add_webhook(&site.rita, "http://127.0.0.1:9/", "Secret-123", 0);
    for _ in 0..2 {
        let archived = site
            .as_admin
            .put(&format!("{path}/archive"), json!({}))
            .await;
        assert_eq!(archived.response()["Operation"], 0);
    }
    let shown = site.as_rita.get(&path).await;
    assert_eq!(
        (
            &shown.response()["pinned"],
            shown.response().get("lifetime"),
            &shown.response()["updatedBy"]["id"]
        ),
        (&json!(false), None, &json!(site.admin))
    );
    assert_eq!(site.portal.deliveries().len(), 1);
    let unarchive = format!("{path}/unarchive");
    let refused = site.as_admin.send("PUT", &unarchive, None);
    assert_eq!(refused.await.unwrap().status, 415);
    site.portal.stop();
}

#[tokio::test]
async fn deleting_a_room_bypasses_the_trash_and_works_for_folders_too() {
    let site = site().await;
    let (room, folders) = room_with(&site, &["A"]);
    let path = format!("files/folder/{room}");
    assert_eq!(
        site.as_rita
            .delete(&path, json!({ "immediately": false }))
            .await
            .thrown(),
        "System.Security.SecurityException"
    );
    let as_room = format!("files/rooms/{}", folders[0]);
    assert_eq!(site.as_rita.delete(&as_room, json!({})).await.status, 200);
    assert_eq!(site.as_rita.get(&as_room).await.status, 404);
}
