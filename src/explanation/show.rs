//! The explanation as text.

use std::fmt;

use super::{Explanation, Live, Member, Why};
use crate::bind::possible;
use crate::resolve::{Desired, Origin};
use crate::room::{Access, RoomType, Subject, escape_control, fold_title};

/// The width of the column of items; members have a wider one if a name needs it.
const MIN_WIDTH: usize = 42;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            facts,
            resolution,
            mismatched,
            unstated,
            live,
        } = self;
        let title = escape_control(&facts.title);
        let room = live.as_ref().map_or(String::new(), |live| {
            format!("room {}, ", escape_control(live.room.as_str()))
        });
        writeln!(
            f,
            "{title} ({room}{}, created {})",
            facts.kind, facts.created
        )?;
        for matched in &resolution.matched {
            let observes = if matched.observes {
                ", observes only"
            } else {
                ""
            };
            writeln!(
                f,
                "  ✓ {} (priority {}, template {}{observes}) {}",
                matched.policy, matched.priority, matched.template, matched.place
            )?;
            for (name, value) in &matched.captures {
                writeln!(f, "      {name} = {}", escape_control(value))?;
            }
            for assumed in unstated
                .iter()
                .filter(|other| other.policy == matched.policy)
            {
                let facts: Vec<&str> = assumed.facts.iter().map(|fact| fact.as_str()).collect();
                let facts = facts.join(" and ");
                writeln!(
                    f,
                    "      ? not certain: it depends on the creator's {facts}, which the room leaves out"
                )?;
            }
        }
        for stopped in &resolution.stopped {
            writeln!(
                f,
                "  ✗ {} ({}): it matches, but `{}` is final and of higher priority",
                stopped.policy, stopped.place, stopped.by
            )?;
        }
        for undecided in &resolution.undecided {
            let (policy, place) = (&undecided.policy, &undecided.place);
            writeln!(
                f,
                "  ? {policy} ({place}): it is unknown whether it matches, so the room is refused: {}",
                escape_control(&undecided.reason)
            )?;
        }
        for missed in mismatched {
            let (policy, why) = (&missed.policy, missed.reasons.join("; "));
            writeln!(
                f,
                "  ✗ {policy} ({}): {}",
                missed.place,
                escape_control(&why)
            )?;
        }
        if resolution.matched.is_empty() && !resolution.undecided.is_empty() {
            writeln!(f, "the room is refused: roomwright does not change it")?;
        } else if resolution.matched.is_empty() {
            writeln!(f, "no policy matches; roomwright does not change this room")?;
        } else {
            let gets = if resolution.undecided.is_empty() {
                "the room gets"
            } else {
                "the room is refused until that is known; then it gets at least"
            };
            writeln!(f, "\n{gets}")?;
            desired(&resolution.desired, facts.kind, f)?;
        }
        if let Some(would_be) = &resolution.would_be {
            writeln!(f, "\nif the observing policies applied, it would get")?;
            desired(would_be, facts.kind, f)?;
        }
        live.as_ref().map_or(Ok(()), |live| members(live, f))
    }
}

fn members(live: &Live, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(f, "\nwho is in the room, and why")?;
    let mut lines = Vec::new();
    for member in &live.members {
        let role = match (member.role, &member.why) {
            (_, Why::Owner) => "owner",
            (Some(role), _) => role.name(),
            (None, _) => "a right that is not one of the seven roles",
        };
        let who = format!("{}: {role}", named(member));
        let (what, who) = (kind(&member.subject), escape_control(&who));
        lines.push((what, who.into_owned(), why(member)));
    }
    for absent in &live.absent {
        let who = format!("{}: {}", absent.name, absent.role.name());
        let (who, why) = (
            escape_control(&who),
            format!("{} asks for it", by(&absent.by)),
        );
        lines.push(("absent", who.into_owned(), why));
    }
    let widths = lines.iter().map(|(_, who, _)| who.chars().count() + 1);
    let width = widths.max().unwrap_or_default().max(MIN_WIDTH);
    for (what, who, why) in lines {
        writeln!(f, "  {what:<7} {who:<width$} {why}")?;
    }
    if !live.unmet.is_empty() {
        writeln!(f, "\nwhat the room cannot get")?;
    }
    for unmet in &live.unmet {
        writeln!(f, "  ! {}", escape_control(unmet))?;
    }
    Ok(())
}

fn kind(subject: &Subject) -> &'static str {
    match subject {
        Subject::Group(_) => "group",
        Subject::User(_) => "person",
    }
}

fn named(member: &Member) -> String {
    match member.email.as_str() {
        "" => member.name.clone(),
        email => format!("{} ({email})", member.name),
    }
}

fn why(member: &Member) -> String {
    let reason = match &member.why {
        Why::Owner => "owns the room".to_owned(),
        Why::Us => "service account".to_owned(),
        Why::Asked(origins) => by(origins),
        Why::Differs { asked, by: origins } => {
            let (asked, by) = (asked.name(), by(origins));
            format!("{by} asks for {asked} instead")
        }
        Why::Hand => "added by hand: no policy asks for it".to_owned(),
        Why::Through(group) => format!("through {}", escape_control(group)),
    };
    match &member.outweighed {
        None => reason,
        Some((group, role)) => format!(
            "{reason}; overrides {} through {}",
            role.name(),
            escape_control(group)
        ),
    }
}

/// Which policies ask for something, and where.
fn by(origins: &[Origin]) -> String {
    let origins = origins.iter();
    let origins = origins.map(|origin| format!("{} ({})", origin.policy, origin.place));
    origins.collect::<Vec<_>>().join(", ")
}

fn line(f: &mut fmt::Formatter<'_>, what: &str, value: &str, origins: &[Origin]) -> fmt::Result {
    let value = escape_control(value);
    let line = format!("  {what:<7} {value:<MIN_WIDTH$} {}", by(origins));
    writeln!(f, "{}", line.trim_end())
}

fn desired(desired: &Desired, kind: RoomType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (grants, missing, conflicts) = possible(desired, kind);
    let (not_made, owner) = (desired.not_made(), desired.owner().ok().flatten());
    let is_nothing = desired.folders.is_empty()
        && (desired.membership.is_none() && owner.is_none())
        && desired.tags.is_empty()
        && desired.settings.is_empty()
        && (grants.is_empty() && not_made.is_empty())
        && (missing.is_empty() && conflicts.is_empty());
    if is_nothing {
        return writeln!(f, "  nothing");
    }
    let mut tree = Vec::new();
    for folder in &desired.folders {
        grow(&mut tree, &folder.value.0, &folder.by);
    }
    for (depth, folder) in flat(&tree, 0) {
        let title = format!("{}{}", "  ".repeat(depth), folder.title);
        line(f, "folder", &title, folder.by)?;
    }
    for tag in &desired.tags {
        line(f, "tag", &tag.value, &tag.by)?;
    }
    for (key, setting) in &desired.settings {
        let value = format!("{}: {}", key.as_str(), setting.wanted.value);
        line(f, "setting", &value, &setting.wanted.by)?;
        for (value, by) in &setting.overruled {
            let value = format!("  overruled: {value}");
            line(f, "", &value, std::slice::from_ref(by))?;
        }
    }
    if let Some(owner) = owner {
        line(f, "owner", owner.wanted.value.text(), &owner.wanted.by)?;
        for (name, by) in &owner.overruled {
            let name = format!("  overruled: {name}");
            line(f, "", &name, std::slice::from_ref(by))?;
        }
    }
    if let Some(membership) = &desired.membership {
        line(f, "members", membership.value.as_str(), &membership.by)?;
    }
    for protected in &desired.protected {
        line(f, "protect", protected.value.text(), &protected.by)?;
    }
    for (name, settled) in grants {
        let role = settled.access.name();
        line(f, "grant", &format!("{name}: {role}"), &settled.by)?;
        for (access, by) in settled.overruled {
            let role = access.map_or("none", Access::name);
            line(f, "", &format!("  overruled: {role}"), &[by])?;
        }
    }
    for (name, by) in not_made {
        line(
            f,
            "grant",
            &format!("{name}: not granted here (`none`)"),
            &by,
        )?;
    }
    for (what, value, policies) in [
        ("drift", "repair", &desired.repairing),
        ("notify", "true", &desired.notifying),
    ] {
        if !policies.is_empty() {
            let policies: Vec<&str> = policies.iter().map(String::as_str).collect();
            writeln!(f, "  {what:<7} {value:<MIN_WIDTH$} {}", policies.join(", "))?;
        }
    }
    for shortfall in missing {
        line(f, "missing", &shortfall.reason, &shortfall.by)?;
    }
    for conflict in conflicts {
        let until = match conflict.within() {
            Some(policy) => format!("the policy `{policy}` has only one of these lines"),
            None => "one policy has a higher `priority`".to_owned(),
        };
        let conflict = conflict.to_string();
        writeln!(
            f,
            "  conflict: {}; such a room is refused until {}",
            escape_control(&conflict),
            escape_control(&until)
        )?;
    }
    Ok(())
}

/// A folder, and the policies that ask for it; none if it only contains others.
struct Branch<'d> {
    title: &'d str,
    by: &'d [Origin],
    below: Vec<Branch<'d>>,
}

/// Puts a path into the tree.
fn grow<'d>(tree: &mut Vec<Branch<'d>>, path: &'d [String], by: &'d [Origin]) {
    let Some((title, rest)) = path.split_first() else {
        return;
    };
    let same = |branch: &Branch<'_>| fold_title(branch.title) == fold_title(title);
    let at = tree.iter().position(same).unwrap_or(tree.len());
    if at == tree.len() {
        tree.push(Branch {
            title,
            by: &[],
            below: Vec::new(),
        });
    }
    let Some(branch) = tree.get_mut(at) else {
        return;
    };
    if rest.is_empty() {
        branch.by = by;
    } else {
        grow(&mut branch.below, rest, by);
    }
}

/// The lines of the tree, each with its depth.
fn flat<'t, 'd>(tree: &'t [Branch<'d>], depth: usize) -> Vec<(usize, &'t Branch<'d>)> {
    let lines = tree.iter().flat_map(|branch| {
        let below = flat(&branch.below, depth + 1);
        std::iter::once((depth, branch)).chain(below)
    });
    lines.collect()
}
