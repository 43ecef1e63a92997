//! What a naive client gets wrong about grants.

use serde_json::json;

use super::super::{EVERYONE, EmployeeStatus, EmployeeType, RoomType};
use super::site::site;

#[tokio::test]
async fn an_empty_invitation_is_200_for_any_room_and_any_caller() {
    let site = site().await;
    for body in [
        json!({ "entries": [{ "id": site.uwe, "access": 11 }] }),
        json!({}),
        json!({ "invitations": null }),
    ] {
        let got = site
            .client(&site.uwe)
            .put("files/rooms/9999/share", body)
            .await;
        assert_eq!((got.status, got.response()), (200, &json!({ "error": 0 })));
    }
}

#[tokio::test]
async fn the_first_impossible_role_ends_the_call_and_earlier_grants_stay() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let other = site
        .portal
        .add_person("Otto Other", "otto@example.org", EmployeeType::User);
    let got = site.share(&room, json!([{ "id": site.uwe, "access": 2 }, { "id": other, "access": 9 }, { "id": site.admin, "access": 2 }])).await;
    assert_eq!(
        (got.status, got.thrown()),
        (403, "System.InvalidOperationException")
    );
    assert_eq!(site.access(&room, &site.uwe), Some(2));
    assert_eq!(
        (site.access(&room, &other), site.access(&room, &site.admin)),
        (None, None)
    );
}

#[tokio::test]
async fn the_server_skips_subjects_silently() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let gone = site.portal.add_group("Gone", &[&site.uwe]);
    site.portal.delete_group(&gone);
    site.portal
        .set_status(&site.uwe, EmployeeStatus::Terminated);
    for subject in [&site.uwe, &gone, &site.gina] {
        let got = site
            .share(&room, json!([{ "id": subject, "access": 2 }]))
            .await;
        assert_eq!(
            (got.status, &got.response()["members"]),
            (200, &json!([])),
            "{subject}"
        );
        assert_eq!(site.access(&room, subject), None);
    }
    site.portal.add_relation(&site.rita, &site.gina);
    assert_eq!(
        site.share(&room, json!([{ "id": site.gina, "access": 2 }]))
            .await
            .response()["members"][0]["access"],
        2
    );
}

#[tokio::test]
async fn an_unknown_access_removes_the_grant() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    for odd in [
        json!("viewer"),
        json!(null),
        json!(""),
        json!(2.5),
        json!(true),
    ] {
        site.portal.grant(&room, &site.uwe, 2);
        assert_eq!(
            site.share(&room, json!([{ "id": site.uwe, "access": odd }]))
                .await
                .status,
            200
        );
        assert_eq!(site.access(&room, &site.uwe), None, "{odd}");
    }
    site.portal.grant(&room, &site.uwe, 2);
    assert_eq!(
        site.share(&room, json!([{ "id": site.uwe }])).await.status,
        200
    );
    assert_eq!(site.access(&room, &site.uwe), None);
    assert_eq!(
        site.share(&room, json!([{ "id": "uwe", "access": 2 }]))
            .await
            .status,
        400
    );
    assert_eq!(
        site.share(&room, json!([{ "id": site.uwe, "access": {} }]))
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn an_unknown_id_leaves_an_orphan_that_no_list_shows() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let nobody = "11111111-2222-4333-8444-555555555555";
    let got = site
        .share(&room, json!([{ "id": nobody, "access": 2 }]))
        .await;
    assert_eq!(
        got.response()["members"][0]["sharedToUser"]["firstName"],
        "Unknown"
    );
    assert_eq!(site.access(&room, nobody), Some(2));
    let list = site.as_rita.get(&format!("files/rooms/{room}/share")).await;
    assert_eq!(list.json["total"], 1);
    assert_eq!(
        site.share(&room, json!([{ "id": nobody, "access": 9 }]))
            .await
            .status,
        403
    );
}

#[tokio::test]
async fn an_empty_list_may_mean_a_missing_right() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let got = site
        .client(&site.uwe)
        .get(&format!("files/rooms/{room}/share"))
        .await;
    assert_eq!(
        (got.status, got.response(), &got.json["total"]),
        (200, &json!([]), &json!(0))
    );
    assert_eq!(
        site.as_admin
            .get(&format!("files/rooms/{room}/share"))
            .await
            .json["total"],
        1
    );
    assert_eq!(
        site.as_admin.get("files/rooms/9999/share").await.status,
        404
    );
}

#[tokio::test]
async fn the_owner_can_get_a_grant_and_is_then_listed_twice() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    site.share(&room, json!([{ "id": site.rita, "access": 2 }]))
        .await;
    assert_eq!(
        site.as_rita
            .get(&format!("files/rooms/{room}/share"))
            .await
            .json["total"],
        2
    );
}

#[tokio::test]
async fn a_personal_grant_overrides_a_group_grant_even_if_it_is_lower() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let group = site.portal.add_group("G", &[&site.uwe]);
    site.portal.grant(&room, &group, 11);
    let uwe = site.client(&site.uwe);
    let may_create = || async {
        uwe.get(&format!("files/rooms/{room}")).await.response()["security"]["Create"].clone()
    };
    assert_eq!(
        (
            may_create().await,
            site.portal.effective_access(&room, &site.uwe)
        ),
        (json!(true), 11)
    );
    site.portal.grant(&room, &site.uwe, 2);
    assert_eq!(
        (
            may_create().await,
            site.portal.effective_access(&room, &site.uwe)
        ),
        (json!(false), 2)
    );
    site.portal.grant(&room, EVERYONE, 10);
    assert_eq!(site.portal.effective_access(&room, &site.gina), 10);
}

#[tokio::test]
async fn the_codes_of_the_vendors_sample_are_not_valid_in_any_room() {
    let site = site().await;
    for kind in [
        RoomType::Custom,
        RoomType::Public,
        RoomType::FillingForms,
        RoomType::Editing,
        RoomType::VirtualData,
    ] {
        let room = site.room(kind);
        for code in [4, 3, 1] {
            assert_eq!(
                site.share(&room, json!([{ "id": site.uwe, "access": code }]))
                    .await
                    .status,
                403
            );
        }
    }
}

#[tokio::test]
async fn each_room_type_has_its_own_roles() {
    let site = site().await;
    let matrix: [(RoomType, &[i32]); 5] = [
        (RoomType::Custom, &[2, 5, 6, 9, 10, 11]),
        (RoomType::Public, &[9, 11]),
        (RoomType::FillingForms, &[7, 9, 11]),
        (RoomType::Editing, &[2, 9, 10, 11]),
        (RoomType::VirtualData, &[2, 7, 9, 10, 11]),
    ];
    let otto = site
        .portal
        .add_person("Otto Other", "otto@example.org", EmployeeType::RoomAdmin);
    let group = site.portal.add_group("G", &[&site.uwe]);
    for (kind, roles) in matrix {
        let room = site.room(kind);
        for code in 1..=12 {
            let expected = |possible: bool| if possible { 200 } else { 403 };
            let person = site
                .share(&room, json!([{ "id": otto, "access": code }]))
                .await;
            assert_eq!(
                person.status,
                expected(roles.contains(&code)),
                "{kind:?} {code}"
            );
            let group = site
                .share(&room, json!([{ "id": group, "access": code }]))
                .await;
            assert_eq!(
                group.status,
                expected(code != 9 && roles.contains(&code)),
                "{kind:?} {code}"
            );
        }
    }
}

#[tokio::test]
async fn users_guests_and_mail_addresses_are_never_managers() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    site.portal.add_relation(&site.rita, &site.gina);
    for item in [
        json!({ "id": site.uwe, "access": 9 }),
        json!({ "id": site.gina, "access": 9 }),
        json!({ "email": "owner@example.org", "access": 9 }),
    ] {
        assert_eq!(site.share(&room, json!([item])).await.status, 403, "{item}");
    }
    assert_eq!(
        site.share(&room, json!([{ "id": site.admin, "access": 9 }]))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn repeated_grants_change_nothing_and_notify_nobody() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    site.portal
        .add_webhook(&site.admin, "http://127.0.0.1:9/", "Secret-123", 0);
    for _ in 0..2 {
        assert_eq!(
            site.share(&room, json!([{ "id": site.uwe, "access": 2 }]))
                .await
                .status,
            200
        );
    }
    assert!(site.portal.deliveries().is_empty() && site.portal.notices().is_empty());
    assert_eq!(site.portal.room(&room).unwrap().access.len(), 1);
}
