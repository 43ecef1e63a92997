//! The results of tests, as text and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Ran;
use crate::cli::by;
use crate::policy::expectation::{PartOf, Stated, Test};
use crate::resolve::Conflict;
use crate::room::{CreatorFact, counted};
use crate::testing::{Coverage, Difference, Found, Tested};

/// How many policies and lines without a test are listed.
const MAX_NAMED: usize = 50;

pub(super) fn as_text(ran: &[Ran<'_>], coverage: Option<&Coverage>) -> String {
    let mut text = String::new();
    for (test, tested) in ran {
        if tested.passed() {
            let _ = writeln!(text, "  ✓ {}", test.name);
            text.push_str(&missing(tested));
        } else {
            let _ = writeln!(text, "  ✗ {} ({})", test.name, test.place);
            text.push_str(&differences(tested));
        }
    }
    let failed = ran.iter().filter(|(_, tested)| !tested.passed()).count();
    let passed = ran.len() - failed;
    let tests = counted(ran.len(), "test");
    let _ = match failed {
        0 => writeln!(text, "{tests}: all passed"),
        _ => writeln!(text, "{tests}: {passed} passed, {failed} failed"),
    };
    if let Some(coverage) = coverage {
        text.push_str(&covered(coverage));
    }
    text
}

/// One line for each difference.
pub(super) fn differences(tested: &Tested) -> String {
    let mut text = String::new();
    for difference in &tested.differences {
        let (sign, what, origin) = line(difference);
        let _ = writeln!(text, "      {sign} {what:<42} {origin}");
    }
    text.push_str(&missing(tested));
    text
}

/// What the room does not get, whether the test expects that or not.
fn missing(tested: &Tested) -> String {
    let lines = tested.missing.iter();
    lines
        .map(|missing| format!("      missing: {missing}\n"))
        .collect()
}

/// A sign, what differs, and where it comes from.
fn line(difference: &Difference) -> (char, String, String) {
    match difference {
        Difference::Missing { of, stated, why } => (
            '-',
            with_word(*of, stated_as(stated)),
            match why {
                Some(why) => format!("expected at {}; {why}", stated.place),
                None => format!("expected at {}", stated.place),
            },
        ),
        Difference::Surplus { of, found } => ('+', with_word(*of, found_as(found)), by(&found.by)),
        Difference::Other { of, stated, found } => (
            '≠',
            format!(
                "{}, not {}",
                with_word(*of, found_as(found)),
                stated.value.as_deref().unwrap_or_default()
            ),
            match by(&found.by).as_str() {
                "" => format!("expected at {}", stated.place),
                by => format!("{by}; expected at {}", stated.place),
            },
        ),
        Difference::Refused(conflicts) => {
            let conflicts: Vec<String> = conflicts.iter().map(Conflict::to_string).collect();
            ('!', "the room is refused:".to_owned(), conflicts.join("; "))
        }
        Difference::NotRefused => (
            '!',
            "the room is not refused".to_owned(),
            "the test says `refused: true`".to_owned(),
        ),
        Difference::NothingApplies => (
            '!',
            "no policy applies to the room".to_owned(),
            "so `refused: false` checks nothing; expect what it gets, or `policies: []`".to_owned(),
        ),
        Difference::NeedsDay => (
            '!',
            "what the room gets depends on the day".to_owned(),
            "add the day of its creation: `date: 2026-07-01`".to_owned(),
        ),
        Difference::NeedsCreator(facts) => {
            let words: Vec<&str> = facts.iter().map(|fact| fact.as_str()).collect();
            let keys: Vec<&str> = facts.iter().map(|fact| key(*fact)).collect();
            (
                '!',
                format!("it depends on the creator's {}", words.join(" and ")),
                format!("add to `room`: {}", keys.join(", ")),
            )
        }
    }
}

/// How a test states a fact about the creator.
fn key(fact: CreatorFact) -> &'static str {
    match fact {
        CreatorFact::Email => "`creator: anna@example.org`",
        CreatorFact::Id => "the id under `creator`, which can be a list: `[anna@example.org, ID]`",
        CreatorFact::Name => "`creator_name: Anna Berg`",
        CreatorFact::Groups => "`creator_groups: [HR]`, or `[]` for none",
    }
}

/// An entry with the word for its part, which is the name of a single value.
fn with_word(of: PartOf, entry: String) -> String {
    match of.is_single() {
        true => entry,
        false => format!("{} {entry}", of.word()),
    }
}

fn stated_as(stated: &Stated) -> String {
    named(&stated.name, stated.value.as_deref())
}

fn found_as(found: &Found) -> String {
    named(&found.name, found.value.as_deref())
}

fn named(name: &str, value: Option<&str>) -> String {
    match value {
        Some(value) => format!("{name}: {value}"),
        None => name.to_owned(),
    }
}

fn covered(coverage: &Coverage) -> String {
    let matched = coverage.policies - coverage.unmatched.len();
    let stated = coverage.entries - coverage.unstated.len();
    let mut text = format!(
        "\ntested: {matched} of {} policies, {stated} of {} lines of their templates\n",
        coverage.policies, coverage.entries
    );
    let unmatched = coverage
        .unmatched
        .iter()
        .map(|(policy, place)| format!("no test has a room for the policy `{policy}` ({place})"));
    let unstated = coverage.unstated.iter();
    let unstated = unstated.map(|place| format!("no test expects what {place} asks for"));
    let all: Vec<String> = unmatched.chain(unstated).collect();
    for line in all.iter().take(MAX_NAMED) {
        let _ = writeln!(text, "  {line}");
    }
    if let Some(more) = all.len().checked_sub(MAX_NAMED).filter(|more| *more > 0) {
        let _ = writeln!(text, "  and {more} more");
    }
    text
}

pub(super) fn as_json(ran: &[Ran<'_>], coverage: Option<&Coverage>) -> Value {
    let tests: Vec<Value> = ran.iter().map(|(test, tested)| one(test, tested)).collect();
    let mut value = json!({
        "passed": ran.iter().filter(|(_, tested)| tested.passed()).count(),
        "failed": ran.iter().filter(|(_, tested)| !tested.passed()).count(),
        "tests": tests,
    });
    if let (Some(coverage), Some(members)) = (coverage, value.as_object_mut()) {
        let unmatched = coverage.unmatched.iter();
        let unmatched: Vec<Value> = unmatched
            .map(|(policy, place)| json!({ "policy": policy, "place": place }))
            .collect();
        let coverage = json!({
            "policies": coverage.policies, "without_room": unmatched,
            "entries": coverage.entries, "not_stated": coverage.unstated,
        });
        members.insert("coverage".to_owned(), coverage);
    }
    value
}

fn one(test: &Test, tested: &Tested) -> Value {
    let differences: Vec<Value> = tested.differences.iter().map(difference).collect();
    json!({
        "name": test.name, "place": test.place, "passed": tested.passed(),
        "differences": differences, "missing": tested.missing,
    })
}

fn difference(difference: &Difference) -> Value {
    match difference {
        Difference::Missing { of, stated, why } => json!({
            "kind": "missing", "part": of.key(), "name": stated.name, "expected": stated.value,
            "place": stated.place, "why": why,
        }),
        Difference::Surplus { of, found } => json!({
            "kind": "surplus", "part": of.key(), "name": found.name, "found": found.value,
            "by": found.by,
        }),
        Difference::Other { of, stated, found } => json!({
            "kind": "other", "part": of.key(), "name": found.name, "expected": stated.value,
            "found": found.value, "place": stated.place, "by": found.by,
        }),
        Difference::Refused(conflicts) => json!({ "kind": "refused", "conflicts": conflicts }),
        Difference::NotRefused => json!({ "kind": "not-refused" }),
        Difference::NothingApplies => json!({ "kind": "nothing-applies" }),
        Difference::NeedsDay => json!({ "kind": "needs-day" }),
        Difference::NeedsCreator(facts) => {
            let facts: Vec<&str> = facts.iter().map(|fact| fact.as_str()).collect();
            json!({ "kind": "needs-creator", "facts": facts })
        }
    }
}
