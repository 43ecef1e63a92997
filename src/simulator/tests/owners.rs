//! Changing the owner of rooms (rooms-api.md H.4).

use serde_json::{Value, json};

use super::super::{EmployeeType, EntryId, RoomType, Trigger};
use super::site::{Client, Got, Site, site};

async fn give(client: &Client, to: &str, rooms: Value) -> Got {
    let body = json!({ "userId": to, "folderIds": rooms });
    client.post("files/owner", body).await
}

fn owner(site: &Site, room: &EntryId) -> String {
    site.portal.room(room).unwrap().owner
}

#[tokio::test]
async fn owners_change_by_room_number_skip_unknown_rooms_and_stay_changed_before_a_refusal() {
    let site = site().await;
    let rooms: Vec<EntryId> = (0..3).map(|_| site.room(RoomType::Custom)).collect();
    site.portal.archive(&site.rita, &rooms[1]);
    let requested = json!([
        rooms[2],
        99_999,
        "abc",
        rooms[1].to_string(),
        rooms[0],
        rooms[0]
    ]);
    let got = give(&site.as_admin, &site.admin, requested).await;
    assert_eq!(got.status, 403);
    assert_eq!(owner(&site, &rooms[0]), site.admin);
    assert_eq!(owner(&site, &rooms[2]), site.rita);
    let got = give(&site.as_admin, &site.admin, json!([rooms[2], rooms[0]])).await;
    let ids: Vec<&Value> = got
        .response()
        .as_array()
        .unwrap()
        .iter()
        .map(|room| &room["id"])
        .collect();
    assert_eq!(ids, [&rooms[0].to_json(), &rooms[2].to_json()]);
    assert_eq!(got.json["count"], 1);
}

#[tokio::test]
async fn the_new_owner_loses_their_grant_and_the_old_one_becomes_manager() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    site.portal.grant(&room, &site.admin, 2);
    site.portal.grant(&room, &site.rita, 2);
    site.portal.grant(&room, &site.uwe, 10);
    let hook = |who: &str| {
        site.portal
            .add_webhook(who, "http://127.0.0.1:9/", "Secret-123", 0)
    };
    hook(&site.admin);
    let got = give(&site.as_admin, &site.admin, json!([room])).await;
    assert_eq!(got.response()[0]["createdBy"]["id"], site.admin.as_str());
    let access = site.portal.room(&room).unwrap().access;
    assert_eq!(access.get(&site.rita), Some(&9));
    assert_eq!(access.get(&site.uwe), Some(&10));
    assert!(!access.contains_key(&site.admin));
    // A change to the current owner does nothing.
    assert_eq!(
        give(&site.as_admin, &site.admin, json!([room]))
            .await
            .status,
        200
    );
    let triggers: Vec<Trigger> = site
        .portal
        .deliveries()
        .iter()
        .map(|row| row.trigger)
        .collect();
    assert_eq!(triggers, [Trigger::FolderUpdated]);
}

#[tokio::test]
async fn a_person_who_cannot_own_rooms_is_refused_before_any_other_check() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let gone = site
        .portal
        .add_person("Gone", "gone@example.org", EmployeeType::RoomAdmin);
    site.portal
        .set_status(&gone, super::super::EmployeeStatus::Terminated);
    let group = site.portal.add_group("Team", &[&site.rita]);
    for nobody in [&site.uwe, &site.gina, &gone, &group] {
        let got = give(&site.as_admin, nobody, json!([])).await;
        assert_eq!(
            (got.status, got.thrown()),
            (403, "System.InvalidOperationException")
        );
    }
    // The server does not handle a number that is not an integer.
    let got = give(&site.as_admin, &site.admin, json!([room, 1.5])).await;
    assert_eq!((got.status, got.thrown()), (500, "System.FormatException"));
    assert_eq!(owner(&site, &room), site.rita);
}

#[tokio::test]
async fn a_terminated_owner_gets_no_role_and_a_failed_change_of_a_template_removes_a_grant() {
    let site = site().await;
    let (room, template) = (
        site.room(RoomType::Custom),
        site.portal
            .create_template_room(&site.rita, RoomType::Custom, "T"),
    );
    site.portal.grant(&template, &site.admin, 2);
    let got = give(&site.as_rita, &site.admin, json!([template])).await;
    assert_eq!(got.status, 403);
    assert_eq!(owner(&site, &template), site.rita);
    assert!(site.portal.room(&template).unwrap().access.is_empty());
    site.portal
        .set_status(&site.rita, super::super::EmployeeStatus::Terminated);
    assert_eq!(
        give(&site.as_admin, &site.admin, json!([room]))
            .await
            .status,
        200
    );
    assert!(site.portal.room(&room).unwrap().access.is_empty());
}
