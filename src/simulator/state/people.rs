//! People, groups and API keys (rooms-api.md M).

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

/// The group everybody belongs to.
pub const EVERYONE: &str = "c5cc67d1-c3e8-43c0-a3ad-3928ae3e5b5e";
/// The group of all DocSpace admins.
pub const DOCSPACE_ADMINS: &str = "cd84e66b-b803-40fc-99f9-b2969a54a1de";
/// System groups that a grant accepts and stores, but that give nobody a right.
pub(crate) const ROOM_ADMINS: &str = "abef62db-11a8-4673-9d32-ef1d8af19dc0";
pub(crate) const USERS: &str = "88f11e7c-7407-4bea-b4cb-070010cdbb6b";
pub(crate) const GUESTS: &str = "aced04fa-dd96-4b35-af3e-346bf1eb972d";
/// The account that stands for every unknown account.
pub(crate) const LOST_USER: &str = "4a515a15-d4d6-4b8e-828e-e0586f18f3a3";

/// The four types of account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum EmployeeType {
    /// May create and manage rooms.
    RoomAdmin,
    /// A person from outside the portal.
    Guest,
    /// May see all rooms and change the portal's settings.
    DocSpaceAdmin,
    /// May only work in rooms.
    User,
}

impl EmployeeType {
    /// DocSpace's number of this type.
    pub(crate) fn code(self) -> i64 {
        match self {
            Self::RoomAdmin => 1,
            Self::Guest => 2,
            Self::DocSpaceAdmin => 3,
            Self::User => 4,
        }
    }

    /// Whether accounts of this type can create rooms.
    pub(crate) fn may_own_rooms(self) -> bool {
        match self {
            Self::RoomAdmin | Self::DocSpaceAdmin => true,
            Self::Guest | Self::User => false,
        }
    }
}

/// The status of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum EmployeeStatus {
    /// An ordinary account.
    Active,
    /// A disabled account: its keys are dead, its grants remain.
    Terminated,
    /// Invited, not yet activated.
    Pending,
}

impl EmployeeStatus {
    pub(crate) fn code(self) -> i64 {
        match self {
            Self::Active => 1,
            Self::Terminated => 2,
            Self::Pending => 4,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) email: String,
    /// The user name, which addresses of the interface contain.
    pub(crate) user_name: String,
    pub(crate) kind: EmployeeType,
    pub(crate) status: EmployeeStatus,
    pub(crate) is_portal_owner: bool,
    pub(crate) created: Timestamp,
    /// Removed accounts stay known to the portal, so that it skips a grant to them.
    pub(crate) is_removed: bool,
    /// 0 not activated, 1 activated, 2 pending.
    pub(crate) activation: i64,
    /// The creator of the account.
    pub(crate) created_by: Option<String>,
    /// The password for signing in.
    pub(crate) password: Password,
}

/// A password, hidden from debug output.
#[derive(Clone)]
pub(crate) struct Password(pub(crate) String);

impl std::fmt::Debug for Password {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Password")
    }
}

/// The default password of an account.
pub(crate) const PASSWORD: &str = "simulated";

impl Person {
    /// First and last name, in Chinese order for Chinese names. Without a name, the address.
    pub(crate) fn display_name(&self) -> String {
        let (first, last) = (&self.first_name, &self.last_name);
        let is_chinese =
            |name: &str| name.contains(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter));
        let name = if is_chinese(first) || is_chinese(last) {
            format!("{last}{first}")
        } else {
            format!("{first} {last}")
        };
        match name.trim() {
            "" => self.email.clone(),
            name => name.to_owned(),
        }
    }

    pub(crate) fn is_docspace_admin(&self) -> bool {
        self.kind == EmployeeType::DocSpaceAdmin
    }

    /// Whether this account may read groups.
    pub(crate) fn may_read_groups(&self) -> bool {
        self.kind.may_own_rooms()
    }

    /// Whether the account is terminated or removed; such accounts get no new grants.
    pub(crate) fn is_gone(&self) -> bool {
        self.is_removed || self.status == EmployeeStatus::Terminated
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) manager: Option<String>,
    pub(crate) members: BTreeSet<String>,
    pub(crate) is_system: bool,
    pub(crate) is_removed: bool,
}

#[derive(Clone)]
pub(crate) struct ApiKey {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) name: String,
    pub(crate) person: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) is_active: bool,
    pub(crate) created: Timestamp,
    pub(crate) expires: Option<Timestamp>,
    pub(crate) last_used: Option<Timestamp>,
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
pub(crate) fn system_groups() -> Vec<Group> {
    let group = |id: &str, name: &str| Group {
        id: id.to_owned(),
        name: name.to_owned(),
        manager: None,
        members: BTreeSet::new(),
        is_system: true,
        is_removed: false,
    };
    vec![
        group(EVERYONE, "Everyone"),
        group(DOCSPACE_ADMINS, "DocSpaceAdmin"),
        group(ROOM_ADMINS, "RoomAdmin"),
        group(USERS, "User"),
        group(GUESTS, "Guest"),
    ]
}
