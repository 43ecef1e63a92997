//! `membership: exact`: roles as written, and no other members except the owner, the service account and protected ones.

use std::collections::{BTreeMap, BTreeSet};

use super::grants::action;
use super::{Action, Note, Plan};
use crate::bind::Bound;
use crate::room::{Access, Observed, Share, Subject, guest_key};

/// Roles that differ from the written ones, higher ones too.
pub(super) fn grants(bound: &Bound, seen: &Observed, plan: &mut Plan) {
    let there: BTreeMap<&Subject, &Share> = seen
        .shares
        .iter()
        .map(|share| (&share.subject, share))
        .collect();
    let is_group = |subject: &Subject| matches!(subject, Subject::Group(_));
    let (groups, people): (Vec<_>, Vec<_>) = bound
        .grants
        .iter()
        .partition(|grant| is_group(&grant.subject));
    for grant in groups.into_iter().chain(people) {
        let guid = grant.subject.guid();
        if guid == seen.owner.id.as_str() {
            plan.notes.push(Note::IsOwner {
                name: grant.name.clone(),
            });
        } else if guid == seen.me.as_str() {
            plan.notes.push(Note::IsUs);
        } else {
            let share = there.get(&grant.subject);
            match share.map(|share| share.access) {
                None => plan.actions.push(action(grant, None)),
                Some(None) => plan.notes.push(Note::UnknownRole {
                    name: grant.name.clone(),
                }),
                Some(Some(has)) if has == grant.access => {}
                Some(has) => plan.actions.push(action(grant, has)),
            }
        }
    }
}

/// Removes members whom no grant names.
pub(super) fn removals(bound: &Bound, seen: &Observed, plan: &mut Plan) {
    let Some(exact) = &bound.exact else {
        return;
    };
    let granted = bound.grants.iter().map(|grant| &grant.subject);
    let stay: BTreeSet<&Subject> = granted.chain(&exact.keeps).collect();
    let invited: BTreeSet<String> = bound
        .invitations
        .iter()
        .map(|invitation| guest_key(&invitation.email))
        .collect();
    let owners = [
        seen.owner.id.as_str(),
        seen.me.as_str(),
        // The future owner keeps their role until the room is theirs.
        bound
            .owner
            .as_ref()
            .map_or("", |owner| owner.person.id.as_str()),
    ];
    let is_given = bound
        .owner
        .as_ref()
        .is_some_and(|owner| owner.person.id == seen.owner.id);
    for share in &seen.shares {
        let guid = share.subject.guid();
        let is_invited = !share.email.is_empty() && invited.contains(&guest_key(&share.email));
        if stay.contains(&share.subject) || owners.contains(&guid) || is_invited {
            continue;
        }
        let name = share.name.clone();
        match (share.access, exact.unknown.first()) {
            (None, _) => plan.notes.push(Note::UnknownRole { name }),
            (Some(Access::RoomManager), _) if is_given => {
                plan.notes.push(Note::FormerOwner { name });
            }
            (Some(_), Some(unknown)) => plan.notes.push(Note::NotRemoved {
                name,
                unknown: unknown.clone(),
            }),
            (Some(was), None) => plan.actions.push(Action::Revoke {
                subject: share.subject.clone(),
                name,
                was,
                by: exact.by.clone(),
            }),
        }
    }
}
