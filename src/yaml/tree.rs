//! From text to a tree with places. The only file that uses the parser.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use granit_parser::{Event, Options, Parser, ScalarStyle};

use super::advice::in_quotes;
use super::problem::Problem;
use super::source::{MAX_DEPTH, SourceId, Sources, Span};
use super::traps;

mod context;

/// The maximum size of a file, in bytes.
pub const MAX_FILE: usize = 5 * 1024 * 1024;
/// The maximum number of problems in a file; after that, the tree is not worth more.
const MAX_PROBLEMS: usize = 50;

/// A value in a file, with its place.
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
    /// Its place.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The value of a key, if this is a table that has it.
    pub fn entry(&self, name: &str) -> Option<&Node> {
        let Kind::Table(entries) = &self.kind else {
            return None;
        };
        entries
            .iter()
            .find(|(key, _)| matches!(&key.kind, Kind::Scalar { text, .. } if text == name))
            .map(|(_, value)| value)
    }

    /// The entries of a list.
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::List(items) => items,
            Kind::Scalar { .. } | Kind::Table(_) => &[],
        }
    }

    /// The keys and values of a table.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Node)> {
        let entries = match &self.kind {
            Kind::Table(entries) => entries.as_slice(),
            Kind::Scalar { .. } | Kind::List(_) => &[],
        };
        entries
            .iter()
            .filter_map(|(key, value)| Some((key.text()?, value)))
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, .. } => Some(text),
            Kind::List(_) | Kind::Table(_) => None,
        }
    }

    /// Whether it is a table.
    pub fn is_table(&self) -> bool {
        matches!(self.kind, Kind::Table(_))
    }

    /// Whether there is no text at all, not even a word for null.
    pub(super) fn is_absent(&self) -> bool {
        self.is_null() && self.span.start == self.span.end
    }

    /// A plain `null`, `~` or nothing at all: equivalent to an absent key.
    pub fn is_null(&self) -> bool {
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

/// Parses one file into a tree; `None` if it has none, which is then among the problems.
pub fn parse(sources: &Sources, id: SourceId, problems: &mut Vec<Problem>) -> Option<Node> {
    let source = sources.source(id)?;
    let text = &source.text;
    let whole = Span {
        source: id,
        start: 0,
        end: 0,
    };
    if let Some(reason) = &source.unreadable {
        let message = format!("`{}` cannot be read: {reason}", source.path);
        problems.push(Problem::error(whole, "unreadable-file", message));
        return None;
    }
    if text.len() > MAX_FILE {
        let message = format!("the file is larger than {} MB", MAX_FILE / 1024 / 1024);
        problems.push(Problem::error(whole, "large-file", message).with_help("split it"));
        return None;
    }
    if !traps::odd_blanks(text, id, problems) {
        return None;
    }
    let mut options = Options::default();
    options.strict_indentation = true;
    options.emit_unresolved_aliases = true;
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
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
    if root.as_ref().is_none_or(Node::is_null) && !text.trim().is_empty() {
        problems.push(Problem::warning(
            whole,
            "comments-only",
            "the file contains only comments",
        ));
        return None;
    }
    if root.as_ref().is_none_or(Node::is_null) {
        problems.push(Problem::error(whole, "empty-file", "the file is empty"));
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
        let end = Span {
            start: problem.span.end,
            ..problem.span
        };
        self.problems.push(problem);
        self.said += 1;
        if self.said == MAX_PROBLEMS {
            self.problems.push(Problem::more(end));
        }
    }

    /// Handles one event; returns `false` if the rest of the file is not worth reading.
    fn event(&mut self, event: Event<'_>, range: std::ops::Range<usize>) -> bool {
        let span = self.span(&range);
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    self.say(
                        Problem::error(span, "second-document", "a second document starts here")
                            .with_help("remove the `---`, or move the rest to a separate file"),
                    );
                    return false;
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.properties(span, anchor != 0, tag.is_some());
                let plain = style == ScalarStyle::Plain;
                if plain && let Some(problem) = traps::in_plain(self.text, span, self.around()) {
                    self.say(problem);
                }
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
                self.properties(span, anchor != 0, tag.is_some());
                self.open.push(Open::List(span, Vec::new()));
            }
            Event::MappingStart(_, anchor, tag) => {
                self.properties(span, anchor != 0, tag.is_some());
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
                let message = format!("`{text}` is a YAML alias, which is not supported here");
                let anchor = text.replacen('*', "&", 1);
                let help = if self.text.split_whitespace().any(|word| word == anchor) {
                    format!("write out the value of `{anchor}`")
                } else {
                    format!("quote the text: {}", in_quotes(self.plain_from(span)))
                };
                self.say(Problem::error(span, "alias", message).with_help(help));
                let node = self.node(span, Kind::Scalar { text, plain: false });
                self.place(node);
            }
            _ => {}
        }
        self.said < MAX_PROBLEMS
    }

    fn slice(&self, span: Span) -> &str {
        let at = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
        self.text
            .get(at(span.start)..at(span.end))
            .unwrap_or_default()
    }

    /// The plain text from here, as it would be without its special first character.
    fn plain_from(&self, span: Span) -> &str {
        let at = usize::try_from(span.start).unwrap_or(usize::MAX);
        let rest = self.text.get(at..).unwrap_or_default();
        let rest = rest.lines().next().unwrap_or_default();
        let rest = rest.split(" #").next().unwrap_or_default();
        let before = self.text.get(..at).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        let flow = line.contains(['[', '{']);
        let end = rest
            .find(|c| flow && matches!(c, ',' | ']' | '}'))
            .unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default().trim_end()
    }

    fn properties(&mut self, span: Span, anchor: bool, tagged: bool) {
        for (there, mark, code, word) in [
            (anchor, '&', "anchor", "anchor"),
            (tagged, '!', "tag", "tag"),
        ] {
            if there {
                let message = format!("`{mark}` starts a YAML {word}, which is not supported here");
                let help = format!("quote the text if the `{mark}` belongs to it");
                let at = self.back_to(span, mark);
                self.say(Problem::error(at, code, message).with_help(help));
            }
        }
    }

    /// The place of the anchor or tag of a value: the parser only returns where the value begins.
    fn back_to(&self, span: Span, mark: char) -> Span {
        let start = usize::try_from(span.start).unwrap_or(usize::MAX);
        let here = self.text.get(start..).unwrap_or_default();
        let at = if here.starts_with(mark) {
            Some(start)
        } else {
            self.text.get(..start).and_then(|text| text.rfind(mark))
        };
        let Some(at) = at else { return span };
        let word = self.text.get(at..).unwrap_or_default();
        let length = word.find(char::is_whitespace).unwrap_or(word.len());
        self.span(&(at..at + length))
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
        // The parser ends a list without brackets at the start of the next token.
        let end_of = |builder: &Self, span: Span, last: Option<&Node>| {
            let in_brackets = builder.slice(span).starts_with(['[', '{']);
            let last = last.filter(|_| !in_brackets);
            last.map_or(end.end, |last| last.span.end.max(span.start))
                .max(span.end)
        };
        let node = match self.open.pop() {
            Some(Open::List(span, items)) => {
                let end = end_of(self, span, items.last());
                self.node(Span { end, ..span }, Kind::List(items))
            }
            Some(Open::Table { span, entries, .. }) => {
                let end = end_of(self, span, entries.last().map(|(_, last)| last));
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
                        Problem::error(name.span, "merge-key", "`<<` is not supported here")
                            .with_help("write the keys"),
                    ),
                    Kind::Scalar { text, .. } => match seen.entry(text.clone()) {
                        Entry::Vacant(free) => {
                            free.insert(name.span);
                            None
                        }
                        Entry::Occupied(first) => Some(
                            Problem::error(
                                name.span,
                                "duplicate-key",
                                format!("the key `{text}` occurs twice"),
                            )
                            .with_related(*first.get(), "first here"),
                        ),
                    },
                    _ => Some(
                        Problem::error(name.span, "bad-key", "a key must be a text")
                            .with_help("quote it if it starts with `{` or `[`"),
                    ),
                };
                match problem {
                    // The first one is kept; a second one would cause another error in the reader.
                    Some(problem) => self.say(problem),
                    None => entries.push((name, node)),
                }
            }
        }
    }
}
