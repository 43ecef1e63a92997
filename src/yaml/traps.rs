//! What YAML reads silently but people mean differently.

use super::advice::{WIDE_COLON, in_quotes};
use super::problem::Problem;
use super::scalar::scalar;
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

/// Where a text without quotes is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Around {
    /// In a list or table in brackets.
    pub(super) in_brackets: bool,
    /// It is an entry of a list.
    pub(super) in_list: bool,
    /// The entries there can have children.
    pub(super) in_tree: bool,
    /// What its key takes.
    pub(super) takes: Takes,
}

/// What a key takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Takes {
    /// One text.
    #[default]
    One,
    /// One text or a list.
    OneOrMany,
    /// Sentences for people, which may go on in the next line.
    Prose,
}

/// A problem with a text without quotes.
pub(super) fn in_plain(text: &str, span: Span, around: Around) -> Option<Problem> {
    let at = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
    let before = text.get(..at(span.start))?;
    let written = text.get(at(span.start)..at(span.end))?;
    let after = text.get(at(span.end)..)?;
    if written.is_empty() {
        let rest = after.lines().next().unwrap_or_default();
        return all_comment(before, span)
            .or_else(|| all_comment(&format!("{}{rest}", last_line(before)), span));
    }
    lines_below(written, span, around)
        .or_else(|| cut_text(written, after, span, around))
        .or_else(|| quotation_marks(before, written, after, span, around))
}

/// Following lines that become part of a text.
fn lines_below(written: &str, span: Span, around: Around) -> Option<Problem> {
    let mut lines = written.lines();
    let first = lines.next()?.trim_end();
    let below: Vec<&str> = lines
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let next = below.first()?;
    if let Some(key) = first.strip_suffix(WIDE_COLON) {
        let message = format!("the wide colon of `{first}` is not YAML's colon");
        return Some(
            Problem::error(span, "missing-colon", message)
                .with_help(format!("write a plain colon: `{key}:`")),
        );
    }
    if below.iter().any(|line| line.starts_with("- ")) {
        let message = format!("the lines below `{first}` become part of its text");
        let help = match around {
            Around { in_tree: true, .. } => {
                format!("write `{first}:` if they are its children")
            }
            Around { in_list: true, .. } => {
                "start every entry at the same indentation: this list has no children".to_owned()
            }
            _ => format!("start the list on a line of its own: `- {first}`"),
        };
        return Some(Problem::error(span, "missing-colon", message).with_help(help));
    }
    if around.takes == Takes::Prose && !around.in_list {
        return None;
    }
    let all: Vec<&str> = std::iter::once(first)
        .chain(below.iter().copied())
        .collect();
    let whole = in_quotes(&all.join(" "));
    let message = format!("the line below `{first}` becomes part of its text");
    let help = if !around.in_list && around.takes == Takes::OneOrMany {
        let all = all
            .into_iter()
            .map(|line| scalar(line.trim_end_matches(',')));
        let all: Vec<String> = all.collect();
        let list = all.join(", ");
        format!("write the list [{list}] for several texts, or {whole} for a single one")
    } else if !around.in_list && !around.in_brackets {
        format!("write {whole} on one line if it is a single text")
    } else if around.in_brackets {
        format!("write a comma between two texts, or {whole} for a single one")
    } else if around.in_tree {
        format!(
            "write `{first}:` and `- {next}` below it for a child, `- {next}` for another entry, or {whole} for a single text"
        )
    } else {
        format!("write `- {next}` for another entry, or {whole} for a single text")
    };
    Some(Problem::warning(span, "continued-text", message).with_help(help))
}

fn last_line(text: &str) -> &str {
    text.rsplit('\n').next().unwrap_or_default()
}

/// A comment that cuts off a text.
fn cut_text(written: &str, after: &str, span: Span, around: Around) -> Option<Problem> {
    let cut = cut_off(after)?;
    let last = written.lines().last().unwrap_or_default().trim();
    let message = format!("the text ends with `{last}`: `{}` is a comment", cut.trim());
    let meant = if around.in_brackets { item(cut) } else { cut };
    let whole = format!("{written}{meant}");
    Some(
        Problem::warning(span, "cut-text", message).with_help(format!(
            "quote the text: {}; or write a space after `#` if it is a comment",
            in_quotes(whole.trim_end())
        )),
    )
}

/// A comment where a text should be: `- #3`.
fn all_comment(before: &str, span: Span) -> Option<Problem> {
    let line = before.trim_end().rsplit('\n').next()?;
    let (start, comment) = line.split_at(line.find(" #")?);
    let is_place = start.trim_end().ends_with(['-', ':']);
    let body = comment.trim().trim_start_matches('#');
    // What this key takes has no `#`, quoted or not.
    let is_color = body.len() == 6 && body.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_place || is_color || cut_off(comment).is_none() {
        return None;
    }
    let message = format!("`{}` is a comment, so there is no text", comment.trim());
    Some(
        Problem::warning(span, "cut-text", message).with_help(format!(
            "quote the text: {}; or write a space after `#` if it is a comment",
            in_quotes(comment.trim())
        )),
    )
}

/// A comment on the same line that has no space after its `#`: ` #3`.
fn cut_off(rest: &str) -> Option<&str> {
    let comment = rest.trim_start_matches([' ', '\t']);
    let begins = comment.strip_prefix('#')?.chars().next();
    // Read the line only in this case: it may contain thousands of texts.
    (comment.len() < rest.len() && begins.is_none_or(|c| !matches!(c, ' ' | '\t')))
        .then(|| rest.lines().next())
        .flatten()
}

/// The part of a text in brackets up to its end.
fn item(text: &str) -> &str {
    let mut depth = 0_usize;
    let end = text.find(|c| {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' if depth > 0 => depth -= 1,
            ',' | '}' | ']' if depth == 0 => return true,
            _ => {}
        }
        false
    });
    text.get(..end.unwrap_or(text.len())).unwrap_or_default()
}

/// A comment that hides the end of some brackets: its offset, and the text that was probably meant.
pub(super) fn hidden_by_comment(brackets: &str) -> Option<(usize, String)> {
    let (mut quote, mut before) = (None, ' ');
    for (at, c) in brackets.char_indices() {
        let begins = before.is_whitespace() || matches!(before, '[' | '{' | ',');
        match quote {
            Some(mark) if c == mark => quote = None,
            None if begins && matches!(c, '"' | '\'') => quote = Some(c),
            None if c == '#' && before.is_whitespace() => {
                let comment = brackets.get(at..)?.lines().next()?;
                if comment.contains([',', ']', '}']) {
                    let start = brackets.get(..at)?;
                    let text = start.rsplit(['[', '{', ',']).next()?;
                    let text = text.split_once(": ").map_or(text, |(_, value)| value);
                    return Some((at, format!("{}{}", text.trim_start(), item(comment).trim())));
                }
            }
            _ => {}
        }
        before = c;
    }
    None
}

/// Marks that always quote, and marks that can also be an apostrophe.
const DOUBLE: [char; 12] = [
    '“', '”', '„', '‟', '«', '»', '‹', '›', '＂', '〝', '〞', '〟',
];
const SINGLE: [char; 6] = ['‘', '’', '‚', '‛', '´', '＇'];

/// Quotation marks that YAML reads as letters.
fn quotation_marks(
    before: &str,
    written: &str,
    after: &str,
    span: Span,
    around: Around,
) -> Option<Problem> {
    let is_mark = |c: char| DOUBLE.contains(&c) || SINGLE.contains(&c);
    let (begins, ends) = (written.strip_prefix(is_mark), written.strip_suffix(is_mark));
    let said = |message: String, inner: &str| {
        Some(
            Problem::warning(span, "typographic-quotes", message).with_help(format!(
                "write {} without them, or {} to keep them",
                in_quotes(inner),
                in_quotes(written)
            )),
        )
    };
    if let Some(inner) = begins.and_then(|rest| rest.strip_suffix(is_mark)) {
        if inner.contains(DOUBLE) {
            return None;
        }
        let message = format!("the quotation marks of `{written}` are part of the text");
        return said(message, inner);
    }
    if let Some(rest) = begins
        && !rest.contains(is_mark)
    {
        if around.in_brackets
            && let Some(more) = rest_in_marks(written, after)
        {
            let message =
                format!("the quotation mark of `{written}` does not keep the text together");
            return said(message, &format!("{rest}{more}"));
        }
        let is_apostrophe = written.starts_with(SINGLE);
        let message = format!("the quotation mark of `{written}` is part of the text");
        return (!is_apostrophe).then(|| said(message, rest)).flatten();
    }
    let inner = ends.filter(|_| written.ends_with(DOUBLE))?;
    let line = before.rsplit('\n').next().unwrap_or_default();
    let is_inch = written.ends_with('”') && inner.ends_with(|c: char| c.is_numeric());
    if is_inch || inner.contains(is_mark) || (around.in_brackets && line.contains(is_mark)) {
        return None;
    }
    let message = format!("the quotation mark of `{written}` is part of the text");
    said(message, inner)
}

/// What follows the comma that ended a text inside its quotation marks, up to the closing mark.
fn rest_in_marks<'t>(written: &str, after: &'t str) -> Option<&'t str> {
    let line = after.lines().next().filter(|line| line.starts_with(','))?;
    let (more, rest) = match written.starts_with(DOUBLE) {
        true => line.split_once(DOUBLE)?,
        // This one alone is an apostrophe.
        false if written.starts_with('’') => return None,
        false => line.split_once(SINGLE)?,
    };
    rest.trim_start()
        .starts_with([',', ']', '}'])
        .then_some(more)
}
