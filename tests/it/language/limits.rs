//! Files that are designed to take forever are rejected quickly.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use roomwright::policy::PolicySet;
use roomwright::yaml::{Severity, Sources, render};

const TAIL: &str = "policies:\n  - { name: p, match: all, template: t0 }\n";

/// The CPU time of this thread, if the system reports it: the wall clock would include other tests.
pub(super) fn spent() -> Duration {
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let worked = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    worked
        .and_then(|text| text.split(' ').next()?.parse().ok())
        .map_or_else(|| BEGUN.elapsed(), Duration::from_nanos)
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

/// Templates of which each extends the next.
fn chain(count: usize) -> String {
    let templates = lines(count, |n| {
        format!("  t{n}: {{ extends: t{}, folders: [f{n}] }}\n", n + 1)
    });
    format!("version: 1\ntemplates:\n{templates}  t{count}: {{}}\n{TAIL}")
}

/// Policies that disagree, with globs that take long to compare.
fn stars(policies: usize, stars: usize) -> String {
    let templates = lines(policies, |n| {
        let role = ["viewer", "editor"][n % 2];
        format!("  t{n}: {{ grants: [{{ group: HR, role: {role} }}] }}\n")
    });
    let policies = lines(policies, |n| {
        let title = format!("{}{n}", "*a".repeat(stars));
        format!(
            "  - {{ name: p{n}, match: {{ title: '{title}', type: custom }}, template: t{n} }}\n"
        )
    });
    format!("version: 1\ntemplates:\n{templates}policies:\n{policies}")
}

fn grants(count: usize) -> String {
    let grants = lines(count, |n| {
        format!("      - {{ group: G{n}, role: content-creator }}\n")
    });
    format!("version: 1\ntemplates:\n  t0:\n    grants:\n{grants}{TAIL}")
}

fn strange_roles(unknown: usize, known: usize) -> String {
    let roles = lines(known, |n| format!("  Known role {n}: viewer\n"));
    let grants = lines(unknown, |n| {
        format!("      - {{ group: G{n}, role: Nown role {n} }}\n")
    });
    format!("version: 1\nroles:\n{roles}templates:\n  t0:\n    grants:\n{grants}{TAIL}")
}

fn many_unknown_templates(unknown: usize, known: usize) -> String {
    let templates = lines(known, |n| format!("  t{n}: {{}}\n"));
    let policies = lines(unknown, |n| {
        format!("  - {{ name: p{n}, match: all, template: u{n} }}\n")
    });
    format!("version: 1\ntemplates:\n{templates}policies:\n{policies}")
}

#[test]
fn bombs_and_depths_are_errors_and_not_hangs() {
    let mut bomb = String::from("version: 1\na0: &a0 [x]\n");
    for n in 1..10 {
        bomb.push_str(&format!(
            "a{n}: &a{n} [{}]\n",
            vec![format!("*a{}", n - 1); 10].join(", ")
        ));
    }
    for text in [
        bomb,
        "[".repeat(200_000),
        "- ".repeat(100_000),
        format!("version: 1\n{}", "\"k\": {".repeat(500)),
        chain(600),
        stars(8, 400),
        grants(8_000),
        strange_roles(3_000, 5_000),
        many_unknown_templates(3_000, 5_000),
    ] {
        let mut sources = Sources::default();
        sources.add("bomb.yaml", text);
        let begun = spent();
        let (set, problems) = PolicySet::validate(&sources);
        let reported = render(&sources, &problems, false).len();
        assert!(problems.len() < 110 && reported < 200_000, "{reported}");
        let took = spent() - begun;
        assert!(took < Duration::from_secs(10), "{took:?}");
        let errors = problems
            .iter()
            .filter(|problem| problem.severity == Severity::Error);
        assert_eq!(set.is_none(), errors.count() > 0);
    }
    let keys: String = (0..20_000).map(|n| format!("k{n}: 1\n")).collect();
    let mut sources = Sources::default();
    sources.add("keys.yaml", keys);
    assert!(
        PolicySet::validate(&sources)
            .1
            .iter()
            .any(|problem| problem.severity == Severity::Error)
    );
}

#[test]
fn a_long_chain_of_extends_is_an_error_that_says_so() {
    let problems = |count: usize| {
        let mut sources = Sources::default();
        sources.add("chain.yaml", chain(count));
        let (_, problems) = PolicySet::validate(&sources);
        problems
            .iter()
            .map(|problem| problem.code)
            .collect::<Vec<_>>()
    };
    assert_eq!(problems(31), Vec::<&str>::new());
    assert_eq!(problems(32), ["extends-depth"]);
}

#[test]
fn after_fifty_problems_the_others_are_only_mentioned() {
    for text in [
        strange_roles(80, 1),
        format!("version: 1\n{}", lines(80, |n| format!("k{n}: 1\n"))),
        format!("version: 1\n{}", lines(80, |n| format!("k{n}: *a{n}\n"))),
    ] {
        let mut sources = Sources::default();
        sources.add("many.yaml", text);
        let (_, problems) = PolicySet::validate(&sources);
        assert_eq!(problems.len(), 51);
        assert_eq!(problems[50].code, "many-problems");
    }
}
