//! The text that operators read.

use std::fmt;

use super::{Action, Note, Plan};
use crate::resolve::Origin;
use crate::room::{Access, escape_control};

fn source(by: &[Origin]) -> String {
    match by {
        [] => String::new(),
        [one] => format!("{}, {}", one.policy, one.place),
        [one, rest @ ..] => format!("{}, {} and {} more", one.policy, one.place, rest.len()),
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, by) = match self {
            Action::CreateFolder { path, by } => (format!("+ folder {path}"), source(by)),
            Action::AddTags(tags) => {
                let words: Vec<&str> = tags.iter().map(|tag| tag.value.as_str()).collect();
                let by: Vec<Origin> = tags
                    .iter()
                    .flat_map(|tag| tag.by.first().cloned())
                    .collect();
                (format!("+ tags {}", words.join(", ")), source(&by))
            }
            Action::UpdateSettings(changes) => {
                let texts: Vec<String> = changes
                    .iter()
                    .map(|change| {
                        format!(
                            "{}: {} → {}",
                            change.to.key().as_str(),
                            change.from,
                            change.to
                        )
                    })
                    .collect();
                let by: Vec<Origin> = changes
                    .iter()
                    .flat_map(|change| change.by.first().cloned())
                    .collect();
                (format!("~ {}", texts.join("; ")), source(&by))
            }
            Action::Grant { name, role, by, .. } => {
                let to = role.to.map_or("nothing", Access::name);
                match role.from {
                    None => (format!("+ {name}: {to}"), source(by)),
                    Some(from) => (format!("~ {name}: {} → {to}", from.name()), source(by)),
                }
            }
            Action::Invite { email, access, by } => (
                format!("+ {email}: {} (invited by e-mail)", access.name()),
                source(by),
            ),
            Action::Revoke { name, was, by, .. } => (
                format!("- {name}: {} (removed from the room)", was.name()),
                source(by),
            ),
            Action::ChangeOwner { from, to, by } => {
                (format!("~ owner: {from} → {}", to.name), source(by))
            }
        };
        write!(f, "{text:<44} {by}")
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::IsOwner { name } => write!(f, "= {name} owns the room"),
            Note::IsUs => f.write_str("= a grant to the service account itself is never sent"),
            Note::HasMore {
                name,
                has,
                through: None,
            } => write!(f, "= {name} has more: {}", has.name()),
            Note::HasMore {
                name,
                has,
                through: Some(group),
            } => {
                write!(f, "= {name} has more through {group}: {}", has.name())
            }
            Note::PersonalIsLower {
                name,
                own,
                group,
                theirs,
            } => write!(
                f,
                "! {name} stays {} by a personal grant, although {group} is {}",
                own.name(),
                theirs.name()
            ),
            Note::UnknownRole { name } => write!(
                f,
                "! {name} has a role that is not one of the seven; it stays unchanged"
            ),
            Note::TagSpelling { asked, there } => {
                write!(f, "= the portal has the tag {asked} as {there}")
            }
            Note::UnknownSetting { key } => {
                write!(
                    f,
                    "? {} is not visible here, and stays unchanged",
                    key.as_str()
                )
            }
            Note::Renamed { path, there } => {
                write!(
                    f,
                    "= the folder {path} was renamed or moved: it is {there} now"
                )
            }
            Note::FormerOwner { name } => write!(
                f,
                "= {name} stays Room manager, although no grant says so: they may be the former owner"
            ),
            Note::NotRemoved { name, unknown } => write!(
                f,
                "! {name} is not removed: {unknown}, which the policy names, was not found and may be {name}"
            ),
            Note::FolderTwice { path, ids } => {
                write!(
                    f,
                    "! the folder {path} exists {} times ({})",
                    ids.len(),
                    ids.join(", ")
                )
            }
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for action in &self.actions {
            writeln!(f, "  {}", escape_control(action.to_string().trim_end()))?;
        }
        for note in &self.notes {
            writeln!(f, "  {}", escape_control(&note.to_string()))?;
        }
        Ok(())
    }
}
