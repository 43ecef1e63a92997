//! What holds for every room and every set of policies.

mod exact;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::date;
use proptest::prelude::*;
use roomwright::bind::{Bound, GroupEntry, PersonEntry, Snapshot, bind};
use roomwright::plan::{Action, Plan, plan};
use roomwright::policy::glob::{FoldMode, Glob};
use roomwright::policy::{Candidate, Mismatch, PolicySet};
use roomwright::resolve::resolve;
use roomwright::room::{
    Access, Creator, Facts, Folder, FolderId, GroupId, Observed, Person, PersonKind, PersonStatus,
    Rights, Room, RoomId, RoomType, Setting, SettingKey, Share, Standing, Subject, Unresolved,
    UserId, effective_access,
};
use roomwright::yaml::Sources;

const TITLES: [&str; 6] = [
    "Documents",
    "documents",
    "Tasks",
    "Archive",
    "Drafts",
    "a_b",
];
/// Pieces of titles, and how people type each of them.
const SPELLINGS: [&[&str]; 7] = [
    &["ü", "u\u{308}", "Ü", "U\u{308}", "u\u{200b}\u{308}"],
    &["ß", "ss", "SS", "ẞ", "sS"],
    &[" ", "  ", " \u{200b} ", "\u{3000}", "\u{a0}"],
    &["-", "–", "—", "\u{2212}", "－"],
    &["'", "’", "‘", "`", "´"],
    &["0", "０"],
    &["ΌΣ", "ός", "όσ", "ο\u{301}ς"],
];
const ROLES: [&str; 5] = ["viewer", "commenter", "editor", "content-creator", "none"];

fn user(n: usize) -> UserId {
    UserId::new(format!("00000000-0000-0000-0000-{n:012}"))
}

fn group(n: usize) -> GroupId {
    GroupId::new(format!("11111111-0000-0000-0000-{n:012}"))
}

fn person(n: usize) -> Person {
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

/// A policy file as an author may write it: some templates, some policies over them.
#[derive(Debug, Clone)]
struct Wishes {
    folders: Vec<Vec<usize>>,
    grants: Vec<(bool, usize, usize)>,
    tags: Vec<usize>,
    priority: i32,
}

/// Four people and four groups, our own account (8) and the owner (9).
fn cast(is_group: bool, who: usize) -> usize {
    match (is_group, who) {
        (true, who) => who % 4,
        (false, 4) => 8,
        (false, 5) => 9,
        (false, who) => who,
    }
}

fn wishes() -> impl Strategy<Value = Wishes> {
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

fn file(number: usize, wishes: &Wishes) -> String {
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

fn checked(files: &[String]) -> PolicySet {
    let mut sources = Sources::default();
    for (number, text) in files.iter().enumerate() {
        sources.add(format!("{number}.yaml"), text.clone());
    }
    let (set, problems) = PolicySet::check(&sources);
    set.unwrap_or_else(|| panic!("{problems:#?}"))
}

fn facts() -> Facts {
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

/// Who is in which group: bit n of `members[g]`.
fn snapshot(members: &[u8; 4]) -> Snapshot {
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

fn snapshot_with_us(members: &[u8; 4]) -> Snapshot {
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

fn groups_of(n: usize, members: &[u8; 4]) -> BTreeSet<GroupId> {
    (0..4)
        .filter(|g| members[*g] & (1 << n) != 0)
        .map(group)
        .collect()
}

fn observed(
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

/// The room after a plan, as the portal would have it.
fn after(seen: &Observed, plan: &Plan) -> Observed {
    let mut now = seen.clone();
    for action in &plan.actions {
        match action {
            Action::UpdateSettings(changes) => {
                for change in changes {
                    now.room.settings.insert(change.to.key(), change.to.clone());
                }
            }
            Action::CreateFolder { path, .. } => {
                // What lies in any of several folders of one title is there; the exactly equal one comes first.
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

fn grants(seen: &Observed) -> BTreeMap<Subject, Access> {
    seen.shares
        .iter()
        .filter_map(|share| Some((share.subject.clone(), share.access?)))
        .collect()
}

fn bound_without_conflicts(set: &PolicySet, snapshot: &Snapshot) -> Option<Bound> {
    let bound = bind(&resolve(set, &facts()).desired, RoomType::Custom, snapshot);
    bound.conflicts.is_empty().then_some(bound)
}

proptest! {
    #[test]
    fn a_plan_that_was_carried_out_leaves_nothing_to_do(
        wishes in prop::collection::vec(wishes(), 1..4),
        folders in prop::collection::vec((0usize..6, 0..TITLES.len(), prop::bool::weighted(0.2)), 0..6),
        shares in prop::collection::vec((any::<bool>(), 0usize..4, 0usize..7), 0..6),
        members in any::<[u8; 4]>(),
        mine in any::<bool>(),
    ) {
        let files: Vec<String> = wishes.iter().enumerate().map(|(n, wishes)| file(n, wishes)).collect();
        let snapshot = snapshot_with_us(&members);
        if let Some(bound) = bound_without_conflicts(&checked(&files), &snapshot) {
            let seen = observed(&folders, &shares, mine);
            let first = plan(&bound, &seen, &snapshot);
            for action in &first.actions {
                if let Action::Grant { subject, .. } = action {
                    prop_assert!(![8, 9].map(|n| Subject::User(user(n))).contains(subject), "{action}");
                }
            }
            let second = plan(&bound, &after(&seen, &first), &snapshot);
            prop_assert!(second.is_empty(), "{first}\n{second}");
            prop_assert_eq!(first.needs_more_than(seen.room.rights), !mine && first.actions.iter().any(|action| {
                matches!(action, Action::CreateFolder { .. } | Action::Grant { .. })
            }));
        }
    }

    #[test]
    fn nobodys_effective_right_falls_and_nothing_is_removed(
        wishes in prop::collection::vec(wishes(), 1..4),
        folders in prop::collection::vec((0usize..6, 0..TITLES.len(), prop::bool::weighted(0.2)), 0..6),
        shares in prop::collection::vec((any::<bool>(), 0usize..4, 0usize..7), 0..6),
        members in any::<[u8; 4]>(),
    ) {
        let files: Vec<String> = wishes.iter().enumerate().map(|(n, wishes)| file(n, wishes)).collect();
        let snapshot = snapshot_with_us(&members);
        if let Some(bound) = bound_without_conflicts(&checked(&files), &snapshot) {
            let seen = observed(&folders, &shares, false);
            let now = after(&seen, &plan(&bound, &seen, &snapshot));
            for n in 0..4 {
                let groups = groups_of(n, &members);
                let before = effective_access(&grants(&seen), &user(n), &groups);
                let later = effective_access(&grants(&now), &user(n), &groups);
                prop_assert!(later >= before, "P{n}: {before:?} → {later:?}");
            }
            for folder in &seen.folders {
                prop_assert!(now.folders.contains(folder));
            }
            for tag in &seen.room.tags {
                prop_assert!(now.room.tags.contains(tag));
            }
        }
    }

    #[test]
    fn what_no_policy_mentions_is_never_touched(
        wishes in wishes(),
        shares in prop::collection::vec((any::<bool>(), 0usize..4, 0usize..7), 0..6),
    ) {
        let snapshot = snapshot_with_us(&[0; 4]);
        if let Some(bound) = bound_without_conflicts(&checked(&[file(0, &wishes)]), &snapshot) {
            let seen = observed(&[], &shares, false);
            let plan = plan(&bound, &seen, &snapshot);
            for action in &plan.actions {
                if let Action::Grant { subject, .. } = action {
                    let wanted = wishes.grants.iter().any(|(is_group, who, _)| {
                        *subject == if *is_group { Subject::Group(group(*who)) } else { Subject::User(user(*who)) }
                    });
                    prop_assert!(wanted, "{action}");
                }
            }
        }
    }

    #[test]
    fn the_order_of_files_and_of_answers_does_not_matter(
        wishes in prop::collection::vec(wishes(), 2..4),
        folders in prop::collection::vec((0usize..6, 0..TITLES.len(), prop::bool::weighted(0.2)), 0..6),
        shares in prop::collection::vec((any::<bool>(), 0usize..4, 0usize..7), 0..6),
        members in any::<[u8; 4]>(),
    ) {
        let snapshot = snapshot_with_us(&members);
        let files: Vec<String> = wishes.iter().enumerate().map(|(n, wishes)| file(n, wishes)).collect();
        let mut seen = observed(&folders, &shares, false);
        let forward = bind(&resolve(&checked(&files), &facts()).desired, RoomType::Custom, &snapshot);
        let one = plan(&forward, &seen, &snapshot);
        let reversed: Vec<String> = files.iter().rev().cloned().collect();
        seen.folders.reverse();
        seen.shares.reverse();
        let backward = bind(&resolve(&checked(&reversed), &facts()).desired, RoomType::Custom, &snapshot);
        let other = plan(&backward, &seen, &snapshot);
        // Places name the file by its number, which is what was changed.
        let strip = |plan: &Plan| {
            plan.actions.iter().map(|action| action.to_string().split("  ").next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        prop_assert_eq!(strip(&one), strip(&other));
        prop_assert_eq!(forward.conflicts.len(), backward.conflicts.len());
    }

    #[test]
    fn globs_agree_with_globset_on_ascii_words(glob in "[ab*?]{1,6}|\\{[ab]{1,2},[ab*]{1,2}\\}[a?]{0,2}|\\[!?ab\\][ab*]{0,3}", text in "[ab]{0,8}") {
        let oracle = globset::GlobBuilder::new(&glob).case_insensitive(true).build().unwrap().compile_matcher();
        let ours = Glob::new(&glob, FoldMode::Words).unwrap();
        prop_assert_eq!(ours.is_match(&text), oracle.is_match(&text), "{} {}", glob, text);
    }

    #[test]
    fn the_index_finds_exactly_the_policies_that_fit_when_each_is_asked(
        globs in prop::collection::vec((0usize..4, prop::collection::vec("[ab@*?]{1,4}|\\{ab,b\\}[ab*]{0,2}", 1..3)), 1..8),
        title in "[aAb@]{1,6}",
        name in "[ab]{1,3}@[ab]{1,3}",
        words in prop::collection::vec("[ab*]{1,2}", 4),
    ) {
        let mut text = "version: 1\ntemplates: { t: { folders: [A] } }\npolicies:\n".to_owned();
        for (number, (part, list)) in globs.iter().enumerate() {
            let list: Vec<String> = list.iter().map(|glob| format!("'{glob}'")).collect();
            let list = format!("[{}]", list.join(", "));
            let part = ["title", "creator_name", "creator_group", "tagged"][*part];
            text.push_str(&format!("  - {{ name: p{number}, match: {{ {part}: {list} }}, template: t }}\n"));
        }
        let set = checked(&[text]);
        let mut facts = Facts { title, creator: Creator { name, ..facts().creator }, ..facts() };
        facts.creator.groups.insert(words[0].clone());
        facts.tags.push(words[1].clone());
        facts.unresolved.groups.insert(words[2].clone(), "no group".to_owned());
        facts.unresolved.tags.insert(words[3].clone(), "no tag".to_owned());
        let room = Candidate::new(&facts);
        let found: Vec<&str> = set.matching(&room).iter().map(|(policy, _)| policy.name.as_str()).collect();
        let asked: Vec<&str> = set.policies().iter().filter(|policy| policy.matcher.test(&room).is_ok()).map(|policy| policy.name.as_str()).collect();
        prop_assert_eq!(&found, &asked);
        let each = set.policies().iter().filter(|policy| matches!(policy.matcher.test(&room), Err(Mismatch::Undecided(_))));
        prop_assert_eq!(set.undecided(&room).len(), each.count());
        prop_assert_eq!(found.len() + set.mismatched(&room).len(), set.policies().len());
    }

    #[test]
    fn two_spellings_of_one_title_never_make_two(
        pieces in prop::collection::vec(0usize..SPELLINGS.len(), 1..5),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 10),
    ) {
        let spelled = |from: usize| -> String {
            let picks = picks.iter().skip(from);
            let parts = pieces.iter().zip(picks).map(|(piece, pick)| *pick.get(SPELLINGS[*piece]));
            format!("x{}", parts.collect::<String>())
        };
        let (one, other) = (spelled(0), spelled(5));
        let file = format!("version: 1\ntemplates:\n  t0: {{ folders: [\"{one}\", \"{other}\"], grants: [{{ group: HR, role: viewer }}] }}\npolicies:\n  - {{ name: p, match: {{ title: \"{one}\" }}, template: t0 }}\n");
        let set = checked(&[file]);
        let facts = Facts { title: other.clone(), ..facts() };
        let resolution = resolve(&set, &facts);
        prop_assert_eq!(resolution.matched.len(), 1, "{} {}", one, other);
        prop_assert_eq!(resolution.desired.folders.len(), 1, "{} {}", one, other);
        // A folder that looks the same is there, and stays the only one.
        let mut seen = observed(&[], &[], true);
        seen.folders.push(Folder { id: FolderId::new("5"), parent: FolderId::new("7"), title: other, system: false });
        let snapshot = Snapshot::default();
        let plan = plan(&bind(&resolution.desired, RoomType::Custom, &snapshot), &seen, &snapshot);
        prop_assert!(plan.is_empty(), "{plan}");
    }

    #[test]
    fn two_spellings_of_one_subject_are_one(one in any::<bool>(), other in any::<bool>()) {
        let [upper, lower] = ["STRASSENBÜRO", "straßenbu\u{308}ro\u{200b}"];
        let pick = |first: bool| if first { upper } else { lower };
        let file = format!("version: 1\ntemplates:\n  t0: {{ grants: [{{ group: {}, role: viewer }}] }}\n  t1: {{ grants: [{{ group: {}, role: viewer }}] }}\npolicies:\n  - {{ name: p, match: all, template: t0 }}\n  - {{ name: q, match: all, template: t1 }}\n", pick(one), pick(other));
        let (grants, _) = resolve(&checked(&[file]), &facts()).desired.grants();
        prop_assert_eq!(grants.len(), 1);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,200}") {
        let mut sources = Sources::default();
        sources.add("x.yaml", text.clone());
        let (set, problems) = PolicySet::validate(&sources);
        prop_assert!(set.is_some() || !problems.is_empty());
        let _ = roomwright::yaml::render(&sources, &problems, false);
        let _ = Glob::new(&text, FoldMode::Titles).map(|glob| glob.is_match(&text));
    }

    #[test]
    fn no_edit_of_a_policy_makes_the_reader_panic(at in 0usize..2000, cut in 0usize..20, put in "[\\[\\]{}:,*&!|>'\"#\\n\\t -]{0,4}") {
        let shipped = include_str!("../../policies/legal.yaml");
        let chars: Vec<char> = shipped.chars().collect();
        let at = at % chars.len();
        let text: String = chars[..at].iter().copied().chain(put.chars()).chain(chars.iter().skip(at + cut).copied()).collect();
        let mut sources = Sources::default();
        sources.add("x.yaml", text);
        let (_, problems) = PolicySet::validate(&sources);
        let _ = roomwright::yaml::render(&sources, &problems, true);
    }
}
