//! Links of rooms and folders, as the portal keeps them beside the grants (rooms-api.md G).

use jiff::Timestamp;

use crate::simulator::state::ids::EntryId;
use crate::simulator::state::world::World;

/// To whom access is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SubjectType {
    User,
    ExternalLink,
    Group,
    InvitationLink,
    PrimaryExternalLink,
}

impl SubjectType {
    /// The number DocSpace counts this type by.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::User => 0,
            Self::ExternalLink => 1,
            Self::Group => 2,
            Self::InvitationLink => 3,
            Self::PrimaryExternalLink => 4,
        }
    }

    pub(crate) fn is_link(self) -> bool {
        self == Self::InvitationLink || self.is_external()
    }

    pub(crate) fn is_external(self) -> bool {
        matches!(self, Self::ExternalLink | Self::PrimaryExternalLink)
    }
}

/// What a link has that a grant has not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LinkOptions {
    pub(crate) title: String,
    pub(crate) expires: Option<Timestamp>,
    pub(crate) password: Option<String>,
    pub(crate) denies_download: bool,
    /// Only for people who have signed in.
    pub(crate) is_internal: bool,
    /// How often an invitation may be used.
    pub(crate) most_uses: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) id: String,
    pub(crate) kind: SubjectType,
    pub(crate) access: i32,
    pub(crate) options: LinkOptions,
}

impl World {
    pub(crate) fn links_of(&self, entry: &EntryId) -> &[Link] {
        self.links.get(entry).map(Vec::as_slice).unwrap_or_default()
    }

    pub(crate) fn link(&self, entry: &EntryId, id: &str) -> Option<&Link> {
        self.links_of(entry).iter().find(|link| link.id == id)
    }

    /// Whether anybody with an address can come in.
    pub(crate) fn has_external_link(&self, entry: &EntryId) -> bool {
        let mut links = self.links_of(entry).iter();
        links.any(|link| link.kind.is_external())
    }

    /// Writes a link in the place of the one with its id.
    pub(crate) fn put_link(&mut self, entry: &EntryId, link: Link) {
        self.remove_link(entry, &link.id);
        self.links.entry(entry.clone()).or_default().push(link);
    }

    pub(crate) fn remove_link(&mut self, entry: &EntryId, id: &str) {
        if let Some(links) = self.links.get_mut(entry) {
            links.retain(|link| link.id != id);
        }
    }
}
