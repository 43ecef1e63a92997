//! The messages about common mistakes: each says what to do.

use insta::assert_snapshot;
use roomwright::policy::PolicySet;
use roomwright::yaml::{Sources, records};

pub(crate) fn reported(text: &str) -> String {
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
    reported(&format!(
        "{HEAD}policies:\n  - name: p\n    template: t\n    match: {matches}\n"
    ))
}

fn with_template(line: &str) -> String {
    reported(&format!(
        "{HEAD}    {line}\npolicies:\n  - {{ name: p, match: all, template: t }}\n"
    ))
}

#[test]
fn a_colon_in_a_title_is_reported_with_the_quoted_text() {
    assert_snapshot!(reported("version: 1\ntemplates:\n  t:\n    folders:\n      - Costs: 2026\n"), @r#"5:9 wrong-value: the folder `Costs` has `2026` where its list of children should be; if you mean one title, write `- "Costs: 2026"` in quotes"#);
}

#[test]
fn braces_without_quotes_are_reported_with_the_quoted_text() {
    assert_snapshot!(with_template("settings: { tags: [client, {client}] }"), @r#"5:32 wrong-type: `{client}` is a table in YAML; write `"{client}"`, in quotes"#);
    assert_snapshot!(with_match("{ title: {client} }"), @r#"8:21 wrong-type: `{client}` is a table in YAML; write `"{client}"`, in quotes"#);
}

#[test]
fn several_keys_on_one_line_are_reported_with_both_ways_to_write_them() {
    assert_snapshot!(reported("version: 1\ntemplates:\n  t:\n    grants:\n      - group: HR, role: viewer\n"), @r#"
    5:24 syntax: the YAML cannot be parsed: mapping values are not allowed in this context
      give each key a line of its own, or write `{ group: HR, role: viewer }`
    "#);
}

#[test]
fn an_unclosed_quotation_mark_is_reported_as_such() {
    assert_snapshot!(reported(r#"version: 1
policies:
  - name: "p
    match: all
    template: t
"#), @r#"
    4:5 syntax: the YAML cannot be parsed: invalid indentation in multiline quoted scalar
      a quotation mark is not closed: look for it here and in the lines above
    "#);
}

#[test]
fn a_key_without_a_value_is_reported_at_the_key() {
    assert_snapshot!(reported("version: 1\npolicies:\n  - name: p\n    match:\n    template: t\n    mode:\n"), @r#"
    4:5 nothing: expected `all`, or a table with `title`, `type`, `creator` or `except`, found nothing
    6:5 wrong-value: `mode` is empty; remove the key, or write `enforce` or `observe`
    "#);
}

#[test]
fn numbers_in_quotes_and_numbers_that_are_too_large_are_distinguished() {
    assert_snapshot!(reported(r#"version: "1"
"#), @r#"1:10 wrong-type: `1` in quotes is a text; write it without quotes"#);
    assert_snapshot!(reported(r#"version: 1
policies:
  - { name: p, match: all, template: t, priority: "5" }
  - { name: q, match: all, template: t, priority: 99999999999 }
  - { name: r, match: all, template: t, priority: high }
"#), @r#"
    3:38 unknown-template: there is no template `t`
      define it under `templates`
    3:51 wrong-type: `5` in quotes is a text; write it without quotes
    4:38 unknown-template: there is no template `t`
      define it under `templates`
    4:51 wrong-type: the number `99999999999` is too large
    5:38 unknown-template: there is no template `t`
      define it under `templates`
    5:51 wrong-type: expected a whole number, found `high`
    "#);
}

#[test]
fn a_text_like_an_alias_is_reported_with_a_text_to_paste() {
    assert_snapshot!(with_match("{ creator: *@legal.example.org, type: custom }"), @r#"
    8:23 alias: `*@legal.example.org` is a YAML alias, which is not supported here
      quote the text: '*@legal.example.org'
    "#);
    assert_snapshot!(with_match("\n      creator: *x, of 'us' # all"), @r#"
    9:16 alias: `*x` is a YAML alias, which is not supported here
      quote the text: '*x, of ''us'''
    9:18 syntax: the YAML cannot be parsed: while parsing a block mapping, did not find expected key
      quote the text: '*x, of ''us'' # all'
    "#);
}

#[test]
fn anchors_and_tags_are_reported_at_their_place() {
    assert_snapshot!(reported("version: 1\ntemplates:\n  t: &shared\n    folders: [A]\n  u: !x\n    folders: [!y B]\n"), @r"
    3:6 anchor: `&` starts a YAML anchor, which is not supported here
      quote the text if the `&` belongs to it; to write something once and use it in several places, let templates extend one another, or use `vars`
    5:6 tag: `!` starts a YAML tag, which is not supported here
      quote the text if the `!` belongs to it
    6:15 tag: `!` starts a YAML tag, which is not supported here
      quote the text if the `!` belongs to it
    ");
}

#[test]
fn invalid_names_of_captures_and_variables_are_reported_with_the_allowed_letters() {
    assert_snapshot!(with_match(r#"{ title: "{größe} {1a}" }"#), @r#"8:21 bad-glob: a single word in braces is a capture, and its name starts with a letter, followed by letters, digits, `_` or `-`; write `{a,b}` for alternatives"#);
    assert_snapshot!(with_template(r#"settings: { tags: ["{1größe}"] }"#), @r"5:24 bad-text: `{1größe}` is not a variable: a name starts with a letter, followed by letters, digits, `_` or `-`; write `\{` in single quotes for the character itself");
    assert_snapshot!(with_template(r#"vars: { room.title: x, b c: y, "": z, fine: a }"#), @r#"
    5:13 variable-name: `room.title` is a built-in variable
      remove it: its value comes from the room
    5:28 variable-name: `b c` is not a valid variable name
      a name starts with a letter, followed by letters, digits, `_` or `-`
    5:36 variable-name: `` is not a valid variable name
      a name starts with a letter, followed by letters, digits, `_` or `-`
    "#);
}

#[test]
fn unmatched_braces_are_reported_with_the_way_to_write_them_literally() {
    assert_snapshot!(with_match(r#"{ title: "a\{b" }"#), @r#"
    8:21 syntax: the YAML cannot be parsed: while parsing a quoted scalar, found unknown escape character
      `\` is special in double quotes; put the text in single quotes instead
    "#);
    assert_snapshot!(with_match("{ title: '{' }"), @r#"8:21 bad-glob: `{` without `}`; write `\{` in single quotes for the character itself"#);
    assert_snapshot!(with_template(r#"settings: { tags: ["a}", "{b"] }"#), @r"
    5:24 bad-text: `}` without `{`; write `\}` in single quotes for the character itself
    5:30 bad-text: `{` without `}`; write `\{` in single quotes for the character itself
    ");
}

#[test]
fn no_quotes_are_suggested_if_a_line_has_several_texts() {
    assert_snapshot!(reported("version: 1\npolicies:\n  - { name: p, match: { title: [a }, template: t }\n"), @r#"
    3:32 syntax: the YAML cannot be parsed: mismatched bracket '[' closed by '}'
      quote texts with `*`, `&`, `!`, `[` or `{`
    "#);
}

#[test]
fn an_empty_condition_is_an_error_and_does_not_widen_the_policy() {
    assert_snapshot!(with_match("{ title: , type: null, creator: ~, except: }"), @r#"
    8:14 wrong-value: `title` is empty; remove the key, or write a glob
    8:29 wrong-value: `type` is empty; remove the key, or write a room type
    8:44 wrong-value: `creator` is empty; remove the key, or write a glob
    8:47 wrong-value: `except` is empty; remove the key, or write a matcher
    "#);
    assert_snapshot!(with_match("{ title: x, type: [] }"), @r#"
    8:30 empty-list: the list is empty and matches nothing
      remove the key, or write a glob
    "#);
    assert_snapshot!(with_match("{ type: custom, except: { type: vdr, except: { title: [] } } }"), @r#"
    8:66 empty-list: the list is empty and matches nothing
      remove the key, or write a glob
    "#);
    assert_snapshot!(with_match("{ type: custom, except: { type: c* } }"), @r#"6:11 never-matches: the policy `p` can never match: its `except` excludes every room type"#);
}

#[test]
fn a_missing_version_is_reported_with_other_problems() {
    assert_snapshot!(reported("templates: { t: { foldres: [A] } }\npolicy: []\n"), @r"
    1:1 no-version: the file does not state its version
      start it with `version: 1`
    1:19 unknown-key: unknown key `foldres`; did you mean `folders`? (known here: extends, roles, vars, folders, grants, membership, protect, owner, guests, settings)
    2:1 unknown-key: unknown key `policy`; did you mean `policies`? (known here: version, roles, tables, templates, policies, tests)
    ");
}

#[test]
fn a_third_key_of_the_same_name_refers_to_the_first() {
    assert_snapshot!(with_template("vars: { a: 1, a: 2, a: 3 }"), @r#"
    5:19 duplicate-key: the key `a` occurs twice (first here 5:13)
    5:25 duplicate-key: the key `a` occurs twice (first here 5:13)
    "#);
}

#[test]
fn brackets_that_close_too_early_and_tabs_are_explained() {
    let text = |lines: &str| reported(&format!("version: 1\ntemplates:\n  t:\n    {lines}\n"));
    assert_snapshot!(text("folders: [\n      A\n    ]"), @r"
    6:5 syntax: the YAML cannot be parsed: invalid indentation
      indent all lines inside brackets, and the closing bracket, further than the key before them
    ");
    assert_snapshot!(text("folders: [A]\npolicies: [\n{ name: p, match: all, template: t }\n]"), @r"
    6:1 syntax: the YAML cannot be parsed: invalid indentation
      indent all lines inside brackets, and the closing bracket, further than the key before them
    ");
    let top = reported("version: 1\n\n\tpolicies: []\n");
    assert!(
        top.starts_with("3:1 ") && top.ends_with("not with tabs"),
        "{top}"
    );
    assert_snapshot!(text("folders: [A]\n\tpolicies: []"), @r"
    5:2 syntax: the YAML cannot be parsed: tabs disallowed within this context (block indentation)
      indent with spaces, not with tabs
    ");
}

#[test]
fn a_key_in_the_wrong_place_says_where_it_belongs() {
    let text = "version: 1
vars: { a: b }
templates:
  t: { folders: [A], drift: repair, quota: 5 GB }
policies:
  - { name: p, match: { title: x, creator_email: a@example.org, tag: y }, template: t, membership: exact }
  - { name: q, match: { title: y }, template: t, final: 'true' }
";
    assert_snapshot!(reported(text), @r"
    2:1 unknown-key: unknown key `vars` (known here: version, roles, tables, templates, policies, tests)
      `vars` belongs in a policy or a template; values for all policies stand in roomwright.yaml
    4:22 unknown-key: unknown key `drift` (known here: extends, roles, vars, folders, grants, membership, protect, owner, guests, settings)
      `drift` belongs in a policy, next to `name`
    4:37 unknown-key: unknown key `quota` (known here: extends, roles, vars, folders, grants, membership, protect, owner, guests, settings)
      `quota` belongs under `settings`
    6:35 unknown-key: unknown key `creator_email`; did you mean `creator_name`? (known here: title, type, creator, creator_name, creator_group, tagged, except)
      `creator` takes the e-mail address or the id
    6:65 unknown-key: unknown key `tag` (known here: title, type, creator, creator_name, creator_group, tagged, except)
      `tagged` matches on the tags of the room
    6:88 unknown-key: unknown key `membership` (known here: name, description, match, template, priority, final, mode, drift, notify, vars)
      `membership` belongs in a template: under `templates`, or under `template` of a policy
    7:57 wrong-type: `true` in quotes is a text; write it without quotes
    ");
}

#[test]
fn what_a_name_in_braces_cannot_have_is_said() {
    assert_snapshot!(with_match(r#"{ title: "{name:upper}" }"#), @r"8:21 bad-glob: a capture has no modifier; write `{name}` here, and the modifier where the text is used");
    assert_snapshot!(with_match(r#"{ title: x, creator: "@a.example" }"#), @r#"
    8:33 no-address: `@a.example` matches no e-mail address and is not an id
      an address has a name before its `@` and a domain after it; write `creator: "*@example.org"`
    "#);
    assert_snapshot!(with_match("{ title: #urgent *\n      }"), @r"
    8:14 wrong-value: `title` is empty; remove the key, or write a glob
    8:19 cut-text: `#urgent *` is a comment, so there is no text
      quote the text: '#urgent *'; or write a space after `#` if it is a comment
    ");
    assert_snapshot!(reported("version: 1\nroles: { Boss: editor, BOSS: viewer }\n"), @r"2:24 duplicate-role: the role `BOSS` is defined twice (first here 2:10)");
}
