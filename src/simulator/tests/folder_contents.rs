//! The contents of folders: filters, order, pages (rooms-api.md C).

use serde_json::{Value, json};

use super::super::{EntryId, Options, RoomType};
use super::site::{Client, Site, options, site, site_with};

async fn titles(client: &Client, path: &str) -> Vec<String> {
    let got = client.get(path).await;
    let folders = match got.response() {
        Value::Array(folders) => folders.clone(),
        content => content["folders"].as_array().unwrap().clone(),
    };
    folders
        .iter()
        .map(|folder| folder["title"].as_str().unwrap().to_owned())
        .collect()
}

/// "Café" with "Crème" in it, and "tea".
fn room_with_folders(site: &Site, kind: RoomType) -> EntryId {
    let room = site.room(kind);
    let first = site.portal.add_folder(&site.rita, &room, "Café");
    site.portal.add_folder(&site.rita, &first, "Crème");
    site.portal.add_folder(&site.uwe, &room, "tea");
    room
}

#[tokio::test]
async fn filters_search_all_depths_and_filters_for_files_find_no_folder() {
    let site = site().await;
    let room = room_with_folders(&site, RoomType::Custom);
    for (query, found) in [
        ("", vec!["Café", "tea"]),
        ("filterType=0", vec!["Café", "tea"]),
        ("filterType=2", vec!["Café", "Crème", "tea"]),
        (
            "filterType=%20foldersonly%20&withSubFolders=True",
            vec!["Café", "Crème", "tea"],
        ),
        ("filterType=2&withSubFolders=false", vec!["Café", "tea"]),
        ("filterType=CustomRooms", vec!["Café", "Crème", "tea"]),
        ("filterType=DocumentsOnly", vec![]),
        ("filterType=1&applyFilterOption=Files", vec!["Café", "tea"]),
        ("filterType=1&applyFilterOption=2", vec![]),
        ("filterValue=CREME", vec!["Crème"]),
        ("filterValue=e", vec!["Café", "Crème", "tea"]),
        ("filterValue=%20%20", vec!["Café", "tea"]),
        ("filterValue=%25", vec![]),
    ] {
        let path = format!("files/{room}?sortBy=AZ&{query}");
        assert_eq!(titles(&site.as_rita, &path).await, found, "{query}");
    }
    let by = |subject: &str| format!("files/{room}?sortBy=AZ&userIdOrGroupId={subject}");
    assert_eq!(titles(&site.as_rita, &by(&site.uwe)).await, ["tea"]);
    let not = format!("{}&excludeSubject=true", by(&site.uwe));
    assert_eq!(titles(&site.as_rita, &not).await, ["Café", "Crème"]);
    let group = site.portal.add_group("G", &[&site.uwe]);
    let of_group = format!("{}&filterType=ByUser", by(&group));
    assert_eq!(titles(&site.as_rita, &of_group).await, ["tea"]);
}

#[tokio::test]
async fn custom_order_empties_listings_without_an_index_until_another_order_is_requested() {
    let site = site().await;
    let room = room_with_folders(&site, RoomType::Custom);
    let path = format!("files/{room}");
    for query in [
        "?sortBy=customorder",
        "",
        "?filterType=2",
        "?sortBy=Nonsense",
    ] {
        let got = site.as_rita.get(&format!("{path}{query}")).await;
        assert_eq!(got.response()["folders"], json!([]), "{query}");
        assert_ne!(got.response()["total"], 0, "{query}");
    }
    let below = format!("{path}/subfolders");
    assert_eq!(titles(&site.as_rita, &below).await, ["Café", "tea"]);
    let requested = format!("{path}?sortBy=Size&sortOrder=descending");
    assert_eq!(titles(&site.as_rita, &requested).await, ["Café", "tea"]);
    let alone = format!("{path}?sortOrder=0");
    assert_eq!(titles(&site.as_rita, &alone).await, ["Café", "tea"]);
}

#[tokio::test]
async fn an_index_always_orders_data_rooms_and_other_rooms_on_request() {
    let site = site().await;
    for kind in [RoomType::VirtualData, RoomType::Custom] {
        let room = site.room(kind);
        let room_path = format!("files/rooms/{room}");
        site.as_rita
            .put(&room_path, json!({ "indexing": true }))
            .await;
        let folders: Vec<EntryId> = ["c", "a", "b"]
            .iter()
            .map(|title| site.portal.add_folder(&site.rita, &room, title))
            .collect();
        let list = format!("files/{room}?sortBy=AZ&sortOrder=descending");
        let in_order = titles(&site.as_rita, &list).await.concat();
        let expected = match kind {
            RoomType::VirtualData => "cab",
            _ => "cba",
        };
        assert_eq!(in_order, expected);
        let place = format!("files/folder/{}/order", folders[0]);
        let moved = site.as_rita.put(&place, json!({ "order": "1.2" })).await;
        assert_eq!(moved.response()["order"], "2");
        let list = format!("files/{room}?sortBy=CustomOrder&sortOrder=descending");
        assert_eq!(titles(&site.as_rita, &list).await.concat(), "acb");
        let wrong = site.as_rita.put(&place, json!({ "order": 0 })).await;
        assert!(wrong.response()["errors"]["Order.Order"].is_array());
        assert_eq!(
            site.client(&site.uwe)
                .put(&place, json!({ "order": 1 }))
                .await
                .status,
            403
        );
    }
}

#[tokio::test]
async fn invalid_parameters_are_reported_by_name() {
    let site = site().await;
    let room = room_with_folders(&site, RoomType::Custom);
    for (query, name) in [
        ("count=", "count"),
        ("count=0", "count"),
        ("count=1e2", "count"),
        ("startIndex=99999999999", "startIndex"),
        ("filterType=6", "filterType"),
        ("sortOrder=", "sortOrder"),
        ("sortOrder=2", "sortOrder"),
        ("searchArea=8", "searchArea"),
        ("applyFilterOption=3", "applyFilterOption"),
        ("withSubFolders=1", "withSubFolders"),
        ("userIdOrGroupId=abc", "userIdOrGroupId"),
        ("location=4", "location"),
    ] {
        let got = site.as_rita.get(&format!("files/{room}?{query}")).await;
        assert_eq!(got.status, 400, "{query}");
        assert!(got.response()["errors"][name].is_array(), "{query}");
    }
    let got = site
        .as_rita
        .get(&format!("files/{room}?startIndex=-1"))
        .await;
    assert_eq!(
        (got.status, got.thrown()),
        (400, "System.ArgumentOutOfRangeException")
    );
    let page = format!("files/{room}?sortBy=AZ&count=0x1&startIndex=%201%20");
    assert_eq!(titles(&site.as_rita, &page).await, ["tea"]);
}

#[tokio::test]
async fn a_known_caller_is_refused_and_an_unknown_one_cannot_learn_what_exists() {
    let site = site().await;
    let room = room_with_folders(&site, RoomType::Public);
    let nobody = Client::with(&site.portal, None);
    for (client, id, expected) in [
        (
            &site.client(&site.uwe),
            room.to_string(),
            "System.InvalidOperationException",
        ),
        (
            &nobody,
            room.to_string(),
            "System.InvalidOperationException",
        ),
        (
            &nobody,
            "99999".to_owned(),
            "System.Security.SecurityException",
        ),
        (
            &site.as_rita,
            "99999".to_owned(),
            "ASC.Common.Web.ItemNotFoundException",
        ),
    ] {
        assert_eq!(client.get(&format!("files/{id}")).await.thrown(), expected);
    }
}

#[tokio::test]
async fn folders_of_a_public_room_are_shared_but_their_path_does_not_show_it() {
    let site = site().await;
    let room = site.room(RoomType::Public);
    let made = site
        .as_rita
        .post(&format!("files/folder/{room}"), json!({ "title": "A" }))
        .await;
    assert_eq!(made.response()["parentShared"], true);
    let folder = made.response()["id"].clone();
    let way = site
        .as_rita
        .get(&format!("files/folder/{folder}/path"))
        .await;
    let shown: Vec<(&Value, &Value)> = way
        .response()
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (&entry["shared"], &entry["parentShared"]))
        .collect();
    assert_eq!(shown, [(&json!(false), &json!(false)); 3]);
    assert_eq!(way.json["count"], 1);
}

#[tokio::test]
async fn the_areas_of_an_agent_are_its_own_two_folders() {
    let site = site_with(Options {
        vectorisation: true,
        ..options()
    })
    .await;
    let agent = site.room(RoomType::Ai);
    let area = |name: &str| {
        let path = format!("files/{agent}?filterType=2&searchArea={name}");
        let client = site.as_rita.clone();
        async move { client.get(&path).await }
    };
    for (name, title) in [("Knowledge", "Knowledge"), ("6", "Result Storage")] {
        let got = area(name).await;
        assert_eq!(got.response()["current"]["title"], title);
        assert_eq!(got.response()["folders"], json!([]));
    }
    assert_eq!(area("0").await.response()["total"], 2);
}

#[tokio::test]
async fn news_are_empty_and_mark_the_folder_as_read() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let news = site.as_rita.get(&format!("files/{room}/news")).await;
    assert_eq!(
        (news.response(), &news.json["count"]),
        (&json!([]), &json!(1))
    );
    let marked = site.as_rita.get("files/fileops/MarkAsRead").await;
    assert_eq!(marked.response()[0]["Operation"], 4);
    assert_eq!(site.as_rita.get("files/99999/news").await.status, 404);
    let stranger = site.client(&site.uwe);
    assert_eq!(
        stranger.get(&format!("files/{room}/news")).await.thrown(),
        "System.Security.SecurityException"
    );
}
