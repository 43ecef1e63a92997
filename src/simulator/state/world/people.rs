//! Looking up people, groups and keys (rooms-api.md M).

use super::World;
use crate::simulator::state::collation;
use crate::simulator::state::people::*;

impl World {
    /// The account, unless it was removed.
    pub(crate) fn person(&self, id: &str) -> Option<&Person> {
        self.people.get(id).filter(|person| !person.is_removed)
    }

    pub(crate) fn person_by_email(&self, email: &str) -> Option<&Person> {
        self.people
            .values()
            .find(|person| !person.is_removed && collation::same(&person.email, email))
    }

    /// Whether a grant to this group reaches this person.
    pub(crate) fn is_in_group(&self, person: &Person, group: &str) -> bool {
        match group {
            EVERYONE => true,
            DOCSPACE_ADMINS => person.is_docspace_admin(),
            _ => self.groups.get(group).is_some_and(|group| {
                !group.is_system && !group.is_removed && group.members.contains(&person.id)
            }),
        }
    }

    /// Whether the portal lists this person in the group: members of system groups are listed by account type.
    pub(crate) fn is_listed_in(&self, person: &Person, group: &Group) -> bool {
        match group.id.as_str() {
            EVERYONE => true,
            ROOM_ADMINS => person.kind.may_own_rooms(),
            id => self.has_row(person, id),
        }
    }

    /// Whether the table of groups has a row for this person and this group: the system groups Room admins and Everyone
    /// have none.
    pub(crate) fn has_row(&self, person: &Person, group: &str) -> bool {
        match group {
            DOCSPACE_ADMINS => person.is_docspace_admin(),
            USERS => person.kind == EmployeeType::User,
            GUESTS => person.kind == EmployeeType::Guest,
            id => {
                let group = self.groups.get(id).filter(|group| !group.is_removed);
                group.is_some_and(|group| group.members.contains(&person.id))
            }
        }
    }

    /// A person's groups, without the system groups.
    pub(crate) fn groups_of(&self, person: &Person) -> impl Iterator<Item = &Group> {
        let is_of = |group: &&Group| !group.is_system && self.has_row(person, &group.id);
        self.groups.values().filter(is_of)
    }

    /// Whether the account can be a member of groups: guests cannot.
    pub(crate) fn may_join(&self, person: &str) -> bool {
        let is_guest = |person: &Person| person.kind == EmployeeType::Guest;
        !self.person(person).is_some_and(is_guest)
    }

    /// The part before the `@`, with a number if the name is taken.
    fn free_user_name(&self, email: &str) -> String {
        let name = email.split('@').next().unwrap_or_default();
        let is_taken = |wanted: &str| {
            let mut people = self.people.values().filter(|person| !person.is_removed);
            people.any(|person| collation::same(&person.user_name, wanted))
        };
        let numbered = (1..).map(|number: u32| format!("{name}{number}"));
        std::iter::once(name.to_owned())
            .chain(numbered)
            .find(|wanted| !is_taken(wanted))
            .unwrap_or_default()
    }

    pub(crate) fn new_person(&mut self, name: &str, email: &str, kind: EmployeeType) -> Person {
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
            user_name: self.free_user_name(email),
            activation: 1,
            created_by: None,
            password: Password(PASSWORD.to_owned()),
        }
    }
}
