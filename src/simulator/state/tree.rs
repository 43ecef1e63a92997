//! The portal's tree of rooms and folders: inserting, finding, removing (rooms-api.md A.3, D).

use crate::simulator::state::ids::EntryId;
use crate::simulator::state::rooms::{Entry, FolderType, Provider, Room, RoomType, ThirdParty};
use crate::simulator::state::title;
use crate::simulator::state::world::{ROOMS_ROOT, World};

impl World {
    pub(crate) fn blank_entry(
        &self,
        id: EntryId,
        parent: EntryId,
        title: &str,
        kind: FolderType,
    ) -> Entry {
        let now = self.now();
        Entry {
            id,
            parent,
            title: title.to_owned(),
            kind,
            created_by: self.owner.clone(),
            created: now,
            updated_by: self.owner.clone(),
            updated: now,
            order: 0,
            origin: None,
            room: None,
            provider: None,
        }
    }

    /// The trash of an account, which is created on first use.
    pub(crate) fn trash_of(&mut self, person: &str) -> EntryId {
        let is_hers = |entry: &&Entry| {
            entry.kind == FolderType::Trash
                && entry.parent == EntryId::Number(0)
                && entry.created_by == person
        };
        if let Some(trash) = self.entries.values().find(is_hers) {
            return trash.id.clone();
        }
        let id = self.new_entry_id();
        let mut trash =
            self.blank_entry(id.clone(), EntryId::Number(0), "Trash", FolderType::Trash);
        person.clone_into(&mut trash.created_by);
        self.entries.insert(id.clone(), trash);
        id
    }

    /// Stores a room below `root`. Publishes nothing.
    pub(crate) fn insert_room(
        &mut self,
        actor: &str,
        title: &str,
        room: Room,
        root: EntryId,
    ) -> EntryId {
        let id = self.new_entry_id();
        let kind = room.kind;
        let mut entry =
            self.blank_entry(id.clone(), root, &title::stored(title), kind.folder_type());
        actor.clone_into(&mut entry.created_by);
        actor.clone_into(&mut entry.updated_by);
        entry.room = Some(room);
        self.entries.insert(id.clone(), entry);
        if kind == RoomType::Ai {
            self.insert_folder(actor, &id, "Knowledge", FolderType::Knowledge);
            self.insert_folder(actor, &id, "Result Storage", FolderType::ResultStorage);
        }
        id
    }

    /// Stores a folder. Its title need not be unique, except on connected storage, where a number makes it so.
    pub(crate) fn insert_folder(
        &mut self,
        actor: &str,
        parent: &EntryId,
        title: &str,
        kind: FolderType,
    ) -> EntryId {
        let stored = title::stored(title);
        let (id, stored, provider) = match self
            .entries
            .get(parent)
            .and_then(|entry| entry.provider.clone())
        {
            None => (self.new_entry_id(), stored, None),
            Some(above) => {
                let free = title::free(&stored, |name| {
                    self.children(parent).any(|child| child.title == name)
                });
                let own = Provider {
                    path: format!("{}/{free}", above.path),
                    ..above
                };
                (own.entry_id(), free, Some(own))
            }
        };
        let mut entry = self.blank_entry(id.clone(), parent.clone(), &stored, kind);
        actor.clone_into(&mut entry.created_by);
        actor.clone_into(&mut entry.updated_by);
        entry.provider = provider;
        entry.order = self.next_order(parent).unwrap_or(0);
        self.entries.insert(id.clone(), entry);
        id
    }

    /// Stores a room on an account of a connected storage. Publishes nothing.
    pub(crate) fn insert_third_party_room(
        &mut self,
        actor: &str,
        storage: ThirdParty,
        kind: RoomType,
        title: &str,
    ) -> EntryId {
        self.last_provider += 1;
        let stored = title::stored(title);
        let provider = Provider {
            kind: storage,
            account: self.last_provider,
            owner: actor.to_owned(),
            path: format!("/{stored}"),
        };
        let id = provider.entry_id();
        let mut entry = self.blank_entry(id.clone(), ROOMS_ROOT, &stored, kind.folder_type());
        actor.clone_into(&mut entry.created_by);
        actor.clone_into(&mut entry.updated_by);
        entry.room = Some(Room::new(kind));
        entry.provider = Some(provider);
        self.entries.insert(id.clone(), entry);
        id
    }

    pub(crate) fn children<'world>(
        &'world self,
        parent: &EntryId,
    ) -> impl Iterator<Item = &'world Entry> + use<'world> {
        let parent = parent.clone();
        self.entries
            .values()
            .filter(move |entry| entry.parent == parent)
    }

    /// The folder in `parent` whose title equals the stored form of this one.
    pub(crate) fn child_of_title(&self, parent: &EntryId, title: &str) -> Option<EntryId> {
        let stored = title::stored(title);
        self.children(parent)
            .find(|child| child.title == stored)
            .map(|child| child.id.clone())
    }

    /// All folders below `top`, at any depth.
    pub(crate) fn descendants(&self, top: &EntryId) -> Vec<&Entry> {
        let mut found: Vec<&Entry> = self.children(top).collect();
        let mut at = 0;
        while let Some(entry) = found.get(at) {
            let below: Vec<&Entry> = self.children(&entry.id).collect();
            found.extend(below);
            at += 1;
        }
        found
    }

    /// The entry itself and its ancestors up to the root.
    pub(crate) fn lineage(&self, id: &EntryId) -> Vec<&Entry> {
        std::iter::successors(self.entries.get(id), |entry| {
            self.entries.get(&entry.parent)
        })
        .collect()
    }

    pub(crate) fn root_of(&self, id: &EntryId) -> Option<&Entry> {
        self.lineage(id).last().copied()
    }

    /// The room that the entry is or lies in.
    pub(crate) fn room_of(&self, id: &EntryId) -> Option<&Entry> {
        self.lineage(id)
            .into_iter()
            .find(|entry| entry.room.is_some())
    }

    /// The room with this id, if it is one.
    pub(crate) fn room(&self, id: &EntryId) -> Option<(&Entry, &Room)> {
        let entry = self.entries.get(id)?;
        entry.room.as_ref().map(|room| (entry, room))
    }

    pub(crate) fn room_mut(&mut self, id: &EntryId) -> Option<&mut Room> {
        self.entries
            .get_mut(id)
            .and_then(|entry| entry.room.as_mut())
    }

    pub(crate) fn is_below(&self, id: &EntryId, root: FolderType) -> bool {
        self.root_of(id).is_some_and(|top| top.kind == root)
    }

    /// Sets the entry's time of change and its editor.
    pub(crate) fn touch(&mut self, id: &EntryId, actor: &str) {
        let now = self.now();
        if let Some(entry) = self.entries.get_mut(id) {
            entry.updated = now;
            actor.clone_into(&mut entry.updated_by);
        }
    }

    /// Stores a new title in its stored form.
    pub(crate) fn rename(&mut self, id: &EntryId, name: &str, actor: &str) {
        if let Some(entry) = self.entries.get_mut(id) {
            entry.title = title::stored(name);
        }
        self.touch(id, actor);
    }

    /// Removes the entry, everything below it and their grants.
    pub(crate) fn remove_entry(&mut self, id: &EntryId) {
        let below: Vec<EntryId> = self
            .descendants(id)
            .into_iter()
            .map(|entry| entry.id.clone())
            .collect();
        for gone in below.iter().chain([id]) {
            self.entries.remove(gone);
            self.aces.remove(gone);
            self.tags.forget(gone);
            self.links.remove(gone);
        }
    }
}
