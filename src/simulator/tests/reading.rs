//! Reading rooms, folders and lists, and the record of requests (rooms-api.md A, C, I).

use serde_json::json;

use super::super::{EmployeeStatus, EmployeeType, EntryId, FolderType, RoomType, ThirdParty};
use super::site::{Client, site};

#[tokio::test]
async fn a_room_is_shown_in_the_envelope_with_rights_for_the_caller() {
    let site = site().await;
    let room = site.room(RoomType::VirtualData);
    let got = site.as_rita.get(&format!("files/rooms/{room}")).await;
    assert_eq!(got.status, 200);
    let path = format!("/api/2.0/files/rooms/{room}");
    let tail = format!(
        r#","count":1,"links":[{{"href":"{}{path}","action":"GET"}}],"status":0,"statusCode":200}}"#,
        site.portal.url()
    );
    assert!(got.text.ends_with(&tail), "{}", got.text);
    let shown = got.response();
    assert_eq!(shown["roomType"], 8);
    assert_eq!(shown["rootFolderType"], 14);
    assert_eq!(shown["created"], "2026-07-01T09:15:42.0000000Z");
    assert_eq!(shown["createdBy"]["id"], site.rita.as_str());
    assert_eq!(shown["canShare"], false);
    assert_eq!(
        (
            &shown["security"]["Create"],
            &shown["security"]["EditAccess"]
        ),
        (&json!(true), &json!(true))
    );
    assert_eq!(
        (&shown["quotaLimit"], &shown["isCustomQuota"]),
        (&json!(-1), &json!(false))
    );
    assert!(shown.get("lifetime").is_none() && shown.get("type").is_none());
    let for_admin = site.as_admin.get(&format!("files/rooms/{room}")).await;
    let security = &for_admin.response()["security"];
    assert_eq!(for_admin.response()["access"], 3);
    assert_eq!(
        (&security["Read"], &security["ChangeOwner"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(
        (
            &security["Create"],
            &security["EditRoom"],
            &security["EditAccess"]
        ),
        (&json!(false), &json!(false), &json!(false))
    );
    assert!(for_admin.response().get("usedSpace").is_none());
}

#[tokio::test]
async fn every_folder_is_answered_as_if_it_were_a_room() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let folder = site.portal.add_folder(&site.rita, &room, "Plain");
    let got = site.as_rita.get(&format!("files/rooms/{folder}")).await;
    assert_eq!(got.status, 200);
    assert!(got.response().get("roomType").is_none());
    assert_eq!(got.response()["parentRoomType"], 19);
}

#[tokio::test]
async fn an_unreadable_room_is_403_for_a_key_and_401_for_an_unknown_caller_and_a_missing_one_404() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let nobody = Client::with(&site.portal, None);
    let path = format!("files/rooms/{room}");
    let refused = site.client(&site.uwe).get(&path).await;
    assert_eq!(
        (refused.status, refused.thrown()),
        (403, "System.InvalidOperationException")
    );
    let unknown = nobody.get(&path).await;
    assert_eq!((unknown.status, unknown.thrown()), (401, ""));
    assert_eq!(
        nobody.get(&format!("files/rooms/{room}/share")).await.text,
        ""
    );
    assert_eq!(site.as_admin.get("files/rooms/9999").await.status, 404);
    assert_eq!(site.as_admin.get("files/rooms/abc").await.status, 404);
    // Without its link's token, a Public room is closed to strangers.
    let public = site.room(RoomType::Public);
    assert_eq!(
        nobody.get(&format!("files/rooms/{public}")).await.status,
        401
    );
}

#[tokio::test]
async fn one_call_can_list_the_whole_tree_in_pages_or_a_single_level() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let top = site.portal.add_folder(&site.rita, &room, "Top");
    let deep = site.portal.add_folder(&site.rita, &top, "Deep");
    for number in 0..110 {
        site.portal
            .add_folder(&site.rita, &deep, &format!("{number}"));
    }
    let plain = site.as_rita.get(&format!("files/{room}")).await;
    assert_eq!(
        (&plain.response()["total"], &plain.response()["count"]),
        (&json!(1), &json!(1))
    );
    let tree = site
        .as_rita
        .get(&format!("files/{room}?filterType=2"))
        .await;
    assert_eq!(
        (
            &tree.response()["total"],
            &tree.response()["count"],
            &tree.json["count"]
        ),
        (&json!(112), &json!(100), &json!(1))
    );
    let rest = site
        .as_rita
        .get(&format!("files/{room}?filterType=2&startIndex=100"))
        .await;
    assert_eq!(rest.response()["folders"].as_array().unwrap().len(), 12);
    let level = site
        .as_rita
        .get(&format!("files/{room}?filterType=2&withSubFolders=false"))
        .await;
    assert_eq!(level.response()["total"], 1);
    assert_eq!(
        site.as_rita
            .get(&format!("files/{room}?count=101"))
            .await
            .status,
        400
    );
    let below = site.as_rita.get(&format!("files/{deep}/subfolders")).await;
    assert_eq!(
        (
            below.response().as_array().unwrap().len(),
            &below.json["count"]
        ),
        (110, &json!(1))
    );
}

#[tokio::test]
async fn third_party_rooms_have_string_ids_and_are_never_listed_recursively() {
    let site = site().await;
    let room = site.portal.create_third_party_room(
        &site.rita,
        ThirdParty::GoogleDrive,
        RoomType::Custom,
        "Drive",
    );
    let EntryId::Text(id) = &room else {
        panic!("a number")
    };
    let path = id.replace('|', "%7C");
    let first = site.portal.add_folder(&site.rita, &room, "A");
    site.portal.add_folder(&site.rita, &first, "B");
    let second = site
        .as_rita
        .post(&format!("files/folder/{path}"), json!({ "title": "A" }))
        .await;
    assert_eq!(second.response()["title"], "A (1)");
    let tree = site
        .as_rita
        .get(&format!("files/{path}?filterType=2"))
        .await;
    assert_eq!(tree.response()["total"], 2);
    let shown = site.as_rita.get(&format!("files/rooms/{path}")).await;
    assert_eq!(shown.response()["id"], id.as_str());
    assert_eq!(
        (
            &shown.response()["parentId"],
            &shown.response()["rootFolderId"]
        ),
        (&json!("4"), &json!("4"))
    );
    assert_eq!(
        (
            &shown.response()["providerItem"],
            &shown.response()["providerKey"]
        ),
        (&json!(true), &json!("GoogleDrive"))
    );
}

#[tokio::test]
async fn rooms_are_listed_by_area_and_by_the_callers_rights() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let archived = site.room(RoomType::Public);
    site.portal.archive(&site.rita, &archived);
    site.portal
        .create_template_room(&site.rita, RoomType::Custom, "T");
    site.portal.create_agent(&site.rita, "A");
    let ids = |client: Client, query: &'static str| async move {
        let got = client.get(&format!("files/rooms{query}")).await;
        let folders = got.response()["folders"].as_array().unwrap().clone();
        assert_eq!(got.response()["total"], folders.len());
        folders
            .iter()
            .map(|folder| folder["id"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    let number = |id: &EntryId| id.to_json().as_i64().unwrap();
    assert_eq!(ids(site.as_admin.clone(), "").await, [number(&room)]);
    assert_eq!(
        ids(site.as_admin.clone(), "?searchArea=1").await,
        [number(&archived)]
    );
    assert_eq!(
        ids(site.as_admin.clone(), "?searchArea=4").await,
        [0_i64; 0]
    );
    assert_eq!(ids(site.as_rita.clone(), "?searchArea=4").await.len(), 1);
    assert_eq!(ids(site.as_admin.clone(), "?searchArea=7").await.len(), 1);
    assert_eq!(ids(site.as_admin.clone(), "?searchArea=2").await.len(), 2);
    assert_eq!(ids(site.as_rita.clone(), "?searchArea=2").await.len(), 3);
    assert_eq!(ids(site.client(&site.uwe), "").await, [0_i64; 0]);
    assert_eq!(ids(site.as_admin.clone(), "?type=6").await, [0_i64; 0]);
    assert_eq!(site.as_admin.get("files/rooms?tags=x").await.status, 500);
}

#[tokio::test]
async fn system_folders_show_their_type() {
    let site = site().await;
    let room = site.room(RoomType::FillingForms);
    site.portal
        .add_folder_of_type(&room, "Abgeschlossen", FolderType::ReadyForm);
    let got = site
        .as_rita
        .get(&format!("files/{room}?filterType=2"))
        .await;
    assert_eq!(got.response()["folders"][0]["type"], 25);
}

#[tokio::test]
async fn people_and_groups_are_found_as_the_portal_finds_them() {
    let site = site().await;
    let sales = site.portal.add_group("Sales", &[&site.uwe]);
    site.portal.add_group("Presales", &[&site.rita]);
    let also = site.portal.add_group("sales", &[&site.rita]);
    let found = site.as_rita.get("group?filterValue=Sales").await;
    let names: Vec<&str> = found
        .response()
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group["name"].as_str().unwrap())
        .collect();
    assert_eq!((found.json["total"].as_i64(), names.len()), (Some(3), 3));
    let group = site.as_rita.get(&format!("group/{sales}")).await;
    assert_eq!(group.response()["members"][0]["email"], "uwe@example.org");
    site.portal.delete_group(&also);
    assert_eq!(site.as_rita.get(&format!("group/{also}")).await.status, 404);
    assert_eq!(site.client(&site.uwe).get("group").await.status, 403);
    site.portal
        .set_status(&site.uwe, EmployeeStatus::Terminated);
    let uwe = site.as_rita.get("people/email?email=UWE@example.org").await;
    assert_eq!(
        (&uwe.response()["status"], &uwe.response()["isCollaborator"]),
        (&json!(2), &json!(true))
    );
    assert_eq!(
        site.as_rita
            .get("people/email?email=gina@example.com")
            .await
            .status,
        403
    );
    assert_eq!(
        site.as_admin
            .get("people/email?email=gina@example.com")
            .await
            .response()["isVisitor"],
        true
    );
    assert_eq!(
        site.as_admin
            .get("people/email?email=nobody@example.com")
            .await
            .status,
        404
    );
    let admins = site
        .as_admin
        .get("people/filter?employeeType=DocSpaceAdmin")
        .await;
    assert_eq!(
        (&admins.json["total"], &admins.response()[0]["isOwner"]),
        (&json!(1), &json!(true))
    );
    let other = site
        .portal
        .add_person("Ada Admin", "ada@example.org", EmployeeType::DocSpaceAdmin);
    assert_eq!(
        site.as_admin
            .get(&format!("people/{other}"))
            .await
            .response()["isAdmin"],
        true
    );
}

#[tokio::test]
async fn every_request_is_recorded_and_an_unknown_endpoint_is_404() {
    let site = site().await;
    site.as_rita.get("portal/quota?id=1").await;
    site.as_rita
        .put("files/rooms/9999/share", json!({ "entries": [] }))
        .await;
    let requests = site.portal.requests();
    assert_eq!(
        (
            requests[0].known,
            requests[0].status,
            requests[0].query.as_str()
        ),
        (false, 404, "id=1")
    );
    let put = &requests[1];
    assert_eq!(
        (put.known, put.write, put.status, put.route),
        (true, true, 200, Some("files/rooms/{id}/share"))
    );
    assert_eq!(
        (put.user.as_deref(), put.body.clone()),
        (Some(site.rita.as_str()), Some(json!({ "entries": [] })))
    );
    assert_eq!(site.portal.writes().len(), 1);
    assert_eq!(site.portal.unknown_requests().len(), 1);
    site.portal.clear_requests();
    assert!(site.portal.requests().is_empty());
}
