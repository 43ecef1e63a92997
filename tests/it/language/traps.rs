//! What YAML and DocSpace accept silently but people mean differently: each is reported with the form to write.

use insta::assert_snapshot;

use super::advice::reported;
use super::{HEAD, TAIL, problems};

fn folders(lines: &str) -> String {
    reported(&format!(
        "version: 1\ntemplates:\n  t:\n    folders:\n{lines}policies:\n  - {{ name: p, match: all, template: t }}\n"
    ))
}

#[test]
fn a_list_below_a_text_without_a_colon_is_reported() {
    assert_snapshot!(folders("      - Contracts\n        - Drafts\n        - Signed\n      - Tasks\n"), @r"
    5:9 missing-colon: the lines below `Contracts` become part of its text
      write `Contracts:` if they are its children
    ");
}

#[test]
fn a_comment_that_cuts_off_a_text_is_reported() {
    assert_snapshot!(folders("      - Lot #3\n      - Tasks # those of today\n      - 'Lot #4'\n"), @r"
    5:9 cut-text: the text ends with `Lot`: `#3` is a comment
      quote the text: 'Lot #3'; or write a space after `#` if it is a comment
    ");
}

#[test]
fn typographic_quotation_marks_are_reported() {
    assert_snapshot!(folders("      - “Client files”\n      - „Akten“\n      - '„Akten 2“'\n"), @r"
    5:9 typographic-quotes: the quotation marks of `“Client files”` are part of the text
      write 'Client files' without them, or '“Client files”' to keep them
    6:9 typographic-quotes: the quotation marks of `„Akten“` are part of the text
      write 'Akten' without them, or '„Akten“' to keep them
    ");
}

#[test]
fn blanks_that_are_not_spaces_for_yaml_are_reported() {
    assert_snapshot!(folders("\u{a0}     - A\n      -\u{a0}B\n      - C\u{a0}D\n"), @r"
    5:1 odd-blank: there is a no-break or wide space where YAML needs a plain one
      replace it with a plain space; copied text often contains such spaces
    6:8 odd-blank: there is a no-break or wide space where YAML needs a plain one
      replace it with a plain space; copied text often contains such spaces
    ");
    assert_snapshot!(reported("version:\u{a0}1\n\u{3000}templates: {}\n"), @r"
    1:9 odd-blank: there is a no-break or wide space where YAML needs a plain one
      replace it with a plain space; copied text often contains such spaces
    2:1 odd-blank: there is a no-break or wide space where YAML needs a plain one
      replace it with a plain space; copied text often contains such spaces
    ");
}

#[test]
fn braces_before_a_text_are_reported_with_the_quoted_text() {
    assert_snapshot!(folders("      - {client} letters\n"), @r"
    5:18 syntax: the YAML cannot be parsed: while parsing a block collection, did not find expected '-' indicator
      quote the text: '{client} letters'
    ");
    assert_snapshot!(reported("version: 1\ntemplates:\n  t:\n    vars:\n      name: {client} letters\n"), @r"
    5:22 syntax: the YAML cannot be parsed: while parsing a block mapping, did not find expected key
      quote the text: '{client} letters'
    ");
}

#[test]
fn anchors_aliases_and_merge_keys_are_reported_with_alternatives() {
    assert_snapshot!(reported("version: 1\ntemplates:\n  a: &base\n    folders: [A]\n  b:\n    <<: *base\n    folders: [B]\n"), @r"
    3:6 anchor: `&` starts a YAML anchor, which is not supported here
      quote the text if the `&` belongs to it; to write something once and use it in several places, let templates extend one another, or use `vars`
    6:5 merge-key: `<<` is not supported here
      let the template extend another one: `extends: name`
    6:9 alias: `*base` is a YAML alias, which is not supported here
      write out the value of `&base`
    ");
}

#[test]
fn a_number_that_starts_with_a_zero_is_reported() {
    assert_snapshot!(reported("version: 1\ntemplates:\n  t: { folders: [01] }\npolicies:\n  - { name: p, match: all, template: t, priority: 010 }\n  - { name: q, match: all, template: t, priority: -08 }\n"), @r"
    5:51 leading-zero: `010` starts with a zero, which some parsers read as an octal number; write `10`
    6:51 leading-zero: `-08` starts with a zero, which some parsers read as an octal number; write `-8`
    ");
}

#[test]
fn a_file_of_comments_is_a_warning_and_hides_no_other_problem() {
    assert_snapshot!(reported("# later\n\n# version: 1\n"), @r"
    1:1 comments-only: the file contains only comments
      start it with `version: 1`, or delete it
    ");
}

#[test]
fn all_is_a_word_and_not_a_key() {
    assert_snapshot!(reported("version: 1\ntemplates:\n  t: {}\npolicies:\n  - name: p\n    match:\n      all: true\n    template: t\n"), @r"
    7:7 unknown-key: unknown key `all` (known here: title, type, creator, creator_name, creator_group, tagged, except)
      write `match: all` to match every room
    ");
    assert_snapshot!(reported("version: 1\npolicies:\n  - name: p\n    match: all: true\n"), @r"
    4:15 syntax: the YAML cannot be parsed: mapping values are not allowed in this context
      write `match: all`
    ");
}

#[test]
fn altered_titles_and_folders_that_become_the_same_are_reported() {
    assert_snapshot!(folders("      - 'Q&A: open'\n      - A/B?\n      - A/b*\n      - A:\n          - C\n      - 🎉\n"), @r#"
    5:9 altered-title: DocSpace stores `Q&A: open` as `Q&A_ open`
      write it that way: no title can contain a tab, an emoji or one of `* + : " < > ? | \ /`
    6:9 altered-title: DocSpace stores `B?` as `B_`
      write it that way: no title can contain a tab, an emoji or one of `* + : " < > ? | \ /`
    7:9 altered-title: DocSpace stores `b*` as `b_`
      write it that way: no title can contain a tab, an emoji or one of `* + : " < > ? | \ /`
    7:9 same-folder: `A/b*` is the same folder as an entry above (the first entry 6:9)
      case, the kind of dashes, quotes and blanks, and characters that DocSpace stores as `_` make no difference; keep one of them
    10:9 altered-title: DocSpace stores `🎉` as `__`
      write it that way: no title can contain a tab, an emoji or one of `* + : " < > ? | \ /`
    "#);
}

#[test]
fn an_id_in_a_variable_is_reported_if_it_names_a_group() {
    let with = |vars: &str| {
        reported(&format!(
            "version: 1\npolicies:\n  - {{ name: p, match: {{ type: custom }}, vars: {{ who: {vars} }}, template: {{ grants: [{{ group: '{{who}}', role: viewer }}] }} }}\n"
        ))
    };
    assert_eq!(with("Legal"), "");
    assert_snapshot!(with("[Legal, Everyone]"), @r"
    3:13 id-from-variable: `{who}` is `Everyone` in the policy `p`; a variable stands for a name only, and never for an id or a system group: see a.yaml:3:96
      write it in the grant itself
    ");
    assert!(with("c5cc67d1-c3e8-43c0-a3ad-3928ae3e5b5e").contains("id-from-variable"));
}

#[test]
fn an_id_in_a_table_or_in_the_glob_of_a_capture_is_reported_if_it_names_a_group() {
    let with = |client: &str, group: &str| {
        reported(&format!(
            "version: 1\ntables:\n  t: {{ ACME: Everyone, default: HR }}\n  u: {{ ACME: Legal }}\npolicies:\n  - {{ name: p, match: {{ title: 'T {client}', type: custom }}, template: {{ folders: ['{{t[client]}}{{u[client]}}'], grants: [{{ group: '{group}', role: viewer }}] }} }}\n"
        ))
    };
    assert_snapshot!(with("{client}", "{t[client]}"), @r"
    6:13 id-from-variable: `{t[client]}` is `Everyone` in the policy `p`; a variable stands for a name only, and never for an id or a system group: see a.yaml:6:120
      write it in the grant itself
    ");
    for client in ["{client=Everyone}", "{client={HR,docspace admins}}"] {
        let reported = with(client, "{client}");
        assert!(
            reported.contains("id-from-variable"),
            "{client}: {reported}"
        );
    }
    assert_eq!(with("{client=*}", "{client}"), "");
    assert_eq!(with("{client}", "{u[client]}"), "");
    assert_eq!(with("{client}", "Everyone"), "");
}

#[test]
fn folders_that_values_alter_lengthen_or_make_the_same_are_reported() {
    let with = |vars: &str, folders: &str| {
        reported(&format!(
            "version: 1\npolicies:\n  - {{ name: p, match: {{ title: 'T {{client}}', type: custom }}, vars: {{ {vars} }}, template: {{ folders: [{folders}, '{{client}}'] }} }}\n"
        ))
    };
    assert_snapshot!(with("l: ['a:b', a_b]", "'{l} {client}'"), @r#"
    3:13 altered-title: in the policy `p`, the folder `{l} {client}` at a.yaml:3:111 gets the value `a:b`, which DocSpace stores as `a_b`
      write the value that way: no title can contain a tab, an emoji or one of `* + : " < > ? | \ /`
    3:13 same-folder: in the policy `p`, `a:b {client}` at a.yaml:3:111 and `a_b {client}` at a.yaml:3:111 are the same folder
      case, the kind of dashes, quotes and blanks, and characters that DocSpace stores as `_` make no difference; keep one of them
    "#);
    assert!(with("l: [A/B]", "'{l}'").contains("a `/` in a value makes no level"));
    assert!(with("l: [a, b]", "'{l}', B").contains("same-folder"));
    let long = "x".repeat(160);
    let reported = with(&format!("l: [a, {long}]"), "'{l} plans'");
    assert!(
        reported.contains("long-title") && reported.contains("becomes 166 characters long"),
        "{reported}"
    );
    for (vars, folders) in [
        ("l: [a, b]", "'{l}', c"),
        ("l: [a, b], m: [c]", "'{l}/{m}', '{m}'"),
    ] {
        assert_eq!(with(vars, folders), "", "{vars} {folders}");
    }
    let of_table = super::advice::reported(
        "version: 1\ntables:\n  t: { default: 'a:b' }\npolicies:\n  - { name: p, match: { title: 'T {c}', type: custom }, template: { folders: ['{t[c]}'] } }\n",
    );
    assert!(of_table.contains("altered-title"), "{of_table}");
}

#[test]
fn folders_that_are_alike_in_every_way_of_typing_are_the_same_folder() {
    for (one, other) in [
        ("A B", "'A  B'"),
        ("A–C", "A-C"),
        ("Children's", "Children’s"),
        ("案件-1", "案件－１"),
    ] {
        let reported = folders(&format!("      - {one}\n      - {other}\n"));
        assert!(
            reported.contains("same-folder"),
            "{one} {other}: {reported}"
        );
    }
}

#[test]
fn a_variable_in_a_table_value_is_reported() {
    let text = "version: 1\ntables:\n  desk: { default: 'desk-{client}' }\npolicies:\n  - { name: p, match: { title: 'T {client}', type: custom }, template: { folders: ['{desk[client]}'] } }\n";
    assert_snapshot!(reported(text), @r"
    3:20 unexpanded-variable: `{client}` stays as it is: a value is inserted, and not expanded again
      write the variable where the text is used
    ");
}

#[test]
fn a_title_that_is_too_long_even_without_its_variables_is_reported() {
    let long = "x".repeat(100);
    let reported = folders(&format!(
        "      - '{long}{{date.year}}{long}'\n      - '{long}{{date.year}}'\n"
    ));
    assert_snapshot!(reported, @"5:9 long-title: the title is longer than 165 characters");
}

#[test]
fn the_words_of_the_interface_are_keys_of_a_role_table() {
    let with = |keys: &str| {
        reported(&format!(
            "version: 1\nroles:\n  Reader: {{ default: viewer, {keys} }}\npolicies:\n  - {{ name: p, match: {{ type: Virtual Data Room }}, template: {{ grants: [{{ group: HR, role: Reader }}] }} }}\n"
        ))
    };
    assert_eq!(with("Virtual Data Room: Editor, Public room: none"), "");
    assert_eq!(with("VDR: Editor, Form filling room: none"), "");
    assert!(with("Data Room: Editor").contains("unknown-key"));
}

#[test]
fn yaml_traps_are_reported_with_a_fix() {
    assert_snapshot!(problems(&format!("{HEAD}    settings: {{ tags: [*client] }}\n{TAIL}")), @r#"
    error[alias]: `*client` is a YAML alias, which is not supported here
     --> a.yaml:5:24
      |
    5 |     settings: { tags: [*client] }
      |                        ^^^^^^^
      |
      = help: quote the text: '*client'
    "#);
    assert_snapshot!(problems("version: 1\ntemplates:\n  t:\n    folders:\n      - {client}\n      - Contracts:\n"), @r#"
    error[wrong-value]: the folder `client` has no children: write `- client`, or, if you mean a variable, `- "{client}"` in quotes
     --> a.yaml:5:9
      |
    5 |       - {client}
      |         ^^^^^^^^

    error[wrong-value]: the folder `Contracts` has no children: write `- Contracts`, or, if you mean a variable, `- "{Contracts}"` in quotes
     --> a.yaml:6:9
      |
    6 |       - Contracts:
      |         ^^^^^^^^^
    "#);
    assert_snapshot!(problems(&format!("{HEAD}  t:\n    folders: [B]\n{TAIL}")), @"
    error[duplicate-key]: the key `t` occurs twice
     --> a.yaml:5:3
      |
    3 |   t:
      |   - first here
    4 |     folders: [A]
    5 |   t:
      |   ^
    ");
    assert_snapshot!(problems("version: 1\npolicies:\n  - name: p\n    match: { title: [a-z]* }\n"), @"
    error[syntax]: the YAML cannot be parsed: while scanning an anchor or alias, did not find expected alphabetic or numeric character
     --> a.yaml:4:26
      |
    4 |     match: { title: [a-z]* }
      |                          ^
      |
      = help: quote the text: '[a-z]*'
    ");
    assert_snapshot!(problems(""), @"
    error[empty-file]: the file is empty
     --> a.yaml:1:1
      |
    1 |
      | ^
      |
      = help: start it with `version: 1`, or delete it
    ");
    assert_snapshot!(problems("templates: {}\n"), @"
    error[no-version]: the file does not state its version
     --> a.yaml:1:1
      |
    1 | templates: {}
      | ^
      |
      = help: start it with `version: 1`
    ");
    assert_snapshot!(problems("version: 2\n"), @"
    error[unknown-version]: version 2 of the policy language is not supported
     --> a.yaml:1:10
      |
    1 | version: 2
      |          ^
      |
      = help: write `version: 1`, or update roomwright
    ");
}
