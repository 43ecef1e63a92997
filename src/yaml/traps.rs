//! What YAML reads silently but people mean differently.

use super::advice::in_quotes;
use super::problem::Problem;
use super::source::{SourceId, Span};

/// A blank that is not a space for YAML.
fn is_odd_blank(c: char) -> bool {
    c.is_whitespace() && !c.is_ascii()
}

/// Finds blanks at the start of a line, or after its dash or key, that YAML reads as letters; returns `false` if there
/// are any.
pub(super) fn odd_blanks(text: &str, source: SourceId, problems: &mut Vec<Problem>) -> bool {
    let mut start = 0;
    let mut good = true;
    for line in text.split_inclusive('\n') {
        let content = line.trim_start_matches(' ');
        let indent = line.len() - content.len();
        let at = match content.strip_prefix('-') {
            Some(rest) if rest.starts_with(is_odd_blank) => Some(indent + 1),
            _ if content.starts_with(is_odd_blank) && !content.trim().is_empty() => Some(indent),
            _ => after_key(content).map(|at| indent + at),
        };
        if let Some(at) = at {
            let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            let end = line
                .get(at..)
                .and_then(|rest| rest.chars().next())
                .map_or(0, char::len_utf8);
            let span = Span {
                source,
                start: number(start + at),
                end: number(start + at + end),
            };
            problems.push(
                Problem::error(
                    span,
                    "odd-blank",
                    "there is a no-break or wide space where YAML needs a plain one",
                )
                .with_help("replace it with a plain space; copied text often contains such spaces"),
            );
            good = false;
        }
        start += line.len();
    }
    good
}

/// Where an odd blank follows the colon of a key.
fn after_key(content: &str) -> Option<usize> {
    let content = content
        .strip_prefix("- ")
        .map_or((content, 0), |rest| (rest, 2));
    let (rest, offset) = content;
    let colon = rest.find(':')?;
    let (key, after) = rest.split_at(colon);
    let is_key = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let follows = after.get(1..)?.starts_with(is_odd_blank);
    (is_key && follows).then_some(offset + colon + 1)
}

/// A problem with a text without quotes.
pub(super) fn in_plain(text: &str, span: Span) -> Option<Problem> {
    let at = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
    let written = text.get(at(span.start)..at(span.end))?;
    let mut lines = written.lines();
    let first = lines.next()?.trim_end();
    if lines.any(|line| line.trim_start().starts_with("- ")) {
        let message = format!("the lines below `{first}` become part of its text");
        return Some(
            Problem::error(span, "missing-colon", message)
                .with_help(format!("write `{first}:` if they are its children")),
        );
    }
    if let Some(cut) = cut_off(text.get(at(span.end)..)?) {
        let message = format!(
            "the text ends with `{}`: `{}` is a comment",
            last_line(written),
            cut.trim()
        );
        let whole = format!("{written}{cut}");
        return Some(
            Problem::warning(span, "cut-text", message).with_help(format!(
                "quote the text: {}; or write a space after `#` if it is a comment",
                in_quotes(whole.trim_end())
            )),
        );
    }
    let quotes = ['“', '”', '„', '‟', '«', '»', '‘', '’', '‚'];
    let inner = written.strip_prefix(quotes)?.strip_suffix(quotes)?;
    let message = format!("the quotation marks of `{written}` are part of the text");
    Some(
        Problem::warning(span, "typographic-quotes", message).with_help(format!(
            "write {} without them, or {} to keep them",
            in_quotes(inner),
            in_quotes(written)
        )),
    )
}

/// A comment on the same line that begins like a number or a word: ` #3`.
fn cut_off(rest: &str) -> Option<&str> {
    let comment = rest.trim_start_matches([' ', '\t']);
    let begins = comment.strip_prefix('#')?.chars().next()?;
    // Read the line only in this case: it may contain thousands of texts.
    (comment.len() < rest.len() && begins.is_alphanumeric())
        .then(|| rest.lines().next())
        .flatten()
}

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or_default().trim()
}
