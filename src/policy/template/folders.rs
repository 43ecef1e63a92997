//! The folders of a template: paths with choices, and entries that come to be one folder.

use std::collections::BTreeMap;
use std::collections::btree_map;

use super::MAX_OF_ENTRY;
use crate::policy::Entry;
use crate::policy::text::{Text, levels};
use crate::room::{fold, stored_title};
use crate::yaml::{Problem, Span};

/// A path below each of some others; levels are divided before variables are expanded, so that a `/` in a value cannot
/// make a level.
pub(super) fn paths(above: &[Vec<Text>], written: &str) -> Result<Vec<Vec<Text>>, String> {
    let mut all = above.to_vec();
    for level in levels(written)? {
        if level.trim().is_empty() {
            return Err(format!("the path `{written}` has an empty level"));
        }
        let titles = Text::each_of(level.trim(), MAX_OF_ENTRY)?;
        if all.len().saturating_mul(titles.len()) > MAX_OF_ENTRY {
            return Err(format!(
                "the choices of this entry make more than {MAX_OF_ENTRY} folders"
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
pub(super) struct Made {
    pub(super) entries: Vec<Entry<Vec<Text>>>,
    /// Where each was first asked for, by its titles as DocSpace stores and compares them.
    seen: BTreeMap<Vec<String>, Span>,
}

impl Made {
    /// Says when two entries of a template come to be one folder.
    pub(super) fn once(&mut self, path: &[Text], at: Span, problems: &mut Vec<Problem>) {
        let titles = path
            .iter()
            .map(|title| fold(&stored_title(&title.to_string())));
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
                        .with_related(*first.get(), "the first of them")
                        .with_help("case and what DocSpace stores as `_` make no other folder; leave one of them"),
                );
            }
        }
    }
}
