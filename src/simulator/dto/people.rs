//! Accounts and groups as responses show them: `EmployeeDto`, `EmployeeFullDto`, `GroupDto`, `GroupSummaryDto`
//! (rooms-api.md M).

use serde_json::{Value, json};

use super::{encoded, merged};
use crate::simulator::state::people::{EmployeeType, Group, LOST_USER, Person};
use crate::simulator::state::world::World;

/// The parent id of groups.
const NO_GROUP: &str = "00000000-0000-0000-0000-000000000000";
/// The category of the system groups.
const SYSTEM_CATEGORY: &str = "7717039d-fbe9-45ad-81c1-68a1aa10ce1f";
/// The name of an account that the portal does not know, or no longer knows.
const REMOVED: &str = "profile removed";

impl World {
    /// `EmployeeDto`, the short form of an account. An unknown account is shown as the lost user.
    pub(crate) fn employee(&self, id: &str) -> Value {
        let person = self.person(id);
        let (id, name, email) = person.map_or((LOST_USER, REMOVED.to_owned(), ""), |person| {
            (&person.id, encoded(&person.display_name()), &person.email)
        });
        let avatar = "/static/images/default_user_photo_size_48-48.png";
        json!({
            "id": id, "displayName": name, "avatar": avatar, "avatarOriginal": avatar, "avatarMax": avatar,
            "avatarMedium": avatar, "avatarSmall": avatar, "hasAvatar": false, "isAnonim": false,
            "profileUrl": format!("/accounts/people/filter?search={email}"),
        })
    }

    /// `EmployeeFullDto` as `who` sees it: DocSpace admins and the account itself see the used space, DocSpace admins
    /// the creator, and everybody but Users the groups.
    pub(crate) fn employee_full(&self, who: &str, person: &Person) -> Value {
        let caller = self.person(who);
        let is_oneself = who == person.id;
        let sees_all = caller.is_some_and(Person::is_docspace_admin);
        let sees_groups =
            is_oneself || caller.is_none_or(|caller| caller.kind != EmployeeType::User);
        let sees_space = self.options.statistics && (sees_all || is_oneself);
        let (groups, names) = self.department(person);
        let maker = person.created_by.as_ref().filter(|_| sees_all);
        let is_portal_admin = person.is_docspace_admin();
        let full = json!({
            "firstName": person.first_name, "lastName": person.last_name, "userName": person.user_name,
            "email": person.email, "status": person.status.code(), "activationStatus": person.activation,
            "department": sees_groups.then_some(names),
            "groups": Some(groups).filter(|groups| sees_groups && !groups.is_empty()),
            "isOwner": person.is_portal_owner, "isAdmin": is_portal_admin && !person.is_portal_owner,
            "isRoomAdmin": person.kind == EmployeeType::RoomAdmin,
            "isCollaborator": person.kind == EmployeeType::User,
            "isVisitor": person.kind == EmployeeType::Guest,
            "listAdminModules": is_portal_admin.then_some(["files"]),
            "isLDAP": false, "isSSO": false, "mobilePhoneActivationStatus": 0,
            "usedSpace": sees_space.then_some(0), "createdBy": maker.map(|maker| self.employee(maker)),
            "registrationDate": self.date(person.created),
        });
        merged(self.employee(&person.id), full)
    }

    /// `EmployeeFullDto` of an unknown account.
    pub(crate) fn lost_user_full(&self) -> Value {
        let full = json!({
            "firstName": "Unknown", "lastName": "Unknown", "status": 1, "activationStatus": 0, "department": "",
            "isOwner": false, "isAdmin": false, "isRoomAdmin": false, "isCollaborator": false, "isVisitor": false,
            "isLDAP": false, "isSSO": false, "mobilePhoneActivationStatus": 0,
            "registrationDate": "0001-01-01T00:00:00.0000000Z",
        });
        merged(self.employee(LOST_USER), full)
    }

    /// A person's groups by name, and their names HTML-encoded in one text.
    fn department(&self, person: &Person) -> (Vec<Value>, String) {
        let mut groups: Vec<&Group> = self.groups_of(person).collect();
        groups.sort_by(|one, other| one.name.cmp(&other.name));
        let names: Vec<String> = groups.iter().map(|group| encoded(&group.name)).collect();
        let shown = groups.into_iter().map(|group| self.group_summary(group));
        (shown.collect(), names.join(", "))
    }

    /// `GroupSummaryDto`; names the manager by user name.
    pub(crate) fn group_summary(&self, group: &Group) -> Value {
        let manager = self.manager_of(group).map(|person| &person.user_name);
        json!({
            "id": group.id, "name": group.name, "manager": manager,
            "isSystem": group.is_system.then_some(true),
        })
    }

    /// `GroupDto`, without terminated members.
    pub(crate) fn group_full(&self, who: &str, group: &Group, with_members: bool) -> Value {
        let members = self.members_of(group);
        let shown = with_members.then(|| {
            members
                .iter()
                .map(|person| self.employee_full(who, person))
                .collect::<Vec<Value>>()
        });
        json!({
            "id": group.id, "name": group.name, "parent": NO_GROUP,
            "category": if group.is_system { SYSTEM_CATEGORY } else { NO_GROUP },
            "isLDAP": false, "isSystem": group.is_system.then_some(true),
            "manager": self.manager_of(group).map(|person| self.employee_full(who, person)),
            "members": shown, "membersCount": members.len(),
        })
    }

    fn manager_of(&self, group: &Group) -> Option<&Person> {
        self.person(group.manager.as_ref()?)
    }

    fn members_of(&self, group: &Group) -> Vec<&Person> {
        self.people
            .values()
            .filter(|person| !person.is_gone() && self.is_listed_in(person, group))
            .collect()
    }
}
