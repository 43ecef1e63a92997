//! The limits of invitations.

use std::collections::BTreeSet;
use std::fmt;

use super::Entry;
use super::role::RoleByType;
use crate::room::Access;

/// The limits in a template. Those of all policies of a room combine as settings do.
#[derive(Debug, Clone, Default)]
pub struct GuestLimits {
    /// The allowed domains; `None` for any.
    pub domains: Option<Entry<Domains>>,
    /// The highest role; `None` for Viewer.
    pub highest: Option<Entry<RoleByType>>,
}

/// The domains to which invitations may go, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domains(pub BTreeSet<String>);

impl Domains {
    /// Why an address cannot be invited; `None` if it can.
    pub fn refuse(&self, address: &str) -> Option<String> {
        let (_, domain) = address.rsplit_once('@').unwrap_or_default();
        let is_allowed = self.0.contains(&domain.trim().to_lowercase());
        (!is_allowed).then(|| format!("`{address}` is not invited: `allowed_domains` is {self}"))
    }
}

impl fmt::Display for Domains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let domains: Vec<&str> = self.0.iter().map(String::as_str).collect();
        f.write_str(&domains.join(", "))
    }
}

/// The highest role of guests in one type of room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Highest(pub Option<Access>);

/// If no policy says anything.
impl Default for Highest {
    fn default() -> Self {
        Self(Some(Access::Viewer))
    }
}

impl Highest {
    /// Why an invitation cannot have a role; `None` if it can.
    pub fn refuse(self, address: &str, access: Access) -> Option<String> {
        (Some(access) > self.0).then(|| {
            format!(
                "`{address}` is not invited as {}: the highest role of guests is {self}",
                access.name()
            )
        })
    }
}

impl fmt::Display for Highest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.map_or("none", Access::name))
    }
}
