//! Tables of values that are looked up by a variable: written in a policy file, or in a CSV file beside it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Component, Path, PathBuf};

use super::file::File;
use super::glob::is_name;
use super::template::unexpanded;
use super::text::{Table, Tables};
use crate::yaml::{Problem, Source, SourceId, Sources, Span, Spanned, hint};

type WrittenTable = BTreeMap<Spanned<String>, Spanned<String>>;

/// Whether a file holds rows for tables, and no policies.
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
            let message = format!("`{}` is no name for a table", name.value);
            problems.push(Problem::error(name.span, "table-name", message).with_help(
                "a name begins with a letter from a to z and goes on with letters, digits, `_` or `-`",
            ));
        }
        match seen.entry(name.value.as_str()) {
            Entry::Vacant(free) => {
                free.insert(name.span);
            }
            Entry::Occupied(first) => {
                let message = format!("the table `{}` is there twice", name.value);
                problems.push(
                    Problem::error(name.span, "duplicate-table", message)
                        .with_related(*first.get(), "here first"),
                );
                continue;
            }
        }
        let table = match FromFile::of(written) {
            Some(from) => from.read(sources, name, problems),
            None => inline(written, problems),
        };
        // A table that cannot be read is there all the same: its uses are no further mistake.
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
                    .with_help("write a value, or take the line out"),
            );
        }
        if table
            .insert(&key.value, value.value.trim().to_owned())
            .is_some()
        {
            let message = format!(
                "the key `{}` is there twice, in another spelling",
                key.value
            );
            problems.push(Problem::error(key.span, "duplicate-row", message));
        }
    }
    table
}

/// A table whose rows stand in a CSV file.
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
        // What spreadsheets write where the comma is in numbers.
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
                return Err(wrong(message).with_help("leave one row of them"));
            }
        }
        Ok(table)
    }

    /// The file beside the policy file that names it.
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
                "put a CSV file with a header, saved as UTF-8, beside this file".to_owned()
            } else {
                format!("there are, as UTF-8 text: {}", known.join(", "))
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
                .with_help(format!("its first line names: {}", headers.join(", ")))
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
            "line {} of `{}` has {len} cells, and its first line has {expected_len}",
            at.line(),
            source.path
        );
    }
    format!("`{}` cannot be read as CSV: {error}", source.path)
}

/// A path without `.` and `..`, as far as it tells.
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
