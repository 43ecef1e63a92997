//! The portal: its address, the certificate, the key and its scopes.

use std::time::Duration;

use jiff::Timestamp;

use crate::cli::findings::Findings;
use crate::cli::now;
use crate::config::Config;
use crate::docspace::{self, Client, KeyState, Reader};
use crate::room::UserId;

/// A key that expires within this time gets a warning.
const SOON: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// Checks host, TLS, key, scopes and expiry. Returns the service account if the key works.
pub(super) async fn check(
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
        docspace::Error::Failed { .. } | docspace::Error::Throttled { .. } => {
            findings.good("host", format!("{host} responds like DocSpace"));
            findings.wrong("portal", found, advice(error, ""));
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

/// What to do about an error of the portal, or about one that has another reason.
pub(super) fn advice(error: &docspace::Error, otherwise: &'static str) -> &'static str {
    match error {
        docspace::Error::Throttled { .. } => {
            "wait a few minutes, then try again; if it persists, find out who else uses the service account, since DocSpace counts the calls of a person, or lower `limits.requests_per_minute`"
        }
        docspace::Error::Failed { .. } => {
            "the portal has a fault: look at its own log, then try again"
        }
        _ => otherwise,
    }
}
