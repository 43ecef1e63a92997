//! Tables for lookups: written in a policy file, or in a CSV file next to it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Component, Path, PathBuf};

use super::file::File;
use super::template::unexpanded;
use super::text::{DEFAULT, Table, Tables};
use crate::yaml::{Problem, Source, SourceId, Sources, Span, Spanned, hint, is_name};

type WrittenTable = BTreeMap<Spanned<String>, Spanned<String>>;

/// Whether a file contains rows for tables, and no policies.
pub(super) fn is_csv(source: &Source) -> bool {
    let path = Path::new(source.path.as_ref());
    let end = path.extension();
    source.is_readable() && end.is_some_and(|end| end.eq_ignore_ascii_case("csv"))
}

/// The tables of all files.
pub(super) fn read(sources: &Sources, files: &[File], problems: &mut Vec<Problem>) -> Tables {
    let mut tables = Tables::new();
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for (name, written) in files.iter().flat_map(|file| &file.tables) {
        if !is_name(&name.value) {
            let message = format!("`{}` is not a valid table name", name.value);
            problems.push(
                Problem::error(name.span, "table-name", message).with_help(
                    "a name starts with a letter, followed by letters, digits, `_` or `-`",
                ),
            );
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
        let table = if is_from_file(written) {
            FromFile::of(name, written, problems)
                .and_then(|from| from.read(sources, problems))
                .unwrap_or_default()
        } else {
            inline(name, written, problems)
        };
        // A table that cannot be read is still defined: its uses are not further errors.
        tables.insert(name.value.clone(), table);
    }
    tables
}

fn inline(name: &Spanned<String>, written: &WrittenTable, problems: &mut Vec<Problem>) -> Table {
    let mut table = Table::default();
    for (key, value) in written {
        not_empty(key, value, problems);
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
    let mut keys = written.keys();
    if let Some(key) = keys.find(|key| is_other_default(&key.value))
        && !table.has_default()
    {
        problems.push(other_default(key.span, key, name));
    }
    table
}

fn not_empty(key: &Spanned<String>, value: &Spanned<String>, problems: &mut Vec<Problem>) {
    unexpanded(value, problems);
    if value.value.trim().is_empty() {
        let message = format!("`{}` has no value", key.value);
        problems.push(
            Problem::error(key.span, "empty-value", message)
                .with_help("write a value, or remove the line"),
        );
    }
}

/// Whether a key is the word `default` in another case, and so stands for itself.
fn is_other_default(key: &str) -> bool {
    key.trim() != DEFAULT && key.trim().eq_ignore_ascii_case(DEFAULT)
}

fn other_default(at: Span, key: &str, table: &str) -> Problem {
    let message = format!(
        "the key `{}` of the table `{table}` is a row like any other, not the value for missing keys",
        key.trim()
    );
    Problem::warning(at, "other-default", message)
        .with_help("write `default`, in lower case, if you mean the value for missing keys")
}

/// The keys of a table whose rows are in a CSV file.
const KEYS: [&str; 4] = ["file", "key", "value", DEFAULT];

/// Whether a table names a CSV file, also one with a wrong key.
fn is_from_file(written: &WrittenTable) -> bool {
    let get = |name: &str| written.iter().find(|(key, _)| key.value == name);
    let is_csv = |value: &Spanned<String>| {
        let end = Path::new(value.value.trim()).extension();
        end.is_some_and(|end| end.eq_ignore_ascii_case("csv"))
    };
    match (get("file"), get("key"), get("value")) {
        (Some(_), Some(_), _) | (Some(_), _, Some(_)) => true,
        (Some((_, file)), None, None) => is_csv(file),
        (None, Some(_), Some(_)) => written.values().any(is_csv),
        (None, _, _) => false,
    }
}

/// A table whose rows are in a CSV file.
struct FromFile<'f> {
    table: &'f Spanned<String>,
    file: &'f Spanned<String>,
    key: &'f Spanned<String>,
    value: &'f Spanned<String>,
    default: Option<&'f Spanned<String>>,
}

impl<'f> FromFile<'f> {
    /// `{ file: …, key: …, value: … }`, and perhaps `default`. Reports all other keys, and those that are missing.
    fn of(
        table: &'f Spanned<String>,
        written: &'f WrittenTable,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let known = KEYS.join(", ");
        let (own, other): (Vec<_>, Vec<_>) = written
            .iter()
            .partition(|(key, _)| KEYS.contains(&key.value.as_str()));
        for (key, _) in &other {
            let message = format!(
                "unknown key `{}`{} (known here: {known})",
                key.value,
                hint(&key.value, KEYS.into_iter())
            );
            problems.push(
                Problem::error(key.span, "unknown-key", message)
                    .with_help("`file` says that the rows of this table are in a CSV file"),
            );
        }
        let get = |name: &str| own.iter().find(|(key, _)| key.value == name);
        for name in ["file", "key", "value"] {
            // Perhaps it is there, misspelt.
            let mut other = other.iter();
            let is_misspelt =
                other.any(|(key, _)| !hint(&key.value, std::iter::once(name)).is_empty());
            if get(name).is_none() && !is_misspelt {
                let message = format!("the key `{name}` is missing");
                problems.push(Problem::error(table.span, "missing-key", message).with_help(
                    "a table from a file is `{ file: partners.csv, key: COLUMN, value: COLUMN }`",
                ));
            }
        }
        if let Some((key, value)) = get(DEFAULT) {
            not_empty(key, value, problems);
        }
        let value = |name: &str| get(name).map(|(_, value)| *value);
        Some(Self {
            table,
            file: value("file")?,
            key: value("key")?,
            value: value("value")?,
            default: value(DEFAULT),
        })
    }

    fn read(&self, sources: &Sources, problems: &mut Vec<Problem>) -> Option<Table> {
        let rows = self.rows(sources, problems);
        rows.map_err(|problem| problems.push(problem)).ok()
    }

    fn rows(&self, sources: &Sources, problems: &mut Vec<Problem>) -> Result<Table, Problem> {
        let source = self.source(sources, self.table.span.source)?;
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
        if let Some(default) = self.default {
            table.insert(DEFAULT, default.value.trim().to_owned());
        }
        let mut other = None;
        for row in reader.records() {
            let row = row.map_err(|error| wrong(said(source, &error)))?;
            let cell = |at: usize| row.get(at).unwrap_or_default();
            if cell(key).is_empty() || cell(value).is_empty() {
                continue;
            }
            if is_other_default(cell(key)) {
                other = Some(cell(key).to_owned());
            }
            let before = table.insert(cell(key), cell(value).to_owned());
            if before.is_some_and(|before| before != cell(value)) {
                let line = row.position().map_or(0, csv::Position::line);
                let message = format!("`{}` has two values: see {}:{line}", cell(key), source.path);
                return Err(wrong(message).with_help("keep one of the rows"));
            }
        }
        if let Some(key) = other.filter(|_| !table.has_default()) {
            problems.push(other_default(self.file.span, &key, self.table));
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
            let message = format!(
                "the policy directory has no CSV file `{}` that is saved as UTF-8",
                self.file.value
            );
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
