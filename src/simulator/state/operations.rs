//! What the portal does in the background for an account: operations, and how long they are shown (rooms-api.md D).
//!
//! An operation is told as running when it was just started and as finished when it is next looked at; then it is gone.

use super::ids::EntryId;
use super::world::World;

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OperationKind {
    Move,
    Copy,
    Delete,
    Download,
    MarkAsRead,
    Duplicate,
}

impl OperationKind {
    /// The number DocSpace counts this kind by.
    pub(crate) fn code(self) -> i64 {
        match self {
            Self::Move => 0,
            Self::Copy => 1,
            Self::Delete => 2,
            Self::Download => 3,
            Self::MarkAsRead => 4,
            Self::Duplicate => 7,
        }
    }

    /// Where operations of this kind wait: those of one queue are looked at together.
    pub(crate) fn queue(self) -> Queue {
        match self {
            Self::Move | Self::Copy => Queue::MoveOrCopy,
            Self::Delete => Queue::Delete,
            Self::Download => Queue::Download,
            Self::MarkAsRead => Queue::MarkAsRead,
            Self::Duplicate => Queue::Duplicate,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Queue {
    Duplicate,
    MoveOrCopy,
    Delete,
    Download,
    MarkAsRead,
}

impl Queue {
    /// In the order in which a list of all operations tells them.
    pub(crate) const ALL: [Self; 5] = [
        Self::Duplicate,
        Self::MoveOrCopy,
        Self::Delete,
        Self::Download,
        Self::MarkAsRead,
    ];
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) id: String,
    /// The account it is done for.
    pub(crate) owner: String,
    pub(crate) kind: OperationKind,
    /// Whether its end is told once. Without it (`deleteAfter`) the end is never seen.
    pub(crate) is_held: bool,
    pub(crate) is_finished: bool,
    pub(crate) error: String,
    pub(crate) processed: usize,
    /// The folders that the end tells of.
    pub(crate) folders: Vec<EntryId>,
}

impl World {
    /// Starts an operation whose work is done: what it did is told by [`World::look_at_operations`].
    pub(crate) fn start_operation(
        &mut self,
        owner: &str,
        kind: OperationKind,
        done: Done,
    ) -> String {
        let id = self.new_guid();
        self.operations.push(Operation {
            id: id.clone(),
            owner: owner.to_owned(),
            kind,
            is_held: done.is_held,
            is_finished: false,
            error: done.error,
            processed: done.processed,
            folders: done.folders,
        });
        id
    }

    /// The account's operations of one queue (only the one of this id, if there is one) as they are told now. Finished
    /// ones are told for the last time.
    pub(crate) fn look_at_operations(
        &mut self,
        owner: &str,
        queue: Queue,
        id: Option<&str>,
    ) -> Vec<Operation> {
        let is_asked = |operation: &Operation| {
            operation.owner == owner
                && operation.kind.queue() == queue
                && id.is_none_or(|id| operation.id == id)
        };
        let told = self
            .operations
            .iter()
            .filter(|operation| is_asked(operation))
            .filter(|operation| operation.is_held || !operation.is_finished)
            .cloned()
            .collect();
        self.operations
            .retain(|operation| !(is_asked(operation) && operation.is_finished));
        for operation in self.operations.iter_mut().filter(|known| is_asked(known)) {
            operation.is_finished = true;
        }
        told
    }

    /// Forgets operations, finished or not: all of the account, or the one of this id.
    pub(crate) fn drop_operations(&mut self, owner: &str, id: Option<&str>) {
        self.operations.retain(|operation| {
            operation.owner != owner || id.is_some_and(|id| operation.id != id)
        });
    }
}

/// What an operation did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) is_held: bool,
    /// Empty if all went well.
    pub(crate) error: String,
    pub(crate) processed: usize,
    pub(crate) folders: Vec<EntryId>,
}
