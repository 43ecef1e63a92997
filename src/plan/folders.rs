//! Which folders are missing, parents first.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Note, Plan};
use crate::bind::Bound;
use crate::resolve::{FolderPath, Origin};
use crate::room::{Folder, FolderId, Observed, fold_title};

/// The folders with this title below a parent: the exact title first, then the lowest id; never a system folder.
fn find<'f>(folders: &'f [Folder], parent: &FolderId, title: &str) -> Vec<&'f Folder> {
    let folded = fold_title(title);
    let mut found: Vec<&Folder> = folders
        .iter()
        .filter(|folder| {
            !folder.system && folder.parent == *parent && fold_title(&folder.title) == folded
        })
        .collect();
    found.sort_by_key(|folder| (folder.title != title, &folder.id));
    found
}

/// The folders of a room, found by path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tree<'t> {
    folders: &'t [Folder],
    /// The ids of folders that earlier runs created, by their titles in comparable form.
    made: &'t BTreeMap<Vec<String>, FolderId>,
}

impl<'t> Tree<'t> {
    pub(crate) fn new(folders: &'t [Folder], made: &'t BTreeMap<Vec<String>, FolderId>) -> Self {
        Self { folders, made }
    }

    /// The folders at a path below the room; the first is the one to use. If several folders have the same title,
    /// subfolders of any of them count: creating them again in the first one would duplicate them. If there is none, a
    /// folder that was created under that path counts, even if people renamed or moved it.
    pub(crate) fn standing(self, room: &FolderId, path: &[String]) -> Vec<&'t Folder> {
        let Some((title, above)) = path.split_last() else {
            return Vec::new();
        };
        let found = if above.is_empty() {
            find(self.folders, room, title)
        } else {
            self.standing(room, above)
                .into_iter()
                .flat_map(|parent| find(self.folders, &parent.id, title))
                .collect()
        };
        if found.is_empty() {
            self.renamed(path).into_iter().collect()
        } else {
            found
        }
    }

    fn renamed(self, path: &[String]) -> Option<&'t Folder> {
        let id = self.made.get(&FolderPath(path.to_vec()).folded())?;
        self.folders.iter().find(|folder| folder.id == *id)
    }
}

pub(super) fn plan(bound: &Bound, seen: &Observed, plan: &mut Plan) {
    let room = FolderId::new(seen.room.id.as_str());
    let tree = Tree::new(&seen.folders, &bound.made);
    let mut known = BTreeSet::new();
    let mut planned: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for folder in &bound.folders {
        for depth in 1..=folder.value.0.len() {
            let Some(titles) = folder.value.0.get(..depth) else {
                break;
            };
            let path = FolderPath(titles.to_vec());
            let key = path.folded();
            let found = tree.standing(&room, titles);
            if known.insert(key.clone()) {
                plan.notes.extend(note(&path, &found));
            }
            if found.is_empty() {
                create(path, key, &folder.by, &mut planned, plan);
            }
        }
    }
}

/// A note about the folders at a path.
fn note(path: &FolderPath, found: &[&Folder]) -> Option<Note> {
    let first = found.first()?;
    let title = path.0.last()?;
    if fold_title(&first.title) != fold_title(title) {
        return Some(Note::Renamed {
            path: path.clone(),
            there: first.title.clone(),
        });
    }
    let brothers = found.iter().filter(|other| other.parent == first.parent);
    (brothers.count() > 1).then(|| Note::FolderTwice {
        path: path.clone(),
        ids: found.iter().map(|folder| folder.id.to_string()).collect(),
    })
}

fn create(
    path: FolderPath,
    key: Vec<String>,
    wanted_by: &[Origin],
    planned: &mut BTreeMap<Vec<String>, usize>,
    plan: &mut Plan,
) {
    let at = *planned.entry(key).or_insert(plan.actions.len());
    match plan.actions.get_mut(at) {
        Some(Action::CreateFolder { by, .. }) => {
            for origin in wanted_by {
                if !by.contains(origin) {
                    by.push(origin.clone());
                }
            }
        }
        _ => plan.actions.push(Action::CreateFolder {
            path,
            by: wanted_by.to_vec(),
        }),
    }
}
