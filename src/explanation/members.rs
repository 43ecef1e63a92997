//! Why each person and group is in a live room: a policy asks for it, it was added by hand, or somebody is there through
//! a group.

use std::collections::{BTreeMap, BTreeSet};

use crate::bind::{Bound, BoundGrant, PersonEntry};
use crate::resolve::Origin;
use crate::room::{Access, GroupId, Person, Share, Subject, UserId};

/// Who was seen in a room.
#[derive(Debug, Clone)]
pub struct Present {
    /// The owner.
    pub owner: Person,
    /// Our own account.
    pub me: UserId,
    /// Every grant, the owner's aside.
    pub shares: Vec<Share>,
    /// The people who have a grant of their own, with their groups.
    pub people: Vec<PersonEntry>,
    /// The members of the groups that have one; those of system groups are not told one by one.
    pub members: BTreeMap<GroupId, Vec<PersonEntry>>,
}

/// Somebody in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub subject: Subject,
    /// The name of the person or group.
    pub name: String,
    /// A person's e-mail address; empty for groups.
    pub email: String,
    /// The role that counts; nothing for the owner, and for a right that is none of the seven roles.
    pub role: Option<Access>,
    /// Why.
    pub why: Why,
    /// A group through which she would have more, if her own grant did not count alone.
    pub outweighed: Option<(String, Access)>,
}

/// Why somebody is in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// She owns it.
    Owner,
    /// It is our own account.
    Us,
    /// Policies ask for this very role.
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
    /// She has no grant of her own; this group's counts.
    Through(String),
}

/// Somebody for whom policies ask, and who has no grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent {
    /// Who.
    pub subject: Subject,
    /// The name of the person or group.
    pub name: String,
    /// The role that policies ask for.
    pub role: Access,
    /// Which policies.
    pub by: Vec<Origin>,
}

/// Everybody in the room: the owner, our account, groups, people with a grant of their own, people through groups.
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
    let mut told: BTreeSet<&UserId> = [&owner.id].into();
    for share in &present.shares {
        let person = match &share.subject {
            Subject::User(id) => {
                told.insert(id);
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
            && told.insert(&entry.person.id)
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

/// Those for whom policies ask in vain so far.
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

/// The best that her groups have in the room.
fn best<'g>(
    entry: &PersonEntry,
    groups: &BTreeMap<&GroupId, (&'g str, Access)>,
) -> Option<(&'g str, Access)> {
    let hers = entry.groups.iter().filter_map(|group| groups.get(group));
    hers.max_by_key(|(_, access)| *access).copied()
}
