//! Rooms, directories and policies of the properties.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::date;
use proptest::prelude::*;
use roomwright::bind::{Bound, GroupEntry, PersonEntry, Snapshot, bind};
use roomwright::plan::{Action, Plan};
use roomwright::policy::PolicySet;
use roomwright::resolve::resolve;
use roomwright::room::{
    Access, Creator, Facts, Folder, FolderId, GroupId, Observed, Person, PersonKind, PersonStatus,
    Rights, Room, RoomId, RoomType, Setting, SettingKey, Share, Standing, Subject, Unresolved,
    UserId,
};
use roomwright::yaml::Sources;

pub(super) const TITLES: [&str; 6] = [
    "Documents",
    "documents",
    "Tasks",
    "Archive",
    "Drafts",
    "a_b",
];
/// Parts of titles, and ways in which people type them.
pub(super) const SPELLINGS: [&[&str]; 7] = [
    &["ü", "u\u{308}", "Ü", "U\u{308}", "u\u{200b}\u{308}"],
    &["ß", "ss", "SS", "ẞ", "sS"],
    &[" ", "  ", " \u{200b} ", "\u{3000}", "\u{a0}"],
    &["-", "–", "—", "\u{2212}", "－"],
    &["'", "’", "‘", "`", "´"],
    &["0", "０"],
    &["ΌΣ", "ός", "όσ", "ο\u{301}ς"],
];
pub(super) const ROLES: [&str; 5] = ["viewer", "commenter", "editor", "content-creator", "none"];

pub(super) fn user(n: usize) -> UserId {
    UserId::new(format!("00000000-0000-0000-0000-{n:012}"))
}

pub(super) fn group(n: usize) -> GroupId {
    GroupId::new(format!("11111111-0000-0000-0000-{n:012}"))
}

pub(super) fn person(n: usize) -> Person {
    Person {
        id: user(n),
        name: format!("P{n}"),
        email: format!("p{n}@example.org"),
        kind: if n.is_multiple_of(2) {
            PersonKind::RoomAdmin
        } else {
            PersonKind::User
        },
        status: PersonStatus::Active,
    }
}

/// A policy file as an author may write it: some templates and policies.
#[derive(Debug, Clone)]
pub(super) struct Wishes {
    pub(super) folders: Vec<Vec<usize>>,
    pub(super) grants: Vec<(bool, usize, usize)>,
    pub(super) tags: Vec<usize>,
    pub(super) priority: i32,
}

/// Four people and four groups, the service account (8) and the owner (9).
pub(super) fn cast(is_group: bool, who: usize) -> usize {
    match (is_group, who) {
        (true, who) => who % 4,
        (false, 4) => 8,
        (false, 5) => 9,
        (false, who) => who,
    }
}

pub(super) fn wishes() -> impl Strategy<Value = Wishes> {
    (
        prop::collection::vec(prop::collection::vec(0..TITLES.len(), 1..4), 0..5),
        prop::collection::vec(
            (any::<bool>(), 0usize..6, 0..ROLES.len())
                .prop_map(|(is_group, who, role)| (is_group, cast(is_group, who), role)),
            0..5,
        ),
        prop::collection::vec(0usize..3, 0..3),
        0i32..3,
    )
        .prop_map(|(folders, grants, tags, priority)| Wishes {
            folders,
            grants,
            tags,
            priority,
        })
}

pub(super) fn file(number: usize, wishes: &Wishes) -> String {
    let mut text = format!("version: 1\ntemplates:\n  t{number}:\n    folders:\n");
    for path in &wishes.folders {
        let path: Vec<&str> = path.iter().map(|title| TITLES[*title]).collect();
        text.push_str(&format!("      - \"{}\"\n", path.join("/")));
    }
    text.push_str("    grants:\n");
    let mut seen = BTreeSet::new();
    for (is_group, who, role) in &wishes.grants {
        if seen.insert((is_group, who)) {
            let to = if *is_group {
                format!("group: G{who}")
            } else {
                format!("user: p{who}@example.org")
            };
            text.push_str(&format!("      - {{ {to}, role: {} }}\n", ROLES[*role]));
        }
    }
    let tags: Vec<String> = wishes.tags.iter().map(|tag| format!("tag{tag}")).collect();
    text.push_str(&format!(
        "    settings: {{ tags: [{}] }}\n",
        tags.join(", ")
    ));
    text.push_str(&format!(
        "policies:\n  - {{ name: p{number}, match: {{ type: custom }}, template: t{number}, priority: {} }}\n",
        wishes.priority
    ));
    text
}

pub(super) fn checked(files: &[String]) -> PolicySet {
    let mut sources = Sources::default();
    for (number, text) in files.iter().enumerate() {
        sources.add(format!("{number}.yaml"), text.clone());
    }
    let (set, problems) = PolicySet::check(&sources);
    set.unwrap_or_else(|| panic!("{problems:#?}"))
}

pub(super) fn facts() -> Facts {
    Facts {
        title: "Room".to_owned(),
        kind: RoomType::Custom,
        creator: Creator {
            id: user(9).to_string(),
            name: "P9".into(),
            email: "p9@example.org".into(),
            ..Creator::default()
        },
        created: date(2026, 7, 1),
        tags: Vec::new(),
        unresolved: Unresolved::default(),
    }
}

/// The members of each group: bit n of `members[g]`.
pub(super) fn snapshot(members: &[u8; 4]) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for n in 0..4 {
        snapshot.add_group(
            &format!("G{n}"),
            vec![GroupEntry {
                id: group(n),
                name: format!("G{n}"),
            }],
        );
        snapshot.add_person(
            &format!("p{n}@example.org"),
            Some(PersonEntry {
                person: person(n),
                groups: groups_of(n, members),
            }),
        );
    }
    snapshot
}

pub(super) fn snapshot_with_us(members: &[u8; 4]) -> Snapshot {
    let mut snapshot = snapshot(members);
    for n in [8, 9] {
        let entry = PersonEntry {
            person: person(n),
            groups: BTreeSet::new(),
        };
        snapshot.add_person(&format!("p{n}@example.org"), Some(entry));
    }
    snapshot
}

pub(super) fn groups_of(n: usize, members: &[u8; 4]) -> BTreeSet<GroupId> {
    (0..4)
        .filter(|g| members[*g] & (1 << n) != 0)
        .map(group)
        .collect()
}

pub(super) fn observed(
    folders: &[(usize, usize, bool)],
    shares: &[(bool, usize, usize)],
    mine: bool,
) -> Observed {
    let id = RoomId::new("7");
    let mut all: Vec<Folder> = Vec::new();
    for (number, (parent, title, system)) in folders.iter().enumerate() {
        let parent = match parent.checked_sub(1).and_then(|index| all.get(index)) {
            Some(folder) => folder.id.clone(),
            None => FolderId::new("7"),
        };
        all.push(Folder {
            id: FolderId::new((100 + number).to_string()),
            parent,
            title: TITLES[*title].to_owned(),
            system: *system,
        });
    }
    let shares: BTreeMap<Subject, Share> = shares
        .iter()
        .map(|(is_group, who, access)| {
            let (subject, name) = if *is_group {
                (Subject::Group(group(*who)), format!("G{who}"))
            } else {
                (Subject::User(user(*who)), format!("P{who}"))
            };
            (
                subject.clone(),
                Share {
                    subject,
                    name,
                    email: String::new(),
                    access: Some(Access::ALL[*access]),
                },
            )
        })
        .collect();
    let rights = Rights {
        create: mine,
        edit_access: mine,
        edit_room: mine,
    };
    Observed {
        room: Room {
            id,
            title: "Room".to_owned(),
            standing: Standing::Active(RoomType::Custom),
            owner: user(9),
            owner_name: "P9".to_owned(),
            created: date(2026, 7, 1),
            created_at: jiff::Timestamp::UNIX_EPOCH,
            tags: vec!["Tag0".to_owned()],
            settings: [(SettingKey::Indexing, Setting::Indexing(false))].into(),
            rights,
        },
        owner: person(9),
        folders: all,
        shares: shares.into_values().collect(),
        me: user(8),
    }
}

/// The room after a plan, as the portal would report it.
pub(super) fn after(seen: &Observed, plan: &Plan) -> Observed {
    let mut now = seen.clone();
    for action in &plan.actions {
        match action {
            Action::UpdateSettings(changes) => {
                for change in changes {
                    now.room.settings.insert(change.to.key(), change.to.clone());
                }
            }
            Action::CreateFolder { path, .. } => {
                // Subfolders of any folder of the same title count; the exact title comes first.
                let mut parents = vec![FolderId::new("7")];
                for title in &path.0[..path.0.len() - 1] {
                    parents = parents
                        .iter()
                        .flat_map(|parent| {
                            let mut found: Vec<&Folder> = now
                                .folders
                                .iter()
                                .filter(|folder| {
                                    folder.parent == *parent
                                        && !folder.system
                                        && folder.title.to_lowercase() == title.to_lowercase()
                                })
                                .collect();
                            found.sort_by_key(|folder| (folder.title != *title, folder.id.clone()));
                            found.into_iter().map(|folder| folder.id.clone())
                        })
                        .collect();
                }
                let parent = parents.first().expect("parents come first").clone();
                let id = FolderId::new((1000 + now.folders.len()).to_string());
                now.folders.push(Folder {
                    id,
                    parent,
                    title: path.0.last().unwrap().clone(),
                    system: false,
                });
            }
            Action::AddTags(tags) => now
                .room
                .tags
                .extend(tags.iter().map(|tag| tag.value.clone())),
            Action::Grant {
                subject,
                name,
                role,
                ..
            } => {
                now.shares.retain(|share| share.subject != *subject);
                now.shares.push(Share {
                    subject: subject.clone(),
                    name: name.clone(),
                    email: String::new(),
                    access: role.to,
                });
            }
            Action::Revoke { subject, .. } => {
                now.shares.retain(|share| share.subject != *subject);
            }
            Action::ChangeOwner { to, .. } => {
                let former = std::mem::replace(&mut now.owner, (**to).clone());
                now.shares
                    .retain(|share| share.subject != Subject::User(to.id.clone()));
                now.shares.push(Share {
                    subject: Subject::User(former.id),
                    name: former.name,
                    email: former.email,
                    access: Some(Access::RoomManager),
                });
            }
            Action::Invite { email, access, .. } => now.shares.push(Share {
                subject: Subject::User(user(100 + now.shares.len())),
                name: email.clone(),
                email: email.clone(),
                access: Some(*access),
            }),
        }
    }
    now
}

pub(super) fn grants(seen: &Observed) -> BTreeMap<Subject, Access> {
    seen.shares
        .iter()
        .filter_map(|share| Some((share.subject.clone(), share.access?)))
        .collect()
}

pub(super) fn bound_without_conflicts(set: &PolicySet, snapshot: &Snapshot) -> Option<Bound> {
    let bound = bind(&resolve(set, &facts()).desired, RoomType::Custom, snapshot);
    bound.conflicts.is_empty().then_some(bound)
}
