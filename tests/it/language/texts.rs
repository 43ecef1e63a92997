//! Texts without quotes that YAML reads differently from what they look like: each is reported with the form to write.

use insta::assert_snapshot;

use super::advice::reported;

const POLICY: &str = "policies:\n  - { name: p, match: { type: custom }, template: t }\n";

fn folders(lines: &str) -> String {
    reported(&format!(
        "version: 1\ntemplates:\n  t:\n    folders:\n{lines}{POLICY}"
    ))
}

fn with_template(lines: &str) -> String {
    reported(&format!("version: 1\ntemplates:\n  t:\n{lines}{POLICY}"))
}

#[test]
fn whatever_follows_the_number_sign_a_cut_text_is_reported() {
    for cut in [
        "#{no}", "#*", "#-1", "#(b)", "#‹b›", "#'b'", "#№1", "##", "#",
    ] {
        let reported = folders(&format!("      - Lot {cut}\n"));
        assert!(
            reported.contains("cut-text")
                && reported.contains(&format!("Lot {}", cut.replace('\'', "''"))),
            "{cut}: {reported}"
        );
    }
    for fine in ["# a comment", " # a comment", "  #  *"] {
        assert_eq!(folders(&format!("      - Lot {fine}\n")), "", "{fine}");
    }
    assert_snapshot!(folders("      - #3\n"), @r"
    5:11 nothing: expected a title, a path, or one title with its children, found nothing
    5:11 cut-text: `#3` is a comment, so there is no text
      quote the text: '#3'; or write a space after `#` if it is a comment
    ");
}

#[test]
fn a_comment_inside_brackets_is_named_as_the_cause() {
    for (line, meant) in [
        ("settings: { tags: [Lot #3, b] }", "'Lot #3'"),
        ("settings: { tags: [a, #3, b] }", "'#3'"),
        ("settings: { tags: [a, b # 3] }", "'b # 3'"),
        ("settings: { color: #4781D1 }", "'#4781D1'"),
        ("folders: ['it''s', Lot #{date.year}]", "'Lot #{date.year}'"),
    ] {
        let reported = with_template(&format!("    {line}\n"));
        let help = format!("here inside brackets; quote the text: {meant}");
        assert!(reported.contains(&help), "{line}: {reported}");
    }
    let matched = reported(
        "version: 1\npolicies:\n  - name: p\n    match: { title: Lot #3 }\n    template: { folders: [A] }\n",
    );
    assert_snapshot!(matched, @r"
    4:21 cut-text: the text ends with `Lot`: `#3 }` is a comment
      quote the text: 'Lot #3'; or write a space after `#` if it is a comment
    5:5 syntax: the YAML cannot be parsed: invalid indentation (a comment up to the end of the line 4:25)
      a `#` after a space starts a comment, here inside brackets; quote the text: 'Lot #3'
    ");
}

#[test]
fn a_line_without_a_dash_that_continues_an_entry_is_reported() {
    assert_snapshot!(folders("      - Contracts\n        Drafts\n"), @r"
    5:9 continued-text: the line below `Contracts` becomes part of its text
      write `Contracts:` and `- Drafts` below it for a child, `- Drafts` for another entry, or 'Contracts Drafts' for a single text
    ");
    assert_snapshot!(with_template("    settings:\n      tags:\n        - a\n          b\n        - c\n          - d\n"), @r"
    6:11 continued-text: the line below `a` becomes part of its text
      write `- b` for another entry, or 'a b' for a single text
    8:11 missing-colon: the lines below `c` become part of its text
      start every entry at the same indentation: this list has no children
    ");
    assert_snapshot!(with_template("    folders: [A\n      B]\n    grants:\n      - group: HR\n          - Legal\n        role: viewer\n"), @r"
    4:15 continued-text: the line below `A` becomes part of its text
      write a comma between two texts, or 'A B' for a single one
    7:16 missing-colon: the lines below `HR` become part of its text
      start the list on a line of its own: `- HR`
    ");
    assert_eq!(
        reported("# x\nversion: 1\ntables:\n  t: { default: x }\n")
            .matches("continued")
            .count(),
        0
    );
}

#[test]
fn a_wide_colon_is_reported_with_the_plain_one() {
    for lines in [
        "    folders： [A]\n    settings: {}\n",
        "    folders：\n      - A\n",
    ] {
        let reported = with_template(lines);
        assert!(reported.contains("write a plain colon"), "{reported}");
        assert!(!reported.contains("：:"), "{reported}");
    }
    let in_brackets = reported("version: 1\ntemplates:\n  t: { membership：exact }\n");
    assert_snapshot!(in_brackets, @"3:8 unknown-key: unknown key `membership：exact`; write a plain colon and a space: `membership: exact` (known here: extends, roles, vars, folders, grants, membership, protect, owner, guests, settings)");
}

#[test]
fn quotation_marks_of_every_kind_are_reported() {
    assert_snapshot!(folders("      - “Lot\n      - ‹Lot 2›\n      - ＂Lot 3＂\n      - ´Lot 4´\n      - Lot E«\n"), @r"
    5:9 typographic-quotes: the quotation mark of `“Lot` is part of the text
      write 'Lot' without them, or '“Lot' to keep them
    6:9 typographic-quotes: the quotation marks of `‹Lot 2›` are part of the text
      write 'Lot 2' without them, or '‹Lot 2›' to keep them
    7:9 typographic-quotes: the quotation marks of `＂Lot 3＂` are part of the text
      write 'Lot 3' without them, or '＂Lot 3＂' to keep them
    8:9 typographic-quotes: the quotation marks of `´Lot 4´` are part of the text
      write 'Lot 4' without them, or '´Lot 4´' to keep them
    9:9 typographic-quotes: the quotation mark of `Lot E«` is part of the text
      write 'Lot E' without them, or 'Lot E«' to keep them
    ");
    assert_snapshot!(with_template("    folders: [“A, B”, ‘E, F’]\n"), @r"
    4:15 typographic-quotes: the quotation mark of `“A` does not keep the text together
      write 'A, B' without them, or '“A' to keep them
    4:23 typographic-quotes: the quotation mark of `‘E` does not keep the text together
      write 'E, F' without them, or '‘E' to keep them
    ");
    for fine in [
        "’t Hof",
        "Boys’",
        "Screens 24”",
        "The “A” files",
        "Files “A”",
        "“A” und „B“",
    ] {
        assert_eq!(folders(&format!("      - {fine}\n")), "", "{fine}");
        assert_eq!(
            with_template(&format!("    folders: [{fine}, C]\n")),
            "",
            "{fine}"
        );
    }
}

#[test]
fn a_class_without_quotes_is_reported() {
    let with = |title: &str| {
        reported(&format!(
            "version: 1\npolicies:\n  - name: p\n    template: {{ folders: [A] }}\n    match: {{ title: {title} }}\n"
        ))
    };
    assert_snapshot!(with("[A-Za-z]"), @r"
    5:21 unquoted-class: `[A-Za-z]` without quotes is a list, not a class of characters
      write '[A-Za-z]' in quotes for the class, or quote the entries of the list
    ");
    assert!(with("[a-z, 0-9]").contains("'[a-z0-9]'"));
    for fine in ["'[A-Z]'", "['A-Z']", "[A-Z, Archive]", "[Team A]", "A-Z"] {
        assert_eq!(with(fine), "", "{fine}");
    }
}

#[test]
fn globs_and_variables_where_only_names_are_read_are_reported() {
    let reported = reported(
        "version: 1\npolicies:\n  - name: p\n    match: { type: custom, title: 'T {x}', creator_group: ['{x}', 'Leg*'], tagged: 'conf*' }\n    template: { folders: ['{x}'], grants: [{ user: '*@x.org', role: viewer }, { group: 'Leg*', role: viewer }] }\n",
    );
    assert_snapshot!(reported, @r"
    4:60 not-a-glob: `{x}` in `{x}` is literal: neither captures nor variables have a value here
      write each name in full, as a list
    4:67 not-a-glob: `*` in `Leg*` is literal: this is a name, not a glob
      write each name in full, as a list
    4:84 not-a-glob: `*` in `conf*` is literal: this is a name, not a glob
      write each name in full, as a list
    5:52 not-a-glob: `*` in `*@x.org` is literal: this is a name, not a glob
      write each name in full, as a list
    5:88 not-a-glob: `*` in `Leg*` is literal: this is a name, not a glob
      write each name in full, as a list
    ");
}

#[test]
fn a_name_where_an_address_is_read_is_reported() {
    let with = |creator: &str| {
        reported(&format!(
            "version: 1\npolicies:\n  - name: p\n    template: {{ folders: [A] }}\n    match: {{ creator: '{creator}' }}\n"
        ))
    };
    assert!(with("Anna *").contains("`Anna *` matches no e-mail address"));
    assert!(with("a b@x.org").contains("an address has no blanks"));
    assert_eq!(with("*@x.org"), "");
    let of_test = reported(
        "version: 1\npolicies:\n  - { name: p, match: { type: custom }, template: { folders: [A] } }\ntests:\n  - name: t\n    room: { title: A, type: custom, creator: Anna Berg }\n    expect: { policies: p }\n",
    );
    assert_snapshot!(of_test, @r"
    6:46 no-address: `Anna Berg` is neither an e-mail address nor an id
      write the display name as `creator_name: Anna Berg`, and add the address as `creator`
    ");
}

#[test]
fn a_part_that_expects_nothing_at_least_is_an_error() {
    let with = |expected: &str| {
        reported(&format!(
            "version: 1\npolicies:\n  - {{ name: p, match: {{ type: custom }}, template: {{ folders: [A] }} }}\ntests:\n  - name: t\n    room: {{ title: A, type: custom }}\n    {expected}\n"
        ))
    };
    for part in [
        "folders: []",
        "grants: {}",
        "settings: {}",
        "tags: []",
        "policies: []",
    ] {
        let key = part.split(':').next().unwrap();
        let reported = with(&format!("at_least: {{ {part} }}"));
        assert!(
            reported.contains(&format!(
                "no-expectation: `{key}` under `at_least` expects nothing"
            )),
            "{part}: {reported}"
        );
        assert_eq!(with(&format!("expect: {{ {part} }}")), "", "{part}");
    }
    assert!(with("expect: { policies: p }\n    at_least: {}").contains("no-expectation"));
}

#[test]
fn numbers_periods_and_braces_are_reported_with_the_form_to_write() {
    let number = reported(
        "version: 1\npolicies:\n  - { name: p, match: { type: custom }, template: { folders: [A] }, priority: +5 }\n",
    );
    assert_snapshot!(number, @"3:79 wrong-type: `+5` has a sign that is not needed; write `5`");
    let period = with_template("    settings: { lifetime: { keep: 143 weeks, then: trash } }\n");
    assert_snapshot!(period, @"4:35 bad-lifetime: `143 weeks` are 1001 days, but DocSpace counts at most 999; write months or years");
    let braces = reported(
        "version: 1\npolicies:\n  - { name: p, match: { title: '{{ client }}' }, template: { folders: ['{{ client }}', '{ x }'] } }\n  - { name: q, match: { title: '{ client }' }, template: { folders: [A] } }\n",
    );
    assert_eq!(braces.matches("write `{client}`").count(), 3, "{braces}");
    assert!(
        braces.contains("write `{x}`") && !braces.contains("`{ client }`"),
        "{braces}"
    );
}
