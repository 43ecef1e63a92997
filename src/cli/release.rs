//! `release`: finishes open adoptions, shows the rooms that the service account owns, and gives one to a person. Needs
//! neither policies nor the service.

use anyhow::bail;
use serde_json::json;

use super::{Exit, Out, connect, now};
use crate::config::{Config, Flags, environment};
use crate::reconcile::{Custodian, Released};
use crate::room::{Person, RoomId, escape_control};
use crate::service::{Portal, Process, owned};
use crate::store::{OpenMode, Store};

/// Finish open adoptions, or give a room that the service account owns to someone
#[derive(Debug, clap::Args)]
pub(super) struct Release {
    /// A room that the service account owns
    #[arg(requires = "to")]
    room: Option<String>,
    /// The e-mail address of the account that becomes its owner
    #[arg(long, value_name = "E-MAIL", requires = "room")]
    to: Option<String>,
    /// Only list open adoptions and the rooms that the service account owns
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
        let portal = Portal::writing(&config, &store, Process::Command, now)?;
        let custodian = portal.custodian(&store);
        if let Some((room, to)) = self.room.as_ref().zip(self.to.as_ref()) {
            let room = RoomId::new(room.as_str());
            let given = give(&custodian, &portal, &store, &room, to).await?;
            self.show(&room, &given, out)?;
            return Ok(Exit::Fine);
        }
        if !self.list {
            for (room, released) in custodian.release_all().await? {
                let text = match released {
                    Released::Closed => "belongs to another owner; no adoption is open".to_owned(),
                    Released::Open => {
                        "is still open: a call may be in progress, or the portal does not respond"
                            .to_owned()
                    }
                    Released::Blocked { reason } => format!("needs an administrator: {reason}"),
                };
                if !self.json {
                    out.line(&escape_control(&format!("room {room} {text}")))?;
                }
            }
        }
        self.list(&store, &portal, out).await
    }

    fn show(&self, room: &RoomId, given: &Given, out: &mut Out) -> std::io::Result<()> {
        let Given { to, is_due } = given;
        if self.json {
            let to = json!({ "id": to.id, "name": to.name, "email": to.email });
            return out.json(&json!({ "version": 1, "room": room, "owner": to, "due": is_due }));
        }
        let then = if *is_due {
            ", and is processed again"
        } else {
            ""
        };
        let name = &to.name;
        out.line(&escape_control(&format!(
            "room {room} now belongs to {name}{then}"
        )))
    }

    /// Lists open adoptions, and the rooms that the service account owns without one.
    async fn list(&self, store: &Store, portal: &Portal, out: &mut Out) -> anyhow::Result<Exit> {
        let open = store.adoptions().await?;
        let owned = owned(store, &portal.reader()).await?;
        if self.json {
            out.json(&json!({ "version": 1, "adoptions": open, "owned": owned }))?;
        } else {
            for entry in &open {
                let blocked = entry
                    .blocked
                    .as_ref()
                    .map_or(String::new(), |why| format!(": {why}"));
                out.line(&escape_control(&format!(
                    "room {} of {}: adoption open since {:.0}{blocked}",
                    entry.room, entry.owner, entry.opened_at
                )))?;
            }
            for found in &owned {
                let (room, title, managers) = (&found.room, &found.title, &found.room_managers);
                let likely = if managers.is_empty() {
                    "it has no Room manager".to_owned()
                } else {
                    format!("its Room managers are {}", managers.join(", "))
                };
                out.line(&escape_control(&format!(
                    "room {room} `{title}` is owned by the service account; {likely}; run `roomwright release {room} --to E-MAIL` to give it away"
                )))?;
            }
            if open.is_empty() && owned.is_empty() {
                out.line("no adoption is open, and the service account owns no room")?;
            }
        }
        Ok(if open.is_empty() {
            Exit::Fine
        } else {
            Exit::Failed
        })
    }
}

/// A room that was given to a person.
struct Given {
    to: Person,
    /// Whether the room is processed again.
    is_due: bool,
}

async fn give(
    custodian: &Custodian,
    portal: &Portal,
    store: &Store,
    room: &RoomId,
    to: &str,
) -> anyhow::Result<Given> {
    let reader = portal.reader();
    let me = reader.whoami().await?;
    let Some(found) = reader.room(room).await? else {
        bail!("the portal has no room `{room}`");
    };
    if found.owner != me {
        bail!(
            "room {room} belongs to `{}`: `release` works only on rooms that the service account owns",
            found.owner_name
        );
    }
    let Some(person) = portal.directory().person_written(&reader, to).await? else {
        bail!("the portal has no account `{to}`");
    };
    if let Some(why) = person.person.cannot_own_rooms() {
        bail!("the room cannot be given to `{to}`: {why}");
    }
    if let Err(why) = custodian.release_to(room, &person.person.id).await {
        bail!("the room could not be given to `{to}`: {why}");
    }
    // It may have been refused because the service account owned it.
    let is_due = store.room(room).await?.is_some();
    if is_due {
        store.wake(room, now()).await?;
    }
    Ok(Given {
        to: person.person,
        is_due,
    })
}
