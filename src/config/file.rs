//! `roomwright.yaml`: its shape, and what cannot be meant.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde::de::{self, Deserializer};

use super::{
    Error, Flags, Limits, Mode, MonthDay, Ownership, PortalWords, Retry, Sweeping, Words, text_of,
};
use crate::yaml::{self, Problem, Severity, Sources, Spanned};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    pub(super) listen: Option<Spanned<String>>,
    pub(super) policies: Option<PathBuf>,
    pub(super) store: Option<String>,
    pub(super) mode: Option<Mode>,
    pub(super) docspace: Portal,
    pub(super) retry: RetryFile,
    pub(super) limits: LimitsFile,
    pub(super) sweep: SweepFile,
    pub(super) vars: BTreeMap<Spanned<String>, Words>,
    pub(super) fiscal_year_starts: Option<Spanned<MonthDay>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Portal {
    pub(super) host: Option<String>,
    pub(super) api_key_file: Option<PathBuf>,
    pub(super) webhook_secret_file: Option<PathBuf>,
    pub(super) webhook_secret_previous_file: Option<PathBuf>,
    pub(super) ownership: Option<Ownership>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RetryFile {
    pub(super) first: Option<Spanned<Period>>,
    pub(super) longest: Option<Spanned<Period>>,
    pub(super) attempts: Option<Spanned<u32>>,
    pub(super) after_lost_answer: Option<Spanned<Period>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LimitsFile {
    pub(super) requests_per_minute: Option<Spanned<u32>>,
    pub(super) writes_at_once: Option<Spanned<u32>>,
    pub(super) reads_at_once: Option<Spanned<u32>>,
    pub(super) writes_per_day: Option<Spanned<u64>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SweepFile {
    pub(super) newest: Option<Spanned<Period>>,
    pub(super) all: Option<Spanned<Period>>,
}

/// A length of time such as `5 s`, `250 ms`, `30 min`, `2 h`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Period(Duration);

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Period;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a length of time such as `5 s` or `30 min`")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Period, E> {
                duration(text).map(Period).ok_or_else(|| {
                    E::custom(format!(
                        "`{text}` is no length of time; write a number with `ms`, `s`, `min` or `h`"
                    ))
                })
            }
        }
        deserializer.deserialize_string(Text)
    }
}

fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let millis = match unit.trim() {
        "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(millis).map(Duration::from_millis)
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> de::Visitor<'de> for Any {
            type Value = Words;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or a list of texts")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Words, E> {
                Ok(Words::One(text.to_owned()))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<Words, A::Error> {
                Vec::deserialize(de::value::SeqAccessDeserializer::new(seq)).map(Words::Many)
            }
        }
        deserializer.deserialize_string(Any)
    }
}

impl<'de> Deserialize<'de> for MonthDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = MonthDay;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a month and a day such as `04-01`")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<MonthDay, E> {
                month_day(text).ok_or_else(|| {
                    E::custom(format!(
                        "`{text}` is no day of the year; write month and day, such as `04-01` for the first of April"
                    ))
                })
            }
        }
        deserializer.deserialize_string(Text)
    }
}

fn month_day(text: &str) -> Option<MonthDay> {
    let (month, day) = text.trim().split_once('-')?;
    let two = |text: &str| (text.len() == 2).then(|| text.parse::<i8>().ok()).flatten();
    let (month, day) = (two(month)?, two(day)?);
    // In a year that is no leap year: the day is there every year.
    jiff::civil::Date::new(2023, month, day).ok()?;
    Some(MonthDay { month, day })
}

impl File {
    /// What it says to all policies.
    pub(super) fn words(&self) -> PortalWords {
        let vars = self.vars.iter();
        PortalWords {
            vars: vars
                .map(|(name, words)| (name.value.clone(), words.clone()))
                .collect(),
            fiscal_year_starts: self
                .fiscal_year_starts
                .as_ref()
                .map_or(MonthDay::default(), |day| day.value),
        }
    }

    /// The file that the flags name, or the one that is there.
    pub(super) fn of(flags: &Flags) -> Result<Self, Error> {
        let usual = Path::new("roomwright.yaml");
        match &flags.config {
            Some(path) => read(path),
            None if usual.exists() => read(usual),
            None => Ok(File::default()),
        }
    }

    /// Paths of the file are relative to the directory that it stands in.
    fn stand_in(&mut self, directory: &Path) {
        let Portal {
            host: _,
            api_key_file,
            webhook_secret_file,
            webhook_secret_previous_file,
            ownership: _,
        } = &mut self.docspace;
        let paths = [
            &mut self.policies,
            api_key_file,
            webhook_secret_file,
            webhook_secret_previous_file,
        ];
        for path in paths.into_iter().flatten() {
            *path = directory.join(&path);
        }
        let file = self
            .store
            .as_deref()
            .and_then(|url| url.strip_prefix("sqlite:"));
        if let Some(file) = file.filter(|file| !file.is_empty()) {
            self.store = Some(format!("sqlite:{}", directory.join(file).display()));
        }
    }
}

fn read(path: &Path) -> Result<File, Error> {
    let mut file = parse(&path.display().to_string(), text_of(path)?)?;
    file.stand_in(path.parent().unwrap_or(Path::new("")));
    Ok(file)
}

/// Says what is wrong with the text of a configuration file; looks at no other file and at no variable.
///
/// # Errors
/// Every place that is wrong.
pub fn check(name: &str, text: &str) -> Result<(), Error> {
    parse(name, text.to_owned()).map(drop)
}

fn parse(name: &str, text: String) -> Result<File, Error> {
    let mut sources = Sources::default();
    let id = sources.add(name, text);
    let mut problems = Vec::new();
    let file = yaml::parse(&sources, id, &mut problems)
        .and_then(|node| yaml::read::<File>(&node, &mut problems));
    // Every line may be commented out.
    if problems
        .iter()
        .all(|problem| matches!(problem.code, "empty-file" | "comments-only"))
        && file.is_none()
    {
        return Ok(File::default());
    }
    if let Some(file) = &file {
        zeroes(file, &mut problems);
        nonsense(file, &mut problems);
    }
    match file {
        Some(file)
            if problems
                .iter()
                .all(|problem| problem.severity != Severity::Error) =>
        {
            Ok(file)
        }
        _ => Err(Error::Wrong(yaml::render(&sources, &problems, false))),
    }
}

/// A limit of nothing would stop everything for ever, and a pause of nothing is none.
fn zeroes(file: &File, problems: &mut Vec<Problem>) {
    let LimitsFile {
        requests_per_minute,
        writes_at_once,
        reads_at_once,
        writes_per_day,
    } = &file.limits;
    let small = [
        requests_per_minute,
        writes_at_once,
        reads_at_once,
        &file.retry.attempts,
    ];
    let small = small.into_iter().flatten();
    let all = small
        .map(|value| (u64::from(value.value), value.span))
        .chain(writes_per_day.iter().map(|value| (value.value, value.span)));
    for (_, span) in all.filter(|(value, _)| *value == 0) {
        problems.push(Problem::error(
            span,
            "zero",
            "0 would stop everything; write at least 1",
        ));
    }
}

/// What is no mistake of form and cannot be meant.
fn nonsense(file: &File, problems: &mut Vec<Problem>) {
    for (name, words) in &file.vars {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if !name.value.starts_with(|c: char| c.is_ascii_alphabetic())
            || !name.value.chars().all(fits)
        {
            let message = format!("`{}` is no name for a variable", name.value);
            problems.push(Problem::error(name.span, "variable-name", message).with_help(
                "a name begins with a letter from a to z and goes on with letters, digits, `_` or `-`",
            ));
        }
        if matches!(words, Words::Many(list) if list.is_empty()) {
            let message = format!("the variable `{}` has no value", name.value);
            problems.push(Problem::error(name.span, "empty-list", message));
        }
    }
    if let Some(listen) = &file.listen {
        let parts = listen.value.rsplit_once(':');
        if !parts.is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok()) {
            let message = format!("`{}` is no address to listen on", listen.value);
            problems.push(
                Problem::error(listen.span, "listen", message)
                    .with_help("write a host and a port, such as `0.0.0.0:3000`"),
            );
        }
    }
    let RetryFile {
        first,
        longest,
        attempts: _,
        after_lost_answer,
    } = &file.retry;
    let SweepFile { newest, all } = &file.sweep;
    let pauses = [first, longest, after_lost_answer, newest, all];
    for pause in pauses.into_iter().flatten() {
        if pause.value.0.is_zero() {
            problems.push(Problem::error(
                pause.span,
                "zero",
                "without a pause the portal would be asked again and again; write at least `1 s`"
                    .to_owned(),
            ));
        }
    }
    let default = Retry::default();
    let shortest = first.as_ref().map_or(default.first, |span| span.value.0);
    if longest
        .as_ref()
        .map_or(default.longest, |span| span.value.0)
        < shortest
        && let Some(span) = longest.as_ref().or(first.as_ref()).map(|span| span.span)
    {
        problems.push(
            Problem::error(span, "retry", "the longest pause is shorter than the first")
                .with_help("pauses grow from `first` to `longest`; the default is 5 s to 30 min"),
        );
    }
}

impl RetryFile {
    pub(super) fn filled(self) -> Retry {
        let default = Retry::default();
        let RetryFile {
            first,
            longest,
            attempts,
            after_lost_answer,
        } = self;
        Retry {
            first: first.map_or(default.first, |span| span.value.0),
            longest: longest.map_or(default.longest, |span| span.value.0),
            attempts: attempts.map_or(default.attempts, |attempts| attempts.value),
            after_lost_answer: after_lost_answer
                .map_or(default.after_lost_answer, |span| span.value.0),
        }
    }
}

impl SweepFile {
    pub(super) fn filled(self) -> Sweeping {
        let default = Sweeping::default();
        let SweepFile { newest, all } = self;
        Sweeping {
            newest: newest.map_or(default.newest, |span| span.value.0),
            all: all.map_or(default.all, |span| span.value.0),
        }
    }
}

impl LimitsFile {
    pub(super) fn filled(self) -> Limits {
        let default = Limits::default();
        let LimitsFile {
            requests_per_minute,
            writes_at_once,
            reads_at_once,
            writes_per_day,
        } = self;
        Limits {
            requests_per_minute: requests_per_minute
                .map_or(default.requests_per_minute, |it| it.value),
            writes_at_once: writes_at_once.map_or(default.writes_at_once, |it| it.value),
            reads_at_once: reads_at_once.map_or(default.reads_at_once, |it| it.value),
            writes_per_day: writes_per_day.map_or(default.writes_per_day, |it| it.value),
        }
    }
}
