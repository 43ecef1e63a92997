//! The folders of a template: paths with alternatives, and entries that are the same folder.

use std::collections::BTreeMap;
use std::collections::btree_map;

use super::MAX_OF_ENTRY;
use crate::policy::Entry;
use crate::policy::text::{Text, levels};
use crate::room::{fold_title, stored_title};
use crate::yaml::{Problem, Span};

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
