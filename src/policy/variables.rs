//! The values of the variables in one room.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use super::{Policy, PolicySet, Portal, Tables, Value, Variables};
use crate::room::Facts;

impl PolicySet {
    /// The variables that have the same values in all rooms.
    pub(super) fn constants(&self, policy: &Policy) -> Variables {
        constants(policy, &self.portal, &self.tables)
    }

    /// All variables in one room: the constant ones, then the policy's captures and the built-in ones; later ones win.
    pub fn variables_in(
        &self,
        policy: &Policy,
        captures: BTreeMap<String, String>,
        facts: &Facts,
    ) -> Variables {
        let mut variables = self.constants(policy);
        for (name, value) in captures {
            variables.set(name, Value::One(value));
        }
        let built_in = built_in(facts, self.fiscal_year_starts()).into_iter();
        // Nothing is better than a text with a gap.
        let is_known =
            |(name, value): &(&str, String)| !value.is_empty() || !name.starts_with("creator.");
        for (name, value) in built_in.filter(is_known) {
            variables.set(name, Value::One(value));
        }
        variables
    }
}

/// The variables that have the same values in all rooms: those of the portal, the templates and the policy; later ones win,
/// and the policy's captures hide them.
pub(super) fn constants(policy: &Policy, portal: &Portal, tables: &Arc<Tables>) -> Variables {
    let mut variables = Variables::new(tables.clone());
    let captures: Vec<&str> = policy.matcher.captures().collect();
    let of_portal = portal.vars.iter();
    for (name, value) in of_portal.chain(&policy.spec.vars).chain(&policy.vars) {
        if !captures.contains(&name.as_str()) {
            variables.set(name, value.clone());
        }
    }
    variables
}

fn built_in(facts: &Facts, fiscal_year_starts: (i8, i8)) -> [(&'static str, String); 9] {
    let created = facts.created;
    [
        ("room.title", facts.title.clone()),
        ("room.type", facts.kind.as_str().to_owned()),
        ("creator.name", facts.creator.name.clone()),
        ("creator.email", facts.creator.email.clone()),
        ("date.year", format!("{:04}", created.year())),
        ("date.month", format!("{:02}", created.month())),
        ("date.day", format!("{:02}", created.day())),
        ("date.quarter", quarter(created).to_string()),
        (
            "date.fiscal_year",
            format!("{:04}", fiscal_year(created, fiscal_year_starts)),
        ),
    ]
}

/// The quarter of the calendar year, from 1.
fn quarter(date: Date) -> i8 {
    (date.month() - 1) / 3 + 1
}

/// A fiscal year is named after the calendar year in which it ends.
fn fiscal_year(date: Date, starts: (i8, i8)) -> i16 {
    let begins_with_the_year = starts == (1, 1);
    let has_begun = (date.month(), date.day()) >= starts;
    date.year() + i16::from(has_begun && !begins_with_the_year)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_fiscal_year_is_named_after_the_year_in_which_it_ends() {
        for (day, starts, year) in [
            (date(2026, 1, 1), (1, 1), 2026),
            (date(2026, 12, 31), (1, 1), 2026),
            (date(2026, 3, 31), (4, 1), 2026),
            (date(2026, 4, 1), (4, 1), 2027),
            (date(2026, 4, 5), (4, 6), 2026),
            (date(2026, 4, 6), (4, 6), 2027),
        ] {
            assert_eq!(fiscal_year(day, starts), year, "{day} {starts:?}");
        }
        assert_eq!(quarter(date(2026, 3, 31)), 1);
        assert_eq!(quarter(date(2026, 10, 1)), 4);
    }
}
