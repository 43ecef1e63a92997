//! Deleting folders and rooms: permanently, or into the caller's trash (rooms-api.md D).

use crate::simulator::rights::Right;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::operations::{Done, OperationKind, Queue};
use crate::simulator::state::rooms::{FolderType, RoomType};
use crate::simulator::state::webhooks::Trigger;
use crate::simulator::state::world::World;
use crate::simulator::wire::call::{Call, Outcome};
use crate::simulator::wire::refusal::{Exception, Refusal};

const MISSING: &str = "The required folder was not found";
const NO_RIGHT: &str = "You don't have enough permission to delete the folder";

/// `DELETE files/folder/{id}`, with a body: returns the list of the caller's operations.
pub(crate) fn folder(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?.to_owned();
    let body = call.bound("Delete")?;
    let is_held = !body.plain_flag("deleteAfter")?;
    let immediately = body.plain_flag("immediately")?;
    let ids = [call.entry_id()];
    check(world, &who, &ids, false, immediately)?;
    start(world, &who, &ids, is_held, immediately);
    Ok(world.all_operations(call, Queue::Delete))
}

/// `DELETE files/rooms/{id}`: deletes at once, without the trash; accepts any folder.
pub(crate) fn room(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?.to_owned();
    let is_held = !call.bound("DeleteRoom")?.plain_flag("deleteAfter")?;
    let ids = [call.entry_id()];
    check(world, &who, &ids, false, true)?;
    start(world, &who, &ids, is_held, true);
    world.one_operation(call, Queue::Delete, None)
}

/// The checks before anything is deleted.
pub(crate) fn check(
    world: &World,
    who: &str,
    ids: &[EntryId],
    has_files: bool,
    immediately: bool,
) -> Result<(), Refusal> {
    for id in ids {
        let entry = world
            .entries
            .get(id)
            .ok_or(Refusal::Thrown(Exception::FileNotFound, MISSING))?;
        let is_kept = entry.room.is_some() && !immediately;
        if is_kept || !world.may(Some(who), Right::Delete, id) {
            return Err(Refusal::Right);
        }
    }
    if has_files {
        return Err(Refusal::Thrown(
            Exception::FileNotFound,
            "The required file was not found",
        ));
    }
    Ok(())
}

/// Deletes as an operation and returns its id.
pub(crate) fn start(
    world: &mut World,
    who: &str,
    ids: &[EntryId],
    is_held: bool,
    immediately: bool,
) -> String {
    let mut deletion = Deletion {
        who,
        immediately,
        done: Done {
            is_held,
            ..Done::default()
        },
    };
    for id in ids {
        deletion.of(world, id, true, true);
    }
    let done = deletion.done;
    world.start_operation(who, OperationKind::Delete, done)
}

struct Deletion<'who> {
    who: &'who str,
    immediately: bool,
    done: Done,
}

impl Deletion<'_> {
    /// Empties the entry before deleting it permanently: a folder of another person inside prevents the deletion.
    fn of(&mut self, world: &mut World, id: &EntryId, is_checked: bool, is_reported: bool) {
        let Some(entry) = world.entries.get(id) else {
            MISSING.clone_into(&mut self.done.error);
            return;
        };
        let is_room = entry.room.is_some();
        let may = world.may(Some(self.who), Right::Delete, id);
        let is_checked = if is_room { !may } else { is_checked };
        if (is_room && !self.immediately) || (is_checked && !may) {
            NO_RIGHT.clone_into(&mut self.done.error);
            return;
        }
        if !self.immediately && !world.is_below(id, FolderType::Trash) {
            self.throw_away(world, id, is_reported);
            return;
        }
        let inside: Vec<EntryId> = world.children(id).map(|entry| entry.id.clone()).collect();
        for child in &inside {
            self.of(world, child, is_checked, false);
        }
        if world.children(id).next().is_none() {
            if is_reported {
                world.publish(deleted(world, id), id, self.who);
            }
            world.remove_entry(id);
            self.done.processed += 1;
        }
    }

    fn throw_away(&mut self, world: &mut World, id: &EntryId, is_reported: bool) {
        if is_reported {
            world.publish(Trigger::FolderTrashed, id, self.who);
        }
        let trash = world.trash_of(self.who);
        world.put_below(id, &trash, self.who);
        self.done.processed += 1;
    }
}

impl World {
    /// Deletes a room and notifies the webhooks.
    pub(crate) fn delete_room(&mut self, id: &EntryId, actor: &str) {
        if self.room(id).is_some() {
            self.publish(deleted(self, id), id, actor);
            self.remove_entry(id);
        }
    }
}

fn deleted(world: &World, id: &EntryId) -> Trigger {
    match world.room(id).map(|(_, room)| room.kind) {
        None => Trigger::FolderDeleted,
        Some(RoomType::Ai) => Trigger::AgentDeleted,
        Some(_) => Trigger::RoomDeleted,
    }
}
