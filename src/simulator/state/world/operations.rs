//! Started operations, and what is reported of them (rooms-api.md D).

use super::World;
use crate::simulator::state::operations::*;

impl World {
    /// Starts an operation whose work is already done; [`World::look_at_operations`] reports its result.
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

    /// The account's operations of one queue (only the one with this id, if given) in their current state. Finished
    /// ones are removed after this.
    pub(crate) fn look_at_operations(
        &mut self,
        owner: &str,
        queue: Queue,
        id: Option<&str>,
    ) -> Vec<Operation> {
        let is_selected = |operation: &Operation| {
            operation.owner == owner
                && operation.kind.queue() == queue
                && id.is_none_or(|id| operation.id == id)
        };
        let listed = self
            .operations
            .iter()
            .filter(|operation| is_selected(operation))
            .filter(|operation| operation.is_held || !operation.is_finished)
            .cloned()
            .collect();
        self.operations
            .retain(|operation| !(is_selected(operation) && operation.is_finished));
        for operation in self
            .operations
            .iter_mut()
            .filter(|known| is_selected(known))
        {
            operation.is_finished = true;
        }
        listed
    }

    /// Removes operations, finished or not: all of the account, or the one with this id.
    pub(crate) fn drop_operations(&mut self, owner: &str, id: Option<&str>) {
        self.operations.retain(|operation| {
            operation.owner != owner || id.is_some_and(|id| operation.id != id)
        });
    }
}
