//! What a policy says about things that have a single value: in all rooms, and in one room.

use crate::policy::matcher::Candidate;
use crate::policy::text::ROOM_VARIABLES;
use crate::policy::{Entry, Grant, Policy, PolicySet, RoleByType, SubjectRef, Text, Variables};
use crate::room::{Access, Facts, RoomType, SettingKey, fold};
use crate::yaml::Place;

/// Something about which policies can disagree.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subject {
    /// The role of a group or person, by its name in comparable form.
    Role(bool, String),
    /// The role of a group or person whose name contains a capture.
    Captured(bool),
    /// A setting.
    Setting(SettingKey),
    /// Whether grants are additive or exact.
    Membership,
    /// The owner.
    Owner,
    /// The domains of guests.
    GuestDomains,
    /// The highest role of guests.
    HighestGuest,
}

/// A value, as far as it is known without a room.
#[derive(Debug, Clone)]
enum Value<'p> {
    Grant(&'p Grant),
    /// The highest role of guests.
    Highest(RoleByType),
    /// `None` if it depends on the room.
    Word(Option<String>),
}

/// What a policy says about something.
#[derive(Debug, Clone)]
pub(super) struct Said<'p> {
    pub(super) subject: Subject,
    pub(super) place: &'p Place,
    /// The distance, in `extends`, to the template that contains it.
    distance: usize,
    /// The subject's name as far as it is known, if the rest depends on the room.
    pub(super) name: Option<Text>,
    is_any: bool,
    value: Value<'p>,
}

/// What is said that differs, or can differ in some room.
pub(super) type Clash<'s, 'p> = [&'s Said<'p>; 2];

impl<'p> Said<'p> {
    fn of<T>(subject: Subject, entry: &'p Entry<T>, value: Value<'p>) -> Self {
        Self {
            subject,
            place: &entry.place,
            distance: entry.distance,
            name: None,
            is_any: false,
            value,
        }
    }

    /// The value in rooms of this type, for display; `None` if it has no effect there or depends on the room.
    pub(super) fn value(&self, kind: RoomType) -> Option<&str> {
        match &self.value {
            // A role name that means `none` has no effect; `role: none` has one.
            Value::Grant(grant) => Some(grant.says(kind)?.map_or("none", Access::name)),
            Value::Highest(role) => Some(role.in_room(kind).map_or("none", Access::name)),
            Value::Word(word) => word.as_deref(),
        }
    }

    /// Whether two values differ in rooms of this type; unknown ones can.
    pub(super) fn differs(&self, other: &Said<'_>, kind: RoomType) -> bool {
        match (self.value(kind), other.value(kind)) {
            (Some(mine), Some(theirs)) => mine != theirs,
            _ => self.is_open() || other.is_open(),
        }
    }

    /// Whether two values can differ in rooms of some type.
    pub(super) fn differs_somewhere(&self, other: &Said<'_>) -> bool {
        RoomType::ALL
            .into_iter()
            .any(|kind| self.differs(other, kind))
    }

    /// The group or person of a grant.
    pub(super) fn grantee(&self) -> Option<&SubjectRef> {
        match self.value {
            Value::Grant(grant) => Some(&grant.to),
            Value::Highest(_) | Value::Word(_) => None,
        }
    }

    /// Whether a variable alone is the name, and some title makes it any text.
    pub(super) fn is_any_name(&self) -> bool {
        self.is_any
    }

    /// Whether its value depends on the room.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.value, Value::Word(None))
    }

    /// The name of the subject, for display.
    pub(super) fn about(&self) -> String {
        match (&self.subject, self.grantee()) {
            (_, Some(to)) => format!("`{}`", to.text()),
            (Subject::Setting(key), _) => format!("the setting `{}`", key.as_str()),
            (Subject::Membership, _) => "`membership`".to_owned(),
            (Subject::Owner, _) => "the owner".to_owned(),
            (Subject::GuestDomains, _) => "the domains of guests".to_owned(),
            (Subject::HighestGuest, _) => "the highest role of guests".to_owned(),
            (Subject::Role(_, name), _) => format!("`{name}`"),
            (Subject::Captured(_), _) => "a group or person".to_owned(),
        }
    }
}

/// Everything that a policy says in all rooms, in order.
pub(super) fn words<'p>(set: &PolicySet, policy: &'p Policy) -> Vec<Said<'p>> {
    said(policy, &set.constants(policy))
}

/// Everything that a policy says in one room, in order; nothing if it does not match the room.
pub(super) fn words_in<'p>(set: &PolicySet, policy: &'p Policy, facts: &Facts) -> Vec<Said<'p>> {
    let Ok(captures) = policy.matcher.test(&Candidate::new(facts)) else {
        return Vec::new();
    };
    let mut said = said(policy, &set.variables_in(policy, captures, facts));
    // What has no value here is left out of the room.
    said.retain(|said| said.name.is_none() && !said.is_open());
    said
}

fn said<'p>(policy: &'p Policy, variables: &Variables) -> Vec<Said<'p>> {
    let spec = &policy.spec;
    let grants = spec.grants.iter();
    let grants = grants.flat_map(|entry| grant(policy, entry, variables));
    let settings = spec.settings.iter().map(|(key, entry)| {
        let value = entry.value.expand(variables).ok();
        let value = value.map(|value| value.to_string());
        Said::of(Subject::Setting(*key), entry, Value::Word(value))
    });
    let membership = spec.membership.iter().map(|entry| {
        let value = entry.value.as_str().to_owned();
        Said::of(Subject::Membership, entry, Value::Word(Some(value)))
    });
    let owner = spec.owner.iter().map(|entry| {
        let name = entry.value.expand(variables).ok();
        let name = name.map(|name| fold(name.trim()));
        Said::of(Subject::Owner, entry, Value::Word(name))
    });
    let domains = spec.guests.domains.iter().map(|entry| {
        let value = entry.value.to_string();
        Said::of(Subject::GuestDomains, entry, Value::Word(Some(value)))
    });
    let highest = spec.guests.highest.iter();
    let highest =
        highest.map(|entry| Said::of(Subject::HighestGuest, entry, Value::Highest(entry.value)));
    let mut said: Vec<_> = grants
        .chain(settings)
        .chain(membership)
        .chain(owner)
        .chain(domains)
        .chain(highest)
        .collect();
    said.sort_by(|a, b| (&a.subject, a.distance).cmp(&(&b.subject, b.distance)));
    // Of the templates that say something of one subject, the nearest decides.
    let mut nearest = None;
    said.retain(|said| {
        if matches!(said.subject, Subject::Captured(_)) {
            return true;
        }
        let key = said.subject.clone();
        match &nearest {
            Some((subject, distance)) if *subject == key => said.distance == *distance,
            _ => {
                nearest = Some((key, said.distance));
                true
            }
        }
    });
    said
}

fn grant<'p>(policy: &Policy, entry: &'p Entry<Grant>, variables: &Variables) -> Vec<Said<'p>> {
    let text = entry.value.to.text();
    let is_group = matches!(entry.value.to, SubjectRef::Group(_));
    let each = variables.each([text]).into_iter().map(|variables| {
        let name = text.filled(&variables);
        let depends = name.literal().is_none();
        let is_captured = name.variables().any(|name| !ROOM_VARIABLES.contains(&name));
        let subject = if is_captured {
            Subject::Captured(is_group)
        } else {
            let written = name
                .literal()
                .map_or_else(|| name.to_string(), str::to_owned);
            Subject::Role(is_group, fold(written.trim()))
        };
        Said {
            subject,
            place: &entry.place,
            distance: entry.distance,
            is_any: name
                .only_variable()
                .is_some_and(|variable| !policy.matcher.narrows(variable)),
            name: depends.then_some(name),
            value: Value::Grant(&entry.value),
        }
    });
    each.collect()
}
