//! People, groups and API keys.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::state::World;

/// The group everybody belongs to.
pub const EVERYONE: &str = "c5cc67d1-c3e8-43c0-a3ad-3928ae3e5b5e";
/// The group of all DocSpace admins.
pub const DOCSPACE_ADMINS: &str = "cd84e66b-b803-40fc-99f9-b2969a54a1de";
/// System groups that are accepted in a grant, stored, and give nobody any right.
const WITHOUT_EFFECT: [&str; 3] = [
    "abef62db-11a8-4673-9d32-ef1d8af19dc0",
    "88f11e7c-7407-4bea-b4cb-070010cdbb6b",
    "aced04fa-dd96-4b35-af3e-346bf1eb972d",
];

/// The four types of account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmployeeType {
    /// May create and manage rooms.
    RoomAdmin,
    /// Somebody from outside the portal.
    Guest,
    /// May see all rooms and change the portal's settings.
    DocSpaceAdmin,
    /// May only work in rooms.
    User,
}

impl EmployeeType {
    /// The number the portal counts this type by.
    pub(super) fn code(self) -> i64 {
        match self {
            Self::RoomAdmin => 1,
            Self::Guest => 2,
            Self::DocSpaceAdmin => 3,
            Self::User => 4,
        }
    }

    /// Whether rooms of this account's making are possible at all.
    pub(super) fn may_own_rooms(self) -> bool {
        match self {
            Self::RoomAdmin | Self::DocSpaceAdmin => true,
            Self::Guest | Self::User => false,
        }
    }
}

/// Whether an account can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmployeeStatus {
    /// An ordinary account.
    Active,
    /// A disabled account: its keys are dead, its grants remain.
    Terminated,
    /// Invited, not yet activated.
    Pending,
}

impl EmployeeStatus {
    pub(super) fn code(self) -> i64 {
        match self {
            Self::Active => 1,
            Self::Terminated => 2,
            Self::Pending => 4,
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) id: String,
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) email: String,
    pub(super) kind: EmployeeType,
    pub(super) status: EmployeeStatus,
    pub(super) is_portal_owner: bool,
    pub(super) created: Timestamp,
    /// Removed accounts stay known to the portal, so that a grant to them is skipped.
    pub(super) is_removed: bool,
}

impl Person {
    pub(super) fn display_name(&self) -> String {
        let name = format!("{} {}", self.first_name, self.last_name)
            .trim()
            .to_owned();
        if name.is_empty() {
            self.email.clone()
        } else {
            name
        }
    }

    pub(super) fn user_name(&self) -> String {
        self.email.split('@').next().unwrap_or_default().to_owned()
    }

    pub(super) fn is_docspace_admin(&self) -> bool {
        self.kind == EmployeeType::DocSpaceAdmin
    }

    /// Terminated and removed people get no new grants.
    pub(super) fn is_gone(&self) -> bool {
        self.is_removed || self.status == EmployeeStatus::Terminated
    }
}

#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) members: BTreeSet<String>,
    pub(super) is_system: bool,
    pub(super) is_removed: bool,
}

#[derive(Clone)]
pub(super) struct ApiKey {
    pub(super) id: String,
    pub(super) token: String,
    pub(super) name: String,
    pub(super) person: String,
    pub(super) scopes: Vec<String>,
    pub(super) is_active: bool,
    pub(super) created: Timestamp,
    pub(super) expires: Option<Timestamp>,
    pub(super) last_used: Option<Timestamp>,
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ApiKey")
            .field("id", &self.id)
            .field("person", &self.person)
            .finish_non_exhaustive()
    }
}

/// The system groups, which exist in every portal.
pub(super) fn system_groups() -> Vec<Group> {
    let group = |id: &str, name: &str| Group {
        id: id.to_owned(),
        name: name.to_owned(),
        members: BTreeSet::new(),
        is_system: true,
        is_removed: false,
    };
    let mut groups = vec![
        group(EVERYONE, "Everyone"),
        group(DOCSPACE_ADMINS, "DocSpace admins"),
    ];
    groups.extend(
        WITHOUT_EFFECT
            .iter()
            .zip(["Room admins", "Users", "Guests"])
            .map(|(id, name)| group(id, name)),
    );
    groups
}

impl World {
    /// The account, unless it was removed.
    pub(super) fn person(&self, id: &str) -> Option<&Person> {
        self.people.get(id).filter(|person| !person.is_removed)
    }

    pub(super) fn person_by_email(&self, email: &str) -> Option<&Person> {
        self.people
            .values()
            .find(|person| !person.is_removed && person.email.eq_ignore_ascii_case(email))
    }

    /// Whether a grant to this group reaches this person.
    pub(super) fn is_in_group(&self, person: &Person, group: &str) -> bool {
        match group {
            EVERYONE => true,
            DOCSPACE_ADMINS => person.is_docspace_admin(),
            _ => self.groups.get(group).is_some_and(|group| {
                !group.is_system && !group.is_removed && group.members.contains(&person.id)
            }),
        }
    }

    /// Guests cannot be members of groups.
    pub(super) fn may_join(&self, person: &str) -> bool {
        let is_guest = |person: &Person| person.kind == EmployeeType::Guest;
        !self.person(person).is_some_and(is_guest)
    }

    pub(super) fn new_person(&mut self, name: &str, email: &str, kind: EmployeeType) -> Person {
        let (first, last) = name.split_once(' ').unwrap_or((name, ""));
        Person {
            id: self.new_guid(),
            first_name: first.to_owned(),
            last_name: last.to_owned(),
            email: email.to_owned(),
            kind,
            status: EmployeeStatus::Active,
            is_portal_owner: false,
            created: self.now(),
            is_removed: false,
        }
    }
}
