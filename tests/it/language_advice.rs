//! What people usually write by mistake, and what they are told: each says what to do.

use insta::assert_snapshot;
use roomwright::policy::PolicySet;
use roomwright::yaml::{Sources, records};

pub(crate) fn told(text: &str) -> String {
    let mut sources = Sources::default();
    sources.add("a.yaml", text);
    let (_, problems) = PolicySet::validate(&sources);
    let lines = records(&sources, &problems).into_iter().map(|record| {
        let related: String = record
            .related
            .iter()
            .map(|related| {
                let place = &related.place;
                format!(" ({} {}:{})", related.message, place.line, place.column)
            })
            .collect();
        let help = record.help.map(|help| format!("\n  {help}"));
        let place = &record.place;
        format!(
            "{}:{} {}: {}{related}{}",
            place.line,
            place.column,
            record.code,
            record.message,
            help.unwrap_or_default()
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

const HEAD: &str = "version: 1\ntemplates:\n  t:\n    folders: [A]\n";

fn with_match(matches: &str) -> String {
    told(&format!(
        "{HEAD}policies:\n  - name: p\n    template: t\n    match: {matches}\n"
    ))
}

fn with_template(line: &str) -> String {
    told(&format!(
        "{HEAD}    {line}\npolicies:\n  - {{ name: p, match: all, template: t }}\n"
    ))
}

#[test]
fn a_colon_in_a_title_is_told_with_the_quotes_that_it_needs() {
    assert_snapshot!(told("version: 1\ntemplates:\n  t:\n    folders:\n      - Costs: 2026\n"), @r#"5:9 wrong-value: the folder `Costs` has `2026` where its list of children should be; if that is one title, write `- "Costs: 2026"` in quotes"#);
}

#[test]
fn braces_without_quotes_are_told_with_the_quotes_that_they_need() {
    assert_snapshot!(with_template("settings: { tags: [client, {client}] }"), @r#"5:32 wrong-type: `{client}` is a table in YAML; write `"{client}"`, in quotes"#);
    assert_snapshot!(with_match("{ title: {client} }"), @r#"8:21 wrong-type: `{client}` is a table in YAML; write `"{client}"`, in quotes"#);
}

#[test]
fn several_keys_in_one_line_are_told_with_both_ways_to_write_them() {
    assert_snapshot!(told("version: 1\ntemplates:\n  t:\n    grants:\n      - group: HR, role: viewer\n"), @r#"
    5:24 syntax: the YAML cannot be read: mapping values are not allowed in this context
      give each key a line of its own, or write `{ group: HR, role: viewer }`
    "#);
}

#[test]
fn a_quotation_mark_that_is_not_closed_is_told_as_such() {
    assert_snapshot!(told(r#"version: 1
policies:
  - name: "p
    match: all
    template: t
"#), @r#"
    4:5 syntax: the YAML cannot be read: invalid indentation in multiline quoted scalar
      a quotation mark is not closed: look for it here and in the lines above
    "#);
}

#[test]
fn a_key_with_nothing_behind_it_is_told_at_the_key() {
    assert_snapshot!(told("version: 1\npolicies:\n  - name: p\n    match:\n    template: t\n    mode:\n"), @r#"
    4:5 nothing: expected `all`, or a table with `title`, `type`, `creator` or `except`, found nothing
    6:5 wrong-value: `mode` is empty; take the key out, or write `enforce` or `observe`
    "#);
}

#[test]
fn numbers_in_quotes_and_numbers_that_are_too_large_are_told_apart() {
    assert_snapshot!(told(r#"version: "1"
"#), @r#"1:10 wrong-type: `1` in quotes is a text; write it without quotes"#);
    assert_snapshot!(told(r#"version: 1
policies:
  - { name: p, match: all, template: t, priority: "5" }
  - { name: q, match: all, template: t, priority: 99999999999 }
  - { name: r, match: all, template: t, priority: high }
"#), @r#"
    3:38 unknown-template: there is no template `t`
      write it under `templates`
    3:51 wrong-type: `5` in quotes is a text; write it without quotes
    4:38 unknown-template: there is no template `t`
      write it under `templates`
    4:51 wrong-type: the number `99999999999` is too large
    5:38 unknown-template: there is no template `t`
      write it under `templates`
    5:51 wrong-type: expected a whole number, found `high`
    "#);
}

#[test]
fn what_looks_like_an_alias_is_told_with_a_text_to_paste() {
    assert_snapshot!(with_match("{ creator: *@legal.example.org, type: custom }"), @r#"
    8:23 alias: `*@legal.example.org` is a YAML alias, which is not used here
      put the text in quotes: '*@legal.example.org'
    "#);
    assert_snapshot!(with_match("\n      creator: *x, of 'us' # all"), @r#"
    9:16 alias: `*x` is a YAML alias, which is not used here
      put the text in quotes: '*x, of ''us'''
    9:18 syntax: the YAML cannot be read: while parsing a block mapping, did not find expected key
      put the text in quotes: '*x, of ''us'' # all'
    "#);
}

#[test]
fn anchors_and_tags_are_told_where_they_stand() {
    assert_snapshot!(told("version: 1\ntemplates:\n  t: &shared\n    folders: [A]\n  u: !x\n    folders: [!y B]\n"), @r"
    3:6 anchor: `&` begins a YAML anchor, which is not used here
      put the text in quotes if the `&` belongs to it; to say something once for several places write a template that others extend, or a variable under `vars`
    5:6 tag: `!` begins a YAML tag, which is not used here
      put the text in quotes if the `!` belongs to it
    6:15 tag: `!` begins a YAML tag, which is not used here
      put the text in quotes if the `!` belongs to it
    ");
}

#[test]
fn names_of_captures_and_variables_are_told_with_the_letters_they_take() {
    assert_snapshot!(with_match(r#"{ title: "{größe} {1a}" }"#), @r#"8:21 bad-glob: one word in braces is a capture, and its name begins with a letter from a to z and goes on with letters, digits, `_` or `-`; write `{a,b}` for a choice"#);
    assert_snapshot!(with_template(r#"settings: { tags: ["{größe}"] }"#), @r"5:24 bad-text: `{größe}` is no variable: a name begins with a letter from a to z and goes on with letters, digits, `_` or `-`; write `\{` in single quotes for the character itself");
    assert_snapshot!(with_template(r#"vars: { room.title: x, b c: y, "": z, fine: a }"#), @r#"
    5:13 variable-name: `room.title` is a variable of every room
      take it out: the room itself gives its value
    5:28 variable-name: `b c` is no name for a variable
      a name begins with a letter from a to z and goes on with letters, digits, `_` or `-`
    5:36 variable-name: `` is no name for a variable
      a name begins with a letter from a to z and goes on with letters, digits, `_` or `-`
    "#);
}

#[test]
fn braces_that_have_no_partner_are_told_with_the_way_to_mean_them() {
    assert_snapshot!(with_match(r#"{ title: "a\{b" }"#), @r#"
    8:21 syntax: the YAML cannot be read: while parsing a quoted scalar, found unknown escape character
      `\` is special in double quotes; put the text in single quotes instead
    "#);
    assert_snapshot!(with_match("{ title: '{' }"), @r#"8:21 bad-glob: `{` without `}`; write `\{` in single quotes for the character itself"#);
    assert_snapshot!(with_template(r#"settings: { tags: ["a}", "{b"] }"#), @r"
    5:24 bad-text: `}` without `{`; write `\}` in single quotes for the character itself
    5:30 bad-text: `{` without `}`; write `\{` in single quotes for the character itself
    ");
}

#[test]
fn no_quotation_is_guessed_where_several_texts_stand_in_one_line() {
    assert_snapshot!(told("version: 1\npolicies:\n  - { name: p, match: { title: [a }, template: t }\n"), @r#"
    3:32 syntax: the YAML cannot be read: mismatched bracket '[' closed by '}'
      put texts with `*`, `&`, `!`, `[` or `{` in quotes
    "#);
}

#[test]
fn an_emptied_part_of_a_matcher_is_an_error_and_not_a_wider_policy() {
    assert_snapshot!(with_match("{ title: , type: null, creator: ~, except: }"), @r#"
    8:14 wrong-value: `title` is empty; take the key out or write a glob
    8:29 wrong-value: `type` is empty; take the key out or write a room type
    8:44 wrong-value: `creator` is empty; take the key out or write a glob
    8:47 wrong-value: `except` is empty; take the key out or write a matcher
    "#);
    assert_snapshot!(with_match("{ title: x, type: [] }"), @r#"
    8:30 empty-list: the list is empty and fits nothing
      take the key out, or write a glob
    "#);
    assert_snapshot!(with_match("{ type: custom, except: { type: vdr, except: { title: [] } } }"), @r#"
    8:66 empty-list: the list is empty and fits nothing
      take the key out, or write a glob
    "#);
    assert_snapshot!(with_match("{ type: custom, except: { type: c* } }"), @r#"6:11 never-matches: the policy `p` can never match: its `except` leaves no room type"#);
}

#[test]
fn a_missing_version_is_told_beside_other_problems() {
    assert_snapshot!(told("templates: { t: { foldres: [A] } }\npolicy: []\n"), @r"
    1:1 no-version: the file does not say its version
      begin it with `version: 1`
    1:19 unknown-key: unknown key `foldres`; did you mean `folders`? (known here: extends, roles, vars, folders, grants, membership, protect, owner, guests, settings)
    2:1 unknown-key: unknown key `policy`; did you mean `policies`? (known here: version, roles, tables, templates, policies, tests)
    ");
}

#[test]
fn a_third_key_of_one_name_points_to_the_first() {
    assert_snapshot!(with_template("vars: { a: 1, a: 2, a: 3 }"), @r#"
    5:19 duplicate-key: the key `a` is there twice (here first 5:13)
    5:25 duplicate-key: the key `a` is there twice (here first 5:13)
    "#);
}
