//! Which tags are missing, compared as the portal's database does; tags that people set stay.

use std::collections::BTreeMap;

use super::{Action, Note, Plan};
use crate::resolve::Wanted;
use crate::room::{Observed, tag_key};

pub(super) fn plan(wanted: &[Wanted<String>], seen: &Observed, plan: &mut Plan) {
    let there: BTreeMap<String, &String> = seen
        .room
        .tags
        .iter()
        .map(|tag| (tag_key(tag), tag))
        .collect();
    let mut missing = Vec::new();
    for tag in wanted {
        match there.get(&tag_key(&tag.value)) {
            None => missing.push(tag.clone()),
            // The portal uses the first spelling of a tag in every room.
            Some(spelling) if **spelling != tag.value => plan.notes.push(Note::TagSpelling {
                asked: tag.value.clone(),
                there: (*spelling).clone(),
            }),
            Some(_) => {}
        }
    }
    if !missing.is_empty() {
        plan.actions.push(Action::AddTags(missing));
    }
}
