//! Names that mean nobody, and only become known in a room, cost that grant and nothing else.

use roomwright::simulator::RoomType;

use crate::process_harness::Site;

const POLICY: &str = r#"
version: 1
tables:
  lead: { ACME: n/a }
policies:
  - name: departments
    match: { title: 'Department {client}' }
    vars: { nothing: "", blank: "\u200b", odd: a@b@c }
    template:
      folders: [Documents]
      owner: "{lead[client]}"
      protect: [{ group: "{nothing}" }]
      grants:
        - { group: HR, role: viewer }
        - { group: ["{nothing}", "{blank}"], role: viewer }
        - { user: ["{lead[client]}", "{odd}", "{blank}"], role: viewer }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_empty_or_no_address_costs_only_its_own_grant() {
    let site = Site::new(POLICY).await;
    let boss = site.cast.boss.clone();
    let room = site
        .portal
        .create_room(&boss, RoomType::Custom, "Department ACME");
    let (code, text) = site.run(&["apply", &room.to_string(), "--log", "off"]);
    assert_eq!(code, Some(4), "{text}");
    for reason in [
        "the group name `{nothing}` is empty here",
        "the group name `{blank}` is empty here",
        "the e-mail address `{blank}` is empty here",
        "`{lead[client]}` becomes `n/a` here, which is neither an e-mail address nor an id",
        "`{odd}` becomes `a@b@c` here",
    ] {
        assert!(text.contains(reason), "{reason}\n{text}");
    }
    assert_eq!(site.paths(&room), 1, "{text}");
    let hr = &site.cast.people["HR"];
    assert!(
        site.portal.room(&room).unwrap().access.contains_key(hr),
        "{text}"
    );
    site.portal.stop();
}

#[test]
fn a_name_that_shows_nothing_is_an_error_where_it_is_written() {
    let written = [
        "match: { creator_group: \"\\u200b\" }, template: { folders: [A] }",
        "match: all, template: { grants: [{ group: \"\\u00ad\", role: viewer }] }",
        "match: all, template: { grants: [{ user: a@b@c, role: viewer }] }",
        "match: all, template: { owner: a@b@c }",
    ];
    for part in written {
        let text = format!("version: 1\npolicies: [{{ name: p, {part} }}]\n");
        let directory = crate::cli::with_policy(&text);
        let output = crate::cli::run(directory.path(), &["validate"]);
        let shown = crate::cli::shown(&output);
        assert!(shown.starts_with("exit 3\n"), "{part}\n{shown}");
    }
}
