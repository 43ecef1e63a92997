//! From the written `match` of a policy to a [`Matcher`].

use super::file::{Match, OneOrMany, Parts};
use super::glob::{FoldMode, Glob, advice, quote};
use super::matcher::{Kinds, Matcher, Word};
use super::placeholder::placeholders;
use super::template::not_a_glob;
use crate::room::{MAX_ROOM_TITLE_UNITS, RoomType, fold, no_tag, tag_key};
use crate::yaml::{self, Problem, Severity, Span, Spanned};

mod accounts;

use accounts::accounts;

pub(super) fn matcher_of(written: &Match, problems: &mut Vec<Problem>) -> Option<Matcher> {
    match written {
        Match::All(word) if word.value.trim() == "all" => Some(Matcher::default()),
        Match::All(word) => {
            let message = format!("`{}` is not a valid `match`", word.value);
            problems.push(Problem::error(word.span, "bad-match", message).with_help(
                "write `all` for every room, or a table with `title`, `type` or `creator`",
            ));
            None
        }
        Match::Parts(parts) => matcher(parts, Captures::Allowed, problems),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Captures {
    Allowed,
    /// In this condition.
    Not(&'static str),
}

fn matcher(
    written: &Spanned<Parts>,
    captures: Captures,
    problems: &mut Vec<Problem>,
) -> Option<Matcher> {
    // No `..`, so that a new condition cannot be forgotten here.
    let Parts {
        title,
        r#type,
        creator,
        creator_name,
        creator_group,
        tagged,
        except,
    } = &written.value;
    let lists = [title, r#type, creator, creator_name, creator_group, tagged];
    if lists.into_iter().all(Option::is_none) && except.is_none() {
        problems.push(no_conditions(written, captures));
        return None;
    }
    let before = problems.len();
    let title = title.as_ref().map(|written| {
        let globs = globs(written, FoldMode::Titles, captures, problems);
        same_captures(written, &globs, problems);
        globs
    });
    let kind = r#type.as_ref().map(|written| kinds(written, problems));
    let creator = creator.as_ref().map(|written| accounts(written, problems));
    let creator_name = creator_name.as_ref().map(|written| {
        globs(
            written,
            FoldMode::Words,
            Captures::Not("creator_name"),
            problems,
        )
    });
    let creator_group = creator_group
        .as_ref()
        .map(|written| words(written, fold, problems));
    let tagged = tagged.as_ref().map(|written| {
        for tag in written.as_slice() {
            if let Some(reason) = no_tag(&tag.value) {
                problems.push(Problem::error(tag.span, "bad-tag", reason));
            }
        }
        words(written, tag_key, problems)
    });
    let except = except
        .as_ref()
        .and_then(|except| matcher(except, Captures::Not("except"), problems))
        .map(Box::new);
    let mut own = problems.iter().skip(before);
    let is_wrong = own.any(|problem| problem.severity == Severity::Error);
    (!is_wrong).then_some(Matcher {
        title,
        kind,
        creator,
        creator_name,
        creator_group,
        tagged,
        except,
    })
}

fn no_conditions(written: &Spanned<Parts>, captures: Captures) -> Problem {
    let (message, help) = match captures {
        Captures::Allowed => (
            "the `match` has no conditions".to_owned(),
            "write `match: all` to match every room".to_owned(),
        ),
        Captures::Not(key) => (
            format!("`{key}` has no conditions"),
            format!("remove `{key}`, or write a condition"),
        ),
    };
    Problem::error(written.span, "empty-match", message).with_help(help)
}

/// The entries of a list, which must not be empty.
fn entries<'w>(written: &'w OneOrMany, problems: &mut Vec<Problem>) -> &'w [Spanned<String>] {
    if let OneOrMany::Many(list) = written
        && list.value.is_empty()
    {
        problems.push(
            Problem::error(
                list.span,
                "empty-list",
                "the list is empty and matches nothing",
            )
            .with_help("remove the key, or write a glob"),
        );
    }
    written.as_slice()
}

fn globs(
    written: &OneOrMany,
    over: FoldMode,
    captures: Captures,
    problems: &mut Vec<Problem>,
) -> Vec<Glob> {
    let entries = entries(written, problems);
    problems.extend(unquoted_class(written));
    // Most lists have one entry; collecting would allocate space for four globs.
    let mut globs = Vec::with_capacity(entries.len());
    globs.extend(
        entries
            .iter()
            .filter_map(|text| glob(text, over, captures, problems)),
    );
    globs
}

fn glob(
    text: &Spanned<String>,
    over: FoldMode,
    captures: Captures,
    problems: &mut Vec<Problem>,
) -> Option<Glob> {
    let read = Glob::new(&text.value, over);
    let key = match (over, captures) {
        (FoldMode::Titles, _) => Some("title"),
        (FoldMode::Words, Captures::Not("type") | Captures::Allowed) => None,
        (FoldMode::Words, Captures::Not(key)) => Some(key),
    };
    let advice = key.and_then(|key| advice(text, key, read.is_ok()));
    let glob = match (read, advice) {
        (Ok(glob), advice) => {
            if over == FoldMode::Titles && text.value.contains('"') {
                problems.extend(quote(text));
            }
            if over == FoldMode::Titles && advice.is_none() {
                problems.extend(of_other_tools(text, captures));
            }
            problems.extend(advice);
            glob
        }
        (Err(_), Some(advice)) => {
            problems.push(advice);
            return None;
        }
        (Err(bad), None) => {
            problems.push(Problem::error(text.span, "bad-glob", bad.0));
            return None;
        }
    };
    if over == FoldMode::Titles && glob.least() > MAX_ROOM_TITLE_UNITS {
        let message = format!(
            "`{}` matches no room: it needs at least {} characters, but a room's title has at most {MAX_ROOM_TITLE_UNITS}",
            text.value,
            glob.least()
        );
        problems.push(Problem::error(text.span, "never-matches", message));
    }
    if let (Captures::Not(part), Some(name)) = (captures, glob.captures().first()) {
        let message = format!("`{part}` cannot contain captures, but `{{{name}}}` is one");
        problems.push(
            Problem::error(text.span, "capture-here", message).with_help(format!(
                "write `'\\{{{name}\\}}'` in single quotes for literal braces"
            )),
        );
    }
    Some(glob)
}

/// A placeholder of another tool, which captures nothing.
fn of_other_tools(title: &Spanned<String>, captures: Captures) -> Option<Problem> {
    // Amounts begin with a `$` too.
    let found = placeholders(&title.value).find(|found| !found.is_bare())?;
    let literal = match found.has_braces() {
        true => format!("the `$` of `{}`", found.written),
        false => format!("`{}`", found.written),
    };
    let help = match captures {
        Captures::Allowed => format!("write `{{{}}}` to capture the text", found.name),
        Captures::Not(_) => "write `*` for any text".to_owned(),
    };
    let message = format!("{literal} is literal here");
    Some(
        Problem::warning(title.span, "other-placeholder", message).with_help(format!(
            "{help}, or `\\{}` in single quotes if you mean the characters",
            found.written
        )),
    )
}

/// Checks that the same variables have a value, whichever glob of a list matches.
fn same_captures(written: &OneOrMany, globs: &[Glob], problems: &mut Vec<Problem>) {
    let names = |glob: &Glob| {
        let mut names = glob.captures().to_vec();
        names.sort();
        names
    };
    let shown = |names: &[String]| match names {
        [] => "nothing".to_owned(),
        names => names
            .iter()
            .map(|name| format!("`{{{name}}}`"))
            .collect::<Vec<_>>()
            .join(" and "),
    };
    // A syntax error is reported first.
    let Some((first, rest)) = globs.split_first() else {
        return;
    };
    if globs.len() != written.as_slice().len() {
        return;
    }
    let expected = names(first);
    for (glob, text) in rest.iter().zip(written.as_slice().iter().skip(1)) {
        let found = names(glob);
        if found != expected {
            let message = format!(
                "`{}` captures {}, but `{}` captures {}; each title of a list must capture the same names",
                text.value,
                shown(&found),
                first.as_str(),
                shown(&expected)
            );
            problems.push(
                Problem::error(text.span, "captures-differ", message).with_help(
                    "write `*` where the text is not needed, or a policy for each title",
                ),
            );
        }
    }
}

fn kinds(written: &OneOrMany, problems: &mut Vec<Problem>) -> Kinds {
    let mut all = Kinds::default();
    for text in entries(written, problems) {
        let Some(kinds) = kinds_of(text, problems) else {
            continue;
        };
        if kinds.is_empty() {
            let words = RoomType::ALL.map(RoomType::as_str);
            let message = format!(
                "`{}` matches no room type{}",
                text.value,
                yaml::hint(&text.value, words.into_iter())
            );
            problems.push(
                Problem::error(text.span, "unknown-type", message)
                    .with_help(format!("available: {}", words.join(", "))),
            );
        }
        all.written.push(text.value.clone());
        all.kinds.extend(kinds);
    }
    all
}

/// The room types whose word a glob matches; most globs are such a word.
fn kinds_of(text: &Spanned<String>, problems: &mut Vec<Problem>) -> Option<Vec<RoomType>> {
    let is_word = |kind: &RoomType| kind.as_str() == text.value;
    if let Some(kind) = RoomType::ALL.into_iter().find(is_word) {
        return Some(vec![kind]);
    }
    let glob = glob(text, FoldMode::Words, Captures::Not("type"), problems)?;
    let kinds = RoomType::ALL.into_iter();
    Some(kinds.filter(|kind| glob.is_match(kind.as_str())).collect())
}

fn words(written: &OneOrMany, key: fn(&str) -> String, problems: &mut Vec<Problem>) -> Vec<Word> {
    let entries = entries(written, problems);
    for text in entries {
        if key(&text.value).is_empty() {
            problems.push(Problem::error(text.span, "empty-name", "the name is empty"));
        }
        problems.extend(not_a_glob(text).or_else(|| not_expanded(text)));
    }
    entries.iter().map(|text| word(&text.value, key)).collect()
}

/// Braces in a name, which are not variables.
fn not_expanded(name: &Spanned<String>) -> Option<Problem> {
    let (_, rest) = name.value.split_once('{')?;
    let (inside, _) = rest.split_once('}')?;
    let message = format!(
        "`{{{inside}}}` in `{}` is literal: neither captures nor variables have a value here",
        name.value
    );
    Some(
        Problem::warning(name.span, "not-a-glob", message)
            .with_help("write each name in full, as a list"),
    )
}

/// A class without quotes, which YAML reads as a list: `[A-Z]`.
fn unquoted_class(written: &OneOrMany) -> Option<Problem> {
    let OneOrMany::Many(list) = written else {
        return None;
    };
    let entries = list.value.as_slice();
    let last = entries.last()?;
    let length = |span: Span| usize::try_from(span.end.saturating_sub(span.start)).unwrap_or(0);
    let is_plain = |text: &Spanned<String>| length(text.span) == text.value.len();
    // Brackets end after the last entry.
    let in_brackets = list.span.end > last.span.end;
    if !in_brackets
        || !entries
            .iter()
            .all(|text| is_plain(text) && is_ranges(&text.value))
    {
        return None;
    }
    let ranges: Vec<&str> = entries.iter().map(|text| text.value.as_str()).collect();
    let message = format!(
        "`[{}]` without quotes is a list, not a class of characters",
        ranges.join(", ")
    );
    Some(
        Problem::warning(list.span, "unquoted-class", message).with_help(format!(
            "write '[{}]' in quotes for the class, or quote the entries of the list",
            ranges.concat()
        )),
    )
}

/// Only ranges of letters or digits, such as `A-Za-z`.
fn is_ranges(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let mut ranges = chars.chunks(3);
    !chars.is_empty()
        && ranges.all(|range| {
            matches!(range, [from, '-', to] if from.is_alphanumeric() && to.is_alphanumeric())
        })
}

fn word(written: &str, key: fn(&str) -> String) -> Word {
    Word {
        written: written.trim().to_owned(),
        key: key(written.trim()),
    }
}
