//! What is known of a text before there is a room.

use std::collections::BTreeSet;

use super::{Segment, Text, Variable, Variables};
use crate::policy::glob;

impl Text {
    /// The text with the variables replaced that have a single value.
    pub(in crate::policy) fn filled(&self, variables: &Variables) -> Self {
        let mut filled: Vec<Segment> = Vec::new();
        for segment in &self.0 {
            let value = Self(vec![segment.clone()]).expand(variables);
            match (value, filled.last_mut()) {
                (Ok(value), Some(Segment::Literal(before))) => before.push_str(&value),
                (Ok(value), _) => filled.push(Segment::Literal(value)),
                (Err(_), _) => filled.push(segment.clone()),
            }
        }
        Self(filled)
    }

    /// All texts that this can become, if only the key of one lookup depends on the room: its value is any of the table.
    pub(in crate::policy) fn all(&self, variables: &Variables) -> Vec<String> {
        let filled = self.filled(variables);
        if let Some(text) = filled.literal() {
            return vec![text.to_owned()];
        }
        let [before @ .., last] = filled.0.as_slice() else {
            return Vec::new();
        };
        let (before, lookup, after) = match (before, last) {
            ([Segment::Literal(before), lookup], Segment::Literal(after)) => {
                (before.as_str(), lookup, after.as_str())
            }
            ([Segment::Literal(before)], lookup) => (before.as_str(), lookup, ""),
            ([lookup], Segment::Literal(after)) => ("", lookup, after.as_str()),
            ([], lookup) => ("", lookup, ""),
            _ => return Vec::new(),
        };
        let Segment::Lookup(table, key) = lookup else {
            return Vec::new();
        };
        // With a known key, there is no value.
        if variables.get(&key.name).is_some() {
            return Vec::new();
        }
        let values = variables.table(table).into_iter();
        let values = values.flat_map(super::Table::values);
        values
            .map(|value| format!("{before}{value}{after}"))
            .collect()
    }

    /// The glob of all texts that this can become, with some variables as captures.
    pub(in crate::policy) fn to_glob(&self, is_capture: impl Fn(&str) -> bool) -> String {
        let mut glob = String::new();
        let mut captured = BTreeSet::new();
        for segment in &self.0 {
            match segment {
                Segment::Literal(text) => glob.push_str(&glob::literal(text)),
                Segment::Variable(Variable { name, .. })
                    if is_capture(name) && captured.insert(name) =>
                {
                    glob.push_str(&format!("{{{name}}}"));
                }
                Segment::Variable(_) | Segment::Lookup(..) => glob.push('*'),
            }
        }
        glob
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Value;

    #[test]
    fn what_is_known_is_filled_in_and_the_rest_is_a_glob() {
        let mut variables = Variables::default();
        variables.set("unit", Value::One("R*D".to_owned()));
        variables.set("many", Value::Many(vec!["a".to_owned(), "b".to_owned()]));
        let text = Text::new("Team {unit} {client:upper} {many} {client}").unwrap();
        let filled = text.filled(&variables);
        assert_eq!(
            filled.to_string(),
            "Team R*D {client:upper} {many} {client}"
        );
        assert_eq!(
            filled.to_glob(|name| name == "client"),
            r"Team R\*D {client} * *"
        );
    }
}
