//! Whether the room gets another owner.

use super::{Action, Plan};
use crate::bind::BoundOwner;
use crate::room::Observed;

pub(super) fn plan(wanted: Option<&BoundOwner>, seen: &Observed, plan: &mut Plan) {
    let Some(wanted) = wanted else {
        return;
    };
    if wanted.person.id != seen.owner.id {
        plan.actions.push(Action::ChangeOwner {
            from: seen.owner.name.clone(),
            to: Box::new(wanted.person.clone()),
            by: wanted.by.clone(),
        });
    }
}
