//! The values of variables in one room, and the tables for lookups.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Text;
use crate::room::{fold_title, is_guid, is_system_group, stored_title, title_units};

/// The key of a table's value for missing keys.
pub const DEFAULT: &str = "default";

/// The value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// One text.
    One(String),
    /// A list, which multiplies the entries that use it.
    Many(Vec<String>),
}

impl Value {
    /// The number of values.
    pub fn count(&self) -> usize {
        match self {
            Value::One(_) => 1,
            Value::Many(values) => values.len(),
        }
    }
}

/// Values by keys, which are compared like titles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    values: BTreeMap<String, String>,
    default: Option<String>,
    odd: Odd,
}

/// The values of a table that cannot be used everywhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Odd {
    longest: usize,
    altered: Option<String>,
    id: Option<String>,
}

/// The tables of all files, by name.
pub type Tables = BTreeMap<String, Table>;

impl Table {
    /// Adds a value; `default` is for missing keys. Returns the value that the key had before.
    pub fn insert(&mut self, key: &str, value: String) -> Option<String> {
        let odd = &mut self.odd;
        odd.longest = odd.longest.max(title_units(&value));
        if odd.altered.is_none() && stored_title(&value) != value.trim() {
            odd.altered = Some(value.clone());
        }
        if odd.id.is_none() && (is_guid(value.trim()) || is_system_group(&value)) {
            odd.id = Some(value.clone());
        }
        match key.trim() {
            DEFAULT => self.default.replace(value),
            key => self.values.insert(fold_title(key), value),
        }
    }

    /// Whether it has a value for missing keys.
    pub(in crate::policy) fn has_default(&self) -> bool {
        self.default.is_some()
    }

    /// All values, including the default.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.values
            .values()
            .chain(&self.default)
            .map(String::as_str)
    }

    /// The length of the longest value, as a title.
    pub(in crate::policy) fn longest(&self) -> usize {
        self.odd.longest
    }

    /// A value that DocSpace stores differently as a title.
    pub(in crate::policy) fn altered(&self) -> Option<&str> {
        self.odd.altered.as_deref()
    }

    /// A value that is an id or the name of a system group.
    pub(in crate::policy) fn id(&self) -> Option<&str> {
        self.odd.id.as_deref()
    }

    fn get(&self, key: &str) -> Option<&str> {
        let found = self.values.get(&fold_title(key));
        found.or(self.default.as_ref()).map(String::as_str)
    }
}

/// The values of the variables in one room under one policy.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    values: BTreeMap<String, Value>,
    tables: Arc<Tables>,
}

impl Variables {
    /// No variables yet.
    pub fn new(tables: Arc<Tables>) -> Self {
        Self {
            values: BTreeMap::new(),
            tables,
        }
    }

    /// Sets a variable, replacing its value.
    pub fn set(&mut self, name: impl Into<String>, value: Value) {
        self.values.insert(name.into(), value);
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    pub(super) fn table(&self, name: &str) -> Option<&Table> {
        self.tables.get(name)
    }

    pub(super) fn look_up(&self, table: &str, key: &str) -> Option<&str> {
        self.tables.get(table)?.get(key)
    }

    /// The number of items that an entry with these texts makes.
    pub(in crate::policy) fn times<'t>(&self, texts: impl IntoIterator<Item = &'t Text>) -> usize {
        let names: BTreeSet<&str> = texts.into_iter().flat_map(Text::variables).collect();
        let values = names.into_iter().filter_map(|name| self.values.get(name));
        values.fold(1, |product, value| product.saturating_mul(value.count()))
    }

    /// A copy for each combination of the lists that some texts use, the leftmost slowest: in each copy, a list has a
    /// single value.
    pub fn each<'t>(&self, texts: impl IntoIterator<Item = &'t Text>) -> Vec<Cow<'_, Self>> {
        let mut lists: Vec<(&str, &[String])> = Vec::new();
        for name in texts.into_iter().flat_map(Text::variables) {
            if let Some(Value::Many(values)) = self.values.get(name)
                && lists.iter().all(|(known, _)| *known != name)
            {
                lists.push((name, values));
            }
        }
        let mut all = vec![Cow::Borrowed(self)];
        for (name, values) in lists {
            all = all
                .iter()
                .flat_map(|variables| {
                    values.iter().map(|value| {
                        let mut one = Variables::clone(variables);
                        one.set(name, Value::One(value.clone()));
                        Cow::Owned(one)
                    })
                })
                .collect();
        }
        all
    }
}
