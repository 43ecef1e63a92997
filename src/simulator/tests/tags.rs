//! Tags, as the real server handles them (rooms-api.md H.2).

use serde_json::{Value, json};

use super::super::state::options::Contention;
use super::super::{EntryId, Fault, FaultKind, Options, RoomType};
use super::site::{Client, Got, Site, options, site, site_with};

async fn put(client: &Client, room: &EntryId, names: &[&str]) -> Got {
    let path = format!("files/rooms/{room}/tags");
    client.put(&path, json!({ "names": names })).await
}

fn tags(site: &Site, room: &EntryId) -> Vec<String> {
    site.portal.room(room).unwrap().tags
}

async fn portal_tags(site: &Site) -> Value {
    site.as_admin.get("files/tags").await.response().clone()
}

#[tokio::test]
async fn answers_use_the_portals_spelling_in_every_room() {
    let site = site().await;
    let (one, other) = (site.room(RoomType::Custom), site.room(RoomType::Public));
    put(&site.as_rita, &one, &["résumé", "Maß"]).await;
    let got = put(&site.as_rita, &other, &["RESUME", "mas", "mass"]).await;
    assert_eq!(got.response()["tags"], json!(["résumé", "Maß", "mass"]));
    let path = format!("files/rooms/{other}/tags");
    let got = site.as_rita.delete(&path, json!({ "names": ["Résumé"] }));
    assert_eq!(got.await.response()["tags"], json!(["Maß", "mass"]));
}

#[tokio::test]
async fn a_change_shows_the_oldest_tag_first_and_a_read_the_newest() {
    let site = site().await;
    let (one, other) = (site.room(RoomType::Custom), site.room(RoomType::Custom));
    put(&site.as_rita, &one, &["b"]).await;
    let got = put(&site.as_rita, &other, &["a", "b"]).await;
    assert_eq!(got.response()["tags"], json!(["b", "a"]));
    let path = format!("files/rooms/{other}");
    let got = site.as_rita.get(&path).await;
    assert_eq!(got.response()["tags"], json!(["a", "b"]));
    let got = site.as_rita.put(&path, json!({ "tags": ["c", "a"] })).await;
    assert_eq!(got.response()["tags"], json!(["a", "c"]));
}

#[tokio::test]
async fn a_name_beyond_the_character_set_is_500_and_changes_nothing() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let got = put(&site.as_rita, &room, &["good", "🙂"]).await;
    assert_eq!(
        (got.status, got.thrown()),
        (500, "MySqlConnector.MySqlException")
    );
    let names = json!({ "name": "🙂" });
    assert_eq!(site.as_rita.post("files/tags", names).await.status, 500);
    assert!(tags(&site, &room).is_empty());
    assert_eq!(portal_tags(&site).await, json!([]));
}

#[tokio::test]
async fn names_before_a_bad_one_stay_tags_of_the_portal() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    for bad in ["".to_owned(), "x".repeat(256)] {
        let got = put(&site.as_rita, &room, &["good", &bad, "late"]).await;
        assert_eq!(
            (got.status, got.thrown()),
            (400, "System.ArgumentException")
        );
    }
    assert!(tags(&site, &room).is_empty());
    assert_eq!(portal_tags(&site).await, json!(["good"]));
    let longest = "x".repeat(255);
    assert_eq!(put(&site.as_rita, &room, &[&longest]).await.status, 200);
}

#[tokio::test]
async fn rights_on_tags_depend_on_the_role() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    site.portal.grant(&room, &site.uwe, 11);
    let as_uwe = site.client(&site.uwe);
    let rosa = site.portal.add_person(
        "Rosa Room",
        "rosa@example.org",
        super::super::EmployeeType::RoomAdmin,
    );
    site.portal.grant(&room, &rosa, 2);
    let as_rosa = site.client(&rosa);
    let name = json!({ "name": "new" });
    for (client, on_room, in_portal, renames) in [
        (&site.as_rita, 200, 200, 403),
        (&site.as_admin, 200, 200, 404),
        (&as_rosa, 403, 200, 403),
        (&as_uwe, 403, 403, 403),
    ] {
        assert_eq!(put(client, &room, &["t"]).await.status, on_room);
        let made = client.post("files/tags", name.clone()).await;
        assert_eq!(made.status, in_portal);
        let body = json!({ "oldName": "unknown", "newName": "x" });
        assert_eq!(client.put("files/tags", body).await.status, renames);
    }
    site.portal.archive(&site.rita, &room);
    assert_eq!(put(&site.as_admin, &room, &[]).await.status, 403);
}

#[tokio::test]
async fn a_portal_tag_is_renamed_in_all_rooms_but_not_to_another_case_of_itself() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    put(&site.as_rita, &room, &["old"]).await;
    let rename = |new: &str| {
        site.as_admin
            .put("files/tags", json!({ "oldName": "OLD", "newName": new }))
    };
    assert_eq!(rename("Old").await.status, 400);
    assert_eq!(rename("new").await.response(), "new");
    assert_eq!(tags(&site, &room), ["new"]);
    let gone = site
        .as_admin
        .delete("files/tags", json!({ "names": ["NEW"] }));
    assert_eq!(gone.await.json["count"], 0);
    assert!(tags(&site, &room).is_empty());
}

#[tokio::test]
async fn the_first_permanent_deletion_removes_all_unused_tags() {
    let site = site().await;
    let (kept, gone) = (site.room(RoomType::Custom), site.room(RoomType::Custom));
    put(&site.as_rita, &kept, &["linked", "unlinked"]).await;
    let path = format!("files/rooms/{kept}/tags");
    site.as_rita
        .delete(&path, json!({ "names": ["unlinked"] }))
        .await;
    assert_eq!(portal_tags(&site).await, json!(["unlinked", "linked"]));
    site.portal.delete_room(&site.rita, &gone);
    assert_eq!(portal_tags(&site).await, json!(["linked"]));
}

#[tokio::test]
async fn only_admins_see_tags_of_rooms_that_are_not_theirs() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    put(&site.as_rita, &room, &["mine"]).await;
    site.as_admin
        .post("files/tags", json!({ "name": "of nobody" }))
        .await;
    let got = site.as_rita.get("files/tags").await;
    assert_eq!(got.response(), &json!(["mine"]));
    assert_eq!(got.json["count"], 1);
    let got = site.as_admin.get("files/tags?filterValue=MÍN").await;
    assert_eq!(got.response(), &json!(["mine"]));
    let linked = async |name: &str| {
        let path = format!("files/tags/{name}/haslinks");
        site.as_admin.get(&path).await
    };
    assert_eq!(linked("mine").await.response(), &json!(true));
    assert_eq!(linked("of%20nobody").await.response(), &json!(false));
    assert_eq!(linked("unknown").await.status, 404);
}

#[tokio::test]
async fn a_new_tag_of_two_concurrent_calls_becomes_two_rows_but_rooms_show_it_once() {
    let contention = Contention {
        tags: 1.0,
        ..Contention::default()
    };
    let site = site_with(Options {
        contention,
        ..options()
    })
    .await;
    let (one, other) = (site.room(RoomType::Custom), site.room(RoomType::Custom));
    let path = "files/rooms/{id}/tags";
    site.portal.fault(Fault::on("PUT", path, FaultKind::Pause));
    let let_go = async {
        while site.portal.held() < 2 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        site.portal.clear_faults();
        site.portal.release_held();
    };
    let (first, second, ()) = futures::join!(
        put(&site.as_rita, &one, &["new"]),
        put(&site.as_rita, &other, &["new"]),
        let_go
    );
    assert_eq!((first.status, second.status), (200, 200));
    assert_eq!(portal_tags(&site).await, json!(["new", "new"]));
    for room in [&one, &other] {
        assert_eq!(tags(&site, room), ["new"]);
    }
    // A later call does not create a third one.
    put(&site.as_rita, &one, &["NEW"]).await;
    assert_eq!(tags(&site, &one), ["new"]);
    assert_eq!(portal_tags(&site).await, json!(["new", "new"]));
}
