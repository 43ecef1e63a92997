//! How the policy's own forms are read, with their places.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};

use super::template::Template;
use super::words::OneOrMany;
use super::{DriftMode, Match, Mode, Parts, TemplateChoice};
use crate::policy::written::{At, not_empty, text_or};
use crate::room::RoomType;
use crate::yaml::Spanned;

not_empty!(
    title,
    OneOrMany,
    "`title` is empty; remove the key, or write a glob"
);
not_empty!(
    kind,
    OneOrMany,
    "`type` is empty; remove the key, or write a room type"
);
not_empty!(
    creator,
    OneOrMany,
    "`creator` is empty; remove the key, or write a glob"
);
not_empty!(
    creator_name,
    OneOrMany,
    "`creator_name` is empty; remove the key, or write a glob"
);
not_empty!(
    creator_group,
    OneOrMany,
    "`creator_group` is empty; remove the key, or write the name of a group"
);
not_empty!(
    tagged,
    OneOrMany,
    "`tagged` is empty; remove the key, or write a tag"
);
not_empty!(
    except,
    Box<Spanned<Parts>>,
    "`except` is empty; remove the key, or write a matcher"
);
not_empty!(
    drift,
    DriftMode,
    "`drift` is empty; remove the key, or write `report` or `repair`"
);
not_empty!(
    mode,
    Mode,
    "`mode` is empty; remove the key, or write `enforce` or `observe`"
);

/// Room types, with the words of the interface replaced by those of the language: globs apply to the latter.
pub(super) fn room_types<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<OneOrMany>, D::Error> {
    let in_words = |mut written: Spanned<String>| {
        if let Some(kind) = RoomType::from_word(written.value.trim()) {
            written.value = kind.as_str().to_owned();
        }
        written
    };
    Ok(kind(deserializer)?.map(|types| match types {
        OneOrMany::One(one) => OneOrMany::One(in_words(one)),
        OneOrMany::Many(list) => OneOrMany::Many(Spanned {
            value: list.value.into_iter().map(in_words).collect(),
            span: list.span,
        }),
    }))
}

impl At for Match {
    fn at(self, span: crate::yaml::Span) -> Self {
        match self {
            Match::Parts(parts) => Match::Parts(Box::new(Spanned {
                value: parts.value,
                span,
            })),
            all @ Match::All(_) => all,
        }
    }
}

impl<'de> Deserialize<'de> for TemplateChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        enum Raw {
            One(String),
            Many(Vec<Spanned<String>>),
            Body(Box<Template>),
        }
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Raw;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a template's name, a list of names, or a template")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Raw, E> {
                Ok(Raw::One(text.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Raw, A::Error> {
                Vec::deserialize(de::value::SeqAccessDeserializer::new(seq)).map(Raw::Many)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Raw, A::Error> {
                let body = Template::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(Raw::Body(Box::new(body)))
            }
        }
        impl<'de> Deserialize<'de> for Raw {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_string(Any)
            }
        }
        let Spanned { value, span } = Spanned::<Raw>::deserialize(deserializer)?;
        Ok(match value {
            Raw::One(value) => TemplateChoice::One(Spanned { value, span }),
            Raw::Many(value) => TemplateChoice::Many(Spanned { value, span }),
            Raw::Body(body) => TemplateChoice::Body(Box::new(Spanned { value: *body, span })),
        })
    }
}

text_or!(
    Match,
    "`all`, or a table with `title`, `type`, `creator` or `except`",
    Match::All,
    visit_map<MapAccess>,
    |map| Parts::deserialize(de::value::MapAccessDeserializer::new(map)).map(|value| Match::Parts(
        Box::new(Spanned {
            value,
            span: crate::yaml::Span::default()
        })
    ))
);
