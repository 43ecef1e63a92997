//! Settings: from the written form to values that the server accepts and that make sense. The server itself stores many
//! values that do not (docs/docspace.md, settings).

mod amount;
mod print;
pub(super) mod shape;

pub use self::print::written;
use self::shape::{Lifetime, LifetimeTable, Settings, Shown, Then, Watermark, WatermarkTable};
use super::text::{Text, Variables};
use crate::room::{self, Quota, Setting, SettingKey};
use crate::yaml::{Problem, Spanned};

/// The maximum length of a watermark's text, in UTF-16 units.
const MAX_WATERMARK_UNITS: usize = 255;

/// A setting in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingSpec {
    /// The same in every room.
    Fixed(Setting),
    /// A watermark whose text may have variables.
    Watermark {
        /// The parts that it shows, as DocSpace adds them up.
        additions: u8,
        /// A custom text.
        text: Text,
        /// The angle in degrees.
        rotate: i32,
    },
}

impl SettingSpec {
    /// The key of the setting.
    pub fn key(&self) -> SettingKey {
        match self {
            SettingSpec::Fixed(setting) => setting.key(),
            SettingSpec::Watermark { .. } => SettingKey::Watermark,
        }
    }

    /// The text in it that can contain variables.
    pub fn text(&self) -> Option<&Text> {
        match self {
            SettingSpec::Fixed(_) => None,
            SettingSpec::Watermark { text, .. } => Some(text),
        }
    }

    /// For display, with variables as they are written.
    pub fn shown(&self) -> String {
        match self {
            SettingSpec::Fixed(setting) => setting.to_string(),
            SettingSpec::Watermark {
                additions,
                text,
                rotate,
            } => Setting::Watermark(Some(room::Watermark {
                additions: *additions,
                text: text.to_string(),
                rotate: *rotate,
            }))
            .to_string(),
        }
    }

    /// The value in one room.
    ///
    /// # Errors
    /// Why it has no value there.
    pub fn expand(&self, variables: &Variables) -> Result<Setting, String> {
        let (additions, text, rotate) = match self {
            SettingSpec::Fixed(setting) => return Ok(setting.clone()),
            SettingSpec::Watermark {
                additions,
                text,
                rotate,
            } => (additions, text, rotate),
        };
        let expanded = text.expand(variables)?;
        if *additions == 0 && expanded.trim().is_empty() {
            return Err(format!("the watermark `{text}` is empty here"));
        }
        let units = expanded.encode_utf16().count();
        if units > MAX_WATERMARK_UNITS {
            return Err(format!(
                "the watermark's text `{text}` becomes {units} characters long, but DocSpace accepts at most {MAX_WATERMARK_UNITS}"
            ));
        }
        Ok(Setting::Watermark(Some(room::Watermark {
            additions: *additions,
            text: expanded,
            rotate: *rotate,
        })))
    }
}

/// The settings that are written, each with its place.
pub(super) fn read(written: &Settings, problems: &mut Vec<Problem>) -> Vec<Spanned<SettingSpec>> {
    // No `..`, so that a new setting cannot be forgotten here.
    let Settings {
        tags: _,
        quota,
        deny_download,
        indexing,
        lifetime,
        watermark,
        color,
        cover,
    } = written;
    let mut read = Vec::new();
    let mut add = |at: crate::yaml::Span, spec: Result<SettingSpec, Problems>| match spec {
        Ok(value) => read.push(Spanned { value, span: at }),
        Err(found) => problems.extend(found.0),
    };
    let fixed = SettingSpec::Fixed;
    let one = Problems::from;
    if let Some(quota) = quota {
        add(quota.span, quota_of(quota).map(fixed).map_err(one));
    }
    if let Some(on) = deny_download {
        add(on.span, Ok(fixed(Setting::DenyDownload(on.value))));
    }
    if let Some(on) = indexing {
        add(on.span, Ok(fixed(Setting::Indexing(on.value))));
    }
    if let Some(lifetime) = lifetime {
        add(lifetime.span, lifetime_of(lifetime).map(fixed));
    }
    if let Some(watermark) = watermark {
        add(watermark.span, watermark_of(watermark));
    }
    if let Some(color) = color {
        add(color.span, color_of(color).map(fixed).map_err(one));
    }
    if let Some(cover) = cover {
        add(cover.span, cover_of(cover).map(fixed).map_err(one));
    }
    read
}

/// Everything that is wrong with one setting.
struct Problems(Vec<Problem>);

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

fn quota_of(written: &Spanned<String>) -> Result<Setting, Problem> {
    let quota = match written.value.trim() {
        text if text.eq_ignore_ascii_case("unlimited") => Quota::Unlimited,
        text if text.eq_ignore_ascii_case("default") => Quota::Default,
        text if text.eq_ignore_ascii_case("none") => {
            let message = format!("`{text}` is not a quota");
            return Err(Problem::error(written.span, "bad-quota", message)
                .with_help("write `unlimited` for a room without a limit"));
        }
        text => Quota::Bytes(
            amount::size(text)
                .map_err(|message| Problem::error(written.span, "bad-quota", message))?,
        ),
    };
    Ok(Setting::Quota(quota))
}

/// The word `none`, which removes a setting.
fn none(word: &Spanned<String>, code: &'static str, instead: &str) -> Result<(), Problem> {
    if word.value.trim() == "none" {
        return Ok(());
    }
    let message = format!("`{}` is not valid here", word.value);
    Err(Problem::error(word.span, code, message).with_help(instead))
}

fn lifetime_of(written: &Spanned<Lifetime>) -> Result<Setting, Problems> {
    const CODE: &str = "bad-lifetime";
    const INCOMPLETE: &str = "incomplete-lifetime";
    let LifetimeTable { keep, then } = match &written.value {
        Lifetime::None(word) => {
            let instead =
                "write `{ keep: 24 months, then: trash }`, or `none` to keep documents forever";
            none(word, CODE, instead)?;
            return Ok(Setting::Lifetime(None));
        }
        Lifetime::Table(table) => table,
    };
    let period = match keep {
        Some(keep) => {
            amount::period(&keep.value).map_err(|message| Problem::error(keep.span, CODE, message))
        }
        None => {
            let message = "the lifetime does not say how long documents are kept";
            Err(Problem::error(written.span, INCOMPLETE, message)
                .with_help("add `keep:` with a period such as `24 months`"))
        }
    };
    let then = then.ok_or_else(|| {
        let message = "the lifetime does not say what happens to documents at its end";
        Problem::error(written.span, INCOMPLETE, message)
            .with_help("add `then: trash`, or `then: delete` to delete them permanently")
    });
    match (period, then) {
        (Ok((count, unit)), Ok(then)) => Ok(Setting::Lifetime(Some(room::Lifetime {
            count,
            unit,
            deletes: then == Then::Delete,
        }))),
        (period, then) => Err(Problems(
            period.err().into_iter().chain(then.err()).collect(),
        )),
    }
}

fn watermark_of(written: &Spanned<Watermark>) -> Result<SettingSpec, Problems> {
    const CODE: &str = "bad-watermark";
    let WatermarkTable { show, text, rotate } = match &written.value {
        Watermark::None(word) => {
            let instead = "write `{ show: [user-name, date] }`, or `none` for no watermark";
            none(word, CODE, instead)?;
            return Ok(SettingSpec::Fixed(Setting::Watermark(None)));
        }
        Watermark::Table(table) => table,
    };
    let additions = show.iter().fold(0, |sum, shown| sum | bit(*shown));
    let (read, at) = match text {
        Some(text) => (Text::new(text.value.trim()), text.span),
        None => (Text::new(""), written.span),
    };
    let mut problems = Vec::new();
    let text = match read {
        Ok(text) => Some(text),
        Err(message) => {
            problems.push(Problem::error(at, "bad-text", message));
            None
        }
    };
    let literal = text.as_ref().and_then(Text::literal);
    if additions == 0 && literal == Some("") {
        let message = "the watermark shows nothing";
        problems.push(
            Problem::error(written.span, "empty-watermark", message).with_help(
                "write what it shows: `show: [user-name, email, ip, date, room]`, or a `text`",
            ),
        );
    }
    let units = literal.map_or(0, |text| text.encode_utf16().count());
    if units > MAX_WATERMARK_UNITS {
        let message = format!(
            "the text is {units} characters long, but DocSpace accepts at most {MAX_WATERMARK_UNITS}"
        );
        problems.push(Problem::error(at, CODE, message));
    }
    let degrees = rotate.as_ref().map_or(0, |rotate| rotate.value);
    if let Some(rotate) = rotate
        && !(-180..=180).contains(&degrees)
    {
        let message = format!("`{degrees}` is not a valid angle; write degrees from -180 to 180");
        problems.push(Problem::error(rotate.span, CODE, message));
    }
    match text {
        Some(text) if problems.is_empty() => Ok(SettingSpec::Watermark {
            additions,
            text,
            rotate: degrees,
        }),
        _ => Err(Problems(problems)),
    }
}

fn bit(shown: Shown) -> u8 {
    match shown {
        Shown::UserName => 1,
        Shown::Email => 2,
        Shown::Ip => 4,
        Shown::Date => 8,
        Shown::Room => 16,
    }
}

fn color_of(written: &Spanned<String>) -> Result<Setting, Problem> {
    let text = written.value.trim();
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if text.len() == 6 && is_hex(text) {
        return Ok(Setting::Color(text.to_uppercase()));
    }
    let message = format!("`{text}` is not a colour");
    let bare = text.trim_start_matches('#');
    let meant = match bare.len() {
        6 if is_hex(bare) => Some(bare.to_uppercase()),
        3 if is_hex(bare) => Some(bare.to_uppercase().chars().flat_map(|c| [c, c]).collect()),
        _ => None,
    };
    Err(
        Problem::error(written.span, "bad-color", message).with_help(match meant {
            Some(meant) => format!("write six hexadecimal digits without `#`: {meant}"),
            None => "write six hexadecimal digits without `#`, such as `4781D1`".to_owned(),
        }),
    )
}

fn cover_of(written: &Spanned<String>) -> Result<Setting, Problem> {
    match written.value.trim() {
        "" => Err(
            Problem::error(written.span, "bad-cover", "the cover is empty")
                .with_help("write the id of a cover, or `none` for none"),
        ),
        "none" => Ok(Setting::Cover(String::new())),
        id => Ok(Setting::Cover(id.to_owned())),
    }
}
