//! The order of `GET people/filter`: active people, pending ones by their address, terminated ones (rooms-api.md M).

use std::cmp::Ordering;

use crate::simulator::state::collation::{self, Key};
use crate::simulator::state::people::{EmployeeStatus, EmployeeType, Person};
use crate::simulator::state::world::World;

#[derive(Debug, Clone, Copy)]
enum SortBy {
    FirstName,
    LastName,
    Type,
    Email,
    Department,
    UsedSpace,
    CreatedBy,
    RegistrationDate,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Sorting {
    by: SortBy,
    is_descending: bool,
}

impl Sorting {
    /// `sortBy` by name or number; an unknown value means the first name.
    pub(super) fn of(by: Option<&str>, is_descending: bool) -> Self {
        let by = match by.unwrap_or_default().to_ascii_lowercase().as_str() {
            "lastname" | "1" => SortBy::LastName,
            "type" | "3" => SortBy::Type,
            "email" | "4" => SortBy::Email,
            "department" | "5" => SortBy::Department,
            "usedspace" | "6" => SortBy::UsedSpace,
            "createdby" | "7" => SortBy::CreatedBy,
            "registrationdate" | "8" => SortBy::RegistrationDate,
            _ => SortBy::FirstName,
        };
        Self { by, is_descending }
    }

    pub(super) fn compare(self, world: &World, one: &Person, other: &Person) -> Ordering {
        let turned = |order: Ordering| {
            if self.is_descending {
                order.reverse()
            } else {
                order
            }
        };
        let by_status = status_rank(one).cmp(&status_rank(other));
        let by_first = collation::key(&one.first_name).cmp(&collation::key(&other.first_name));
        match self.by {
            SortBy::FirstName => by_status.then(turned(
                name_or_email(one, &one.first_name).cmp(&name_or_email(other, &other.first_name)),
            )),
            SortBy::LastName => by_status.then(turned(
                name_or_email(one, &one.last_name).cmp(&name_or_email(other, &other.last_name)),
            )),
            SortBy::Type => turned(type_rank(one).cmp(&type_rank(other))).then(by_first),
            SortBy::Email => turned(collation::key(&one.email).cmp(&collation::key(&other.email))),
            SortBy::Department => {
                let groups = |person| world.groups_of(person).count();
                turned(groups(one).cmp(&groups(other)).then(by_first))
            }
            SortBy::UsedSpace => Ordering::Equal,
            SortBy::CreatedBy => turned(world.creator_name(one).cmp(&world.creator_name(other))),
            SortBy::RegistrationDate => turned(one.created.cmp(&other.created)),
        }
    }
}

fn status_rank(person: &Person) -> u8 {
    match person.status {
        EmployeeStatus::Active => 0,
        EmployeeStatus::Pending => 1,
        EmployeeStatus::Terminated => 2,
    }
}

fn name_or_email(person: &Person, name: &str) -> Key {
    let is_pending = person.status == EmployeeStatus::Pending;
    collation::key(if is_pending { &person.email } else { name })
}

fn type_rank(person: &Person) -> u8 {
    match person.kind {
        EmployeeType::DocSpaceAdmin if person.is_portal_owner => 0,
        EmployeeType::DocSpaceAdmin => 1,
        EmployeeType::RoomAdmin => 2,
        EmployeeType::User => 3,
        EmployeeType::Guest => 4,
    }
}

impl World {
    /// People whose creator is unknown come first.
    fn creator_name(&self, person: &Person) -> Option<Key> {
        let maker = self.person(person.created_by.as_ref()?)?;
        Some(collation::key(&maker.first_name))
    }
}
