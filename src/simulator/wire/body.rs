//! A body as .NET binds it to a model: first the types, then the rules for values (rooms-api.md 0 "JSON", J.2).

use serde_json::Value;

use crate::simulator::state::ids;
use crate::simulator::wire::call::{Call, Members};
use crate::simulator::wire::json_path;
use crate::simulator::wire::refusal::Refusal;

/// A JSON object of a body, with its path and its name in the model.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    members: Members,
    /// Its path, such as `$.lifetime`: the error key of a member with the wrong type.
    path: String,
    /// Its name in the model, such as `UpdateRoom.Lifetime.`: the prefix of the error key of a wrong value.
    name: String,
}

impl Call {
    /// The body, which the model calls `name`; a body that is the whole model has no name.
    pub(crate) fn bound(&self, name: &str) -> Result<Body, Refusal> {
        let is_absent = self.body.is_empty() || self.body.trim_ascii() == b"null";
        if self.is_json && is_absent {
            let message = "A non-empty request body is required.";
            return Err(Refusal::validation(name, message));
        }
        let members = self.body()?;
        Ok(Body::at(members, "$".to_owned(), name))
    }
}

impl Body {
    fn at(members: Members, path: String, name: &str) -> Self {
        let name = if name.is_empty() {
            String::new()
        } else {
            format!("{name}.")
        };
        Self {
            members,
            path,
            name,
        }
    }

    fn path(&self, name: &str) -> String {
        json_path::member(&self.path, &self.members.spelling(name))
    }

    fn read<T>(
        &self,
        name: &str,
        kind: &str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        let wrong = || Refusal::not_convertible(&self.path(name), kind);
        self.members
            .member(name)
            .map(|value| read(value).ok_or_else(wrong))
            .transpose()
    }

    /// A member of a type that does not accept null: its default if it is absent.
    fn plain<T: Default>(
        &self,
        name: &str,
        kind: &str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<T, Refusal> {
        match self.members.present(name) {
            None => Ok(T::default()),
            Some(value) => {
                read(value).ok_or_else(|| Refusal::not_convertible(&self.path(name), kind))
            }
        }
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Refusal> {
        self.read(name, "String", |value| value.as_str().map(str::to_owned))
    }

    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        self.read(name, "Boolean", Value::as_bool)
    }

    pub(crate) fn plain_flag(&self, name: &str) -> Result<bool, Refusal> {
        self.plain(name, "Boolean", Value::as_bool)
    }

    /// A 64-bit integer.
    pub(crate) fn long(&self, name: &str) -> Result<Option<i64>, Refusal> {
        self.read(name, "Int64", whole)
    }

    pub(crate) fn plain_long(&self, name: &str) -> Result<i64, Refusal> {
        self.plain(name, "Int64", whole)
    }

    /// A 32-bit integer.
    pub(crate) fn int(&self, name: &str) -> Result<Option<i32>, Refusal> {
        self.read(name, "Int32", int)
    }

    pub(crate) fn plain_int(&self, name: &str) -> Result<i32, Refusal> {
        self.plain(name, "Int32", int)
    }

    /// The number of an enumeration value, which the enumeration need not contain.
    pub(crate) fn plain_enum(&self, name: &str, kind: &str) -> Result<i32, Refusal> {
        let read = |value: &Value| int(value).filter(|_| value.is_number());
        self.plain(name, kind, read)
    }

    pub(crate) fn plain_double(&self, name: &str) -> Result<f64, Refusal> {
        let parsed = |value: &Value| value.as_str()?.parse().ok();
        self.plain(name, "Double", |value| {
            value.as_f64().or_else(|| parsed(value))
        })
    }

    pub(crate) fn guid(&self, name: &str) -> Result<Option<String>, Refusal> {
        let read = |value: &Value| ids::parse_guid(value.as_str()?);
        match self.members.present(name) {
            None => Ok(None),
            Some(value) => read(value)
                .ok_or_else(|| Refusal::not_convertible(&self.path(name), "Guid"))
                .map(Some),
        }
    }

    /// An object, which the model calls `named`.
    pub(crate) fn object(&self, name: &str, named: &str) -> Result<Option<Self>, Refusal> {
        let read = |value: &Value| value.is_object().then(|| Members(value.clone()));
        let members = self.read(name, "Object", read)?;
        let named = self.key(named);
        Ok(members.map(|members| Self::at(members, self.path(name), &named)))
    }

    pub(crate) fn list(&self, name: &str) -> Result<Option<Vec<Value>>, Refusal> {
        self.read(name, "Collections.Generic.List", |value| {
            value.as_array().cloned()
        })
    }

    /// A list of objects, which the model calls `named`; null elements become `None`.
    pub(crate) fn objects(
        &self,
        name: &str,
        named: &str,
        kind: &str,
    ) -> Result<Vec<Option<Self>>, Refusal> {
        let object = |(at, value): (usize, Value)| {
            let path = format!("{}[{at}]", self.path(name));
            match value {
                Value::Null => Ok(None),
                Value::Object(_) => {
                    let named = self.key(&format!("{named}[{at}]"));
                    Ok(Some(Self::at(Members(value), path, &named)))
                }
                _ => Err(Refusal::not_convertible(&path, kind)),
            }
        };
        let values = self.list(name)?.unwrap_or_default();
        values.into_iter().enumerate().map(object).collect()
    }

    /// A list of texts, in which elements may be null.
    pub(crate) fn texts(&self, name: &str) -> Result<Option<Vec<Option<String>>>, Refusal> {
        let text = |(at, value): (usize, Value)| match value {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text)),
            _ => {
                let path = format!("{}[{at}]", self.path(name));
                Err(Refusal::not_convertible(&path, "String"))
            }
        };
        self.list(name)?
            .map(|values| values.into_iter().enumerate().map(text).collect())
            .transpose()
    }

    pub(crate) fn of(value: Value) -> Self {
        Self::at(Members(value), "$".to_owned(), "")
    }

    /// The whole object.
    pub(crate) fn whole(&self) -> &Value {
        &self.members.0
    }

    /// The value of a member of any type.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.members.present(name)
    }

    pub(crate) fn wrong_type(&self, name: &str, kind: &str) -> Refusal {
        Refusal::not_convertible(&self.path(name), kind)
    }

    /// Requires members; null is accepted.
    pub(crate) fn demand(&self, names: &[&str]) -> Result<(), Refusal> {
        let absent = |name: &&&str| self.members.present(name).is_none();
        match names.iter().find(absent) {
            Some(name) => Err(Refusal::missing_member(name)),
            None => Ok(()),
        }
    }

    /// The error key of a member: its name in the model.
    pub(crate) fn key(&self, named: &str) -> String {
        format!("{}{named}", self.name)
    }
}

/// The errors in the values of a body, which are reported together.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<(String, String)>);

impl Faults {
    /// Checks the length of a text in UTF-16 units.
    pub(crate) fn length(&mut self, body: &Body, named: &str, text: Option<&String>, max: usize) {
        if text.is_some_and(|text| text.encode_utf16().count() > max) {
            self.add(
                body,
                named,
                format!("The field {named} must be a string with a maximum length of {max}."),
            );
        }
    }

    pub(crate) fn range(&mut self, body: &Body, named: &str, value: i64, min: i64, max: i64) {
        if !(min..=max).contains(&value) {
            let message = format!("The field {named} must be between {min} and {max}.");
            self.add(body, named, message);
        }
    }

    pub(crate) fn required<T>(&mut self, body: &Body, named: &str, value: Option<&T>) {
        if value.is_none() {
            self.add(body, named, format!("The {named} field is required."));
        }
    }

    pub(crate) fn add(&mut self, body: &Body, named: &str, message: impl Into<String>) {
        self.0.push((body.key(named), message.into()));
    }

    pub(crate) fn into_result(self) -> Result<(), Refusal> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Refusal::Validation(self.0))
        }
    }
}

/// An integer, which may be a string.
fn whole(value: &Value) -> Option<i64> {
    value
        .as_i64()
        .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
}

fn int(value: &Value) -> Option<i32> {
    whole(value).and_then(|number| i32::try_from(number).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn body(value: Value) -> Body {
        Body::at(Members(value), "$".to_owned(), "UpdateRoom")
    }

    fn key<T: std::fmt::Debug>(refused: Result<T, Refusal>) -> String {
        match refused.unwrap_err() {
            Refusal::Validation(faults) => faults[0].0.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_wrong_type_is_reported_with_its_path_in_the_clients_spelling() {
        let body = body(json!({ "Lifetime": { "value": "x", "enabled": 1 }, "tags": ["a", 1] }));
        let lifetime = body.object("lifetime", "Lifetime").unwrap().unwrap();
        assert_eq!(key(lifetime.int("value")), "$.Lifetime.value");
        assert_eq!(key(lifetime.flag("enabled")), "$.Lifetime.enabled");
        assert_eq!(key(body.texts("tags")), "$.tags[1]");
    }

    #[test]
    fn wrong_values_are_reported_together_by_the_names_of_the_model() {
        let body = body(json!({ "color": "1234567", "lifetime": {} }));
        let lifetime = body.object("lifetime", "Lifetime").unwrap().unwrap();
        let mut faults = Faults::default();
        faults.length(&body, "Color", body.text("color").unwrap().as_ref(), 6);
        faults.range(&lifetime, "Value", 1000, 1, 999);
        let Err(Refusal::Validation(reported)) = faults.into_result() else {
            panic!()
        };
        let keys: Vec<&str> = reported.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["UpdateRoom.Color", "UpdateRoom.Lifetime.Value"]);
    }

    #[test]
    fn null_counts_as_absent_except_for_types_that_do_not_accept_it() {
        let body = body(json!({ "quota": null, "private": null }));
        assert_eq!(body.long("quota").unwrap(), None);
        assert_eq!(key(body.plain_flag("private")), "$.private");
        assert_eq!(body.plain_int("rotate").unwrap(), 0);
    }

    #[test]
    fn numbers_may_be_strings_but_not_fractions() {
        let body = body(json!({ "a": "12", "b": 1.5, "c": 5_000_000_000_i64 }));
        assert_eq!(body.long("a").unwrap(), Some(12));
        assert_eq!(key(body.long("b")), "$.b");
        assert_eq!(key(body.int("c")), "$.c");
    }
}
