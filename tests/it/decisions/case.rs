//! Random rooms and policies.

use std::collections::BTreeSet;

use proptest::prelude::*;
use roomwright::decide::Ownership;
use roomwright::simulator::RoomType;

pub(super) const TITLES: [&str; 7] = [
    "Documents",
    "documents",
    "Tasks",
    "Archive",
    "Drafts",
    "Q: 4",
    "a_b",
];
pub(super) const TAGS: [&str; 4] = ["alpha", "Beta", "beta", "gamma"];
pub(super) const ROLES: [&str; 8] = [
    "viewer",
    "commenter",
    "reviewer",
    "form-filler",
    "editor",
    "content-creator",
    "none",
    "room-manager",
];
pub(super) const CODES: [i32; 7] = [2, 6, 5, 7, 10, 11, 9];
pub(super) const KINDS: [RoomType; 5] = [
    RoomType::Custom,
    RoomType::Editing,
    RoomType::Public,
    RoomType::FillingForms,
    RoomType::VirtualData,
];
/// The subjects of policies. The portal knows the first eight, accounts (one of them disabled) and groups, and not the
/// last two.
pub(super) const SUBJECTS: [(&str, &str); 10] = [
    ("user", "mia@example.org"),
    ("user", "ed@example.org"),
    ("user", "vera@example.org"),
    ("user", "boss@example.org"),
    ("user", "roomwright@example.org"),
    ("user", "tess@example.org"),
    ("group", "HR"),
    ("group", "HR abroad"),
    ("user", "nobody@example.org"),
    ("group", "Ghosts"),
];
pub(super) const KNOWN: usize = 8;

/// A policy with its own template.
#[derive(Debug, Clone)]
pub(super) struct Wishes {
    pub(super) folders: Vec<Vec<usize>>,
    pub(super) grants: Vec<(usize, usize)>,
    pub(super) tags: Vec<usize>,
    pub(super) priority: i32,
    pub(super) observes: bool,
}

pub(super) fn wishes() -> impl Strategy<Value = Wishes> {
    (
        prop::collection::vec(prop::collection::vec(0..TITLES.len(), 1..4), 0..4),
        prop::collection::vec((0..SUBJECTS.len(), 0..ROLES.len()), 0..5),
        prop::collection::vec(0..TAGS.len(), 0..3),
        0i32..3,
        prop::bool::weighted(0.15),
    )
        .prop_map(|(folders, grants, tags, priority, observes)| Wishes {
            folders,
            grants,
            tags,
            priority,
            observes,
        })
}

/// The kind of owner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Owner {
    RoomAdmin,
    Demoted,
    Disabled,
}

#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) kind: RoomType,
    pub(super) owner: Owner,
    /// Our account's role in the room.
    pub(super) ours: Option<i32>,
    pub(super) ownership: Ownership,
    pub(super) folders: Vec<Vec<usize>>,
    pub(super) members: Vec<(usize, usize)>,
    pub(super) tags: Vec<usize>,
    pub(super) policies: Vec<Wishes>,
    /// What people undo after the room is configured, and the policies from then on.
    pub(super) undone: Vec<Undo>,
    pub(super) later: Vec<Wishes>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Undo {
    Folder,
    Member(usize),
    Tag(usize),
    OurAccount,
}

pub(super) fn case() -> impl Strategy<Value = Case> {
    let owner = prop_oneof![
        6 => Just(Owner::RoomAdmin),
        1 => Just(Owner::Demoted),
        1 => Just(Owner::Disabled),
    ];
    let ours = prop_oneof![2 => Just(None), 1 => Just(Some(9)), 1 => Just(Some(2))];
    let ownership = prop_oneof![5 => Just(Ownership::Adopt), 1 => Just(Ownership::Never)];
    let undo = prop_oneof![
        2 => Just(Undo::Folder),
        2 => (0..KNOWN).prop_map(Undo::Member),
        1 => (0..TAGS.len()).prop_map(Undo::Tag),
        1 => Just(Undo::OurAccount),
    ];
    let room = (
        prop::sample::select(KINDS.to_vec()),
        owner,
        ours,
        ownership,
        prop::collection::vec(prop::collection::vec(0..TITLES.len(), 1..3), 0..4),
        prop::collection::vec((0..KNOWN, 0..CODES.len()), 0..4),
        prop::collection::vec(0..TAGS.len(), 0..2),
    );
    let policies = prop::collection::vec(wishes(), 1..4);
    let later = prop::collection::vec(wishes(), 0..2);
    let undone = prop::collection::vec(undo, 0..3);
    (room, policies, undone, later).prop_map(|(room, policies, undone, later)| {
        let (kind, owner, ours, ownership, folders, members, tags) = room;
        Case {
            kind,
            owner,
            ours,
            ownership,
            folders,
            members,
            tags,
            policies,
            undone,
            later,
        }
    })
}

pub(super) fn written(all: &[Wishes]) -> String {
    let (mut templates, mut over) = (String::new(), String::new());
    for (number, wishes) in all.iter().enumerate() {
        templates.push_str(&format!("  t{number}:\n    folders:\n"));
        for path in &wishes.folders {
            templates.push_str(&format!("      - {:?}\n", path_of(path)));
        }
        templates.push_str("    grants:\n");
        let mut seen = BTreeSet::new();
        for (who, role) in &wishes.grants {
            let ((kind, name), role) = (SUBJECTS[*who], ROLES[*role]);
            let is_possible = kind == "user" || role != "room-manager";
            if is_possible && seen.insert(who) {
                let line = format!("      - {{ {kind}: {name}, role: {role} }}\n");
                templates.push_str(&line);
            }
        }
        let tags: BTreeSet<&str> = wishes.tags.iter().map(|tag| TAGS[*tag]).collect();
        let tags: Vec<&str> = tags.into_iter().collect();
        templates.push_str(&format!(
            "    settings: {{ tags: [{}] }}\n",
            tags.join(", ")
        ));
        let mode = if wishes.observes {
            ", mode: observe"
        } else {
            ""
        };
        over.push_str(&format!(
            "  - {{ name: p{number}, match: {{ title: 'Team *' }}, template: t{number}, priority: {}{mode} }}\n",
            wishes.priority
        ));
    }
    format!("version: 1\ntemplates:\n{templates}policies:\n{over}")
}

pub(super) fn path_of(titles: &[usize]) -> String {
    let titles: Vec<&str> = titles.iter().map(|title| TITLES[*title]).collect();
    titles.join("/")
}
