//! People: how each caller sees them, and how they are found (rooms-api.md M).

use serde_json::{Value, json};

use super::super::{EmployeeStatus, EmployeeType, RoomType};
use super::site::{Got, Site, site};

fn names(got: &Got) -> Vec<&str> {
    let people = got.response().as_array().unwrap().iter();
    people
        .map(|person| person["firstName"].as_str().unwrap())
        .collect()
}

/// The test portal's four people and some more.
async fn crowd() -> Site {
    let site = site().await;
    for (name, email, kind, status) in [
        (
            "Ärna Zorn",
            "arna@example.org",
            EmployeeType::User,
            EmployeeStatus::Active,
        ),
        (
            "Bo Yang",
            "bo@example.org",
            EmployeeType::DocSpaceAdmin,
            EmployeeStatus::Active,
        ),
        (
            "Zoe Alt",
            "aaa@example.org",
            EmployeeType::User,
            EmployeeStatus::Pending,
        ),
        (
            "Abe Gone",
            "abe@example.org",
            EmployeeType::RoomAdmin,
            EmployeeStatus::Terminated,
        ),
    ] {
        let person = site.portal.add_person(name, email, kind);
        site.portal.set_status(&person, status);
    }
    site
}

#[tokio::test]
async fn by_first_name_active_people_come_first_and_pending_ones_by_address() {
    let site = crowd().await;
    let all = ["Ärna", "Bo", "Gina", "Olivia", "Rita", "Uwe", "Zoe", "Abe"];
    for (query, order) in [
        ("", all.to_vec()),
        ("sortBy=nonsense", all.to_vec()),
        ("sortBy=DisplayName", all.to_vec()),
        (
            "sortOrder=descending",
            vec!["Uwe", "Rita", "Olivia", "Gina", "Bo", "Ärna", "Zoe", "Abe"],
        ),
        (
            "sortBy=lastname",
            vec!["Gina", "Olivia", "Rita", "Uwe", "Bo", "Ärna", "Zoe", "Abe"],
        ),
        ("sortBy=email&count=3", vec!["Zoe", "Abe", "Ärna"]),
        (
            "sortBy=type",
            vec!["Olivia", "Bo", "Abe", "Rita", "Ärna", "Uwe", "Zoe", "Gina"],
        ),
        (
            "sortBy=type&sortOrder=1",
            vec!["Gina", "Ärna", "Uwe", "Zoe", "Abe", "Rita", "Bo", "Olivia"],
        ),
        ("startIndex=6", vec!["Zoe", "Abe"]),
    ] {
        let got = site.as_admin.get(&format!("people/filter?{query}")).await;
        assert_eq!(names(&got), order, "{query}");
        assert_eq!(got.json["total"], 8);
        assert_eq!(got.json["count"], order.len());
    }
}

#[tokio::test]
async fn each_parameter_of_the_filter_narrows_it() {
    let site = crowd().await;
    let group = site.portal.add_group("G", &[&site.uwe, &site.rita]);
    let by_group = format!("groupId={group}");
    let but_group = format!("groupId={group}&excludeGroup=true");
    let by_maker = format!("inviterId={}", site.rita);
    let uwe = site.portal.set_maker(&site.uwe, &site.rita);
    assert!(uwe);
    for (query, found) in [
        (
            "employeeStatus=1",
            vec!["Ärna", "Bo", "Gina", "Olivia", "Rita", "Uwe"],
        ),
        ("employeeStatus=Terminated", vec!["Abe"]),
        ("employeeStatus=4", vec!["Zoe"]),
        ("employeeStatus=7&count=1", vec!["Ärna"]),
        ("activationStatus=2", vec!["Zoe"]),
        ("employeeType=DocSpaceAdmin", vec!["Bo", "Olivia"]),
        ("employeeType=1", vec!["Rita", "Abe"]),
        (
            "employeeTypes=User&employeeTypes=Guest",
            vec!["Ärna", "Gina", "Uwe", "Zoe"],
        ),
        (
            "employeeType=Guest&area=People",
            vec!["Ärna", "Bo", "Olivia", "Rita", "Uwe", "Zoe", "Abe"],
        ),
        ("area=Guests", vec!["Gina"]),
        (
            "area=1&employeeTypes=4&employeeTypes=2",
            vec!["Ärna", "Bo", "Olivia", "Rita", "Uwe", "Zoe", "Abe"],
        ),
        ("isAdministrator=true", vec!["Bo", "Olivia"]),
        ("payments=0", vec!["Bo", "Olivia", "Rita", "Abe"]),
        ("payments=Free", vec!["Ärna", "Gina", "Uwe", "Zoe"]),
        (&by_group, vec!["Rita", "Uwe"]),
        (
            &but_group,
            vec!["Ärna", "Bo", "Gina", "Olivia", "Zoe", "Abe"],
        ),
        (
            "withoutGroup=true&area=People",
            vec!["Ärna", "Bo", "Olivia", "Zoe", "Abe"],
        ),
        (&by_maker, vec!["Uwe"]),
        ("invitedByMe=true", vec![]),
        ("accountLoginType=SSO", vec![]),
        ("accountLoginType=Standart&count=1", vec!["Ärna"]),
        ("quotaFilter=Custom", vec![]),
        ("filterValue=ARNA", vec!["Ärna"]),
        ("filterValue=zo%20org", vec!["Ärna", "Zoe"]),
        ("filterValue=gina,bo&filterSeparator=,", vec!["Bo", "Gina"]),
        ("filterValue=%25", vec![]),
        ("filterValue=%20%20&count=1", vec!["Ärna"]),
    ] {
        let got = site.as_admin.get(&format!("people/filter?{query}")).await;
        assert_eq!(names(&got), found, "{query}");
    }
    for wrong in [
        "employeeStatus=8",
        "employeeType=abc",
        "area=3",
        "groupId=abc",
        "sortOrder=2",
        "count=x",
    ] {
        let got = site.as_admin.get(&format!("people/filter?{wrong}")).await;
        let name = wrong.split('=').next().unwrap();
        assert_eq!(got.status, 400, "{wrong}");
        assert!(got.response()["errors"][name].is_array(), "{wrong}");
    }
}

#[tokio::test]
async fn a_room_admin_sees_no_terminated_people_and_only_related_guests() {
    let site = crowd().await;
    assert_eq!(
        site.as_rita
            .get("people/filter?employeeStatus=2")
            .await
            .json["total"],
        0
    );
    let all = site.as_rita.get("people/filter?employeeStatus=7").await;
    assert_eq!(names(&all), ["Ärna", "Bo", "Olivia", "Rita", "Uwe", "Zoe"]);
    assert_eq!(
        site.as_rita.get("people/filter?area=Guests").await.json["total"],
        0
    );
    site.portal.add_relation(&site.rita, &site.gina);
    let guests = site.as_rita.get("people/filter?area=Guests").await;
    assert_eq!(names(&guests), ["Gina"]);
    // They are found by address and by name.
    for path in ["people/email?email=abe@example.org", "people/abe"] {
        assert_eq!(
            site.as_rita.get(path).await.response()["status"],
            2,
            "{path}"
        );
    }
}

#[tokio::test]
async fn addresses_are_found_without_case_accents_and_outer_spaces() {
    let site = crowd().await;
    let jorg = site
        .portal
        .add_person("Jorg J", "jorg@example.org", EmployeeType::User);
    for email in [
        "JORG@example.org",
        "j%C3%B6rg@example.org",
        "%20jorg@example.org%20",
    ] {
        let got = site
            .as_admin
            .get(&format!("people/email?email={email}"))
            .await;
        assert_eq!(got.response()["id"], jorg.as_str(), "{email}");
    }
    for (email, status, thrown) in [
        (
            "nobody@example.org",
            404,
            "ASC.Common.Web.ItemNotFoundException",
        ),
        ("", 400, "System.ArgumentNullException"),
        ("%20", 400, "System.ArgumentNullException"),
        ("a@b@c", 400, ""),
        ("@b", 400, ""),
        ("a@", 400, ""),
    ] {
        let got = site
            .as_admin
            .get(&format!("people/email?email={email}"))
            .await;
        assert_eq!((got.status, got.thrown()), (status, thrown), "{email}");
    }
}

#[tokio::test]
async fn a_person_is_found_by_id_in_any_form_and_by_name() {
    let site = site().await;
    for id in [
        site.uwe.clone(),
        site.uwe.to_uppercase(),
        site.uwe.replace('-', ""),
        "uwe".to_owned(),
        "UWE".to_owned(),
    ] {
        let got = site.as_rita.get(&format!("people/{id}")).await;
        assert_eq!(got.response()["id"], site.uwe.as_str(), "{id}");
    }
}

#[tokio::test]
async fn names_are_encoded_in_display_names_and_departments_only() {
    let site = site().await;
    let name = "Jörg <b> O'Neil & \u{1f642} ł";
    let person = site
        .portal
        .add_person(name, "jo@example.org", EmployeeType::User);
    site.portal.add_group("R&D", &[&person]);
    site.portal.add_group("Äpfel", &[&person]);
    let got = site.as_rita.get(&format!("people/{person}")).await;
    let shown = got.response();
    assert_eq!(
        shown["displayName"],
        "J&#246;rg &lt;b&gt; O&#39;Neil &amp; &#128578; ł"
    );
    assert_eq!(shown["firstName"], "Jörg");
    assert_eq!(shown["department"], "R&amp;D, &#196;pfel");
    assert_eq!(shown["groups"][0]["name"], "R&D");
}

#[tokio::test]
async fn a_person_without_a_name_is_shown_by_address_and_chinese_names_start_with_the_family_name()
{
    let site = site().await;
    for (name, user_name, shown) in [
        ("", "rita1", "rita@example.com"),
        ("Only", "rita2", "Only"),
        ("\u{4f1f} \u{738b}", "rita3", "\u{738b}\u{4f1f}"),
    ] {
        let kind = EmployeeType::User;
        let person = site.portal.add_person(name, "rita@example.com", kind);
        let got = site.as_admin.get(&format!("people/{person}")).await;
        assert_eq!(got.response()["displayName"], shown);
        // User names are unique.
        assert_eq!(got.response()["userName"], user_name);
    }
}

#[tokio::test]
async fn what_an_answer_shows_of_a_person_depends_on_the_caller() {
    let site = site().await;
    site.portal.set_maker(&site.rita, &site.admin);
    let room = site.room(RoomType::Custom);
    site.portal.grant(&room, &site.uwe, 2);
    let members = ["usedSpace", "createdBy", "department"];
    let seen = |got: &Got| {
        let owner = &got.response()[0]["sharedToUser"];
        members.map(|member| owner.get(member).is_some())
    };
    let path = format!("files/rooms/{room}/share");
    assert_eq!(seen(&site.as_admin.get(&path).await), [true, true, true]);
    assert_eq!(seen(&site.as_rita.get(&path).await), [true, false, true]);
    assert_eq!(
        seen(&site.client(&site.uwe).get(&path).await),
        [false, false, false]
    );
}

#[tokio::test]
async fn for_a_room_people_are_listed_with_their_membership() {
    let site = crowd().await;
    let room = site.room(RoomType::Custom);
    site.portal.grant(&room, &site.gina, 2);
    let listed = |got: &Got| {
        let person = |person: &Value| {
            (
                person["firstName"].as_str().unwrap().to_owned(),
                person["shared"].as_bool().unwrap(),
            )
        };
        got.response()
            .as_array()
            .unwrap()
            .iter()
            .map(person)
            .collect::<Vec<_>>()
    };
    let path = format!("people/room/{room}");
    let got = site.as_rita.get(&path).await;
    let expected = [
        ("Abe", false),
        ("Ärna", false),
        ("Bo", false),
        ("Gina", true),
        ("Olivia", false),
        ("Rita", true),
        ("Uwe", false),
        ("Zoe", false),
    ];
    assert_eq!(
        listed(&got),
        expected.map(|(name, shared)| (name.to_owned(), shared))
    );
    assert_eq!(got.json["total"], 8);
    for (query, found) in [
        ("includeShared=true", vec!["Gina", "Rita"]),
        (
            "excludeShared=true&employeeStatus=1&area=1",
            vec!["Ärna", "Bo", "Olivia", "Uwe"],
        ),
        ("employeeTypes=RoomAdmin", vec!["Abe", "Rita"]),
        // The server ignores a list without room admins.
        ("employeeTypes=User&count=2", vec!["Abe", "Ärna"]),
    ] {
        let got = site.as_rita.get(&format!("{path}?{query}")).await;
        assert_eq!(names(&got), found, "{query}");
    }
    for (who, status) in [(&site.uwe, 403), (&site.gina, 403), (&site.admin, 200)] {
        assert_eq!(site.client(who).get(&path).await.status, status);
    }
    assert_eq!(site.as_rita.get("people/room/9999").await.status, 404);
    assert_eq!(
        site.as_admin.get("people/@self").await.response()["theme"],
        json!("System")
    );
}
