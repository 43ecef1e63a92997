use insta::assert_snapshot;

use super::dto::{self, VERSION};
use super::{Outcome, Report};
use crate::decide;
use crate::plan::{self, Note, Plan};
use crate::resolve::{FolderPath, Origin, Place, Shortfall, Wanted};
use crate::room::{Access, Item, RoomId, RoomType, Setting, Subject, UserId, tag_key};

fn by() -> Vec<Origin> {
    vec![Origin {
        policy: "client-rooms".to_owned(),
        template: "client".to_owned(),
        place: Place {
            file: "legal.yaml".into(),
            line: 7,
            column: 3,
        },
    }]
}

/// A report with a change of each kind.
fn report(outcome: Outcome) -> Report {
    let room = RoomId::new("7");
    let tag = |text: &str| Wanted {
        value: text.to_owned(),
        by: by(),
    };
    let plan = plan::Plan {
        room: room.clone(),
        actions: vec![
            plan::Action::CreateFolder {
                path: FolderPath(vec!["Contracts".to_owned(), "Signed".to_owned()]),
                by: by(),
            },
            plan::Action::UpdateSettings(vec![plan::SettingChange {
                from: Setting::Indexing(false),
                to: Setting::Indexing(true),
                by: by(),
            }]),
            plan::Action::Grant {
                subject: Subject::User(UserId::new("00000000-0000-0000-0000-000000000001")),
                name: "Anna".to_owned(),
                role: plan::Change {
                    from: Some(Access::Viewer),
                    to: Some(Access::Editor),
                },
                notify: false,
                by: by(),
            },
            plan::Action::AddTags(vec![tag("client"), tag("ACME")]),
        ],
        notes: vec![plan::Note::IsUs],
    };
    Report {
        title: "Client - ACME".to_owned(),
        kind: Some(RoomType::Custom),
        owner: "Mia".to_owned(),
        plan: Some(plan),
        ..Report::new(room, outcome)
    }
}

fn drifted() -> Outcome {
    let tag = |text: &str| Item::Tag(tag_key(text));
    let of = |text: &str| text.parse().unwrap();
    Outcome::Drifted(decide::Drift {
        undone: [tag("client"), of("folder contracts/signed")].into(),
        newer: [tag("ACME"), of("setting indexing")].into(),
    })
}

#[test]
fn the_json_form_matches_its_version() {
    let report = dto::Report::from(&report(drifted()));
    assert_snapshot!(serde_json::to_string_pretty(&report).unwrap(), @r#"
    {
      "version": 1,
      "room": "7",
      "title": "Client - ACME",
      "type": "custom",
      "owner": "Mia",
      "outcome": "drifted",
      "summary": "drifted: people changed it since it was configured, and its policies ask for more than when it was configured; left unchanged",
      "skipped": null,
      "reasons": [],
      "matched": [],
      "plan": {
        "changes": [
          {
            "what": "folder",
            "name": "Contracts/Signed",
            "from": null,
            "to": null,
            "drift": "people-changed",
            "by": [
              {
                "policy": "client-rooms",
                "template": "client",
                "place": "legal.yaml:7:3"
              }
            ]
          },
          {
            "what": "indexing",
            "name": null,
            "from": "off",
            "to": "on",
            "drift": "policy-is-newer",
            "by": [
              {
                "policy": "client-rooms",
                "template": "client",
                "place": "legal.yaml:7:3"
              }
            ]
          },
          {
            "what": "grant",
            "name": "Anna",
            "from": "viewer",
            "to": "editor",
            "drift": "policy-is-newer",
            "by": [
              {
                "policy": "client-rooms",
                "template": "client",
                "place": "legal.yaml:7:3"
              }
            ]
          },
          {
            "what": "tag",
            "name": "client",
            "from": null,
            "to": null,
            "drift": "people-changed",
            "by": [
              {
                "policy": "client-rooms",
                "template": "client",
                "place": "legal.yaml:7:3"
              }
            ]
          },
          {
            "what": "tag",
            "name": "ACME",
            "from": null,
            "to": null,
            "drift": "policy-is-newer",
            "by": [
              {
                "policy": "client-rooms",
                "template": "client",
                "place": "legal.yaml:7:3"
              }
            ]
          }
        ],
        "writes": 4,
        "text": [
          "+ folder Contracts/Signed                    client-rooms, legal.yaml:7:3",
          "~ indexing: off → on                         client-rooms, legal.yaml:7:3",
          "~ Anna: Viewer → Editor                      client-rooms, legal.yaml:7:3",
          "+ tags client, ACME                          client-rooms, legal.yaml:7:3 and 1 more",
          "= a grant to the service account itself is never sent"
        ]
      },
      "would_be": null,
      "left_out": [],
      "adopts_from": null,
      "adopted": false,
      "adoption_open": false,
      "overruled": [],
      "left": null,
      "calls": {
        "reads": 0,
        "writes": 0
      }
    }
    "#);
}

#[test]
fn a_stored_report_displays_like_the_live_one() {
    let missing = Shortfall {
        reason: "no group `HR`".to_owned(),
        by: by(),
    };
    for outcome in [Outcome::Changed, Outcome::Partial(vec![missing]), drifted()] {
        let live = report(outcome);
        let stored = serde_json::to_string(&dto::Report::from(&live)).unwrap();
        assert_eq!(
            dto::Report::read(&stored).unwrap().to_string(),
            live.to_string()
        );
    }
}

#[test]
fn a_report_of_another_version_is_not_read() {
    let mut stored = serde_json::to_value(dto::Report::from(&report(drifted()))).unwrap();
    stored["version"] = serde_json::json!(VERSION + 1);
    assert_eq!(dto::Report::read(&stored.to_string()), None);
    assert_eq!(
        dto::Report::read(r#"{"room":"7","outcome":"in-sync"}"#),
        None
    );
    assert_eq!(dto::Report::read(""), None);
}

#[test]
fn a_title_cannot_add_a_line_to_its_report() {
    let mut report = Report::new(RoomId::new("5\n6"), Outcome::Failed("a\nb".to_owned()));
    report.title = "Team\n  in sync\u{1b}[8m".to_owned();
    let name = "Mia\n  in sync\u{1b}[8m".to_owned();
    report.plan = Some(Plan {
        room: report.room.clone(),
        actions: Vec::new(),
        notes: vec![
            Note::IsOwner { name: name.clone() },
            Note::TagSpelling {
                asked: name.clone(),
                there: name,
            },
        ],
    });
    let text = report.to_string();
    assert_eq!(text.lines().count(), 5, "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
}
