//! Settings: their values, invalid values, and which value wins.

use insta::assert_snapshot;
use roomwright::bind::{Snapshot, bind};
use roomwright::room::RoomType;

use super::advice::reported;
use super::{facts, resolved};

fn with(settings: &str) -> String {
    reported(&format!(
        "version: 1\ntemplates:\n  t:\n    settings:\n      {}\npolicies:\n  - {{ name: p, match: all, template: t }}\n",
        settings.replace('\n', "\n      ")
    ))
}

fn values(files: &[&str]) -> Vec<String> {
    let room = facts("Client ACME", RoomType::Vdr);
    let desired = resolved(files, &room).desired;
    let settings = desired.settings.iter();
    settings
        .map(|(key, setting)| format!("{}: {}", key.as_str(), setting.wanted.value))
        .collect()
}

#[test]
fn every_setting_has_its_values() {
    let text = "version: 1
templates:
  t:
    settings:
      quota: 5 GB
      deny_download: true
      indexing: true
      lifetime: { keep: 24 months, then: trash }
      watermark: { show: [user-name, date], text: 'For {client}', rotate: -45 }
      color: 4781d1
      cover: suitcase
policies:
  - { name: p, match: { title: 'Client {client}' }, template: t }
";
    assert_eq!(
        values(&[text]),
        [
            "indexing: on",
            "quota: 5 GB",
            "deny_download: on",
            "lifetime: 24 months, then trash",
            "watermark: user-name, date, `For ACME`, turned by -45°",
            "color: 4781D1",
            "cover: suitcase"
        ]
    );
    for (written, read) in [
        ("quota: unlimited", "quota: unlimited"),
        ("quota: default", "quota: the portal's default"),
        ("lifetime: none", "lifetime: none"),
        (
            "lifetime: { keep: 1 year, then: delete }",
            "lifetime: 1 year, then delete",
        ),
        ("watermark: none", "watermark: none"),
        ("watermark: { text: Draft }", "watermark: `Draft`"),
        ("cover: none", "cover: none"),
        ("color: 123456", "color: 123456"),
        ("deny_download: false", "deny_download: off"),
    ] {
        let text = format!(
            "version: 1\ntemplates:\n  t: {{ settings: {{ {written} }} }}\npolicies:\n  - {{ name: p, match: all, template: t }}\n"
        );
        assert_eq!(values(&[&text]), [read], "{written}");
    }
}

#[test]
fn a_senseless_value_that_the_portal_would_store_is_an_error() {
    assert_snapshot!(with("quota: 5\ndeny_download: yes\nlifetime: { keep: 1000 days, then: trash }\ncolor: GGGGGG\nwatermark: { show: [], rotate: 45 }"), @r"
    5:14 bad-quota: `5` has no unit; write a size such as `500 MB`, `5 GB` or `1.5 TB`
    6:22 wrong-type: expected `true` or `false`, found `yes`
    7:25 bad-lifetime: the number in `1000 days` is greater than 999; write it in a larger unit
    8:14 bad-color: `GGGGGG` is not a colour
      write six hexadecimal digits without `#`, such as `4781D1`
    9:18 empty-watermark: the watermark shows nothing
      write what it shows: `show: [user-name, email, ip, date, room]`, or a `text`
    ");
    assert_snapshot!(with("quota: 1,5 GB\nlifetime: { keep: 2 hours, then: delete }\ncolor: '#4781d1'\nwatermark: { show: [name] }"), @r"
    5:14 bad-quota: `1,5 GB` is not a size; write a size such as `500 MB`, `5 GB` or `1.5 TB`
    6:25 bad-lifetime: `2 hours` is not a period; write a period such as `90 days`, `6 weeks`, `24 months` or `2 years`
    7:14 bad-color: `#4781d1` is not a colour
      write six hexadecimal digits without `#`: 4781D1
    8:27 unknown-word: unknown word `name`; did you mean `user-name`? (known here: user-name, email, ip, date, room)
    ");
    assert_snapshot!(with("quota: 0 GB\nlifetime: { keep: 24 months }\ncolor: F00\nwatermark: { text: x, rotate: 400 }\ncover: ' '"), @r"
    5:14 bad-quota: a quota of zero makes a room unusable; write a size such as `500 MB`, `5 GB` or `1.5 TB`, or `unlimited`
    6:17 incomplete-lifetime: the lifetime does not say what happens to documents at its end
      add `then: trash`, or `then: delete` to delete them permanently
    7:14 bad-color: `F00` is not a colour
      write six hexadecimal digits without `#`: FF0000
    8:37 bad-watermark: `400` is not a valid angle; write degrees from -180 to 180
    9:14 bad-cover: the cover is empty
      write the id of a cover, or `none` for none
    ");
    assert_snapshot!(with("lifetime: forever\nwatermark: off\ncolor: blue"), @r"
    5:17 bad-lifetime: `forever` is not valid here
      write `{ keep: 24 months, then: trash }`, or `none` to keep documents forever
    6:18 bad-watermark: `off` is not valid here
      write `{ show: [user-name, date] }`, or `none` for no watermark
    7:14 bad-color: `blue` is not a colour
      write six hexadecimal digits without `#`, such as `4781D1`
    ");
    assert_snapshot!(with("lifetime: { then: trash }\nquota: lots"), @r"
    5:17 incomplete-lifetime: the lifetime does not say how long documents are kept
      add `keep:` with a period such as `24 months`
    6:14 bad-quota: `lots` is not a size; write a size such as `500 MB`, `5 GB` or `1.5 TB`
    ");
    let long = format!("watermark: {{ text: {} }}", "x".repeat(256));
    assert!(with(&long).contains("256 characters long"));
    assert_snapshot!(with("lifetime: { keep: 2 hours }\nwatermark: { text: '{x', rotate: 400 }"), @r"
    5:25 bad-lifetime: `2 hours` is not a period; write a period such as `90 days`, `6 weeks`, `24 months` or `2 years`
    6:26 bad-text: `{` without `}`; write `\{` in single quotes for the character itself
    6:40 bad-watermark: `400` is not a valid angle; write degrees from -180 to 180
    ");
}

#[test]
fn a_setting_without_a_value_is_an_error() {
    assert_snapshot!(with("quota:\ndeny_download:\nindexing:\nlifetime:\nwatermark:\ncolor: #4781D1\ncover:"), @r"
    5:7 wrong-value: `quota` is empty; remove the key, or write a size such as `5 GB`, `unlimited` or `default`
    6:7 wrong-value: `deny_download` is empty; remove the key, or write `true` or `false`
    7:7 wrong-value: `indexing` is empty; remove the key, or write `true` or `false`
    8:7 wrong-value: `lifetime` is empty; remove the key, or write `{ keep: 24 months, then: trash }` or `none`
    9:7 wrong-value: `watermark` is empty; remove the key, or write `{ show: [user-name, date] }` or `none`
    10:7 wrong-value: `color` is empty; remove the key, or write six hexadecimal digits without `#`, which starts a comment
    11:7 wrong-value: `cover` is empty; remove the key, or write the id of a cover or `none`
    ");
}

#[test]
fn an_undefined_variable_in_a_watermark_is_reported() {
    let reported = with("watermark: { text: 'For {client}' }");
    assert!(
        reported.contains("has no value for `{client}`"),
        "{reported}"
    );
}

#[test]
fn an_impossible_tag_is_an_error_if_written_and_a_shortfall_if_captured() {
    assert_snapshot!(with("tags: [fine é, done 🎉, 'for 𝒳 {client}']"), @r"
    5:22 bad-tag: the tag `done 🎉` has `🎉`, but DocSpace tags cannot contain emoji or other characters above U+FFFF
      DocSpace would reject this tag; write a shorter one, without emoji
    5:30 bad-tag: the tag `for 𝒳 ` has `𝒳`, but DocSpace tags cannot contain emoji or other characters above U+FFFF
      DocSpace would reject this tag; write a shorter one, without emoji
    7:13 undefined-variable: the policy `p` has no value for `{client}`, which its template uses at a.yaml:5:30
      capture it in the title, or add it under `vars`; defined here: creator.email, creator.name, date.day, date.fiscal_year, date.month, date.quarter, date.year, room.title, room.type
    ");
    assert!(with(&format!("tags: [{}]", "é".repeat(256))).contains("256 characters long"));
    let text = "version: 1\ntemplates:\n  t: { settings: { tags: [client, '{client}'] } }\npolicies:\n  - { name: p, match: { title: 'Client {client}' }, template: t }\n";
    let mut room = facts("x", RoomType::Vdr);
    room.title = "Client 🎉".to_owned();
    let desired = resolved(&[text], &room).desired;
    let tags: Vec<&str> = desired.tags.iter().map(|tag| tag.value.as_str()).collect();
    assert_eq!(tags, ["client"]);
    let [shortfall] = desired.shortfalls.as_slice() else {
        panic!("{:?}", desired.shortfalls)
    };
    assert_snapshot!(shortfall, @"the tag `🎉` has `🎉`, but DocSpace tags cannot contain emoji or other characters above U+FFFF (policy `p`, template `t`, a.yaml:3:35)");
}

const BASE: &str = "version: 1
templates:
  base: { settings: { quota: 1 GB, indexing: true } }
  child: { extends: base, settings: { quota: 2 GB } }
  other: { settings: { quota: 3 GB, color: '000000' } }
";

fn two(priority: i32) -> String {
    format!(
        "{BASE}policies:\n  - {{ name: p, match: {{ type: vdr }}, template: child }}\n  - {{ name: q, match: {{ type: vdr }}, template: other, priority: {priority} }}\n"
    )
}

#[test]
fn the_child_wins_and_then_the_higher_priority() {
    let alone = format!(
        "{BASE}policies:\n  - {{ name: p, match: all, template: child }}\n  - {{ name: q, match: {{ type: custom }}, template: other }}\n"
    );
    assert_eq!(values(&[&alone]), ["indexing: on", "quota: 2 GB"]);
    assert_eq!(
        values(&[&two(1)]),
        ["indexing: on", "quota: 3 GB", "color: 000000"]
    );
    let room = facts("x", RoomType::Vdr);
    let overruled = &resolved(&[&two(1)], &room).desired.settings;
    let quota = &overruled[&roomwright::room::SettingKey::Quota];
    assert_eq!(quota.overruled[0].0.to_string(), "2 GB");
    assert_eq!(quota.overruled[0].1.policy, "p");
}

#[test]
fn policies_of_equal_priority_that_disagree_about_a_setting_conflict() {
    let room = facts("x", RoomType::Vdr);
    let desired = resolved(&[&two(0)], &room).desired;
    let bound = bind(&desired, RoomType::Vdr, &Snapshot::default());
    let [conflict] = bound.conflicts.as_slice() else {
        panic!("{:?}", bound.conflicts)
    };
    assert_snapshot!(conflict, @"policies disagree about the setting `quota`: 2 GB by policy `p`, template `child`, a.yaml:4:46; 3 GB by policy `q`, template `other`, a.yaml:5:31");
}
