//! The members of a live room, as JSON.

use serde::Serialize;

use super::{askers, kind_word};
use crate::explanation;
use crate::report::dto::Asker;
use crate::room::Access;

/// A live room and its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Live {
    /// The room's id.
    pub room: String,
    /// The members.
    pub members: Vec<Member>,
    /// Those for whom policies ask, and who are not in the room.
    pub absent: Vec<Absent>,
    /// What policies ask for and the room cannot get, and why.
    pub unmet: Vec<String>,
}

/// A member of a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Member {
    /// `group` or `user`.
    pub kind: String,
    /// The id of the person or group.
    pub id: String,
    /// The name.
    pub name: String,
    /// A person's e-mail address, if known.
    pub email: Option<String>,
    /// The word of the effective role; `null` for the owner, and for a right that is not one of the seven roles.
    pub role: Option<String>,
    /// `owner`, `us`, `asked`, `differs`, `hand` or `through`.
    pub why: String,
    /// The group, for `through`.
    pub through: Option<String>,
    /// The role that policies ask for, for `differs`.
    pub asked: Option<String>,
    /// The policies that ask, for `asked` and `differs`.
    pub by: Vec<Asker>,
    /// A group with a higher role that the person's own grant overrides.
    pub outweighed: Option<Outweighed>,
}

/// A group's role that a member's own grant overrides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outweighed {
    /// The group.
    pub group: String,
    /// The word of its role.
    pub role: String,
}

/// A person or group for which policies ask, and which has no grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Absent {
    /// `group` or `user`.
    pub kind: String,
    /// The id of the person or group.
    pub id: String,
    /// The name.
    pub name: String,
    /// The word of the role that policies ask for.
    pub role: String,
    /// The policies that ask.
    pub by: Vec<Asker>,
}

impl From<&explanation::Live> for Live {
    fn from(live: &explanation::Live) -> Self {
        let explanation::Live {
            room,
            members,
            absent,
            unmet,
        } = live;
        Self {
            room: room.to_string(),
            members: members.iter().map(Member::from).collect(),
            absent: absent.iter().map(Absent::from).collect(),
            unmet: unmet.clone(),
        }
    }
}

impl From<&explanation::Member> for Member {
    fn from(member: &explanation::Member) -> Self {
        let explanation::Member {
            subject,
            name,
            email,
            role,
            why,
            outweighed,
        } = member;
        let (why, through, asked, by) = match why {
            explanation::Why::Owner => ("owner", None, None, &[][..]),
            explanation::Why::Us => ("us", None, None, &[][..]),
            explanation::Why::Asked(by) => ("asked", None, None, by.as_slice()),
            explanation::Why::Differs { asked, by } => {
                ("differs", None, Some(asked), by.as_slice())
            }
            explanation::Why::Hand => ("hand", None, None, &[][..]),
            explanation::Why::Through(group) => ("through", Some(group), None, &[][..]),
        };
        let word = |role: &Access| role.as_str().to_owned();
        Self {
            kind: kind_word(subject.kind()).to_owned(),
            id: subject.guid().to_owned(),
            name: name.clone(),
            email: Some(email.clone()).filter(|email| !email.is_empty()),
            role: role.as_ref().map(word),
            why: why.to_owned(),
            through: through.cloned(),
            asked: asked.map(word),
            by: askers(by),
            outweighed: outweighed.as_ref().map(|(group, role)| Outweighed {
                group: group.clone(),
                role: word(role),
            }),
        }
    }
}

impl From<&explanation::Absent> for Absent {
    fn from(absent: &explanation::Absent) -> Self {
        Self {
            kind: kind_word(absent.subject.kind()).to_owned(),
            id: absent.subject.guid().to_owned(),
            name: absent.name.clone(),
            role: absent.role.as_str().to_owned(),
            by: askers(&absent.by),
        }
    }
}
