//! Which settings differ. Settings that the response does not contain are unknown: neither sent nor a reason for a change.

use super::{Action, Note, Plan, SettingChange};
use crate::bind::Bound;
use crate::room::{Observed, SettingKey};

/// Indexing comes before the folders, all other settings after them.
pub(super) fn plan(
    bound: &Bound,
    seen: &Observed,
    which: impl Fn(SettingKey) -> bool,
    plan: &mut Plan,
) {
    let mut changes = Vec::new();
    for (key, wanted) in bound.settings.iter().filter(|(key, _)| which(**key)) {
        match seen.room.settings.get(key) {
            None => plan.notes.push(Note::UnknownSetting { key: *key }),
            Some(there) if *there == wanted.value => {}
            Some(there) => changes.push(SettingChange {
                from: there.clone(),
                to: wanted.value.clone(),
                by: wanted.by.clone(),
            }),
        }
    }
    if !changes.is_empty() {
        plan.actions.push(Action::UpdateSettings(changes));
    }
}
