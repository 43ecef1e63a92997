//! The desired owner of the room, and who must not be a member.

use std::collections::BTreeSet;

use super::{Bound, Snapshot, Who, who};
use crate::policy::Membership;
use crate::resolve::{Desired, OWNER, Origin, Shortfall, SubjectName, settle_words};
use crate::room::{Person, Subject};

/// The desired owner of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundOwner {
    /// The account, which can own rooms.
    pub person: Person,
    /// The policy lines that ask for it.
    pub by: Vec<Origin>,
}

/// The members of a room under `membership: exact`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exact {
    /// Members who are left unchanged: protected, or named by a grant that is impossible.
    pub keeps: BTreeSet<Subject>,
    /// Names that mean nobody. One of the members may be meant, so nobody is removed.
    pub unknown: Vec<String>,
    /// The policy lines that ask for it.
    pub by: Vec<Origin>,
}

impl Bound {
    pub(super) fn owner(&mut self, desired: &Desired, directory: &Snapshot) {
        let id = |name: &SubjectName| match who(name, directory) {
            Who::Found(subject, _) => subject.guid().to_owned(),
            Who::Nobody(_) => name.folded().text().to_owned(),
        };
        let (name, by) = match settle_words(OWNER, &desired.owners, id) {
            Ok(None) => return,
            Ok(Some(settled)) => (settled.wanted.value, settled.wanted.by),
            Err(conflict) => return self.conflicts.push(conflict),
        };
        let person = match who(&name, directory) {
            Who::Found(..) => directory.person(name.text()).map(|entry| &entry.person),
            Who::Nobody(reason) => {
                let reason = format!("the room keeps its owner: {reason}");
                return self.shortfalls.push(Shortfall { reason, by });
            }
        };
        let Some(person) = person else { return };
        if let Some(why) = person.cannot_own_rooms() {
            let reason = format!("the room cannot be given to `{}`: {why}", name.text());
            return self.shortfalls.push(Shortfall { reason, by });
        }
        self.owner = Some(BoundOwner {
            person: person.clone(),
            by,
        });
    }

    /// A grant that is impossible names those in `keep`, who keep what they have; `unknown` are names that mean nobody.
    pub(super) fn exact(
        &mut self,
        desired: &Desired,
        directory: &Snapshot,
        mut keeps: BTreeSet<Subject>,
        mut unknown: Vec<String>,
    ) {
        let Some(membership) = &desired.membership else {
            return;
        };
        if membership.value != Membership::Exact {
            return;
        }
        for protected in &desired.protected {
            match who(&protected.value, directory) {
                Who::Found(subject, _) => drop(keeps.insert(subject)),
                Who::Nobody(reason) => {
                    unknown.push(protected.value.text().to_owned());
                    self.shortfalls.push(Shortfall {
                        reason,
                        by: protected.by.clone(),
                    });
                }
            }
        }
        self.exact = Some(Exact {
            keeps,
            unknown,
            by: membership.by.clone(),
        });
    }
}
