//! What variables stand for in one room, and the tables in which values are looked up.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::Text;
use crate::room::fold;

/// What a variable stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// One text.
    One(String),
    /// A list, which multiplies the entries that name it.
    Many(Vec<String>),
}

impl Value {
    /// How many values it has.
    pub fn count(&self) -> usize {
        match self {
            Value::One(_) => 1,
            Value::Many(values) => values.len(),
        }
    }
}

/// Values by keys, which compare like all text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    values: BTreeMap<String, String>,
    default: Option<String>,
}

/// The tables of all files, by name.
pub type Tables = BTreeMap<String, Table>;

impl Table {
    /// Adds a value; `default` is for the keys that are not there. The value that the key had is returned.
    pub fn insert(&mut self, key: &str, value: String) -> Option<String> {
        match key.trim() {
            "default" => self.default.replace(value),
            key => self.values.insert(fold(key), value),
        }
    }

    /// Its values, that for all other keys included.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.values
            .values()
            .chain(&self.default)
            .map(String::as_str)
    }

    fn get(&self, key: &str) -> Option<&str> {
        let found = self.values.get(&fold(key.trim()));
        found.or(self.default.as_ref()).map(String::as_str)
    }
}

/// The values that variables have in one room under one policy.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    values: BTreeMap<String, Value>,
    tables: Arc<Tables>,
}

impl Variables {
    /// None yet.
    pub fn new(tables: Arc<Tables>) -> Self {
        Self {
            values: BTreeMap::new(),
            tables,
        }
    }

    /// Gives a variable its value, whatever it had.
    pub fn set(&mut self, name: impl Into<String>, value: Value) {
        self.values.insert(name.into(), value);
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    pub(super) fn look_up(&self, table: &str, key: &str) -> Option<&str> {
        self.tables.get(table)?.get(key)
    }

    /// These variables once for each combination of the lists that some texts name, the leftmost slowest: in each of
    /// them a list has one value.
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
