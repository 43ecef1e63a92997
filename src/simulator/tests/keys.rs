//! API keys: properties, and how clients send them (rooms-api.md J.4, K).

use serde_json::{Value, json};

use super::super::{EmployeeStatus, EmployeeType, RoomType};
use super::site::{Client, site};

#[tokio::test]
async fn a_key_must_follow_bearer_and_one_space() {
    let site = site().await;
    let key = site.portal.add_key(&site.rita, &[]);
    let room = format!("files/rooms/{}", site.room(RoomType::Custom));
    for (value, closed, open) in [
        (format!("Bearer {key}"), 200, 200),
        (format!("Bearer  {key}"), 401, 403),
        (format!("bearer {key}"), 401, 401),
        (key.clone(), 401, 401),
        (format!("Bearer {key}0"), 401, 403),
        ("Bearer nonsense".to_owned(), 401, 401),
        (String::new(), 401, 401),
    ] {
        let statuses = [
            site.as_rita.status_with(&value, "people/@self").await,
            site.as_rita.status_with(&value, &room).await,
        ];
        assert_eq!(statuses, [closed, open], "{value}");
    }
}

#[tokio::test]
async fn a_session_works_with_or_without_bearer() {
    let site = site().await;
    let token = site.portal.sign_in_as(&site.rita);
    for (value, status) in [
        (token.clone(), 200),
        (format!("Bearer {token}"), 200),
        (format!("bearer {token}"), 401),
        (format!("{token}x"), 401),
    ] {
        let got = site.as_rita.status_with(&value, "people/@self").await;
        assert_eq!(got, status, "{value}");
    }
    site.portal
        .set_status(&site.rita, EmployeeStatus::Terminated);
    assert_eq!(site.as_rita.status_with(&token, "people/@self").await, 401);
}

#[tokio::test]
async fn a_key_works_again_when_its_owner_is_reactivated() {
    let site = site().await;
    site.portal
        .set_status(&site.rita, EmployeeStatus::Terminated);
    assert_eq!(site.as_rita.get("keys/@self").await.status, 401);
    site.portal.set_status(&site.rita, EmployeeStatus::Active);
    assert_eq!(site.as_rita.get("keys/@self").await.status, 200);
}

#[tokio::test]
async fn a_new_key_works_at_once_and_shows_its_secret_once() {
    let site = site().await;
    let body = json!({ "name": "k", "permissions": ["rooms:read"], "expiresInDays": 2 });
    let made = site.as_rita.post("keys", body).await;
    let token = made.response()["key"].as_str().unwrap().to_owned();
    assert_eq!(token.len(), 67);
    assert_eq!(made.response()["expiresAt"], "2026-07-03T09:15:42.0000000Z");
    assert_eq!(made.response()["lastUsed"], Value::Null);
    let client = Client::with(&site.portal, Some(token.clone()));
    let oneself = client.get("keys/@self").await;
    let end = &token[63..];
    assert_eq!(oneself.response()["key"], format!("sk-***{end}"));
    assert_eq!(oneself.response()["keyPostfix"], end);
    assert_eq!(oneself.response()["permissions"], json!(["rooms:read"]));
    // A change acts at once; members that are left out keep their values.
    let path = format!("keys/{}", made.response()["id"].as_str().unwrap());
    let changed = site
        .as_rita
        .put(&path, json!({ "permissions": ["*"] }))
        .await;
    assert_eq!(changed.response(), true);
    let oneself = client.get("keys/@self").await;
    assert_eq!(oneself.response()["permissions"], Value::Null);
    assert_eq!(oneself.response()["name"], "k");
    assert_eq!(client.get("settings/webhook").await.status, 200);
    let off = json!({ "isActive": false, "name": "" });
    assert_eq!(site.as_rita.put(&path, off).await.response(), true);
    assert_eq!(client.get("keys/@self").await.status, 401);
}

#[tokio::test]
async fn docspace_admins_list_and_change_all_keys_others_only_their_own() {
    let site = site().await;
    let names = |got: &super::site::Got| {
        let keys = got.response().as_array().unwrap();
        let name = |key: &Value| key["createBy"]["displayName"].as_str().unwrap().to_owned();
        keys.iter().map(name).collect::<Vec<_>>()
    };
    let all = site.as_admin.get("keys").await;
    assert_eq!(names(&all), ["Rita Room", "Olivia Owner"]);
    assert_eq!(all.json["count"], 1);
    let own = site.as_rita.get("keys").await;
    assert_eq!(names(&own), ["Rita Room"]);
    let path = |key: &Value| format!("keys/{}", key["id"].as_str().unwrap());
    let owners = path(&all.response()[1]);
    let refused = site
        .as_rita
        .put(&owners, json!({ "isActive": false }))
        .await;
    assert_eq!((refused.status, refused.response()), (200, &json!(false)));
    let wrong = json!({ "permissions": ["rooms:delete"] });
    let wrong = site.as_admin.put(&owners, wrong).await;
    assert_eq!(
        (wrong.status, wrong.thrown()),
        (400, "System.ArgumentException")
    );
    let deleted = site
        .as_admin
        .delete(&path(&own.response()[0]), json!({}))
        .await;
    assert_eq!(deleted.response(), true);
    assert_eq!(site.as_rita.get("keys/@self").await.status, 401);
}

#[tokio::test]
async fn the_limits_of_a_new_key_are_exact() {
    let site = site().await;
    let keys = |got: super::site::Got| {
        let errors = got.response()["errors"]
            .as_object()
            .cloned()
            .unwrap_or_default();
        errors.keys().cloned().collect::<Vec<_>>()
    };
    for (body, wrong) in [
        (
            json!({ "name": "n".repeat(30), "expiresInDays": 365 }),
            vec![],
        ),
        (json!({ "name": "n".repeat(31) }), vec!["Name"]),
        (
            json!({ "name": "  ", "expiresInDays": 0 }),
            vec!["ExpiresInDays", "Name"],
        ),
        (json!({ "name": null }), vec!["Name"]),
        (json!({ "permissions": [] }), vec!["$"]),
        (
            json!({ "name": "n", "permissions": [1] }),
            vec!["$.permissions[0]"],
        ),
    ] {
        let sent = body.to_string();
        assert_eq!(keys(site.as_rita.post("keys", body).await), wrong, "{sent}");
    }
    let null = json!({ "name": "n", "permissions": [null] });
    assert_eq!(
        site.as_rita.post("keys", null).await.thrown(),
        "System.ArgumentException"
    );
}

#[tokio::test]
async fn scopes_stop_keys_at_open_endpoints_with_a_problem() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let token = site.portal.add_key(&site.rita, &["accounts:read"]);
    let client = Client::with(&site.portal, Some(token));
    for path in [
        format!("files/rooms/{room}"),
        "files/rooms/9999".to_owned(),
        "settings".to_owned(),
    ] {
        let got = client.get(&path).await;
        assert_eq!(
            (got.status, &got.json["status"]),
            (403, &json!(403)),
            "{path}"
        );
    }
    let closed = client.get("files/rooms").await;
    assert_eq!((closed.status, closed.text.as_str()), (403, ""));
    let other = site
        .portal
        .add_person("Olga Other", "olga@example.org", EmployeeType::User);
    assert_eq!(client.get(&format!("people/{other}")).await.status, 200);
}

#[tokio::test]
async fn an_unknown_route_is_404_before_the_key_is_checked() {
    let site = site().await;
    let nobody = Client::with(&site.portal, None);
    for path in ["group/abc", "keys/abc", "nothing"] {
        let got = nobody.get(path).await;
        assert_eq!((got.status, got.text.as_str()), (404, ""), "{path}");
    }
    let got = nobody.send("HEAD", "group", None).await.unwrap();
    assert_eq!((got.status, got.text.as_str()), (405, ""));
}

#[tokio::test]
async fn a_dead_key_is_a_403_problem_on_open_routes_and_an_empty_401_elsewhere() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let token = site.portal.add_key(&site.rita, &[]);
    let client = Client::with(&site.portal, Some(token.clone()));
    assert_eq!(client.get("keys/@self").await.status, 200);
    assert!(site.portal.revoke_key(&token));
    for path in [format!("files/rooms/{room}"), "files/rooms/9999".to_owned()] {
        let open = client.get(&path).await;
        assert_eq!(
            (open.status, &open.json["title"]),
            (403, &"Forbidden".into())
        );
        assert_eq!(
            (&open.json["error"], open.response()),
            (&Value::Null, &Value::Null)
        );
        let (_, headers) = client.headers(&path).await;
        assert_eq!(
            headers["content-type"],
            "application/problem+json; charset=utf-8"
        );
    }
    let closed = client.get("keys/@self").await;
    assert_eq!((closed.status, closed.text.as_str()), (401, ""));
    assert!(
        site.portal
            .set_status(&site.rita, EmployeeStatus::Terminated)
    );
    assert_eq!(site.as_rita.get("people/@self").await.status, 401);
}

#[tokio::test]
async fn a_key_opens_what_its_scopes_allow() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let token = site
        .portal
        .add_key(&site.rita, &["rooms:write", "accounts:read"]);
    let client = Client::with(&site.portal, Some(token));
    assert_eq!(
        client
            .get(&format!("files/rooms/{room}/share"))
            .await
            .status,
        200
    );
    assert_eq!(client.get("group").await.status, 200);
    let folder = client
        .post(&format!("files/folder/{room}"), json!({ "title": "A" }))
        .await;
    assert_eq!((folder.status, folder.text.as_str()), (403, ""));
    let key = client.get("keys/@self").await;
    assert_eq!(key.response()["createBy"]["id"], site.rita.as_str());
    assert_eq!(
        key.response()["permissions"],
        json!(["rooms:write", "accounts:read"])
    );
    assert_eq!(key.response()["isActive"], true);
}
