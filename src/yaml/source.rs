//! Files and places in them.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

/// The maximum nesting of lists and tables.
pub(super) const MAX_DEPTH: usize = 64;

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its path, for display.
    pub path: Arc<str>,
    /// Its text.
    pub text: String,
    /// The offsets of its lines.
    lines: Vec<usize>,
    /// Why it has no text, if it could not be read.
    pub(super) unreadable: Option<String>,
}

/// The number of a file in a [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SourceId(u32);

/// Files that are read together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources(Vec<Source>);

/// A range of bytes in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// The file.
    pub source: SourceId,
    /// The first byte.
    pub start: u32,
    /// One after the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes of the file.
    pub fn range(self) -> std::ops::Range<usize> {
        let at = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
        at(self.start)..at(self.end)
    }

    /// A span at the same start, for problems of something long.
    pub fn first_line(self) -> Span {
        Span {
            end: self.start,
            ..self
        }
    }
}

/// A place for display: file, line, column (counted in characters from 1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
    /// The path of the file.
    pub file: Arc<str>,
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl SourceId {
    pub(super) fn number(self) -> u32 {
        self.0
    }

    pub(super) fn from_number(number: u32) -> Self {
        Self(number)
    }
}

impl Source {
    /// Whether it could be read.
    pub fn is_readable(&self) -> bool {
        self.unreadable.is_none()
    }
}

impl Sources {
    /// Adds a file.
    pub fn add(&mut self, path: impl Into<Arc<str>>, text: impl Into<String>) -> SourceId {
        let id = SourceId(u32::try_from(self.0.len()).unwrap_or(u32::MAX));
        let text = text.into();
        let lines = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        self.0.push(Source {
            path: path.into(),
            text,
            lines,
            unreadable: None,
        });
        id
    }

    /// Adds a file that could not be read, so that it is reported with the problems of the others.
    pub fn add_unreadable(&mut self, path: impl Into<Arc<str>>, reason: String) {
        self.add(path, "");
        if let Some(source) = self.0.last_mut() {
            source.unreadable = Some(reason);
        }
    }

    /// All files, in the order in which they were added.
    pub fn ids(&self) -> impl Iterator<Item = SourceId> + use<> {
        (0..u32::try_from(self.0.len()).unwrap_or(u32::MAX)).map(SourceId)
    }

    /// One file.
    pub fn source(&self, id: SourceId) -> Option<&Source> {
        self.0.get(usize::try_from(id.0).ok()?)
    }

    /// Whether there are no files.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of files.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The text of a span.
    pub fn slice(&self, span: Span) -> &str {
        let source = self.source(span.source);
        source
            .and_then(|source| source.text.get(span.range()))
            .unwrap_or_default()
    }

    /// The line in which a span begins.
    pub fn line(&self, span: Span) -> &str {
        let text = self
            .source(span.source)
            .map_or("", |source| source.text.as_str());
        let at = usize::try_from(span.start)
            .unwrap_or(usize::MAX)
            .min(text.len());
        let start = text.get(..at).and_then(|before| before.rfind('\n'));
        let line = text.get(start.map_or(0, |newline| newline + 1)..);
        line.and_then(|rest| rest.lines().next())
            .unwrap_or_default()
    }

    /// The place where a span begins.
    pub fn place(&self, span: Span) -> Place {
        let (line, column) = self.line_column(span.source, span.start);
        let file = self
            .source(span.source)
            .map_or_else(|| Arc::from("?"), |source| source.path.clone());
        Place { file, line, column }
    }

    pub(super) fn line_column(&self, id: SourceId, at: u32) -> (usize, usize) {
        let Some(source) = self.source(id) else {
            return (1, 1);
        };
        let mut at = usize::try_from(at)
            .unwrap_or(usize::MAX)
            .min(source.text.len());
        while !source.text.is_char_boundary(at) {
            at -= 1;
        }
        let line = source.lines.partition_point(|start| *start <= at).max(1);
        let start = source.lines.get(line - 1).copied().unwrap_or_default();
        let before = source.text.get(start..at).unwrap_or_default();
        let column = before.trim_start_matches('\u{feff}').chars().count() + 1;
        (line, column)
    }
}
