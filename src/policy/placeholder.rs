//! Placeholders of other tools, which are literal here: `<client>`, `%client%`, `${client}`, `$client`.

use crate::yaml::is_name;

/// A placeholder as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placeholder<'t> {
    /// With its marks.
    pub(super) written: &'t str,
    /// The text between them.
    pub(super) name: &'t str,
}

impl Placeholder<'_> {
    /// Whether it is `${name}`, in which `{name}` is a variable.
    pub(super) fn has_braces(self) -> bool {
        self.written.starts_with("${")
    }

    /// Whether it is `$name`, which is also how an amount begins.
    pub(super) fn is_bare(self) -> bool {
        self.written.starts_with('$') && !self.has_braces()
    }
}

/// All placeholders in a text in which `\` makes the next character literal.
pub(super) fn placeholders(text: &str) -> impl Iterator<Item = Placeholder<'_>> {
    let (mut at, mut before) = (0, ' ');
    std::iter::from_fn(move || {
        loop {
            let rest = text.get(at..)?;
            let c = rest.chars().next()?;
            if let Some(found) = begin(rest).filter(|_| before != '\\' && !is_inner(c, before)) {
                at += found.written.len();
                before = ' ';
                return Some(found);
            }
            at += c.len_utf8();
            before = if before == '\\' { ' ' } else { c };
        }
    })
}

/// Whether a `$` is inside a word, as in `US$`.
fn is_inner(c: char, before: char) -> bool {
    c == '$' && before.is_alphanumeric()
}

/// The placeholder at the beginning of a text.
fn begin(text: &str) -> Option<Placeholder<'_>> {
    let until = |open: &str, close: char| {
        let (name, _) = text.strip_prefix(open)?.split_once(close)?;
        let written = text.get(..open.len() + name.len() + close.len_utf8())?;
        Some(Placeholder { written, name })
    };
    let bare = || {
        let rest = text.strip_prefix('$')?;
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
        let name = rest.get(..end.unwrap_or(rest.len()))?;
        let written = text.get(..name.len() + 1)?;
        Some(Placeholder { written, name })
    };
    let is_variable = |name: &str| {
        let name = name.split([':', '[']).next().unwrap_or_default();
        name.split('.').all(is_name)
    };
    until("<", '>')
        .or_else(|| until("%", '%'))
        .or_else(|| until("${", '}'))
        .or_else(bare)
        .filter(|found| is_variable(found.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found_with_their_marks() {
        for (text, found) in [
            ("<client> - *", &["<client>"][..]),
            ("%client%%year%", &["%client%", "%year%"]),
            (
                "a ${c:upper} $c_1, ${t[c]}",
                &["${c:upper}", "$c_1", "${t[c]}"],
            ),
            ("<date.year>", &["<date.year>"]),
            (r"\${c} \<c> \\%c%", &["%c%"]),
            ("100 % of 5 %", &[]),
            ("US$c, $5, $ 7", &[]),
            ("a < b > c", &[]),
            ("{client} $", &[]),
        ] {
            let all: Vec<&str> = placeholders(text).map(|found| found.written).collect();
            assert_eq!(all, found, "{text}");
        }
    }
}
