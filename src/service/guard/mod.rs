//! The guard: whether the portal notifies us of new rooms, and which of its events never arrived.
//!
//! It changes only webhooks of our own account. Those of other people are reported and left as they are.

mod log;
mod problem;
mod watch;

use std::time::Duration;

use jiff::Timestamp;
use reqwest::Url;
use secrecy::SecretString;

pub use log::MissedEvent;
pub use problem::Problem;
pub use watch::Watch;

use super::sweep::Reach;
use crate::docspace::{self, Client, KeyState, NewWebhook, Reader, Webhook, Writer};
use crate::room::{Person, PersonKind, UserId};
use crate::store::{self, Store};

/// What a webhook that we make is called.
const NAME: &str = "roomwright";

/// Looks at the webhook of one address.
#[derive(Debug, Clone)]
pub struct Guard {
    client: Client,
    /// Where the portal reaches us, if it is known.
    address: Option<Url>,
    /// What deliveries are signed with.
    secret: Option<SecretString>,
    clock: fn() -> Timestamp,
    /// How long the store keeps deliveries.
    keep: Duration,
}

/// Why nothing can be done about the webhook. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody said where the portal reaches us.
    #[error(
        "the address of the webhook is not known: set `docspace.webhook_url` in roomwright.yaml, ROOMWRIGHT_WEBHOOK_URL or `--url`, such as `https://hooks.example.com/docspace/webhook`"
    )]
    NoAddress,
    /// The key may not look.
    #[error(
        "the key lacks the scope `*:read`, so its webhooks cannot be seen: give it `*:read`, or look in DocSpace under Developer tools → Webhooks"
    )]
    MayNotRead,
    /// The key may not change anything.
    #[error(
        "the key lacks the scope `*:write`, so webhooks cannot be changed: give it `*:write` for this command, or make the webhook in DocSpace under Developer tools → Webhooks, for `room.created`, as the account of the key"
    )]
    MayNotChange,
    /// Our account would not hear of other people's rooms.
    #[error(
        "our account is no DocSpace admin, so its webhook would hear only of its own rooms: make it a DocSpace admin, then try again"
    )]
    NotAdmin,
    /// There is nothing to sign with.
    #[error(
        "no webhook secret: set DOCSPACE_WEBHOOK_SECRET or DOCSPACE_WEBHOOK_SECRET_FILE; `serve` needs the same"
    )]
    NoSecret,
    /// The portal did not take the webhook.
    #[error(
        "the portal does not take the webhook ({0}): it asks the address, which must not be private, with `HEAD`: `serve` must run, and the portal must reach it there; the secret must be 8 to 30 printable characters without blanks that satisfy the portal's rules for passwords"
    )]
    NotTaken(docspace::Error),
    /// The portal cannot be asked.
    #[error(transparent)]
    Portal(#[from] docspace::Error),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Error {
    /// What was found, and what to do about it.
    pub fn parts(&self) -> (String, String) {
        let text = self.to_string();
        let (found, advice) = text.split_once(": ").unwrap_or((&text, ""));
        (found.to_owned(), advice.to_owned())
    }
}

/// A webhook that leads to us, with what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// As the portal shows it.
    pub webhook: Webhook,
    /// Who made it; nobody when the account is gone.
    pub owner: Option<Person>,
    /// Whether it belongs to our account.
    pub is_ours: bool,
    /// What is wrong with it, the worst first.
    pub problems: Vec<Problem>,
}

impl Watched {
    /// Whether events reach us through it, as far as its settings say.
    pub fn works(&self) -> bool {
        !self.problems.iter().any(Problem::stops_events)
    }
}

/// Whether deliveries are sent only where the certificate can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SslVerification {
    /// As the webhook has it; on for a new one.
    Kept,
    /// Off.
    Disabled,
}

/// Whether the secret of a webhook of ours is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetSecret {
    /// Only where deliveries were refused for their signatures.
    WhenRefused,
    /// In any case.
    Always,
}

/// What was done for a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It is in order.
    Nothing,
    /// There was none.
    Made,
    /// Ours was changed.
    Changed,
}

impl Guard {
    /// A guard of the webhook that leads to an address.
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

    /// Takes in nothing that is older than the store keeps deliveries: it would seem never to have arrived.
    #[must_use]
    pub fn keeping(self, keep: Duration) -> Self {
        Self { keep, ..self }
    }

    /// The address.
    pub fn address(&self) -> Option<&Url> {
        self.address.as_ref()
    }

    /// The webhook through which the portal's events reach us, or would; nothing when there is none.
    ///
    /// # Errors
    /// It cannot be seen.
    pub async fn look(&self) -> Result<Option<Watched>, Error> {
        let key = self.readable().await?;
        Ok(self.candidates(&key).await?.into_iter().next())
    }

    /// What is wrong, as the look found it; the worst first.
    pub fn problems(&self, found: Option<&Watched>) -> Vec<Problem> {
        match found {
            Some(watched) => watched.problems.clone(),
            None => vec![Problem::Absent {
                address: self
                    .address
                    .as_ref()
                    .map(Url::to_string)
                    .unwrap_or_default(),
            }],
        }
    }

    /// The events of a webhook's log that never arrived and that are no older than the store.
    ///
    /// # Errors
    /// The portal cannot be asked, or the store cannot be used.
    pub async fn missed(
        &self,
        watched: &Watched,
        store: &Store,
        reach: Reach,
    ) -> Result<Vec<MissedEvent>, Error> {
        let reader = Reader::new(&self.client);
        let id = watched.webhook.id;
        log::missed(&reader, store, id, reach, self.keep, (self.clock)()).await
    }

    /// Takes events in as if they had been delivered; says of how many that is so only now.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn replay(&self, missed: &[MissedEvent], store: &Store) -> Result<usize, Error> {
        log::replay(missed, store).await
    }

    /// Makes or repairs the webhook of our account, unless one works already.
    ///
    /// # Errors
    /// It may not or cannot be done.
    pub async fn ensure(
        &self,
        ssl: SslVerification,
        secret: SetSecret,
    ) -> Result<(Done, Webhook), Error> {
        let key = self.readable().await?;
        let address = self.address.as_ref().ok_or(Error::NoAddress)?;
        if !key.may_change_webhooks() {
            return Err(Error::MayNotChange);
        }
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
        .hearing_of_rooms();
        if wanted == own.webhook && secret.is_none() {
            return Ok((Done::Nothing, wanted));
        }
        let writer = Writer::new(&self.client);
        let written = writer.update_webhook(&wanted, secret).await;
        written.map_err(not_taken)?;
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
        Ok((Done::Made, made.map_err(not_taken)?))
    }

    /// The key, if it may see webhooks.
    async fn readable(&self) -> Result<KeyState, Error> {
        let key = Reader::new(&self.client).key().await?;
        if key.may_read_webhooks() {
            Ok(key)
        } else {
            Err(Error::MayNotRead)
        }
    }

    /// The webhooks that lead to us and hear of rooms, and those of ours that could; the best first.
    async fn candidates(&self, key: &KeyState) -> Result<Vec<Watched>, Error> {
        let address = self.address.as_ref().ok_or(Error::NoAddress)?;
        let reader = Reader::new(&self.client);
        let mut found = Vec::new();
        for webhook in reader.webhooks().await? {
            let is_ours = webhook.owner == key.owner;
            let could = is_ours && webhook.target.is_none();
            if leads_to(&webhook, address) && (webhook.hears_of_rooms() || could) {
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

fn leads_to(webhook: &Webhook, address: &Url) -> bool {
    Url::parse(&webhook.url).is_ok_and(|url| url == *address)
}

/// The portal takes one name for an address once, in whatever case.
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

/// The portal asks the address: what is wrong with it comes as an answer to the change.
fn not_taken(error: docspace::Error) -> Error {
    match error {
        docspace::Error::Invalid { .. } | docspace::Error::Failed { .. } => Error::NotTaken(error),
        other => Error::Portal(other),
    }
}
