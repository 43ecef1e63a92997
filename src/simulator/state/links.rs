//! Links of rooms and folders, which the portal stores beside the grants (rooms-api.md G).

use jiff::Timestamp;

/// The kind of subject that access is given to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SubjectType {
    User,
    ExternalLink,
    Group,
    InvitationLink,
    PrimaryExternalLink,
}

impl SubjectType {
    /// DocSpace's number of this type.
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

/// The properties of a link that a grant does not have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LinkOptions {
    pub(crate) title: String,
    pub(crate) expires: Option<Timestamp>,
    pub(crate) password: Option<String>,
    pub(crate) denies_download: bool,
    /// Only for people who are signed in.
    pub(crate) is_internal: bool,
    /// How often an invitation can be used.
    pub(crate) max_uses: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) id: String,
    pub(crate) kind: SubjectType,
    pub(crate) access: i32,
    pub(crate) options: LinkOptions,
}
