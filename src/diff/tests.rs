//! Comparisons of two versions.

use jiff::civil::date;

use super::*;
use crate::room::{Creator, RoomType, Unresolved};
use crate::yaml::{Sources, render};

fn policies(text: &str) -> PolicySet {
    let mut sources = Sources::default();
    sources.add("policies/rooms.yaml", text);
    let (set, problems) = PolicySet::check(&sources);
    set.unwrap_or_else(|| panic!("{}", render(&sources, &problems, false)))
}

fn room(title: &str) -> Room {
    Room {
        id: None,
        facts: Facts {
            title: title.to_owned(),
            kind: RoomType::Custom,
            creator: Creator::default(),
            created: date(2026, 7, 1),
            tags: Vec::new(),
            unresolved: Unresolved::default(),
        },
        assumed: Unresolved::default(),
    }
}

const OLD: &str = r#"
version: 1
templates:
  client:
    folders: ["Correspondence {client}", Drafts]
    grants: [{ group: HR, role: viewer }, { user: anna@example.org, role: editor }, { group: Sales, role: editor }]
    settings: { tags: [client], quota: 5 GB, indexing: true }
  team: { folders: [Documents] }
policies:
  - { name: clients, match: { title: "Client - {client}" }, template: client }
  - { name: teams, match: { title: "Team *" }, template: team, mode: observe }
"#;

#[test]
fn rooms_with_the_same_changes_are_grouped_in_markdown() {
    let new = OLD
        .replace(
            "[\"Correspondence {client}\", Drafts]",
            "[\"Letters {client}\", Drafts]",
        )
        .replace("{ group: HR, role: viewer }", "{ group: HR, role: editor }")
        .replace("{ user: anna@example.org, role: editor }, ", "")
        .replace(
            "{ group: Sales, role: editor }",
            "{ group: Sales, role: viewer }, { group: 'Team `{client}`', role: viewer }",
        )
        .replace("quota: 5 GB, indexing: true", "quota: 10 GB")
        .replace(", mode: observe", "");
    let titles = [
        "Client - ACME",
        "Client - Müller",
        "Client - 三",
        "Client - D",
    ];
    let mut rooms: Vec<Room> = titles.map(room).into();
    rooms.extend([room("Team Blue"), room("Lunch")]);
    let diff = diff(&policies(OLD), &policies(&new), &rooms);
    insta::assert_snapshot!(diff, @"
    ## 5 of 6 rooms change

    ### 4 rooms: `Client - ACME`, `Client - D`, `Client - Müller` and 1 more

    - group `HR` **gains**: Viewer → Editor
    - group `Sales`: Viewer in new rooms; existing rooms keep Editor
    - group `` Team `{client}` `` **gains** Viewer
    - person `anna@example.org`: no longer required (was Editor)
    - folder `Correspondence {client}`: no longer required
    - folder `Letters {client}`
    - setting `indexing`: no longer required (was on)
    - setting `quota`: 5 GB → 10 GB

    ### `Team Blue`

    - policy `teams` writes instead of only observing
    - folder `Documents`

    Existing rooms keep what is no longer required; new rooms do not get it. Only `membership: exact` takes roles away.
    ");
    assert_eq!(diff.changed(), 5);
    let json = serde_json::to_string_pretty(&dto::Diff::from(&diff).groups[1]).unwrap();
    insta::assert_snapshot!(json, @r#"
    {
      "rooms": [
        {
          "room": null,
          "title": "Team Blue"
        }
      ],
      "changes": [
        {
          "what": "policy",
          "name": "teams",
          "turn": "changed",
          "from": "observes only",
          "to": null,
          "kept": false
        },
        {
          "what": "folder",
          "name": "Documents",
          "turn": "added",
          "from": null,
          "to": null,
          "kept": false
        }
      ]
    }
    "#);
}

#[test]
fn another_order_of_folders_is_a_change_only_where_people_see_it() {
    let old = OLD.replace("Drafts]", "Drafts, B]");
    let new = OLD.replace(
        "[\"Correspondence {client}\", Drafts]",
        "[C, Drafts, \"Correspondence {client}\"]",
    );
    let rooms = [room("Client - ACME")];
    let diff =
        |old: &str, new: &str| super::diff(&policies(old), &policies(new), &rooms).to_string();
    insta::assert_snapshot!(diff(&old, &new), @"
    ## 1 of 1 room changes

    ### `Client - ACME`

    - folder `B`: no longer required
    - folder `C`
    - folders have another order in new rooms

    Existing rooms keep what is no longer required; new rooms do not get it. Only `membership: exact` takes roles away.
    ");
    let plain = |text: &str| text.replace(", indexing: true", "");
    assert!(!diff(&plain(&old), &plain(&new)).contains("order"));
}

#[test]
fn only_exact_membership_takes_roles_away() {
    let exact = |text: &str| {
        text.replace(
            "indexing: true }",
            "indexing: true }\n    membership: exact",
        )
    };
    let lower = |text: &str| {
        text.replace(
            "user: anna@example.org, role: editor",
            "user: anna@example.org, role: viewer",
        )
        .replace(", { group: Sales, role: editor }", "")
    };
    let rooms = [room("Client - ACME")];
    let diff = diff(
        &policies(&exact(OLD)),
        &policies(&lower(&exact(OLD))),
        &rooms,
    );
    insta::assert_snapshot!(diff, @"
    ## 1 of 1 room changes

    ### `Client - ACME`

    - group `Sales` **loses** Editor
    - person `anna@example.org` **loses**: Editor → Viewer
    ");
    let diff = super::diff(&policies(OLD), &policies(&lower(OLD)), &rooms);
    let changes = &dto::Diff::from(&diff).groups[0].changes;
    assert!(changes.iter().all(|change| change.kept), "{changes:?}");
}

#[test]
fn a_room_that_is_refused_has_no_other_changes() {
    let new = format!(
        "{OLD}  - {{ name: others, match: {{ title: '*ACME' }}, template: team, priority: 1 }}\n"
    )
    .replace(
        "team: { folders: [Documents] }",
        "team: { folders: [Documents], grants: [{ group: HR, role: editor }] }",
    )
    .replace("priority: 1", "priority: 0");
    let diff = diff(&policies(OLD), &policies(&new), &[room("Client - ACME")]);
    insta::assert_snapshot!(diff, @"
    ## 1 of 1 room changes

    ### `Client - ACME`

    - policy `others` applies
    - **refused**: policies disagree about the role of `HR`: Viewer by policy `clients`, template `client`, policies/rooms.yaml:6:14; Editor by policy `others`, template `team`, policies/rooms.yaml:8:42
    ");
}

#[test]
fn the_same_policies_in_another_order_change_nothing() {
    let (head, tail) = OLD.split_once("  - { name: clients").unwrap();
    let (clients, teams) = tail.split_once("  - { name: teams").unwrap();
    let turned = format!("{head}  - {{ name: teams{teams}  - {{ name: clients{clients}");
    let rooms = [room("Client - ACME"), room("Team Blue"), room("Lunch")];
    let diff = diff(&policies(OLD), &policies(&turned), &rooms);
    insta::assert_snapshot!(diff, @"
    ## No room changes

    3 rooms compared.
    ");
}
