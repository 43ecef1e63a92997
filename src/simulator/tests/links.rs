//! Links of rooms: what the recordings do not cover (rooms-api.md G).

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::{EntryId, RoomType};
use super::site::{Client, Got, START, Site, site};

const KEY: &str = "11111111-2222-4333-8444-555555555555";
const RULE: &str = "System.InvalidOperationException";
const RIGHT: &str = "System.Security.SecurityException";

async fn put(who: &Client, room: &EntryId, body: Value) -> Got {
    who.put(&format!("files/rooms/{room}/links"), body).await
}

/// The links of a kind.
async fn links(site: &Site, room: &EntryId, query: &str) -> Vec<Value> {
    let got = site
        .as_rita
        .get(&format!("files/rooms/{room}/links{query}"))
        .await;
    assert_eq!((got.status, &got.json["total"]), (200, &Value::Null));
    got.response().as_array().unwrap().clone()
}

fn id(item: &Value) -> String {
    item["sharedLink"]["id"].as_str().unwrap().to_owned()
}

fn later(days: i64) -> String {
    let start: Timestamp = START.parse().unwrap();
    (start + SignedDuration::from_hours(24 * days)).to_string()
}

#[tokio::test]
async fn an_unknown_id_becomes_the_id_of_the_link() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    for code in [2, 10, 2] {
        let body = json!({ "linkId": KEY, "access": code, "linkType": 1 });
        let got = put(&site.as_rita, &room, body).await;
        assert_eq!((got.status, id(got.response())), (200, KEY.to_owned()));
    }
    assert_eq!(links(&site, &room, "?type=External").await.len(), 1);
    assert_eq!(links(&site, &room, "?type=0").await.len(), 0);
    let wrong = site
        .as_rita
        .get(&format!("files/rooms/{room}/links?type=2"))
        .await;
    assert_eq!(wrong.status, 400);
}

#[tokio::test]
async fn each_room_type_limits_the_number_of_links() {
    let site = site().await;
    for (kind, additional, primary) in [
        (RoomType::Custom, 5, 200),
        (RoomType::Public, 5, 200),
        (RoomType::FillingForms, 0, 200),
        (RoomType::Editing, 0, 403),
        (RoomType::VirtualData, 0, 403),
        (RoomType::Ai, 0, 403),
    ] {
        let room = site.room(kind);
        let code = if kind == RoomType::FillingForms { 7 } else { 2 };
        let body = json!({ "access": code, "linkType": 1 });
        for number in 0..7 {
            let got = put(&site.as_rita, &room, body.clone()).await;
            let expected = if number < additional { 200 } else { 403 };
            assert_eq!(got.status, expected, "{kind:?} {number}");
        }
        let got = site.as_rita.get(&format!("files/rooms/{room}/link")).await;
        assert_eq!(got.status, primary, "{kind:?}");
        let body = json!({ "access": 11, "linkType": 0 });
        for expected in [200, 403] {
            let got = put(&site.as_rita, &room, body.clone()).await;
            assert_eq!(got.status, expected, "{kind:?}");
        }
        // More than one invitation link is refused, even an empty one.
        assert_eq!(put(&site.as_rita, &room, json!({})).await.thrown(), RULE);
    }
}

#[tokio::test]
async fn the_primary_link_of_a_public_room_is_replaced_instead_of_deleted() {
    let site = site().await;
    for (kind, code) in [(RoomType::Public, 2), (RoomType::FillingForms, 7)] {
        let room = site.room(kind);
        let first = links(&site, &room, "").await.remove(0);
        assert_eq!(
            (&first["access"], &first["subjectType"]),
            (&json!(code), &json!(4))
        );
        let body = json!({ "linkId": id(&first), "access": 0, "linkType": 1 });
        let got = put(&site.as_rita, &room, body).await;
        let link = &got.response()["sharedLink"];
        assert_ne!(id(got.response()), id(&first));
        assert_eq!(
            (&link["primary"], &link["requestToken"]),
            (&json!(true), &Value::Null)
        );
        let now = links(&site, &room, "?type=1").await;
        assert_eq!((now.len(), id(&now[0])), (1, id(got.response())));
        assert!(now[0]["sharedLink"]["requestToken"].is_string());
    }
    let custom = site.room(RoomType::Custom);
    let got = site
        .as_rita
        .get(&format!("files/rooms/{custom}/link"))
        .await;
    let body = json!({ "linkId": id(got.response()), "access": 0, "linkType": 1 });
    let got = put(&site.as_rita, &custom, body).await;
    assert_eq!((got.status, got.json.get("response")), (200, None));
    assert_eq!(links(&site, &custom, "").await.len(), 0);
}

#[tokio::test]
async fn others_see_an_existing_primary_link_but_create_none() {
    let site = site().await;
    let (custom, public) = (site.room(RoomType::Custom), site.room(RoomType::Public));
    let as_uwe = site.client(&site.uwe);
    for room in [&custom, &public] {
        site.portal.grant(room, &site.uwe, 11);
    }
    for who in [&as_uwe, &site.as_admin] {
        let got = who.get(&format!("files/rooms/{custom}/link")).await;
        assert_eq!((got.status, got.thrown()), (403, RIGHT));
        let got = who.get(&format!("files/rooms/{public}/link")).await;
        assert_eq!(
            (got.status, &got.response()["canEditInternal"]),
            (200, &json!(false))
        );
        let listed = who
            .get(&format!("files/rooms/{public}/share?filterType=8"))
            .await;
        assert_eq!(listed.json["total"], 1);
        let all = who
            .get(&format!("files/rooms/{public}/share?filterType=15"))
            .await;
        assert_eq!(all.json["total"], 0);
    }
    assert_eq!(links(&site, &custom, "").await.len(), 0);
    let stranger = site.client(&site.gina);
    let got = stranger.get(&format!("files/rooms/{public}/link")).await;
    assert_eq!(got.thrown(), RIGHT);
    assert_eq!(site.as_rita.get("files/rooms/99999/link").await.status, 404);
}

#[tokio::test]
async fn links_of_an_archived_room_are_visible_but_read_only() {
    let site = site().await;
    let room = site.room(RoomType::Public);
    let link = links(&site, &room, "").await.remove(0);
    site.portal.archive(&site.rita, &room);
    assert_eq!(links(&site, &room, "").await.len(), 1);
    let body = json!({ "linkId": id(&link), "access": 10, "linkType": 1 });
    assert_eq!(put(&site.as_rita, &room, body).await.thrown(), RIGHT);
}

#[tokio::test]
async fn an_expiry_is_in_the_future_and_within_ten_years() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let ask = async |kind: i32, end: &str| {
        let body = json!({ "linkId": KEY, "access": 2, "linkType": kind, "expirationDate": end });
        let got = put(&site.as_rita, &room, body).await;
        (
            got.status,
            got.response()["sharedLink"]["expirationDate"].clone(),
        )
    };
    let past = later(-1);
    assert_eq!(ask(1, &past).await, (200, Value::Null));
    assert_eq!(ask(1, &later(3660)).await.0, 400);
    assert_eq!(
        ask(1, &later(30)).await,
        (200, json!("2026-07-31T09:15:42.0000000Z"))
    );
    assert_eq!(ask(1, "nonsense").await, (200, Value::Null));
    site.as_rita
        .put(
            &format!("files/rooms/{room}/links"),
            json!({ "linkId": KEY, "access": 0, "linkType": 1 }),
        )
        .await;
    assert_eq!(ask(0, &past).await.0, 400);
    assert_eq!(ask(0, &later(3660)).await.0, 400);
    assert_eq!(
        ask(0, "2027-01-01").await,
        (200, json!("2027-01-01T00:00:00.0000000Z"))
    );
}

#[tokio::test]
async fn passwords_follow_the_portals_policy_and_texts_have_a_maximum_length() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    for (password, status) in [
        ("short", 400),
        (" long-enough ", 200),
        ("has blanks", 400),
        ("", 200),
    ] {
        let body = json!({ "linkId": KEY, "access": 2, "linkType": 1, "password": password });
        let got = put(&site.as_rita, &room, body).await;
        assert_eq!(got.status, status, "{password}");
        if status == 400 {
            assert_eq!(got.thrown(), "System.ArgumentException");
        }
    }
    let body =
        json!({ "title": "x".repeat(256), "password": "x".repeat(256), "maxUseCount": 1001 });
    let got = put(&site.as_rita, &room, body).await;
    let errors = got.response()["errors"].as_object().unwrap();
    let keys: Vec<&str> = errors.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "RoomLink.MaxUseCount",
            "RoomLink.Password",
            "RoomLink.Title"
        ]
    );
    for (body, key) in [
        (json!({ "linkId": "x" }), "$.linkId"),
        (json!({ "linkId": null }), "$.linkId"),
        (json!({ "linkType": "External" }), "$.linkType"),
        (json!({ "access": {} }), "$.access"),
        (json!({ "internal": 1 }), "$.internal"),
        (json!({ "expirationDate": 5 }), "$.expirationDate"),
    ] {
        let got = put(&site.as_rita, &room, body).await;
        assert!(got.response()["errors"][key].is_array(), "{key}");
    }
}

#[tokio::test]
async fn no_link_of_a_public_room_requires_signing_in() {
    let site = site().await;
    let (custom, public) = (site.room(RoomType::Custom), site.room(RoomType::Public));
    let body = json!({ "linkId": KEY, "access": 2, "linkType": 1, "internal": true });
    let got = put(&site.as_rita, &custom, body.clone()).await;
    assert_eq!(got.response()["sharedLink"]["internal"], true);
    let got = put(&site.as_rita, &public, body.clone()).await;
    assert_eq!(got.response()["sharedLink"]["internal"], false);
    // A later request for it is skipped, together with the rest of the body.
    let mut body = body;
    body["access"] = json!(10);
    let got = put(&site.as_rita, &public, body).await;
    assert_eq!((got.status, &got.response()["access"]), (200, &json!(2)));
}

#[tokio::test]
async fn the_id_of_a_link_among_people_is_500() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let other = site.portal.add_group("G", &[&site.uwe]);
    let share = async |code: i32| {
        let body = json!({ "invitations": [
            { "id": site.uwe, "access": 2 }, { "id": KEY, "access": code }, { "id": other, "access": 2 }
        ] });
        let got = site
            .as_rita
            .put(&format!("files/rooms/{room}/share"), body)
            .await;
        let access = site.portal.room(&room).unwrap().access;
        let written = (access.contains_key(&site.uwe), access.contains_key(&other));
        site.portal.revoke(&room, &site.uwe);
        (got.status, written)
    };
    put(
        &site.as_rita,
        &room,
        json!({ "linkId": KEY, "access": 2, "linkType": 0 }),
    )
    .await;
    for code in [11, 0] {
        assert_eq!(share(code).await, (500, (true, false)));
        assert_eq!(links(&site, &room, "?type=0").await[0]["access"], 11);
    }
    assert_eq!(share(9).await, (403, (true, false)));
    put(
        &site.as_rita,
        &room,
        json!({ "linkId": KEY, "access": 0, "linkType": 0 }),
    )
    .await;
    put(
        &site.as_rita,
        &room,
        json!({ "linkId": KEY, "access": 2, "linkType": 1 }),
    )
    .await;
    for code in [10, 0] {
        assert_eq!(share(code).await, (500, (true, false)));
        assert_eq!(links(&site, &room, "?type=1").await[0]["access"], 2);
    }
}

#[tokio::test]
async fn links_are_sorted_primary_first_and_then_by_role() {
    let site = site().await;
    let room = site.room(RoomType::Public);
    for code in [6, 10, 5] {
        put(
            &site.as_rita,
            &room,
            json!({ "access": code, "linkType": 1 }),
        )
        .await;
    }
    put(&site.as_rita, &room, json!({ "access": 11, "linkType": 0 })).await;
    let codes = async |query: &str| -> Vec<i64> {
        let links = links(&site, &room, query).await;
        links
            .iter()
            .map(|item| item["access"].as_i64().unwrap())
            .collect()
    };
    assert_eq!(codes("?type=1").await, [2, 10, 5, 6]);
    assert_eq!(codes("?type=0").await, [11]);
    assert_eq!(codes("").await, [11, 10, 5, 6, 2]);
}
