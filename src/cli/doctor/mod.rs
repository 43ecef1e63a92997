//! `doctor`: checks whether the service has everything that it needs, and says how to fix what is missing.

mod names;
mod settings;

use std::time::Duration;

use jiff::Timestamp;

use super::findings::Findings;
use super::lines::is_open;
use super::{Exit, Out, connect, now, webhook};
use crate::config::{Config, Flags, environment};
use crate::docspace::{self, Client, KeyState, Reader};
use crate::room::{Person, PersonKind, PersonStatus, UserId};
use crate::service::{Portal, owned};
use crate::store::{self, OpenMode, Store};

/// A key that expires within this time gets a warning.
const SOON: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// Check the settings, the portal, the key, the account, the store, the webhook and the names in the policies
#[derive(Debug, clap::Args)]
pub(super) struct Doctor {
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(super) async fn run(&self, flags: &Flags, out: &mut Out) -> anyhow::Result<Exit> {
        let config = Config::load(flags, &environment)?;
        let mut findings = Findings::default();
        settings::check(&config, &mut findings);
        let policies = match connect::policies(&config) {
            Ok(Ok(policies)) => Some(policies),
            Ok(Err(exit)) => return Ok(exit),
            Err(error) => {
                findings.advised("policies", &error.to_string());
                None
            }
        };
        let configured = match config.portal() {
            Ok((host, _)) => Some((host.to_owned(), Portal::reading(&config, None, now)?)),
            Err(_) => None,
        };
        let mut reachable = None;
        if let Some((host, configured)) = &configured
            && let Some(me) = portal(host, &config, configured.client(), &mut findings).await
        {
            let reader = configured.reader();
            account(&reader, &me, &mut findings).await;
            if let Some(policies) = &policies {
                names::check(policies, configured.directory(), &reader, &mut findings).await;
            }
            reachable = Some(configured);
        }
        // What only the portal knows is not checked without it.
        stored(&config, reachable, &mut findings).await;
        if let Some(configured) = reachable {
            webhook::check(&config, configured.client(), &mut findings).await;
        }
        if config.webhook_secret.is_none() {
            findings.warning(
                "webhook",
                "no webhook secret is set, so `serve` does not start",
                "set DOCSPACE_WEBHOOK_SECRET or DOCSPACE_WEBHOOK_SECRET_FILE to the secret of the portal's webhook",
            );
        }
        findings.print(self.json, out)?;
        Ok(findings.exit())
    }
}

/// Checks host, TLS, key, scopes and expiry. Returns the service account if the key works.
async fn portal(
    host: &str,
    config: &Config,
    client: &Client,
    findings: &mut Findings,
) -> Option<UserId> {
    let key = match Reader::new(client).key().await {
        Ok(key) => key,
        Err(error) => {
            unreached(host, &error, findings);
            return None;
        }
    };
    findings.good("host", format!("{host} responds like DocSpace"));
    if host.starts_with("https://") {
        findings.good("tls", "the certificate is valid");
    } else if config.key_in_clear().is_none() {
        findings.good(
            "tls",
            "the portal is on this machine, and the key does not leave it",
        );
    } else {
        findings.warning(
            "tls",
            "the address is `http://`: the key goes over the network in clear text",
            "write `https://` in DOCSPACE_API_HOST",
        );
    }
    expiry(&key, findings);
    match key.problem() {
        None => findings.good("scopes", "the key has all scopes that are needed"),
        Some(problem) => findings.wrong(
            "scopes",
            problem,
            "create a key with the scopes rooms:write, files:write and accounts:read, and use it instead of this one",
        ),
    }
    Some(key.owner)
}

fn unreached(host: &str, error: &docspace::Error, findings: &mut Findings) {
    let found = error.to_string();
    match error {
        docspace::Error::Unauthorised { .. } => {
            findings.good("host", format!("{host} responds like DocSpace"));
            findings.wrong(
                "key",
                found,
                "it is revoked or expired, or its account is disabled: create a new one as a DocSpace admin, under Developer tools → API keys",
            );
        }
        docspace::Error::Unpaid { .. } => findings.wrong(
            "host",
            found,
            "pay for the portal's plan: its API does not work without it",
        ),
        docspace::Error::Unsent { reason, .. } if is_certificate(reason) => findings.wrong(
            "tls",
            found,
            "check that the portal uses TLS at this address; add the certificate of its authority to this machine's certificate store, or renew the portal's certificate",
        ),
        docspace::Error::Unsent { .. } => findings.wrong(
            "host",
            found,
            "check DOCSPACE_API_HOST, DNS, and whether a firewall or proxy (HTTPS_PROXY) blocks the connection",
        ),
        _ => findings.wrong(
            "host",
            format!("{host} does not respond like DocSpace: {found}"),
            "check that DOCSPACE_API_HOST is the address that people open in their browsers, and what a proxy in between returns",
        ),
    }
}

fn is_certificate(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    ["certificate", "tls", "handshake", "corrupt message"]
        .iter()
        .any(|word| reason.contains(word))
}

fn expiry(key: &KeyState, findings: &mut Findings) {
    let ends: Option<Timestamp> = key.expires.as_ref().and_then(|at| at.parse().ok());
    match (key.active, ends) {
        (false, _) => findings.wrong(
            "key",
            "the key is disabled",
            "enable it in the portal, under Developer tools → API keys",
        ),
        (true, Some(ends))
            if Duration::try_from(ends.duration_since(now())).is_ok_and(|left| left > SOON) =>
        {
            findings.good("key", format!("the key works until {ends:.0}"));
        }
        (true, Some(ends)) => findings.warning(
            "key",
            format!("the key expires at {ends:.0}"),
            "create a new one before that, use it instead of this one, and restart `serve`",
        ),
        (true, None) => findings.good("key", "the key works and does not expire"),
    }
}

async fn account(reader: &Reader, me: &UserId, findings: &mut Findings) {
    match reader.person(me).await {
        Err(error) => findings.wrong(
            "account",
            format!("the service account cannot be read: {error}"),
            "give the key the scope accounts:read",
        ),
        Ok(None) => findings.wrong(
            "account",
            format!("the portal has no account {me}"),
            "create a key of an account that exists",
        ),
        Ok(Some(entry)) => role(&entry.person, findings),
    }
}

fn role(person: &Person, findings: &mut Findings) {
    let found = format!("{} is a {}", person.name, person.kind.name());
    match (person.kind, person.status) {
        (_, PersonStatus::Terminated) => findings.wrong(
            "account",
            format!("{} is disabled", person.name),
            "enable the account in the portal, or create a key of another one",
        ),
        (PersonKind::DocSpaceAdmin, _) => findings.good("account", found),
        _ => findings.wrong(
            "account",
            found,
            "make it a DocSpace admin: `serve` does not start otherwise, since only DocSpace admins can read all rooms",
        ),
    }
}

/// Checks the store, and finds rooms that the service account still owns.
async fn stored(config: &Config, portal: Option<&Portal>, findings: &mut Findings) {
    let store = match Store::open(&config.store, OpenMode::Existing).await {
        Ok(store) => store,
        Err(store::Error::Absent(path)) => {
            let found = format!(
                "`{}` does not exist yet; `serve` creates it",
                path.display()
            );
            return findings.good("store", found);
        }
        Err(error) => {
            let advice = "do what the message says; roomwright cannot change rooms without a store";
            return findings.wrong("store", error.to_string(), advice);
        }
    };
    findings.good("store", format!("`{}` is usable", config.store));
    match store.adoptions().await {
        Ok(entries) => {
            for entry in entries {
                let advice = "let `serve` run, or run `roomwright release`: it finishes the adoption first, and reports what prevents it";
                findings.wrong("rooms", is_open(&entry), advice);
            }
        }
        Err(error) => findings.wrong("store", error.to_string(), "the store must be readable"),
    }
    if let Some(portal) = portal {
        still_owned(&store, &portal.reader(), findings).await;
    }
    store.close().await;
}

async fn still_owned(store: &Store, reader: &Reader, findings: &mut Findings) {
    match owned(store, reader).await {
        Ok(rooms) => {
            for found in rooms {
                let (room, title, managers) = (found.room, found.title, found.room_managers);
                let likely = match managers.is_empty() {
                    true => String::new(),
                    false => format!("; its Room managers: {}", managers.join(", ")),
                };
                findings.warning(
                    "rooms",
                    format!("the service account owns room {room} `{title}`, and no adoption is open{likely}"),
                    &format!("give it to its owner: `roomwright release {room} --to E-MAIL`"),
                );
            }
        }
        Err(error) => findings.warning(
            "rooms",
            format!("the rooms of the service account could not be listed: {error}"),
            "give the key the scope rooms:write",
        ),
    }
}
