//! Operations that were started, and what is told of them (rooms-api.md D).

use super::World;
use crate::simulator::state::operations::*;

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
