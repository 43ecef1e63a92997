//! `doctor`: whether everything that the service needs is there, and what to do where it is not.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::findings::{Findings, Level};
use super::lines::is_open;
use super::{Exit, Out, connect, now, webhook};
use crate::config::{Config, Flags, environment};
use crate::docspace::{self, Client, Directory, KeyState, Reader};
use crate::policy::{OnMissing, PolicySet, SubjectRef};
use crate::room::{Person, PersonKind, PersonStatus, UserId};
use crate::service::{Portal, owned};
use crate::store::{self, OpenMode, Store};

/// A key that ends within this time is told of.
const SOON: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// Check the portal, the key, the account, the store, the webhook and the names in the policies
#[derive(Debug, clap::Args)]
pub(super) struct Doctor {
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(super) async fn run(&self, flags: &Flags, out: &mut Out) -> anyhow::Result<Exit> {
        let config = Config::load(flags, &environment)?;
        let (host, _) = config.portal()?;
        let host = host.to_owned();
        let policies = match connect::policies(&config)? {
            Ok(policies) => policies,
            Err(exit) => return Ok(exit),
        };
        let mut findings = Findings::default();
        let configured = Portal::reading(&config, None, now)?;
        let (client, reader) = (configured.client(), configured.reader());
        if let Some(me) = &portal(&host, client, &mut findings).await {
            account(&reader, me, &mut findings).await;
            names(&policies, configured.directory(), &reader, &mut findings).await;
        }
        stored(&config, &reader, &mut findings).await;
        webhook::check(&config, client, &mut findings).await;
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

/// Host, TLS, key, scopes and expiry; our account if the key works.
async fn portal(host: &str, client: &Client, findings: &mut Findings) -> Option<UserId> {
    let key = match Reader::new(client).key().await {
        Ok(key) => key,
        Err(error) => {
            unreached(host, &error, findings);
            return None;
        }
    };
    findings.good("host", format!("{host} answers like DocSpace"));
    if host.starts_with("https://") {
        findings.good("tls", "the certificate is good");
    } else {
        findings.warning(
            "tls",
            "the address is `http://`: the key goes over the network in clear",
            "write `https://` in DOCSPACE_API_HOST, unless the portal is on this machine",
        );
    }
    expiry(&key, findings);
    match key.problem() {
        None => findings.good("scopes", "the key may do all that is needed"),
        Some(trouble) => findings.wrong(
            "scopes",
            trouble,
            "make a key with the scopes rooms:write, files:write and accounts:read, and put it in the place of this one",
        ),
    }
    Some(key.owner)
}

fn unreached(host: &str, error: &docspace::Error, findings: &mut Findings) {
    let found = error.to_string();
    match error {
        docspace::Error::Unauthorised { .. } => {
            findings.good("host", format!("{host} answers like DocSpace"));
            findings.wrong(
                "key",
                found,
                "it is revoked or expired, or its account is disabled: make a new one, as a DocSpace admin, under Developer tools → API keys",
            );
        }
        docspace::Error::Unpaid { .. } => findings.wrong(
            "host",
            found,
            "the portal's plan must be paid before its API answers",
        ),
        docspace::Error::Unsent { .. } if is_certificate(&found) => findings.wrong(
            "tls",
            found,
            "check that the portal speaks TLS at this address; put the certificate of its authority into this machine's certificate store, or renew the portal's certificate",
        ),
        docspace::Error::Unsent { .. } => findings.wrong(
            "host",
            format!("{host} cannot be reached: {found}"),
            "check DOCSPACE_API_HOST, the name service, and whether a firewall or proxy (HTTPS_PROXY) is in the way",
        ),
        _ => findings.wrong(
            "host",
            format!("{host} does not answer like DocSpace: {found}"),
            "check that DOCSPACE_API_HOST is the address that people open in their browsers, and what a proxy in between answers",
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
            "the key is switched off",
            "switch it on in the portal, under Developer tools → API keys",
        ),
        (true, Some(ends))
            if Duration::try_from(ends.duration_since(now())).is_ok_and(|left| left > SOON) =>
        {
            findings.good("key", format!("the key works until {ends:.0}"));
        }
        (true, Some(ends)) => findings.warning(
            "key",
            format!("the key ends at {ends:.0}"),
            "make a new one before that, put it in the place of this one, and start `serve` anew",
        ),
        (true, None) => findings.good("key", "the key works and does not expire"),
    }
}

async fn account(reader: &Reader, me: &UserId, findings: &mut Findings) {
    match reader.person(me).await {
        Err(error) => findings.wrong(
            "account",
            format!("our account cannot be read: {error}"),
            "give the key the scope accounts:read",
        ),
        Ok(None) => findings.wrong(
            "account",
            format!("the portal has no account {me}"),
            "make a key of an account that exists",
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
            "enable the account in the portal, or make a key of another one",
        ),
        (PersonKind::DocSpaceAdmin, _) => findings.good("account", found),
        (PersonKind::RoomAdmin, _) => findings.warning(
            "account",
            found,
            "only its own rooms and those in which it is Room manager can be configured, and its webhook hears of no others; make it a DocSpace admin",
        ),
        _ => findings.wrong("account", found, "make it a DocSpace admin"),
    }
}

/// Names in the policies that mean nobody, or more than one.
async fn names(
    policies: &PolicySet,
    directory: &Directory,
    reader: &Reader,
    findings: &mut Findings,
) {
    // Each name once, with the first policy that writes it; `fail` if any of them says so.
    let mut written: BTreeMap<SubjectRef, (String, OnMissing)> = BTreeMap::new();
    let mut open = 0usize;
    for policy in policies.policies() {
        for entry in &policy.spec.grants {
            let grant = &entry.value;
            if grant.to.text().literal().is_none() {
                open += 1;
                continue;
            }
            let (_, on_missing) = written.entry(grant.to.clone()).or_insert_with(|| {
                let place = format!("policy `{}`, {}", policy.name, entry.place);
                (place, grant.on_missing)
            });
            if grant.on_missing == OnMissing::Fail {
                *on_missing = OnMissing::Fail;
            }
        }
    }
    let mut good = 0usize;
    for (name, (place, on_missing)) in written {
        match missing(&name, directory, reader).await {
            Ok(None) => good += 1,
            Ok(Some((found, advice))) => {
                let level = match on_missing {
                    OnMissing::Fail => Level::Wrong,
                    OnMissing::Skip => Level::Warning,
                };
                findings.add(level, "names", format!("{found} ({place})"), Some(advice));
            }
            Err(error) => {
                let advice = "give the key the scope accounts:read";
                return findings.wrong(
                    "names",
                    format!("they cannot be looked up: {error}"),
                    advice,
                );
            }
        }
    }
    let rest = match open {
        0 => String::new(),
        1 => "; 1 has variables and is known only in a room".to_owned(),
        more => format!("; {more} have variables and are known only in a room"),
    };
    findings.good(
        "names",
        format!("{good} in the policies mean exactly one{rest}"),
    );
}

/// What is wrong with a name, and what to do about it.
async fn missing(
    name: &SubjectRef,
    directory: &Directory,
    reader: &Reader,
) -> Result<Option<(String, &'static str)>, docspace::Error> {
    let word = name.text().literal().unwrap_or_default();
    Ok(match name {
        SubjectRef::Group(_) => match directory.groups_written(reader, word).await?.as_slice() {
            [] => Some((
                format!("the portal has no group `{word}`"),
                "correct the name in the policy, make the group, or write `on_missing: skip`",
            )),
            [_] => None,
            several => {
                let ids: Vec<&str> = several.iter().map(|group| group.id.as_str()).collect();
                Some((
                    format!(
                        "{} groups are called `{word}`: {}",
                        ids.len(),
                        ids.join(", ")
                    ),
                    "write the id of the one that is meant, or rename the other",
                ))
            }
        },
        SubjectRef::User(_) => match directory.person_written(reader, word).await? {
            None => Some((
                format!("the portal has no person `{word}`"),
                "correct the address in the policy, invite the person, or write `on_missing: skip`",
            )),
            Some(entry) if entry.person.status == PersonStatus::Terminated => Some((
                format!("the account of `{word}` is disabled"),
                "take the person out of the policy, or enable the account",
            )),
            Some(_) => None,
        },
    })
}

/// The store, and rooms that are not where they belong.
async fn stored(config: &Config, reader: &Reader, findings: &mut Findings) {
    let store = match Store::open(&config.store, OpenMode::Existing).await {
        Ok(store) => store,
        Err(store::Error::Absent(path)) => {
            let found = format!("`{}` is not there yet; `serve` makes it", path.display());
            return findings.good("store", found);
        }
        Err(error) => {
            let advice =
                "the message says what to do; nothing can be done to rooms without a store";
            return findings.wrong("store", error.to_string(), advice);
        }
    };
    findings.good("store", format!("`{}` can be used", config.store));
    match store.adoptions().await {
        Ok(entries) => {
            for entry in entries {
                let advice = "let `serve` run, or run `roomwright release`: it is finished first of all, and says what stands in the way";
                findings.wrong("rooms", is_open(&entry), advice);
            }
        }
        Err(error) => findings.wrong("store", error.to_string(), "the store must be readable"),
    }
    match owned(&store, reader).await {
        Ok(rooms) => {
            for found in rooms {
                let (room, title, managers) = (found.room, found.title, found.room_managers);
                findings.warning(
                    "rooms",
                    format!(
                        "our account owns room {room} `{title}` and no adoption is open; its Room managers: {}",
                        managers.join(", ")
                    ),
                    "give it to its owner: `roomwright release ROOM --to E-MAIL`",
                );
            }
        }
        Err(error) => findings.warning(
            "rooms",
            format!("the rooms of our account could not be listed: {error}"),
            "give the key the scope rooms:write",
        ),
    }
    store.close().await;
}
