//! Actions of people in rooms: changes without HTTP, with the same consequences.

use jiff::SignedDuration;

use crate::simulator::api::rooms;
use crate::simulator::portal::Portal;
use crate::simulator::rights::access;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::jobs::{CopyJob, Copying, ToCopy};
use crate::simulator::state::rooms::{FolderType, Room, RoomType, ThirdParty};
use crate::simulator::state::webhooks::Trigger;
use crate::simulator::state::world::{AGENTS_ROOT, ARCHIVE_ROOT, ROOMS_ROOT, TEMPLATES_ROOT};

impl Portal {
    /// Creates a room and notifies the webhooks.
    pub fn create_room(&self, owner: &str, kind: RoomType, title: &str) -> EntryId {
        self.new_room(owner, kind, title, &ROOMS_ROOT)
    }

    /// Creates a room whose members are set before the webhooks are notified.
    pub fn create_shared_room(
        &self,
        owner: &str,
        kind: RoomType,
        title: &str,
        members: &[(&str, i32)],
    ) -> EntryId {
        self.change(|world| {
            let id = world.insert_room(owner, title, Room::new(kind), ROOMS_ROOT);
            for (subject, access) in members {
                let is_group = world.groups.contains_key(*subject);
                world.set_access(&id, subject, is_group, *access);
            }
            rooms::publish_creation(world, &id, owner);
            id
        })
    }

    /// Creates an AI agent below the root of agents.
    pub fn create_agent(&self, owner: &str, title: &str) -> EntryId {
        self.new_room(owner, RoomType::Ai, title, &AGENTS_ROOT)
    }

    /// Creates a template. The webhooks get the same event as for a room.
    pub fn create_template_room(&self, owner: &str, kind: RoomType, title: &str) -> EntryId {
        self.new_room(owner, kind, title, &TEMPLATES_ROOT)
    }

    /// Creates a private (encrypted) room.
    pub fn create_private_room(&self, owner: &str, kind: RoomType, title: &str) -> EntryId {
        self.change(|world| {
            let room = Room {
                is_private: true,
                ..Room::new(kind)
            };
            let id = world.insert_room(owner, title, room, ROOMS_ROOT);
            rooms::publish_creation(world, &id, owner);
            id
        })
    }

    /// Creates a virtual data room with an index, as the interface does: its entries are numbered.
    pub fn create_indexed_room(&self, owner: &str, title: &str) -> EntryId {
        self.change(|world| {
            let room = Room {
                is_indexed: true,
                ..Room::new(RoomType::VirtualData)
            };
            let id = world.insert_room(owner, title, room, ROOMS_ROOT);
            rooms::publish_creation(world, &id, owner);
            id
        })
    }

    fn new_room(&self, owner: &str, kind: RoomType, title: &str, root: &EntryId) -> EntryId {
        self.change(|world| {
            let id = world.insert_room(owner, title, Room::new(kind), root.clone());
            rooms::publish_creation(world, &id, owner);
            id
        })
    }

    /// Creates a room on a connected storage.
    pub fn create_third_party_room(
        &self,
        owner: &str,
        storage: ThirdParty,
        kind: RoomType,
        title: &str,
    ) -> EntryId {
        self.change(|world| {
            let id = world.insert_third_party_room(owner, storage, kind, title);
            rooms::publish_creation(world, &id, owner);
            id
        })
    }

    /// Copies a room and publishes `room.copied`. `None` if the room does not exist.
    pub fn duplicate_room(&self, actor: &str, room: &EntryId) -> Option<EntryId> {
        self.change(|world| {
            let (entry, original) = world.room(room)?;
            let (title, copy) = (format!("{} (1)", entry.title), original.clone());
            let id = world.insert_room(actor, &title, copy, ROOMS_ROOT);
            world.publish(Trigger::RoomCopied, &id, actor);
            Some(id)
        })
    }

    /// Starts the portal's job that creates a room from a template with these folders, and creates the room. The job
    /// does not report the room's id before the first copied folder.
    pub fn start_template_copy(
        &self,
        owner: &str,
        kind: RoomType,
        title: &str,
        folders: &[&str],
    ) -> EntryId {
        self.change(|world| {
            let room = world.insert_room(owner, title, Room::new(kind), ROOMS_ROOT);
            let titled = folders
                .iter()
                .map(|title| ToCopy::Titled((*title).to_owned()));
            let job = CopyJob {
                who: owner.to_owned(),
                target: Some(room.clone()),
                to_copy: titled.collect(),
                ..CopyJob::default()
            };
            world.jobs.put(Copying::Room, job);
            rooms::publish_creation(world, &room, owner);
            room
        })
    }

    /// Copies the next folder: under the next free name if its own is taken. False if there was none left.
    pub fn advance_template_copy(&self) -> bool {
        self.change(|world| {
            let job = world.jobs.get(Copying::Room);
            let is_any_left = job.is_some_and(|job| !job.to_copy.is_empty());
            if is_any_left {
                world.work_at(Copying::Room);
            }
            is_any_left
        })
    }

    /// Copies the remaining folders and ends the job.
    pub fn finish_template_copy(&self) {
        while self.change(|world| world.work_at(Copying::Room)) {}
    }

    /// Ends the job with an error: the room is removed without an event.
    pub fn fail_template_copy(&self, error: &str) {
        self.world().give_up(Copying::Room, error);
    }

    /// Creates a folder. Checks no rights.
    pub fn add_folder(&self, actor: &str, parent: &EntryId, title: &str) -> EntryId {
        self.change(|world| world.create_folder(actor, parent, title, FolderType::Default))
    }

    /// Creates a folder at the end of this path, and the missing folders above it. If the folder exists, a second one
    /// with its title is added. `None` if the path names no folder.
    pub fn add_path(&self, actor: &str, room: &EntryId, path: &str) -> Option<EntryId> {
        let mut titles: Vec<&str> = path
            .split('/')
            .filter(|title| !title.trim().is_empty())
            .collect();
        let last = titles.pop()?;
        let mut parent = room.clone();
        for title in titles {
            let found = self.world().child_of_title(&parent, title);
            parent = found.unwrap_or_else(|| self.add_folder(actor, &parent, title));
        }
        Some(self.add_folder(actor, &parent, last))
    }

    /// Adds one of the portal's own folders, such as "Complete", without an event.
    pub fn add_folder_of_type(&self, parent: &EntryId, title: &str, kind: FolderType) -> EntryId {
        self.change(|world| {
            let actor = world
                .entries
                .get(parent)
                .map(|entry| entry.created_by.clone())
                .unwrap_or_default();
            world.insert_folder(&actor, parent, title, kind)
        })
    }

    /// Renames a folder or room. False if it does not exist.
    pub fn rename(&self, actor: &str, id: &EntryId, title: &str) -> bool {
        self.change(|world| {
            world.rename_if_other(id, title, actor);
            world.entries.contains_key(id)
        })
    }

    /// Deletes a folder with its contents. False if it does not exist.
    pub fn delete_folder(&self, id: &EntryId) -> bool {
        self.change(|world| {
            let known = world.entries.contains_key(id);
            world.remove_entry(id);
            known
        })
    }

    /// Sets a person's or group's access without checking the rules; 0 removes it. False if the room does not exist.
    pub fn grant(&self, room: &EntryId, subject: &str, access: i32) -> bool {
        let mut world = self.world();
        let is_group = world.groups.contains_key(subject);
        world.set_access(room, subject, is_group, access);
        world.room(room).is_some()
    }

    /// Removes a subject's access. False if the room does not exist.
    pub fn revoke(&self, room: &EntryId, subject: &str) -> bool {
        self.grant(room, subject, access::NONE)
    }

    /// Gives a person a role in a form that is being filled in. False if the room does not exist.
    pub fn add_form_role(&self, room: &EntryId, person: &str) -> bool {
        self.world()
            .room_mut(room)
            .map(|room| room.form_roles.insert(person.to_owned()))
            .is_some()
    }

    /// Pins a room for a person. False if the room does not exist.
    pub fn pin(&self, room: &EntryId, person: &str) -> bool {
        self.world()
            .room_mut(room)
            .map(|room| room.pinned_by.insert(person.to_owned()))
            .is_some()
    }

    /// Archives a room. False if the room does not exist.
    pub fn archive(&self, actor: &str, room: &EntryId) -> bool {
        self.change(|world| {
            world.relocate(room, &ARCHIVE_ROOT, actor);
            world.room(room).is_some()
        })
    }

    /// Restores a room from the archive. False if the room does not exist.
    pub fn unarchive(&self, actor: &str, room: &EntryId) -> bool {
        self.change(|world| {
            world.relocate(room, &ROOMS_ROOT, actor);
            world.room(room).is_some()
        })
    }

    /// Deletes a room. False if the room does not exist.
    pub fn delete_room(&self, actor: &str, room: &EntryId) -> bool {
        self.change(|world| {
            let known = world.room(room).is_some();
            world.delete_room(room, actor);
            known
        })
    }

    /// Changes the owner, as `actor`, by the rules of the portal. False if they forbid it.
    pub fn change_owner(&self, actor: &str, room: &EntryId, owner: &str) -> bool {
        self.change(|world| world.hand_over(actor, room, owner).is_ok())
    }

    /// Adds a tag. False if the room does not exist.
    pub fn add_tag(&self, _actor: &str, room: &EntryId, tag: &str) -> bool {
        let mut world = self.world();
        world.tags.link(room, tag);
        world.room(room).is_some()
    }

    /// Removes a tag from a room. False if the room does not have the tag.
    pub fn remove_tag(&self, room: &EntryId, tag: &str) -> bool {
        let mut world = self.world();
        let carried: Vec<_> = world.tags.ids_of(room).collect();
        let meant: Vec<_> = world
            .tags
            .named(tag)
            .map(|(id, _)| id)
            .filter(|id| carried.contains(id))
            .collect();
        for id in &meant {
            world.tags.unlink(room, *id);
        }
        !meant.is_empty()
    }

    /// Moves the dates of a room into the past. False if the room does not exist.
    pub fn age(&self, room: &EntryId, by: SignedDuration) -> bool {
        let mut world = self.world();
        let aged = world.entries.get_mut(room).map(|entry| {
            entry.created = entry.created.checked_sub(by).unwrap_or(entry.created);
            entry.updated = entry.updated.checked_sub(by).unwrap_or(entry.updated);
        });
        aged.is_some()
    }
}
