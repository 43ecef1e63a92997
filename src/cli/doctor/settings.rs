//! What `serve` rejects or warns about before it starts.

use crate::cli::findings::Findings;
use crate::config::Config;

/// Checks the settings as `serve` does.
pub(super) fn check(config: &Config, findings: &mut Findings) {
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
    if secrets.is_ok() && readable.is_empty() {
        findings.good(
            "secrets",
            "DocSpace can store them, and nobody else can read their files",
        );
    }
    match config.check_limits() {
        Ok(()) => findings.good("limits", "they are within the portal's limits"),
        Err(error) => findings.wrong("limits", error.to_string(), refused),
    }
}
