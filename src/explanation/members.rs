//! Why each person and group is in a live room: a policy asks for it, it was added by hand, or the person is there
//! through a group.

use std::collections::{BTreeMap, BTreeSet};

use crate::bind::{Bound, BoundGrant, PersonEntry};
use crate::resolve::Origin;
use crate::room::{Access, GroupId, Person, Share, Subject, UserId};

/// The observed members of a room.
#[derive(Debug, Clone)]
pub struct Present {
    /// The owner.
    pub owner: Person,
    /// The service account.
    pub me: UserId,
    /// Every grant except the owner's.
    pub shares: Vec<Share>,
    /// The people who have their own grant, with their groups.
    pub people: Vec<PersonEntry>,
    /// The members of the groups that have a grant, except for system groups.
    pub members: BTreeMap<GroupId, Vec<PersonEntry>>,
}

/// A member of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The person or group.
    pub subject: Subject,
    /// The name of the person or group.
    pub name: String,
    /// A person's e-mail address; empty for groups.
    pub email: String,
    /// The effective role; `None` for the owner, and for a right that is not one of the seven roles.
    pub role: Option<Access>,
    /// Why the member is in the room.
    pub why: Why,
    /// A group through which the person would have more rights, if their own grant did not override it.
    pub outweighed: Option<(String, Access)>,
}

/// Why someone is in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// As its owner.
    Owner,
    /// As the service account.
    Us,
    /// Policies ask for this role.
    Asked(Vec<Origin>),
    /// Policies ask for another role.
    Differs {
        /// The role that they ask for.
        asked: Access,
        /// Which policies.
        by: Vec<Origin>,
    },
    /// No policy asks for it.
    Hand,
    /// The person has no grant of their own, but this group has one.
    Through(String),
}

/// A person or group for which policies ask, and which has no grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent {
    /// The person or group.
    pub subject: Subject,
    /// The name of the person or group.
    pub name: String,
    /// The role that policies ask for.
    pub role: Access,
    /// Which policies.
    pub by: Vec<Origin>,
}

/// The members of the room: the owner, the service account, groups, people with their own grant, people through groups.
pub(super) fn members(present: &Present, bound: &Bound) -> Vec<Member> {
    let asked: BTreeMap<&Subject, &BoundGrant> = bound
        .grants
        .iter()
        .map(|grant| (&grant.subject, grant))
        .collect();
    let groups: BTreeMap<&GroupId, (&str, Access)> = present
        .shares
        .iter()
        .filter_map(|share| match (&share.subject, share.access) {
            (Subject::Group(id), Some(access)) => Some((id, (share.name.as_str(), access))),
            _ => None,
        })
        .collect();
    let owner = &present.owner;
    let mut members = vec![Member {
        subject: Subject::User(owner.id.clone()),
        name: owner.name.clone(),
        email: owner.email.clone(),
        role: None,
        why: Why::Owner,
        outweighed: None,
    }];
    let entries = present.people.iter().map(|entry| (&entry.person.id, entry));
    let people: BTreeMap<&UserId, &PersonEntry> = entries.collect();
    let mut listed: BTreeSet<&UserId> = [&owner.id].into();
    for share in &present.shares {
        let person = match &share.subject {
            Subject::User(id) => {
                listed.insert(id);
                people.get(id)
            }
            Subject::Group(_) => None,
        };
        let is_us = share.subject == Subject::User(present.me.clone());
        let through = person.and_then(|entry| best(entry, &groups));
        members.push(Member {
            subject: share.subject.clone(),
            name: share.name.clone(),
            email: person.map_or(String::new(), |entry| entry.person.email.clone()),
            role: share.access,
            why: if is_us {
                Why::Us
            } else {
                why(share, asked.get(&share.subject).copied())
            },
            outweighed: through
                .filter(|(_, theirs)| !is_us && share.access.is_some_and(|own| *theirs > own))
                .map(|(name, theirs)| (name.to_owned(), theirs)),
        });
    }
    for entry in present.members.values().flatten() {
        if let Some((name, access)) = best(entry, &groups)
            && listed.insert(&entry.person.id)
        {
            members.push(Member {
                subject: Subject::User(entry.person.id.clone()),
                name: entry.person.name.clone(),
                email: entry.person.email.clone(),
                role: Some(access),
                why: Why::Through(name.to_owned()),
                outweighed: None,
            });
        }
    }
    members.sort_by_key(|member| (order(member), member.name.clone(), member.subject.clone()));
    members
}

/// Those for whom policies ask, and who are not in the room.
pub(super) fn absent(present: &Present, bound: &Bound) -> Vec<Absent> {
    let is_there = |subject: &Subject| {
        *subject == Subject::User(present.owner.id.clone())
            || *subject == Subject::User(present.me.clone())
            || present.shares.iter().any(|share| share.subject == *subject)
    };
    let missing = bound
        .grants
        .iter()
        .filter(|grant| !is_there(&grant.subject));
    missing
        .map(|grant| Absent {
            subject: grant.subject.clone(),
            name: grant.name.clone(),
            role: grant.access,
            by: grant.by.clone(),
        })
        .collect()
}

fn order(member: &Member) -> u8 {
    match (&member.why, &member.subject) {
        (Why::Owner, _) => 0,
        (Why::Us, _) => 1,
        (Why::Through(_), _) => 4,
        (_, Subject::Group(_)) => 2,
        (_, Subject::User(_)) => 3,
    }
}

fn why(share: &Share, asked: Option<&BoundGrant>) -> Why {
    match asked {
        None => Why::Hand,
        Some(grant) if share.access == Some(grant.access) => Why::Asked(grant.by.clone()),
        Some(grant) => Why::Differs {
            asked: grant.access,
            by: grant.by.clone(),
        },
    }
}

/// The highest role of the person's groups in the room.
fn best<'g>(
    entry: &PersonEntry,
    groups: &BTreeMap<&GroupId, (&'g str, Access)>,
) -> Option<(&'g str, Access)> {
    let roles = entry.groups.iter().filter_map(|group| groups.get(group));
    roles.max_by_key(|(_, access)| *access).copied()
}
