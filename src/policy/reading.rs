//! How the written forms that are text or something else are read, with their places.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};

use super::file::{
    DriftMode, Folder, Match, Membership, Mode, OneOrMany, Parts, Role, RoleTable, Template,
    TemplateChoice, VarValue,
};
use crate::room::RoomType;
use crate::yaml::Spanned;

/// A key that is there but emptied would widen a policy without a word, so it is an error.
macro_rules! not_empty {
    ($name:ident, $type:ty, $message:literal) => {
        pub(super) fn $name<'de, D: ::serde::Deserializer<'de>>(
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

not_empty!(
    title,
    OneOrMany,
    "`title` is empty; take the key out or write a glob"
);
not_empty!(
    kind,
    OneOrMany,
    "`type` is empty; take the key out or write a room type"
);
not_empty!(
    creator,
    OneOrMany,
    "`creator` is empty; take the key out or write a glob"
);
not_empty!(
    creator_name,
    OneOrMany,
    "`creator_name` is empty; take the key out or write a glob"
);
not_empty!(
    creator_group,
    OneOrMany,
    "`creator_group` is empty; take the key out or write the name of a group"
);
not_empty!(
    tagged,
    OneOrMany,
    "`tagged` is empty; take the key out or write a tag"
);
not_empty!(
    extends,
    OneOrMany,
    "`extends` is empty; take the key out or write a template's name"
);
not_empty!(
    except,
    Box<Spanned<Parts>>,
    "`except` is empty; take the key out or write a matcher"
);
not_empty!(
    membership,
    Spanned<Membership>,
    "`membership` is empty; take the key out, or write `additive` or `exact`"
);
not_empty!(
    owner,
    Spanned<String>,
    "`owner` is empty; take the key out, or write an e-mail address"
);
not_empty!(
    allowed_domains,
    OneOrMany,
    "`allowed_domains` is empty; take the key out, or write a domain such as `partner.example`"
);
not_empty!(
    highest,
    Spanned<String>,
    "`highest` is empty; take the key out, or write a role such as `viewer`"
);
not_empty!(
    drift,
    DriftMode,
    "`drift` is empty; take the key out, or write `report` or `repair`"
);
not_empty!(
    mode,
    Mode,
    "`mode` is empty; take the key out, or write `enforce` or `observe`"
);

/// Room types, of which the words of the interface are turned into those of the language: globs are over the latter.
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

// String-or-table and string-or-list are visitors: `untagged` would buffer and lose every place.

macro_rules! text_or {
    ($name:ident, $expecting:literal, $text:expr, $method:ident<$access:ident>, $other:expr) => {
        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                use ::serde::de::{self, Deserialize, Deserializer, Visitor, $access};
                use ::std::fmt;
                use $crate::policy::reading::At as _;
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

/// A form that keeps the place of the whole.
pub(super) trait At {
    fn at(self, span: crate::yaml::Span) -> Self;
}

impl At for Role {
    fn at(self, _: crate::yaml::Span) -> Self {
        self
    }
}

impl At for OneOrMany {
    fn at(self, span: crate::yaml::Span) -> Self {
        match self {
            OneOrMany::Many(globs) => OneOrMany::Many(Spanned { span, ..globs }),
            one @ OneOrMany::One(_) => one,
        }
    }
}

impl At for VarValue {
    fn at(self, span: crate::yaml::Span) -> Self {
        match self {
            VarValue::Many(texts) => VarValue::Many(Spanned { span, ..texts }),
            one @ VarValue::One(_) => one,
        }
    }
}

impl At for Folder {
    fn at(self, _: crate::yaml::Span) -> Self {
        self
    }
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

text_or!(
    Role,
    "a role such as `editor`, or a table by room type",
    Role::Everywhere,
    visit_map<MapAccess>,
    |map| RoleTable::deserialize(de::value::MapAccessDeserializer::new(map)).map(Role::Table)
);
text_or!(
    OneOrMany,
    "a text, or a list of texts",
    OneOrMany::One,
    visit_seq<SeqAccess>,
    |seq| Vec::deserialize(de::value::SeqAccessDeserializer::new(seq)).map(|value| {
        OneOrMany::Many(Spanned {
            value,
            span: crate::yaml::Span::default(),
        })
    })
);
text_or!(
    VarValue,
    "a text, or a list of texts",
    VarValue::One,
    visit_seq<SeqAccess>,
    |seq| Vec::deserialize(de::value::SeqAccessDeserializer::new(seq)).map(|value| {
        VarValue::Many(Spanned {
            value,
            span: crate::yaml::Span::default(),
        })
    })
);

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
text_or!(
    Folder,
    "a title, a path, or one title with its children",
    Folder::Path,
    visit_map<MapAccess>,
    branch
);

fn branch<'de, A: MapAccess<'de>>(mut map: A) -> Result<Folder, A::Error> {
    let Some(title) = map.next_key::<Spanned<String>>()? else {
        return Err(de::Error::custom("a folder needs a title"));
    };
    let children = match map.next_value::<Children>()? {
        Children::List(children) => children,
        Children::Nothing => {
            return Err(de::Error::custom(format!(
                "the folder `{0}` has no children: write `- {0}`, or, if a variable is meant, `- \"{{{0}}}\"` in quotes",
                title.value
            )));
        }
        Children::Text(text) => {
            return Err(de::Error::custom(format!(
                "the folder `{0}` has `{text}` where its list of children should be; if that is one title, write `- \"{0}: {text}\"` in quotes",
                title.value
            )));
        }
    };
    if let Some(second) = map.next_key::<Spanned<String>>()? {
        return Err(de::Error::custom(format!(
            "`{}` stands in the same entry as `{}`: begin each folder with `- `",
            second.value, title.value
        )));
    }
    Ok(Folder::Tree(title, children))
}

/// What stands behind the title of a branch.
enum Children {
    List(Vec<Folder>),
    Text(String),
    Nothing,
}

impl<'de> Deserialize<'de> for Children {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Children;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of folders")
            }
            fn visit_unit<E: de::Error>(self) -> Result<Children, E> {
                Ok(Children::Nothing)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Children, E> {
                Ok(Children::Text(text.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Children, A::Error> {
                Vec::deserialize(de::value::SeqAccessDeserializer::new(seq)).map(Children::List)
            }
        }
        deserializer.deserialize_any(Any)
    }
}
