//! `webhook`: checks, creates or repairs the portal's webhook, and replays missed events.

use std::path::PathBuf;

use anyhow::bail;
use clap::Subcommand;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::findings::{Findings, Level};
use super::{Exit, Out, WrongArgument, connect, now};
use crate::config::{Config, Flags, environment, key_file, webhook_url};
use crate::docspace::{self, Client};
use crate::room::{counted, escape_control};
use crate::service::guard::{
    Done, Error, Guard, Missed, MissedEvent, Problem, SetSecret, SslVerification, Watched,
};
use crate::service::{Portal, Process, Reach};
use crate::store::{self, OpenMode, Store};

/// How many missed events are listed by name.
const NAMED: usize = 5;

/// Check, create or repair the portal's webhook, or replay missed events
#[derive(Debug, clap::Args)]
pub(super) struct Webhook {
    /// The address at which the portal reaches `serve` [env: ROOMWRIGHT_WEBHOOK_URL]
    #[arg(long, global = true, value_name = "URL")]
    url: Option<String>,
    /// The API key for this command, such as a temporary one with the scope `*:write`; `-` is standard input
    #[arg(long, global = true, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Print as JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: WebhookCommand,
}

#[derive(Debug, Subcommand)]
enum WebhookCommand {
    /// Show whether there is a webhook, whether it works, and which events were missed
    Status,
    /// Create the webhook, or repair the service account's; webhooks of other accounts are never changed
    Ensure {
        /// Let the portal deliver even if it does not trust the certificate
        #[arg(long)]
        disable_ssl_verification: bool,
        /// Also write the secret: DocSpace does not show which one a webhook has
        #[arg(long)]
        set_secret: bool,
    },
    /// Replay events from the portal's log that never arrived
    Replay,
}

/// What `status` and `doctor` report.
struct Seen {
    guard: Guard,
    watched: Option<Watched>,
    problems: Vec<Problem>,
    /// `None` if there is no store yet.
    missed: Option<Missed>,
}

impl Webhook {
    pub(super) async fn run(&self, flags: &Flags, out: &mut Out) -> anyhow::Result<Exit> {
        let mut config = Config::load(flags, &environment)?;
        if let Some(url) = &self.url {
            let url = webhook_url("--url", url);
            config.webhook_url = Some(url.map_err(|error| WrongArgument(error.to_string()))?);
        }
        if let Some(path) = &self.key_file {
            config.api_key = Some(key_file("--key-file", path)?);
        }
        match self.command {
            WebhookCommand::Status => self.status(&config, out).await,
            WebhookCommand::Ensure {
                disable_ssl_verification,
                set_secret,
            } => {
                let ssl = if disable_ssl_verification {
                    SslVerification::Disabled
                } else {
                    SslVerification::Kept
                };
                let secret = if set_secret {
                    SetSecret::Always
                } else {
                    SetSecret::WhenRefused
                };
                self.ensure(&config, ssl, secret, out).await
            }
            WebhookCommand::Replay => self.replay(&config, out).await,
        }
    }

    async fn status(&self, config: &Config, out: &mut Out) -> anyhow::Result<Exit> {
        let store = connect::store_if_there(config).await;
        let portal = Portal::reading(config, store.as_ref(), now)?;
        let seen = Seen::of(config, portal.client()).await?;
        if self.json {
            out.json(&seen.json())?;
        } else {
            let mut findings = Findings::default();
            seen.report(&mut findings);
            findings.print(false, out)?;
        }
        let is_good =
            seen.problems.is_empty() && seen.missed.is_none_or(|missed| missed.events.is_empty());
        Ok(if is_good { Exit::Fine } else { Exit::Failed })
    }

    async fn ensure(
        &self,
        config: &Config,
        ssl: SslVerification,
        secret: SetSecret,
        out: &mut Out,
    ) -> anyhow::Result<Exit> {
        let store = connect::store_if_there(config).await;
        let portal = Portal::reading(config, store.as_ref(), now)?;
        let guard = guard(config, portal.client());
        let (done, webhook) = guard.ensure(ssl, secret).await?;
        if self.json {
            let done = match done {
                Done::Nothing => "nothing",
                Done::Created => "made",
                Done::Changed => "changed",
            };
            out.json(&json!({ "version": 1, "done": done, "id": webhook.id, "url": webhook.url }))?;
            return Ok(Exit::Fine);
        }
        let name = format!("webhook {} `{}`", webhook.id, webhook.name);
        out.line(&escape_control(&match done {
            Done::Nothing => format!(
                "{name} already points to {}; nothing was changed",
                webhook.url
            ),
            Done::Created => format!("created {name} for `room.created` to {}", webhook.url),
            Done::Changed => format!("changed {name}: it sends `room.created` to {}", webhook.url),
        }))?;
        Ok(Exit::Fine)
    }

    async fn replay(&self, config: &Config, out: &mut Out) -> anyhow::Result<Exit> {
        config.portal()?;
        let store = connect::store(&config.store, OpenMode::Existing).await?;
        let portal = Portal::writing(config, &store, Process::Command, now)?;
        let guard = guard(config, portal.client());
        let Some(watched) = guard.look().await? else {
            let address = guard.address().map(ToString::to_string);
            bail!(
                "no webhook for `room.created` points to {}, so there is no log to replay: run `roomwright webhook ensure` to create one",
                address.unwrap_or_default()
            );
        };
        let Missed {
            events,
            under_way,
            since,
        } = guard.missed(&watched, &store, Reach::All).await?;
        // If the portal still sends one of them, it is known by its id.
        let missed = [under_way, events].concat();
        let events = guard.replay(&missed, &store).await?;
        store.close().await;
        if self.json {
            let rows: Vec<Value> = missed.iter().map(row).collect();
            out.json(&json!({ "version": 1, "taken_in": events, "events": rows }))?;
        } else if missed.is_empty() {
            out.line(&all_arrived(since))?;
        } else {
            for event in missed.iter().rev() {
                out.row(&format!("event {}  {}", event.delivery.id, named(event)))?;
            }
            out.line(&format!(
                "replayed {}; `serve` processes the rooms",
                counted(events, "event")
            ))?;
        }
        Ok(Exit::Fine)
    }
}

fn guard(config: &Config, client: &Client) -> Guard {
    let (address, secret) = (config.webhook_url.clone(), config.webhook_secret.clone());
    Guard::new(client, address, secret, now).keeping(config.keep.deliveries)
}

/// What `doctor` finds about the webhook.
pub(super) async fn check(config: &Config, client: &Client, findings: &mut Findings) {
    const WHAT: &str = "webhook";
    match Seen::of(config, client).await {
        Ok(seen) => seen.report(findings),
        Err(error @ (Error::NoAddress | Error::MayNotRead)) => {
            let (found, advice) = error.parts();
            findings.warning(WHAT, found, &advice);
        }
        // Reported before.
        Err(Error::Portal(
            docspace::Error::Unsent { .. } | docspace::Error::Unreachable { .. },
        )) => {}
        Err(error) => findings.wrong(
            WHAT,
            format!("it cannot be checked: {error}"),
            "look in DocSpace under Developer tools → Webhooks",
        ),
    }
}

impl Seen {
    async fn of(config: &Config, client: &Client) -> Result<Self, Error> {
        let guard = guard(config, client);
        let watched = guard.look().await?;
        let missed = match Store::open(&config.store, OpenMode::Existing).await {
            Ok(store) => {
                let missed = match &watched {
                    Some(watched) => Some(guard.missed(watched, &store, Reach::All).await?),
                    None => None,
                };
                store.close().await;
                missed
            }
            Err(store::Error::Absent(_)) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(Self {
            problems: guard.problems(watched.as_ref()).await?,
            guard,
            watched,
            missed,
        })
    }

    fn report(&self, findings: &mut Findings) {
        const WHAT: &str = "webhook";
        if let Some(watched) = &self.watched {
            findings.good(WHAT, described(watched));
            let level = if has_failed_last(watched) {
                Level::Warning
            } else {
                Level::Good
            };
            findings.add(level, WHAT, deliveries(watched), None);
        }
        for problem in &self.problems {
            let level = if problem.stops_events() {
                Level::Wrong
            } else {
                Level::Warning
            };
            findings.add(level, WHAT, problem.to_string(), Some(problem.advice()));
        }
        let Some(missed) = &self.missed else {
            return;
        };
        let count = |events: &[MissedEvent]| counted(events.len(), "event");
        if !missed.events.is_empty() {
            findings.warning(
                WHAT,
                format!("{} in the portal's log never arrived: {}", count(&missed.events), all_named(&missed.events)),
                "run `roomwright webhook replay`; `serve` does so automatically if `docspace.webhook_url` is set",
            );
        }
        if !missed.under_way.is_empty() {
            findings.warning(
                WHAT,
                format!(
                    "{} of the last five minutes did not arrive yet: {}",
                    count(&missed.under_way),
                    all_named(&missed.under_way)
                ),
                "the portal may still send it; `roomwright webhook replay` does not wait for that",
            );
        }
        if missed.events.is_empty() && missed.under_way.is_empty() {
            findings.good(WHAT, all_arrived(missed.since));
        }
    }

    fn json(&self) -> Value {
        let webhook = self.watched.as_ref().map(|watched| {
            let webhook = &watched.webhook;
            json!({
                "id": webhook.id, "name": webhook.name, "enabled": webhook.enabled, "ssl": webhook.ssl,
                "owner": webhook.owner, "ours": watched.is_ours,
                "last_success": webhook.last_success, "last_failure": webhook.last_failure,
                "last_failure_reason": webhook.last_failure_reason,
            })
        });
        let problems = self.problems.iter().map(|problem| {
            json!({ "stops_events": problem.stops_events(), "found": problem.to_string(), "advice": problem.advice() })
        });
        let missed = self.missed.as_ref();
        json!({
            "version": 1, "url": self.guard.address().map(ToString::to_string), "webhook": webhook,
            "problems": problems.collect::<Vec<_>>(),
            "missed": missed.map(|missed| missed.events.iter().map(row).collect::<Vec<_>>()),
            "under_way": missed.map(|missed| missed.under_way.iter().map(row).collect::<Vec<_>>()),
        })
    }
}

fn described(watched: &Watched) -> String {
    let webhook = &watched.webhook;
    let owner = watched.owner.as_ref().map_or("nobody", |owner| &owner.name);
    let owner = if watched.is_ours {
        "the service account".to_owned()
    } else {
        owner.to_owned()
    };
    let text = format!(
        "`{}` ({}) of {owner} points to {}",
        webhook.name, webhook.id, webhook.url
    );
    escape_control(&text).into_owned()
}

fn has_failed_last(watched: &Watched) -> bool {
    let webhook = &watched.webhook;
    webhook
        .last_failure
        .is_some_and(|failure| webhook.last_success.is_none_or(|success| success < failure))
}

fn deliveries(watched: &Watched) -> String {
    let webhook = &watched.webhook;
    let success = match webhook.last_success {
        Some(at) => format!("the last delivery arrived at {at:.0}"),
        None => "nothing was delivered yet".to_owned(),
    };
    match webhook.last_failure {
        Some(at) => format!("{success}, the last failure was at {at:.0}"),
        None => format!("{success}, and none failed"),
    }
}

fn all_arrived(since: Timestamp) -> String {
    format!("every event in the portal's log since {since:.0} has arrived")
}

fn named(event: &MissedEvent) -> String {
    let text = format!("room {} `{}`", event.room, event.delivery.title);
    escape_control(&text).into_owned()
}

fn all_named(missed: &[MissedEvent]) -> String {
    let names: Vec<String> = missed.iter().take(NAMED).map(named).collect();
    let rest = missed.len().saturating_sub(NAMED);
    let more = if rest == 0 {
        String::new()
    } else {
        format!(" and {rest} more")
    };
    format!("{}{more}", names.join(", "))
}

fn row(event: &MissedEvent) -> Value {
    json!({
        "event": event.delivery.id, "room": event.room, "title": event.delivery.title,
        "created_at": event.created_at,
    })
}
