//! Which folders are missing, parents first.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Note, Plan};
use crate::resolve::{FolderPath, Origin, Wanted};
use crate::room::{Folder, FolderId, Observed, fold};

/// The folder that a title means below a parent: the exactly equal one, then the lowest id; never a system folder.
pub(crate) fn find<'f>(folders: &'f [Folder], parent: &FolderId, title: &str) -> Vec<&'f Folder> {
    let folded = fold(title);
    let mut found: Vec<&Folder> = folders
        .iter()
        .filter(|folder| {
            !folder.system && folder.parent == *parent && fold(&folder.title) == folded
        })
        .collect();
    found.sort_by_key(|folder| (folder.title != title, &folder.id));
    found
}

pub(super) fn plan(wanted: &[Wanted<FolderPath>], seen: &Observed, plan: &mut Plan) {
    let room = FolderId::new(seen.room.id.as_str());
    // What stands at each path: the folder's id, or nothing while it is only planned.
    let mut standing: BTreeMap<Vec<String>, Option<FolderId>> = BTreeMap::new();
    let mut planned: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    let mut twice = BTreeSet::new();
    for folder in wanted {
        let mut parent = Some(room.clone());
        for depth in 1..=folder.value.0.len() {
            let Some(titles) = folder.value.0.get(..depth) else {
                break;
            };
            let path = FolderPath(titles.to_vec());
            let key = path.folded();
            let here = match standing.get(&key) {
                Some(here) => here.clone(),
                None => {
                    let found = parent
                        .as_ref()
                        .map(|parent| {
                            find(
                                &seen.folders,
                                parent,
                                titles.last().map_or("", String::as_str),
                            )
                        })
                        .unwrap_or_default();
                    if found.len() > 1 && twice.insert(key.clone()) {
                        plan.notes.push(Note::FolderTwice {
                            path: path.clone(),
                            ids: found.iter().map(|folder| folder.id.to_string()).collect(),
                        });
                    }
                    let here = found.first().map(|folder| folder.id.clone());
                    standing.insert(key.clone(), here.clone());
                    here
                }
            };
            if here.is_none() {
                create(path, key, &folder.by, &mut planned, plan);
            }
            parent = here;
        }
    }
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
