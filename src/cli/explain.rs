//! `explain`: which policies match, why the others do not, and what the room gets.

use std::fmt::Write as _;

use anyhow::Context;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{Exit, Out, by, now};
use crate::bind::possible;
use crate::config::{Flags, environment, policies_directory, portal_words};
use crate::policy::{Candidate, Mismatch, Missed};
use crate::resolve::{Desired, Origin, Resolution, Settled, resolve};
use crate::room::{Access, Creator, Facts, RoomType, Unresolved, fold, fold_title, stored_title};
use crate::service::checked;
use crate::yaml::{records, render};

/// Say which policies match a room, why the others do not, and what the room gets; needs no portal
#[derive(Debug, clap::Args)]
pub(super) struct Explain {
    /// The room's title
    #[arg(long, value_parser = title)]
    title: String,
    /// The room's type: form-filling, collaboration, custom, public or vdr
    #[arg(long, value_name = "TYPE", value_parser = room_type)]
    r#type: RoomType,
    /// The creator's e-mail address or id
    #[arg(long, value_name = "EMAIL", default_value = "")]
    creator: String,
    /// The creator's display name
    #[arg(long, value_name = "NAME", default_value = "")]
    creator_name: String,
    /// A group that the creator belongs to; may be repeated
    #[arg(long, value_name = "GROUP")]
    creator_group: Vec<String>,
    /// A tag of the room; may be repeated
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// The day on which the room was created [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<Date>,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

fn title(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("a room always has a title; write `--title 'Client - ACME'`".to_owned());
    }
    Ok(text.to_owned())
}

pub(super) fn room_type(word: &str) -> Result<RoomType, String> {
    let words = RoomType::ALL.map(RoomType::as_str);
    RoomType::from_word(word.trim()).ok_or_else(|| {
        let hint = crate::yaml::hint(word, words.into_iter());
        format!("one of: {}{hint}", words.join(", "))
    })
}

impl Explain {
    pub(super) fn run(&self, flags: &Flags, out: &mut Out) -> anyhow::Result<Exit> {
        let directory = policies_directory(flags, &environment)?;
        let policies = match checked(&directory, &portal_words(flags)?)? {
            Ok(policies) => policies,
            Err(broken) => {
                if self.json {
                    out.json(&records(&broken.sources, &broken.errors))?;
                } else {
                    anstream::eprint!("{}", render(&broken.sources, &broken.errors, true));
                }
                return Ok(Exit::Invalid);
            }
        };
        let today = || now().to_string().get(..10).and_then(|day| day.parse().ok());
        let facts = Facts {
            title: stored_title(&self.title),
            kind: self.r#type,
            // Whatever groups are named, they exist.
            creator: Creator::of(
                &self.creator,
                self.creator_name.clone(),
                self.creator_group.iter().map(|group| fold(group)).collect(),
            ),
            created: self
                .date
                .or_else(today)
                .context("the clock cannot be read")?,
            tags: self.tag.clone(),
            unresolved: Unresolved::default(),
        };
        let resolution = resolve(&policies, &facts);
        let missed = policies.mismatched(&Candidate::new(&facts));
        if self.json {
            out.json(&as_json(&facts, &resolution, &missed))?;
        } else {
            out.text(&as_text(&facts, &resolution, &missed))?;
        }
        let (_, missing, conflicts) = possible(&resolution.desired, facts.kind);
        Ok(if missing.is_empty() && conflicts.is_empty() {
            Exit::Fine
        } else {
            Exit::Refused
        })
    }
}

/// Why a policy does not speak, and what the question left open.
fn why_not(facts: &Facts, missed: &Missed<'_>) -> String {
    let part = |part: &Mismatch| format!("{}{}", missed.why(part), unasked(facts, part));
    missed.parts.iter().map(part).collect::<Vec<_>>().join("; ")
}

fn unasked(facts: &Facts, mismatch: &Mismatch) -> &'static str {
    let creator = &facts.creator;
    match mismatch {
        Mismatch::Creator(_) if creator.email.is_empty() && creator.id.is_empty() => {
            " (no `--creator` given)"
        }
        Mismatch::CreatorName(_) if creator.name.is_empty() => " (no `--creator-name` given)",
        Mismatch::CreatorGroup(_) if creator.groups.is_empty() => " (no `--creator-group` given)",
        Mismatch::Tagged(_) if facts.tags.is_empty() => " (no `--tag` given)",
        _ => "",
    }
}

fn as_text(facts: &Facts, resolution: &Resolution, missed: &[Missed<'_>]) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{} ({}, created {})",
        facts.title, facts.kind, facts.created
    );
    for matched in &resolution.matched {
        let observes = if matched.observes {
            ", observes only"
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "  ✓ {} (priority {}, template {}{observes}) {}",
            matched.policy, matched.priority, matched.template, matched.place
        );
        for (name, value) in &matched.captures {
            let _ = writeln!(text, "      {name} = {value}");
        }
    }
    for stopped in &resolution.stopped {
        let _ = writeln!(
            text,
            "  ✗ {} ({}): it matches, but `{}` is final and of higher priority",
            stopped.policy, stopped.place, stopped.by
        );
    }
    for missed in missed {
        let (policy, why) = (missed.policy, why_not(facts, missed));
        let _ = writeln!(text, "  ✗ {} ({}): {why}", policy.name, policy.place);
    }
    if resolution.matched.is_empty() {
        let _ = writeln!(text, "no policy matches: such a room is left alone");
        return text;
    }
    let _ = writeln!(text, "\nthe room gets");
    desired(&resolution.desired, facts.kind, &mut text);
    if let Some(would_be) = &resolution.would_be {
        let _ = writeln!(text, "\nwith the observing policies it would be");
        desired(would_be, facts.kind, &mut text);
    }
    text
}

fn desired(desired: &Desired, kind: RoomType, text: &mut String) {
    let before = text.len();
    let mut line = |what: &str, value: String, origins: &[Origin]| {
        let line = format!("  {what:<7} {value:<42} {}", by(origins));
        let _ = writeln!(text, "{}", line.trim_end());
    };
    let mut tree = Vec::new();
    for folder in &desired.folders {
        grow(&mut tree, &folder.value.0, &folder.by);
    }
    for (depth, folder) in flat(&tree, 0) {
        let title = format!("{}{}", "  ".repeat(depth), folder.title);
        line("folder", title, folder.by);
    }
    for tag in &desired.tags {
        line("tag", tag.value.clone(), &tag.by);
    }
    for (key, setting) in &desired.settings {
        let value = format!("{}: {}", key.as_str(), setting.wanted.value);
        line("setting", value, &setting.wanted.by);
        for (value, by) in &setting.overruled {
            line(
                "",
                format!("  overruled: {value}"),
                std::slice::from_ref(by),
            );
        }
    }
    let (grants, missing, conflicts) = possible(desired, kind);
    for (name, settled) in grants {
        let role = settled.access.name();
        line("grant", format!("{name}: {role}"), &settled.by);
        for (access, by) in settled.overruled {
            let role = access.map_or("none", Access::name);
            line("", format!("  overruled: {role}"), &[by]);
        }
    }
    for (name, by) in desired.not_made() {
        line("grant", format!("{name}: not made here (`none`)"), &by);
    }
    for shortfall in missing {
        line("missing", shortfall.reason, &shortfall.by);
    }
    for conflict in conflicts {
        let _ = writeln!(
            text,
            "  conflict: {conflict}; such a room is refused until one policy has a higher `priority`"
        );
    }
    if text.len() == before {
        text.push_str("  nothing\n");
    }
}

/// A folder, and who asks for it; nobody where it only holds others.
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

fn as_json(facts: &Facts, resolution: &Resolution, missed: &[Missed<'_>]) -> Value {
    let room = |desired: &Desired| {
        let (grants, missing, conflicts) = possible(desired, facts.kind);
        let overruled = |settled: &Settled| -> Vec<Value> {
            let all = settled.overruled.iter();
            all.map(|(access, by)| json!({ "role": access, "by": by }))
                .collect()
        };
        json!({
            "folders": desired.folders,
            "tags": desired.tags,
            "settings": desired.settings.iter().map(|(key, setting)| json!({
                "setting": key, "value": setting.wanted.value.to_string(), "by": setting.wanted.by,
                "overruled": setting.overruled.iter().map(|(value, by)| json!({
                    "value": value.to_string(), "by": by,
                })).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
            "grants": grants.iter().map(|(name, settled)| json!({
                "subject": name, "role": settled.access, "by": settled.by,
                "overruled": overruled(settled),
            })).collect::<Vec<_>>(),
            "not_made": desired.not_made().iter().map(|(name, by)| json!({
                "subject": name, "by": by,
            })).collect::<Vec<_>>(),
            "missing": missing,
            "conflicts": conflicts,
        })
    };
    json!({
        "title": facts.title,
        "type": facts.kind,
        "matched": resolution.matched,
        "stopped": resolution.stopped,
        "mismatched": missed.iter().map(|missed| json!({
            "policy": missed.policy.name, "why": why_not(facts, missed), "place": missed.policy.place,
        })).collect::<Vec<_>>(),
        "room": room(&resolution.desired),
        "would_be": resolution.would_be.as_ref().map(room),
    })
}
