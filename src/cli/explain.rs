//! `explain`: which policies match, why the others do not, and what the room gets.

use std::fmt::Write as _;

use anyhow::Context;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{Exit, Out, connect, now};
use crate::config::{Config, Flags, environment};
use crate::policy::{Candidate, Mismatch, Policy};
use crate::resolve::{Desired, Origin, Resolution, resolve};
use crate::room::{Creator, Facts, RoomType, stored_title};

/// Say which policies match a room, why the others do not, and what the room gets; needs no portal
#[derive(Debug, clap::Args)]
pub(super) struct Explain {
    /// The room's title
    #[arg(long)]
    title: String,
    /// The room's type: form-filling, collaboration, custom, public or vdr
    #[arg(long, value_name = "TYPE", value_parser = room_type)]
    r#type: RoomType,
    /// The creator's e-mail address
    #[arg(long, value_name = "EMAIL", default_value = "")]
    creator: String,
    /// The creator's display name
    #[arg(long, value_name = "NAME", default_value = "")]
    creator_name: String,
    /// The day on which the room was created [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<Date>,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

fn room_type(word: &str) -> Result<RoomType, String> {
    let words = RoomType::ALL.map(RoomType::word);
    RoomType::from_word(word.trim()).ok_or_else(|| {
        let hint = crate::yaml::hint(word, words.into_iter());
        format!("one of: {}{hint}", words.join(", "))
    })
}

impl Explain {
    pub(super) fn run(&self, flags: &Flags, out: &mut Out) -> anyhow::Result<Exit> {
        let config = Config::load(flags, &environment)?;
        let policies = match connect::policies(&config, out)? {
            Ok(policies) => policies,
            Err(exit) => return Ok(exit),
        };
        let today = || now().to_string().get(..10).and_then(|day| day.parse().ok());
        let facts = Facts {
            title: stored_title(&self.title),
            kind: self.r#type,
            creator: Creator {
                id: String::new(),
                name: self.creator_name.clone(),
                email: self.creator.clone(),
            },
            created: self
                .date
                .or_else(today)
                .context("the clock cannot be read")?,
        };
        let resolution = resolve(&policies, &facts);
        let passed = policies.passing(&Candidate::new(&facts));
        if self.json {
            out.json(&as_json(&facts, &resolution, &passed))?;
        } else {
            out.text(&as_text(&facts, &resolution, &passed))?;
        }
        let conflicts = resolution.desired.grants().1;
        Ok(if conflicts.is_empty() {
            Exit::Fine
        } else {
            Exit::Refused
        })
    }
}

fn by(origins: &[Origin]) -> String {
    origins
        .iter()
        .map(|origin| format!("{} ({})", origin.policy, origin.place))
        .collect::<Vec<_>>()
        .join(", ")
}

fn as_text(facts: &Facts, resolution: &Resolution, passed: &[(&Policy, Mismatch)]) -> String {
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
    for (policy, mismatch) in passed {
        let _ = writeln!(text, "  ✗ {}: {mismatch}", policy.name);
    }
    if resolution.matched.is_empty() {
        let _ = writeln!(text, "no policy matches: such a room is left alone");
        return text;
    }
    let _ = writeln!(text, "\nthe room gets");
    desired(&resolution.desired, &mut text);
    if let Some(would_be) = &resolution.would_be {
        let _ = writeln!(text, "\nwith the observing policies it would be");
        desired(would_be, &mut text);
    }
    text
}

fn desired(desired: &Desired, text: &mut String) {
    let mut line = |what: &str, value: String, origins: &[Origin]| {
        let _ = writeln!(text, "  {what:<7} {value:<42} {}", by(origins));
    };
    for folder in &desired.folders {
        line("folder", folder.value.to_string(), &folder.by);
    }
    for tag in &desired.tags {
        line("tag", tag.value.clone(), &tag.by);
    }
    let (grants, conflicts) = desired.grants();
    for (name, settled) in grants {
        line(
            "grant",
            format!("{name}: {}", settled.access.name()),
            &settled.by,
        );
    }
    for shortfall in &desired.shortfalls {
        line("missing", shortfall.reason.clone(), &shortfall.by);
    }
    for conflict in conflicts {
        let _ = writeln!(
            text,
            "  conflict: {conflict}; such a room is refused until one policy has a higher `priority`"
        );
    }
}

fn as_json(facts: &Facts, resolution: &Resolution, passed: &[(&Policy, Mismatch)]) -> Value {
    let room = |desired: &Desired| {
        let (grants, conflicts) = desired.grants();
        json!({
            "folders": desired.folders,
            "tags": desired.tags,
            "grants": grants.iter().map(|(name, settled)| json!({
                "subject": name, "role": settled.access, "by": settled.by,
            })).collect::<Vec<_>>(),
            "missing": desired.shortfalls,
            "conflicts": conflicts,
        })
    };
    json!({
        "title": facts.title,
        "type": facts.kind,
        "matched": resolution.matched,
        "passed": passed.iter().map(|(policy, mismatch)| json!({
            "policy": policy.name, "why": mismatch.to_string(),
        })).collect::<Vec<_>>(),
        "room": room(&resolution.desired),
        "would_be": resolution.would_be.as_ref().map(room),
    })
}
