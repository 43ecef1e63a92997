//! Where the parser is: for messages about a text, and about the place where it stops.

use super::super::advice::{advice, behind_brackets, in_quotes, wide_colon};
use super::super::traps;
use super::{Builder, Open, Problem, Span};

/// The key of the only list whose entries have children.
const TREE: &str = "folders";
/// The keys with sentences for people.
const PROSE: [&str; 2] = ["description", "name"];
/// The keys that take one text or a list; under `vars` every key does.
const ONE_OR_MANY: [&str; 16] = [
    "title",
    "type",
    "creator",
    "creator_name",
    "creator_group",
    "creator_groups",
    "tagged",
    "group",
    "user",
    "email",
    "extends",
    "template",
    "allowed_domains",
    "tags",
    "policies",
    "vars",
];

impl Builder<'_> {
    /// Where the next text is.
    pub(super) fn around(&self) -> traps::Around {
        let mut keys = self.open.iter().rev().filter_map(|open| match open {
            Open::Table { key, .. } => Some(key.as_ref().map(|key| self.slice(key.span))),
            Open::List(..) => None,
        });
        let key = keys.next().flatten().unwrap_or_default();
        let takes = if PROSE.contains(&key) {
            traps::Takes::Prose
        } else if ONE_OR_MANY.contains(&key) || keys.next().flatten() == Some("vars") {
            traps::Takes::OneOrMany
        } else {
            traps::Takes::One
        };
        traps::Around {
            takes,
            in_brackets: self.brackets().is_some(),
            in_list: matches!(self.open.last(), Some(Open::List(..))),
            in_tree: self.open.iter().any(|open| {
                matches!(open, Open::Table { key: Some(key), .. } if self.slice(key.span) == TREE)
            }),
        }
    }

    /// The start of the outermost list or table in brackets.
    fn brackets(&self) -> Option<usize> {
        let spans = self.open.iter().map(|open| match open {
            Open::List(span, _) | Open::Table { span, .. } => span.range().start,
        });
        spans.into_iter().find(|start| {
            let rest = self.text.get(*start..).unwrap_or_default();
            rest.starts_with(['[', '{'])
        })
    }

    pub(super) fn syntax(&mut self, at: usize, info: &str) {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at = self.tab_below(at, info).unwrap_or(at);
        let number = u32::try_from(at).unwrap_or(u32::MAX);
        let span = Span {
            source: self.id,
            start: number,
            end: number,
        };
        let before = self.text.get(..at).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let rest = self.text.get(start..).unwrap_or_default();
        let line = rest.lines().next().unwrap_or_default();
        let mut problem = Problem::error(
            span,
            "syntax",
            format!("the YAML cannot be parsed: {}", info.trim_end_matches('.')),
        );
        let brackets = self.brackets();
        let hidden = brackets.and_then(|start| {
            let (offset, text) = traps::hidden_by_comment(self.text.get(start..at)?)?;
            Some((self.span(&(start + offset..start + offset + 1)), text))
        });
        if let Some((comment, text)) = hidden {
            problem = problem
                .with_related(comment, "a comment up to the end of the line")
                .with_help(format!(
                    "a `#` after a space starts a comment, here inside brackets; quote the text: {}",
                    in_quotes(&text)
                ));
        } else if brackets.is_some() && info.contains("indentation") {
            problem = problem.with_help(
                "indent all lines inside brackets, and the closing bracket, further than the key before them",
            );
        } else if let Some(help) = wide_colon(before, line)
            .or_else(|| {
                let (done, rest) = line.split_at_checked(at - start)?;
                let is_inside = brackets.is_some_and(|open| open < start);
                let text = behind_brackets(done, rest, is_inside)?;
                Some(format!("quote the text: {}", in_quotes(&text)))
            })
            .or_else(|| advice(line, info))
        {
            problem = problem.with_help(help);
        }
        self.problems.push(problem);
    }

    /// The tab that indents the next line, if the parser stopped in front of that line because of it.
    fn tab_below(&self, at: usize, info: &str) -> Option<usize> {
        let rest = self.text.get(at..)?;
        let (line, below) = rest.split_at(rest.find('\n')?);
        if line.contains('\t') || !(line.trim().is_empty() || info.contains("tab")) {
            return None;
        }
        let blank = below.get(..below.len() - below.trim_start().len())?;
        let indentation = blank.rfind('\n')? + 1;
        Some(at + line.len() + indentation + blank.get(indentation..)?.find('\t')?)
    }
}
