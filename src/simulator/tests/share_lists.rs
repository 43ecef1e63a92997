//! The list of members, its order and its readers: what the recordings do not cover (rooms-api.md F).

use serde_json::{Value, json};

use super::super::{EmployeeStatus, EmployeeType, EntryId, RoomType};
use super::site::{Client, Site, site};

/// First names, or names of groups, in the order of the list.
async fn names(who: &Client, room: &EntryId, query: &str) -> Vec<String> {
    let got = who.get(&format!("files/rooms/{room}/share?{query}")).await;
    assert_eq!(got.status, 200, "{query}");
    let items = got.response().as_array().unwrap().iter();
    items
        .map(|item| {
            let to = &item["sharedTo"];
            let name = to["firstName"].as_str().or(to["name"].as_str());
            name.unwrap_or_default().to_owned()
        })
        .collect()
}

/// A room with members of all kinds.
fn full_room(site: &Site) -> EntryId {
    let room = site.room(RoomType::Custom);
    for (name, kind, code) in [
        ("Zoe", EmployeeType::RoomAdmin, 9),
        ("anna", EmployeeType::RoomAdmin, 9),
        ("Émile", EmployeeType::User, 2),
        ("Dora", EmployeeType::User, 2),
        ("Fritz", EmployeeType::User, 2),
        ("Carl", EmployeeType::User, 11),
        ("Gus", EmployeeType::Guest, 11),
        ("Pia", EmployeeType::RoomAdmin, 9),
        ("Tom", EmployeeType::User, 10),
    ] {
        let email = format!("{}@example.net", name.to_lowercase());
        let person = site.portal.add_person(&format!("{name} X"), &email, kind);
        site.portal.grant(&room, &person, code);
        match name {
            "Pia" => site.portal.set_status(&person, EmployeeStatus::Pending),
            "Tom" => site.portal.set_status(&person, EmployeeStatus::Terminated),
            _ => true,
        };
    }
    for (name, code) in [("Sales", 2), ("Board", 2), ("Editors", 10)] {
        let group = site.portal.add_group(name, &[&site.uwe]);
        site.portal.grant(&room, &group, code);
    }
    room
}

#[tokio::test]
async fn managers_groups_users_guests_and_pending_people_are_sorted_by_role_and_name() {
    let site = site().await;
    let room = full_room(&site);
    assert_eq!(
        names(&site.as_rita, &room, "").await,
        [
            "Rita", "anna", "Zoe", "Editors", "Board", "Sales", "Carl", "Tom", "Dora", "Émile",
            "Fritz", "Gus", "Pia"
        ]
    );
    // Among people, guests do not come separately, and pending people come last.
    assert_eq!(
        names(&site.as_rita, &room, "filterType=16").await,
        [
            "Rita", "anna", "Zoe", "Carl", "Gus", "Tom", "Dora", "Émile", "Fritz", "Pia"
        ]
    );
    assert_eq!(
        names(&site.as_rita, &room, "filterType=Group").await,
        ["Editors", "Board", "Sales"]
    );
}

#[tokio::test]
async fn the_pages_together_are_the_list() {
    let site = site().await;
    let room = full_room(&site);
    let all = names(&site.as_rita, &room, "").await;
    for size in [1, 2, 3, 5] {
        let mut found = Vec::new();
        for start in (0..all.len()).step_by(size) {
            let query = format!("count={size}&startIndex={start}");
            found.extend(names(&site.as_rita, &room, &query).await);
        }
        assert_eq!(found, all, "{size}");
    }
}

#[tokio::test]
async fn a_text_is_searched_in_names_and_addresses_without_case_and_accents() {
    let site = site().await;
    let room = full_room(&site);
    for (text, found) in [
        ("EMILE", vec!["Émile"]),
        ("%20board%20", vec!["Board"]),
        ("dora@", vec!["Dora"]),
        ("rita", vec!["Rita"]),
        ("example.org", vec!["Rita"]),
        ("%25", vec![]),
        ("Dora%20X", vec![]),
    ] {
        let query = format!("filterValue={text}");
        assert_eq!(names(&site.as_rita, &room, &query).await, found, "{text}");
    }
    assert_eq!(
        names(&site.as_rita, &room, "filterValue=%20").await.len(),
        13
    );
}

#[tokio::test]
async fn several_kinds_together_show_everything_but_the_owner_and_only_to_managers() {
    let site = site().await;
    let room = site.room(RoomType::Public);
    site.portal.grant(&room, &site.uwe, 11);
    let orphan = "11111111-2222-4333-8444-555555555555";
    site.portal.grant(&room, orphan, 9);
    let path = format!("files/rooms/{room}/share");
    for filter in ["48", "3", "63", "User,Group"] {
        let query = format!("{path}?filterType={filter}");
        let got = site.as_rita.get(&query).await;
        let codes: Vec<i64> = got
            .response()
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["access"].as_i64().unwrap())
            .collect();
        assert_eq!(codes, [9, 11, 2], "{filter}");
        assert_eq!(site.client(&site.uwe).get(&query).await.json["total"], 0);
    }
    for wrong in ["64", "-1", "", "user,nobody"] {
        let got = site
            .as_rita
            .get(&format!("{path}?filterType={wrong}"))
            .await;
        let errors = got.response()["errors"].as_object().unwrap();
        assert_eq!((got.status, errors.contains_key("filterType")), (400, true));
    }
}

#[tokio::test]
async fn viewers_of_a_folder_in_a_room_see_only_the_number() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    site.portal.grant(&room, &site.uwe, 2);
    site.portal.grant(&room, &site.gina, 2);
    let folder = site.portal.add_folder(&site.rita, &room, "A");
    let below = site.portal.add_folder(&site.rita, &folder, "B");
    let as_uwe = site.client(&site.uwe);
    let path = format!("files/rooms/{below}/share");
    let got = as_uwe.get(&path).await;
    assert_eq!(
        (got.response(), &got.json["total"], &got.json["count"]),
        (&json!([]), &json!(3), &json!(3))
    );
    assert_eq!(
        site.as_rita
            .get(&path)
            .await
            .response()
            .as_array()
            .unwrap()
            .len(),
        3
    );
    let older = format!("files/folder/{below}/share");
    let got = as_uwe.get(&older).await;
    assert_eq!(
        (got.response(), &got.json["total"], &got.json["count"]),
        (&json!([]), &json!(3), &json!(0))
    );
    let page = site
        .as_rita
        .get(&format!("{older}?count=1&startIndex=1"))
        .await;
    assert_eq!(
        (&page.json["count"], &page.json["total"]),
        (&json!(1), &json!(3))
    );
    let as_gina = site.client(&site.gina);
    for path in [
        format!("files/folder/{room}/share"),
        "files/folder/99999/share".to_owned(),
    ] {
        assert_eq!(
            as_gina.get(&path).await.thrown(),
            "System.Security.SecurityException"
        );
    }
    assert_eq!(
        site.as_rita.get("files/folder/99999/share").await.status,
        404
    );
}

#[tokio::test]
async fn an_item_shows_what_can_be_changed() {
    let site = site().await;
    for (kind, internal, expiration) in [
        (RoomType::Custom, true, true),
        (RoomType::Public, false, true),
        (RoomType::VirtualData, false, true),
        (RoomType::FillingForms, true, false),
    ] {
        let room = site.room(kind);
        site.portal.grant(&room, &site.uwe, 11);
        let path = format!("files/rooms/{room}/share?startIndex=1");
        let got = site.as_rita.get(&path).await;
        let item = &got.response()[0];
        let flags = [
            "isLocked",
            "canEditAccess",
            "canEditInternal",
            "canEditExpirationDate",
        ]
        .map(|name| item[name].clone());
        let expected = [false, true, internal, expiration].map(Value::from);
        assert_eq!(flags, expected, "{kind:?}");
        let own = site.client(&site.uwe).get(&path).await;
        let flags = ["isLocked", "canEditAccess", "canEditInternal"]
            .map(|name| own.response()[0][name].clone());
        assert_eq!(flags, [true, false, false].map(Value::from));
    }
}

#[tokio::test]
async fn a_terminated_owner_is_still_listed_first() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    site.portal
        .set_status(&site.rita, EmployeeStatus::Terminated);
    let got = site
        .as_admin
        .get(&format!("files/rooms/{room}/share"))
        .await;
    let owner = &got.response()[0];
    assert_eq!(
        (&owner["isOwner"], &owner["sharedToUser"]["status"]),
        (&json!(true), &json!(2))
    );
}
