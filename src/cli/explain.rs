//! `explain`: shows which policies match, why the others do not, and what the room gets.

use anyhow::Context;
use jiff::civil::Date;

use super::{Exit, Out, connect, now};
use crate::bind::possible;
use crate::config::{Config, Flags, environment, policies_directory, policy_settings};
use crate::explanation::{Explanation, Present, dto};
use crate::policy::{Mismatch, PolicySet};
use crate::reconcile::Examined;
use crate::room::{
    Creator, CreatorFact, Facts, RoomId, RoomType, Skip, Unresolved, escape_control, fold,
    is_account, is_guid, stored_title,
};
use crate::service::{Portal, checked};
use crate::yaml::render;

/// Show which policies match a room, why the others do not, and what the room gets; needs a portal only with `--room`
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "roomwright explain [OPTIONS] --title <TITLE> --type <TYPE>\n       roomwright explain [OPTIONS] --room <ID>"
)]
pub(super) struct Explain {
    /// The id of a live room: reads it from the portal, and also shows who is in it and why
    #[arg(long, value_name = "ID", conflicts_with_all = ["title", "type", "creator", "creator_name", "creator_group", "tag", "date"])]
    room: Option<String>,
    /// The room's title
    #[arg(long, value_parser = title, required_unless_present = "room")]
    title: Option<String>,
    /// The room's type: form-filling, collaboration, custom, public or vdr
    #[arg(long, value_name = "TYPE", value_parser = room_type, required_unless_present = "room")]
    r#type: Option<RoomType>,
    /// The creator's e-mail address or id; may be repeated to give both
    #[arg(long, value_name = "EMAIL", value_parser = account)]
    creator: Vec<String>,
    /// The creator's display name
    #[arg(long, value_name = "NAME")]
    creator_name: Option<String>,
    /// A group that the creator belongs to; may be repeated
    #[arg(long, value_name = "GROUP")]
    creator_group: Vec<String>,
    /// A tag of the room; may be repeated
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// The day on which the room was created [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    date: Option<Date>,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

fn title(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("a room always has a title; write `--title 'Client - ACME'`".to_owned());
    }
    Ok(text.to_owned())
}

fn account(text: &str) -> Result<String, String> {
    if !text.trim().is_empty() && !is_account(text) {
        return Err(
            "neither an e-mail address nor an id; a display name is `--creator-name`".to_owned(),
        );
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

/// A day.
pub(super) fn day(text: &str) -> Result<Date, String> {
    text.parse()
        .map_err(|_| "write YYYY-MM-DD, such as 2026-07-01".to_owned())
}

impl Explain {
    pub(super) async fn run(&self, flags: &Flags, out: &mut Out) -> anyhow::Result<Exit> {
        let directory = policies_directory(flags, &environment)?;
        let policies = match checked(&directory, &policy_settings(flags)?)? {
            Ok(policies) => policies,
            Err(broken) => {
                if self.json {
                    out.problems_json(&broken.sources, &broken.errors, None)?;
                } else {
                    anstream::eprint!("{}", render(&broken.sources, &broken.errors, true));
                }
                return Ok(Exit::Invalid);
            }
        };
        let explanation = match &self.room {
            None => Explanation::new(&policies, self.facts()?, unasked),
            Some(room) => match live(&policies, &RoomId::new(room.as_str()), flags).await? {
                Ok(explanation) => explanation,
                Err(skip) => {
                    let room = escape_control(room);
                    anstream::eprintln!("room {room} cannot be explained: {skip}");
                    return Ok(Exit::Refused);
                }
            },
        };
        if self.json {
            out.json(&dto::Explanation::from(&explanation))?;
        } else {
            out.text(&explanation.to_string())?;
        }
        let resolution = &explanation.resolution;
        let (_, missing, conflicts) = possible(&resolution.desired, explanation.facts.kind);
        let is_fine = missing.is_empty() && conflicts.is_empty() && resolution.undecided.is_empty();
        Ok(if is_fine { Exit::Fine } else { Exit::Refused })
    }

    /// The room that the flags describe.
    fn facts(&self) -> anyhow::Result<Facts> {
        let today = || now().to_string().get(..10).and_then(|day| day.parse().ok());
        let accounts: Vec<&str> = self.creator.iter().map(String::as_str).collect();
        // The named groups are assumed to exist.
        let groups = self.creator_group.iter().map(|group| fold(group));
        let name = self.creator_name.clone().unwrap_or_default();
        let creator = Creator::of(&accounts, name, groups.collect());
        let mut unstated = creator.missing();
        // A creator who is given without groups has none.
        if accounts.is_empty() && self.creator_name.is_none() && self.creator_group.is_empty() {
            unstated.insert(CreatorFact::Groups);
        }
        Ok(Facts {
            title: stored_title(self.title.as_deref().unwrap_or_default()),
            kind: self.r#type.context("`--type` is missing")?,
            creator,
            created: self
                .date
                .or_else(today)
                .context("the clock cannot be read")?,
            tags: self.tag.clone(),
            unresolved: Unresolved {
                creator: unstated,
                ..Unresolved::default()
            },
        })
    }
}

/// A room of the portal with all its members, or why policies do not govern it.
async fn live(
    policies: &PolicySet,
    room: &RoomId,
    flags: &Flags,
) -> anyhow::Result<Result<Explanation, Skip>> {
    let config = Config::load(flags, &environment)?;
    let store = connect::store_if_there(&config).await;
    let portal = Portal::reading(&config, store.as_ref(), now)?;
    let planner = portal.planner(portal.client());
    let examined = match planner.examine(policies, room).await? {
        Ok(examined) => examined,
        Err(skip) => return Ok(Err(skip)),
    };
    // No `..`: a new member must be shown too.
    let Examined {
        facts,
        me,
        members,
        groups,
        directory,
    } = examined;
    let present = Present {
        owner: members.owner.person,
        me,
        shares: members.shares,
        people: members.people,
        members: groups,
    };
    let explanation = Explanation::new(policies, facts, |_, _| "");
    Ok(Ok(explanation.with_members(
        room.clone(),
        &present,
        &directory,
    )))
}

/// Which flag is missing, if that is why a policy does not match.
fn unasked(facts: &Facts, mismatch: &Mismatch) -> &'static str {
    let creator = &facts.creator;
    match mismatch {
        Mismatch::Creator(_) if creator.email.is_empty() && creator.id.is_empty() => {
            " (no `--creator` given)"
        }
        Mismatch::CreatorName(_) if creator.name.is_empty() => " (no `--creator-name` given)",
        Mismatch::CreatorGroup(_) if creator.groups.is_empty() => " (no `--creator-group` given)",
        Mismatch::Tagged(_) if facts.tags.is_empty() => " (no `--tag` given)",
        Mismatch::Creator(asked)
            if creator.id.is_empty() && asked.iter().any(|text| is_guid(text)) =>
        {
            " (no id given with `--creator`)"
        }
        Mismatch::Creator(asked)
            if creator.email.is_empty() && asked.iter().any(|text| !is_guid(text)) =>
        {
            " (no e-mail address given with `--creator`)"
        }
        _ => "",
    }
}
