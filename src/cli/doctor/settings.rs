//! What `serve` rejects or warns about before it starts.

use crate::cli::findings::Findings;
use crate::config::Config;

/// Checks the settings as `serve` does.
pub(super) fn check(config: &Config, findings: &mut Findings) {
    for missing in config.missing_for_portal() {
        findings.advised("settings", missing);
    }
    let refused = "`serve` does not start until this is fixed";
    let secrets = config.check_webhook_secrets();
    let readable: Vec<_> = config.readable_secrets().collect();
    if let Err(error) = &secrets {
        findings.wrong("secrets", error.to_string(), refused);
    }
    for path in &readable {
        let path = path.display();
        findings.warning(
            "secrets",
            format!("every account on this machine can read `{path}`"),
            &format!("run `chmod o-r {path}`"),
        );
    }
    let is_set = config.webhook_secret.is_some();
    let are_in_files = !config.secret_files.is_empty();
    match (is_set, are_in_files) {
        _ if secrets.is_err() || !readable.is_empty() => {}
        (true, true) => findings.good(
            "secrets",
            "DocSpace can store the webhook secret, and nobody else can read the files",
        ),
        (true, false) => findings.good("secrets", "DocSpace can store the webhook secret"),
        (false, true) => findings.good("secrets", "nobody else can read the files"),
        (false, false) => {}
    }
    match config.check_limits() {
        Ok(()) => findings.good("limits", "they are within the portal's limits"),
        Err(error) => findings.wrong("limits", error.to_string(), refused),
    }
}
