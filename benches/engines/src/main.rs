//! One room against many policies over its title, creator and groups: roomwright, `globset`, Cedar and Rego in one run.
//!
//! `cargo run --release` in this folder prints the table in BENCHMARKS.md. Every engine must find the same policies before
//! anything is measured. The others do not fold texts, so they get folded ones, and they have no captures.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use cedar_policy::{Authorizer, Context, Entities, EntityUid, PolicySet as CedarSet, Request};
use jiff::civil::date;
use roomwright::policy::{Candidate, PolicySet};
use roomwright::room::{Creator, Facts, RoomType, Unresolved};
use roomwright::yaml::Sources;

const TITLE: &str = "client8 - acme göteborg ab - 2026";
const CREATOR: &str = "anna.berg@legal.example.org";
const GROUPS: [&str; 2] = ["legal", "partners"];

/// A policy: all of these must hold.
struct Policy {
    title: String,
    creator: String,
    group: Option<String>,
}

/// Five that match, and others that do not, in the forms people write.
fn policies(count: usize) -> Vec<Policy> {
    let matching = [
        ("client8 - *", "*@legal.example.org", None),
        (
            "* - acme göteborg ab - *",
            "*@legal.example.org",
            Some("legal"),
        ),
        ("* - 2026", "anna.*", None),
        ("client8 *", "*", Some("partners")),
        ("client* - acme*", "*@legal.*", Some("legal")),
    ];
    let matching = matching.map(|(title, creator, group)| Policy {
        title: title.to_owned(),
        creator: creator.to_owned(),
        group: group.map(str::to_owned),
    });
    let other = |number: usize| {
        let n = number + 1000;
        let title = match number % 6 {
            0 => format!("client{n} - *"),
            1 => format!("hr{n} *"),
            2 => format!("* (confidential {n})"),
            3 => format!("project {n} *"),
            4 => format!("* weekly {n} *"),
            _ => format!("équipe {n} - *"),
        };
        Policy {
            title,
            creator: format!("*@d{}.example.org", n % 50),
            group: number
                .is_multiple_of(2)
                .then(|| format!("team {}", n % 200)),
        }
    };
    matching
        .into_iter()
        .chain((0..count - 5).map(other))
        .collect()
}

fn ours(policies: &[Policy]) -> PolicySet {
    let mut text = "version: 1\ntemplates:\n  t: { folders: [Documents] }\npolicies:\n".to_owned();
    for (number, policy) in policies.iter().enumerate() {
        let group = policy
            .group
            .as_ref()
            .map(|group| format!(", creator_group: {group}"));
        let _ = writeln!(
            text,
            "  - {{ name: p{number}, match: {{ title: \"{}\", creator: \"{}\"{} }}, template: t }}",
            policy.title,
            policy.creator,
            group.unwrap_or_default()
        );
    }
    let mut sources = Sources::default();
    sources.add("many.yaml", text);
    PolicySet::check(&sources).0.expect("good policies")
}

fn facts() -> Facts {
    Facts {
        title: "Client8 – ACME Göteborg AB – 2026".to_owned(),
        kind: RoomType::Collaboration,
        creator: Creator {
            id: String::new(),
            name: "Anna Berg".to_owned(),
            email: CREATOR.to_owned(),
            groups: GROUPS.iter().map(|group| (*group).to_owned()).collect(),
        },
        created: date(2026, 7, 1),
        tags: Vec::new(),
        unresolved: Unresolved::default(),
    }
}

/// Titles and creators, each as a set; groups by comparison.
fn globset(policies: &[Policy]) -> impl Fn() -> usize {
    let set = |texts: Vec<&str>| {
        let mut builder = globset::GlobSetBuilder::new();
        for text in texts {
            builder.add(globset::Glob::new(text).expect("a glob"));
        }
        builder.build().expect("a set")
    };
    let titles = set(policies
        .iter()
        .map(|policy| policy.title.as_str())
        .collect());
    let creators = set(policies
        .iter()
        .map(|policy| policy.creator.as_str())
        .collect());
    let groups: Vec<Option<String>> = policies.iter().map(|policy| policy.group.clone()).collect();
    move || {
        let creators = creators.matches(CREATOR);
        let holds = |number: &usize| {
            let group = groups[*number].as_deref();
            creators.binary_search(number).is_ok()
                && group.is_none_or(|group| GROUPS.contains(&group))
        };
        titles
            .matches(TITLE)
            .iter()
            .filter(|number| holds(number))
            .count()
    }
}

fn cedar(policies: &[Policy]) -> impl Fn() -> usize {
    let mut text = String::new();
    for policy in policies {
        let group = policy
            .group
            .as_ref()
            .map(|group| format!(" && context.groups.contains(\"{group}\")"));
        let _ = writeln!(
            text,
            "permit(principal, action, resource) when {{ context.title like \"{}\" && context.creator like \"{}\"{} }};",
            policy.title,
            policy.creator,
            group.unwrap_or_default()
        );
    }
    let set: CedarSet = text.parse().expect("Cedar policies");
    let uid = |text: &str| -> EntityUid { text.parse().expect("an entity") };
    let facts = serde_json::json!({ "title": TITLE, "creator": CREATOR, "groups": GROUPS });
    let context = Context::from_json_value(facts, None).expect("a context");
    let request = Request::new(
        uid("User::\"anna\""),
        uid("Action::\"create\""),
        uid("Room::\"1\""),
        context,
        None,
    );
    let request = request.expect("a request");
    let (authorizer, entities) = (Authorizer::new(), Entities::empty());
    move || {
        let answer = authorizer.is_authorized(&request, &set, &entities);
        answer.diagnostics().reason().count()
    }
}

/// The policies are data and one rule asks each of them: a file of Rego may not exceed 1 MiB.
fn rego(policies: &[Policy]) -> impl FnMut() -> usize {
    let rule = r#"package rooms
import rego.v1
matching contains number if {
  some number, policy in data.policies
  glob.match(policy.title, null, input.title)
  glob.match(policy.creator, null, input.creator)
  in_group(policy)
}
in_group(policy) if not policy.group
in_group(policy) if policy.group in input.groups
"#;
    let data = |policy: &Policy| {
        let mut data = serde_json::json!({ "title": policy.title, "creator": policy.creator });
        if let Some(group) = &policy.group {
            data["group"] = group.as_str().into();
        }
        data
    };
    let value = |json: serde_json::Value| {
        regorus::Value::from_json_str(&json.to_string()).expect("a value")
    };
    let policies: Vec<_> = policies.iter().map(data).collect();
    let mut engine = regorus::Engine::new();
    engine
        .add_policy("rooms.rego".to_owned(), rule.to_owned())
        .expect("a Rego rule");
    engine
        .add_data(value(serde_json::json!({ "policies": policies })))
        .expect("Rego data");
    let input = value(serde_json::json!({ "title": TITLE, "creator": CREATOR, "groups": GROUPS }));
    move || {
        engine.set_input(input.clone());
        let found = engine
            .eval_rule("data.rooms.matching".to_owned())
            .expect("an answer");
        found.as_set().expect("a set").len()
    }
}

/// The best of some rounds, each of at least 20 ms.
fn time(mut work: impl FnMut() -> usize) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..7 {
        let start = Instant::now();
        let mut times = 0;
        while start.elapsed() < Duration::from_millis(20) {
            black_box(work());
            times += 1;
        }
        best = best.min(start.elapsed() / times);
    }
    best
}

fn main() {
    println!(
        "| policies | roomwright | `globset`, no captures ÷ roomwright | Cedar ÷ roomwright | Rego ÷ roomwright |"
    );
    println!("|---|---|---|---|---|");
    let facts = facts();
    for count in [100, 1_000, 10_000] {
        let policies = policies(count);
        let set = ours(&policies);
        let roomwright = || set.matching(&Candidate::new(&facts)).len();
        let (globset, cedar, mut rego) = (globset(&policies), cedar(&policies), rego(&policies));
        let answers = [roomwright(), globset(), cedar(), rego()];
        assert_eq!(answers, [5; 4], "each engine finds the same policies");
        let own = time(roomwright);
        let against = |other: Duration| format!("{:.1}", other.as_secs_f64() / own.as_secs_f64());
        println!(
            "| {count} | {:.2} µs | {} | {} | {} |",
            own.as_secs_f64() * 1e6,
            against(time(globset)),
            against(time(cedar)),
            against(time(rego))
        );
    }
}
