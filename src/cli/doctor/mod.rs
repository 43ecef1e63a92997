//! `doctor`: checks whether the service has everything that it needs, and says how to fix what is missing.

mod names;
mod policies;
mod portal;
mod service;
mod settings;
mod store;

use super::findings::Findings;
use super::{Exit, Out, now, webhook};
use crate::config::{Config, Flags, environment};
use crate::docspace::Reader;
use crate::room::{Person, PersonKind, PersonStatus, UserId};
use crate::service::Portal;

/// Check the settings, the portal, the key, the account, the store, the webhook and the names in the policies
#[derive(Debug, clap::Args)]
pub(super) struct Doctor {
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(super) async fn run(&self, flags: &Flags, out: &mut Out) -> anyhow::Result<Exit> {
        let mut findings = Findings::default();
        match Config::load(flags, &environment) {
            Ok(config) => check(&config, &mut findings).await,
            Err(error) => findings.wrong(
                "settings",
                error.to_string().trim_end(),
                "no command works until this is fixed; nothing else was checked",
            ),
        }
        findings.print(self.json, out)?;
        Ok(findings.exit())
    }
}

async fn check(config: &Config, findings: &mut Findings) {
    settings::check(config, findings);
    let policies = policies::check(config, findings);
    let configured = config.portal().ok().and_then(|(host, _)| {
        let portal = Portal::reading(config, None, now);
        let usable = portal.inspect_err(|error| findings.advised("host", &error.to_string()));
        Some((host, usable.ok()?.impatient()))
    });
    let mut reachable = None;
    if let Some((host, configured)) = &configured
        && let Some(me) = portal::check(host, config, configured.client(), findings).await
    {
        let reader = configured.reader();
        account(&reader, &me, findings).await;
        if let Some(policies) = &policies {
            names::check(policies, configured.directory(), &reader, findings).await;
        }
        reachable = Some(configured);
    }
    // What only the portal knows is not checked without it.
    store::check(config, reachable, findings).await;
    if let Some(configured) = reachable {
        webhook::check(config, configured.client(), findings).await;
    }
    service::check(config, findings).await;
    if config.webhook_secret.is_none() {
        findings.warning(
            "webhook",
            "no webhook secret is set, so `serve` does not start",
            "set DOCSPACE_WEBHOOK_SECRET or DOCSPACE_WEBHOOK_SECRET_FILE to the secret of the portal's webhook",
        );
    }
}

async fn account(reader: &Reader, me: &UserId, findings: &mut Findings) {
    match reader.person(me).await {
        Err(error) => findings.wrong(
            "account",
            format!("the service account cannot be read: {error}"),
            portal::advice(&error, "give the key the scope accounts:read"),
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
