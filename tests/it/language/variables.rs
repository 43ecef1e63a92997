//! Lists, alternatives, tables and modifiers, and their limits.

use insta::assert_snapshot;
use jiff::civil::date;
use roomwright::policy::{PolicySet, Portal, Value};
use roomwright::resolve::resolve;
use roomwright::room::{Facts, RoomType};
use roomwright::yaml::{Sources, render};

use super::advice::reported;
use super::{check, facts, grants, paths, resolved};

fn room() -> Facts {
    facts("Client ACME", RoomType::Custom)
}

/// A template with these lines, in a policy for clients.
fn policy(template: &str, policy: &str) -> String {
    let lines = template.replace('\n', "\n    ");
    format!(
        "version: 1\ntemplates:\n  t:\n    {lines}\npolicies:\n  - {{ name: p, match: {{ title: 'Client {{client}}', type: custom }}, template: t{policy} }}\n"
    )
}

fn made(template: &str, with: &str) -> Vec<String> {
    paths(&resolved(&[&policy(template, with)], &room()).desired)
}

#[test]
fn alternatives_multiply_a_path_and_lists_follow() {
    assert_eq!(
        made("folders: ['{Contracts,Offers}/{Drafts,Signed}']", ""),
        [
            "Contracts/Drafts",
            "Contracts/Signed",
            "Offers/Drafts",
            "Offers/Signed"
        ]
    );
    assert_eq!(
        made(
            "vars: { lang: [de, en], part: ['1', '2'] }\nfolders: ['{A,B} {lang}/{part}{lang}']",
            ""
        ),
        [
            "A de/1de", "A de/2de", "A en/1en", "A en/2en", "B de/1de", "B de/2de", "B en/1en",
            "B en/2en"
        ]
    );
    assert_eq!(
        made("folders:\n  - '{{client},General}': [In, Out]", ""),
        [
            "ACME",
            "General",
            "ACME/In",
            "General/In",
            "ACME/Out",
            "General/Out"
        ]
    );
    assert_eq!(
        made(
            r"folders: ['\{client\} {client:lower} {client:title}', 'Q{date.quarter} {date.fiscal_year} {room.type}']",
            ""
        ),
        ["{client} acme Acme", "Q3 2026 custom"]
    );
}

#[test]
fn lists_multiply_tags_and_grants() {
    let text = policy(
        "vars: { dept: [HR, IT] }\nsettings: { tags: ['{dept} {client}'] }\ngrants: [{ group: '{dept} staff', role: viewer }, { group: [A, B], role: editor }, { user: [a@example.org, b@example.org], role: viewer }]",
        "",
    );
    let desired = resolved(&[&text], &room());
    let tags = desired.desired.tags.iter();
    let tags: Vec<&str> = tags.map(|tag| tag.value.as_str()).collect();
    assert_eq!(tags, ["HR ACME", "IT ACME"]);
    assert_eq!(
        grants(&desired),
        [
            "A: editor",
            "B: editor",
            "HR staff: viewer",
            "IT staff: viewer",
            "a@example.org: viewer",
            "b@example.org: viewer"
        ]
    );
}

#[test]
fn a_capture_overrides_the_policy_the_child_the_parent_and_the_portal() {
    let text = "version: 1
templates:
  base: { vars: { a: base, b: base, c: base, client: base }, folders: ['{a} {b} {c} {d} {client}'] }
  child: { extends: base, vars: { a: child, b: child } }
policies:
  - { name: p, match: { title: 'Client {client}' }, template: child, vars: { a: policy } }
";
    let mut sources = Sources::default();
    sources.add("a.yaml", text);
    let value = |text: &str| Value::One(text.to_owned());
    let portal = Portal {
        vars: [
            ("d".to_owned(), value("portal")),
            ("a".to_owned(), value("portal")),
        ]
        .into(),
        fiscal_year_starts: (4, 1),
    };
    let (set, problems) = PolicySet::check_for(&sources, &portal);
    let set = set.unwrap_or_else(|| panic!("{}", render(&sources, &problems, false)));
    let desired = resolve(&set, &room()).desired;
    assert_eq!(paths(&desired), ["policy child base portal ACME"]);
    assert!(check(&[text]).1.contains("has no value for `{d}`"));
}

#[test]
fn the_fiscal_year_comes_from_the_configuration() {
    let mut sources = Sources::default();
    sources.add(
        "a.yaml",
        policy("folders: ['{date.fiscal_year} {client}']", ""),
    );
    let portal = Portal {
        fiscal_year_starts: (4, 1),
        ..Portal::default()
    };
    let (set, _) = PolicySet::check_for(&sources, &portal);
    let set = set.unwrap();
    for (day, title) in [
        (date(2026, 3, 31), "2026 ACME"),
        (date(2026, 4, 1), "2027 ACME"),
    ] {
        let room = Facts {
            created: day,
            ..room()
        };
        assert_eq!(paths(&resolve(&set, &room).desired), [title]);
    }
}

const PARTNERS: &str = "version: 1
tables:
  partner: { ACME: anna@example.org, default: desk@example.org }
  number: { file: data/clients.csv, key: client, value: no }
templates:
  t:
    folders: ['{number[client:upper]} {client}']
    grants: [{ user: '{partner[client]}', role: editor }]
policies:
  - { name: p, match: { title: 'Client {client}', type: custom }, template: t }
";

fn with_csv(csv: &str, title: &str) -> (Vec<String>, Vec<String>, Vec<String>) {
    let mut sources = Sources::default();
    sources.add("policies/a.yaml", PARTNERS);
    sources.add("policies/data/clients.csv", csv);
    let (set, problems) = PolicySet::check(&sources);
    let set = set.unwrap_or_else(|| panic!("{}", render(&sources, &problems, false)));
    let mut room = room();
    room.title = title.to_owned();
    let resolution = resolve(&set, &room);
    let short = resolution.desired.shortfalls.iter();
    (
        paths(&resolution.desired),
        grants(&resolution),
        short.map(|short| short.reason.clone()).collect(),
    )
}

#[test]
fn values_are_looked_up_in_inline_tables_and_csv_files() {
    let csv = "client,no,city\nAcme,17,Ulm\n\"Müller, Söhne\",18,\n";
    let (folders, grants, short) = with_csv(csv, "Client acme");
    assert_eq!(folders, ["17 acme"]);
    assert_eq!(grants, ["anna@example.org: editor"]);
    assert!(short.is_empty());
    let (folders, grants, short) = with_csv(csv, "Client Müller, Söhne");
    assert_eq!(folders, ["18 Müller, Söhne"]);
    assert_eq!(grants, ["desk@example.org: editor"]);
    assert!(short.is_empty());
    let (folders, _, short) = with_csv("\u{feff}no;client\n4;Beta\n", "Client Gamma");
    assert!(folders.is_empty());
    assert_snapshot!(short.join("\n"), @"`{number[client:upper]} {client}` has no value here: the table `number` has neither `GAMMA` nor a `default`");
    assert_eq!(
        with_csv("\u{feff}no;client\n4;Beta\n", "Client Beta").0,
        ["4 Beta"]
    );
    let csv = "client,no\nACME-West,5\nO'Neil,6\nＡｂｃ,7\n";
    for (title, folder) in [
        ("Client ACME–West", "5 ACME–West"),
        ("Client O’Neil", "6 O’Neil"),
        ("Client abc", "7 abc"),
    ] {
        assert_eq!(with_csv(csv, title).0, [folder]);
    }
}

#[test]
fn names_have_letters_of_every_language() {
    let text = "version: 1
tables: { länder: { A: Ä } }
templates:
  t: { vars: { größe_1: XL }, folders: ['{stück} {größe_1} {länder[stück]} {案件:upper}'] }
policies:
  - { name: p, match: { title: 'Los {stück={A,B}} {案件}' }, template: t }
";
    let resolution = resolved(&[text], &facts("Los A x", RoomType::Custom));
    assert_eq!(paths(&resolution.desired), ["A XL Ä X"]);
}

#[test]
fn problems_of_a_table_are_reported() {
    let csv = |csv: &str, name: &str| {
        let mut sources = Sources::default();
        sources.add("policies/a.yaml", PARTNERS);
        sources.add(name, csv);
        let (_, problems) = PolicySet::check(&sources);
        let problems = problems.iter();
        let lines = problems.map(|problem| {
            let help = problem.help.clone().unwrap_or_default();
            format!("{}: {}\n  {help}", problem.code, problem.message)
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(csv("client,no\n", "other/clients.csv"), @r"
    no-csv: the policy directory has no CSV file `data/clients.csv` that is saved as UTF-8
      available UTF-8 files: other/clients.csv
    ");
    assert_snapshot!(csv("klient,no\n", "policies/data/clients.csv"), @r"
    no-column: `data/clients.csv` has no column `client`; did you mean `klient`?
      its columns are: klient, no
    ");
    assert_snapshot!(csv("client,no\nA,1\na,2\n", "policies/data/clients.csv"), @r"
    bad-csv: `a` has two values: see policies/data/clients.csv:3
      keep one of the rows
    ");
    assert_snapshot!(csv("client,no\nA-B,1\na–b,2\n", "policies/data/clients.csv"), @r"
    bad-csv: `a–b` has two values: see policies/data/clients.csv:3
      keep one of the rows
    ");
    assert_snapshot!(csv("client,no\nA,1,2\n", "policies/data/clients.csv"), @"bad-csv: line 2 of `policies/data/clients.csv` has 3 cells, but its first line has 2");
    assert_snapshot!(reported("version: 1\ntables: { t: { A: x, a: y, b: '' }, 'a b': {} }\ntemplates:\n  t: { folders: ['{u[client]}', '{t[t[client]]}'] }\npolicies:\n  - { name: p, match: { title: '{client}' }, template: t }\n"), @r"
    2:22 duplicate-row: the key `a` occurs twice in different spellings
    2:28 empty-value: `b` has no value
      write a value, or remove the line
    2:37 table-name: `a b` is not a valid table name
      a name starts with a letter, followed by letters, digits, `_` or `-`
    4:18 unknown-table: there is no table `u`
      available: a b, t
    4:33 bad-folder: `{t[t[client]]}` looks up in a table what another one contains, which is not possible; write a table with the results of both
    ");
}

#[test]
fn invalid_texts_are_reported_with_the_form_to_write() {
    assert_snapshot!(reported(&policy("folders: ['{{client}}', '{A,}', '{a/b,c}', '{A,B']\nsettings: { tags: ['{client,General}', '{client:uper}'] }", "")), @r"
    4:15 bad-folder: `{{` does not begin a variable: write `{client}` for the variable, or `\{` in single quotes for the character itself
    4:29 bad-folder: `{A,}` has an empty alternative, but a folder needs a title
    4:37 bad-folder: `/` is inside braces in `{a/b,c}`; write one entry for each path
    4:48 bad-folder: `{` without `}`; write `\{` in single quotes for the character itself
    5:24 bad-text: `{client,General}` is a set of alternatives, which only a folder's path can contain; write an entry for each, or `\{` for the character itself
    5:44 bad-text: `uper` is not a known modifier; did you mean `upper`? (available: upper, lower, title)
    ");
    assert_snapshot!(reported(&policy("vars: { l: [a, b], e: [] }\nsettings: { watermark: { text: '{l} {client}' } }", "")), @r"
    4:27 empty-list: the list is empty and creates nothing
      remove the variable, or write a value
    7:13 list-in-setting: `{l}` is a list in the policy `p`, and the setting at a.yaml:5:28 needs a single value
      use a variable with a single value there
    ");
    assert_snapshot!(reported(&policy("vars: { who: 'x {client}' }\nfolders: ['{who} {client}']", "")), @r"
    4:18 unexpanded-variable: `{client}` stays as it is: a value is inserted, and not expanded again
      write the variable where the text is used
    ");
}

#[test]
fn a_title_cannot_choose_a_person_an_id_or_a_system_group() {
    assert_snapshot!(reported(&policy("grants: [{ user: '{client}@example.org', role: viewer }, { user: '{creator.email}', role: viewer }]", "")), @r"
    6:13 person-from-room: `{client}` comes from the room, and must not choose a person: see the `user` at a.yaml:4:14
      look up the address in a table, `{people[client]}`, or write it under `vars`
    6:13 person-from-room: `{creator.email}` comes from the room, and must not choose a person: see the `user` at a.yaml:4:62
      look up the address in a table, `{people[creator.email]}`, or write it under `vars`
    ");
    let text = policy(
        "vars: { who: anna }\ngrants: [{ group: '{client}', role: viewer }, { user: '{who}@example.org', role: viewer }]",
        "",
    );
    for title in [
        "Client everyone",
        "Client DocSpace admins",
        "Client 00000000-0000-0000-0000-000000000001",
    ] {
        let resolution = resolved(&[&text], &facts(title, RoomType::Custom));
        assert_eq!(grants(&resolution), ["anna@example.org: viewer"], "{title}");
        assert_eq!(resolution.desired.shortfalls.len(), 1);
    }
    let resolution = resolved(&[&text], &facts("Client HR", RoomType::Custom));
    assert_eq!(
        grants(&resolution),
        ["HR: viewer", "anna@example.org: viewer"]
    );
}

#[test]
fn an_entry_makes_at_most_a_thousand_items() {
    let list: Vec<String> = (0..101).map(|n| n.to_string()).collect();
    let list = list.join(", ");
    let lists =
        format!("vars: {{ a: [{list}] }}\nfolders: ['{{1,2,3,4,5,6,7,8,9}} {{a}} {{client}}']");
    assert_eq!(made(&lists, "").len(), 909);
    let text = policy(&lists.replace("8,9}", "8,9,10}"), "");
    assert_snapshot!(reported(&text), @r"
    7:13 too-many-items: in the policy `p`, the entry at a.yaml:5:15 makes 1010 items; the maximum is 1000
      shorten the lists that it uses, or write several entries
    ");
    let choices = "folders: ['{a,b,c,d}{a,b,c,d}{a,b,c,d}{a,b,c,d}{a,b,c,d} {client}']";
    assert_snapshot!(reported(&policy(choices, "")), @"4:15 bad-folder: the alternatives of this entry make more than 1000 folders");
}

#[test]
fn an_unused_capture_is_a_warning() {
    assert_snapshot!(reported(&policy("folders: [A]", "")), @r"
    6:13 unused-capture: nothing in the template of the policy `p` uses the capture `{client}`
      write `*` instead, or use `{client}` in a folder, a tag or a group
    ");
    let named = policy("folders: [A]", "").replace("{client}", "{client=A*}");
    assert_eq!(reported(&named), "");
}
