//! Tags that become one for the portal with the values of their variables.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::Brought;
use super::inserted::variables;
use crate::policy::TemplateSpec;
use crate::policy::suppress::at_limit;
use crate::policy::template::{MAX_OF_ENTRY, same_tag};
use crate::policy::text::Text;
use crate::room::tag_key;
use crate::yaml::Problem;

pub(super) fn check(spec: &TemplateSpec, brought: &Brought<'_>, problems: &mut Vec<Problem>) {
    let has_values = |text: &Text| {
        let mut names = text.shown_variables();
        names.any(|name| !brought.values_of(name).is_empty())
    };
    if !spec.tags.iter().any(|entry| has_values(&entry.value)) {
        return;
    }
    let variables = variables(brought);
    let mut seen = BTreeMap::new();
    for entry in &spec.tags {
        let text = &entry.value;
        if brought.times(std::iter::once(text)) > MAX_OF_ENTRY {
            continue;
        }
        for tag in variables.each([text]) {
            // The value of a lookup depends on the room.
            let tag = text.expand(&tag).unwrap_or_default();
            let tag = tag.trim().to_owned();
            if tag.is_empty() {
                continue;
            }
            match seen.entry((entry.template.as_str(), tag_key(&tag))) {
                Entry::Vacant(free) => {
                    free.insert((tag, entry));
                }
                Entry::Occupied(first) => {
                    let (other, of) = first.get();
                    let is_inserted = has_values(text) || has_values(&of.value);
                    // Found in the template itself.
                    let is_known = of.place != entry.place && same_tag(&of.value) == same_tag(text);
                    if !is_inserted
                        || is_known
                        || *other == tag
                        || at_limit(problems, brought.span())
                    {
                        continue;
                    }
                    let message = format!(
                        "in the policy `{}`, `{other}` at {} and `{tag}` at {} are the same tag",
                        brought.policy.value, of.place, entry.place
                    );
                    problems.push(
                        Problem::warning(brought.span(), "same-tag", message)
                            .with_help("case and accents make no difference; keep one of them"),
                    );
                }
            }
        }
    }
}
