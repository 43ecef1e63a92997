//! Moving and copying: the checks before and at each step (rooms-api.md D).

use crate::simulator::api::copying::{self, Relocation, Resolve};
use crate::simulator::rights::Right;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::operations::{Done, OperationKind};
use crate::simulator::state::rooms::{Entry, FolderType};
use crate::simulator::state::world::World;
use crate::simulator::wire::refusal::{Exception, Refusal};

/// Why an entry may not go there: the response to the call, or the `error` of the operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Denial {
    exception: Exception,
    pub(crate) text: &'static str,
}

impl From<Denial> for Refusal {
    fn from(denial: Denial) -> Self {
        match denial.exception {
            Exception::Security => Self::Right,
            exception => Self::Thrown(exception, denial.text),
        }
    }
}

const fn right(text: &'static str) -> Denial {
    Denial {
        exception: Exception::Security,
        text,
    }
}

const MISSING: Denial = Denial {
    exception: Exception::ItemNotFound,
    text: "The required folder was not found",
};
const INTO_ITSELF: Denial = Denial {
    exception: Exception::InvalidOperation,
    text: "You cannot copy or move a folder into itself",
};
const FORMS_STAY: Denial = Denial {
    exception: Exception::InvalidOperation,
    text: "Folders cannot be moved to a form filling room",
};
const NO_CREATE: Denial = right("You don't have enough permission to create");
const NO_COPY: Denial = right("You don't have enough permission to copy the folder");
const NO_MOVE: Denial = right("You don't have enough permission to move the folder");
const NO_COPY_TO: Denial = right("You don't have enough permission to copy to this folder");
const NO_MOVE_TO: Denial = right("You don't have enough permission to move to this folder");
const NO_ROOM_MOVE: Denial = right("You don't have enough permission to move the room");
const NO_FILE: Denial = right("You don't have enough permission to move the file");

/// Checks all entries, then moves or copies them as an operation; returns its id.
pub(crate) fn start(
    world: &mut World,
    relocation: &Relocation,
    ids: &[EntryId],
    has_files: bool,
    is_held: bool,
) -> Result<String, Refusal> {
    world.check_in_general(relocation, ids)?;
    if has_files {
        return Err(NO_FILE.into());
    }
    for id in ids {
        world.check_each(relocation, id)?;
    }
    let done = Done {
        is_held,
        ..copying::relocate_all(world, relocation, ids)
    };
    let kind = if relocation.copies {
        OperationKind::Copy
    } else {
        OperationKind::Move
    };
    Ok(world.start_operation(&relocation.who, kind, done))
}

/// Copies each folder beside itself. A refusal becomes the error of the operation.
pub(crate) fn duplicate(world: &mut World, who: &str, ids: &[EntryId]) -> String {
    let mut all = Done {
        is_held: true,
        ..Done::default()
    };
    for id in ids {
        let Some(dest) = world.entries.get(id).map(|entry| entry.parent.clone()) else {
            break;
        };
        let relocation = Relocation {
            who: who.to_owned(),
            dest,
            copies: true,
            resolve: Resolve::Duplicate,
        };
        let done = copying::relocate_all(world, &relocation, std::slice::from_ref(id));
        all.processed += done.processed;
        all.folders.extend(done.folders);
        if !done.error.is_empty() {
            all.error = done.error;
        }
    }
    world.start_operation(who, OperationKind::Duplicate, all)
}

impl World {
    /// Whether anything may go to the destination, and whether the first entry may leave its place.
    pub(crate) fn check_in_general(
        &self,
        relocation: &Relocation,
        ids: &[EntryId],
    ) -> Result<(), Denial> {
        let may = |right: Right, id: &EntryId| self.may(Some(&relocation.who), right, id);
        let dest = self.entries.get(&relocation.dest).ok_or(MISSING)?;
        let takes_rooms = matches!(dest.kind, FolderType::VirtualRooms | FolderType::Archive);
        if !takes_rooms && !may(Right::Create, &dest.id) {
            return Err(NO_CREATE);
        }
        if self
            .lineage(&dest.id)
            .iter()
            .any(|above| ids.contains(&above.id))
        {
            return Err(INTO_ITSELF);
        }
        let first = match ids.first() {
            None => None,
            Some(id) => Some(self.entries.get(id).ok_or(MISSING)?),
        };
        let is_room = first.is_some_and(|first| first.room.is_some());
        if let Some(first) = first {
            if !relocation.copies && self.leaves_for_forms(first, dest) {
                return Err(FORMS_STAY);
            }
            if relocation.copies && !may(Right::Copy, &first.id) {
                return Err(NO_COPY);
            }
            if !relocation.copies && !may(Right::Move, &first.id) {
                return Err(if is_room { NO_ROOM_MOVE } else { NO_MOVE });
            }
        }
        let duplicates_room = is_room && dest.kind == FolderType::VirtualRooms;
        if relocation.copies && !duplicates_room && !may(Right::CopyTo, &dest.id) {
            return Err(NO_COPY_TO);
        }
        if !relocation.copies && !may(Right::MoveTo, &dest.id) {
            return Err(NO_MOVE_TO);
        }
        Ok(())
    }

    /// Whether the move is into a form filling room from elsewhere, which is not allowed.
    fn leaves_for_forms(&self, entry: &Entry, dest: &Entry) -> bool {
        let room = self.room_of(&dest.id);
        let forms = room.filter(|room| room.kind == FolderType::FillingFormsRoom);
        forms.is_some_and(|forms| {
            self.room_of(&entry.id)
                .is_some_and(|from| from.id != forms.id)
        })
    }

    /// Whether this entry may go to the destination. Rooms go only to the roots of rooms, and nothing else goes there.
    pub(crate) fn check_each(&self, relocation: &Relocation, id: &EntryId) -> Result<(), Denial> {
        let may = |right: Right, id: &EntryId| self.may(Some(&relocation.who), right, id);
        let entry = self.entries.get(id).ok_or(MISSING)?;
        let dest = self.entries.get(&relocation.dest).ok_or(MISSING)?;
        let is_room = entry.room.is_some();
        if relocation.copies && !may(Right::Copy, id) {
            return Err(NO_COPY);
        }
        if !relocation.copies && !may(Right::Move, id) {
            return Err(if is_room { NO_ROOM_MOVE } else { NO_MOVE });
        }
        let is_for_rooms =
            dest.kind == FolderType::VirtualRooms || self.is_below(&dest.id, FolderType::Archive);
        if !is_room && is_for_rooms {
            return Err(NO_MOVE);
        }
        if is_room && !matches!(dest.kind, FolderType::VirtualRooms | FolderType::Archive) {
            return Err(NO_ROOM_MOVE);
        }
        if !is_room && !self.is_below(id, FolderType::Trash) && !may(Right::Download, id) {
            return Err(NO_COPY);
        }
        Ok(())
    }
}
