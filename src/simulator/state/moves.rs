//! Moving entries (rooms-api.md D).

use super::ids::EntryId;
use super::rooms::FolderType;
use super::title;
use super::world::World;
use crate::simulator::state::collation;

impl World {
    /// Moves an entry; the actor becomes its last editor. With an index it gets the last position; in a trash it has no
    /// position, and its earlier place is kept.
    pub(crate) fn put_below(&mut self, id: &EntryId, parent: &EntryId, actor: &str) {
        let is_trash = self
            .entries
            .get(parent)
            .is_some_and(|parent| parent.kind == FolderType::Trash);
        let order = if is_trash {
            Some(0)
        } else {
            self.next_order(parent)
        };
        let now = self.now();
        let Some(entry) = self.entries.get_mut(id) else {
            return;
        };
        let before = std::mem::replace(&mut entry.parent, parent.clone());
        entry.origin = is_trash.then_some(before);
        entry.order = order.unwrap_or(entry.order);
        actor.clone_into(&mut entry.updated_by);
        entry.updated = now;
    }

    /// The position of a new entry in a folder of an indexed room.
    pub(crate) fn next_order(&self, parent: &EntryId) -> Option<u32> {
        let room = self.room_of(parent).and_then(|room| room.room.as_ref());
        room.filter(|room| room.is_indexed)?;
        let last = self.children(parent).map(|child| child.order).max();
        Some(last.unwrap_or(0) + 1)
    }

    /// Sets the position of an entry in an indexed room and shifts the entries between. `None` without an index.
    pub(crate) fn reorder(&mut self, id: &EntryId, order: u32) -> Option<u32> {
        let (parent, before) = self
            .entries
            .get(id)
            .map(|entry| (entry.parent.clone(), entry.order))?;
        self.next_order(&parent)?;
        for child in self
            .entries
            .values_mut()
            .filter(|child| child.parent == parent)
        {
            let is_later = (order..before).contains(&child.order);
            let is_earlier = before > 0 && child.order > before && child.order <= order;
            if child.id == *id {
                child.order = order;
            } else if is_later {
                child.order += 1;
            } else if is_earlier {
                child.order -= 1;
            }
        }
        Some(order)
    }

    /// The title for a copy: with a number if it is taken.
    pub(crate) fn free_title(&self, title: &str, parent: &EntryId) -> String {
        title::free(title, |name| {
            self.children(parent)
                .any(|child| collation::same(&child.title, name))
        })
    }
}
