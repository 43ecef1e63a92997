//! Forms that several keys share: a key that must not be empty, and a text or something else, each with its place.

/// A key without a value would silently widen a policy, so it is an error.
macro_rules! not_empty {
    ($name:ident, $type:ty, $message:literal) => {
        pub(in crate::policy) fn $name<'de, D: ::serde::Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<$type>, D::Error> {
            match ::serde::Deserialize::deserialize(deserializer)? {
                None => Err(::serde::de::Error::custom($message)),
                some => Ok(some),
            }
        }
    };
}
pub(super) use not_empty;

// Text-or-table and text-or-list are visitors: `untagged` would buffer and lose every place.

macro_rules! text_or {
    ($name:ident, $expecting:literal, $text:expr, $method:ident<$access:ident>, $other:expr) => {
        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                use ::serde::de::{self, Deserialize, Deserializer, Visitor, $access};
                use ::std::fmt;
                use $crate::policy::written::At as _;
                use $crate::yaml::Spanned;

                struct Text(Raw);
                enum Raw {
                    Text(String),
                    Other(Box<$name>),
                }
                struct Either;
                impl<'de> Visitor<'de> for Either {
                    type Value = Text;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expecting)
                    }
                    fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
                        Ok(Text(Raw::Text(text.to_owned())))
                    }
                    fn $method<A: $access<'de>>(self, access: A) -> Result<Text, A::Error> {
                        let other = ($other)(access)?;
                        Ok(Text(Raw::Other(Box::new(other))))
                    }
                }
                impl<'de> Deserialize<'de> for Text {
                    fn deserialize<D: Deserializer<'de>>(
                        deserializer: D,
                    ) -> Result<Self, D::Error> {
                        deserializer.deserialize_string(Either)
                    }
                }
                let Spanned { value, span } = Spanned::<Text>::deserialize(deserializer)?;
                Ok(match value.0 {
                    Raw::Text(text) => $text(Spanned { value: text, span }),
                    Raw::Other(other) => (*other).at(span),
                })
            }
        }
    };
}

pub(super) use text_or;

/// A form that keeps the place of the whole value.
pub(super) trait At {
    fn at(self, span: crate::yaml::Span) -> Self;
}
