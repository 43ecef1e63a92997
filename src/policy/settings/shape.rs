//! The settings of a room, as written.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::policy::written::{self, not_empty, text_or};
use crate::yaml::Spanned;

/// Settings of a room. A setting that is absent is left unchanged.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Tags to add; tags that people set stay.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub tags: Option<Vec<Spanned<String>>>,
    /// The storage limit of the room: `5 GB`, `unlimited`, or `default` for the portal's default. 1 GB is 1024 MB.
    #[serde(default, deserialize_with = "quota")]
    #[schemars(
        with = "String",
        example = &"5 GB",
        extend("pattern" = r"^\s*([uU][nN][lL][iI][mM][iI][tT][eE][dD]|[dD][eE][fF][aA][uU][lL][tT]|[0-9]+(\.[0-9]+)?\s*([bB]|[bB]ytes?|[kKmMgGtT][iI]?[bB]))\s*$")
    )]
    pub quota: Option<Spanned<String>>,
    /// Whether viewers are prevented from downloading and copying.
    #[serde(default, deserialize_with = "deny_download")]
    #[schemars(with = "bool")]
    pub deny_download: Option<Spanned<bool>>,
    /// Whether entries are numbered. Turning it on orders the whole room by date.
    #[serde(default, deserialize_with = "indexing")]
    #[schemars(with = "bool")]
    pub indexing: Option<Spanned<bool>>,
    /// How long documents are kept, and what happens to them then; `none` to keep them forever.
    #[serde(default, deserialize_with = "lifetime")]
    #[schemars(with = "Lifetime")]
    pub lifetime: Option<Spanned<Lifetime>>,
    /// What is printed over documents; `none` for no watermark.
    #[serde(default, deserialize_with = "watermark")]
    #[schemars(with = "Watermark")]
    pub watermark: Option<Spanned<Watermark>>,
    /// The colour of the room's icon: six hexadecimal digits.
    #[serde(default, deserialize_with = "color")]
    #[schemars(with = "String", example = &"4781D1", extend("pattern" = "^[0-9A-Fa-f]{6}$"))]
    pub color: Option<Spanned<String>>,
    /// The cover of the room's icon: the id of one of the portal's covers; `none` for none.
    #[serde(default, deserialize_with = "cover")]
    #[schemars(with = "String", extend("minLength" = 1))]
    pub cover: Option<Spanned<String>>,
}

/// `none`, or a period and what happens to documents after it.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
pub enum Lifetime {
    /// Forever.
    None(#[schemars(with = "NoneWord")] Spanned<String>),
    /// A period.
    Table(LifetimeTable),
}

/// How long documents are kept.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("required" = ["keep", "then"]))]
pub struct LifetimeTable {
    /// How long a document is kept: 1 to 999 days, months or years, or 1 to 142 weeks.
    #[schemars(
        with = "String",
        example = &"24 months",
        extend("pattern" = r"^\s*[0-9]+\s*([dD]ays?|[wW]eeks?|[mM]onths?|[yY]ears?)\s*$")
    )]
    pub keep: Option<Spanned<String>>,
    /// What happens to it then.
    #[schemars(with = "Then")]
    pub then: Option<Then>,
}

/// What happens to a document at the end of its lifetime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    /// It is moved to the trash.
    Trash,
    /// It is deleted permanently.
    Delete,
}

/// `none`, or what is printed over documents.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
pub enum Watermark {
    /// No watermark.
    None(#[schemars(with = "NoneWord")] Spanned<String>),
    /// A watermark.
    Table(WatermarkTable),
}

/// What is printed over documents: `show`, a text, or both.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub struct WatermarkTable {
    /// Which facts about the reader, the time and the room to show.
    #[serde(default)]
    pub show: Vec<Shown>,
    /// A custom text of at most 255 characters.
    pub text: Option<Spanned<String>>,
    /// The angle in degrees, from -180 to 180; 0, the default, is horizontal, and -45 is DocSpace's "diagonal".
    #[schemars(range(min = -180, max = 180))]
    pub rotate: Option<Spanned<i32>>,
}

/// One fact that a watermark shows.
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
#[expect(dead_code, reason = "defines the word of the schema")]
enum NoneWord {
    /// None.
    None,
}

not_empty!(
    quota,
    Spanned<String>,
    "`quota` is empty; remove the key, or write a size such as `5 GB`, `unlimited` or `default`"
);
not_empty!(
    deny_download,
    Spanned<bool>,
    "`deny_download` is empty; remove the key, or write `true` or `false`"
);
not_empty!(
    indexing,
    Spanned<bool>,
    "`indexing` is empty; remove the key, or write `true` or `false`"
);
not_empty!(
    lifetime,
    Spanned<Lifetime>,
    "`lifetime` is empty; remove the key, or write `{ keep: 24 months, then: trash }` or `none`"
);
not_empty!(
    watermark,
    Spanned<Watermark>,
    "`watermark` is empty; remove the key, or write `{ show: [user-name, date] }` or `none`"
);
not_empty!(
    color,
    Spanned<String>,
    "`color` is empty; remove the key, or write six hexadecimal digits without `#`, which starts a comment"
);
not_empty!(
    cover,
    Spanned<String>,
    "`cover` is empty; remove the key, or write the id of a cover or `none`"
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
