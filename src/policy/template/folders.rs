//! The folders of a template: paths with alternatives, and entries that are the same folder.

use std::collections::BTreeMap;
use std::collections::btree_map;

use super::MAX_OF_ENTRY;
use super::Reading;
use crate::policy::Entry;
use crate::policy::file::Folder;
use crate::policy::text::{Text, levels};
use crate::room::{MAX_TITLE_UNITS, fold_title, stored_characters, stored_title, title_units};
use crate::yaml::{Problem, Span};

impl Reading<'_> {
    /// The folders of an entry, below some paths.
    pub(super) fn folders(
        &self,
        template: &str,
        above: &[Vec<Text>],
        folder: &Folder,
        entries: &mut FolderEntries,
        problems: &mut Vec<Problem>,
    ) {
        let (written, children) = match folder {
            Folder::Path(written) => (written, &[][..]),
            Folder::Tree(written, children) => (written, children.as_slice()),
        };
        let paths = match paths(above, &written.value) {
            Ok(paths) => paths,
            Err(message) => {
                problems.push(Problem::error(written.span, "bad-folder", message));
                return;
            }
        };
        // The other characters are there whatever the variables are.
        let units = |title: &Text| -> usize { title.literals().map(title_units).sum() };
        // Those above have their own entry.
        let depth = above.first().map_or(0, Vec::len);
        let mut titles = paths.iter().flat_map(|path| path.iter().skip(depth));
        if titles.clone().any(|title| units(title) > MAX_TITLE_UNITS) {
            let message = format!("the title is longer than {MAX_TITLE_UNITS} characters");
            problems.push(Problem::error(written.span, "long-title", message));
        }
        problems.extend(titles.find_map(|title| altered(title, written.span)));
        for text in paths.iter().flatten() {
            self.check_tables(text, written.span, problems);
        }
        for path in &paths {
            entries.once(path, written.span, problems);
            entries
                .entries
                .push(self.entry(template, written.span, path.clone()));
        }
        for child in children {
            self.folders(template, &paths, child, entries, problems);
        }
    }
}

/// A title that DocSpace stores differently, whatever its variables are.
fn altered(title: &Text, at: Span) -> Option<Problem> {
    let (shown, stored) = match title.literal() {
        Some(title) => (title.to_owned(), stored_title(title)),
        None => (
            title.to_string().replace(r"\\", r"\"),
            title.with_literals(stored_characters).to_string(),
        ),
    };
    if stored == shown.trim() {
        return None;
    }
    let message = format!("DocSpace stores `{shown}` as `{stored}`");
    Some(Problem::warning(at, "altered-title", message).with_help(
        "write it that way: no title can contain a tab, an emoji or one of `* + : \" < > ? | \\ /`",
    ))
}

/// Appends a path to each of some others; levels are split before variables are expanded, so that a `/` in a value
/// cannot create a level.
pub(super) fn paths(above: &[Vec<Text>], written: &str) -> Result<Vec<Vec<Text>>, String> {
    let mut all = above.to_vec();
    for level in levels(written)? {
        if level.trim().is_empty() {
            return Err(format!("the path `{written}` has an empty level"));
        }
        let titles = Text::each_of(level.trim(), MAX_OF_ENTRY)?;
        if all.len().saturating_mul(titles.len()) > MAX_OF_ENTRY {
            return Err(format!(
                "the alternatives of this entry make more than {MAX_OF_ENTRY} folders"
            ));
        }
        let longer = all.iter().flat_map(|path| {
            titles
                .iter()
                .map(|title| path.iter().cloned().chain([title.clone()]).collect())
        });
        all = longer.collect();
    }
    Ok(all)
}

/// The folders of one template.
#[derive(Default)]
pub(super) struct FolderEntries {
    pub(super) entries: Vec<Entry<Vec<Text>>>,
    /// The first entry of each folder, by its titles as DocSpace stores and compares them.
    seen: BTreeMap<Vec<String>, Span>,
}

impl FolderEntries {
    /// Reports when two entries of a template are the same folder.
    pub(super) fn once(&mut self, path: &[Text], at: Span, problems: &mut Vec<Problem>) {
        let titles = path
            .iter()
            .map(|title| fold_title(&stored_title(&title.to_string())));
        match self.seen.entry(titles.collect()) {
            btree_map::Entry::Vacant(free) => {
                free.insert(at);
            }
            btree_map::Entry::Occupied(first) => {
                let titles: Vec<String> = path.iter().map(Text::to_string).collect();
                let message = format!(
                    "`{}` is the same folder as an entry above",
                    titles.join("/")
                );
                problems.push(
                    Problem::warning(at, "same-folder", message)
                        .with_related(*first.get(), "the first entry")
                        .with_help("case, the kind of dashes, quotes and blanks, and characters that DocSpace stores as `_` make no difference; keep one of them"),
                );
            }
        }
    }
}
