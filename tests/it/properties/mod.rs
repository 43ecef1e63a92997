//! Properties of every room and every set of policies.

mod exact;
mod room;

use proptest::prelude::*;
use roomwright::bind::{Snapshot, bind};
use roomwright::plan::{Action, Plan, plan};
use roomwright::policy::glob::{FoldMode, Glob};
use roomwright::policy::{Candidate, Mismatch, PolicySet};
use roomwright::resolve::resolve;
use roomwright::room::{Creator, Facts, Folder, FolderId, RoomType, Subject, effective_access};
use roomwright::yaml::Sources;

use room::*;

proptest! {
    #[test]
    fn an_applied_plan_leaves_nothing_to_do(
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
    fn nobodys_effective_access_becomes_lower_and_nothing_is_removed(
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
    fn items_that_no_policy_mentions_never_change(
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
    fn the_order_of_files_and_responses_makes_no_difference(
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
        // Places name the file by its number, which this test changes.
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
    fn the_index_finds_exactly_the_policies_that_match_individually(
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
    fn two_spellings_of_a_title_never_create_two_folders(
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
        // A folder that looks the same exists, and remains the only one.
        let mut seen = observed(&[], &[], true);
        seen.folders.push(Folder { id: FolderId::new("5"), parent: FolderId::new("7"), title: other, system: false });
        let snapshot = Snapshot::default();
        let plan = plan(&bind(&resolution.desired, RoomType::Custom, &snapshot), &seen, &snapshot);
        prop_assert!(plan.is_empty(), "{plan}");
    }

    #[test]
    fn two_spellings_of_a_subject_are_the_same_subject(one in any::<bool>(), other in any::<bool>()) {
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
        let shipped = include_str!("../../../policies/legal.yaml");
        let chars: Vec<char> = shipped.chars().collect();
        let at = at % chars.len();
        let text: String = chars[..at].iter().copied().chain(put.chars()).chain(chars.iter().skip(at + cut).copied()).collect();
        let mut sources = Sources::default();
        sources.add("x.yaml", text);
        let (_, problems) = PolicySet::validate(&sources);
        let _ = roomwright::yaml::render(&sources, &problems, true);
    }
}
