//! Which grants are missing. Nobody's effective access becomes lower (docs/docspace.md, effective rights): a personal
//! grant counts alone, even a lower one; without one, the highest grant of the person's groups counts.

use std::collections::BTreeMap;

use super::{Action, Change, Note, Plan};
use crate::bind::{BoundGrant, Snapshot};
use crate::room::{Access, GroupId, Observed, Share, Subject, UserId};

pub(super) fn plan(wanted: &[BoundGrant], seen: &Observed, directory: &Snapshot, plan: &mut Plan) {
    let there: BTreeMap<&Subject, &Share> = seen
        .shares
        .iter()
        .map(|share| (&share.subject, share))
        .collect();
    // What each group will have after the plan; people are compared with that.
    let mut groups: BTreeMap<GroupId, (String, Access)> = seen
        .shares
        .iter()
        .filter_map(|share| match (&share.subject, share.access) {
            (Subject::Group(id), Some(access)) => Some((id.clone(), (share.name.clone(), access))),
            _ => None,
        })
        .collect();
    let mut grants = Vec::new();
    for grant in wanted
        .iter()
        .filter(|grant| matches!(grant.subject, Subject::Group(_)))
    {
        group(
            grant,
            there.get(&grant.subject).copied(),
            &mut groups,
            &mut grants,
            plan,
        );
    }
    for grant in wanted {
        if let Subject::User(id) = &grant.subject {
            let own = there.get(&grant.subject).copied();
            person(grant, id, own, seen, directory, &groups, &mut grants, plan);
        }
    }
    shadowed(seen, directory, &groups, &grants, plan);
    plan.actions.extend(grants);
}

fn group(
    grant: &BoundGrant,
    there: Option<&Share>,
    groups: &mut BTreeMap<GroupId, (String, Access)>,
    grants: &mut Vec<Action>,
    plan: &mut Plan,
) {
    let Some(from) = standing(grant, there, plan) else {
        return;
    };
    if let Subject::Group(id) = &grant.subject {
        groups.insert(id.clone(), (grant.name.clone(), grant.access));
    }
    grants.push(action(grant, from));
}

#[expect(
    clippy::too_many_arguments,
    reason = "the cases of one person, side by side"
)]
fn person(
    grant: &BoundGrant,
    id: &UserId,
    there: Option<&Share>,
    seen: &Observed,
    directory: &Snapshot,
    groups: &BTreeMap<GroupId, (String, Access)>,
    grants: &mut Vec<Action>,
    plan: &mut Plan,
) {
    if *id == seen.owner.id {
        return plan.notes.push(Note::IsOwner {
            name: grant.name.clone(),
        });
    }
    if *id == seen.me {
        return plan.notes.push(Note::IsUs);
    }
    if there.is_none()
        && let Some((through, access)) = best_group(id, directory, groups)
        && access > grant.access
    {
        return plan.notes.push(Note::HasMore {
            name: grant.name.clone(),
            has: access,
            through: Some(through),
        });
    }
    if let Some(from) = standing(grant, there, plan) {
        grants.push(action(grant, from));
    }
}

/// The role from which the grant would raise the subject; `None` if there is nothing to do.
fn standing(grant: &BoundGrant, there: Option<&Share>, plan: &mut Plan) -> Option<Option<Access>> {
    match there {
        None => Some(None),
        Some(share) => match share.access {
            None => {
                plan.notes.push(Note::UnknownRole {
                    name: share.name.clone(),
                });
                None
            }
            Some(has) if has > grant.access => {
                plan.notes.push(Note::HasMore {
                    name: grant.name.clone(),
                    has,
                    through: None,
                });
                None
            }
            Some(has) if has == grant.access => None,
            lower => Some(lower),
        },
    }
}

pub(super) fn action(grant: &BoundGrant, from: Option<Access>) -> Action {
    Action::Grant {
        subject: grant.subject.clone(),
        name: grant.name.clone(),
        role: Change {
            from,
            to: Some(grant.access),
        },
        notify: grant.notify,
        by: grant.by.clone(),
    }
}

fn best_group(
    id: &UserId,
    directory: &Snapshot,
    groups: &BTreeMap<GroupId, (String, Access)>,
) -> Option<(String, Access)> {
    directory
        .person_by_id(id)?
        .groups
        .iter()
        .filter_map(|group| groups.get(group))
        .max_by_key(|(_, access)| *access)
        .cloned()
}

/// Personal grants that make a group's higher grant ineffective are reported, not changed.
fn shadowed(
    seen: &Observed,
    directory: &Snapshot,
    groups: &BTreeMap<GroupId, (String, Access)>,
    grants: &[Action],
    plan: &mut Plan,
) {
    for share in &seen.shares {
        let (Subject::User(id), Some(own)) = (&share.subject, share.access) else {
            continue;
        };
        let raised = grants.iter().find_map(|action| match action {
            Action::Grant { subject, role, .. } if *subject == share.subject => role.to,
            _ => None,
        });
        let own = raised.unwrap_or(own);
        if *id == seen.me || *id == seen.owner.id {
            continue;
        }
        if let Some((group, theirs)) = best_group(id, directory, groups)
            && theirs > own
        {
            plan.notes.push(Note::PersonalIsLower {
                name: share.name.clone(),
                own,
                group,
                theirs,
            });
        }
    }
}
