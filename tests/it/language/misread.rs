//! Valid files that mean something else than their author thinks: each is reported with the form to write.

use insta::assert_snapshot;

use super::advice::reported;

fn with_match(matches: &str) -> String {
    reported(&format!(
        "version: 1\npolicies:\n  - name: p\n    template: {{ folders: [A] }}\n    match: {matches}\n"
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
