//! Valid files that mean something else than their author thinks: each is reported with the form to write.

use insta::assert_snapshot;

use super::advice::reported;

fn with_match(matches: &str) -> String {
    reported(&format!(
        "version: 1\npolicies:\n  - name: p\n    template: {{ folders: [A] }}\n    match: {matches}\n"
    ))
}

fn with_template(body: &str) -> String {
    reported(&format!(
        "version: 1\npolicies:\n  - name: p\n    match: {{ title: 'T {{client}}', type: custom }}\n    vars: {{ no: x }}\n    template: {{ grants: [{{ group: '{{client}} {{no}}', role: viewer }}], {body} }}\n"
    ))
}

#[test]
fn a_text_that_goes_on_in_the_next_line_is_reported_under_every_key_but_those_for_prose() {
    assert_snapshot!(with_match("\n      title:\n        Client *\n        Kunde *\n      creator_group: HR\n        Finance"), @"
    7:9 continued-text: the line below `Client *` becomes part of its text
      write the list ['Client *', 'Kunde *'] for several texts, or 'Client * Kunde *' for a single one
    9:22 continued-text: the line below `HR` becomes part of its text
      write the list [HR, Finance] for several texts, or 'HR Finance' for a single one
    ");
    assert_snapshot!(reported("version: 1\npolicies:\n  - name: the rooms\n      of clients\n    description: Rooms\n      of clients\n    match: { type: custom }\n    template: { settings: { quota: 5\n      GB } }\n"), @"
    8:36 continued-text: the line below `5` becomes part of its text
      write a comma between two texts, or '5 GB' for a single one
    ");
    assert_snapshot!(reported("version: 1\npolicies:\n  - name: p\n    match: { type: custom }\n    vars:\n      lang: de\n        en\n    template:\n      owner: anna@example.org\n        berta@example.org\n      folders: ['{lang}']\n"), @"
    6:13 continued-text: the line below `de` becomes part of its text
      write the list [de, en] for several texts, or 'de en' for a single one
    9:14 no-address: `anna@example.org berta@example.org` is neither an e-mail address nor an id
      write the person's e-mail address or id: anyone can choose any display name
    9:14 continued-text: the line below `anna@example.org` becomes part of its text
      write 'anna@example.org berta@example.org' on one line if it is a single text
    ");
}

#[test]
fn brackets_before_a_text_are_quoted_up_to_the_end_of_the_entry() {
    for (line, quoted) in [
        (
            "grants: [{ group: {client} team, role: viewer }]",
            "'{client} team'",
        ),
        ("settings: { tags: [{client}, {client} x] }", "'{client} x'"),
        (
            "folders: [{client} a {date.year}, B]",
            "'{client} a {date.year}'",
        ),
        ("folders: [Client {client} - x, B]", "'Client {client} - x'"),
        ("folders:\n      - {client} x: [a]", "'{client} x'"),
        ("folders:\n      - {client} letters", "'{client} letters'"),
    ] {
        let reported = reported(&format!("version: 1\ntemplates:\n  t:\n    {line}\n"));
        assert!(
            reported.ends_with(&format!("quote the text: {quoted}")),
            "{line}: {reported}"
        );
    }
    for (title, quoted) in [
        ("[A-Z]*", "'[A-Z]*'"),
        ("[HR] *", "'[HR] *'"),
        ("[A-Z]{4} x # y", "'[A-Z]{4} x'"),
        ("{client} - *", "'{client} - *'"),
    ] {
        for reported in [
            with_match(&format!("{{ title: {title} }}")),
            with_match(&format!("\n      title: {title}\n      type: custom")),
        ] {
            assert!(
                title.contains('#') || reported.ends_with(&format!("quote the text: {quoted}")),
                "{title}: {reported}"
            );
        }
    }
}

#[test]
fn a_title_with_variables_whose_other_characters_docspace_alters_is_reported() {
    assert_snapshot!(with_template("folders: ['Minutes: {client}', 'Q&A? {client}', '{no}|x', '😀 {no}', 'Lot: {date.year}', '{Yes?,No!}/x', 'a {no} - b', '{client}/{no}']"), @r#"
    6:79 altered-title: DocSpace stores `Minutes: {client}` as `Minutes_ {client}`
      write it that way: no title can contain a tab, an emoji or one of `* + : " < > ? | \ /`
    6:100 altered-title: DocSpace stores `Q&A? {client}` as `Q&A_ {client}`
      write it that way: no title can contain a tab, an emoji or one of `* + : " < > ? | \ /`
    6:117 altered-title: DocSpace stores `{no}|x` as `{no}_x`
      write it that way: no title can contain a tab, an emoji or one of `* + : " < > ? | \ /`
    6:127 altered-title: DocSpace stores `😀 {no}` as `__ {no}`
      write it that way: no title can contain a tab, an emoji or one of `* + : " < > ? | \ /`
    6:137 altered-title: DocSpace stores `Lot: {date.year}` as `Lot_ {date.year}`
      write it that way: no title can contain a tab, an emoji or one of `* + : " < > ? | \ /`
    6:157 altered-title: DocSpace stores `Yes?` as `Yes_`
      write it that way: no title can contain a tab, an emoji or one of `* + : " < > ? | \ /`
    "#);
}

#[test]
fn tags_that_the_portal_takes_for_one_are_reported() {
    assert_snapshot!(with_template("settings: { tags: [A, a, Résumé, resume, '{no} x', '{no} X', b] }"), @"
    6:91 same-tag: `a` is the same tag as an entry above (the first entry 6:88)
      case and accents make no difference; keep one of them
    6:102 same-tag: `resume` is the same tag as an entry above (the first entry 6:94)
      case and accents make no difference; keep one of them
    6:120 same-tag: `{no} X` is the same tag as an entry above (the first entry 6:110)
      case and accents make no difference; keep one of them
    ");
}

#[test]
fn tags_that_values_make_one_for_the_portal_are_reported() {
    let with = |vars: &str, tags: &str| {
        reported(&format!(
            "version: 1\npolicies:\n  - {{ name: p, match: {{ type: custom }}, vars: {{ {vars} }}, template: {{ settings: {{ tags: [{tags}] }} }} }}\n"
        ))
    };
    assert_snapshot!(with("l: [Résumé, resume, cv], m: CV", "'{l}', '{m}'"), @"
    3:13 same-tag: in the policy `p`, `Résumé` at a.yaml:3:114 and `resume` at a.yaml:3:114 are the same tag
      case and accents make no difference; keep one of them
    3:13 same-tag: in the policy `p`, `cv` at a.yaml:3:114 and `CV` at a.yaml:3:121 are the same tag
      case and accents make no difference; keep one of them
    ");
    for (vars, tags) in [
        ("l: a, L: b", "'x {l}', 'x {L}'"),
        ("l: [a, b]", "a, '{l}', '{l} 2'"),
    ] {
        assert_eq!(with(vars, tags), "", "{vars} {tags}");
    }
}

#[test]
fn a_domain_after_a_star_is_reported_because_longer_names_end_like_it() {
    assert_snapshot!(with_match("{ creator: ['*example.org', 'anna*legal.example.org'] }"), @r#"
    5:24 part-of-domain: `*example.org` also matches `eve@evil-example.org`
      write `*@example.org`; for the domains below it too, the list `["*@example.org", "*.example.org"]`
    5:40 part-of-domain: `anna*legal.example.org` also matches `eve@evil-legal.example.org`
      write `anna*@legal.example.org`; for the domains below it too, the list `["anna*@legal.example.org", "anna*.legal.example.org"]`
    "#);
    for silent in [
        "*@example.org",
        "*.example.org",
        "*@*.example.org",
        "*anna*",
    ] {
        assert_eq!(
            with_match(&format!("{{ creator: '{silent}' }}")),
            "",
            "{silent}"
        );
    }
    assert!(with_match("{ creator: '*{example.org,example.com}' }").contains("part-of-domain"));
    assert!(
        with_match("{ type: custom, except: { creator: '*example.org' } }")
            .contains("part-of-domain")
    );
}

#[test]
fn regular_expressions_for_people_groups_and_tags_are_reported_with_the_glob() {
    assert_snapshot!(with_match(r"{ creator: ['^a@x.org$', '(a|b)@x.org', '\w+@x.org', '.*@x.org'], creator_name: ['^Anna .*$', '(Anna|Berta) *'] }"), @r"
    5:24 regex-in-creator: `^` is literal here: a glob always matches the whole address
      write `a@x.org`, or `\^` in single quotes if you mean the character
    5:37 regex-in-creator: `|` is literal here and does not separate alternatives
      write `{a,b}@x.org`, or `\|` in single quotes if you mean the character
    5:52 regex-in-creator: `\w` is the letter `w` here, not a class of characters
      write `[A-Za-z0-9_]{1,64}@x.org`, or `w` if you mean the letter
    5:65 regex-in-creator: `.*` is a dot and what `*` means without it
      write `*@x.org`, or `\.` in single quotes if you mean the dot
    5:93 regex-in-creator: `^` is literal here: a glob always matches the whole name
      write `Anna *`, or `\^` in single quotes if you mean the character
    5:106 regex-in-creator: `|` is literal here and does not separate alternatives
      write `{Anna,Berta} *`, or `\|` in single quotes if you mean the character
    ");
    assert_snapshot!(with_match(r"{ creator_group: ['^HR$', '(HR|IT)', 'Team \d'], tagged: ['done.*'] }"), @r"
    5:30 not-a-glob: `^HR$` looks like a regular expression, but this is a name, and all of it literal
      write each name in full, as a list
    5:38 not-a-glob: `(HR|IT)` looks like a regular expression, but this is a name, and all of it literal
      write each name in full, as a list
    5:49 not-a-glob: `Team \d` looks like a regular expression, but this is a name, and all of it literal
      write each name in full, as a list
    5:70 not-a-glob: `done.*` looks like a regular expression, but this is a name, and all of it literal
      write each name in full, as a list
    ");
    for silent in [
        "{ creator: 'ra.*@example.org' }",
        "{ creator: 'anna+x@example.org' }",
        "{ creator_name: 'Dr.* Berg' }",
        "{ creator_group: 'R&D (Berlin) | C++' }",
        "{ tagged: ['why?', '[draft]', '10 $'] }",
    ] {
        assert_eq!(with_match(silent), "", "{silent}");
    }
}

#[test]
fn a_question_mark_after_a_class_or_its_count_is_reported() {
    assert_snapshot!(with_match("{ title: ['P-[0-9]? *', 'Tender [0-9]{2}-[0-9]{4}?', '[0-9]?[0-9] x'] }"), @"
    5:22 regex-in-title: `?` is exactly one more character here and makes nothing optional
      write `P-{,[0-9]} *`, or `?{1}` if you mean exactly one character
    5:36 regex-in-title: `?` is exactly one more character here and makes nothing optional
      write `Tender [0-9]{2}-{,[0-9]{4}}`, or `?{1}` if you mean exactly one character
    5:65 regex-in-title: `?` is exactly one more character here and makes nothing optional
      write `{,[0-9]}[0-9] x`, or `?{1}` if you mean exactly one character
    ");
    for silent in ["P-[0-9]?{1} *", "[A-Z]?*", "[0-9]{2,4} ?", "[0-9]??"] {
        assert_eq!(
            with_match(&format!("{{ title: '{silent}' }}")),
            "",
            "{silent}"
        );
    }
}

#[test]
fn several_addresses_in_one_text_are_reported_with_the_list() {
    assert_snapshot!(with_match("{ creator: 'a@x.org, *@y.org' }"), @"
    5:23 no-address: `a@x.org, *@y.org` matches no e-mail address and is not an id
      write a list: [a@x.org, '*@y.org']
    ");
    assert_snapshot!(reported("version: 1\npolicies:\n  - { name: p, match: { type: custom }, template: { owner: Anna Berg, grants: [{ user: 'a@x.org, b@x.org', role: viewer }, { user: a@x.org;b@x.org, role: viewer }, { user: Anna Berg, role: viewer }] } }\n"), @"
    3:60 no-address: `Anna Berg` is neither an e-mail address nor an id
      write the person's e-mail address or id: anyone can choose any display name
    3:88 no-address: `a@x.org, b@x.org` is neither an e-mail address nor an id
      write a list: [a@x.org, b@x.org]
    3:132 no-address: `a@x.org;b@x.org` is neither an e-mail address nor an id
      write a list: [a@x.org, b@x.org]
    3:173 no-address: `Anna Berg` is neither an e-mail address nor an id
      write the person's e-mail address or id: anyone can choose any display name
    ");
}

#[test]
fn placeholders_of_other_tools_are_reported_with_the_braces() {
    assert_snapshot!(with_match("{ title: ['<client> - *', '%client%', '${x} -'], except: { title: '<x> *' } }"), @r"
    5:22 other-placeholder: `<client>` is literal here
      write `{client}` to capture the text, or `\<client>` in single quotes if you mean the characters
    5:38 other-placeholder: `%client%` is literal here
      write `{client}` to capture the text, or `\%client%` in single quotes if you mean the characters
    5:50 captures-differ: `${x} -` captures `{x}`, but `<client> - *` captures nothing; each title of a list must capture the same names
      write `*` where the text is not needed, or a policy for each title
    5:50 other-placeholder: the `$` of `${x}` is literal here
      write `{x}` to capture the text, or `\${x}` in single quotes if you mean the characters
    5:78 other-placeholder: `<x>` is literal here
      write `*` for any text, or `\<x>` in single quotes if you mean the characters
    ");
    assert_snapshot!(with_template("folders: ['${client}', '%no% a', 'b $client', '<date.year>', '%other% $other'], settings: { tags: ['$no'] }"), @r#"
    3:11 other-placeholder: the `$` of `${client}` at a.yaml:6:79 is literal in the policy `p`
      write `{client}` for its value
    3:11 other-placeholder: `%no%` at a.yaml:6:92 is literal in the policy `p`
      write `{no}` for its value
    3:11 other-placeholder: `$client` at a.yaml:6:102 is literal in the policy `p`
      write `{client}` for its value
    3:11 other-placeholder: `<date.year>` at a.yaml:6:115 is literal in the policy `p`
      write `{date.year}` for its value
    3:11 other-placeholder: `$no` at a.yaml:6:168 is literal in the policy `p`
      write `{no}` for its value
    6:115 altered-title: DocSpace stores `<date.year>` as `_date.year_`
      write it that way: no title can contain a tab, an emoji or one of `* + : " < > ? | \ /`
    "#);
    for silent in [r"\%client% *", "US$ 5 - *", "100 % - 50 % *", "$client"] {
        assert_eq!(
            with_match(&format!("{{ title: '{silent}' }}")),
            "",
            "{silent}"
        );
    }
}

#[test]
fn words_of_roles_types_and_quotas_compare_without_case() {
    let with = |role: &str, quota: &str| {
        reported(&format!(
            "version: 1\nroles: {{ X: VIEWER, Y: {role} }}\npolicies:\n  - name: p\n    match: {{ type: custom }}\n    template: {{ grants: [{{ group: HR, role: X }}, {{ group: IT, role: Y }}], settings: {{ quota: {quota} }} }}\ntests:\n  - {{ name: t, room: {{ title: A, type: custom }}, expect: {{ grants: {{ HR: Viewer, IT: EDITOR, Everyone: NONE }} }} }}\n"
        ))
    };
    for quota in ["Unlimited", "DEFAULT"] {
        assert_eq!(
            with(
                "{ Default: ROOM MANAGER, Custom Room: EDITOR, VIRTUAL DATA ROOM: Viewer }",
                quota
            ),
            ""
        );
    }
    assert_snapshot!(with("{ custom: editor, Custom Room: viewer, default: none }", "none"), @"
    2:24 wrong-value: the role for `custom` is written twice; keep one
    6:69 unknown-role: unknown role `Y`
      known here: commenter, content-creator, editor, form-filler, reviewer, room-manager, viewer, X
    6:94 bad-quota: `none` is not a quota
      write `unlimited` for a room without a limit
    ");
}

#[test]
fn a_key_of_match_that_says_nothing_is_to_be_removed() {
    assert_snapshot!(with_match("{ title: x, except: {} }"), @"
    5:32 empty-match: `except` has no conditions
      remove `except`, or write a condition
    ");
    assert_snapshot!(with_match("{ title: x, all: true }"), @"
    5:24 unknown-key: unknown key `all` (known here: title, type, creator, creator_name, creator_group, tagged, except)
      remove it: the other conditions say which rooms match
    ");
    assert_snapshot!(with_match("{ title: x, not: { title: y } }"), @"
    5:24 unknown-key: unknown key `not` (known here: title, type, creator, creator_name, creator_group, tagged, except)
      `except` takes the conditions that must not hold
    ");
    assert_snapshot!(with_match("{}"), @"
    5:12 empty-match: the `match` has no conditions
      write `match: all` to match every room
    ");
}
