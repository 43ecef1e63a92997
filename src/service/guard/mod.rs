//! The guard: checks whether the portal sends events of new rooms, and which events never arrived. It only changes
//! webhooks of the service account. It reports those of other people and does not change them.

mod log;
mod problem;
mod watch;

use std::time::Duration;

use jiff::Timestamp;
use reqwest::Url;
use secrecy::SecretString;

pub use log::{Missed, MissedEvent};
pub use problem::Problem;
pub use watch::Watch;

use super::sweep::Reach;
use crate::docspace::{self, Client, KeyState, NewWebhook, Reader, Webhook, Writer};
use crate::room::{Person, PersonKind, UserId, escape_control};
use crate::store::{self, Store};

/// The name of a webhook that roomwright creates.
const NAME: &str = "roomwright";

/// Checks the webhook of one address.
#[derive(Debug, Clone)]
pub struct Guard {
    client: Client,
    /// Where the portal reaches the service, if known.
    address: Option<Url>,
    /// The secret that signs deliveries.
    secret: Option<SecretString>,
    clock: fn() -> Timestamp,
    /// How long the store keeps deliveries.
    keep: Duration,
}

/// Why the webhook cannot be checked or changed. Each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address of the webhook is not configured.
    #[error(
        "the address of the webhook is not configured: set `docspace.webhook_url` in roomwright.yaml, ROOMWRIGHT_WEBHOOK_URL or `--url`, such as `https://hooks.example.com/docspace/webhook`"
    )]
    NoAddress,
    /// The key may not read webhooks.
    #[error(
        "the key lacks the scope `*:read`, so webhooks cannot be seen: add `*:read` to the key, or look in DocSpace under Developer tools → Webhooks"
    )]
    MayNotRead,
    /// The key may not change webhooks.
    #[error(
        "the key lacks the scope `*:write`, so webhooks cannot be changed: pass a file with a key that has it to `--key-file`, or create the webhook in DocSpace under Developer tools → Webhooks, for `room.created`, as the account of the key"
    )]
    MayNotChange,
    /// The service account would not receive events of other people's rooms.
    #[error(
        "the service account is not a DocSpace admin, so its webhook would only receive events of its own rooms: make it a DocSpace admin, then retry"
    )]
    NotAdmin,
    /// There is no secret.
    #[error(
        "no webhook secret: set DOCSPACE_WEBHOOK_SECRET or DOCSPACE_WEBHOOK_SECRET_FILE; `serve` needs the same one"
    )]
    NoSecret,
    /// The portal rejected the webhook.
    #[error(
        "the portal rejects the webhook ({0}): `serve` must run, since the portal first sends `HEAD` to the address; the address must not be private; the secret must have 8 to 30 printable characters without spaces and satisfy the portal's password rules"
    )]
    Rejected(docspace::Error),
    /// A request to the portal failed.
    #[error(transparent)]
    Portal(#[from] docspace::Error),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Error {
    /// The finding, and what to do about it.
    pub fn parts(&self) -> (String, String) {
        let text = self.to_string();
        let (found, advice) = text.split_once(": ").unwrap_or((&text, ""));
        (found.to_owned(), advice.to_owned())
    }
}

/// A webhook that points to this service, with its problems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// As the portal shows it.
    pub webhook: Webhook,
    /// Its creator; `None` if the account does not exist any more.
    pub owner: Option<Person>,
    /// Whether it belongs to the service account.
    pub is_ours: bool,
    /// Its problems, worst first.
    pub problems: Vec<Problem>,
}

impl Watched {
    /// Whether it delivers events, as far as its settings show.
    pub fn works(&self) -> bool {
        !self.problems.iter().any(Problem::stops_events)
    }
}

/// Whether DocSpace verifies the certificate before it delivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SslVerification {
    /// Unchanged; on for a new webhook.
    Kept,
    /// Off.
    Disabled,
}

/// Whether to set the secret of a webhook of the service account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetSecret {
    /// Only if deliveries were rejected because of their signatures.
    WhenRefused,
    /// Always.
    Always,
}

/// What was done about a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It works already.
    Nothing,
    /// It was created.
    Created,
    /// That of the service account was changed.
    Changed,
}

impl Guard {
    /// Creates a guard for the webhook that points to an address.
    pub fn new(
        client: &Client,
        address: Option<Url>,
        secret: Option<SecretString>,
        clock: fn() -> Timestamp,
    ) -> Self {
        Self {
            client: client.clone(),
            address,
            secret,
            clock,
            keep: Duration::MAX,
        }
    }

    /// Ignores events that are older than the store keeps deliveries: they would look as if they never arrived.
    #[must_use]
    pub fn keeping(self, keep: Duration) -> Self {
        Self { keep, ..self }
    }

    /// The address.
    pub fn address(&self) -> Option<&Url> {
        self.address.as_ref()
    }

    /// The webhook that delivers events to this service, or would; `None` if there is none.
    ///
    /// # Errors
    /// Webhooks cannot be read.
    pub async fn look(&self) -> Result<Option<Watched>, Error> {
        let key = self.readable().await?;
        Ok(self.candidates(&key).await?.into_iter().next())
    }

    /// The problems of what [`Guard::look`] found, worst first.
    ///
    /// # Errors
    /// Webhooks cannot be read.
    pub async fn problems(&self, found: Option<&Watched>) -> Result<Vec<Problem>, Error> {
        if let Some(watched) = found {
            return Ok(watched.problems.clone());
        }
        let address = self.address.as_ref().ok_or(Error::NoAddress)?;
        let all = Reader::new(&self.client).webhooks().await?;
        Ok(vec![Problem::Absent {
            address: address.to_string(),
            near: all.iter().find_map(|webhook| near(webhook, address)),
        }])
    }

    /// The events in a webhook's log that never arrived and are not older than the store.
    ///
    /// # Errors
    /// A request to the portal failed, or the store cannot be used.
    pub async fn missed(
        &self,
        watched: &Watched,
        store: &Store,
        reach: Reach,
    ) -> Result<Missed, Error> {
        let reader = Reader::new(&self.client);
        let id = watched.webhook.id;
        log::missed(&reader, store, id, reach, self.keep, (self.clock)()).await
    }

    /// Stores events as if they had been delivered; returns how many are new.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn replay(&self, missed: &[MissedEvent], store: &Store) -> Result<usize, Error> {
        log::replay(missed, store).await
    }

    /// Creates or repairs the webhook of the service account, unless one works already.
    ///
    /// # Errors
    /// It is not permitted or not possible.
    pub async fn ensure(
        &self,
        ssl: SslVerification,
        secret: SetSecret,
    ) -> Result<(Done, Webhook), Error> {
        let key = Reader::new(&self.client).key().await?;
        // This scope includes reading.
        if !key.may_change_webhooks() {
            return Err(Error::MayNotChange);
        }
        let address = self.address.as_ref().ok_or(Error::NoAddress)?;
        let reader = Reader::new(&self.client);
        let me = reader.person(&key.owner).await?;
        if me.is_none_or(|me| me.person.kind != PersonKind::DocSpaceAdmin) {
            return Err(Error::NotAdmin);
        }
        let mut candidates = self.candidates(&key).await?;
        let may_stay = |best: &Watched| {
            best.works()
                && (!best.is_ours || ssl == SslVerification::Kept)
                && (!best.is_ours || secret == SetSecret::WhenRefused)
        };
        if candidates.first().is_some_and(may_stay) {
            return Ok((Done::Nothing, candidates.swap_remove(0).webhook));
        }
        match candidates.into_iter().find(|found| found.is_ours) {
            Some(own) => self.repair(own, ssl, secret).await,
            None => self.create(address, &reader, ssl).await,
        }
    }

    async fn repair(
        &self,
        own: Watched,
        ssl: SslVerification,
        secret: SetSecret,
    ) -> Result<(Done, Webhook), Error> {
        let is_refused = own.problems.iter().any(|problem| problem.is_about_secret());
        let sets_secret = is_refused || secret == SetSecret::Always;
        let secret = self.secret.as_ref().filter(|_| sets_secret);
        if sets_secret && secret.is_none() {
            return Err(Error::NoSecret);
        }
        let needs_no_ssl = ssl == SslVerification::Disabled || own.webhook.url.starts_with("http:");
        let wanted = Webhook {
            enabled: true,
            ssl: own.webhook.ssl && !needs_no_ssl,
            ..own.webhook.clone()
        }
        .receiving_rooms();
        if wanted == own.webhook && secret.is_none() {
            return Ok((Done::Nothing, wanted));
        }
        let writer = Writer::new(&self.client);
        let written = writer.update_webhook(&wanted, secret).await;
        written.map_err(rejected)?;
        Ok((Done::Changed, wanted))
    }

    async fn create(
        &self,
        address: &Url,
        reader: &Reader,
        ssl: SslVerification,
    ) -> Result<(Done, Webhook), Error> {
        let secret = self.secret.clone().ok_or(Error::NoSecret)?;
        let wanted = NewWebhook {
            name: free_name(&reader.webhooks().await?, address),
            url: address.to_string(),
            ssl: address.scheme() == "https" && ssl == SslVerification::Kept,
            secret,
        };
        let made = Writer::new(&self.client).create_webhook(&wanted).await;
        Ok((Done::Created, made.map_err(rejected)?))
    }

    /// The key, if it may read webhooks.
    async fn readable(&self) -> Result<KeyState, Error> {
        let key = Reader::new(&self.client).key().await?;
        if key.may_read_webhooks() {
            Ok(key)
        } else {
            Err(Error::MayNotRead)
        }
    }

    /// The webhooks that point to this service and receive rooms, and those of the service account that could; best
    /// first.
    async fn candidates(&self, key: &KeyState) -> Result<Vec<Watched>, Error> {
        let address = self.address.as_ref().ok_or(Error::NoAddress)?;
        let reader = Reader::new(&self.client);
        let mut found = Vec::new();
        for webhook in reader.webhooks().await? {
            let is_ours = webhook.owner == key.owner;
            let could = is_ours && webhook.target.is_none();
            if leads_to(&webhook, address) && (webhook.receives_rooms() || could) {
                found.push(watched(&reader, webhook, &key.owner).await?);
            }
        }
        found.sort_by_key(|one| {
            (
                !one.works(),
                one.problems.len(),
                !one.is_ours,
                one.webhook.id,
            )
        });
        Ok(found)
    }
}

async fn watched(reader: &Reader, webhook: Webhook, me: &UserId) -> Result<Watched, Error> {
    let owner = reader.person(&webhook.owner).await?;
    let owner = owner.map(|entry| entry.person);
    Ok(Watched {
        problems: problem::of(&webhook, owner.as_ref()),
        is_ours: webhook.owner == *me,
        owner,
        webhook,
    })
}

/// Describes a webhook for the same host that does not bring rooms to this address.
fn near(webhook: &Webhook, address: &Url) -> Option<String> {
    let url = Url::parse(&webhook.url).ok()?;
    if url.host_str() != address.host_str() {
        return None;
    }
    let what = if url == *address {
        "points there, but does not receive `room.created` of all rooms".to_owned()
    } else {
        format!("points to {url}")
    };
    let name = escape_control(&webhook.name);
    Some(format!("webhook {} `{name}` {what}", webhook.id))
}

fn leads_to(webhook: &Webhook, address: &Url) -> bool {
    Url::parse(&webhook.url).is_ok_and(|url| url == *address)
}

/// The portal accepts a name once per address, ignoring case.
fn free_name(webhooks: &[Webhook], address: &Url) -> String {
    let is_taken = |name: &str| {
        webhooks
            .iter()
            .any(|one| leads_to(one, address) && one.name.eq_ignore_ascii_case(name))
    };
    let numbered = (2..).map(|number| format!("{NAME} {number}"));
    std::iter::once(NAME.to_owned())
        .chain(numbered)
        .find(|name| !is_taken(name))
        .unwrap_or_default()
}

/// The portal checks the address during the change, and reports problems in the response.
fn rejected(error: docspace::Error) -> Error {
    match error {
        docspace::Error::Invalid { .. } | docspace::Error::Failed { .. } => Error::Rejected(error),
        other => Error::Portal(other),
    }
}
