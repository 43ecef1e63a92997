//! What the demo starts with: the people and groups of its portal, and its policies.

use anyhow::Context;

use crate::policy::PolicySet;
use crate::simulator::{EmployeeType, Portal};
use crate::yaml::{Sources, render};

/// The policies of the repository, so that the demo runs from any directory.
const POLICIES: [(&str, &str); 4] = [
    (
        "policies/data-rooms.yaml",
        include_str!("../../../policies/data-rooms.yaml"),
    ),
    (
        "policies/legal.yaml",
        include_str!("../../../policies/legal.yaml"),
    ),
    (
        "policies/organisation.yaml",
        include_str!("../../../policies/organisation.yaml"),
    ),
    (
        "policies/sales.yaml",
        include_str!("../../../policies/sales.yaml"),
    ),
];

/// The accounts that the demo acts as, and the API key of roomwright.
pub(super) struct Cast {
    pub(super) service: String,
    pub(super) clara: String,
    pub(super) sam: String,
    pub(super) key: String,
}

/// Adds forty people in eight groups.
pub(super) fn populate(portal: &Portal) -> Cast {
    let service = portal.add_person(
        "roomwright",
        "roomwright@example.org",
        EmployeeType::DocSpaceAdmin,
    );
    let anna = portal.add_person(
        "Anna Berg",
        "anna.berg@example.org",
        EmployeeType::RoomAdmin,
    );
    let clara = portal.add_person(
        "Clara Weiss",
        "clara.weiss@legal.example.org",
        EmployeeType::RoomAdmin,
    );
    let sam = portal.add_person(
        "Sam Okoye",
        "sam.okoye@sales.example.org",
        EmployeeType::RoomAdmin,
    );
    let names = [
        "HR",
        "Legal department",
        "Sales",
        "Finance",
        "IT",
        "Marketing",
        "Board",
        "Interns",
    ];
    let people: Vec<String> = (1..=36)
        .map(|n| {
            portal.add_person(
                &format!("Person {n:02}"),
                &format!("person{n:02}@example.org"),
                EmployeeType::User,
            )
        })
        .collect();
    for (index, name) in names.into_iter().enumerate() {
        let mut members: Vec<&str> = people
            .iter()
            .skip(index * 4)
            .take(6)
            .map(String::as_str)
            .collect();
        members.extend(match name {
            "Legal department" => vec![anna.as_str(), clara.as_str()],
            "Sales" => vec![sam.as_str()],
            _ => vec![],
        });
        portal.add_group(name, &members);
    }
    let key = portal.add_key(&service, &["rooms:write", "files:write", "accounts:read"]);
    Cast {
        service,
        clara,
        sam,
        key,
    }
}

/// Checks the policies.
///
/// # Errors
/// They are not valid.
pub(super) fn policies() -> anyhow::Result<PolicySet> {
    let mut sources = Sources::default();
    for (path, text) in POLICIES {
        sources.add(path, text);
    }
    let (set, problems) = PolicySet::check(&sources);
    set.with_context(|| render(&sources, &problems, false))
}
