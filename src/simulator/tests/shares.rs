//! Giving access: what the recordings do not cover (rooms-api.md E).

use serde_json::{Value, json};

use super::super::{
    DOCSPACE_ADMINS, EVERYONE, EmployeeStatus, EmployeeType, EntryId, NoticeKind, RoomType,
};
use super::site::{Got, Site, site};

const NOBODY: &str = "00000000-0000-0000-0000-000000000000";
const NULL_REFERENCE: &str = "System.NullReferenceException";

async fn share(site: &Site, room: &EntryId, invitations: Value) -> Got {
    let body = json!({ "invitations": invitations });
    let path = format!("files/rooms/{room}/share");
    site.as_rita.put(&path, body).await
}

fn access(site: &Site, room: &EntryId, subject: &str) -> Option<i32> {
    site.portal.room(room).unwrap().access.get(subject).copied()
}

/// The subjects in the response, with their roles.
fn members(got: &Got) -> Vec<(String, i64)> {
    let items = got.response()["members"].as_array().unwrap().iter();
    items
        .map(|item| {
            let id = item["sharedTo"]["id"].as_str().unwrap().to_owned();
            (id, item["access"].as_i64().unwrap())
        })
        .collect()
}

/// The error keys of model validation.
fn faults(got: &Got) -> Vec<&str> {
    let errors = got.response()["errors"].as_object().unwrap();
    errors.keys().map(String::as_str).collect()
}

#[tokio::test]
async fn the_body_is_refused_as_a_whole_with_the_place_of_the_error() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let good = json!({ "id": site.uwe, "access": 2 });
    for (bad, path) in [
        (json!({ "id": null }), "$.invitations[1].id"),
        (
            json!({ "ID": site.uwe.replace('-', "") }),
            "$.invitations[1].ID",
        ),
        (json!({ "id": 7 }), "$.invitations[1].id"),
        (
            json!({ "id": site.uwe, "Access": [] }),
            "$.invitations[1].Access",
        ),
        (json!({ "email": 7 }), "$.invitations[1].email"),
        (json!("uwe"), "$.invitations[1]"),
        (
            json!({ "email": "none" }),
            "RoomInvitation.Invitations[1].Email",
        ),
        (
            json!({ "email": "" }),
            "RoomInvitation.Invitations[1].Email",
        ),
        (
            json!({ "email": "a@b@c" }),
            "RoomInvitation.Invitations[1].Email",
        ),
    ] {
        let got = share(&site, &room, json!([good, bad])).await;
        assert_eq!((got.status, faults(&got)), (400, vec![path]), "{bad}");
    }
    let long = format!("{}@example.org", "x".repeat(250));
    let got = share(&site, &room, json!([{ "email": "no" }, { "email": long }])).await;
    let keys = [
        "RoomInvitation.Invitations[0].Email",
        "RoomInvitation.Invitations[1].Email",
    ];
    assert_eq!(faults(&got), keys);
    let null = share(&site, &room, json!([good, null])).await;
    assert_eq!((null.status, null.thrown()), (500, NULL_REFERENCE));
    let path = format!("files/rooms/{room}/share");
    for flag in ["notify", "force"] {
        let body = json!({ "invitations": [good], flag: "true" });
        let got = site.as_rita.put(&path, body).await;
        assert_eq!(faults(&got), [format!("$.{flag}")]);
    }
    assert_eq!(access(&site, &room, &site.uwe), None);
}

#[tokio::test]
async fn both_entries_of_one_subject_are_compared_with_the_access_before_the_call() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    site.portal.grant(&room, &site.uwe, 6);
    let twice = json!([{ "id": site.uwe, "access": 2 }, { "id": site.uwe, "access": 6 }]);
    let got = share(&site, &room, twice).await;
    assert_eq!(members(&got), [(site.uwe.clone(), 2)]);
    let other = json!([{ "id": site.uwe, "access": 6 }, { "id": site.uwe, "access": 5 }]);
    assert_eq!(
        members(&share(&site, &room, other).await),
        [(site.uwe.clone(), 5)]
    );
}

#[tokio::test]
async fn a_terminated_person_is_skipped_by_id_but_not_by_address() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    site.portal
        .set_status(&site.uwe, EmployeeStatus::Terminated);
    for code in [2, 3, 9] {
        let got = share(&site, &room, json!([{ "id": site.uwe, "access": code }])).await;
        assert_eq!((got.status, members(&got)), (200, vec![]), "{code}");
    }
    for code in [2, 6] {
        let item = json!([{ "email": "UWE@example.org", "access": code }]);
        let got = share(&site, &room, item).await;
        assert_eq!((got.status, members(&got)), (200, vec![]));
        assert_eq!(access(&site, &room, &site.uwe), Some(code));
    }
    let got = share(&site, &room, json!([{ "id": site.uwe, "access": 0 }])).await;
    assert_eq!((got.status, access(&site, &room, &site.uwe)), (200, None));
}

#[tokio::test]
async fn an_owner_can_change_and_remove_an_unrelated_guest_but_not_add_them_again() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    site.portal.grant(&room, &site.gina, 2);
    for (code, shown) in [
        (10, vec![(site.gina.clone(), 10)]),
        (0, vec![]),
        (2, vec![]),
    ] {
        let got = share(&site, &room, json!([{ "id": site.gina, "access": code }])).await;
        assert_eq!((got.status, members(&got)), (200, shown), "{code}");
    }
}

#[tokio::test]
async fn an_entry_that_names_nobody_leaves_an_orphan_that_breaks_invitations_by_mail() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let got = share(&site, &room, json!([{ "access": 2 }])).await;
    assert_eq!((got.status, access(&site, &room, NOBODY)), (200, Some(2)));
    let mail =
        json!([{ "email": "uwe@example.org", "access": 6 }, { "id": site.admin, "access": 2 }]);
    let got = share(&site, &room, mail).await;
    assert_eq!((got.status, got.thrown()), (500, NULL_REFERENCE));
    let both = (
        access(&site, &room, &site.uwe),
        access(&site, &room, &site.admin),
    );
    assert_eq!(both, (Some(6), Some(2)));
    // Once the user is a member, the audit has an earlier access to report.
    let again = json!([{ "email": "uwe@example.org", "access": 2 }]);
    assert_eq!(share(&site, &room, again).await.status, 200);
    let away = json!([{ "access": 0 }]);
    assert_eq!(share(&site, &room, away).await.status, 200);
    assert_eq!(access(&site, &room, NOBODY), None);
}

#[tokio::test]
async fn an_id_with_access_and_a_new_address_is_written_but_answers_500() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    site.portal.grant(&room, &site.uwe, 2);
    let item = json!([{ "id": site.uwe, "email": "owner@example.org", "access": 6 }]);
    let got = share(&site, &room, item).await;
    assert_eq!((got.status, got.thrown()), (500, NULL_REFERENCE));
    let both = (
        access(&site, &room, &site.uwe),
        access(&site, &room, &site.admin),
    );
    assert_eq!(both, (Some(2), Some(6)));
}

#[tokio::test]
async fn invitations_by_mail_create_guests_related_to_the_inviter() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let got = share(
        &site,
        &room,
        json!([{ "email": "a b@example.net", "access": 2 }, { "email": "new.guest@example.net", "access": 2 }]),
    )
    .await;
    assert!(got.response()["warning"].is_string());
    let found = site
        .as_rita
        .get("people/email?email=new.guest@example.net")
        .await;
    let guest = found.response();
    assert_eq!(
        (
            &guest["isVisitor"],
            &guest["status"],
            &guest["activationStatus"],
            &guest["firstName"],
        ),
        (&json!(true), &json!(4), &json!(2), &json!(""))
    );
    let id = guest["id"].as_str().unwrap();
    assert_eq!(access(&site, &room, id), Some(2));
    let mails = |site: &Site| -> Vec<NoticeKind> {
        let notices = site.portal.notices();
        notices.into_iter().map(|notice| notice.kind).collect()
    };
    assert_eq!(mails(&site), [NoticeKind::InvitationMail]);
    // An invitation relates the inviter to an existing guest; active accounts get no mail.
    let item = json!([{ "email": "gina@example.com", "access": 2 }]);
    share(&site, &room, item).await;
    let item = json!([{ "id": site.gina, "access": 6 }]);
    let got = share(&site, &room, item).await;
    assert_eq!(members(&got), [(site.gina.clone(), 6)]);
    assert_eq!(mails(&site), [NoticeKind::InvitationMail]);
}

#[tokio::test]
async fn leaving_removes_only_a_personal_grant_and_works_in_archived_rooms_too() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let as_uwe = site.client(&site.uwe);
    let path = format!("files/rooms/{room}/share");
    let leave = json!({ "invitations": [{ "id": site.uwe, "access": 0 }] });
    let group = site.portal.add_group("G", &[&site.uwe]);
    site.portal.grant(&room, &group, 2);
    assert_eq!(as_uwe.put(&path, leave.clone()).await.status, 200);
    assert_eq!(site.portal.effective_access(&room, &site.uwe), 2);
    site.portal.grant(&room, &site.uwe, 2);
    site.portal.archive(&site.rita, &room);
    assert_eq!(as_uwe.put(&path, leave).await.status, 200);
    assert_eq!(access(&site, &room, &site.uwe), None);
    let got = share(&site, &room, json!([{ "id": site.admin, "access": 2 }])).await;
    assert_eq!(
        (got.status, got.thrown()),
        (403, "System.Security.SecurityException")
    );
}

#[tokio::test]
async fn the_group_of_admins_gives_access_without_being_listed() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let without_effect = [
        "abef62db-11a8-4673-9d32-ef1d8af19dc0",
        "88f11e7c-7407-4bea-b4cb-070010cdbb6b",
        "aced04fa-dd96-4b35-af3e-346bf1eb972d",
    ];
    for group in [EVERYONE, DOCSPACE_ADMINS]
        .into_iter()
        .chain(without_effect)
    {
        let got = share(&site, &room, json!([{ "id": group, "access": 2 }])).await;
        assert_eq!(members(&got), [(group.to_owned(), 2)]);
        let listed = site.as_rita.get(&format!("files/rooms/{room}/share")).await;
        let total = if group == EVERYONE { 2 } else { 1 };
        assert_eq!(listed.json["total"], total, "{group}");
        let uwe_reads = site.portal.effective_access(&room, &site.uwe) == 2;
        assert_eq!(uwe_reads, group == EVERYONE);
        let admin_reads = site.portal.effective_access(&room, &site.admin) == 2;
        assert_eq!(admin_reads, matches!(group, EVERYONE | DOCSPACE_ADMINS));
        site.portal.revoke(&room, group);
    }
}

#[tokio::test]
async fn new_groups_and_guests_cannot_create_content_in_agents() {
    let site = site().await;
    let agent = site.portal.create_agent(&site.rita, "Agent");
    site.portal.add_relation(&site.rita, &site.gina);
    site.portal.grant(&agent, &site.gina, 2);
    for (id, code, status) in [
        (site.gina.as_str(), 11, 403),
        (NOBODY, 11, 403),
        (EVERYONE, 11, 403),
        (NOBODY, 2, 200),
        (EVERYONE, 2, 200),
        (EVERYONE, 11, 200),
        (site.uwe.as_str(), 11, 200),
        (site.uwe.as_str(), 10, 403),
    ] {
        let got = share(&site, &agent, json!([{ "id": id, "access": code }])).await;
        assert_eq!(got.status, status, "{id} {code}");
    }
}

#[tokio::test]
async fn the_older_endpoint_has_a_filter_of_its_own_and_skips_silently() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let put = async |as_who: &super::site::Client, entry: &str, share: Value| {
        let path = format!("files/folder/{entry}/share");
        as_who.put(&path, json!({ "share": share })).await
    };
    let here = room.to_string();
    let item = |id: &str, code: i32| json!([{ "shareTo": id, "access": code }]);
    for (entry, share) in [
        (here.as_str(), json!([])),
        (here.as_str(), item(&site.gina, 2)),
        ("99999", item(&site.uwe, 2)),
    ] {
        let got = put(&site.as_rita, entry, share).await;
        assert_eq!(
            (got.status, got.response(), &got.json["count"]),
            (200, &json!([]), &json!(1))
        );
    }
    let got = put(&site.as_rita, &here, item(&site.uwe, 2)).await;
    assert_eq!(got.response()[0]["sharedToUser"]["id"], site.uwe.as_str());
    // A viewer is refused here, whereas the endpoint of rooms skips every entry.
    let as_uwe = site.client(&site.uwe);
    let got = put(&as_uwe, &here, item(&site.admin, 2)).await;
    assert_eq!(
        (got.status, got.thrown()),
        (403, "System.Security.SecurityException")
    );
    // Equal access is not a change. Only changes are shown: all named subjects, once for each change.
    let both =
        json!([{ "shareTo": site.uwe, "access": 2 }, { "shareTo": site.admin, "access": 2 }]);
    let got = put(&site.as_rita, &here, both).await;
    assert_eq!(got.response().as_array().unwrap().len(), 2);
    let got = put(&site.as_rita, &here, item(&site.uwe, 2)).await;
    assert_eq!(got.response(), &json!([]));
    let folder = site.portal.add_folder(&site.rita, &room, "A").to_string();
    for code in [0, 2] {
        let got = put(&site.as_rita, &folder, item(&site.uwe, code)).await;
        assert_eq!(
            (got.status, got.thrown()),
            (403, "System.InvalidOperationException")
        );
    }
    let body = json!({ "share": item(&site.uwe, 2), "sharingMessage": "x".repeat(256) });
    let got = site
        .as_rita
        .put(&format!("files/folder/{here}/share"), body)
        .await;
    assert_eq!(faults(&got), ["SecurityInfoSimple.SharingMessage"]);
}

#[tokio::test]
async fn only_new_members_get_a_notice_and_only_on_request() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let path = format!("files/rooms/{room}/share");
    for (code, notify) in [(2, false), (0, false), (2, true), (6, true), (0, true)] {
        let body = json!({ "invitations": [{ "id": site.uwe, "access": code }], "notify": notify });
        assert_eq!(site.as_rita.put(&path, body).await.status, 200);
    }
    let notices = site.portal.notices();
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].kind, NoticeKind::Invited);
}

#[tokio::test]
async fn a_manager_of_a_lower_type_gives_the_access_that_they_may() {
    let site = site().await;
    let room = site.room(RoomType::Custom);
    let otto = site
        .portal
        .add_person("Otto Other", "otto@example.org", EmployeeType::RoomAdmin);
    site.portal.grant(&room, &otto, 9);
    let as_otto = site.client(&otto);
    let path = format!("files/rooms/{room}/share");
    for (id, code) in [(&site.uwe, 11), (&site.rita, 2), (&otto, 2)] {
        let body = json!({ "invitations": [{ "id": id, "access": code }] });
        let got = as_otto.put(&path, body).await;
        assert_eq!((got.status, members(&got)), (200, vec![(id.clone(), code)]));
    }
    // This was their last right: they cannot undo it.
    let body = json!({ "invitations": [{ "id": otto, "access": 9 }] });
    assert_eq!(as_otto.put(&path, body).await.status, 403);
}
