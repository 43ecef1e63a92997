//! Views of accounts, groups and keys, without secrets.

use serde::Serialize;

use crate::simulator::portal::Portal;
use crate::simulator::state::people::{ApiKey, EmployeeStatus, EmployeeType, Group, Person};

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountView {
    /// Its id.
    pub id: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// E-mail address.
    pub email: String,
    /// The user name, which addresses of the interface contain.
    pub user_name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: EmployeeType,
    /// The status of the account.
    pub status: EmployeeStatus,
    /// Whether it is the portal's owner.
    pub is_portal_owner: bool,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupView {
    /// Its id.
    pub id: String,
    /// Its name, which need not be unique.
    pub name: String,
    /// The account that manages it.
    pub manager: Option<String>,
    /// The ids of its members.
    pub members: Vec<String>,
    /// Whether it is a system group; the members of a system group are not listed.
    pub is_system: bool,
}

/// An API key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The account it acts as.
    pub of: String,
    /// Its scopes; none means every right.
    pub scopes: Vec<String>,
    /// Whether it is active.
    pub active: bool,
    /// When it expires, if ever. RFC 3339.
    pub expires: Option<String>,
}

impl AccountView {
    fn of(person: &Person) -> Self {
        Self {
            id: person.id.clone(),
            first_name: person.first_name.clone(),
            last_name: person.last_name.clone(),
            email: person.email.clone(),
            user_name: person.user_name.clone(),
            kind: person.kind,
            status: person.status,
            is_portal_owner: person.is_portal_owner,
        }
    }
}

impl GroupView {
    fn of(group: &Group) -> Self {
        Self {
            id: group.id.clone(),
            name: group.name.clone(),
            manager: group.manager.clone(),
            members: group.members.iter().cloned().collect(),
            is_system: group.is_system,
        }
    }
}

impl KeyView {
    fn of(key: &ApiKey) -> Self {
        Self {
            id: key.id.clone(),
            name: key.name.clone(),
            of: key.person.clone(),
            scopes: key.scopes.clone(),
            active: key.is_active,
            expires: key.expires.map(|at| at.to_string()),
        }
    }
}

impl Portal {
    /// All accounts that are not removed, by id.
    pub fn accounts(&self) -> Vec<AccountView> {
        let world = self.world();
        let present = world.people.values().filter(|person| !person.is_removed);
        present.map(AccountView::of).collect()
    }

    /// The account with this id.
    pub fn account(&self, id: &str) -> Option<AccountView> {
        self.world().person(id).map(AccountView::of)
    }

    /// All groups that are not deleted, by id.
    pub fn groups(&self) -> Vec<GroupView> {
        let world = self.world();
        let present = world.groups.values().filter(|group| !group.is_removed);
        present.map(GroupView::of).collect()
    }

    /// The group with this id.
    pub fn group(&self, id: &str) -> Option<GroupView> {
        let world = self.world();
        let group = world.groups.get(id).filter(|group| !group.is_removed);
        group.map(GroupView::of)
    }

    /// All keys, in the order they were created.
    pub fn keys(&self) -> Vec<KeyView> {
        self.world().keys.iter().map(KeyView::of).collect()
    }

    /// The secret of a key: `sk-…`.
    pub(crate) fn key_token(&self, id: &str) -> Option<String> {
        let world = self.world();
        let key = world.keys.iter().find(|key| key.id == id);
        key.map(|key| key.token.clone())
    }
}
