//! Names of people and groups that cannot be right.

use crate::yaml::{Problem, Spanned};

/// A text that is neither an address nor an id.
pub(in crate::policy) fn no_account(name: &Spanned<String>) -> Problem {
    let message = format!("`{}` is neither an e-mail address nor an id", name.value);
    Problem::error(name.span, "no-address", message)
}

/// A `*` in a name, which is not a glob.
pub(in crate::policy) fn not_a_glob(name: &Spanned<String>) -> Option<Problem> {
    name.value.contains('*').then(|| {
        let message = format!(
            "`*` in `{}` is literal: this is a name, not a glob",
            name.value
        );
        Problem::warning(name.span, "not-a-glob", message)
            .with_help("write each name in full, as a list")
    })
}
