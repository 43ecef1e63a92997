//! `import`: writes a live room as a policy file.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, bail};

use super::{Exit, Out, connect, now};
use crate::bind::{PersonEntry, Snapshot, one_group};
use crate::config::{Config, Flags, environment};
use crate::docspace::{self, Directory, Link, Members, Reader};
use crate::import::{Capture, Live, Named, import};
use crate::room::{
    Access, Creator, Facts, GroupId, Observed, PersonKind, RoomId, Share, Standing, Subject,
    Unresolved, UserId, escape_control,
};
use crate::service::Portal;
use crate::yaml::is_name;

/// Write a live room as a policy file, verified by an empty plan
#[derive(Debug, clap::Args)]
pub(super) struct Import {
    /// The id of the room, as in the room's address
    room: String,
    /// Replace this text of the title with a capture, in folders and tags too; may be repeated
    #[arg(long, value_name = "NAME=TEXT", value_parser = capture)]
    capture: Vec<Capture>,
    /// Write to a new file [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

fn capture(text: &str) -> Result<Capture, String> {
    let (name, text) = text
        .split_once('=')
        .ok_or("write a name, `=` and a text from the title, such as `client=ACME`")?;
    if !is_name(name) {
        return Err(format!(
            "`{name}` is not a valid capture name: it starts with a letter, followed by letters, digits, `_` or `-`"
        ));
    }
    if text.trim().is_empty() {
        return Err(format!(
            "`{name}` has no text; write a text from the title after `=`"
        ));
    }
    Ok(Capture {
        name: name.to_owned(),
        text: text.trim().to_owned(),
    })
}

impl Import {
    pub(super) async fn run(&self, flags: &Flags, out: &mut Out) -> anyhow::Result<Exit> {
        if let Some(there) = self.output.as_ref().filter(|path| path.exists()) {
            bail!(
                "`{}` already exists, and nothing was written; name another file",
                there.display()
            );
        }
        let config = Config::load(flags, &environment)?;
        let store = connect::store_if_there(&config).await;
        let portal = Portal::reading(&config, store.as_ref(), now)?;
        let id = RoomId::new(self.room.as_str());
        let live = match observed(&portal.reader(), portal.directory(), &id).await? {
            Ok(live) => live,
            Err(reason) => {
                anstream::eprintln!("room {id} cannot be imported: {reason}");
                return Ok(Exit::Refused);
            }
        };
        let imported = import(&live, &self.capture).map_err(anyhow::Error::msg)?;
        if !imported.has_something {
            anstream::eprintln!("room {id} has nothing that a policy can ask for");
            for thing in &imported.left_out {
                anstream::eprintln!("- {}", escape_control(thing));
            }
            return Ok(Exit::Refused);
        }
        let Some(path) = &self.output else {
            out.text(&imported.text)?;
            return Ok(Exit::Fine);
        };
        let mut file = std::fs::File::create_new(path)
            .with_context(|| format!("`{}` cannot be written", path.display()))?;
        std::io::Write::write_all(&mut file, imported.text.as_bytes())
            .with_context(|| format!("`{}` cannot be written", path.display()))?;
        out.line(&format!("wrote {}", path.display()))?;
        Ok(Exit::Fine)
    }
}

/// Everything in the room, or why policies do not govern it.
async fn observed(
    reader: &Reader,
    directory: &Directory,
    id: &RoomId,
) -> anyhow::Result<Result<Live, String>> {
    let Some(room) = reader.room(id).await? else {
        return Ok(Err("the portal has no such room".to_owned()));
    };
    let kind = match room.standing {
        Standing::Active(kind) => kind,
        Standing::Not(skip) => return Ok(Err(skip.to_string())),
    };
    let me = reader.whoami().await?;
    let Members {
        owner,
        shares,
        people,
    } = reader.members(id).await?;
    let folders = reader.every_folder(id).await?;
    let manages = owner.person.id == me || room.rights.edit_access;
    let remarks = if manages {
        reader.links(id).await?.iter().map(remark).collect()
    } else {
        vec!["its links, if any: only the owner and Room managers can see them".to_owned()]
    };
    let mut naming = Naming {
        reader,
        directory,
        snapshot: Snapshot::default(),
        names: BTreeMap::new(),
    };
    let people: BTreeMap<UserId, PersonEntry> = people
        .into_iter()
        .map(|entry| (entry.person.id.clone(), entry))
        .collect();
    for share in &shares {
        match &share.subject {
            Subject::Group(id) => naming.group(id, share).await?,
            Subject::User(id) => {
                if let Some(person) = people.get(id) {
                    naming.person(person).await?;
                }
            }
        }
    }
    let facts = Facts {
        title: room.title.clone(),
        kind,
        creator: Creator::of(&[&owner.person.email], owner.person.name.clone(), [].into()),
        created: room.created,
        tags: room.tags.clone(),
        unresolved: Unresolved::default(),
    };
    Ok(Ok(Live {
        facts,
        names: naming.names,
        directory: naming.snapshot,
        remarks,
        seen: Observed {
            room,
            owner: owner.person,
            folders,
            shares,
            me,
        },
    }))
}

fn remark(link: &Link) -> String {
    let what = if link.is_invitation {
        "an invitation link"
    } else {
        "an external link"
    };
    let role = link.access.map_or("", Access::name);
    format!(
        "{what}, `{}` ({role}): policies do not create links",
        link.title
    )
}

/// Finds how a policy can name the members of the room.
struct Naming<'r> {
    reader: &'r Reader,
    directory: &'r Directory,
    snapshot: Snapshot,
    names: BTreeMap<Subject, Named>,
}

impl Naming<'_> {
    /// By name, if no other group has the same name.
    async fn group(&mut self, id: &GroupId, share: &Share) -> Result<(), docspace::Error> {
        let by_name = self
            .directory
            .groups_written(self.reader, &share.name)
            .await?;
        let is_it = one_group(&share.name, &by_name).is_ok_and(|group| group.id == *id);
        self.snapshot.add_group(&share.name, by_name);
        let by_id = self
            .directory
            .groups_written(self.reader, id.as_str())
            .await?;
        self.snapshot.add_group(id.as_str(), by_id);
        let written = if is_it { &share.name } else { id.as_str() };
        self.name(share.subject.clone(), written, false);
        Ok(())
    }

    /// By e-mail address, if the portal finds the same person under it.
    async fn person(&mut self, entry: &PersonEntry) -> Result<(), docspace::Error> {
        let person = &entry.person;
        let email = person.email.trim();
        let by_email = if email.is_empty() {
            None
        } else {
            self.directory.person_written(self.reader, email).await?
        };
        let is_same = by_email
            .as_ref()
            .is_some_and(|found| found.person.id == person.id);
        if is_same {
            self.snapshot.add_person(email, by_email);
        }
        let id = person.id.as_str();
        self.snapshot.add_person(id, Some(entry.clone()));
        let written = if is_same { email } else { id };
        let is_guest = person.kind == PersonKind::Guest;
        self.name(Subject::User(person.id.clone()), written, is_guest);
        Ok(())
    }

    fn name(&mut self, subject: Subject, written: &str, is_guest: bool) {
        let named = Named {
            written: written.to_owned(),
            is_guest,
        };
        self.names.insert(subject, named);
    }
}
