//! One room against many policies, of which five match.

use std::fmt::Write as _;

use jiff::civil::date;
use roomwright::policy::{Candidate, PolicySet};
use roomwright::room::{Creator, Facts, RoomType, Unresolved};
use roomwright::yaml::Sources;

use super::{head, ratio, row, time};

/// The policies that match the room; two of them capture text.
const MATCHING: [(&str, &str); 5] = [
    (
        "Client8 - {client} - {year=20[0-9][0-9]}",
        "client8 - * - 20[0-9][0-9]",
    ),
    ("{kind} - ACME Göteborg AB - *", "* - acme göteborg ab - *"),
    ("* - 2026", "* - 2026"),
    ("Client8 *", "client8 *"),
    ("Client? - ACME*", "client? - acme*"),
];

fn facts() -> Facts {
    Facts {
        title: "Client8 – ACME Göteborg AB – 2026".to_owned(),
        kind: RoomType::Collaboration,
        creator: Creator {
            id: "66faa6e4-f133-11ea-b126-00ffeec8b4ef".to_owned(),
            name: "Anna Berg".to_owned(),
            email: "anna.berg@legal.example.org".to_owned(),
            ..Creator::default()
        },
        created: date(2026, 7, 1),
        tags: Vec::new(),
        unresolved: Unresolved::default(),
    }
}

/// The titles of the other policies, as people write them.
fn other(number: usize) -> (String, String) {
    let n = number + 1000;
    match number % 6 {
        0 => (
            format!("Client{n} - {{client}} - 20[0-9][0-9]"),
            format!("client{n} - * - 20[0-9][0-9]"),
        ),
        1 => (format!("HR{n} *"), format!("hr{n} *")),
        2 => (
            format!("* (confidential {n})"),
            format!("* (confidential {n})"),
        ),
        3 => (format!("Project {n} {{p}}"), format!("project {n} *")),
        4 => (format!("{{team}} weekly {n} *"), format!("* weekly {n} *")),
        _ => (format!("Équipe {n} – *"), format!("équipe {n} - *")),
    }
}

fn policies(count: usize) -> (PolicySet, Vec<String>) {
    let titles = MATCHING
        .iter()
        .map(|(ours, folded)| ((*ours).to_owned(), (*folded).to_owned()))
        .chain((0..count - MATCHING.len()).map(other));
    let mut text = "version: 1\ntemplates:\n  t: { folders: [Documents] }\npolicies:\n".to_owned();
    let mut folded = Vec::new();
    for (number, (ours, plain)) in titles.enumerate() {
        let _ = writeln!(
            text,
            "  - {{ name: p{number}, match: {{ title: \"{ours}\" }}, template: t }}"
        );
        folded.push(plain);
    }
    let mut sources = Sources::default();
    sources.add("many.yaml", text);
    (PolicySet::check(&sources).0.expect("good policies"), folded)
}

pub(super) fn run() {
    let facts = facts();
    head(&[
        "policies",
        "by the index",
        "÷ 100 policies",
        "linear scan ÷ index",
        "`globset`, no captures ÷ index",
    ]);
    let mut first = None;
    for count in [100, 1_000, 10_000] {
        let (set, folded) = policies(count);
        let found = set.matching(&Candidate::new(&facts)).len();
        assert_eq!(found, MATCHING.len());
        let ours = time(|| set.matching(&Candidate::new(&facts)));
        let naive = time(|| {
            let room = Candidate::new(&facts);
            let test = |policy: &roomwright::policy::Policy| policy.matcher.test(&room).ok();
            set.policies().iter().filter_map(test).count()
        });
        let mut builder = globset::GlobSetBuilder::new();
        for glob in &folded {
            builder.add(globset::Glob::new(glob).unwrap());
        }
        let globs = builder.build().unwrap();
        let title = "client8 - acme göteborg ab - 2026";
        assert_eq!(globs.matches(title).len(), MATCHING.len());
        let theirs = time(|| globs.matches(title));
        let first = *first.get_or_insert(ours);
        row(&[
            count.to_string(),
            format!("{:.2} µs", ours.as_secs_f64() * 1e6),
            format!("{:.2}", ratio(ours, first)),
            format!("{:.0}", ratio(naive, ours)),
            format!("{:.1}", ratio(theirs, ours)),
        ]);
    }
}
