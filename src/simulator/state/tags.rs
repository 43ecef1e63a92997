//! The portal's tags and the entries that have them (rooms-api.md H.2): numbered rows, compared by the collation.
//!
//! No name is unique. Links point to the oldest row of a name.

use std::collections::{BTreeMap, BTreeSet};

use super::collation;
use super::ids::EntryId;

/// The number of a tag's row.
pub(crate) type TagId = u64;

#[derive(Debug, Clone, Default)]
pub(crate) struct Tags {
    last: TagId,
    names: BTreeMap<TagId, String>,
    links: BTreeMap<EntryId, BTreeSet<TagId>>,
}

impl Tags {
    /// Adds a row, even if one with this name exists.
    pub(crate) fn insert(&mut self, name: &str) -> TagId {
        self.last += 1;
        self.names.insert(self.last, name.to_owned());
        self.last
    }

    /// All rows, oldest first.
    pub(crate) fn all(&self) -> impl DoubleEndedIterator<Item = (TagId, &str)> {
        self.names.iter().map(|(id, name)| (*id, name.as_str()))
    }

    /// The rows whose name the database considers equal, oldest first.
    pub(crate) fn named(&self, name: &str) -> impl DoubleEndedIterator<Item = (TagId, &str)> {
        let key = collation::key(name);
        self.all()
            .filter(move |(_, known)| collation::key(known) == key)
    }

    pub(crate) fn rename(&mut self, id: TagId, name: &str) {
        self.names.insert(id, name.to_owned());
    }

    /// Removes the row and all its links.
    pub(crate) fn remove(&mut self, id: TagId) {
        self.names.remove(&id);
        for linked in self.links.values_mut() {
            linked.remove(&id);
        }
    }

    /// The numbers of the entry's tags, oldest first.
    pub(crate) fn ids_of(&self, entry: &EntryId) -> impl Iterator<Item = TagId> {
        self.links.get(entry).into_iter().flatten().copied()
    }

    /// The rows of the entry's tags, oldest first.
    pub(crate) fn rows_of(&self, entry: &EntryId) -> Vec<(TagId, String)> {
        let rows = self.ids_of(entry);
        rows.filter_map(|id| Some((id, self.names.get(&id)?.clone())))
            .collect()
    }

    /// The names of the entry's tags, oldest first.
    pub(crate) fn of(&self, entry: &EntryId) -> Vec<&str> {
        self.ids_of(entry)
            .filter_map(|id| self.names.get(&id).map(String::as_str))
            .collect()
    }

    /// Links the entry to the oldest tag of this name; creates the tag if there is none.
    pub(crate) fn link(&mut self, entry: &EntryId, name: &str) {
        let known = self.named(name).map(|(id, _)| id).next();
        let id = known.unwrap_or_else(|| self.insert(name));
        self.links.entry(entry.clone()).or_default().insert(id);
    }

    /// Copies all tags of one entry to another.
    pub(crate) fn copy(&mut self, from: &EntryId, to: &EntryId) {
        let carried: BTreeSet<TagId> = self.ids_of(from).collect();
        self.links.entry(to.clone()).or_default().extend(carried);
    }

    pub(crate) fn unlink(&mut self, entry: &EntryId, id: TagId) {
        if let Some(linked) = self.links.get_mut(entry) {
            linked.remove(&id);
        }
    }

    pub(crate) fn is_linked(&self, id: TagId) -> bool {
        self.links.values().any(|linked| linked.contains(&id))
    }

    /// Removes a deleted entry's links, and every tag of the portal that no entry has then.
    pub(crate) fn forget(&mut self, entry: &EntryId) {
        self.links.remove(entry);
        let linked: BTreeSet<TagId> = self.links.values().flatten().copied().collect();
        self.names.retain(|id, _| linked.contains(id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_point_to_the_older_of_two_rows_with_one_name() {
        let (mut tags, room) = (Tags::default(), EntryId::Number(7));
        let first = tags.insert("Client");
        tags.insert("CLIENT");
        tags.link(&room, "client");
        assert_eq!(tags.ids_of(&room).collect::<Vec<_>>(), [first]);
        assert_eq!(tags.of(&room), ["Client"]);
        assert_eq!(tags.named("cliént").count(), 2);
    }

    #[test]
    fn deleting_an_entry_removes_all_unused_tags() {
        let (mut tags, kept, gone) = (Tags::default(), EntryId::Number(7), EntryId::Number(8));
        tags.link(&kept, "a");
        tags.link(&gone, "a");
        tags.link(&gone, "b");
        tags.insert("c");
        tags.forget(&gone);
        assert_eq!(tags.all().map(|(_, name)| name).collect::<Vec<_>>(), ["a"]);
        assert_eq!(tags.of(&kept), ["a"]);
    }
}
