//! What a room gets under one version, item by item.

use std::collections::BTreeMap;

use super::{Room, Value};
use crate::bind::possible;
use crate::policy::{Membership, PolicySet};
use crate::resolve::{Resolution, resolve};
use crate::room::{
    Facts, Setting, SettingKey, SubjectKind, Unresolved, find_in_title, fold, tag_key,
};

/// The kinds of items, in output order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A policy that applies.
    Policy,
    /// A reason why the room is refused.
    Refusal,
    /// A group or tag that is assumed to exist.
    Assumed,
    /// The owner that policies name.
    Owner,
    /// Whether people may add other members.
    Membership,
    /// A person or group that `membership: exact` does not touch.
    Protected,
    /// A role of a group.
    Group,
    /// A role of a person.
    Person,
    /// A folder.
    Folder,
    /// The order of the folders, in a room with an index.
    Order,
    /// A tag.
    Tag,
    /// A setting.
    Setting,
    /// A policy that restores what people changed.
    Repair,
    /// A policy that notifies people of their grants.
    Notice,
    /// Something that the room cannot get.
    Missing,
}

impl What {
    pub(super) fn applies_to_refused(self) -> bool {
        matches!(self, What::Policy | What::Refusal)
    }

    /// Whether it is a role in the room.
    pub(super) fn is_role(self) -> bool {
        matches!(self, What::Group | What::Person)
    }

    /// Whether rooms keep it when policies no longer ask for it.
    pub(super) fn stays_in_rooms(self) -> bool {
        match self {
            What::Folder | What::Tag | What::Setting | What::Owner => true,
            What::Group | What::Person => true,
            What::Order => true,
            What::Policy | What::Refusal | What::Assumed | What::Missing => false,
            What::Membership | What::Protected | What::Repair | What::Notice => false,
        }
    }
}

/// Identifies the same item under both versions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) what: What,
    as_it_compares: Vec<String>,
}

/// An item that a room gets.
pub(super) struct Thing {
    /// For display.
    pub(super) name: String,
    pub(super) value: Value,
}

/// Everything that a room gets.
pub(super) struct Gets {
    pub(super) things: BTreeMap<Key, Thing>,
    pub(super) is_refused: bool,
    pub(super) membership: Membership,
    /// Its folders in order, if people see that order.
    pub(super) indexed: Option<Vec<Vec<String>>>,
}

pub(super) fn gets(policies: &PolicySet, room: &Room) -> Gets {
    let facts = &room.facts;
    let resolution = resolve(policies, facts);
    let (grants, missing, conflicts) = possible(&resolution.desired, facts.kind);
    let mut things = Things {
        resolution: &resolution,
        all: BTreeMap::new(),
    };
    for matched in &resolution.matched {
        let observes = matched
            .observes
            .then(|| Value::Text("observes only".to_owned()));
        let name = matched.policy.clone();
        things.add(What::Policy, vec![name.clone()], name, observes);
    }
    for undecided in &resolution.undecided {
        things.reason(What::Refusal, undecided.to_string());
    }
    for conflict in &conflicts {
        things.reason(What::Refusal, conflict.to_string());
    }
    for reason in assumed(policies, room) {
        things.reason(What::Assumed, reason);
    }
    let is_refused = !resolution.undecided.is_empty() || !conflicts.is_empty();
    // No `..`: a new member must be compared here.
    let crate::resolve::Desired {
        folders,
        tags,
        settings,
        membership,
        protected,
        owners: _,
        repairing,
        notifying,
        claims: _,
        conflicts: _,
        shortfalls: _,
    } = &resolution.desired;
    if let Ok(Some(owner)) = resolution.desired.owner() {
        let name = things.shared(owner.wanted.value.text());
        things.single(What::Owner, Value::Text(name));
    }
    if let Some(membership) = membership {
        let word = membership.value.as_str().to_owned();
        things.single(What::Membership, Value::Text(word));
    }
    for protected in protected {
        let name = things.shared(protected.value.text());
        let key = vec![fold(protected.value.text())];
        things.add(What::Protected, key, name, None);
    }
    for (what, policies) in [(What::Repair, repairing), (What::Notice, notifying)] {
        for policy in policies {
            things.add(what, vec![policy.clone()], policy.clone(), None);
        }
    }
    for folder in folders {
        let name = things.shared(&folder.value.to_string());
        things.add(What::Folder, folder.value.folded(), name, None);
    }
    for tag in tags {
        let name = things.shared(&tag.value);
        things.add(What::Tag, vec![tag_key(&tag.value)], name, None);
    }
    for (key, setting) in settings {
        let value = things.shared(&setting.wanted.value.to_string());
        let (name, value) = (key.as_str().to_owned(), Value::Text(value));
        things.add(What::Setting, vec![name.clone()], name, Some(value));
    }
    for (name, settled) in grants {
        let what = match name.kind() {
            SubjectKind::Group => What::Group,
            SubjectKind::User => What::Person,
        };
        let shown = things.shared(name.text());
        let role = Value::Role(settled.access);
        things.add(what, vec![fold(name.text())], shown, Some(role));
    }
    for shortfall in missing {
        let reason = things.shared(&shortfall.reason);
        things.reason(What::Missing, reason);
    }
    let indexing = settings.get(&SettingKey::Indexing);
    let is_indexed = indexing.is_some_and(|asked| asked.wanted.value == Setting::Indexing(true));
    Gets {
        things: things.all,
        is_refused,
        membership: membership
            .as_ref()
            .map_or(Membership::Additive, |wanted| wanted.value),
        indexed: is_indexed.then(|| folders.iter().map(|folder| folder.value.folded()).collect()),
    }
}

/// Why it is unknown whether some policies match, if the groups and tags that are assumed to exist may not exist.
fn assumed(policies: &PolicySet, room: &Room) -> Vec<String> {
    if room.assumed == Unresolved::default() {
        return Vec::new();
    }
    let facts = Facts {
        unresolved: room.assumed.clone(),
        ..room.facts.clone()
    };
    let undecided = resolve(policies, &facts).undecided.into_iter();
    undecided.map(|undecided| undecided.reason).collect()
}

struct Things<'r> {
    resolution: &'r Resolution,
    all: BTreeMap<Key, Thing>,
}

impl Things<'_> {
    fn add(&mut self, what: What, as_it_compares: Vec<String>, name: String, value: Option<Value>) {
        let key = Key {
            what,
            as_it_compares,
        };
        let value = value.unwrap_or(Value::None);
        self.all.insert(key, Thing { name, value });
    }

    /// Adds something of which a room has only one.
    fn single(&mut self, what: What, value: Value) {
        self.add(what, Vec::new(), String::new(), Some(value));
    }

    fn reason(&mut self, what: What, reason: String) {
        self.add(what, vec![reason.clone()], reason, None);
    }

    /// A text in the form that all rooms of a policy share, with `{name}` instead of captured text.
    fn shared(&self, text: &str) -> String {
        let captures = self.resolution.matched.iter();
        let mut captures: Vec<(&String, &String)> =
            captures.flat_map(|matched| &matched.captures).collect();
        captures.sort_by_key(|(name, value)| (std::cmp::Reverse(value.len()), *name));
        let mut shared = String::new();
        let mut rest = text;
        // From left to right, so that inserted names are not searched.
        while let Some((name, range)) = captures
            .iter()
            .filter_map(|(name, value)| Some((name, find_in_title(rest, value)?)))
            .min_by_key(|(_, range)| range.start)
        {
            shared.push_str(rest.get(..range.start).unwrap_or_default());
            shared.push_str(&format!("{{{name}}}"));
            rest = rest.get(range.end..).unwrap_or_default();
        }
        shared.push_str(rest);
        shared
    }
}
