//! What is found is correct, and what is not found does not exist.

use proptest::prelude::*;

use super::text::text;
use super::{MAX_STATES, Search, room};
use crate::policy::PolicySet;
use crate::policy::glob::{FoldMode, Glob};
use crate::policy::matcher::{Candidate, Matcher};
use crate::room::{Creator, Facts, RoomType, Unresolved};
use crate::yaml::Sources;

/// The shortest title that matches some globs and none of others.
fn title(fits: &[&str], not: &[&str]) -> Search<String> {
    let glob = |text: &&str| Glob::new(text, FoldMode::Titles).unwrap();
    let fits: Vec<Glob> = fits.iter().map(glob).collect();
    let not: Vec<Glob> = not.iter().map(glob).collect();
    let lists: Vec<Vec<&Glob>> = fits.iter().map(|glob| vec![glob]).collect();
    let not: Vec<&Glob> = not.iter().collect();
    text(&lists, &not, FoldMode::Titles, &mut MAX_STATES.clone())
}

fn found(text: &str) -> Search<String> {
    Search::Found(text.to_owned())
}

#[test]
fn a_title_for_two_globs_is_found_or_there_is_none() {
    for (a, b, shortest) in [
        ("Client *", "* 2026", Some("client 2026")),
        ("Client *", "Offer *", None),
        ("{a,b}x", "?y", None),
        ("[a-c]", "[b-z]", Some("b")),
        ("[a-c]", "[!a-c]", None),
        ("Team {x}", "team *s", Some("team s")),
        ("stra?e", "straße", Some("straße")),
        ("stra[ß]e", "strasse", Some("straße")),
        ("stra[a-r]e", "strasse", None),
        ("?", "s*", Some("s")),
        ("[A-C]", "[!a-c]", None),
        ("x[0-9]{2,3}", "x?", None),
        ("x[0-9]{2,3}", "x???", Some("x000")),
        ("Team {,draft }x", "team x", Some("team x")),
        ("a {x}", "a *b*", Some("a b")),
        ("{x}*a", "a*{y=?}", Some("aa")),
        ("案件-{no}", "*０１２", Some("案件-012")),
    ] {
        let expected = shortest.map_or(Search::Absent, found);
        let is_found = |search: &Search<String>| matches!(search, Search::Found(_));
        let (one, other) = (title(&[a, b], &[]), title(&[b, a], &[]));
        assert_eq!(is_found(&one), is_found(&expected), "{a} {b} {one:?}");
        assert_eq!(is_found(&other), is_found(&expected), "{b} {a}");
        if let (Search::Found(one), Some(_)) = (one, shortest) {
            let glob = |text: &str| Glob::new(text, FoldMode::Titles).unwrap();
            assert!(
                glob(a).is_match(&one) && glob(b).is_match(&one),
                "{a} {b} {one}"
            );
        }
    }
}

#[test]
fn a_title_that_must_not_fit_is_found_or_there_is_none() {
    for (fits, not, expected) in [
        ("Client *", "Client A*", found("client 0")),
        ("Client A*", "Client *", Search::Absent),
        ("Client - *", "Client *", Search::Absent),
        ("Client *", "Client - *", found("client 0")),
        ("*", "*a*", found("x")),
        ("?", "[a-z]", found("0")),
        ("? ?", "?*?", Search::Absent),
        ("a{,b}", "a*", Search::Absent),
        ("ss", "??", found("ß")),
        ("ss", "{x}{y}", found("ß")),
        ("{x}", "*", Search::Absent),
        ("[0-9]{2,4}", "[0-9]{2,3}", found("0000")),
    ] {
        let search = title(&[fits], &[not]);
        match (&search, &expected) {
            (Search::Found(text), Search::Found(_)) => {
                let glob = |text: &str| Glob::new(text, FoldMode::Titles).unwrap();
                let is_right = glob(fits).is_match(text) && !glob(not).is_match(text);
                assert!(is_right, "{fits} {not} {text}");
            }
            _ => assert_eq!(search, expected, "{fits} {not}"),
        }
    }
}

#[test]
fn a_search_that_takes_too_long_is_not_decided() {
    let stars = "a*".repeat(300);
    let long = |end: &str| format!("*{stars}[{end}]");
    let search = title(&[&long("ab"), &long("cd")], &[]);
    assert_eq!(search, Search::Undecided);
}

/// Globs over few characters, so that they overlap often.
fn glob() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("a"),
        Just("b"),
        Just("ß"),
        Just("s"),
        Just(" "),
        Just("-"),
        Just("?"),
        Just("*"),
        Just("[ab]"),
        Just("[!a]"),
        Just("[sß]"),
        Just("[ab]{1,2}"),
        Just("{a,bs}"),
        Just("{, b}"),
        Just("{C}"),
        Just("{C=a?}"),
    ];
    prop::collection::vec(piece, 1..5).prop_map(|pieces| {
        let numbered = pieces.into_iter().enumerate();
        numbered
            .map(|(number, piece)| piece.replace('C', &format!("c{number}")))
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn a_found_text_matches_and_no_sample_contradicts_an_absence(
        a in glob(), b in glob(), not in glob(),
        samples in prop::collection::vec("[absß -]{1,6}|[A-Sẞ０é a]{1,4}", 40),
    ) {
        let compiled = |text: &str| Glob::new(text, FoldMode::Titles).ok();
        let (Some(a), Some(b), Some(not)) = (compiled(&a), compiled(&b), compiled(&not)) else {
            return Ok(());
        };
        let is_right = |text: &str| a.is_match(text) && b.is_match(text) && !not.is_match(text);
        let mut steps = MAX_STATES;
        let search = text(&[vec![&a], vec![&b]], &[&not], FoldMode::Titles, &mut steps);
        match search {
            Search::Found(text) => prop_assert!(is_right(&text), "{text}"),
            Search::Absent => {
                for sample in samples.iter().filter(|text| !text.trim().is_empty()) {
                    prop_assert!(!is_right(sample), "{sample}");
                }
            }
            Search::Undecided => {}
        }
    }
}

/// The matcher of a policy with this `match`, if a type is left.
fn read(written: &str) -> Option<Matcher> {
    let mut sources = Sources::default();
    sources.add(
        "a.yaml",
        format!("version: 1\npolicies:\n  - {{ name: p, template: {{}}, match: {written} }}\n"),
    );
    let (set, problems) = PolicySet::check(&sources);
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
    assert!(
        set.is_some() || codes.contains(&"never-matches"),
        "{written} {codes:?}"
    );
    set.map(|set| set.policies()[0].matcher.clone())
}

fn matcher(written: &str) -> Matcher {
    read(written).unwrap_or_else(|| panic!("{written}"))
}

fn looked_for(accept: &[&str], refuse: &[&str]) -> Search<Facts> {
    let accept: Vec<Matcher> = accept.iter().map(|written| matcher(written)).collect();
    let refuse: Vec<Matcher> = refuse.iter().map(|written| matcher(written)).collect();
    let accept: Vec<&Matcher> = accept.iter().collect();
    let refuse: Vec<&Matcher> = refuse.iter().collect();
    room(&accept, &refuse, &RoomType::ALL, &mut MAX_STATES.clone())
}

#[test]
fn a_room_is_found_by_all_its_parts() {
    let there = |accept: &[&str], refuse: &[&str]| match looked_for(accept, refuse) {
        Search::Found(_) => true,
        Search::Absent => false,
        Search::Undecided => panic!("{accept:?} {refuse:?}"),
    };
    let id = "creator: 00000000-0000-0000-0000-000000000001";
    for (accept, refuse, is_there) in [
        (vec!["{ type: custom }", "{ type: vdr }"], vec![], false),
        (
            vec!["{ creator: '*@a.org' }", "{ creator: '*@b.org' }"],
            vec![],
            false,
        ),
        (
            vec!["{ creator: '*@a.org' }", "{ creator: 'x*' }"],
            vec![],
            true,
        ),
        (
            vec!["{ creator: '*@a.org' }", &format!("{{ {id} }}")],
            vec![],
            true,
        ),
        (
            vec!["{ creator: '*@a.org', except: { creator: '*@*' } }"],
            vec![],
            false,
        ),
        (
            vec!["{ creator_group: [A, B] }"],
            vec!["{ creator_group: A }"],
            true,
        ),
        (
            vec!["{ creator_group: A }"],
            vec!["{ creator_group: [a, b] }"],
            false,
        ),
        (vec!["{ tagged: x }"], vec!["{ tagged: X }"], false),
        (
            vec!["{ title: 'A *', type: custom }"],
            vec!["{ title: 'A *' }"],
            false,
        ),
        (
            vec!["{ title: 'A *' }"],
            vec!["{ title: 'A *', type: custom }"],
            true,
        ),
        (
            vec![
                "{ title: '*', except: { title: 'A*', except: { title: 'AB*' } } }",
                "{ title: 'A*' }",
            ],
            vec![],
            true,
        ),
        (
            vec![
                "{ title: '*', except: { title: 'A*', except: { title: 'AB*' } } }",
                "{ title: 'AC*' }",
            ],
            vec![],
            false,
        ),
        (
            vec!["{ creator_name: 'Anna *' }", "{ creator_name: '* Berg' }"],
            vec![],
            true,
        ),
        (
            vec!["{ creator_name: 'Anna' }", "{ creator_name: '* Berg' }"],
            vec![],
            false,
        ),
        (
            vec!["all"],
            vec![
                "{ type: [custom, vdr] }",
                "{ type: [public, collaboration] }",
            ],
            true,
        ),
        (vec!["all"], vec!["all"], false),
    ] {
        assert_eq!(there(&accept, &refuse), is_there, "{accept:?} {refuse:?}");
    }
}

const PARTS: [&str; 12] = [
    "title: 'A*'",
    "title: ['*B', C]",
    "title: '{x} B'",
    "type: custom",
    "type: [custom, vdr]",
    "creator: '*@a.org'",
    "creator: ['x@*', '*@b.org']",
    "creator_name: 'Anna*'",
    "creator_group: [G, H]",
    "creator_group: H",
    "tagged: [t, u]",
    "tagged: u",
];

fn written() -> impl Strategy<Value = String> {
    let part = || prop::sample::subsequence(PARTS.to_vec(), 1..4);
    (part(), prop::option::of(part())).prop_map(|(parts, except)| {
        let unique = |parts: Vec<&str>| {
            let mut keys = Vec::new();
            let parts: Vec<&str> = parts
                .into_iter()
                .filter(|part| {
                    let key = part.split(':').next().unwrap_or_default().to_owned();
                    let is_new = !keys.contains(&key);
                    keys.push(key);
                    is_new
                })
                .collect();
            parts.join(", ")
        };
        let except = except.map(|parts| unique(parts).replace("{x}", "*"));
        let except = except.map_or(String::new(), |parts| format!(", except: {{ {parts} }}"));
        format!("{{ {}{except} }}", unique(parts))
    })
}

fn facts() -> impl Strategy<Value = Facts> {
    let title = prop::sample::select(vec!["A", "C", "AB", "A B", "x B", "D"]);
    let kind = prop::sample::select(RoomType::ALL.to_vec());
    let email = prop::sample::select(vec!["x@a.org", "y@a.org", "x@b.org", "y@c.org"]);
    let name = prop::sample::select(vec!["Anna Berg", "Bo"]);
    let groups = prop::sample::subsequence(vec!["g", "h"], 0..3);
    let tags = prop::sample::subsequence(vec!["t", "u"], 0..3);
    (title, kind, email, name, groups, tags).prop_map(|(title, kind, email, name, groups, tags)| {
        Facts {
            title: title.to_owned(),
            kind,
            creator: Creator {
                id: String::new(),
                name: name.to_owned(),
                email: email.to_owned(),
                groups: groups.into_iter().map(str::to_owned).collect(),
            },
            created: jiff::civil::Date::default(),
            tags: tags.into_iter().map(str::to_owned).collect(),
            unresolved: Unresolved::default(),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_room_that_is_found_is_accepted_and_no_sample_contradicts_an_absence(
        a in written(), b in written(), not in written(),
        samples in prop::collection::vec(facts(), 60),
    ) {
        let (Some(a), Some(b), Some(not)) = (read(&a), read(&b), read(&not)) else {
            return Ok(());
        };
        let is_right = |facts: &Facts| {
            let room = Candidate::new(facts);
            a.test(&room).is_ok() && b.test(&room).is_ok() && not.test(&room).is_err()
        };
        match room(&[&a, &b], &[&not], &RoomType::ALL, &mut MAX_STATES.clone()) {
            Search::Found(facts) => prop_assert!(is_right(&facts), "{facts:?}"),
            Search::Absent => prop_assert!(!samples.iter().any(is_right), "{a:?} {b:?} {not:?}"),
            Search::Undecided => prop_assert!(false, "not decided"),
        }
    }
}
