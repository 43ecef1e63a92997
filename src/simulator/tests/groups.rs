//! Groups: found by a part of the name; system groups only by id (rooms-api.md M).

use serde_json::{Value, json};

use super::super::{DOCSPACE_ADMINS, EVERYONE, EmployeeStatus, EmployeeType, RoomType};
use super::site::{Got, site};

fn names(got: &Got) -> Vec<&str> {
    let groups = got.response().as_array().unwrap().iter();
    groups
        .map(|group| group["name"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn names_are_found_and_sorted_without_case_and_accents() {
    let site = site().await;
    for name in ["Équipe", "bau", "Bau", " 100%", "straße"] {
        site.portal.add_group(name, &[&site.rita]);
    }
    for (text, found) in [
        ("EQUIPE", vec!["Équipe"]),
        ("e\u{301}quipe", vec![]),
        ("%25", vec![" 100%"]),
        ("_", vec![]),
        ("strase", vec!["straße"]),
        ("strasse", vec![]),
        ("%20%20", vec![" 100%", "bau", "Bau", "Équipe", "straße"]),
        ("%20bau%20", vec!["bau", "Bau"]),
    ] {
        let got = site.as_rita.get(&format!("group?filterValue={text}")).await;
        let mut got_names = names(&got);
        // The order of two names that the portal considers equal is undefined.
        got_names.sort_by_key(|name| (name.to_lowercase().replace('é', "e"), *name != "bau"));
        assert_eq!(got_names, found, "{text}");
    }
}

#[tokio::test]
async fn groups_sort_by_name_manager_or_size() {
    let site = site().await;
    let aki = site
        .portal
        .add_person("Aki A", "aki@example.org", EmployeeType::User);
    let big = site.portal.add_group("Big", &[&site.rita, &site.uwe, &aki]);
    let small = site.portal.add_group("Small", &[&site.rita]);
    assert!(site.portal.set_manager(&big, &site.rita));
    assert!(site.portal.set_manager(&small, &aki));
    for (query, order) in [
        ("", ["Big", "Small"]),
        ("sortBy=Title&sortOrder=descending", ["Small", "Big"]),
        ("sortBy=manager", ["Small", "Big"]),
        ("sortBy=membersCount&sortOrder=1", ["Big", "Small"]),
        ("sortBy=nonsense", ["Big", "Small"]),
    ] {
        let got = site.as_rita.get(&format!("group?{query}")).await;
        assert_eq!(names(&got), order, "{query}");
    }
    let managed = site
        .as_rita
        .get(&format!("group?userId={aki}&manager=true"))
        .await;
    assert_eq!(names(&managed), ["Small"]);
    // Any start is accepted, and counted.
    let before = site.as_rita.get("group?startIndex=-1").await;
    assert_eq!(
        (&before.json["count"], &before.json["total"]),
        (&json!(3), &json!(2))
    );
    let wrong = site.as_rita.get("group?userId=abc").await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.response()["errors"]["userId"].is_array());
}

#[tokio::test]
async fn system_groups_are_found_by_id_and_not_listed() {
    let site = site().await;
    let gone = site
        .portal
        .add_person("Tea T", "tea@example.org", EmployeeType::User);
    site.portal.set_status(&gone, EmployeeStatus::Terminated);
    assert_eq!(names(&site.as_rita.get("group").await), Vec::<&str>::new());
    let everyone = site.as_rita.get(&format!("group/{EVERYONE}")).await;
    assert_eq!(everyone.response()["isSystem"], true);
    assert_eq!(everyone.response()["membersCount"], 4);
    let admins = site.as_rita.get(&format!("group/{DOCSPACE_ADMINS}")).await;
    assert_eq!(admins.response()["name"], "DocSpaceAdmin");
    assert_eq!(admins.response()["members"][0]["isOwner"], true);
}

#[tokio::test]
async fn a_group_shows_no_terminated_members_but_the_filter_lists_them() {
    let site = site().await;
    let group = site.portal.add_group("G", &[&site.rita, &site.uwe]);
    site.portal
        .set_status(&site.uwe, EmployeeStatus::Terminated);
    let got = site.as_admin.get(&format!("group/{group}")).await;
    assert_eq!(got.response()["membersCount"], 1);
    let listed = site
        .as_admin
        .get(&format!("people/filter?groupId={group}"))
        .await;
    assert_eq!(listed.json["total"], 2);
}

#[tokio::test]
async fn deleting_a_group_removes_its_grants() {
    let site = site().await;
    let group = site.portal.add_group("G", &[&site.uwe]);
    let room = site.room(RoomType::Custom);
    site.portal.grant(&room, &group, 10);
    let path = format!("group/{group}");
    let refused = site.as_rita.send("DELETE", &path, None).await.unwrap();
    assert_eq!(refused.status, 403);
    assert_eq!(
        refused.thrown(),
        "ASC.Common.Security.Authorizing.AuthorizingException"
    );
    let deleted = site.as_admin.send("DELETE", &path, None).await.unwrap();
    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    assert_eq!(
        site.as_admin
            .send("DELETE", &path, None)
            .await
            .unwrap()
            .status,
        404
    );
    assert_eq!(site.as_admin.get(&path).await.status, 404);
    let as_uwe = site.client(&site.uwe);
    assert_eq!(as_uwe.get(&format!("files/rooms/{room}")).await.status, 403);
}

#[tokio::test]
async fn for_a_room_all_groups_are_listed_including_everyone() {
    let site = site().await;
    let granted = site.portal.add_group("Granted", &[&site.uwe]);
    site.portal.add_group("Other", &[&site.uwe]);
    let room = site.room(RoomType::Custom);
    site.portal.grant(&room, &granted, 10);
    let got = site.as_rita.get(&format!("group/room/{room}")).await;
    let shared = |group: &Value| {
        (
            group["name"].as_str().unwrap().to_owned(),
            group["shared"].clone(),
        )
    };
    let listed: Vec<_> = got
        .response()
        .as_array()
        .unwrap()
        .iter()
        .map(shared)
        .collect();
    let expected = [("Everyone", false), ("Granted", true), ("Other", false)];
    assert_eq!(
        listed,
        expected.map(|(name, shared)| (name.to_owned(), json!(shared)))
    );
    let rest = site
        .as_rita
        .get(&format!("group/room/{room}?excludeShared=true"))
        .await;
    assert_eq!(names(&rest), ["Everyone", "Other"]);
    assert_eq!(site.as_rita.get("group/room/9999").await.status, 404);
}
