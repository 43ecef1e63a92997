//! `release`: finishes open adoptions, shows the rooms that our account owns, and gives one to a person. Needs no
//! policies and no service.

use anyhow::bail;
use serde_json::json;

use super::{Exit, Out, connect, now};
use crate::config::{Config, Flags, environment};
use crate::docspace::{Client, Reader};
use crate::reconcile::{Custodian, Journal, Released};
use crate::room::{Access, RoomId, shown};
use crate::store::{OpenMode, Store};

/// Finish open adoptions, or give a room that our account owns to a person
#[derive(Debug, clap::Args)]
pub(super) struct Release {
    /// A room that our account owns
    #[arg(requires = "to")]
    room: Option<String>,
    /// The e-mail address of the account that becomes its owner
    #[arg(long, value_name = "E-MAIL", requires = "room")]
    to: Option<String>,
    /// Only list open adoptions and the rooms that our account owns
    #[arg(long, conflicts_with = "room")]
    list: bool,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

impl Release {
    pub(super) async fn run(&self, flags: &Flags, out: &mut Out) -> anyhow::Result<Exit> {
        let config = Config::load(flags, &environment)?;
        config.portal()?;
        let store = connect::store(&config.store, OpenMode::Create).await?;
        let client = connect::counted_client(&config, &store, connect::Writes::Few)?;
        let journal = Journal::new(
            store.clone(),
            connect::holder(),
            config.retry.after_lost_answer,
            now,
        );
        let custodian = Custodian::new(&client, journal);
        if let Some((room, to)) = self.room.as_ref().zip(self.to.as_ref()) {
            return give(&custodian, &client, &RoomId::new(room.as_str()), to, out).await;
        }
        if !self.list {
            for (room, released) in custodian.release_all().await? {
                let text = match released {
                    Released::Closed => "is with another owner; nothing is open".to_owned(),
                    Released::Open => {
                        "is still open: an answer may be out, or the portal does not answer"
                            .to_owned()
                    }
                    Released::Blocked { reason } => format!("needs a person: {reason}"),
                };
                if !self.json {
                    out.line(&shown(&format!("room {room} {text}")))?;
                }
            }
        }
        self.tell(&store, &client, out).await
    }

    /// What is open, and which rooms our account owns without an entry.
    async fn tell(&self, store: &Store, client: &Client, out: &mut Out) -> anyhow::Result<Exit> {
        let open = store.adoptions().await?;
        let owned = owned(store, client).await?;
        if self.json {
            out.json(&json!({ "version": 1, "open": open, "owned": owned.iter().map(|(room, title, managers)| json!({
                "room": room, "title": title, "room_managers": managers,
            })).collect::<Vec<_>>() }))?;
        } else {
            for entry in &open {
                let blocked = entry
                    .blocked
                    .as_ref()
                    .map_or(String::new(), |why| format!(": {why}"));
                out.line(&shown(&format!(
                    "room {} of {}: adoption open since {:.0}{blocked}",
                    entry.room, entry.owner, entry.opened_at
                )))?;
            }
            for (room, title, managers) in &owned {
                let likely = if managers.is_empty() {
                    "it has no Room manager".to_owned()
                } else {
                    format!("its Room managers are {}", managers.join(", "))
                };
                out.line(&shown(&format!(
                    "room {room} `{title}` is owned by our account; {likely}; `roomwright release {room} --to E-MAIL` gives it away"
                )))?;
            }
            if open.is_empty() && owned.is_empty() {
                out.line("no adoption is open, and our account owns no room")?;
            }
        }
        Ok(if open.is_empty() {
            Exit::Fine
        } else {
            Exit::Failed
        })
    }
}

async fn give(
    custodian: &Custodian,
    client: &Client,
    room: &RoomId,
    to: &str,
    out: &mut Out,
) -> anyhow::Result<Exit> {
    let reader = Reader::new(client);
    let me = reader.whoami().await?;
    let Some(found) = reader.room(room).await? else {
        bail!("the portal has no room `{room}`");
    };
    if found.owner != me {
        bail!(
            "room {room} belongs to `{}`, not to our account; only rooms of our account are given away",
            found.owner_name
        );
    }
    let Some(person) = connect::directory().person_written(&reader, to).await? else {
        bail!("the portal has no person `{to}`");
    };
    if let Some(why) = crate::decide::cannot_own(&person.person) {
        bail!("the room cannot be given to `{to}`: {why}");
    }
    if let Err(why) = custodian.release_to(room, &person.person.id).await {
        bail!("the room could not be given to `{to}`: {why}");
    }
    out.line(&shown(&format!(
        "room {room} belongs to {} now",
        person.person.name
    )))?;
    Ok(Exit::Fine)
}

/// The rooms that our account owns and no adoption explains: id, title, and the names of their Room managers.
pub(super) async fn owned(
    store: &Store,
    client: &Client,
) -> anyhow::Result<Vec<(RoomId, String, Vec<String>)>> {
    let reader = Reader::new(client);
    let me = reader.whoami().await?;
    let rooms = reader.rooms().await?;
    // Read afterwards: a room that is adopted meanwhile is on record by then.
    let open = store.adoptions().await?;
    let mut owned = Vec::new();
    for (room, title, owner) in rooms {
        if owner != me || open.iter().any(|entry| entry.room == room) {
            continue;
        }
        // It may have been in the middle of an adoption that is over by now.
        match reader.room(&room).await? {
            Some(found) if found.owner == me => {}
            _ => continue,
        }
        let (_, shares) = reader.shares(&room).await?;
        let managers = shares
            .into_iter()
            .filter(|share| share.access == Some(Access::RoomManager))
            .map(|share| share.name)
            .collect();
        owned.push((room, title, managers));
    }
    Ok(owned)
}
