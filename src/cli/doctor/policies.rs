//! The policies: whether `serve` can use them, and whether `validate` accepts them.

use crate::cli::findings::Findings;
use crate::config::Config;
use crate::policy::PolicySet;
use crate::service::{Broken, check_sources, rejected};

/// How many errors are shown.
const SHOWN: usize = 5;

/// The policies, if `serve` could use them.
pub(super) fn check(config: &Config, findings: &mut Findings) -> Option<PolicySet> {
    let settings = &config.policy_settings;
    let sources = match crate::policies::read(&config.policies) {
        Ok(sources) => sources,
        Err(error) => {
            findings.advised("policies", &error.to_string());
            return None;
        }
    };
    let set = match check_sources(sources.clone(), settings) {
        Ok(set) => set,
        Err(broken) => {
            wrong(
                &broken,
                "`roomwright validate` shows every error with its line; `serve` does not start with them, and a running one keeps the last good policies",
                findings,
            );
            return None;
        }
    };
    if let Some(broken) = rejected(sources, settings) {
        wrong(
            &broken,
            "`roomwright validate` shows every error with its line; `serve` uses such policies, and refuses a room on which they disagree",
            findings,
        );
    }
    Some(set)
}

fn wrong(broken: &Broken, advice: &str, findings: &mut Findings) {
    findings.wrong("policies", broken.in_one_line(SHOWN), advice);
}
