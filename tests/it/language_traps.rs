//! What YAML and DocSpace take without a word and people mean otherwise: each is told with the form to write.

use insta::assert_snapshot;

use super::advice::told;

fn folders(lines: &str) -> String {
    told(&format!(
        "version: 1\ntemplates:\n  t:\n    folders:\n{lines}policies:\n  - {{ name: p, match: all, template: t }}\n"
    ))
}

#[test]
fn a_list_below_a_text_without_its_colon_is_told() {
    assert_snapshot!(folders("      - Contracts\n        - Drafts\n        - Signed\n      - Tasks\n"), @r"
    5:9 missing-colon: the lines below `Contracts` become a part of its text
      write `Contracts:` if they are its children
    ");
}

#[test]
fn a_comment_that_cuts_a_text_is_told() {
    assert_snapshot!(folders("      - Lot #3\n      - Tasks # those of today\n      - 'Lot #4'\n"), @r"
    5:9 cut-text: the text ends with `Lot`: `#3` is a comment
      put the text in quotes: 'Lot #3'; or write a blank behind `#` if it is a comment
    ");
}

#[test]
fn typographic_quotation_marks_are_told() {
    assert_snapshot!(folders("      - “Client files”\n      - „Akten“\n      - '„Akten 2“'\n"), @r"
    5:9 typographic-quotes: the quotation marks of `“Client files”` are part of the text
      write 'Client files' without them, or '“Client files”' if they are meant
    6:9 typographic-quotes: the quotation marks of `„Akten“` are part of the text
      write 'Akten' without them, or '„Akten“' if they are meant
    ");
}

#[test]
fn blanks_that_are_none_for_yaml_are_told() {
    assert_snapshot!(folders("\u{a0}     - A\n      -\u{a0}B\n      - C\u{a0}D\n"), @r"
    5:1 odd-blank: a no-break or wide space stands where YAML needs a plain one
      replace it by a plain space; texts that were copied from a page often have such
    6:8 odd-blank: a no-break or wide space stands where YAML needs a plain one
      replace it by a plain space; texts that were copied from a page often have such
    ");
    assert_snapshot!(told("version:\u{a0}1\n\u{3000}templates: {}\n"), @r"
    1:9 odd-blank: a no-break or wide space stands where YAML needs a plain one
      replace it by a plain space; texts that were copied from a page often have such
    2:1 odd-blank: a no-break or wide space stands where YAML needs a plain one
      replace it by a plain space; texts that were copied from a page often have such
    ");
}

#[test]
fn braces_before_a_text_are_told_with_the_quotes_that_they_need() {
    assert_snapshot!(folders("      - {client} letters\n"), @r"
    5:18 syntax: the YAML cannot be read: while parsing a block collection, did not find expected '-' indicator
      put the text in quotes: '{client} letters'
    ");
    assert_snapshot!(told("version: 1\ntemplates:\n  t:\n    vars:\n      name: {client} letters\n"), @r"
    5:22 syntax: the YAML cannot be read: while parsing a block mapping, did not find expected key
      put the text in quotes: '{client} letters'
    ");
}

#[test]
fn anchors_aliases_and_merge_keys_are_told_with_what_to_use_instead() {
    assert_snapshot!(told("version: 1\ntemplates:\n  a: &base\n    folders: [A]\n  b:\n    <<: *base\n    folders: [B]\n"), @r"
    3:6 anchor: `&` begins a YAML anchor, which is not used here
      put the text in quotes if the `&` belongs to it; to say something once for several places write a template that others extend, or a variable under `vars`
    6:5 merge-key: `<<` merges nothing here
      let the template extend another one: `extends: name`
    6:9 alias: `*base` is a YAML alias, which is not used here
      write out what `&base` stands before
    ");
}

#[test]
fn a_number_that_begins_with_a_zero_is_told() {
    assert_snapshot!(told("version: 1\ntemplates:\n  t: { folders: [01] }\npolicies:\n  - { name: p, match: all, template: t, priority: 010 }\n  - { name: q, match: all, template: t, priority: -08 }\n"), @r"
    5:51 leading-zero: `010` begins with a zero, which some take for an octal number; write `10`
    6:51 leading-zero: `-08` begins with a zero, which some take for an octal number; write `-8`
    ");
}

#[test]
fn a_file_of_comments_is_a_warning_and_hides_nothing() {
    assert_snapshot!(told("# later\n\n# version: 1\n"), @r"
    1:1 comments-only: the file says nothing
      begin it with `version: 1`, or take it away
    ");
}

#[test]
fn all_is_a_word_and_no_key() {
    assert_snapshot!(told("version: 1\ntemplates:\n  t: {}\npolicies:\n  - name: p\n    match:\n      all: true\n    template: t\n"), @r"
    7:7 unknown-key: unknown key `all` (known here: title, type, creator, creator_name, creator_group, tagged, except)
      write `match: all` if every room is meant
    ");
    assert_snapshot!(told("version: 1\npolicies:\n  - name: p\n    match: all: true\n"), @r"
    4:15 syntax: the YAML cannot be read: mapping values are not allowed in this context
      write `match: all`
    ");
}

#[test]
fn titles_that_docspace_alters_and_folders_that_become_one_are_told() {
    assert_snapshot!(folders("      - 'Q&A: open'\n      - A/B?\n      - A/b*\n      - A:\n          - C\n      - 🎉\n"), @r#"
    5:9 altered-title: DocSpace stores `Q&A: open` as `Q&A_ open`
      write it so: no title has a tab, an emoji or one of `* + : " < > ? | \ /`
    6:9 altered-title: DocSpace stores `B?` as `B_`
      write it so: no title has a tab, an emoji or one of `* + : " < > ? | \ /`
    7:9 altered-title: DocSpace stores `b*` as `b_`
      write it so: no title has a tab, an emoji or one of `* + : " < > ? | \ /`
    7:9 same-folder: `A/b*` is the same folder as an entry above (the first of them 6:9)
      case and what DocSpace stores as `_` make no other folder; leave one of them
    10:9 altered-title: DocSpace stores `🎉` as `__`
      write it so: no title has a tab, an emoji or one of `* + : " < > ? | \ /`
    "#);
}

#[test]
fn an_id_in_a_variable_is_told_where_it_would_name_a_group() {
    let with = |vars: &str| {
        told(&format!(
            "version: 1\npolicies:\n  - {{ name: p, match: {{ type: custom }}, vars: {{ who: {vars} }}, template: {{ grants: [{{ group: '{{who}}', role: viewer }}] }} }}\n"
        ))
    };
    assert_eq!(with("Legal"), "");
    assert_snapshot!(with("[Legal, Everyone]"), @r"
    3:13 id-from-variable: `{who}` is `Everyone` in the policy `p`; a variable takes part in names only, and never means an id or a system group: see a.yaml:3:96
      write it in the grant itself
    ");
    assert!(with("c5cc67d1-c3e8-43c0-a3ad-3928ae3e5b5e").contains("id-from-variable"));
}

#[test]
fn a_variable_in_a_value_of_a_table_is_told() {
    let text = "version: 1\ntables:\n  desk: { default: 'desk-{client}' }\npolicies:\n  - { name: p, match: { title: 'T {client}', type: custom }, template: { folders: ['{desk[client]}'] } }\n";
    assert_snapshot!(told(text), @r"
    3:20 unexpanded-variable: `{client}` stays as it is: a value is put in, and not expanded again
      write the variable where the text is used
    ");
}

#[test]
fn a_title_that_is_too_long_whatever_its_variables_are_is_told() {
    let long = "x".repeat(100);
    let told = folders(&format!(
        "      - '{long}{{date.year}}{long}'\n      - '{long}{{date.year}}'\n"
    ));
    assert_snapshot!(told, @"5:9 long-title: the title is longer than 165 characters");
}

#[test]
fn the_words_of_the_interface_are_keys_of_a_role_table() {
    let with = |keys: &str| {
        told(&format!(
            "version: 1\nroles:\n  Reader: {{ default: viewer, {keys} }}\npolicies:\n  - {{ name: p, match: {{ type: Virtual Data Room }}, template: {{ grants: [{{ group: HR, role: Reader }}] }} }}\n"
        ))
    };
    assert_eq!(with("Virtual Data Room: Editor, Public room: none"), "");
    assert_eq!(with("VDR: Editor, Form filling room: none"), "");
    assert!(with("Data Room: Editor").contains("unknown-key"));
}
