//! Names → ids over a snapshot of the portal's directory; missing and ambiguous names are data.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::OnMissing;
use crate::resolve::{
    Claim, Conflict, Desired, FolderPath, Origin, Settled, Shortfall, SubjectName, Wanted, settle,
};
use crate::room::{
    Access, GroupId, Item, Person, PersonStatus, RoomType, Setting, SettingKey, Subject,
    SubjectKind, UserId, fold, tag_key,
};

/// A group as the directory knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupEntry {
    /// Its id.
    pub id: GroupId,
    /// Its name.
    pub name: String,
}

/// A person as the directory knows her.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonEntry {
    /// The account.
    pub person: Person,
    /// The groups that she belongs to, system groups included.
    pub groups: BTreeSet<GroupId>,
}

/// What the directory answered to every name that one room needs, read before anything is decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    groups: BTreeMap<String, Vec<GroupEntry>>,
    people: BTreeMap<String, Option<PersonEntry>>,
}

impl Snapshot {
    /// Notes which groups bear a name or an id.
    pub fn add_group(&mut self, name: &str, found: Vec<GroupEntry>) {
        self.groups.insert(fold(name.trim()), found);
    }

    /// Notes who has an e-mail address or an id.
    pub fn add_person(&mut self, name: &str, found: Option<PersonEntry>) {
        self.people.insert(fold(name.trim()), found);
    }

    fn group(&self, name: &str) -> &[GroupEntry] {
        self.groups
            .get(&fold(name.trim()))
            .map_or(&[], Vec::as_slice)
    }

    fn person(&self, name: &str) -> Option<&PersonEntry> {
        self.people.get(&fold(name.trim()))?.as_ref()
    }

    /// The person with this id, whatever name she was asked for by.
    pub fn person_by_id(&self, id: &UserId) -> Option<&PersonEntry> {
        self.people
            .values()
            .flatten()
            .find(|entry| entry.person.id == *id)
    }
}

/// A role for a subject that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundGrant {
    /// Who.
    pub subject: Subject,
    /// The name of the group or person.
    pub name: String,
    /// The role.
    pub access: Access,
    /// Who asked for it.
    pub by: Vec<Origin>,
}

/// What a room shall have, by ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bound {
    /// Folders in the order of the screen.
    pub folders: Vec<Wanted<FolderPath>>,
    /// Tags.
    pub tags: Vec<Wanted<String>>,
    /// Settings.
    pub settings: BTreeMap<SettingKey, Wanted<Setting>>,
    /// Grants, by subject.
    pub grants: Vec<BoundGrant>,
    /// Disputes; any of them stops the room.
    pub conflicts: Vec<Conflict>,
    /// What cannot be had.
    pub shortfalls: Vec<Shortfall>,
    /// Grants that `on_missing: skip` left out.
    pub left_out: Vec<Shortfall>,
}

impl Bound {
    /// Everything that is asked for, and by whom.
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
        items
    }
}

/// Who a written name is, or why nobody is.
enum Who {
    Found(Subject, String),
    Nobody(String),
}

/// Binds a desired state to the subjects that the snapshot knows, and checks that each role exists for them
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
    for (reason, claims) in nobody.into_values() {
        let (on_missing, by) = match settle(&reason, &claims) {
            Ok(None) => continue,
            Ok(Some(settled)) => (settled.on_missing, settled.by),
            // A dispute about nobody stops nothing.
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
        match on_missing {
            OnMissing::Skip => bound.left_out.push(Shortfall { reason, by }),
            OnMissing::Fail => bound.shortfalls.push(Shortfall { reason, by }),
        }
    }
    for (subject, (name, claims)) in by_subject {
        match settle(&name, &claims) {
            Err(conflict) => bound.conflicts.push(conflict),
            Ok(None) => {}
            Ok(Some(settled)) => match impossible(&subject, &name, settled.access, kind, directory)
            {
                Some(reason) => bound.shortfalls.push(Shortfall {
                    reason,
                    by: settled.by,
                }),
                None => bound.grants.push(BoundGrant {
                    subject,
                    name,
                    access: settled.access,
                    by: settled.by,
                }),
            },
        }
    }
    bound
}

/// The group that a name means.
///
/// # Errors
/// Why it means none.
pub fn one_group<'g>(name: &str, found: &'g [GroupEntry]) -> Result<&'g GroupEntry, String> {
    match found {
        [] => Err(format!("the portal has no group `{name}`")),
        [group] => Ok(group),
        several => {
            let ids: Vec<&str> = several.iter().map(|group| group.id.as_str()).collect();
            Err(format!(
                "{} groups are called `{name}` ({}); write the id of the one you mean",
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
                "the portal has no person `{name}`, or hides a guest from our account"
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

/// What of the settled grants there is in such a room, and what is missing.
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
    let settings = desired.conflicts.iter().cloned();
    (made, missing, settings.chain(conflicts).collect())
}

/// Why nobody of this kind can have a role in rooms of this type, if so.
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
        "`{name}` cannot be {} here: a {} has for {}: {}",
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
        format!("`{name}` cannot be {}: that takes a Room admin or DocSpace admin, and this account is a {}", access.name(), person.kind.name())
    })
}
