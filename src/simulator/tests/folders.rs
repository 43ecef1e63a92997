//! Creating, renaming and deleting folders (rooms-api.md B, D).

use serde_json::json;

use super::super::{EntryId, FolderType, RoomType};
use super::site::{Got, Site, site};

async fn create(site: &Site, parent: &EntryId, title: &str) -> Got {
    site.as_rita
        .post(&format!("files/folder/{parent}"), json!({ "title": title }))
        .await
}

#[tokio::test]
async fn each_request_stores_a_folder_under_the_altered_title() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    for _ in 0..2 {
        let got = create(&site, &room, " Q&A: a/b 🚀 ").await;
        assert_eq!(
            (got.status, got.response()["title"].as_str()),
            (200, Some("Q&A_ a_b __"))
        );
    }
    let view = site.portal.room(&room).unwrap();
    assert_eq!(view.paths(), ["Q&A_ a_b __", "Q&A_ a_b __"]);
}

#[tokio::test]
async fn bad_titles_are_refused_in_two_forms() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let long = create(&site, &room, &"x".repeat(166)).await;
    assert_eq!(long.status, 400);
    assert_eq!(
        long.response()["errors"]["Folder.Title"][0],
        "The field Title must be a string with a maximum length of 165."
    );
    let blank = create(&site, &room, "  ").await;
    assert_eq!(
        (blank.status, blank.thrown()),
        (400, "System.ArgumentException")
    );
    let missing = site
        .as_rita
        .post(&format!("files/folder/{room}"), json!({ "name": "x" }))
        .await;
    assert_eq!(
        (missing.status, missing.response()["errors"]["$"].is_array()),
        (400, true)
    );
    assert_eq!(create(&site, &room, &"x".repeat(165)).await.status, 200);
}

#[tokio::test]
async fn folders_are_refused_with_403_whatever_the_reason() {
    let site = site().await;
    let rooms = [
        EntryId::Number(9999),
        EntryId::Number(4),
        site.portal
            .create_room(&site.admin, RoomType::Custom, "Not Rita's"),
        site.portal.create_agent(&site.rita, "Agent"),
    ];
    for parent in rooms {
        let got = create(&site, &parent, "A").await;
        assert_eq!(
            (got.status, got.thrown()),
            (403, "System.InvalidOperationException"),
            "{parent}"
        );
    }
    let forms = site.room(RoomType::FillingForms);
    let complete = site
        .portal
        .add_folder_of_type(&forms, "Complete", FolderType::ReadyForm);
    assert_eq!(create(&site, &complete, "A").await.status, 403);
    let archived = site.room(RoomType::Custom);
    site.portal.archive(&site.rita, &archived);
    assert_eq!(create(&site, &archived, "A").await.status, 403);
    let admin = site
        .as_admin
        .post(&format!("files/folder/{forms}"), json!({ "title": "A" }))
        .await;
    assert_eq!(admin.status, 403);
}

#[tokio::test]
async fn folders_are_renamed_and_deleted() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let folder = site.portal.add_folder(&site.rita, &room, "A");
    let path = format!("files/folder/{folder}");
    assert_eq!(
        site.as_rita
            .put(&path, json!({ "title": "B" }))
            .await
            .response()["title"],
        "B"
    );
    assert_eq!(
        site.as_admin
            .put(&path, json!({ "title": "C" }))
            .await
            .status,
        403
    );
    assert_eq!(
        site.as_rita
            .send("DELETE", &path, None)
            .await
            .unwrap()
            .status,
        415
    );
    assert_eq!(
        site.as_admin
            .delete(&path, json!({ "immediately": true }))
            .await
            .thrown(),
        "System.Security.SecurityException"
    );
    assert_eq!(
        site.as_rita
            .delete(&path, json!({ "immediately": false }))
            .await
            .status,
        200
    );
    assert_eq!(
        site.as_rita
            .get(&format!("files/rooms/{folder}"))
            .await
            .response()["rootFolderType"],
        3
    );
    assert_eq!(
        site.as_rita.get(&format!("files/{folder}")).await.status,
        403
    );
    assert_eq!(
        site.as_rita
            .delete("files/folder/9999", json!({}))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn a_copy_from_a_template_avoids_taken_titles() {
    let site = site().await;
    let status = "files/rooms/fromTemplate/status";
    assert!(
        site.as_rita
            .get(status)
            .await
            .json
            .get("response")
            .is_none()
    );
    let room =
        site.portal
            .start_template_copy(&site.rita, RoomType::Custom, "From template", &["A", "B"]);
    assert_eq!(site.as_rita.get(status).await.response()["roomId"], -1);
    create(&site, &room, "A").await;
    assert!(site.portal.advance_template_copy());
    let running = site.as_rita.get(status).await;
    assert_eq!(
        (
            &running.response()["roomId"],
            &running.response()["isCompleted"]
        ),
        (&room.to_json(), &json!(false))
    );
    site.portal.finish_template_copy();
    assert_eq!(
        site.as_rita.get(status).await.response()["isCompleted"],
        true
    );
    assert_eq!(
        site.portal.room(&room).unwrap().paths(),
        ["A", "A (1)", "B"]
    );
}

#[tokio::test]
async fn a_bad_title_is_refused_before_parent_and_rights_are_checked() {
    let site = site().await;
    let stranger = site.client(&site.uwe);
    for (body, key) in [
        (json!({ "title": "x".repeat(166) }), "Folder.Title"),
        (json!({ "Title": 7 }), "$.Title"),
        (json!({ "name": "A" }), "$"),
    ] {
        for method in ["POST", "PUT"] {
            let got = stranger
                .send(method, "files/folder/99999", Some(body.clone()))
                .await
                .unwrap();
            assert_eq!(got.status, 400);
            assert!(got.response()["errors"][key].is_array(), "{body}");
        }
    }
    for (title, thrown) in [
        (json!(" \u{3000}\u{a0} "), "System.ArgumentException"),
        (json!(null), "System.ArgumentNullException"),
    ] {
        let body = json!({ "title": title });
        let got = stranger.post("files/folder/99999", body).await;
        assert_eq!(got.thrown(), thrown);
    }
    let got = stranger
        .post("files/folder/99999", json!({ "title": "\u{feff}" }))
        .await;
    assert_eq!(got.thrown(), "System.InvalidOperationException");
}

#[tokio::test]
async fn a_new_title_can_be_empty_but_not_null() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let folder = site.portal.add_folder(&site.rita, &room, "A");
    let path = format!("files/folder/{folder}");
    let blank = site.as_rita.put(&path, json!({ "title": "  " })).await;
    assert_eq!(
        (blank.status, &blank.response()["title"]),
        (200, &json!(""))
    );
    let null = site.as_rita.put(&path, json!({ "title": null })).await;
    assert_eq!(
        (null.status, null.thrown()),
        (500, "Microsoft.EntityFrameworkCore.DbUpdateException")
    );
}

#[tokio::test]
async fn a_guest_who_creates_content_can_delete_own_folders_but_not_rename_them() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let as_gina = site.client(&site.gina);
    site.portal.grant(&room, &site.gina, 11);
    let path = format!("files/folder/{room}");
    let made = as_gina.post(&path, json!({ "title": "A" })).await;
    let own = format!("files/folder/{}", made.response()["id"]);
    let other = site.portal.add_folder(&site.rita, &room, "B");
    for (folder, thrown) in [
        (own.clone(), "System.Security.SecurityException"),
        (
            format!("files/folder/{other}"),
            "System.InvalidOperationException",
        ),
    ] {
        let got = as_gina.put(&folder, json!({ "title": "C" })).await;
        assert_eq!(got.thrown(), thrown);
    }
    assert_eq!(as_gina.delete(&own, json!({})).await.status, 200);
}

#[tokio::test]
async fn a_room_admin_can_create_a_folder_among_templates_but_not_read_it() {
    let site = site().await;
    let template = site
        .portal
        .create_template_room(&site.rita, RoomType::Custom, "T");
    let shown = site.as_rita.get(&format!("files/rooms/{template}")).await;
    let root = format!("files/folder/{}", shown.response()["parentId"]);
    let made = site.as_rita.post(&root, json!({ "title": "A" })).await;
    assert_eq!(made.status, 200);
    let path = format!("files/folder/{}", made.response()["id"]);
    assert_eq!(site.as_rita.get(&path).await.status, 403);
    assert_eq!(site.as_rita.delete(&path, json!({})).await.status, 403);
    let as_uwe = site.client(&site.uwe);
    assert_eq!(
        as_uwe.post(&root, json!({ "title": "B" })).await.status,
        403
    );
}
