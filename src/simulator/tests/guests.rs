//! What guests cannot be: members of groups, and visible to everybody.

use super::site::site;

#[tokio::test]
async fn room_admins_find_everybody_except_guests_they_have_no_relation_with() {
    let site = site().await;
    for (email, status) in [("uwe@example.org", 200), ("gina@example.com", 403)] {
        let got = site
            .as_rita
            .get(&format!("people/email?email={email}"))
            .await;
        assert_eq!(got.status, status, "{email}");
    }
    site.portal.add_relation(&site.rita, &site.gina);
    let related = site
        .as_rita
        .get("people/email?email=gina@example.com")
        .await;
    assert_eq!(related.status, 200);
    // Users and guests find themselves.
    let as_uwe = site.client(&site.uwe);
    for (email, status) in [("uwe@example.org", 200), ("rita@example.org", 403)] {
        let got = as_uwe.get(&format!("people/email?email={email}")).await;
        assert_eq!(got.status, status, "{email}");
    }
    site.portal.stop();
}

#[tokio::test]
async fn guests_are_never_members_of_groups() {
    let site = site().await;
    let group = site.portal.add_group("G", &[&site.gina, &site.uwe]);
    assert!(!site.portal.add_to_group(&group, &site.gina));
    let got = site.as_rita.get(&format!("group/{group}")).await;
    let members = got.response()["members"].as_array().unwrap();
    assert_eq!(members.len(), 1);
    assert_eq!(members[0]["id"], site.uwe.as_str());
    site.portal.stop();
}
