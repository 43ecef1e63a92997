//! Placeholders of other tools in texts of a template.

use std::collections::BTreeSet;

use super::{Brought, Use};
use crate::policy::placeholder::placeholders;
use crate::policy::suppress::at_limit;
use crate::yaml::Problem;

/// Warns of those that name a variable of the policy, and of `${name}`.
pub(super) fn check(uses: &[Use<'_>], brought: &Brought<'_>, problems: &mut Vec<Problem>) {
    let mut reported = BTreeSet::new();
    for used in uses {
        let text = used.text.to_string();
        let meant = placeholders(&text)
            .filter(|found| found.has_braces() || brought.defines(found.name))
            .filter(|found| reported.insert((found.written.to_owned(), used.place)));
        for found in meant {
            if at_limit(problems, brought.span()) {
                return;
            }
            let what = match found.has_braces() {
                true => format!("the `$` of `{}`", found.written),
                false => format!("`{}`", found.written),
            };
            let message = format!(
                "{what} at {} is literal in the policy `{}`",
                used.place, brought.policy.value
            );
            problems.push(
                Problem::warning(brought.span(), "other-placeholder", message)
                    .with_help(format!("write `{{{}}}` for its value", found.name)),
            );
        }
    }
}
