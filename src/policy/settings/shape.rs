//! The settings of a room as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::policy::written::{self, not_empty, text_or};
use crate::yaml::Spanned;

/// Settings of a room. What is absent is left as it is.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Tags to add; those that people set stay.
    #[serde(default)]
    pub tags: Vec<Spanned<String>>,
    /// How much the room may hold: `5 GB`, `unlimited`, or `default` for what the portal gives rooms. 1 GB is 1024 MB.
    #[serde(default, deserialize_with = "quota")]
    #[schemars(
        with = "String",
        example = &"5 GB",
        extend("pattern" = r"^\s*(unlimited|default|[0-9]+(\.[0-9]+)?\s*([bB]|[bB]ytes?|[kKmMgGtT][iI]?[bB]))\s*$")
    )]
    pub quota: Option<Spanned<String>>,
    /// Whether viewers are kept from downloading and copying.
    #[serde(default, deserialize_with = "deny_download")]
    #[schemars(with = "bool")]
    pub deny_download: Option<Spanned<bool>>,
    /// Whether entries are numbered. To switch it on orders the whole room by date.
    #[serde(default, deserialize_with = "indexing")]
    #[schemars(with = "bool")]
    pub indexing: Option<Spanned<bool>>,
    /// How long documents live, and what then becomes of them; `none` for ever.
    #[serde(default, deserialize_with = "lifetime")]
    #[schemars(with = "Lifetime")]
    pub lifetime: Option<Spanned<Lifetime>>,
    /// What is printed over documents; `none` for nothing.
    #[serde(default, deserialize_with = "watermark")]
    #[schemars(with = "Watermark")]
    pub watermark: Option<Spanned<Watermark>>,
    /// The colour of the room's picture: six hexadecimal digits.
    #[serde(default, deserialize_with = "color")]
    #[schemars(with = "String", example = &"4781D1", extend("pattern" = "^[0-9A-Fa-f]{6}$"))]
    pub color: Option<Spanned<String>>,
    /// The sign in the room's picture: the id of one of the portal's covers; `none` for no sign.
    #[serde(default, deserialize_with = "cover")]
    #[schemars(with = "String", extend("minLength" = 1))]
    pub cover: Option<Spanned<String>>,
}

/// `none`, or a period and what then becomes of the documents.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
pub enum Lifetime {
    /// For ever.
    None(#[schemars(with = "NoneWord")] Spanned<String>),
    /// A period.
    Table(LifetimeTable),
}

/// How long documents live.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("required" = ["keep", "then"]))]
pub struct LifetimeTable {
    /// For how long a document is kept: 1 to 999 days, weeks, months or years.
    #[schemars(
        with = "String",
        example = &"24 months",
        extend("pattern" = r"^\s*[0-9]+\s*([dD]ays?|[wW]eeks?|[mM]onths?|[yY]ears?)\s*$")
    )]
    pub keep: Option<Spanned<String>>,
    /// What then becomes of it.
    #[schemars(with = "Then")]
    pub then: Option<Then>,
}

/// What becomes of a document at the end of its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    /// It goes to the trash.
    Trash,
    /// It is deleted for good.
    Delete,
}

/// `none`, or what is printed over documents.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
pub enum Watermark {
    /// Nothing.
    None(#[schemars(with = "NoneWord")] Spanned<String>),
    /// Something.
    Table(WatermarkTable),
}

/// What is printed over documents: at least one thing or a text.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub struct WatermarkTable {
    /// What of the reader, the moment and the room is shown.
    #[serde(default)]
    pub show: Vec<Shown>,
    /// A text of one's own, at most 255 characters.
    pub text: Option<Spanned<String>>,
    /// Degrees from -180 to 180; 0, the default, is horizontal, and -45 is DocSpace's "diagonal".
    #[schemars(range(min = -180, max = 180))]
    pub rotate: Option<Spanned<i32>>,
}

/// One thing that a watermark shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// The reader's name.
    UserName,
    /// The reader's e-mail address.
    Email,
    /// The reader's IP address.
    Ip,
    /// The date.
    Date,
    /// The room's title.
    Room,
}

#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "gives the schema its word")]
enum NoneWord {
    /// None at all.
    None,
}

not_empty!(
    quota,
    Spanned<String>,
    "`quota` is empty; take the key out, or write a size such as `5 GB`, `unlimited` or `default`"
);
not_empty!(
    deny_download,
    Spanned<bool>,
    "`deny_download` is empty; take the key out, or write `true` or `false`"
);
not_empty!(
    indexing,
    Spanned<bool>,
    "`indexing` is empty; take the key out, or write `true` or `false`"
);
not_empty!(
    lifetime,
    Spanned<Lifetime>,
    "`lifetime` is empty; take the key out, or write `{ keep: 24 months, then: trash }` or `none`"
);
not_empty!(
    watermark,
    Spanned<Watermark>,
    "`watermark` is empty; take the key out, or write `{ show: [user-name, date] }` or `none`"
);
not_empty!(
    color,
    Spanned<String>,
    "`color` is empty; take the key out, or write six hexadecimal digits without `#`, which begins a comment"
);
not_empty!(
    cover,
    Spanned<String>,
    "`cover` is empty; take the key out, or write the id of a cover or `none`"
);

text_or!(
    Lifetime,
    "`none`, or a table with `keep` and `then`",
    Lifetime::None,
    visit_map<MapAccess>,
    |map| LifetimeTable::deserialize(serde::de::value::MapAccessDeserializer::new(map))
        .map(Lifetime::Table)
);
text_or!(
    Watermark,
    "`none`, or a table with `show`, `text` or `rotate`",
    Watermark::None,
    visit_map<MapAccess>,
    |map| WatermarkTable::deserialize(serde::de::value::MapAccessDeserializer::new(map))
        .map(Watermark::Table)
);

impl written::At for Lifetime {
    fn at(self, _: crate::yaml::Span) -> Self {
        self
    }
}

impl written::At for Watermark {
    fn at(self, _: crate::yaml::Span) -> Self {
        self
    }
}
