//! Names of people and groups that cannot be right.

use crate::yaml::{Problem, Spanned, scalar};

/// A text that is neither an address nor an id.
pub(in crate::policy) fn no_account(name: &Spanned<String>) -> Problem {
    let message = format!("`{}` is neither an e-mail address nor an id", name.value);
    Problem::error(name.span, "no-address", message)
        .with_help("write the person's e-mail address or id: anyone can choose any display name")
}

/// The same where a list can stand.
pub(in crate::policy) fn no_accounts(name: &Spanned<String>) -> Problem {
    match several(&name.value) {
        Some(list) => no_account(name).with_help(format!("write a list: {list}")),
        None => no_account(name),
    }
}

/// The list for several addresses in one text.
pub(in crate::policy) fn several(text: &str) -> Option<String> {
    let parts = text.split([',', ';', ' ']).map(str::trim);
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    let are_addresses = parts.len() > 1 && parts.iter().all(|part| part.contains('@'));
    are_addresses.then(|| {
        let parts: Vec<String> = parts.into_iter().map(scalar).collect();
        format!("[{}]", parts.join(", "))
    })
}

/// A `*` or a regular expression in a name, which is not a glob.
pub(in crate::policy) fn not_a_glob(name: &Spanned<String>) -> Option<Problem> {
    let text = name.value.trim();
    let message = if is_regex(text) {
        format!(
            "`{text}` looks like a regular expression, but this is a name, and all of it literal"
        )
    } else if text.contains('*') {
        format!("`*` in `{text}` is literal: this is a name, not a glob")
    } else {
        return None;
    };
    Some(
        Problem::warning(name.span, "not-a-glob", message)
            .with_help("write each name in full, as a list"),
    )
}

/// What hardly occurs in a name.
fn is_regex(text: &str) -> bool {
    let escapes = ["\\d", "\\w", "\\s", "\\b", "\\S", "\\W", "\\D"];
    let has_choice = text
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(')'))
        .is_some_and(|(inside, _)| inside.contains('|'));
    text.starts_with('^')
        || has_choice
        || [".*", ".+"].iter().any(|any| text.contains(any))
        || escapes.iter().any(|escape| text.contains(escape))
}
