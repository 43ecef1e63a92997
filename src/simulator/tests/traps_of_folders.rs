//! What a naive client gets wrong about folders.

use serde_json::json;

use super::super::{
    EmployeeType, EntryId, Fault, FaultKind, FolderType, Later, NoticeKind, Options, RoomType,
    ThirdParty, Trigger,
};
use super::site::{Client, Got, Site, options, site, site_with};

async fn create(site: &Site, parent: &EntryId, title: &str) -> Got {
    site.as_rita
        .post(&format!("files/folder/{parent}"), json!({ "title": title }))
        .await
}

fn paths(site: &Site, room: &EntryId) -> Vec<String> {
    site.portal
        .room(room)
        .unwrap()
        .paths()
        .into_iter()
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn folders_created_twice_exist_twice() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    create(&site, &room, "Contracts").await;
    create(&site, &room, "Contracts").await;
    assert_eq!(paths(&site, &room), ["Contracts", "Contracts"]);
}

#[tokio::test]
async fn titles_are_altered_on_storing() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    for (sent, stored) in [
        ("a/b", "a_b"),
        ("Q&A: x", "Q&A_ x"),
        ("🚀", "__"),
        ("  x  ", "x"),
        ("C++", "C__"),
    ] {
        assert_eq!(create(&site, &room, sent).await.response()["title"], stored);
    }
}

#[tokio::test]
async fn a_title_has_at_most_165_utf16_units() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    assert_eq!(create(&site, &room, &"🚀".repeat(83)).await.status, 400);
    assert_eq!(create(&site, &room, &"ü".repeat(165)).await.status, 200);
}

#[tokio::test]
async fn a_plain_listing_shows_at_most_a_hundred_direct_children() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    for number in 0..101 {
        let folder = site
            .portal
            .add_folder(&site.rita, &room, &format!("{number}"));
        site.portal.add_folder(&site.rita, &folder, "below");
    }
    let page = site.as_rita.get(&format!("files/{room}")).await;
    assert_eq!(
        (
            page.response()["folders"].as_array().unwrap().len(),
            &page.response()["total"]
        ),
        (100, &json!(101))
    );
}

#[tokio::test]
async fn a_missing_entry_is_404_to_read_and_403_to_write() {
    let site = site().await;
    assert_eq!(site.as_rita.get("files/rooms/9999").await.status, 404);
    assert_eq!(site.as_rita.get("files/9999").await.status, 404);
    assert_eq!(
        create(&site, &EntryId::Number(9999), "A").await.thrown(),
        "System.InvalidOperationException"
    );
    assert_eq!(
        site.as_rita
            .put("files/rooms/9999", json!({}))
            .await
            .thrown(),
        "System.InvalidOperationException"
    );
}

#[tokio::test]
async fn room_ids_can_be_strings() {
    let site = site().await;
    let room =
        site.portal
            .create_third_party_room(&site.rita, ThirdParty::WebDav, RoomType::Custom, "X");
    assert!(room.is_third_party());
    assert_eq!(
        site.as_rita
            .get(&format!("files/rooms/{room}"))
            .await
            .response()["id"],
        room.to_string()
    );
    let put = json!({ "denyDownload": true, "tags": ["t"], "title": "Y" });
    assert_eq!(
        site.as_rita
            .put(&format!("files/rooms/{room}"), put)
            .await
            .status,
        200
    );
    let view = site.portal.room(&room).unwrap();
    assert_eq!(
        (view.deny_download, view.tags.len(), view.title.as_str()),
        (false, 1, "Y")
    );
}

#[tokio::test]
async fn each_folder_created_after_the_grants_notifies_everybody() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    create(&site, &room, "Quiet").await;
    assert!(site.portal.notices().is_empty());
    site.portal.grant(&room, &site.uwe, 2);
    let otto = site
        .portal
        .add_person("Otto Other", "otto@example.org", EmployeeType::User);
    let group = site.portal.add_group("G", &[&otto]);
    site.portal.grant(&room, &group, 2);
    create(&site, &room, "Loud").await;
    let mut published: Vec<String> = site
        .portal
        .notices()
        .into_iter()
        .map(|notice| notice.person)
        .collect();
    published.sort();
    let mut expected = [site.uwe.clone(), otto];
    expected.sort();
    assert_eq!(published, expected);
    assert_eq!(site.portal.notices()[0].kind, NoticeKind::FolderCreated);
}

#[tokio::test]
async fn own_folders_come_back_as_events() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    site.portal
        .add_webhook(&site.rita, "http://127.0.0.1:9/", "Secret-123", 0);
    create(&site, &room, "A").await;
    let published = site.portal.deliveries();
    assert_eq!(
        (published.len(), published[0].trigger),
        (1, Trigger::FolderCreated)
    );
    site.portal.stop();
}

#[tokio::test]
async fn system_folders_are_recognised_by_their_type_not_their_title() {
    let site = site().await;
    let room = site.room(RoomType::FillingForms);
    let folder = site
        .portal
        .add_folder_of_type(&room, "Terminés", FolderType::InProcessForm);
    let got = site.as_rita.get(&format!("files/{room}/subfolders")).await;
    assert_eq!(
        (&got.response()[0]["type"], &got.response()[0]["id"]),
        (&json!(26), &folder.to_json())
    );
    assert_eq!(create(&site, &folder, "A").await.status, 403);
}

#[tokio::test]
async fn an_agent_accepts_no_folders() {
    let site = site_with(Options {
        vectorisation: true,
        ..options()
    })
    .await;
    let agent = site.portal.create_agent(&site.rita, "Agent");
    assert_eq!(create(&site, &agent, "A").await.status, 403);
    let listed = site
        .as_rita
        .get(&format!("files/{agent}?filterType=2"))
        .await;
    assert_eq!(
        listed.response()["folders"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|folder| folder["type"].is_i64())
            .count(),
        2
    );
    assert_eq!(
        site.as_rita
            .get(&format!("files/rooms/{agent}"))
            .await
            .response()["foldersCount"],
        0
    );
    let knowledge = site.portal.room(&agent).unwrap().folders[0].id.clone();
    assert_eq!(create(&site, &knowledge, "A").await.status, 200);
}

#[tokio::test]
async fn folders_created_during_a_template_copy_rename_its_folders() {
    let site = site().await;
    let room = site
        .portal
        .start_template_copy(&site.rita, RoomType::Custom, "R", &["Contracts"]);
    let status = || async {
        site.as_rita
            .get("files/rooms/fromTemplate/status")
            .await
            .response()
            .clone()
    };
    assert_eq!(
        status().await,
        json!({ "roomId": -1, "progress": 0, "error": "", "isCompleted": false })
    );
    create(&site, &room, "Contracts").await;
    site.portal.finish_template_copy();
    assert_eq!(paths(&site, &room), ["Contracts", "Contracts (1)"]);
    let other = site
        .portal
        .start_template_copy(&site.rita, RoomType::Custom, "R2", &["A"]);
    site.portal.fail_template_copy("no space left");
    assert_eq!(status().await["error"], "no space left");
    assert!(site.portal.room(&other).is_none());
}

#[tokio::test]
async fn a_post_repeated_after_a_lost_answer_creates_a_second_folder() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    site.portal.fault(
        Fault::on(
            "POST",
            "files/folder/{id}",
            FaultKind::DropAndDoLater(Later::NextListing),
        )
        .times(1),
    );
    let path = format!("files/folder/{room}");
    assert!(
        site.as_rita
            .send("POST", &path, Some(json!({ "title": "A" })))
            .await
            .is_err()
    );
    // A read right away shows nothing, although the portal is still working.
    assert_eq!(
        site.as_rita.get(&format!("files/{room}")).await.response()["total"],
        0
    );
    create(&site, &room, "A").await;
    assert_eq!(paths(&site, &room), ["A", "A"]);
}

#[tokio::test]
async fn in_an_indexed_vdr_folders_are_in_the_order_of_their_creation() {
    let site = site().await;
    let room = site.room(RoomType::VirtualData);
    site.as_rita
        .put(&format!("files/rooms/{room}"), json!({ "indexing": true }))
        .await;
    for title in ["Z", "A", "M"] {
        create(&site, &room, title).await;
    }
    let listed = site
        .as_rita
        .get(&format!("files/{room}?filterType=2"))
        .await;
    let shown: Vec<(&str, &str)> = listed.response()["folders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|folder| {
            (
                folder["title"].as_str().unwrap(),
                folder["order"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(shown, [("Z", "1"), ("A", "2"), ("M", "3")]);
}

#[tokio::test]
async fn sorting_a_listing_changes_the_accounts_default_order() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    for title in ["B", "A", "C"] {
        create(&site, &room, title).await;
    }
    let titles = |client: Client, query: &'static str| {
        let path = format!("files/{room}{query}");
        async move {
            let got = client.get(&path).await;
            got.response()["folders"]
                .as_array()
                .unwrap()
                .iter()
                .map(|folder| folder["title"].as_str().unwrap().to_owned())
                .collect::<String>()
        }
    };
    let before = titles(site.as_rita.clone(), "").await;
    assert_ne!(before, "CBA");
    assert_eq!(
        titles(site.as_rita.clone(), "?sortBy=AZ&sortOrder=descending").await,
        "CBA"
    );
    assert_eq!(titles(site.as_rita.clone(), "").await, "CBA");
    assert_eq!(titles(site.as_admin.clone(), "").await, before);
}
