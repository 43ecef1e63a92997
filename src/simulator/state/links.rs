//! Links of rooms and folders, as the portal keeps them beside the grants (rooms-api.md G).

use jiff::Timestamp;

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
