//! The rooms for which versions are compared: the portal's, or those of a list.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, bail};
use serde::Serialize;

use crate::bind::{GroupEntry, PersonEntry, one_group};
use crate::cli::{connect, now};
use crate::config::{Config, Flags, environment};
use crate::diff::Room;
use crate::docspace::{self, Directory, ListedRoom, Reader};
use crate::policy::expectation::{self, Listed};
use crate::policy::{PolicySet, Word};
use crate::room::{
    Creator, Facts, GroupId, RoomType, SYSTEM_GROUPS, Unresolved, fold, is_system, is_system_group,
    tag_key,
};
use crate::service::Portal;
use crate::yaml::{Sources, render};

/// A room as `--save-rooms` writes it, with the keys of a test's `room`.
#[derive(Debug, Serialize)]
struct Saved<'r> {
    room: &'r str,
    title: &'r str,
    r#type: &'static str,
    creator: Vec<&'r str>,
    creator_name: &'r str,
    creator_groups: Vec<&'r str>,
    tags: &'r [String],
    date: String,
}

/// The rooms of a list, or its problems.
pub(super) fn listed(
    file: &Path,
    versions: [&PolicySet; 2],
) -> anyhow::Result<Result<Vec<Room>, String>> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("`{}` cannot be read", file.display()))?;
    let mut sources = Sources::default();
    let id = sources.add(file.display().to_string(), text);
    let today = now().to_string();
    let today = today.get(..10).and_then(|day| day.parse().ok());
    let today = today.context("the clock cannot be read")?;
    Ok(match expectation::rooms(&sources, id, today) {
        // An empty list would make every change look harmless.
        Ok(rooms) if rooms.is_empty() => bail!(
            "`{}` has no rooms to compare; `--save-rooms FILE` writes those of the portal",
            file.display()
        ),
        Ok(rooms) => Ok(compared(rooms, versions)),
        Err(problems) => Err(render(&sources, &problems, false)),
    })
}

/// The rooms of a list, which does not say what else the portal has: a group or tag that no room has may not exist.
fn compared(listed: Vec<Listed>, versions: [&PolicySet; 2]) -> Vec<Room> {
    let facts = || listed.iter().map(|room| &room.facts);
    let groups = facts().flat_map(|facts| facts.creator.groups.iter().cloned());
    let groups: BTreeSet<String> = groups.collect();
    let tags = facts().flat_map(|facts| facts.tags.iter().map(|tag| tag_key(tag)));
    let tags: BTreeSet<String> = tags.collect();
    let is_unknown = |word: &&&Word| {
        let is_system = is_system_group(&word.written) || is_system(&GroupId::new(&word.written));
        !is_system && !groups.contains(&word.key)
    };
    let assumed = |facts: &Facts| {
        let mut assumed = Unresolved::default();
        for asked in versions.map(|policies| policies.asked(facts)) {
            for word in asked.groups.iter().filter(is_unknown) {
                let reason = unlisted("no creator in the list is in the group", &word.written);
                assumed.groups.insert(word.key.clone(), reason);
            }
            for word in asked.tags.iter().filter(|word| !tags.contains(&word.key)) {
                let reason = unlisted("no room of the list has the tag", &word.written);
                assumed.tags.insert(word.key.clone(), reason);
            }
        }
        assumed
    };
    let assumed: Vec<Unresolved> = facts().map(assumed).collect();
    let rooms = listed.into_iter().zip(assumed);
    let rooms = rooms.map(|(listed, assumed)| Room {
        id: listed.id,
        facts: listed.facts,
        assumed,
    });
    rooms.collect()
}

fn unlisted(nothing_has: &str, name: &str) -> String {
    format!(
        "{nothing_has} `{name}`, so it is unknown whether the portal has it; if not, the room is refused"
    )
}

/// The rooms of the portal, which are also saved to a file if there is one to save to.
pub(super) async fn of_portal(
    flags: &Flags,
    versions: [&PolicySet; 2],
    save: Option<&Path>,
) -> anyhow::Result<Vec<Room>> {
    let config = Config::load(flags, &environment)?;
    config.portal().context(
        "there are no rooms to compare: name a list with `--rooms FILE`, or set the portal",
    )?;
    let store = connect::store_if_there(&config).await;
    let portal = Portal::reading(&config, store.as_ref(), now)?;
    let reader = portal.reader();
    let survey = Survey {
        groups: reader.groups().await?,
        directory: portal.directory(),
        reader: &reader,
    };
    let mut rooms = Vec::new();
    let mut owners = BTreeMap::new();
    for listed in reader.rooms().await? {
        let Some(kind) = listed.kind else { continue };
        if !owners.contains_key(&listed.owner) {
            let owner = survey
                .directory
                .person_written(&reader, listed.owner.as_str())
                .await?;
            owners.insert(listed.owner.clone(), owner);
        }
        let owner = owners.get(&listed.owner).and_then(Option::as_ref);
        rooms.push(survey.room(versions, listed, kind, owner).await?);
    }
    if let Some(path) = save {
        let saved: Vec<Saved<'_>> = rooms
            .iter()
            .map(|(room, groups)| saved(room, groups))
            .collect();
        let text = serde_json::to_string_pretty(&saved)?;
        std::fs::write(path, text + "\n")
            .with_context(|| format!("`{}` cannot be written", path.display()))?;
    }
    Ok(rooms.into_iter().map(|(room, _)| room).collect())
}

fn saved<'r>(room: &'r Room, groups: &'r [String]) -> Saved<'r> {
    let Facts {
        title,
        kind,
        creator,
        created,
        tags,
        unresolved: _,
    } = &room.facts;
    let accounts = [creator.email.as_str(), creator.id.as_str()].into_iter();
    Saved {
        room: room.id.as_deref().unwrap_or_default(),
        title,
        r#type: kind.as_str(),
        creator: accounts.filter(|account| !account.is_empty()).collect(),
        creator_name: &creator.name,
        creator_groups: groups.iter().map(String::as_str).collect(),
        tags,
        date: created.to_string(),
    }
}

/// What all rooms need from the portal.
struct Survey<'p> {
    reader: &'p Reader,
    directory: &'p Directory,
    groups: Vec<GroupEntry>,
}

impl Survey<'_> {
    /// The facts that either version may match on, and the names of the owner's groups.
    async fn room(
        &self,
        versions: [&PolicySet; 2],
        listed: ListedRoom,
        kind: RoomType,
        owner: Option<&PersonEntry>,
    ) -> Result<(Room, Vec<String>), docspace::Error> {
        let owners = owner.map(|entry| &entry.groups);
        let is_owners = |id: &GroupId| owners.is_some_and(|owners| owners.contains(id));
        let names = self.groups.iter().filter(|group| is_owners(&group.id));
        let names: Vec<String> = names.map(|group| group.name.clone()).collect();
        let person = owner.map(|entry| &entry.person);
        let mut facts = Facts {
            title: listed.title,
            kind,
            creator: Creator {
                id: listed.owner.to_string(),
                name: person.map_or(String::new(), |person| person.name.clone()),
                email: person.map_or(String::new(), |person| person.email.clone()),
                groups: BTreeSet::new(),
            },
            created: listed.created,
            tags: listed.tags,
            unresolved: Unresolved::default(),
        };
        for policies in versions {
            let asked = policies.asked(&facts);
            let (mut groups, mut unresolved) = (Vec::new(), Unresolved::default());
            for word in asked.groups {
                match self.group(&word.key, &word.written) {
                    Ok(id) if is_owners(&id) => groups.push(word.key.clone()),
                    Ok(_) => {}
                    Err(reason) => {
                        unresolved.groups.insert(word.key.clone(), reason);
                    }
                }
            }
            for word in asked.tags {
                let has = facts.tags.iter().any(|tag| tag_key(tag) == word.key);
                if !has && !self.directory.has_tag(self.reader, &word.written).await? {
                    let reason = format!("the portal has no tag `{}`", word.written);
                    unresolved.tags.insert(word.key.clone(), reason);
                }
            }
            facts.creator.groups.extend(groups);
            facts.unresolved.groups.extend(unresolved.groups);
            facts.unresolved.tags.extend(unresolved.tags);
        }
        let id = Some(listed.id.to_string());
        let assumed = Unresolved::default();
        Ok((Room { id, facts, assumed }, names))
    }

    /// The group that a policy names, by name or id.
    fn group(&self, key: &str, written: &str) -> Result<GroupId, String> {
        let system = SYSTEM_GROUPS
            .iter()
            .find(|(name, id)| fold(name) == key || *id == key);
        if let Some((_, id)) = system {
            return Ok(GroupId::new(id));
        }
        let fits = |group: &&GroupEntry| fold(&group.name) == key || group.id.as_str() == key;
        let found: Vec<GroupEntry> = self.groups.iter().filter(fits).cloned().collect();
        one_group(written, &found).map(|group| group.id.clone())
    }
}
