//! Members of rooms: who can get which access (rooms-api.md E).

use serde_json::json;

use super::super::{Options, RoomType, ThirdParty};
use super::site::{options, site, site_with};

#[tokio::test]
async fn a_grant_is_written_and_shown() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let sales = site.portal.add_group("Sales", &[&site.uwe]);
    let got = site
        .share(
            &room,
            json!([{ "id": site.uwe, "access": 11 }, { "id": sales, "access": 2 }]),
        )
        .await;
    // The members are sorted by their ids.
    let mut members = got.response()["members"].as_array().unwrap().clone();
    members.sort_by_key(|item| item["subjectType"].as_i64());
    assert_eq!((members.len(), &got.response()["error"]), (2, &json!(0)));
    assert_eq!(
        (&members[0]["access"], &members[0]["subjectType"]),
        (&json!(11), &json!(0))
    );
    assert_eq!(
        (
            &members[1]["sharedToGroup"]["id"],
            &members[1]["subjectType"]
        ),
        (&json!(sales), &json!(2))
    );
    let list = site.as_rita.get(&format!("files/rooms/{room}/share")).await;
    assert_eq!(
        (&list.json["total"], &list.json["count"]),
        (&json!(3), &json!(3))
    );
    let owner = &list.response()[0];
    assert_eq!(
        (
            &owner["isOwner"],
            &owner["access"],
            &owner["sharedToUser"]["email"]
        ),
        (&json!(true), &json!(1), &json!("rita@example.org"))
    );
    assert_eq!(list.response()[1]["sharedToGroup"]["name"], "Sales");
    let past = site
        .as_rita
        .get(&format!("files/rooms/{room}/share?startIndex=10"))
        .await;
    assert_eq!(past.json["count"], -7);
    let groups = site
        .as_rita
        .get(&format!("files/rooms/{room}/share?filterType=32"))
        .await;
    assert_eq!(
        (
            groups.json["total"].as_i64(),
            groups.response()[0]["subjectType"].as_i64()
        ),
        (Some(1), Some(2))
    );
}

#[tokio::test]
async fn the_matrix_of_the_room_decides() {
    let site = site().await;
    let group = site.portal.add_group("G", &[&site.uwe]);
    let public = site.room(RoomType::Public);
    assert_eq!(
        site.share(&public, json!([{ "id": site.uwe, "access": 2 }]))
            .await
            .status,
        403
    );
    let custom = site.room(RoomType::Custom);
    for odd in [1, 3, 4, 7, 8, 42] {
        assert_eq!(
            site.share(&custom, json!([{ "id": site.uwe, "access": odd }]))
                .await
                .status,
            403,
            "{odd}"
        );
    }
    assert_eq!(
        site.share(&custom, json!([{ "id": group, "access": 9 }]))
            .await
            .status,
        403
    );
    let agent = site.portal.create_agent(&site.rita, "Agent");
    assert_eq!(
        site.share(&agent, json!([{ "id": group, "access": 11 }]))
            .await
            .status,
        403
    );
    assert_eq!(
        site.share(&agent, json!([{ "id": group, "access": 2 }]))
            .await
            .status,
        200
    );
    assert_eq!(
        site.share(&agent, json!([{ "id": group, "access": 11 }]))
            .await
            .status,
        200
    );
    let third =
        site.portal
            .create_third_party_room(&site.rita, ThirdParty::WebDav, RoomType::Custom, "X");
    assert_eq!(
        site.share(&third, json!([{ "id": site.uwe, "access": 9 }]))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn rights_are_checked_only_when_there_is_something_to_do() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let path = format!("files/rooms/{room}/share");
    let grant = |id: &str| json!({ "invitations": [{ "id": id, "access": 2 }] });
    let admin = site.as_admin.put(&path, grant(&site.uwe)).await;
    assert_eq!(
        (
            admin.status,
            admin.thrown(),
            &admin.json["error"]["message"]
        ),
        (
            403,
            "System.Security.SecurityException",
            &json!("Access denied")
        )
    );
    site.portal.grant(&room, &site.uwe, 2);
    let member = site.client(&site.uwe).put(&path, grant(&site.admin)).await;
    assert_eq!(
        (member.status, &member.response()["members"]),
        (200, &json!([]))
    );
    let leaving = site
        .client(&site.uwe)
        .put(
            &path,
            json!({ "invitations": [{ "id": site.uwe, "access": 0 }] }),
        )
        .await;
    assert_eq!((leaving.status, site.access(&room, &site.uwe)), (200, None));
    assert_eq!(
        site.client(&site.uwe)
            .put(&path, grant(&site.admin))
            .await
            .status,
        403
    );
    assert_eq!(
        site.as_rita
            .put("files/rooms/9999/share", grant(&site.uwe))
            .await
            .status,
        404
    );
    let folder = site.portal.add_folder(&site.rita, &room, "A");
    assert_eq!(
        site.share(&folder, json!([{ "id": site.uwe, "access": 2 }]))
            .await
            .status,
        403
    );
}

#[tokio::test]
async fn an_invitation_by_mail_creates_a_guest_but_never_a_manager() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let got = site
        .share(&room, json!([{ "email": "new@example.net", "access": 2 }]))
        .await;
    assert_eq!((got.status, &got.response()["members"]), (200, &json!([])));
    let guest = site.as_rita.get("people/email?email=new@example.net").await;
    assert_eq!(
        (&guest.response()["isVisitor"], &guest.response()["status"]),
        (&json!(true), &json!(4))
    );
    assert_eq!(
        site.access(&room, guest.response()["id"].as_str().unwrap()),
        Some(2)
    );
    assert_eq!(
        site.share(
            &room,
            json!([{ "email": "owner@example.org", "access": 9 }])
        )
        .await
        .status,
        403
    );
    assert_eq!(
        site.share(
            &room,
            json!([{ "email": "owner@example.org", "access": 2 }])
        )
        .await
        .status,
        200
    );
    assert_eq!(site.access(&room, &site.admin), Some(2));
    let odd = site
        .share(&room, json!([{ "email": "nonsense", "access": 2 }]))
        .await;
    assert_eq!(odd.status, 400);
}

#[tokio::test]
async fn a_portal_closed_to_guests_refuses_the_whole_call() {
    let site = site_with(Options {
        guests_may_be_invited: false,
        ..options()
    })
    .await;
    let room = site.room(RoomType::Custom);
    let got = site
        .share(
            &room,
            json!([{ "id": site.uwe, "access": 2 }, { "email": "owner@example.org", "access": 2 }]),
        )
        .await;
    assert_eq!(
        (got.status, got.thrown()),
        (403, "System.Security.SecurityException")
    );
    assert_eq!(site.access(&room, &site.uwe), None);
}

#[tokio::test]
async fn a_person_with_a_form_role_cannot_be_removed_from_a_vdr() {
    let site = site().await;
    let room = site.room(RoomType::VirtualData);
    site.portal.grant(&room, &site.uwe, 7);
    site.portal.add_form_role(&room, &site.uwe);
    let got = site
        .share(
            &room,
            json!([{ "id": site.admin, "access": 2 }, { "id": site.uwe, "access": 0 }]),
        )
        .await;
    assert_eq!((got.status, &got.response()["error"]), (200, &json!(1)));
    assert_eq!(
        (
            site.access(&room, &site.uwe),
            site.access(&room, &site.admin)
        ),
        (Some(7), None)
    );
}

#[tokio::test]
async fn templates_accept_viewers_but_no_users() {
    let site = site().await;
    let group = site.portal.add_group("G", &[&site.uwe]);
    let nobody = "11111111-2222-4333-8444-555555555555".to_owned();
    for kind in [
        RoomType::Custom,
        RoomType::Public,
        RoomType::FillingForms,
        RoomType::VirtualData,
    ] {
        let template = site.portal.create_template_room(&site.rita, kind, "T");
        for (subject, code, status) in [
            (&site.admin, 11, 403),
            (&site.admin, 9, 403),
            (&group, 11, 403),
            (&site.uwe, 2, 403),
            (&nobody, 2, 200),
            (&site.admin, 2, 200),
            (&group, 2, 200),
        ] {
            let item = json!([{ "id": subject, "access": code }]);
            let got = site.share(&template, item).await;
            assert_eq!(got.status, status, "{kind:?} {subject} {code}");
        }
        assert_eq!(site.access(&template, &site.admin), Some(2));
        assert_eq!(site.access(&template, &group), Some(2));
    }
}
