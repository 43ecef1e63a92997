//! Properties of rooms with exact membership.

use super::*;

/// The same files, with a membership in the first.
fn exact(wishes: &[Wishes], more: &str) -> PolicySet {
    let files: Vec<String> = wishes
        .iter()
        .enumerate()
        .map(|(number, wishes)| {
            let text = file(number, wishes);
            if number == 0 {
                text.replace("    grants:\n", &format!("{more}    grants:\n"))
            } else {
                text
            }
        })
        .collect();
    checked(&files)
}

const EXACT: &str = "    membership: exact\n";

proptest! {
    #[test]
    fn an_exact_room_has_exactly_its_grants_and_stays_so(
        wishes in prop::collection::vec(wishes(), 1..4),
        shares in prop::collection::vec((any::<bool>(), 0usize..4, 0usize..7), 0..6),
        members in any::<[u8; 4]>(),
    ) {
        let snapshot = snapshot_with_us(&members);
        if let Some(bound) = bound_without_conflicts(&exact(&wishes, EXACT), &snapshot) {
            let seen = observed(&[], &shares, false);
            let first = plan(&bound, &seen, &snapshot);
            let now = after(&seen, &first);
            let second = plan(&bound, &now, &snapshot);
            prop_assert!(second.is_empty(), "{first}\n{second}");
            let keeps = &bound.exact.as_ref().unwrap().keeps;
            let others = [8, 9].map(|n| Subject::User(user(n)));
            for (subject, access) in grants(&now) {
                let granted = bound.grants.iter().find(|grant| grant.subject == subject);
                match granted {
                    Some(grant) => prop_assert_eq!(access, grant.access),
                    None => prop_assert!(keeps.contains(&subject) || others.contains(&subject)),
                }
            }
        }
    }

    #[test]
    fn nobody_is_removed_while_a_name_is_unknown(
        wishes in prop::collection::vec(wishes(), 1..4),
        shares in prop::collection::vec((any::<bool>(), 0usize..4, 0usize..7), 0..6),
    ) {
        let unknown = format!("{EXACT}    protect: [{{ group: Nobody at all }}]\n");
        let snapshot = snapshot_with_us(&[0; 4]);
        if let Some(bound) = bound_without_conflicts(&exact(&wishes, &unknown), &snapshot) {
            let seen = observed(&[], &shares, false);
            let plan = plan(&bound, &seen, &snapshot);
            prop_assert!(!plan.actions.iter().any(Action::removes), "{plan}");
            prop_assert!(!bound.shortfalls.is_empty());
        }
    }

    #[test]
    fn protected_people_keep_their_roles(
        wishes in prop::collection::vec(wishes(), 1..4),
        shares in prop::collection::vec((any::<bool>(), 0usize..4, 0usize..7), 0..6),
        protected in 0usize..4,
    ) {
        let protect = format!("{EXACT}    protect: [{{ group: G{protected} }}]\n");
        let snapshot = snapshot_with_us(&[0; 4]);
        if let Some(bound) = bound_without_conflicts(&exact(&wishes, &protect), &snapshot) {
            let seen = observed(&[], &shares, false);
            let now = after(&seen, &plan(&bound, &seen, &snapshot));
            let subject = Subject::Group(group(protected));
            let granted = bound.grants.iter().any(|grant| grant.subject == subject);
            if !granted {
                let (before, later) = (grants(&seen), grants(&now));
                prop_assert_eq!(before.get(&subject), later.get(&subject));
            }
        }
    }
}
