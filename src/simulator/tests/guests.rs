//! What guests are not: members of groups, and known to everybody.

use super::site::site;

#[tokio::test]
async fn by_address_everybody_finds_everybody_but_guests_he_has_nothing_to_do_with() {
    let site = site().await;
    let as_uwe = site.client(&site.uwe);
    for (email, status) in [("rita@example.org", 200), ("gina@example.com", 403)] {
        let got = as_uwe.get(&format!("people/email?email={email}")).await;
        assert_eq!(got.status, status, "{email}");
    }
}

#[tokio::test]
async fn guests_are_no_members_of_groups() {
    let site = site().await;
    let group = site.portal.add_group("G", &[&site.gina, &site.uwe]);
    assert!(!site.portal.add_to_group(&group, &site.gina));
    let got = site.as_rita.get(&format!("group/{group}")).await;
    let members = got.response()["members"].as_array().unwrap();
    assert_eq!(members.len(), 1);
    assert_eq!(members[0]["id"], site.uwe.as_str());
    site.portal.stop();
}
