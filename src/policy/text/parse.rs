//! The syntax of texts.

use super::{Case, Segment, Text, Variable};
use crate::yaml::is_name;

/// The characters that `\` makes literal; before any other character it is itself, as in `C:\Temp`.
pub(super) fn is_special(c: char) -> bool {
    matches!(c, '{' | '}' | ',' | '\\')
}

/// The levels of a path: separated by `/`, which no title can contain.
///
/// # Errors
/// A `/` inside braces.
pub fn levels(path: &str) -> Result<Vec<&str>, String> {
    let mut levels = Vec::new();
    let (mut depth, mut start, mut escaped) = (0_usize, 0, false);
    for (at, c) in path.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '/' if depth > 0 => {
                return Err(format!(
                    "`/` is inside braces in `{path}`; write one entry for each path"
                ));
            }
            '/' => {
                levels.push(path.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    levels.push(path.get(start..).unwrap_or_default());
    Ok(levels)
}

/// Parses a text without alternatives.
pub(super) fn text(text: &str) -> Result<Text, String> {
    let mut all = read(text, Choices::None)?;
    Ok(all.pop().unwrap_or(Text(Vec::new())))
}

/// Parses a level of a path, and multiplies its alternatives.
pub(super) fn each_of(level: &str, most: usize) -> Result<Vec<Text>, String> {
    let deep = MAX_DEPTH;
    read(level, Choices::Upto { most, deep })
}

/// The maximum nesting of alternatives.
const MAX_DEPTH: usize = 8;

/// Whether a text may have alternatives.
#[derive(Clone, Copy)]
enum Choices {
    None,
    /// At most this number of texts, and this level of nesting.
    Upto {
        most: usize,
        deep: usize,
    },
}

/// Parses all texts that a written one stands for.
fn read(text: &str, choices: Choices) -> Result<Vec<Text>, String> {
    let mut all = vec![Text(Vec::new())];
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}', '\\']) {
        let (before, from) = rest.split_at(at);
        all.iter_mut().for_each(|text| text.push_literal(before));
        let mut chars = from.chars();
        match chars.next() {
            Some('\\') => {
                let meant = chars.clone().next().filter(|c| is_special(*c));
                if meant.is_some() {
                    chars.next();
                }
                let c = meant.unwrap_or('\\');
                all.iter_mut()
                    .for_each(|text| text.push_literal(c.encode_utf8(&mut [0; 4])));
                rest = chars.as_str();
            }
            Some('{') => {
                let (inside, after) = braces(from)?;
                let parts = parts(inside);
                all = match (parts.as_slice(), choices) {
                    ([one], _) => all
                        .into_iter()
                        .map(|text| text.with(variable(one)))
                        .collect::<Result<_, _>>()?,
                    (_, Choices::None) => {
                        return Err(format!(
                            "`{{{inside}}}` is a set of alternatives, which only a folder's path can contain; write an entry for each, or `\\{{` for the character itself"
                        ));
                    }
                    (parts, Choices::Upto { most, deep }) => multiplied(&all, parts, most, deep)?,
                };
                rest = after;
            }
            _ => {
                return Err(
                    r"`}` without `{`; write `\}` in single quotes for the character itself"
                        .to_owned(),
                );
            }
        }
    }
    all.iter_mut().for_each(|text| text.push_literal(rest));
    Ok(all)
}

/// The content of the braces with which a text begins, and the rest.
fn braces(text: &str) -> Result<(&str, &str), String> {
    let (mut depth, mut escaped) = (0_usize, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => depth += 1,
            '}' if depth == 1 => {
                let inside = text.get(1..at).unwrap_or_default();
                return Ok((inside, text.get(at + 1..).unwrap_or_default()));
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    Err(r"`{` without `}`; write `\{` in single quotes for the character itself".to_owned())
}

/// The parts between commas that are not inside further braces.
fn parts(inside: &str) -> Vec<&str> {
    let (mut depth, mut start, mut escaped) = (0_usize, 0, false);
    let mut parts = Vec::new();
    for (at, c) in inside.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(inside.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(inside.get(start..).unwrap_or_default());
    parts
}

/// Each text with each of the alternatives appended.
fn multiplied(
    texts: &[Text],
    parts: &[&str],
    most: usize,
    deep: usize,
) -> Result<Vec<Text>, String> {
    let Some(deep) = deep.checked_sub(1) else {
        return Err(format!(
            "alternatives are nested more than {MAX_DEPTH} levels deep"
        ));
    };
    let mut ends = Vec::new();
    for part in parts {
        let part = part.trim();
        if part.is_empty() {
            let choice = parts.join(",");
            return Err(format!(
                "`{{{choice}}}` has an empty alternative, but a folder needs a title"
            ));
        }
        ends.extend(read(part, Choices::Upto { most, deep })?);
    }
    if texts.len().saturating_mul(ends.len()) > most {
        return Err(format!(
            "the alternatives of this entry make more than {most} folders"
        ));
    }
    let with_ends = texts.iter().flat_map(|text| {
        ends.iter().map(|end| {
            let mut whole = text.clone();
            end.0
                .iter()
                .cloned()
                .for_each(|segment| whole.push(segment));
            whole
        })
    });
    Ok(with_ends.collect())
}

/// A variable, or a lookup in a table.
fn variable(inside: &str) -> Result<Segment, String> {
    let no_variable = || {
        if let Some((table, key)) = inside.split_once('[') {
            let key = key.trim().trim_end_matches(']');
            if key.contains('[') {
                return format!(
                    "`{{{inside}}}` looks up in a table what another one contains, which is not possible; write a table with the results of both"
                );
            }
            let (table, key) = (table.trim(), key.trim());
            if is_name(table) && key.split('.').all(is_name) {
                return format!("a lookup is written without blanks: `{{{table}[{key}]}}`");
            }
        }
        if is_name(inside.trim()) {
            let name = inside.trim();
            return format!("a variable has no blanks in its braces; write `{{{name}}}`");
        }
        format!(
            "`{{{inside}}}` is not a variable: a name starts with a letter, followed by letters, digits, `_` or `-`; write `\\{{` in single quotes for the character itself"
        )
    };
    if let Some(inner) = inside.strip_prefix('{') {
        let name = inner.trim_end_matches('}').trim();
        return Err(format!(
            "`{{{{` does not begin a variable: write `{{{name}}}` for the variable, or `\\{{` in single quotes for the character itself"
        ));
    }
    if let Some((table, key)) = inside.split_once('[') {
        let key = key.strip_suffix(']').ok_or_else(no_variable)?;
        if !is_name(table) {
            return Err(no_variable());
        }
        let key = named(key, no_variable)?;
        return Ok(Segment::Lookup(table.to_owned(), key));
    }
    named(inside, no_variable).map(Segment::Variable)
}

fn named(text: &str, no_variable: impl Fn() -> String) -> Result<Variable, String> {
    let (name, case) = match text.split_once(':') {
        None => (text, None),
        Some((name, word)) => {
            let case = Case::ALL.into_iter().find(|case| case.as_str() == word);
            let words = Case::ALL.map(Case::as_str);
            let case = case.ok_or_else(|| {
                let hint = crate::yaml::hint(word, words.into_iter());
                format!(
                    "`{word}` is not a known modifier{hint} (available: {})",
                    words.join(", ")
                )
            })?;
            (name, Some(case))
        }
    };
    if !name.split('.').all(is_name) {
        return Err(no_variable());
    }
    let name = name.to_owned();
    Ok(Variable { name, case })
}

impl Text {
    fn with(mut self, segment: Result<Segment, String>) -> Result<Self, String> {
        self.push(segment?);
        Ok(self)
    }

    fn push(&mut self, segment: Segment) {
        match segment {
            Segment::Literal(text) => self.push_literal(&text),
            other @ (Segment::Variable(_) | Segment::Lookup(..)) => self.0.push(other),
        }
    }

    fn push_literal(&mut self, text: &str) {
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some(Segment::Literal(before)) => before.push_str(text),
            _ => self.0.push(Segment::Literal(text.to_owned())),
        }
    }
}
