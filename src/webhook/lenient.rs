//! Reads the few relevant members of an object, so that no other content can make it unreadable.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::room::RoomId;

/// The members of `event` and `payload` that are read.
const READ: [&str; 6] = [
    "id",
    "trigger",
    "createOn",
    "title",
    "rootFolderType",
    "fileEntryType",
];
/// The largest number up to which a float such as `57.0` is exactly one integer.
const MAX_WHOLE: f64 = 9_007_199_254_740_992.0;

/// The members in `READ`, of any type; a value that is not an object has none.
#[derive(Debug, Default)]
pub(super) struct Members(BTreeMap<&'static str, Scalar>);

#[derive(Debug, PartialEq)]
enum Scalar {
    Number(i64),
    Text(String),
    Other,
}

impl Members {
    /// A whole number, also as `57.0` or as text.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        match self.0.get(name)? {
            Scalar::Number(number) => Some(*number),
            Scalar::Text(text) => text.trim().parse().ok(),
            Scalar::Other => None,
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(name)? {
            Scalar::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A positive number, or the text id of a third-party room.
    pub(super) fn room(&self) -> Option<RoomId> {
        match self.0.get("id")? {
            Scalar::Number(number) => (*number > 0).then(|| RoomId::new(number.to_string())),
            Scalar::Text(text) => {
                let text = text.trim();
                (!text.is_empty()).then(|| RoomId::new(text))
            }
            Scalar::Other => None,
        }
    }
}

/// Accepts any value, so that no payload can make a delivery unreadable.
struct Lenient<T>(PhantomData<T>);

trait FromAnything: Sized {
    fn scalar(scalar: Scalar) -> Self;

    fn object<'de, A: MapAccess<'de>>(object: A) -> Result<Self, A::Error>;
}

impl FromAnything for Scalar {
    fn scalar(scalar: Scalar) -> Self {
        scalar
    }

    fn object<'de, A: MapAccess<'de>>(mut object: A) -> Result<Self, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }
}

impl FromAnything for Members {
    fn scalar(_: Scalar) -> Self {
        Members::default()
    }

    fn object<'de, A: MapAccess<'de>>(mut object: A) -> Result<Self, A::Error> {
        let mut members = BTreeMap::new();
        while let Some(key) = object.next_key::<String>()? {
            match READ.into_iter().find(|name| *name == key) {
                Some(name) => {
                    members.insert(name, object.next_value()?);
                }
                None => {
                    object.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Members(members))
    }
}

impl<'de, T: FromAnything> Visitor<'de> for Lenient<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_bool<E>(self, _: bool) -> Result<T, E> {
        Ok(T::scalar(Scalar::Other))
    }

    fn visit_i64<E>(self, number: i64) -> Result<T, E> {
        Ok(T::scalar(Scalar::Number(number)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<T, E> {
        Ok(T::scalar(
            i64::try_from(number).map_or(Scalar::Other, Scalar::Number),
        ))
    }

    fn visit_f64<E>(self, number: f64) -> Result<T, E> {
        let is_whole = number.fract() == 0.0 && number.abs() <= MAX_WHOLE;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "it is whole and small enough"
        )]
        let whole = number as i64;
        Ok(T::scalar(if is_whole {
            Scalar::Number(whole)
        } else {
            Scalar::Other
        }))
    }

    fn visit_str<E>(self, text: &str) -> Result<T, E> {
        Ok(T::scalar(Scalar::Text(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::scalar(Scalar::Other))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<T, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(T::scalar(Scalar::Other))
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<T, A::Error> {
        T::object(object)
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Lenient(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Lenient(PhantomData))
    }
}
