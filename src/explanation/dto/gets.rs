//! What a room gets, as JSON.

use serde::Serialize;

use super::{askers, kind_word};
use crate::bind::possible;
use crate::report::dto::Asker;
use crate::resolve;
use crate::room::{self, Access, RoomType};

/// What a room gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gets {
    /// Folders, in display order.
    pub folders: Vec<Folder>,
    /// Tags.
    pub tags: Vec<Tag>,
    /// Settings.
    pub settings: Vec<Setting>,
    /// The account that becomes its owner, if a policy names one.
    pub owner: Option<Owner>,
    /// Whether people may add other members, if a policy says so.
    pub membership: Option<Membership>,
    /// The groups and people that `membership: exact` does not touch.
    pub protected: Vec<Protected>,
    /// The policies that restore what people changed.
    pub repairing: Vec<String>,
    /// The policies that notify people of their grants.
    pub notifying: Vec<String>,
    /// Who gets which role.
    pub grants: Vec<Grant>,
    /// Groups and people that policies name, and that get nothing here.
    pub not_made: Vec<NotMade>,
    /// What the room cannot get.
    pub missing: Vec<Missing>,
    /// What policies of equal priority disagree about; such a room is refused.
    pub conflicts: Vec<Conflict>,
}

/// A folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Folder {
    /// Its titles from the root, separated by `/`.
    pub path: String,
    /// The policies that ask for it.
    pub by: Vec<Asker>,
}

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tag {
    /// As in the policy.
    pub tag: String,
    /// The policies that ask for it.
    pub by: Vec<Asker>,
}

/// A setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// Its key in the policy language.
    pub setting: String,
    /// Its value, for display.
    pub value: String,
    /// The policies that ask for it.
    pub by: Vec<Asker>,
    /// The values that it overrides.
    pub overruled: Vec<OverruledValue>,
}

/// A value that is overridden.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OverruledValue {
    /// The value.
    pub value: String,
    /// The policy that asks for it.
    pub by: Asker,
}

/// The account that becomes the owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Owner {
    /// The e-mail address or id, as in the policy.
    pub account: String,
    /// The policies that ask for it.
    pub by: Vec<Asker>,
    /// The accounts that it overrides.
    pub overruled: Vec<OverruledValue>,
}

/// Whether people may add other members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Membership {
    /// `additive` or `exact`.
    pub membership: String,
    /// The policies that ask for it.
    pub by: Vec<Asker>,
}

/// A group or person that `membership: exact` does not touch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Protected {
    /// `group` or `user`.
    pub kind: String,
    /// The name, e-mail address or id, as in the policy.
    pub subject: String,
    /// The policies that say so.
    pub by: Vec<Asker>,
}

/// A role for a group or a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Grant {
    /// `group` or `user`.
    pub kind: String,
    /// The name, e-mail address or id, as in the policy.
    pub subject: String,
    /// The word of the role.
    pub role: String,
    /// Whether a person without an account is invited.
    pub invites: bool,
    /// The policies that ask for it.
    pub by: Vec<Asker>,
    /// The roles that it overrides.
    pub overruled: Vec<OverruledRole>,
}

/// A role that is overridden.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OverruledRole {
    /// The word of the role; `null` for `none`.
    pub role: Option<String>,
    /// The policy that asks for it.
    pub by: Asker,
}

/// A group or a person that gets nothing here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotMade {
    /// `group` or `user`.
    pub kind: String,
    /// The name, e-mail address or id, as in the policy.
    pub subject: String,
    /// The policies that say so.
    pub by: Vec<Asker>,
}

/// Something that the room cannot get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// What, and why.
    pub reason: String,
    /// The policies that ask for it.
    pub by: Vec<Asker>,
}

/// A disagreement of policies of equal priority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// What they disagree about.
    pub about: String,
    /// What each wants.
    pub claims: Vec<OverruledValue>,
}

impl Gets {
    pub(super) fn of(desired: &resolve::Desired, kind: RoomType) -> Self {
        let resolve::Desired {
            folders,
            tags,
            settings,
            membership,
            protected,
            owners: _,
            repairing,
            notifying,
            claims: _,
            conflicts: _,
            shortfalls: _,
        } = desired;
        let (grants, missing, conflicts) = possible(desired, kind);
        let folders = folders.iter().map(|folder| Folder {
            path: folder.value.to_string(),
            by: askers(&folder.by),
        });
        let tags = tags.iter().map(|tag| Tag {
            tag: tag.value.clone(),
            by: askers(&tag.by),
        });
        let not_made = desired.not_made().into_iter();
        let not_made = not_made.map(|(name, by)| NotMade {
            kind: kind_word(name.kind()).to_owned(),
            subject: name.text().to_owned(),
            by: askers(&by),
        });
        let protected = protected.iter().map(|protected| Protected {
            kind: kind_word(protected.value.kind()).to_owned(),
            subject: protected.value.text().to_owned(),
            by: askers(&protected.by),
        });
        Self {
            folders: folders.collect(),
            tags: tags.collect(),
            settings: settings.iter().map(setting).collect(),
            // Disagreements are in `conflicts`.
            owner: desired.owner().ok().flatten().as_ref().map(owner),
            membership: membership.as_ref().map(|membership| Membership {
                membership: membership.value.as_str().to_owned(),
                by: askers(&membership.by),
            }),
            protected: protected.collect(),
            repairing: repairing.iter().cloned().collect(),
            notifying: notifying.iter().cloned().collect(),
            grants: grants.iter().map(grant).collect(),
            not_made: not_made.collect(),
            missing: missing.iter().map(Missing::from).collect(),
            conflicts: conflicts.iter().map(Conflict::from).collect(),
        }
    }
}

fn setting((key, setting): (&room::SettingKey, &resolve::SettledWord<room::Setting>)) -> Setting {
    let overruled = setting.overruled.iter();
    Setting {
        setting: key.as_str().to_owned(),
        value: setting.wanted.value.to_string(),
        by: askers(&setting.wanted.by),
        overruled: overruled
            .map(|(value, by)| OverruledValue {
                value: value.to_string(),
                by: by.into(),
            })
            .collect(),
    }
}

fn owner(owner: &resolve::SettledWord<resolve::SubjectName>) -> Owner {
    let overruled = owner.overruled.iter();
    Owner {
        account: owner.wanted.value.text().to_owned(),
        by: askers(&owner.wanted.by),
        overruled: overruled
            .map(|(name, by)| OverruledValue {
                value: name.text().to_owned(),
                by: by.into(),
            })
            .collect(),
    }
}

fn grant((name, settled): &(resolve::SubjectName, resolve::Settled)) -> Grant {
    let overruled = settled.overruled.iter();
    Grant {
        kind: kind_word(name.kind()).to_owned(),
        subject: name.text().to_owned(),
        role: settled.access.as_str().to_owned(),
        invites: settled.invites,
        by: askers(&settled.by),
        overruled: overruled
            .map(|(access, by)| OverruledRole {
                role: access.map(|access: Access| access.as_str().to_owned()),
                by: by.into(),
            })
            .collect(),
    }
}

impl From<&resolve::Shortfall> for Missing {
    fn from(shortfall: &resolve::Shortfall) -> Self {
        Self {
            reason: shortfall.reason.clone(),
            by: askers(&shortfall.by),
        }
    }
}

impl From<&resolve::Conflict> for Conflict {
    fn from(conflict: &resolve::Conflict) -> Self {
        let claims = conflict.claims.iter().map(|(value, by)| OverruledValue {
            value: value.clone(),
            by: by.into(),
        });
        Self {
            about: conflict.about.clone(),
            claims: claims.collect(),
        }
    }
}
