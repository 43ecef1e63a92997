//! One text or a list.

use schemars::JsonSchema;

use crate::policy::written::{At, text_or};
use crate::yaml::{Span, Spanned};

/// The form of a name in the schema. Not every editor knows classes of letters, so that all characters beyond ASCII pass.
pub(in crate::policy) const NAME: &str = r"^[^\u0000-@\[-`{-\u007f][^\u0000-,./:-@\[-^`{-\u007f]*$";

/// One text, or a list.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
pub enum OneOrMany {
    /// One text.
    One(Spanned<String>),
    /// Several texts.
    Many(#[schemars(extend("minItems" = 1))] Spanned<Vec<Spanned<String>>>),
}

impl OneOrMany {
    /// The texts.
    pub fn as_slice(&self) -> &[Spanned<String>] {
        match self {
            OneOrMany::One(glob) => std::slice::from_ref(glob),
            OneOrMany::Many(globs) => globs,
        }
    }

    /// Their place in the file.
    pub fn span(&self) -> Option<Span> {
        match self {
            OneOrMany::One(text) => Some(text.span),
            OneOrMany::Many(list) => Some(list.span),
        }
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
