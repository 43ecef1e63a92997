//! What a naive client gets wrong about rights, errors and events.

use serde_json::{Value, json};

use super::super::{Culture, EntryId, Options, RoomState, RoomType, Trigger};
use super::site::{Client, options, site, site_with};

#[tokio::test]
async fn an_admin_can_read_tag_and_take_over_but_not_configure() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let grant = json!({ "invitations": [{ "id": site.uwe, "access": 2 }] });
    let admin = &site.as_admin;
    assert_eq!(admin.get(&format!("files/{room}")).await.status, 200);
    assert_eq!(
        admin.get(&format!("files/rooms/{room}/share")).await.json["total"],
        1
    );
    assert_eq!(
        admin
            .put(
                &format!("files/rooms/{room}/tags"),
                json!({ "names": ["t"] })
            )
            .await
            .status,
        200
    );
    assert_eq!(
        admin
            .post(&format!("files/folder/{room}"), json!({ "title": "A" }))
            .await
            .status,
        403
    );
    assert_eq!(
        admin
            .put(&format!("files/rooms/{room}/share"), grant)
            .await
            .status,
        403
    );
    assert_eq!(
        admin
            .put(
                &format!("files/rooms/{room}"),
                json!({ "denyDownload": true })
            )
            .await
            .status,
        403
    );
    assert_eq!(
        admin
            .post(
                "files/owner",
                json!({ "userId": site.admin, "folderIds": [room] })
            )
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn one_status_has_many_reasons() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let share = format!("files/rooms/{room}/share");
    let role = site
        .as_rita
        .put(
            &share,
            json!({ "invitations": [{ "id": site.uwe, "access": 9 }] }),
        )
        .await;
    let right = site
        .as_admin
        .put(
            &share,
            json!({ "invitations": [{ "id": site.uwe, "access": 2 }] }),
        )
        .await;
    let missing = site
        .as_rita
        .post("files/folder/9999", json!({ "title": "A" }))
        .await;
    let token = site.portal.add_key(&site.rita, &["rooms:read"]);
    let scope = Client::with(&site.portal, Some(token.clone()))
        .put(&share, json!({}))
        .await;
    site.portal.revoke_key(&token);
    let dead = Client::with(&site.portal, Some(token))
        .get(&format!("files/rooms/{room}"))
        .await;
    for got in [&role, &right, &missing, &scope, &dead] {
        assert_eq!(got.status, 403);
    }
    assert_eq!(
        [role.thrown(), right.thrown(), missing.thrown()],
        [
            "System.InvalidOperationException",
            "System.Security.SecurityException",
            "System.InvalidOperationException"
        ]
    );
    assert_eq!(
        (scope.text.as_str(), &dead.json["title"]),
        ("", &json!("Forbidden"))
    );
}

#[tokio::test]
async fn messages_are_in_the_portals_language() {
    let site = site_with(Options {
        culture: Culture::German,
        ..options()
    })
    .await;
    let got = site.as_rita.get("files/rooms/9999").await;
    assert_eq!(
        got.json["error"]["message"],
        "Der benötigte Ordner wurde nicht gefunden"
    );
    assert_eq!(
        (&got.json["status"], &got.json["statusCode"]),
        (&json!(1), &json!(404))
    );
}

#[tokio::test]
async fn not_every_new_room_is_active() {
    let site = site().await;
    site.portal.add_webhook(
        &site.rita,
        "http://127.0.0.1:9/",
        "Secret-123",
        Trigger::RoomCreated.bit(),
    );
    let template = site
        .portal
        .create_template_room(&site.rita, RoomType::Custom, "T");
    let archived = site.room(RoomType::Custom);
    site.portal.archive(&site.rita, &archived);
    let deleted = site.room(RoomType::Custom);
    site.portal.delete_room(&site.rita, &deleted);
    let published: Vec<EntryId> = site
        .portal
        .deliveries()
        .into_iter()
        .map(|row| row.entry)
        .collect();
    assert_eq!(
        published,
        [template.clone(), archived.clone(), deleted.clone()]
    );
    let root = |id: &EntryId| {
        let (client, path) = (site.as_rita.clone(), format!("files/rooms/{id}"));
        async move { client.get(&path).await.response()["rootFolderType"].as_i64() }
    };
    assert_eq!(
        (
            root(&template).await,
            root(&archived).await,
            root(&deleted).await
        ),
        (Some(30), Some(20), None)
    );
    assert_eq!(
        site.portal.room(&archived).unwrap().state,
        RoomState::Archived
    );
    site.portal.stop();
}

#[tokio::test]
async fn resent_settings_restart_the_lifetime_and_are_published_again() {
    let site = site().await;
    let room = site.room(RoomType::VirtualData);
    site.portal
        .add_webhook(&site.rita, "http://127.0.0.1:9/", "Secret-123", 0);
    let body = json!({ "lifetime": { "period": 0, "value": 30 }, "watermark": { "additions": 1, "enabled": true } });
    let mut starts = Vec::new();
    for _ in 0..2 {
        assert_eq!(
            site.as_rita
                .put(&format!("files/rooms/{room}"), body.clone())
                .await
                .status,
            200
        );
        starts.push(site.portal.room(&room).unwrap().lifetime.unwrap().start);
        site.portal.advance(jiff::SignedDuration::from_hours(1));
    }
    assert_ne!(starts[0], starts[1]);
    assert_eq!(site.portal.room(&room).unwrap().watermark_writes, 2);
    assert!(
        site.portal
            .deliveries()
            .iter()
            .all(|row| row.trigger == Trigger::RoomUpdated)
    );
    assert_eq!(site.portal.deliveries().len(), 2);
    site.portal.stop();
}

#[tokio::test]
async fn count_is_not_the_number_of_elements() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    for title in ["A", "B", "C"] {
        site.portal.add_folder(&site.rita, &room, title);
    }
    let streamed = site.as_rita.get(&format!("files/{room}/subfolders")).await;
    assert_eq!(
        (
            &streamed.json["count"],
            streamed.response().as_array().unwrap().len()
        ),
        (&json!(1), 3)
    );
    assert_eq!(
        site.as_rita.get(&format!("files/{room}")).await.json["count"],
        1
    );
    assert_eq!(
        site.as_rita
            .get(&format!("files/rooms/{room}/share?startIndex=5"))
            .await
            .json["count"],
        -4
    );
}

#[tokio::test]
async fn validation_errors_look_like_successes() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let got = site
        .as_rita
        .put(
            &format!("files/rooms/{room}"),
            json!({ "title": "x".repeat(171) }),
        )
        .await;
    assert_eq!(
        (got.status, &got.json["status"], &got.json["statusCode"]),
        (400, &json!(1), &json!(400))
    );
    assert_eq!(
        got.response()["title"],
        "One or more validation errors occurred."
    );
    assert!(got.json.get("error").is_none());
    let broken = site
        .as_rita
        .send(
            "PUT",
            &format!("files/rooms/{room}"),
            Some(Value::from("text")),
        )
        .await
        .unwrap();
    assert!(broken.response()["errors"]["$"].is_array());
}

#[tokio::test]
async fn fields_trims_an_answer() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let got = site
        .as_rita
        .get(&format!("files/rooms/{room}?fields=id,security.Create"))
        .await;
    assert_eq!(
        got.response(),
        &json!({ "id": room.to_json(), "security": { "Create": true } })
    );
}
