//! Titles that look like something else: each is reported, with the equivalent glob.

use insta::assert_snapshot;
use roomwright::policy::PolicySet;
use roomwright::yaml::Sources;

use super::{HEAD, advice};

fn reported(part: &str) -> Vec<String> {
    let mut sources = Sources::default();
    sources.add(
        "a.yaml",
        format!(
            "version: 1\ntemplates:\n  t: {{ folders: [A] }}\npolicies:\n  - name: p\n    template: t\n    match:\n      {part}\n"
        ),
    );
    let (_, problems) = PolicySet::validate(&sources);
    let lines = problems.into_iter().map(|problem| {
        let help = problem.help.unwrap_or_default();
        format!("{}: {}; {help}", problem.code, problem.message)
    });
    lines.collect()
}

#[test]
fn a_regular_expression_in_a_title_is_reported_with_the_equivalent_glob() {
    for (title, glob) in [
        (r"P-\d+ *", "`P-[0-9]{1,64} *`"),
        (r"P-\d{4}", "`P-[0-9]{4}`"),
        (r"\w\s*x", "`[A-Za-z0-9_][ ]{0,64}x`"),
        (r"\bTeam\b *", "`Team *`"),
        ("^Sales$", "`Sales`"),
        ("^Sales *", "`Sales *`"),
        ("Sales$", "`Sales`"),
        ("Team .*", "`Team *`"),
        ("Team .+", "`Team ?*`"),
        ("(HR|IT) *", "`{HR,IT} *`"),
        ("(HR|IT)? *", "`{HR,IT,} *`"),
        ("HR|IT|R&D", "`{HR,IT,R&D}`"),
        ("Teams? *", "`Team{s,} *`"),
        ("Client? - *", "`Clien{t,} - *`"),
        ("Teams?", "`Team{s,}`"),
        ("[[:digit:]] *", "`[0-9] *`"),
        ("[[:alpha:]_]* x", "`[A-Za-z_]* x`"),
        ("[0-9]+ *", "`[0-9]{1,64} *`"),
        ("+([0-9]) x", "`[0-9]{1,64} x`"),
        ("Team ?(A)", "`Team {A,}`"),
        ("?(HR|IT) x", "`{HR,IT,} x`"),
        ("@(HR|IT) x", "`{HR,IT} x`"),
        ("(?i)team", "`team`"),
        (r"[\d]{4} x", "`[0-9]{4} x`"),
        (r"[\w-]+ x", "`[A-Za-z0-9_-]{1,64} x`"),
        ("Team *(A)", "`Team {A,}`"),
        ("*([0-9]) x", "`[0-9]{0,64} x`"),
        ("?([0-9]) x", "`[0-9]{0,1} x`"),
        ("/^Sales/", "`Sales`"),
        ("/^Sales .*/i", "`Sales *`"),
        ("Team [HR,IT] *", "`Team {HR,IT} *`"),
        ("Team [HR|IT] *", "`Team {HR,IT} *`"),
        (r"Team\nA", "`Team A`"),
        (r"\x41 x", "`A x`"),
        (r"\pL x", "`? x`"),
        (r"(a)\1", "`1` if you mean the character"),
        ("(.*) desk", "`* desk`"),
        ("(HR.*|IT) x", "`{HR*,IT} x`"),
        ("(?:HR|IT) x", "`{HR,IT} x`"),
        ("Project (draft)?", "`Project {draft,}`"),
        ("{HR|IT} x", "`{HR,IT} x`"),
        (
            "(?!Team) x",
            "`*` and what is excluded under `except: { title: … }`",
        ),
        (
            "!(Team)",
            "`*` and what is excluded under `except: { title: … }`",
        ),
    ] {
        let reported = reported(&format!("title: '{title}'"));
        assert_eq!(reported.len(), 1, "{title}: {reported:?}");
        assert!(
            reported[0].starts_with("regex-in-title: ")
                && reported[0].contains(&format!("write {glob}")),
            "{title}: {reported:?}"
        );
    }
}

#[test]
fn a_class_of_letters_is_reported_next_to_the_capture_that_it_becomes() {
    let reported = reported(r"title: '\p{L}+ x'");
    assert!(
        reported
            .iter()
            .any(|line| line.contains("write `?{1,64} x`")),
        "{reported:?}"
    );
}

#[test]
fn a_named_group_is_reported_with_the_capture() {
    for (title, glob) in [
        ("(?P<client>.*) x", "`{client} x`"),
        ("(?<client>.+) x", "`{client} x`"),
        (r"x (?<year>\d{4})", "`x {year=[0-9]{4}}`"),
        ("x (?P<dept>HR|IT)", "`x {dept={HR,IT}}`"),
    ] {
        let reported = reported(&format!("title: '{title}'"));
        assert_eq!(reported.len(), 1, "{title}: {reported:?}");
        assert!(
            reported[0].contains("is not a capture here")
                && reported[0].contains(&format!("write {glob}")),
            "{title}: {reported:?}"
        );
    }
}

#[test]
fn a_title_that_needs_more_characters_than_a_title_has_is_an_error() {
    let long = reported("title: '?{64}?{64}?{64} *'");
    assert!(
        long[0].starts_with("never-matches: ") && long[0].contains("at least 193 characters"),
        "{long:?}"
    );
    let letters = "x".repeat(171);
    assert!(reported(&format!("title: '{letters}'"))[0].starts_with("never-matches"));
    // `ß` is one character of a title.
    for fits in ["x".repeat(170), "s".repeat(340), format!("{{{letters},y}}")] {
        assert_eq!(reported(&format!("title: '{fits}'")), Vec::<String>::new());
    }
}

#[test]
fn a_glob_or_an_escaped_character_is_not_reported() {
    for title in [
        "[^E]* desk",
        r"Costs US\$",
        r"\^x",
        r"Team \.*",
        "Team?{1} *",
        "Room ?",
        "A? *",
        "Client?? *",
        "C++ *",
        "v1.[0-9]",
        "Dr. *",
        "Project (old) *",
        r"(HR\|IT) *",
        "{HR,IT} - {n=[0-9]{4}}",
        "a^b$c",
        "mail@(x",
        "Project (old)*",
        "Team (?)",
        "[A,B] x",
        "[a-z,0-9] x",
        "{HR,IT} x",
        "A/B",
    ] {
        assert_eq!(
            reported(&format!("title: '{title}'")),
            Vec::<String>::new(),
            "{title}"
        );
    }
    assert_eq!(
        reported("creator: 'ra.*@example.org'"),
        Vec::<String>::new()
    );
}

#[test]
fn a_word_for_every_room_and_a_name_for_an_address_are_reported_as_such() {
    let all = reported("all: true");
    assert!(
        all[0].contains("write `match: all` to match every room"),
        "{all:?}"
    );
    let name = reported("creator: Anna Berg");
    assert!(
        name[0].starts_with("no-address: `Anna Berg` matches no e-mail address")
            && name[0].contains("creator_name: \"Anna Berg\""),
        "{name:?}"
    );
    let except = reported("{ type: custom, except: { title: '^Sales' } }");
    assert!(except[0].contains("write `Sales`"), "{except:?}");
}

#[test]
fn invisible_characters_are_shown_in_messages() {
    let reported = reported("type: \"cus\u{200b}tum\"");
    assert!(
        reported[0].contains(r"`cus\u{200b}tum` matches no room type"),
        "{reported:?}"
    );
}

#[test]
fn what_looks_like_a_word_or_a_count_gets_the_glob_for_it() {
    let warned = |titles: &[&str]| {
        let titles: Vec<String> = titles.iter().map(|title| format!("'{title}'")).collect();
        let titles = titles.join(", ");
        advice::reported(&format!(
            "{HEAD}policies:\n  - {{ name: p, match: {{ title: [{titles}] }}, template: t }}\n"
        ))
    };
    assert_snapshot!(warned(&["[INTERNAL] x", "[year] x", "[{year}] x", "x [Nord]"]), @r"
    6:33 regex-in-title: a class stands for one of its characters here, not for a word in brackets
      write `\[INTERNAL\] x`, or `{1}` after the class if you mean one character
    6:49 regex-in-title: a class stands for one of its characters here, not for a word in brackets
      write `\[year\] x`, or `{1}` after the class if you mean one character
    6:61 regex-in-title: a class stands for one of its characters here, not for a word in brackets
      write `\[{year}\] x`, or `{1}` after the class if you mean one character
    6:75 regex-in-title: a class stands for one of its characters here, not for a word in brackets
      write `x \[Nord\]`, or `{1}` after the class if you mean one character
    ");
    assert_snapshot!(warned(&["A[0-9]{2, 3}", "A[0-9]{ 2 , 3 }", "A[0-9]{1-3}", "A[0-9]{２}", "A?{2 }", "A*{2,3}"]), @r"
    6:33 regex-in-title: a count has no blanks here, and a comma between its numbers
      write `A[0-9]{2,3}`, or `\{` in single quotes if you mean the brace
    6:49 regex-in-title: a count has no blanks here, and a comma between its numbers
      write `A[0-9]{2,3}`, or `\{` in single quotes if you mean the brace
    6:68 regex-in-title: a count has no blanks here, and a comma between its numbers
      write `A[0-9]{1,3}`, or `\{` in single quotes if you mean the brace
    6:83 regex-in-title: a count has no blanks here, and a comma between its numbers
      write `A[0-9]{2}`, or `\{` in single quotes if you mean the brace
    6:96 regex-in-title: a count has no blanks here, and a comma between its numbers
      write `A?{2}`, or `\{` in single quotes if you mean the brace
    6:106 regex-in-title: `*` takes no count here, so the braces are alternatives
      write `A?{2,3}`, or `{*a,*b}` if you mean alternatives
    ");
    assert_snapshot!(warned(&["[a|b] x", "A.?", "a || b", "A\"B", "“A\""]), @r#"
    6:33 regex-in-title: `|` is one of the characters of the class here
      write `[ab] x`, or `\|` in single quotes if you mean the character
    6:44 regex-in-title: `.?` is a dot and what `?` means without it
      write `A?{0,1}`, or `\.` in single quotes if you mean the dot
    6:51 regex-in-title: `|` is literal here and does not separate alternatives
      write `{a,b}`, or `\|` in single quotes if you mean the character
    6:61 altered-title: DocSpace stores `"` as `_`, so `A"B` does not match typographic quotation marks
      write `["“]` for every kind of quotation mark, or `_` for what is stored
    6:68 altered-title: DocSpace stores `"` as `_`, so `“A"` does not match typographic quotation marks
      write `["“]` for every kind of quotation mark, or `_` for what is stored
    "#);
    // These are classes, counts and alternatives.
    let fine = [
        "[abc]*",
        "[aeiou]x",
        "[A-Z] x",
        "[XYZ] x",
        "[0-9]{2,3}",
        "[ALR]{1} x",
        "[!abc] x",
        "v1.?",
        "*{2024,2025}",
        "[\"“]A",
        "{a,b}{2,3}",
        "?{2}",
        "[ab] x",
    ];
    assert_snapshot!(warned(&fine), @"");
}
