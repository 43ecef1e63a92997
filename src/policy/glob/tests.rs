//! Which texts match which glob, and what the captures contain.

use super::*;

fn title(glob: &str) -> Glob {
    Glob::new(glob, FoldMode::Titles).unwrap_or_else(|bad| panic!("{glob}: {}", bad.0))
}

fn captured(glob: &str, text: &str) -> Option<Vec<(String, String)>> {
    Some(title(glob).captured(text)?.into_iter().collect())
}

fn pairs(pairs: &[(&str, &str)]) -> Option<Vec<(String, String)>> {
    Some(
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    )
}

#[test]
fn dashes_blanks_and_case_do_not_matter_in_titles() {
    let glob = title("Client - {client} - {year=20[0-9][0-9]}");
    for text in [
        "client – ACME — 2026",
        "CLIENT  -  ACME \u{2212} 2026",
        "Client\u{a0}-\u{2009}ACME\u{2010}2026",
        "Client\u{b}-\u{c}ACME - 2026",
    ] {
        assert_eq!(
            glob.is_match(text),
            !text.ends_with("\u{2010}2026"),
            "{text}"
        );
    }
    assert!(!glob.is_match("Client - ACME - 1999"));
}

#[test]
fn captures_are_the_shortest_from_left_to_right_in_the_texts_own_spelling() {
    assert_eq!(
        captured("{a} - {b}", "X – Y – Z"),
        pairs(&[("a", "X"), ("b", "Y – Z")])
    );
    assert_eq!(
        captured("Project {p}", "project  GÖTEBORG  Ä "),
        pairs(&[("p", "GÖTEBORG  Ä")])
    );
    assert_eq!(captured("{a}{b}", "İİ"), pairs(&[("a", "İ"), ("b", "İ")]));
    assert!(title("İzmir [İ]").is_match("i\u{307}zmir İ"));
    assert_eq!(captured("{a}{b}", "xyz"), pairs(&[("a", "x"), ("b", "yz")]));
    assert_eq!(captured("*{n=[0-9]*}", "room 12"), pairs(&[("n", "12")]));
}

#[test]
fn a_capture_contains_at_least_one_non_blank_character() {
    assert_eq!(captured("Client {c}", "Client "), None);
    assert_eq!(captured("Client{c}", "Client"), None);
    assert_eq!(captured("a{c}b", "a b"), None);
    assert_eq!(captured("a{c}b", "a x b"), pairs(&[("c", "x")]));
    for glob in ["x{c}", "{x,y}{c}", "x{c=[!a]}", "{x,y}{c=[!a]}"] {
        let glob = Glob::new(glob, FoldMode::Words).unwrap();
        assert!(!glob.is_match("x\n") && glob.is_match("x\u{7}"));
    }
}

#[test]
fn literals_are_replaced_as_docspace_stores_them() {
    assert!(title("Q&A: *").is_match("Q&A_ offers"));
    assert!(title("\\* \\[x\\]").is_match("_ [x]"));
    assert!(title("🎉 *").is_match("__ party"));
}

#[test]
fn classes_choices_and_single_characters() {
    assert!(title("[A-C]?[!0-9]").is_match("bzz"));
    assert!(!title("[!0-9]").is_match("7"));
    assert!(title("{HR,Human *} room").is_match("human resources room"));
    assert!(title("{a,{b,c}d}").is_match("CD"));
    assert!(title("?").is_match("É"));
    assert!(title("[é]x").is_match("Éx"));
    assert!(title("x[%-+]y").is_match("x_y") && title("x[%-+]y").is_match("x(y"));
    assert!(!title("x[%-+]y").is_match("x5y") && !title("x[%-)]y").is_match("x_y"));
    assert!(title("[0-Z]").is_match("q") && title("[0-Z]").is_match("7"));
    assert!(
        Glob::new(" *@x.org ", FoldMode::Words)
            .unwrap()
            .is_match("a@x.org")
    );
    assert!(title("É*").is_match("équipe"));
    assert!(!Glob::new("a-b", FoldMode::Words).unwrap().is_match("a–b"));
}

#[test]
fn a_syntax_error_says_how_to_write_it() {
    for (glob, word) in [
        ("", "`*`"),
        ("a{b", "`\\{`"),
        ("a}b", "`\\}`"),
        ("[a", "`\\[`"),
        ("a\\", "`\\\\`"),
        ("[z-a]", "a-z"),
        ("{}", "{name}"),
        ("{a}{a}", "twice"),
        ("{x,{y}}", "inside"),
        ("{a b}", "{a,b}"),
        ("{n=}", "{n}"),
    ] {
        let bad = Glob::new(glob, FoldMode::Titles).expect_err(glob);
        assert!(bad.0.contains(word), "{glob}: {}", bad.0);
    }
    assert!(Glob::new(&"{".repeat(10_000), FoldMode::Titles).is_err());
    assert!(Glob::new(&"x".repeat(1_001), FoldMode::Titles).is_err());
}

#[test]
fn many_stars_over_a_long_text_match_exactly_in_bounded_time() {
    let glob = title(&"*a".repeat(50));
    assert!(glob.is_match(&"a".repeat(400)));
    assert!(!glob.is_match(&format!("{}b", "a".repeat(400))));
    let glob = title(&(0..30).map(|n| format!("{{c{n}}}a")).collect::<String>());
    assert!(!glob.is_match(&format!("{}b", "xa".repeat(200))));
}

#[test]
fn one_text_in_two_spellings_matches_the_same_globs() {
    for (glob, text) in [
        ("Bu\u{308}ro *", "BÜRO 7"),
        ("Büro *", "bu\u{308}ro 7"),
        ("STRASSE {n}", "straße 3"),
        ("stra*e", "STRASSE"),
        ("stra?e", "Straße"),
        ("ΟΔΌΣ *", "Οδός 1"),
        ("Children's *", "children’s ward"),
        ("案件-{no}", "案件－０１２"),
        ("Client \u{200b}- {c}", "Client - \u{feff}ACME"),
        ("[a-z][0-9]", "Ｘ７"),
        ("[–]", "-"),
        ("[ß]", "ẞ"),
        ("e?", "E\u{301}x"),
    ] {
        assert_eq!(title(glob).is_match(text), glob != "e?", "{glob} {text}");
    }
    assert!(!title("stra??e").is_match("Straße") && title("stra??e").is_match("STRASSE"));
    assert!(!title("ren*e").is_match("rené") && !title("rene*").is_match("rene\u{301}"));
    assert_eq!(
        captured("案件-{no}", "案件－０１２"),
        pairs(&[("no", "０１２")])
    );
    assert_eq!(
        captured("{a}\u{200b} x", "\u{200b} Bu\u{308}ro\u{200b} x"),
        pairs(&[("a", "Bu\u{308}ro")])
    );
    assert_eq!(captured("{a}s", "Großs"), pairs(&[("a", "Groß")]));
    assert_eq!(captured("{a}s", "Groß"), None);
}

#[test]
fn a_count_follows_a_class_or_a_single_character() {
    let year = title("{year=20[0-9]{2}} {n=[0-9]{2,4}}{rest}");
    assert_eq!(
        year.captured("2026 12345")
            .map(|found| found.into_values().collect::<Vec<_>>()),
        Some(vec!["12".to_owned(), "345".to_owned(), "2026".to_owned()])
    );
    for (glob, text, fits) in [
        ("[0-9]{4}", "2026", true),
        ("[0-9]{4}", "202", false),
        ("?{2,4}", "a", false),
        ("?{2,4}", "abcd", true),
        ("?{2,4}", "abcde", false),
        ("x[ab]{0}y", "xy", true),
        ("x[ab]{0,2}y", "xbay", true),
        ("x[ab]{0,2}y", "xbaby", false),
        ("Team {2,3}", "Team 3", true),
        ("[0-9][23]", "92", true),
        ("?{3}", "ßße\u{301}", true),
        ("[^0-9]{2}", "ab", true),
    ] {
        assert_eq!(title(glob).is_match(text), fits, "{glob} {text}");
    }
}

#[test]
fn an_empty_alternative_makes_a_part_optional() {
    for (text, fits) in [
        ("Team", true),
        ("Team - draft", true),
        ("Team- draft", false),
        ("Teams", false),
    ] {
        assert_eq!(title("Team{, - draft}").is_match(text), fits, "{text}");
    }
    // Runs of blanks count as one, in the glob and in the text.
    let glob = title("Team {,draft } {old ,new} x");
    for text in ["Team old x", "team draft new x", "Team  draft  old  x"] {
        assert!(glob.is_match(text), "{text}");
    }
    assert!(!glob.is_match("Team x") && !glob.is_match("Teamold x"));
}

#[test]
fn braces_have_one_meaning_and_errors_say_how_to_write_it() {
    for (glob, words) in [
        (
            "{{client}}",
            "write `{client}` to capture a text, or `\\{` in single quotes",
        ),
        ("{{a,b},c}", "`\\{`"),
        ("{{client},General}", "is inside other braces"),
        ("{dept=HR,IT}", "write `{dept={HR,IT}}`"),
        ("[0-9]{2,}", "write both: `{2,64}`"),
        ("?{,3}", "write both: `{0,3}`"),
        ("[a]{65}", "from 0 to 64"),
        ("[a]{4,2}", "write `{2,4}`"),
        ("a{2}", "write `[a]{2}`"),
        (&"?{64}".repeat(16), "more than 1000"),
        ("\u{200b}", "write `*`"),
    ] {
        let bad = Glob::new(glob, FoldMode::Titles).expect_err(glob);
        assert!(bad.0.contains(words), "{glob}: {}", bad.0);
    }
    assert!(title("{dept={HR,IT}} room").is_match("it room"));
    assert!(title("a+b.c^d").is_match("a_b.c^d"));
}

mod one_pass {
    use proptest::prelude::*;

    use super::*;

    /// Globs with captures and gaps over few characters, so that they match often.
    fn glob() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("a".to_owned()),
            Just(" ".to_owned()),
            Just("é".to_owned()),
            Just("-".to_owned()),
            Just("?".to_owned()),
            Just("*".to_owned()),
            Just("[ab]".to_owned()),
            Just("[!a]".to_owned()),
            Just("[ab]{2}".to_owned()),
            Just("{N}".to_owned()),
            Just("{N=a[ab]}".to_owned()),
            Just("{N=?b}".to_owned()),
        ];
        prop::collection::vec(piece, 1..7).prop_map(|pieces| {
            let numbered = pieces.into_iter().enumerate();
            numbered
                .map(|(number, piece)| piece.replace('N', &format!("c{number}")))
                .collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn one_pass_finds_what_the_search_finds(glob in glob(), text in "[ab é-]{0,8}") {
            if let Ok(glob) = Glob::new(&glob, FoldMode::Titles) {
                let folded = Folded::new(&text, FoldMode::Titles);
                let searched = Search::new(&glob.graph, &folded).run();
                if let Some(line) = &glob.line {
                    prop_assert_eq!(line.bounds(folded.letters()), searched);
                }
            }
        }
    }
}
