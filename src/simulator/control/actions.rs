//! What people do with rooms meanwhile: changes without HTTP, with the same consequences.

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
    /// A new room, told to the webhooks.
    pub fn create_room(&self, owner: &str, kind: RoomType, title: &str) -> EntryId {
        self.new_room(owner, kind, title, &ROOMS_ROOT)
    }

    /// A new room whose maker lets people in before anybody hears of it.
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

    /// A new AI agent below the root of agents.
    pub fn create_agent(&self, owner: &str, title: &str) -> EntryId {
        self.new_room(owner, RoomType::Ai, title, &AGENTS_ROOT)
    }

    /// A new template, which the webhooks are told of as of a room.
    pub fn create_template_room(&self, owner: &str, kind: RoomType, title: &str) -> EntryId {
        self.new_room(owner, kind, title, &TEMPLATES_ROOT)
    }

    /// A new private (encrypted) room.
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

    /// A new virtual data room with an index, as the interface makes them: its entries are numbered.
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

    /// A new room on a storage connected for it.
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

    /// A copy of a room, told as `room.copied`. `None` if there is no such room.
    pub fn duplicate_room(&self, actor: &str, room: &EntryId) -> Option<EntryId> {
        self.change(|world| {
            let (entry, original) = world.room(room)?;
            let (title, copy) = (format!("{} (1)", entry.title), original.clone());
            let id = world.insert_room(actor, &title, copy, ROOMS_ROOT);
            world.publish(Trigger::RoomCopied, &id, actor);
            Some(id)
        })
    }

    /// Starts the portal's job that makes a room from a template with these folders, and makes the room.
    /// The job does not tell the room's number before its first copied folder.
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

    /// Copies what is left and ends the job.
    pub fn finish_template_copy(&self) {
        while self.change(|world| world.work_at(Copying::Room)) {}
    }

    /// Ends the job with an error: the room goes without a word.
    pub fn fail_template_copy(&self, error: &str) {
        self.world().give_up(Copying::Room, error);
    }

    /// A person makes a folder; anybody may here.
    pub fn add_folder(&self, actor: &str, parent: &EntryId, title: &str) -> EntryId {
        self.change(|world| world.create_folder(actor, parent, title, FolderType::Default))
    }

    /// A person makes a folder at the end of this path; what lies above is made where it is missing. A folder that is
    /// there already gets another one of its title beside it. `None` if the path names nothing.
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

    /// The portal makes a folder of its own, such as "Complete", and tells nobody.
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

    /// A person renames a folder or room. False if there is none.
    pub fn rename(&self, actor: &str, id: &EntryId, title: &str) -> bool {
        self.change(|world| {
            world.rename_if_other(id, title, actor);
            world.entries.contains_key(id)
        })
    }

    /// A person deletes a folder with all in it. False if there is none.
    pub fn delete_folder(&self, id: &EntryId) -> bool {
        self.change(|world| {
            let known = world.entries.contains_key(id);
            world.remove_entry(id);
            known
        })
    }

    /// Sets a person's or group's access, whatever the rules say; 0 takes it away. False if there is no such room.
    pub fn grant(&self, room: &EntryId, subject: &str, access: i32) -> bool {
        let mut world = self.world();
        let is_group = world.groups.contains_key(subject);
        world.set_access(room, subject, is_group, access);
        world.room(room).is_some()
    }

    /// Takes a subject's access away. False if there is no such room.
    pub fn revoke(&self, room: &EntryId, subject: &str) -> bool {
        self.grant(room, subject, access::NONE)
    }

    /// Gives a person a part in a form being filled in the room. False if there is no such room.
    pub fn add_form_role(&self, room: &EntryId, person: &str) -> bool {
        self.world()
            .room_mut(room)
            .map(|room| room.form_roles.insert(person.to_owned()))
            .is_some()
    }

    /// Pins a room for a person. False if there is no such room.
    pub fn pin(&self, room: &EntryId, person: &str) -> bool {
        self.world()
            .room_mut(room)
            .map(|room| room.pinned_by.insert(person.to_owned()))
            .is_some()
    }

    /// Archives a room. False if there is no such room.
    pub fn archive(&self, actor: &str, room: &EntryId) -> bool {
        self.change(|world| {
            world.relocate(room, &ARCHIVE_ROOT, actor);
            world.room(room).is_some()
        })
    }

    /// Brings a room back from the archive. False if there is no such room.
    pub fn unarchive(&self, actor: &str, room: &EntryId) -> bool {
        self.change(|world| {
            world.relocate(room, &ROOMS_ROOT, actor);
            world.room(room).is_some()
        })
    }

    /// Deletes a room. False if there is no such room.
    pub fn delete_room(&self, actor: &str, room: &EntryId) -> bool {
        self.change(|world| {
            let known = world.room(room).is_some();
            world.delete_room(room, actor);
            known
        })
    }

    /// Makes somebody else the owner, as `actor`, by the rules of the portal. False if they forbid it.
    pub fn change_owner(&self, actor: &str, room: &EntryId, owner: &str) -> bool {
        self.change(|world| world.hand_over(actor, room, owner).is_ok())
    }

    /// Adds a tag. False if there is no such room.
    pub fn add_tag(&self, _actor: &str, room: &EntryId, tag: &str) -> bool {
        let mut world = self.world();
        world.tags.link(room, tag);
        world.room(room).is_some()
    }

    /// Removes a tag from a room. False if it does not have it.
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

    /// Makes a room older than it is. False if there is no such room.
    pub fn age(&self, room: &EntryId, by: SignedDuration) -> bool {
        let mut world = self.world();
        let aged = world.entries.get_mut(room).map(|entry| {
            entry.created = entry.created.checked_sub(by).unwrap_or(entry.created);
            entry.updated = entry.updated.checked_sub(by).unwrap_or(entry.updated);
        });
        aged.is_some()
    }
}
