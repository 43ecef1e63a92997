//! The written `match` of a policy → a [`Matcher`].

use super::file::{Match, OneOrMany, Parts};
use super::glob::{Glob, Over};
use super::matcher::Matcher;
use crate::room::RoomType;
use crate::yaml::{self, Problem, Spanned};

pub(super) fn matcher_of(written: &Match, problems: &mut Vec<Problem>) -> Option<Matcher> {
    match written {
        Match::All(word) if word.value.trim() == "all" => Some(Matcher::default()),
        Match::All(word) => {
            let message = format!("`{}` is no matcher", word.value);
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
    /// In the named part.
    Not(&'static str),
}

fn matcher(
    written: &Spanned<Parts>,
    captures: Captures,
    problems: &mut Vec<Problem>,
) -> Option<Matcher> {
    // No `..`: a further part must be thought about here.
    let Parts {
        title,
        r#type,
        creator,
        except,
    } = &written.value;
    if title.is_none() && r#type.is_none() && creator.is_none() && except.is_none() {
        problems.push(
            Problem::error(written.span, "empty-match", "the matcher has no part")
                .with_help("write `match: all` if every room is meant"),
        );
        return None;
    }
    let before = problems.len();
    let title = globs(title.as_ref(), Over::Titles, captures, problems);
    let kind = globs(
        r#type.as_ref(),
        Over::Words,
        Captures::Not("type"),
        problems,
    );
    for (glob, written) in kind
        .iter()
        .flatten()
        .zip(r#type.iter().flat_map(OneOrMany::as_slice))
    {
        if !RoomType::ALL.iter().any(|kind| glob.is_match(kind.word())) {
            let words = RoomType::ALL.map(RoomType::word);
            let message = format!(
                "`{}` fits no room type{}",
                written.value,
                yaml::hint(&written.value, words.into_iter())
            );
            problems.push(
                Problem::error(written.span, "unknown-type", message)
                    .with_help(format!("there are: {}", words.join(", "))),
            );
        }
    }
    let creator = globs(
        creator.as_ref(),
        Over::Words,
        Captures::Not("creator"),
        problems,
    );
    let except = except
        .as_ref()
        .and_then(|except| matcher(except, Captures::Not("except"), problems))
        .map(Box::new);
    (problems.len() == before).then_some(Matcher {
        title,
        kind,
        creator,
        except,
    })
}

fn globs(
    written: Option<&OneOrMany>,
    over: Over,
    captures: Captures,
    problems: &mut Vec<Problem>,
) -> Option<Vec<Glob>> {
    let written = written?;
    if let OneOrMany::Many(list) = written
        && list.value.is_empty()
    {
        problems.push(
            Problem::error(
                list.span,
                "empty-list",
                "the list is empty and fits nothing",
            )
            .with_help("take the key out, or write a glob"),
        );
    }
    let mut globs = Vec::new();
    for text in written.as_slice() {
        match Glob::new(&text.value, over) {
            Ok(glob) => {
                if let Some(name) = glob.captures().first() {
                    let why = match captures {
                        Captures::Not(part) => Some(format!(
                            "`{part}` takes no captures, but `{{{name}}}` is one"
                        )),
                        Captures::Allowed if matches!(written, OneOrMany::Many(_)) => {
                            Some(format!(
                                "a list takes no captures, but `{{{name}}}` is one; write one policy per glob"
                            ))
                        }
                        Captures::Allowed => None,
                    };
                    if let Some(message) = why {
                        problems.push(
                            Problem::error(text.span, "capture-here", message).with_help(format!(
                                "write `'\\{{{name}\\}}'` in single quotes if the braces themselves are meant"
                            )),
                        );
                    }
                }
                globs.push(glob);
            }
            Err(bad) => problems.push(Problem::error(text.span, "bad-glob", bad.0)),
        }
    }
    Some(globs)
}
