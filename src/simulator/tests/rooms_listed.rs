//! The list of rooms (rooms-api.md I).

use serde_json::json;

use super::super::{EntryId, RoomType, ThirdParty};
use super::site::{Client, Got, Site, site};

async fn list(client: &Client, query: &str) -> Got {
    client.get(&format!("files/rooms?{query}")).await
}

async fn titles(client: &Client, query: &str) -> Vec<String> {
    let got = list(client, query).await;
    let rooms = got.response()["folders"].as_array().unwrap().clone();
    let title = |room: &serde_json::Value| room["title"].as_str().unwrap().to_owned();
    rooms.iter().map(title).collect()
}

fn room(site: &Site, kind: RoomType, title: &str) -> EntryId {
    site.portal.create_room(&site.rita, kind, title)
}

#[tokio::test]
async fn most_orders_fall_back_to_the_ascending_title() {
    let site = site().await;
    for (kind, title) in [
        (RoomType::Public, "Room 10"),
        (RoomType::Custom, "room 9"),
        (RoomType::Custom, "Äpfel"),
        (RoomType::Editing, "Apfel"),
    ] {
        room(&site, kind, title);
    }
    let upwards = ["Apfel", "Äpfel", "room 9", "Room 10"];
    let downwards = ["Room 10", "room 9", "Äpfel", "Apfel"];
    for (sort, expected) in [
        ("AZ&sortOrder=ascending", upwards),
        ("az&sortOrder=1", downwards),
        ("CustomOrder&sortOrder=0", upwards),
        (
            "RoomType&sortOrder=1",
            ["Room 10", "Apfel", "Äpfel", "room 9"],
        ),
        ("Author&sortOrder=1", upwards),
        ("Size&sortOrder=1", upwards),
        ("DateAndTimeCreation&sortOrder=0", downwards),
    ] {
        let query = format!("sortBy={sort}");
        assert_eq!(titles(&site.as_rita, &query).await, expected, "{sort}");
    }
    // The last order becomes the account's default, and an unknown one requests nothing.
    titles(&site.as_rita, "sortBy=AZ&sortOrder=1").await;
    let kept = titles(&site.as_rita, "sortOrder=0&sortBy=nonsense").await;
    assert_eq!(kept, downwards);
}

#[tokio::test]
async fn a_custom_order_empties_lists_of_folders_but_not_the_list_of_rooms() {
    let site = site().await;
    let room = room(&site, RoomType::Custom, "a");
    site.portal.add_folder(&site.rita, &room, "F");
    let path = format!("files/{room}?sortBy=CustomOrder");
    let got = site.as_rita.get(&path).await;
    assert_eq!(got.response()["folders"], json!([]));
    assert_eq!(titles(&site.as_rita, "").await, ["a"]);
}

#[tokio::test]
async fn pinned_rooms_come_first_except_in_the_order_new() {
    let site = site().await;
    room(&site, RoomType::Custom, "a");
    let pinned = room(&site, RoomType::Custom, "b");
    site.portal.pin(&pinned, &site.rita);
    let all = |sort: &str| format!("sortBy={sort}&sortOrder=ascending");
    assert_eq!(titles(&site.as_rita, &all("AZ")).await, ["b", "a"]);
    assert_eq!(titles(&site.as_rita, &all("New")).await, ["a", "b"]);
    assert_eq!(titles(&site.as_admin, &all("AZ")).await, ["a", "b"]);
}

#[tokio::test]
async fn types_and_tags_are_alternatives_and_brackets_are_ignored() {
    let site = site().await;
    let tagged = room(&site, RoomType::Custom, "a");
    let other = room(&site, RoomType::Editing, "b");
    room(&site, RoomType::Public, "c");
    site.portal.add_tag(&site.rita, &tagged, "Client");
    site.portal.add_tag(&site.rita, &other, "Résumé");
    for (query, expected) in [
        ("type=5&type=PublicRoom", vec!["a", "c"]),
        ("type%5B%5D=5", vec!["a", "b", "c"]),
        ("tags=%5B%22CLIENT%22,%22resume%22%5D", vec!["a", "b"]),
        ("tags=null", vec!["a", "b", "c"]),
        ("tags=%5B%5D", vec!["a", "b", "c"]),
        ("withoutTags=true&tags=%5B%22client%22%5D", vec!["c"]),
        ("filterValue=%20A%20", vec!["a"]),
        ("filterValue=%25", vec![]),
        ("groupId=7", vec![]),
    ] {
        let query = format!("{query}&sortBy=AZ");
        assert_eq!(titles(&site.as_rita, &query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn malformed_values_are_400_or_500() {
    let site = site().await;
    for (query, status, thrown) in [
        ("type=7", 400, ""),
        ("searchArea=Nonsense", 400, ""),
        ("groupId=abc", 400, ""),
        ("provider=99", 400, ""),
        ("count=101", 400, ""),
        ("startIndex=-1", 400, "System.ArgumentOutOfRangeException"),
        ("tags=nonsense", 500, "System.Text.Json.JsonException"),
        ("tags=%5B1%5D", 500, "System.Text.Json.JsonException"),
        ("subjectId=x", 500, "System.FormatException"),
        (
            "subjectOwnerId=x&startIndex=-1",
            500,
            "System.FormatException",
        ),
        (
            "tags=%5B%22%F0%9F%99%82%22%5D",
            500,
            "MySqlConnector.MySqlException",
        ),
    ] {
        let got = list(&site.as_rita, query).await;
        assert_eq!((got.status, got.thrown()), (status, thrown), "{query}");
    }
}

#[tokio::test]
async fn subjects_are_owners_or_members_and_owners_count_as_members() {
    let site = site().await;
    let mine = room(&site, RoomType::Custom, "mine");
    site.portal
        .create_room(&site.admin, RoomType::Custom, "admin's");
    site.portal.grant(&mine, &site.uwe, 11);
    let (rita, uwe) = (&site.rita, &site.uwe);
    for (query, expected) in [
        (format!("subjectId={rita}&subjectFilter=0"), vec!["mine"]),
        (format!("subjectId={rita}&subjectFilter=1"), vec!["mine"]),
        (format!("subjectId={uwe}&subjectFilter=Owner"), vec![]),
        (format!("subjectId={uwe}"), vec!["mine"]),
        (format!("subjectOwnerId={rita}"), vec!["mine"]),
        (
            format!("subjectOwnerId={rita}&subjectFilter=0"),
            vec!["admin's", "mine"],
        ),
        (
            format!("subjectId={uwe}&excludeSubject=true"),
            vec!["admin's"],
        ),
    ] {
        let query = format!("{query}&sortBy=AZ");
        assert_eq!(titles(&site.as_admin, &query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn each_area_shows_its_rooms_to_admins_and_to_others() {
    let site = site().await;
    room(&site, RoomType::Custom, "active");
    let kept = room(&site, RoomType::Custom, "kept");
    site.portal.archive(&site.rita, &kept);
    site.portal.create_agent(&site.rita, "agent");
    let template = |title: &str| {
        site.portal
            .create_template_room(&site.rita, RoomType::Custom, title)
    };
    template("template");
    site.portal.grant(&template("shared"), &site.admin, 2);
    for (area, of_rita, of_admin) in [
        ("0", vec!["active"], vec!["active"]),
        ("Archive", vec!["kept"], vec!["kept"]),
        ("2", vec!["active", "agent", "kept"], vec!["active", "kept"]),
        ("3", vec![], vec!["active"]),
        ("4", vec!["shared", "template"], vec!["shared"]),
        ("7", vec!["agent"], vec!["agent"]),
    ] {
        let query = format!("searchArea={area}&sortBy=AZ");
        assert_eq!(titles(&site.as_rita, &query).await, of_rita, "{area}");
        assert_eq!(titles(&site.as_admin, &query).await, of_admin, "{area}");
    }
    let as_gina = site.client(&site.gina);
    let got = list(&as_gina, "searchArea=4").await;
    assert_eq!((got.status, &got.response()["total"]), (200, &json!(0)));
}

#[tokio::test]
async fn rooms_of_connected_storages_are_filtered_by_provider() {
    let site = site().await;
    let own = room(&site, RoomType::Custom, "own");
    site.portal
        .create_third_party_room(&site.rita, ThirdParty::WebDav, RoomType::Custom, "dav");
    for (query, of_rita, of_admin) in [
        ("provider=7", vec!["dav"], vec!["dav"]),
        ("provider=GoogleDrive", vec![], vec![]),
        ("provider=Storage", vec![], vec!["own"]),
        ("storageFilter=1", vec!["own"], vec!["own"]),
        ("storageFilter=ThirdParty", vec!["dav"], vec!["dav"]),
    ] {
        assert_eq!(titles(&site.as_rita, query).await, of_rita, "{query}");
        assert_eq!(titles(&site.as_admin, query).await, of_admin, "{query}");
    }
    let path = format!("files/rooms/{own}");
    site.as_rita.put(&path, json!({ "quota": 7 })).await;
    let custom = "quotaFilter=2&storageFilter=1";
    assert_eq!(titles(&site.as_admin, custom).await, ["own"]);
    assert!(
        titles(&site.as_admin, "quotaFilter=1&storageFilter=1")
            .await
            .is_empty()
    );
}
