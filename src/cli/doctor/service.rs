//! What a running service reports about itself.

use crate::cli::findings::Findings;
use crate::cli::status::running;
use crate::config::Config;

/// Asks the service, if one runs: only it knows what it could not do.
pub(super) async fn check(config: &Config, findings: &mut Findings) {
    const WHAT: &str = "service";
    let Some(address) = config.admin_listen else {
        return;
    };
    let Ok(running) = running(address).await else {
        return;
    };
    if let Some(problem) = &running.sweep.problem {
        findings.warning(
            WHAT,
            format!("the last sweep of the list of rooms failed: {problem}"),
            "nothing: it is retried; if it persists, do what the message says",
        );
    }
    for held in &running.held {
        findings.warning(
            WHAT,
            format!(
                "`{}` stopped the run over room {} within the last day",
                held.limit, held.room
            ),
            "find out why so many changes are due, then raise the limit or run `roomwright apply`",
        );
    }
}
