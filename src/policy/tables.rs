//! Tables for lookups: written in a policy file, or in a CSV file next to it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Component, Path, PathBuf};

use super::file::File;
use super::glob::is_name;
use super::template::unexpanded;
use super::text::{Table, Tables};
use crate::yaml::{Problem, Source, SourceId, Sources, Span, Spanned, hint};

type WrittenTable = BTreeMap<Spanned<String>, Spanned<String>>;

/// Whether a file contains rows for tables, and no policies.
pub(super) fn is_csv(source: &Source) -> bool {
    let path = Path::new(source.path.as_ref());
    path.extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("csv"))
}

/// The tables of all files.
pub(super) fn read(sources: &Sources, files: &[File], problems: &mut Vec<Problem>) -> Tables {
    let mut tables = Tables::new();
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for (name, written) in files.iter().flat_map(|file| &file.tables) {
        if !is_name(&name.value) {
            let message = format!("`{}` is not a valid table name", name.value);
            problems.push(Problem::error(name.span, "table-name", message).with_help(
                "a name starts with a letter from a to z, followed by letters, digits, `_` or `-`",
            ));
        }
        match seen.entry(name.value.as_str()) {
            Entry::Vacant(free) => {
                free.insert(name.span);
            }
            Entry::Occupied(first) => {
                let message = format!("the table `{}` is defined twice", name.value);
                problems.push(
                    Problem::error(name.span, "duplicate-table", message)
                        .with_related(*first.get(), "first here"),
                );
                continue;
            }
        }
        let table = match FromFile::of(written) {
            Some(from) => from.read(sources, name, problems),
            None => inline(written, problems),
        };
        // A table that cannot be read is still defined: its uses are not further errors.
        tables.insert(name.value.clone(), table);
    }
    tables
}

fn inline(written: &WrittenTable, problems: &mut Vec<Problem>) -> Table {
    let mut table = Table::default();
    for (key, value) in written {
        unexpanded(value, problems);
        if value.value.trim().is_empty() {
            let message = format!("`{}` has no value", key.value);
            problems.push(
                Problem::error(key.span, "empty-value", message)
                    .with_help("write a value, or remove the line"),
            );
        }
        if table
            .insert(&key.value, value.value.trim().to_owned())
            .is_some()
        {
            let message = format!(
                "the key `{}` occurs twice in different spellings",
                key.value
            );
            problems.push(Problem::error(key.span, "duplicate-row", message));
        }
    }
    table
}

/// A table whose rows are in a CSV file.
struct FromFile<'f> {
    file: &'f Spanned<String>,
    key: &'f Spanned<String>,
    value: &'f Spanned<String>,
}

impl<'f> FromFile<'f> {
    /// `{ file: …, key: …, value: … }` and nothing else.
    fn of(written: &'f WrittenTable) -> Option<Self> {
        let get = |name: &str| {
            let found = written.iter().find(|(key, _)| key.value == name);
            found.map(|(_, value)| value)
        };
        if written.len() != 3 {
            return None;
        }
        Some(Self {
            file: get("file")?,
            key: get("key")?,
            value: get("value")?,
        })
    }

    fn read(
        &self,
        sources: &Sources,
        name: &Spanned<String>,
        problems: &mut Vec<Problem>,
    ) -> Table {
        match self.rows(sources, name.span.source) {
            Ok(table) => table,
            Err(problem) => {
                problems.push(problem);
                Table::default()
            }
        }
    }

    fn rows(&self, sources: &Sources, here: SourceId) -> Result<Table, Problem> {
        let source = self.source(sources, here)?;
        let text = source.text.trim_start_matches('\u{feff}');
        let header = text.lines().next().unwrap_or_default();
        // Spreadsheets write semicolons if the comma is part of numbers.
        let delimiter = if header.contains(';') && !header.contains(',') {
            b';'
        } else {
            b','
        };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let wrong = |message: String| Problem::error(self.file.span, "bad-csv", message);
        let headers = reader
            .headers()
            .map_err(|error| wrong(said(source, &error)))?;
        let headers: Vec<String> = headers.iter().map(str::to_owned).collect();
        let (key, value) = (
            self.column(self.key, &headers)?,
            self.column(self.value, &headers)?,
        );
        let mut table = Table::default();
        for row in reader.records() {
            let row = row.map_err(|error| wrong(said(source, &error)))?;
            let cell = |at: usize| row.get(at).unwrap_or_default();
            if cell(key).is_empty() || cell(value).is_empty() {
                continue;
            }
            let before = table.insert(cell(key), cell(value).to_owned());
            if before.is_some_and(|before| before != cell(value)) {
                let line = row.position().map_or(0, csv::Position::line);
                let message = format!("`{}` has two values: see {}:{line}", cell(key), source.path);
                return Err(wrong(message).with_help("keep one of the rows"));
            }
        }
        Ok(table)
    }

    /// The CSV file, by its path relative to the policy file.
    fn source<'s>(&self, sources: &'s Sources, here: SourceId) -> Result<&'s Source, Problem> {
        let own = sources
            .source(here)
            .map_or("", |source| source.path.as_ref());
        let directory = Path::new(own).parent().unwrap_or(Path::new(""));
        let wanted = normal(&directory.join(self.file.value.trim()));
        let tables: Vec<&Source> = sources
            .ids()
            .filter_map(|id| sources.source(id))
            .filter(|source| is_csv(source))
            .collect();
        let is_wanted = |source: &&&Source| normal(Path::new(source.path.as_ref())) == wanted;
        tables.iter().find(is_wanted).copied().ok_or_else(|| {
            let message = format!("there is no file `{}` here", self.file.value);
            let known: Vec<&str> = tables.iter().map(|source| source.path.as_ref()).collect();
            let help = if known.is_empty() {
                "put a CSV file with a header, saved as UTF-8, next to this file".to_owned()
            } else {
                format!("available UTF-8 files: {}", known.join(", "))
            };
            Problem::error(self.file.span, "no-csv", message).with_help(help)
        })
    }

    fn column(&self, name: &Spanned<String>, headers: &[String]) -> Result<usize, Problem> {
        let found = headers
            .iter()
            .position(|header| header == name.value.trim());
        found.ok_or_else(|| {
            let message = format!(
                "`{}` has no column `{}`{}",
                self.file.value,
                name.value,
                hint(&name.value, headers.iter().map(String::as_str))
            );
            Problem::error(name.span, "no-column", message)
                .with_help(format!("its columns are: {}", headers.join(", ")))
        })
    }
}

fn said(source: &Source, error: &csv::Error) -> String {
    if let csv::ErrorKind::UnequalLengths {
        pos: Some(at),
        expected_len,
        len,
    } = error.kind()
    {
        return format!(
            "line {} of `{}` has {len} cells, but its first line has {expected_len}",
            at.line(),
            source.path
        );
    }
    format!("`{}` cannot be read as CSV: {error}", source.path)
}

/// A path without `.` and `..`, as far as they can be removed.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => normal.push(part),
        }
    }
    normal
}
