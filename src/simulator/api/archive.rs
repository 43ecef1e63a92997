//! Archiving rooms and restoring them (rooms-api.md D).

use crate::simulator::api::copying::{Relocation, Resolve};
use crate::simulator::api::moving;
use crate::simulator::api::rooms;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::operations::Queue;
use crate::simulator::state::rooms::FolderType;
use crate::simulator::state::world::{ARCHIVE_ROOT, ROOMS_ROOT, World};
use crate::simulator::wire::call::{Call, Outcome};
use crate::simulator::wire::refusal::{Phrase, Refusal};

/// `PUT files/rooms/{id}/archive`.
pub(crate) fn archive(world: &mut World, call: &Call) -> Outcome {
    put(world, call, ARCHIVE_ROOT)
}

/// `PUT files/rooms/{id}/unarchive`.
pub(crate) fn unarchive(world: &mut World, call: &Call) -> Outcome {
    put(world, call, ROOMS_ROOT)
}

/// Leaves a room that is already there unchanged. Does not find templates.
fn put(world: &mut World, call: &Call, dest: EntryId) -> Outcome {
    let (who, id) = (call.person()?.to_owned(), call.entry_id());
    let is_held = !call.bound("ArchiveRoom")?.plain_flag("deleteAfter")?;
    world.existing(&id)?;
    rooms::readable(world, call, &id)?;
    if world.is_below(&id, FolderType::RoomTemplates) {
        return Err(Refusal::NotFound(Phrase::FolderMissing));
    }
    let relocation = Relocation {
        who,
        dest,
        copies: false,
        resolve: Resolve::Skip,
    };
    let operation = moving::start(world, &relocation, &[id], false, is_held)?;
    world.one_operation(call, Queue::MoveOrCopy, Some(&operation))
}
