//! Text → tree with places. The only file that knows the parser.

use std::collections::HashMap;

use granit_parser::{Event, Options, Parser, ScalarStyle};

use super::problem::Problem;
use super::source::{SourceId, Sources, Span};

/// The largest file that is read, in bytes.
pub const LARGEST_FILE: usize = 5 * 1024 * 1024;
/// How deep lists and tables may stand in one another.
const DEEPEST: usize = 64;
/// After so many problems in one file the tree is not worth more.
const MOST_PROBLEMS: usize = 50;

/// A value of a file, and where it stands.
#[derive(Debug, Clone)]
pub struct Node {
    /// Differs from every other node of the same file.
    pub(super) id: u32,
    pub(super) span: Span,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Scalar { text: String, plain: bool },
    List(Vec<Node>),
    Table(Vec<(Node, Node)>),
}

impl Node {
    /// Where it stands.
    pub fn span(&self) -> Span {
        self.span
    }

    /// A plain `null`, `~` or nothing at all: the same as not being there.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }
}

/// A list or table that is still open.
enum Open {
    List(Span, Vec<Node>),
    Table {
        span: Span,
        entries: Vec<(Node, Node)>,
        key: Option<Node>,
        seen: HashMap<String, Span>,
    },
}

/// Reads one file into a tree; `None` when it has none, which is then among the problems.
pub fn parse(sources: &Sources, id: SourceId, problems: &mut Vec<Problem>) -> Option<Node> {
    let text = &sources.source(id)?.text;
    let whole = Span {
        source: id,
        start: 0,
        end: 0,
    };
    if text.len() > LARGEST_FILE {
        let message = format!("the file is larger than {} MB", LARGEST_FILE / 1024 / 1024);
        problems.push(
            Problem::error(whole, "large-file", message)
                .with_help("divide it; all files of the directory are read together"),
        );
        return None;
    }
    let mut options = Options::default();
    options.strict_indentation = true;
    options.emit_unresolved_aliases = true;
    options.flow_nesting_limit = DEEPEST;
    options.block_nesting_limit = DEEPEST;
    let mut builder = Builder {
        id,
        text,
        next: 0,
        open: Vec::new(),
        root: None,
        documents: 0,
        problems,
        said: 0,
    };
    for event in Parser::new_from_str_with_options(text, options) {
        match event {
            Ok((event, span)) => {
                let range = span.byte_range().unwrap_or(0..0);
                if !builder.event(event, range) {
                    return None;
                }
            }
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or(text.len());
                builder.syntax(at, &error.info());
                return None;
            }
        }
    }
    let root = builder.root;
    if root.as_ref().is_none_or(Node::is_null) {
        problems.push(
            Problem::error(whole, "empty-file", "the file is empty")
                .with_help("begin it with `version: 1`, or delete it"),
        );
        return None;
    }
    root
}

struct Builder<'t> {
    id: SourceId,
    text: &'t str,
    next: u32,
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    problems: &'t mut Vec<Problem>,
    said: usize,
}

impl Builder<'_> {
    fn span(&self, range: &std::ops::Range<usize>) -> Span {
        let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        // The parser ends a block at the next token; its last line ends where its text ends.
        let text = self.text.get(range.clone()).unwrap_or_default();
        Span {
            source: self.id,
            start: number(range.start),
            end: number(range.start + text.trim_end().len()),
        }
    }

    fn say(&mut self, problem: Problem) {
        self.problems.push(problem);
        self.said += 1;
    }

    /// Takes one event; `false` when the rest of the file is not worth reading.
    fn event(&mut self, event: Event<'_>, range: std::ops::Range<usize>) -> bool {
        let span = self.span(&range);
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    self.say(
                        Problem::error(span, "second-document", "a second document begins here")
                            .with_help(
                                "take the `---` out, or put the rest into a file of its own",
                            ),
                    );
                    return false;
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.properties(span, anchor, tag.is_some());
                let plain = style == ScalarStyle::Plain;
                let node = self.node(
                    span,
                    Kind::Scalar {
                        text: text.into_owned(),
                        plain,
                    },
                );
                self.place(node);
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.properties(span, anchor, tag.is_some());
                self.open.push(Open::List(span, Vec::new()));
            }
            Event::MappingStart(_, anchor, tag) => {
                self.properties(span, anchor, tag.is_some());
                self.open.push(Open::Table {
                    span,
                    entries: Vec::new(),
                    key: None,
                    seen: HashMap::new(),
                });
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                let text = self.slice(span).to_owned();
                self.say(
                    Problem::error(span, "alias", format!("`{text}` is a YAML alias, and policies have none"))
                        .with_help(format!("put the text in quotes: \"{text}…\"; what templates share goes into a template that they extend")),
                );
                let node = self.node(span, Kind::Scalar { text, plain: false });
                self.place(node);
            }
            _ => {}
        }
        self.said < MOST_PROBLEMS
    }

    fn slice(&self, span: Span) -> &str {
        let at = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
        self.text
            .get(at(span.start)..at(span.end))
            .unwrap_or_default()
    }

    fn properties(&mut self, span: Span, anchor: usize, tagged: bool) {
        if anchor != 0 {
            self.say(
                Problem::error(
                    span,
                    "anchor",
                    "`&` begins a YAML anchor, and policies have none",
                )
                .with_help("put the text in quotes if the `&` belongs to it"),
            );
        }
        if tagged {
            self.say(
                Problem::error(span, "tag", "`!` begins a YAML tag, and policies have none")
                    .with_help("put the text in quotes if the `!` belongs to it"),
            );
        }
    }

    fn node(&mut self, span: Span, kind: Kind) -> Node {
        self.next += 1;
        Node {
            id: self.next,
            span,
            kind,
        }
    }

    fn close(&mut self, end: Span) {
        let node = match self.open.pop() {
            Some(Open::List(span, items)) => {
                let end = items
                    .last()
                    .map_or(end.end, |last| last.span.end.max(span.start))
                    .max(span.end);
                self.node(Span { end, ..span }, Kind::List(items))
            }
            Some(Open::Table { span, entries, .. }) => {
                let end = entries
                    .last()
                    .map_or(end.end, |(_, last)| last.span.end)
                    .max(span.end);
                self.node(Span { end, ..span }, Kind::Table(entries))
            }
            None => return,
        };
        self.place(node);
    }

    fn place(&mut self, node: Node) {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List(_, items)) => items.push(node),
            Some(Open::Table {
                key: key @ None, ..
            }) => *key = Some(node),
            Some(Open::Table {
                entries, key, seen, ..
            }) => {
                let Some(name) = key.take() else { return };
                let problem = match &name.kind {
                    Kind::Scalar { text, .. } if text == "<<" => Some(
                        Problem::error(name.span, "merge-key", "`<<` merges nothing here")
                            .with_help("let the template extend another one: `extends: name`"),
                    ),
                    Kind::Scalar { text, .. } => {
                        seen.insert(text.clone(), name.span).map(|first| {
                            Problem::error(
                                name.span,
                                "duplicate-key",
                                format!("the key `{text}` is there twice"),
                            )
                            .with_related(first, "here first")
                        })
                    }
                    _ => Some(
                        Problem::error(name.span, "bad-key", "a key must be a text")
                            .with_help("put it in quotes if it begins with `{` or `[`"),
                    ),
                };
                match problem {
                    // The first one stands; a second would make the reader stumble over it again.
                    Some(problem) => self.say(problem),
                    None => entries.push((name, node)),
                }
            }
        }
    }

    fn syntax(&mut self, at: usize, info: &str) {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
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
            format!("the YAML cannot be read: {}", info.trim_end_matches('.')),
        );
        if let Some(help) = advice(line, info) {
            problem = problem.with_help(help);
        }
        self.problems.push(problem);
    }
}

/// What people usually meant by a line that YAML cannot read.
fn advice(line: &str, info: &str) -> Option<String> {
    if line.starts_with('\t') || line.trim_start_matches(' ').starts_with('\t') {
        return Some("indent with blanks, not with tabs".to_owned());
    }
    if info.contains("nesting") || info.contains("depth") || info.contains("recursion") {
        return Some(format!(
            "lists and tables may stand in one another {DEEPEST} levels deep"
        ));
    }
    let content = line.trim_start().trim_start_matches("- ");
    let value = content
        .split_once(": ")
        .map_or(content, |(_, value)| value)
        .trim();
    if value.starts_with(['{', '[']) && value.contains(['*', '&', '!', '[', '{']) {
        return Some("put texts with `*`, `&`, `!`, `[` or `{` in quotes".to_owned());
    }
    let quoted = value.starts_with(['"', '\'']);
    let special = value.starts_with(['*', '[', '{', '&', '!', '%', '@', '`', '|', '>', '?']);
    (!quoted && (special || value.contains(": ") || value.contains(" #")))
        .then(|| format!("put the text in quotes: '{}'", value.replace('\'', "''")))
}
