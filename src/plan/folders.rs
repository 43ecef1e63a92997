//! Which folders are missing, parents first.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Note, Plan};
use crate::resolve::{FolderPath, Origin, Wanted};
use crate::room::{Folder, FolderId, Observed, fold_title};

/// The folder that a title means below a parent: the exactly equal one, then the lowest id; never a system folder.
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

/// The folders that stand at a path below the room, the one to work in first. What lies in any of several folders of one
/// title is there: made again in the first of them, people would have it twice.
pub(crate) fn standing<'f>(
    folders: &'f [Folder],
    room: &FolderId,
    path: &[String],
) -> Vec<&'f Folder> {
    let Some((title, above)) = path.split_last() else {
        return Vec::new();
    };
    if above.is_empty() {
        return find(folders, room, title);
    }
    standing(folders, room, above)
        .into_iter()
        .flat_map(|parent| find(folders, &parent.id, title))
        .collect()
}

pub(super) fn plan(wanted: &[Wanted<FolderPath>], seen: &Observed, plan: &mut Plan) {
    let room = FolderId::new(seen.room.id.as_str());
    let mut known = BTreeSet::new();
    let mut planned: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for folder in wanted {
        for depth in 1..=folder.value.0.len() {
            let Some(titles) = folder.value.0.get(..depth) else {
                break;
            };
            let path = FolderPath(titles.to_vec());
            let key = path.folded();
            let found = standing(&seen.folders, &room, titles);
            let is_twice = found.first().is_some_and(|first| {
                found
                    .iter()
                    .filter(|other| other.parent == first.parent)
                    .count()
                    > 1
            });
            if known.insert(key.clone()) && is_twice {
                plan.notes.push(Note::FolderTwice {
                    path: path.clone(),
                    ids: found.iter().map(|folder| folder.id.to_string()).collect(),
                });
            }
            if found.is_empty() {
                create(path, key, &folder.by, &mut planned, plan);
            }
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
