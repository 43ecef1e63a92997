//! Access to the elements of lists and tables, and to a value with its place.

use std::cell::RefCell;
use std::collections::HashSet;

use serde::de::{self, DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess};

use super::super::de_error::Error;
use super::super::tree::Node;
use super::De;

pub(super) struct Items<'n> {
    pub(super) items: std::slice::Iter<'n, Node>,
    pub(super) barred: &'n RefCell<HashSet<u32>>,
}

impl<'n> SeqAccess<'n> for Items<'n> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'n>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let barred = self.barred;
        match self.items.find(|item| !barred.borrow().contains(&item.id)) {
            Some(node) => seed.deserialize(De { node, barred }).map(Some),
            None => Ok(None),
        }
    }
}

pub(super) struct Entries<'n> {
    pub(super) entries: std::slice::Iter<'n, (Node, Node)>,
    /// The current key, and the value to read next.
    pub(super) here: Option<(&'n Node, &'n Node)>,
    pub(super) barred: &'n RefCell<HashSet<u32>>,
}

impl<'n> MapAccess<'n> for Entries<'n> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'n>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let barred = self.barred;
        let next = self.entries.find(|(key, value)| {
            let barred = barred.borrow();
            !barred.contains(&key.id) && !barred.contains(&value.id)
        });
        let Some((key, value)) = next else {
            return Ok(None);
        };
        self.here = Some((key, value));
        let de = De { node: key, barred };
        de.at(seed.deserialize(de)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'n>>(&mut self, seed: V) -> Result<V::Value, Error> {
        match self.here.take() {
            Some((key, node)) => {
                let de = De {
                    node,
                    barred: self.barred,
                };
                let read = de.at(seed.deserialize(de));
                read.map_err(|error| match error.at {
                    // An absent value has no place to show.
                    Some((id, _)) if id == node.id && node.is_absent() => Error {
                        at: Some((id, key.span)),
                        ..error
                    },
                    _ => error,
                })
            }
            None => Err(de::Error::custom("a value without a key")),
        }
    }
}

/// Returns the span of a node, then the node itself.
pub(super) struct WithPlace<'n> {
    pub(super) de: De<'n>,
    pub(super) step: u8,
}

impl<'n> SeqAccess<'n> for WithPlace<'n> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'n>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let span = self.de.node.span;
        self.step += 1;
        let number = |value: u32| IntoDeserializer::<Error>::into_deserializer(value);
        match self.step {
            1 => seed.deserialize(number(span.source.number())).map(Some),
            2 => seed.deserialize(number(span.start)).map(Some),
            3 => seed.deserialize(number(span.end)).map(Some),
            4 => seed.deserialize(self.de).map(Some),
            _ => Ok(None),
        }
    }
}
