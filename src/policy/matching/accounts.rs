//! The `creator` of a `match`: globs for addresses, and ids.

use super::{Captures, entries, glob, word};
use crate::policy::file::OneOrMany;
use crate::policy::glob::FoldMode;
use crate::policy::matcher::Account;
use crate::policy::template::several;
use crate::policy::witness::fits_an_address;
use crate::room::{fold, is_guid};
use crate::yaml::{Problem, Spanned};

/// Addresses, or ids in the form of a GUID. Display names are not accepted, because people choose them freely.
pub(super) fn accounts(written: &OneOrMany, problems: &mut Vec<Problem>) -> Vec<Account> {
    let entries = entries(written, problems);
    let mut accounts = Vec::with_capacity(entries.len());
    for text in entries {
        if is_guid(text.value.trim()) {
            accounts.push(Account::Id(word(&text.value, fold)));
            continue;
        }
        let Some(glob) = glob(text, FoldMode::Words, Captures::Not("creator"), problems) else {
            continue;
        };
        // No address has a blank.
        let has_blank = |text: &String| text.contains(char::is_whitespace);
        let is_address = fits_an_address(&glob) && !glob.literals().iter().any(has_blank);
        if !is_address {
            let message = format!(
                "`{}` matches no e-mail address and is not an id",
                text.value
            );
            let help = if let Some(list) = several(&text.value) {
                format!("write a list: {list}")
            } else if text.value.contains('@') && !text.value.contains(char::is_whitespace) {
                "an address has a name before its `@` and a domain after it; write `creator: \"*@example.org\"`".to_owned()
            } else if text.value.contains('@') {
                "an address has no blanks; write `creator: \"*@example.org\"`".to_owned()
            } else {
                format!(
                    "write `creator: \"*@example.org\"`, or `creator_name: \"{}\"` to match the display name",
                    text.value.trim()
                )
            };
            problems.push(Problem::error(text.span, "no-address", message).with_help(help));
        }
        problems.extend(part_of_domain(text));
        accounts.push(Account::Address(glob));
    }
    accounts
}

/// A domain directly after a `*`, which also matches longer names that end like it.
fn part_of_domain(written: &Spanned<String>) -> Option<Problem> {
    let text = written.value.trim();
    let (before, domain) = text.rsplit_once('*')?;
    let mut names = domain.trim_matches(['{', '}']).split(',');
    let first = names.clone().next()?;
    let is_domain = |name: &str| {
        name.contains('.')
            && name.starts_with(char::is_alphanumeric)
            && name
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'))
    };
    if text.contains('@') || !names.all(is_domain) {
        return None;
    }
    let message = format!("`{text}` also matches `eve@evil-{first}`");
    Some(
        Problem::warning(written.span, "part-of-domain", message).with_help(format!(
            "write `{before}*@{domain}`; for the domains below it too, the list `[\"{before}*@{domain}\", \"{before}*.{domain}\"]`"
        )),
    )
}
