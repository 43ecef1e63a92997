//! `import`: a live room as a policy file, whose plan is empty.

use roomwright::simulator::{EmployeeType, RoomType};

use crate::process_harness::Site;

const OTHER: &str = "version: 1\ntemplates: { t: { folders: [A] } }\npolicies: [{ name: a, match: { title: Nothing }, template: t }]\n";

/// A portal with the room of a client, and its id.
async fn site() -> (Site, String) {
    let site = Site::new(OTHER).await;
    let (portal, cast) = (&site.portal, &site.cast);
    let guest = portal.add_person("Gil Guest", "gil@example.com", EmployeeType::Guest);
    portal.add_group("HR", &[&cast.people["ed"]]);
    let of = |name: &str| cast.people[name].as_str();
    let grants = [
        (cast.me.as_str(), 9),
        (of("mia"), 9),
        (of("ed"), 10),
        (of("HR"), 2),
        (guest.as_str(), 2),
    ];
    let title = "Client – ACME – 2026";
    let room = portal.create_shared_room(&cast.boss, RoomType::Custom, title, &grants);
    let letters = portal.add_folder(&cast.boss, &room, "Correspondence ACME");
    portal.add_folder(&cast.boss, &letters, "2026");
    portal.add_folder(&cast.boss, &room, "Drafts");
    portal.add_tag(&cast.boss, &room, "acme");
    (site, room.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_imported_room_is_a_policy_with_an_empty_plan() {
    let (site, room) = site().await;
    let quiet = ["--log", "off"];
    let import = [
        "import",
        &room,
        "--capture",
        "client=Acme",
        "--output",
        "policies/client.yaml",
    ];
    let (code, text) = site.run(&[&import[..], &quiet].concat());
    assert_eq!(code, Some(0), "{text}");
    let written = site.directory.path().join("policies/client.yaml");
    let written = std::fs::read_to_string(written).unwrap();
    let written = written.replace(&site.cast.people["HR"], "ID-OF-HR");
    insta::assert_snapshot!(written, @"
    version: 1

    templates:
      client-2026:
        folders:
          - 'Correspondence {client}':
              - '2026'
          - Drafts
        grants:
          - { group: 'ID-OF-HR', role: viewer }  # HR
          - { user: mia@example.org, role: room-manager }
          - { user: ed@example.org, role: editor }
        settings:
          tags: ['{client}']

    policies:
      - name: client-2026
        match:
          title: 'Client – {client} – 2026'
          type: custom
        template: client-2026

    # The room also has this, which is not in the policy:
    # - the guest `Gil Guest`, who is Viewer here: add `{ user: gil@example.com, role: viewer }` under `grants` if every such room should have this guest
    # - the colour of its icon, `color: FF6680` under `settings`: the portal chooses one for every room
    ");
    let (code, text) = site.run(&["validate", "--deny-warnings"]);
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = site.run(&[&["plan", &room][..], &quiet].concat());
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("client = ACME") && text.contains("in sync"),
        "{text}"
    );
    // No file is overwritten.
    let (code, text) = site.run(&[&import[..], &quiet].concat());
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("already exists"), "{text}");
    assert!(site.portal.writes().is_empty());
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_imported_is_reported_with_the_reason() {
    let (site, room) = site().await;
    let import = |more: &[&str]| site.run(&[&["import", "--log", "off"], more].concat());
    let (code, text) = import(&["9999"]);
    insta::assert_snapshot!(text, @"room 9999 cannot be imported: the portal has no such room");
    assert_eq!(code, Some(4));
    let (code, text) = import(&[&room, "--capture", "client=Corp"]);
    insta::assert_snapshot!(text, @"error: the title `Client – ACME – 2026` does not contain `Corp` as a whole word, or only inside another capture");
    assert_eq!(code, Some(1));
    let (code, text) = import(&[&room, "--capture", "ACME"]);
    insta::assert_snapshot!(text, @"
    error: invalid value 'ACME' for '--capture <NAME=TEXT>': write a name, `=` and a text from the title, such as `client=ACME`

    For more information, try '--help'.
    ");
    assert_eq!(code, Some(64));
    let (boss, ours) = (&site.cast.boss, [(site.cast.me.as_str(), 9)]);
    let empty = site
        .portal
        .create_shared_room(boss, RoomType::Public, "Open house", &ours);
    let empty = empty.to_string();
    let (code, text) = import(&[&empty]);
    let text = text.replace(&format!("room {empty}"), "room ID");
    insta::assert_snapshot!(text, @"
    room ID has nothing that a policy can ask for
    - the colour of its icon, `color: FF6680` under `settings`: the portal chooses one for every room
    - an external link, `Shared link` (Viewer): policies do not create links
    ");
    assert_eq!(code, Some(4));
    site.portal.stop();
}
