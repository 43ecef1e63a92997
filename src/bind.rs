//! Names → ids over a snapshot of the portal's directory; missing and ambiguous names are data.

mod membership;
mod snapshot;

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::OnMissing;
use crate::resolve::{
    Claim, Conflict, Desired, FolderPath, Origin, Settled, Shortfall, SubjectName, Wanted, settle,
};
use crate::room::{
    Access, FolderId, Item, PersonStatus, RoomType, Setting, SettingKey, Subject, SubjectKind,
    guest_key, tag_key,
};
pub use membership::{BoundOwner, Exact};
pub use snapshot::{GroupEntry, PersonEntry, Snapshot};

/// A role for a subject that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundGrant {
    /// Who gets the role.
    pub subject: Subject,
    /// The name of the group or person.
    pub name: String,
    /// The role.
    pub access: Access,
    /// Whether DocSpace notifies them.
    pub notify: bool,
    /// The address to which an invitation would go if the person had no account.
    pub guest: Option<String>,
    /// The policy lines that ask for it.
    pub by: Vec<Origin>,
}

/// A role for someone who has no account: an invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundInvitation {
    /// The e-mail address.
    pub email: String,
    /// The role.
    pub access: Access,
    /// The policy lines that ask for it.
    pub by: Vec<Origin>,
}

/// The desired state of a room, by ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bound {
    /// Folders in the order on the screen.
    pub folders: Vec<Wanted<FolderPath>>,
    /// Tags.
    pub tags: Vec<Wanted<String>>,
    /// Settings.
    pub settings: BTreeMap<SettingKey, Wanted<Setting>>,
    /// Grants, by subject.
    pub grants: Vec<BoundGrant>,
    /// People to invite.
    pub invitations: Vec<BoundInvitation>,
    /// Which members to remove, if a policy asks for it.
    pub exact: Option<Exact>,
    /// The desired owner of the room.
    pub owner: Option<BoundOwner>,
    /// The policies that restore what people removed.
    pub repairing: BTreeSet<String>,
    /// The folders that earlier runs created, by their titles in comparable form, if policies restore folders: a folder
    /// that people renamed or moved counts as present.
    pub made: BTreeMap<Vec<String>, FolderId>,
    /// Conflicts; any of them refuses the room.
    pub conflicts: Vec<Conflict>,
    /// What cannot be provided.
    pub shortfalls: Vec<Shortfall>,
    /// Grants that `on_missing: skip` omitted.
    pub left_out: Vec<Shortfall>,
}

impl Bound {
    /// Every desired item, and the policy lines that ask for it.
    pub fn items(&self) -> BTreeMap<Item, Vec<Origin>> {
        let mut items: BTreeMap<Item, Vec<Origin>> = BTreeMap::new();
        let mut note = |item: Item, by: &[Origin]| {
            let known = items.entry(item).or_default();
            known.extend(
                by.iter()
                    .filter(|origin| !known.contains(origin))
                    .cloned()
                    .collect::<Vec<_>>(),
            );
        };
        for folder in &self.folders {
            let titles = folder.value.folded();
            for depth in 1..=titles.len() {
                note(
                    Item::Folder(titles.get(..depth).unwrap_or_default().to_vec()),
                    &folder.by,
                );
            }
        }
        for tag in &self.tags {
            note(Item::Tag(tag_key(&tag.value)), &tag.by);
        }
        for (key, setting) in &self.settings {
            note(Item::Setting(*key), &setting.by);
        }
        for grant in &self.grants {
            note(Item::grant(&grant.subject), &grant.by);
        }
        for invitation in &self.invitations {
            note(Item::Guest(guest_key(&invitation.email)), &invitation.by);
        }
        if let Some(exact) = &self.exact {
            note(Item::Membership, &exact.by);
        }
        if let Some(owner) = &self.owner {
            note(Item::Owner, &owner.by);
        }
        items
    }

    /// Keeps those folders of earlier runs that belong to policies that restore.
    #[must_use]
    pub fn with_made(mut self, made: &BTreeMap<Vec<String>, FolderId>) -> Self {
        if self.repairing.is_empty() {
            return self;
        }
        let items = self.items();
        let restored = |path: &Vec<String>| {
            let by = items.get(&Item::Folder(path.clone()));
            by.is_some_and(|by| by.iter().any(|by| self.repairing.contains(&by.policy)))
        };
        let made = made.iter().filter(|(path, _)| restored(path));
        self.made = made.map(|(path, id)| (path.clone(), id.clone())).collect();
        self
    }
}

/// The account or group that a written name means, or why none was found.
enum Who {
    Found(Subject, String),
    Nobody(String),
}

/// Binds a desired state to the subjects in the snapshot, and checks that each role exists for them
/// (docs/docspace.md, roles).
pub fn bind(desired: &Desired, kind: RoomType, directory: &Snapshot) -> Bound {
    let mut bound = Bound {
        folders: desired.folders.clone(),
        tags: desired.tags.clone(),
        settings: desired
            .settings
            .iter()
            .map(|(key, settled)| (*key, settled.wanted.clone()))
            .collect(),
        repairing: desired.repairing.clone(),
        conflicts: desired.conflicts.clone(),
        shortfalls: desired.shortfalls.clone(),
        ..Bound::default()
    };
    let mut by_subject: BTreeMap<Subject, (String, Vec<&Claim>)> = BTreeMap::new();
    let mut nobody: BTreeMap<SubjectName, (String, Vec<&Claim>)> = BTreeMap::new();
    for claim in &desired.claims {
        match who(&claim.to, directory) {
            Who::Found(subject, name) => {
                by_subject
                    .entry(subject)
                    .or_insert_with(|| (name, Vec::new()))
                    .1
                    .push(claim);
            }
            Who::Nobody(reason) => nobody
                .entry(claim.to.folded())
                .or_insert_with(|| (reason, Vec::new()))
                .1
                .push(claim),
        }
    }
    let mut unknown = Vec::new();
    for (name, (reason, claims)) in nobody {
        unknown.extend(bound.nobody(&name, reason, &claims));
    }
    let mut impossible = BTreeSet::new();
    for (subject, (name, claims)) in by_subject {
        if !bound.subject(desired, &subject, name, &claims, kind, directory) {
            impossible.insert(subject);
        }
    }
    bound.owner(desired, directory);
    bound.exact(desired, directory, impossible, unknown);
    bound
}

impl Bound {
    /// Handles a name that means nobody. Returns the name if the room is then incomplete.
    fn nobody(&mut self, name: &SubjectName, reason: String, claims: &[&Claim]) -> Option<String> {
        let shown = claims.first().map_or(name.text(), |claim| claim.to.text());
        let invites = claims.iter().any(|claim| claim.invites);
        let about = if invites { shown } else { reason.as_str() };
        let (on_missing, by) = match settle(about, claims) {
            Ok(None) => return None,
            Ok(Some(settled)) if settled.invites => {
                self.invitations.push(BoundInvitation {
                    email: shown.to_owned(),
                    access: settled.access,
                    by: settled.by,
                });
                return None;
            }
            Ok(Some(settled)) => (settled.on_missing, settled.by),
            Err(conflict) if invites => {
                self.conflicts.push(conflict);
                return None;
            }
            // A conflict about a subject that does not exist does not refuse the room.
            Err(conflict) => {
                let skip = claims
                    .iter()
                    .all(|claim| claim.on_missing == OnMissing::Skip);
                let on_missing = if skip {
                    OnMissing::Skip
                } else {
                    OnMissing::Fail
                };
                let by = conflict.claims.into_iter().map(|(_, by)| by).collect();
                (on_missing, by)
            }
        };
        let shown = shown.to_owned();
        match on_missing {
            OnMissing::Skip => self.left_out.push(Shortfall { reason, by }),
            OnMissing::Fail => {
                self.shortfalls.push(Shortfall { reason, by });
                return Some(shown);
            }
        }
        None
    }

    /// Returns `false` if the subject cannot have the desired role.
    fn subject(
        &mut self,
        desired: &Desired,
        subject: &Subject,
        name: String,
        claims: &[&Claim],
        kind: RoomType,
        directory: &Snapshot,
    ) -> bool {
        let settled = match settle(&name, claims) {
            Err(conflict) => {
                self.conflicts.push(conflict);
                return true;
            }
            Ok(None) => return true,
            Ok(Some(settled)) => settled,
        };
        if let Some(reason) = impossible(subject, &name, settled.access, kind, directory) {
            self.shortfalls.push(Shortfall {
                reason,
                by: settled.by,
            });
            return false;
        }
        let mut policies = settled.by.iter().map(|by| &by.policy);
        let guest = claims.iter().find(|claim| claim.invites);
        self.grants.push(BoundGrant {
            subject: subject.clone(),
            name,
            access: settled.access,
            notify: policies.any(|policy| desired.notifying.contains(policy)),
            guest: guest.map(|claim| claim.to.text().to_owned()),
            by: settled.by,
        });
        true
    }
}

/// The group that a name means.
///
/// # Errors
/// Why no single group has this name.
pub fn one_group<'g>(name: &str, found: &'g [GroupEntry]) -> Result<&'g GroupEntry, String> {
    match found {
        [] => Err(format!("the portal has no group `{name}`")),
        [group] => Ok(group),
        several => {
            let ids: Vec<&str> = several.iter().map(|group| group.id.as_str()).collect();
            Err(format!(
                "{} groups are named `{name}` ({}); write the id of the one you mean",
                ids.len(),
                ids.join(", ")
            ))
        }
    }
}

fn who(name: &SubjectName, directory: &Snapshot) -> Who {
    match name {
        SubjectName::Group(name) => match one_group(name, directory.group(name)) {
            Ok(group) => Who::Found(Subject::Group(group.id.clone()), group.name.clone()),
            Err(reason) => Who::Nobody(reason),
        },
        SubjectName::User(name) => match directory.person(name) {
            None => Who::Nobody(format!(
                "the portal has no account `{name}`, or hides a guest from the service account"
            )),
            Some(entry) if entry.person.status == PersonStatus::Terminated => {
                Who::Nobody(format!("the account of `{name}` is disabled"))
            }
            Some(entry) => Who::Found(
                Subject::User(entry.person.id.clone()),
                entry.person.name.clone(),
            ),
        },
    }
}

/// The settled grants that this type of room can have, and what is missing.
pub fn possible(
    desired: &Desired,
    kind: RoomType,
) -> (Vec<(SubjectName, Settled)>, Vec<Shortfall>, Vec<Conflict>) {
    let (grants, conflicts) = desired.grants();
    let (mut missing, mut made) = (desired.shortfalls.clone(), Vec::new());
    for (name, settled) in grants {
        match no_such_role(name.text(), name.kind(), settled.access, kind) {
            Some(reason) => missing.push(Shortfall {
                reason,
                by: settled.by,
            }),
            None => made.push((name, settled)),
        }
    }
    let other = desired.conflicts.iter().cloned();
    let owner = desired.owner().err();
    (made, missing, other.chain(owner).chain(conflicts).collect())
}

/// Why nobody of this kind can have a role in rooms of this type; `None` if they can.
pub fn no_such_role(
    name: &str,
    subject: SubjectKind,
    access: Access,
    kind: RoomType,
) -> Option<String> {
    if kind.allows(subject, access) {
        return None;
    }
    let roles: Vec<&str> = kind.roles(subject).into_iter().map(Access::name).collect();
    Some(format!(
        "`{name}` cannot be {} here: in a {}, {} can be {}",
        access.name(),
        kind.name(),
        subject.plural(),
        roles.join(", ")
    ))
}

fn impossible(
    subject: &Subject,
    name: &str,
    access: Access,
    kind: RoomType,
    directory: &Snapshot,
) -> Option<String> {
    if let Some(reason) = no_such_role(name, subject.kind(), access, kind) {
        return Some(reason);
    }
    let Subject::User(id) = subject else {
        return None;
    };
    let person = &directory.person_by_id(id)?.person;
    (!person.kind.allows(access)).then(|| {
        format!("`{name}` cannot be {}: that role needs a Room admin or DocSpace admin, and the account is a {}", access.name(), person.kind.name())
    })
}
