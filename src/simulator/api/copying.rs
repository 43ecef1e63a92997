//! Moving and copying, folder by folder (rooms-api.md D, B.2).

use crate::simulator::rights::Right;
use crate::simulator::state::collation;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::links::{Link, SubjectType};
use crate::simulator::state::operations::Done;
use crate::simulator::state::rooms::{FolderType, Room, RoomType};
use crate::simulator::state::webhooks::Trigger;
use crate::simulator::state::world::World;

/// What to do when the destination already has a folder with the title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resolve {
    Skip,
    Overwrite,
    Duplicate,
}

/// A move or copy: which destination, for whom, how.
#[derive(Debug, Clone)]
pub(crate) struct Relocation {
    pub(crate) who: String,
    pub(crate) dest: EntryId,
    pub(crate) copies: bool,
    pub(crate) resolve: Resolve,
}

/// Moves or copies what is allowed; the last refusal becomes the error of the operation.
pub(crate) fn relocate_all(world: &mut World, relocation: &Relocation, ids: &[EntryId]) -> Done {
    let mut done = Done::default();
    if let Err(denial) = world.check_in_general(relocation, ids) {
        denial.text.clone_into(&mut done.error);
        return done;
    }
    done.folders.push(relocation.dest.clone());
    let mut work = Work {
        named: ids,
        done: &mut done,
    };
    for id in ids {
        work.of(world, relocation, id);
    }
    done
}

struct Work<'call> {
    /// The entries that the call names. The operation reports only these.
    named: &'call [EntryId],
    done: &'call mut Done,
}

impl Work<'_> {
    fn of(&mut self, world: &mut World, relocation: &Relocation, id: &EntryId) {
        if let Err(denial) = world.check_each(relocation, id) {
            denial.text.clone_into(&mut self.done.error);
            return;
        }
        let Some(entry) = world.entries.get(id) else {
            return;
        };
        let stays = entry.parent == relocation.dest;
        if stays && relocation.resolve != Resolve::Duplicate {
            return;
        }
        let goes_beside = !stays && relocation.resolve == Resolve::Duplicate;
        let conflict = if entry.room.is_some() || goes_beside {
            None
        } else {
            world.titled(&relocation.dest, &entry.title.clone())
        };
        match conflict {
            Some(there) => self.merge(world, relocation, id, &there),
            None if relocation.copies => self.copy(world, relocation, id),
            None => self.put(world, relocation, id),
        }
    }

    /// Counts an entry, and reports the result if the call names the entry.
    fn processed(&mut self, id: &EntryId, made: &EntryId) {
        self.done.processed += 1;
        if self.named.contains(id) {
            self.done.folders.push(made.clone());
        }
    }

    /// The destination has a folder with the title: the contents of one folder go into the other. With `Duplicate` the
    /// other is a new folder with the next free title.
    fn merge(&mut self, world: &mut World, relocation: &Relocation, id: &EntryId, there: &EntryId) {
        let into = if relocation.resolve == Resolve::Duplicate {
            world.beside(there)
        } else {
            there.clone()
        };
        world.publish(Trigger::FolderCopied, &into, &relocation.who);
        self.contents(world, relocation, id, &into);
        let is_empty = world.children(id).next().is_none();
        if !relocation.copies && (!world.may(Some(&relocation.who), Right::Move, id) || !is_empty) {
            return;
        }
        if !relocation.copies {
            world.remove_entry(id);
        }
        self.processed(id, &into);
    }

    fn copy(&mut self, world: &mut World, relocation: &Relocation, id: &EntryId) {
        let Some(made) = world.copy_of(id, &relocation.dest, &relocation.who) else {
            return;
        };
        let trigger = if world.room(&made).is_some() {
            Trigger::RoomCopied
        } else {
            Trigger::FolderCopied
        };
        world.publish(trigger, &made, &relocation.who);
        self.processed(id, &made);
        self.contents(world, relocation, id, &made);
        self.processed(id, &made);
    }

    fn contents(
        &mut self,
        world: &mut World,
        relocation: &Relocation,
        id: &EntryId,
        into: &EntryId,
    ) {
        let from_forms = world
            .entries
            .get(id)
            .is_some_and(|entry| entry.kind == FolderType::FillingFormsRoom);
        let inside: Vec<EntryId> = world
            .children(id)
            .filter(|child| !(from_forms && child.kind.is_system()) && child.id != *into)
            .map(|child| child.id.clone())
            .collect();
        let below = Relocation {
            dest: into.clone(),
            ..relocation.clone()
        };
        for child in inside {
            self.of(world, &below, &child);
        }
    }

    fn put(&mut self, world: &mut World, relocation: &Relocation, id: &EntryId) {
        world.relocate(id, &relocation.dest, &relocation.who);
        self.processed(id, id);
    }
}

impl World {
    fn titled(&self, parent: &EntryId, title: &str) -> Option<EntryId> {
        self.children(parent)
            .find(|child| collation::same(&child.title, title))
            .map(|child| child.id.clone())
    }

    /// Moves an entry and notifies the webhooks. A room that goes to the archive loses its pins and its lifetime.
    pub(crate) fn relocate(&mut self, id: &EntryId, dest: &EntryId, actor: &str) {
        let Some(entry) = self.entries.get(id) else {
            return;
        };
        let is_room = entry.room.is_some();
        let was_trashed = self
            .entries
            .get(&entry.parent)
            .is_some_and(|parent| parent.kind == FolderType::Trash);
        let is_archived = self
            .entries
            .get(dest)
            .is_some_and(|dest| dest.kind == FolderType::Archive);
        self.put_below(id, dest, actor);
        if let Some(room) = self.room_mut(id).filter(|_| is_archived) {
            room.pinned_by.clear();
            room.lifetime = None;
        }
        let trigger = match (is_room, is_archived) {
            (true, true) => Trigger::RoomArchived,
            (true, false) => Trigger::RoomRestored,
            (false, _) if was_trashed => Trigger::FolderRestored,
            (false, _) => Trigger::FolderMoved,
        };
        self.publish(trigger, id, actor);
    }

    /// Adds another folder like this one, with the same parent and creator.
    fn beside(&mut self, id: &EntryId) -> EntryId {
        let Some(entry) = self.entries.get(id).cloned() else {
            return id.clone();
        };
        let title = self.free_title(&entry.title, &entry.parent);
        let made = self.insert_folder(&entry.created_by, &entry.parent, &title, entry.kind);
        if let Some(new) = self.entries.get_mut(&made) {
            new.created = entry.created;
        }
        made
    }

    /// Copies an entry without its contents: a room with its settings and tags, but without its members.
    fn copy_of(&mut self, id: &EntryId, dest: &EntryId, who: &str) -> Option<EntryId> {
        let entry = self.entries.get(id)?.clone();
        let title = self.free_title(&entry.title, dest);
        let Some(room) = entry.room else {
            let kind = if matches!(entry.kind.code(), 25..=28) {
                FolderType::Default
            } else {
                entry.kind
            };
            return Some(self.insert_folder(who, dest, &title, kind));
        };
        let link = self
            .links_of(id)
            .iter()
            .find(|link| link.kind == SubjectType::PrimaryExternalLink)
            .filter(|_| room.kind != RoomType::Custom)
            .cloned();
        let copy = Room {
            form_roles: std::collections::BTreeSet::new(),
            pinned_by: std::collections::BTreeSet::new(),
            cover: None,
            is_private: false,
            ..room
        };
        let made = self.insert_room(who, &title, copy, dest.clone());
        self.tags.copy(id, &made);
        if let Some(link) = link {
            let id = self.new_guid();
            self.put_link(&made, Link { id, ..link });
        }
        Some(made)
    }
}
