//! The comparison as Markdown, for a pull request.

use std::fmt;

use super::{Change, Diff, Group, Turn, Value, What};
use crate::room::{counted, escape_control};

/// How many rooms of a group are listed.
const NAMED: usize = 3;

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rooms = counted(self.rooms, "room");
        if self.groups.is_empty() {
            return writeln!(f, "## No room changes\n\n{rooms} compared.");
        }
        let verb = if self.changed() == 1 {
            "changes"
        } else {
            "change"
        };
        writeln!(f, "## {} of {rooms} {verb}", self.changed())?;
        for group in &self.groups {
            writeln!(f, "\n### {}\n", heading(group))?;
            for change in &group.changes {
                writeln!(f, "- {}", line(change))?;
            }
        }
        let mut changes = self.groups.iter().flat_map(|group| &group.changes);
        if changes.any(|change| change.is_kept) {
            writeln!(
                f,
                "\nExisting rooms keep what is no longer required; new rooms do not get it. Only `membership: exact` takes roles away."
            )?;
        }
        Ok(())
    }
}

fn heading(group: &Group) -> String {
    let count = group.rooms.len();
    let named = group.rooms.iter().take(NAMED).map(|room| code(&room.title));
    let named = named.collect::<Vec<_>>().join(", ");
    match count.checked_sub(NAMED) {
        Some(more) if more > 0 => format!("{count} rooms: {named} and {more} more"),
        _ if count == 1 => named,
        _ => format!("{count} rooms: {named}"),
    }
}

fn line(change: &Change) -> String {
    let Change {
        what,
        name,
        turn,
        is_kept,
    } = change;
    let thing = code(name);
    match what {
        What::Policy => match turn {
            Turn::Added(Value::None) => format!("policy {thing} applies"),
            Turn::Added(how) => format!("policy {thing} applies, {}", shown(how)),
            Turn::Removed(_) => format!("policy {thing} no longer applies"),
            Turn::Changed(_, Value::None) => {
                format!("policy {thing} writes instead of only observing")
            }
            Turn::Changed(..) => format!("policy {thing} only observes"),
        },
        What::Refusal => match turn {
            Turn::Removed(_) => format!("no longer refused: {}", plain(name)),
            Turn::Added(_) | Turn::Changed(..) => format!("**refused**: {}", plain(name)),
        },
        What::Assumed => match turn {
            Turn::Removed(_) => format!("no longer **undecided**: {}", plain(name)),
            Turn::Added(_) | Turn::Changed(..) => format!("**undecided**: {}", plain(name)),
        },
        What::Owner => single("owner", turn),
        What::Membership => single("membership", turn),
        What::Protected => asked("protected", &thing, turn),
        What::Repair => match turn {
            Turn::Removed(_) => format!("policy {thing} no longer restores what people change"),
            Turn::Added(_) | Turn::Changed(..) => {
                format!("policy {thing} restores what people change")
            }
        },
        What::Notice => match turn {
            Turn::Removed(_) => format!("policy {thing} no longer notifies people of their roles"),
            Turn::Added(_) | Turn::Changed(..) => {
                format!("policy {thing} notifies people of their roles")
            }
        },
        What::Group => grant("group", &thing, turn, *is_kept),
        What::Person => grant("person", &thing, turn, *is_kept),
        What::Folder => asked("folder", &thing, turn),
        What::Order => "folders have another order in new rooms".to_owned(),
        What::Tag => asked("tag", &thing, turn),
        What::Setting => single(&format!("setting {thing}"), turn),
        What::Missing => match turn {
            Turn::Removed(_) => format!("no longer missing: {}", plain(name)),
            Turn::Added(_) | Turn::Changed(..) => format!("**missing**: {}", plain(name)),
        },
    }
}

fn single(what: &str, turn: &Turn) -> String {
    match turn {
        Turn::Added(to) => format!("{what}: {}", shown(to)),
        Turn::Removed(was) => format!("{what}: no longer required (was {})", shown(was)),
        Turn::Changed(from, to) => format!("{what}: {} → {}", shown(from), shown(to)),
    }
}

fn asked(what: &str, thing: &str, turn: &Turn) -> String {
    match turn {
        Turn::Removed(_) => format!("{what} {thing}: no longer required"),
        Turn::Added(_) | Turn::Changed(..) => format!("{what} {thing}"),
    }
}

fn grant(kind: &str, who: &str, turn: &Turn, is_kept: bool) -> String {
    match turn {
        Turn::Added(role) => format!("{kind} {who} **gains** {}", shown(role)),
        Turn::Removed(_) if is_kept => single(&format!("{kind} {who}"), turn),
        Turn::Changed(from, to) if is_kept => {
            let (from, to) = (shown(from), shown(to));
            format!("{kind} {who}: {to} in new rooms; existing rooms keep {from}")
        }
        Turn::Removed(role) => format!("{kind} {who} **loses** {}", shown(role)),
        Turn::Changed(from, to) => {
            let verb = if to > from { "gains" } else { "loses" };
            format!("{kind} {who} **{verb}**: {} → {}", shown(from), shown(to))
        }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::None => "nothing".to_owned(),
        Value::Text(text) => plain(text),
        Value::Role(role) => role.name().to_owned(),
    }
}

/// A text as inline code, even if it contains backticks.
fn code(text: &str) -> String {
    let text = escape_control(text);
    if !text.contains('`') {
        return format!("`{text}`");
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    format!("{fence} {text} {fence}")
}

/// A sentence with Markdown and HTML escaped.
fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in escape_control(text).chars() {
        if matches!(c, '<' | '>' | '[' | ']' | '*' | '\\' | '|') {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}
