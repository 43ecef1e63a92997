//! Settings that are valid but unsafe, or that DocSpace does not accept.

use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use super::{Config, Error, Limits};

/// The length of a webhook's secret in DocSpace, in characters.
const SECRET: std::ops::RangeInclusive<usize> = 8..=30;

impl Config {
    /// What an operator should change, although the service starts.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings: Vec<String> = self
            .readable_secrets()
            .map(|path| {
                let path = path.display();
                format!("every account on this machine can read the secret in `{path}`; run `chmod o-r {path}`")
            })
            .collect();
        if let Some(host) = self.key_in_clear() {
            warnings.push(format!(
                "the API key goes to `{host}` in clear text, where anyone in between can read it; write `https://`"
            ));
        }
        warnings
    }

    /// The files with the key or a secret that every account on this machine can read.
    pub fn readable_secrets(&self) -> impl Iterator<Item = &Path> {
        let files = self.secret_files.iter().map(PathBuf::as_path);
        files.filter(|path| {
            let mode = std::fs::metadata(path).map(|found| found.permissions().mode());
            mode.is_ok_and(|mode| mode & 0o004 != 0)
        })
    }

    /// The portal's address, if the API key goes there in clear text.
    pub fn key_in_clear(&self) -> Option<&str> {
        self.host.as_deref().filter(|host| is_in_clear(host))
    }

    /// Checks the limits against those of DocSpace (docs/docspace.md, rate limits), which rejects calls beyond them.
    ///
    /// # Errors
    /// A limit is above DocSpace's own.
    pub fn check_limits(&self) -> Result<(), Error> {
        let Limits {
            requests_per_minute,
            writes_at_once,
            reads_at_once,
            writes_per_day,
            removals: _,
            removals_per_day: _,
            repaired_rooms_per_hour: _,
            portal_allows_more,
        } = self.limits;
        if portal_allows_more {
            return Ok(());
        }
        let limits = [
            ("requests_per_minute", u64::from(requests_per_minute), 1_500),
            ("writes_at_once", writes_at_once.into(), 15),
            ("reads_at_once", reads_at_once.into(), 50),
            ("writes_per_day", writes_per_day, 10_000),
        ];
        match limits.into_iter().find(|(_, value, most)| value > most) {
            Some((name, value, most)) => Err(Error::Value {
                name: "limits".to_owned(),
                reason: format!(
                    "`{name}` is {value}, and DocSpace allows {most}; write at most that, and less if others use the account too, or `portal_allows_more: true` if the server's own limits were raised"
                ),
            }),
            None => Ok(()),
        }
    }

    /// Checks the secrets of the webhook against DocSpace's rules.
    ///
    /// # Errors
    /// DocSpace cannot store one of them.
    pub fn check_webhook_secrets(&self) -> Result<(), Error> {
        let secrets = [
            ("DOCSPACE_WEBHOOK_SECRET", &self.webhook_secret),
            (
                "DOCSPACE_WEBHOOK_SECRET_PREVIOUS",
                &self.webhook_secret_previous,
            ),
        ];
        for (name, secret) in secrets {
            if let Some(reason) = secret.as_ref().and_then(cannot_be_stored) {
                return Err(Error::Value {
                    name: name.to_owned(),
                    reason,
                });
            }
        }
        Ok(())
    }
}

/// Why DocSpace would reject a secret (docs/docspace.md, webhooks). Does not contain the secret.
fn cannot_be_stored(secret: &SecretString) -> Option<String> {
    let secret = secret.expose_secret();
    let what = "DocSpace stores 8 to 30 characters from `!` to `~`, without spaces";
    if !secret.chars().all(|c| c.is_ascii_graphic()) {
        return Some(format!(
            "it has a space or a character outside ASCII; {what}"
        ));
    }
    let length = secret.chars().count();
    (!SECRET.contains(&length)).then(|| format!("it has {length} characters; {what}"))
}

/// Whether requests to the address leave this machine unencrypted.
fn is_in_clear(host: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(host.trim()) else {
        return false;
    };
    let name = url.host_str().unwrap_or_default();
    let address = name.trim_matches(['[', ']']).parse::<IpAddr>();
    let is_here = address.map_or(
        name == "localhost" || name.ends_with(".localhost"),
        |address| address.is_loopback(),
    );
    url.scheme() == "http" && !is_here
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_docspace_cannot_store_is_rejected() {
        let refused = |secret: &str| cannot_be_stored(&SecretString::from(secret)).is_some();
        for good in ["Abcd-123", &"a".repeat(30), "!~!~!~!~"] {
            assert!(!refused(good), "{good}");
        }
        for bad in ["Abcd-12", &"a".repeat(31), "with a blank", "Schlüssel-123"] {
            assert!(refused(bad), "{bad}");
        }
    }

    #[test]
    fn only_unencrypted_addresses_of_other_machines_are_in_clear() {
        for clear in ["http://docspace.example.com", "http://10.0.0.7:8092/"] {
            assert!(is_in_clear(clear), "{clear}");
        }
        for fine in [
            "https://docspace.example.com",
            "http://localhost:8092",
            "http://127.0.0.1",
            "http://[::1]:80",
            "nonsense",
        ] {
            assert!(!is_in_clear(fine), "{fine}");
        }
    }
}
