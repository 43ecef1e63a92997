//! Values of the file that are written as text.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{self, Deserializer};

use super::{MonthDay, VarValue};

/// A duration such as `5 s`, `250 ms`, `30 min`, `2 h`, `30 days`, `1 year`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Period(pub(super) Duration);

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Period;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as `5 s` or `30 min`")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Period, E> {
                duration(text).map(Period).ok_or_else(|| {
                    E::custom(format!(
                        "`{text}` is not a duration; write a number with `ms`, `s`, `min`, `h`, `days` or `years`"
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
        "day" | "days" => 86_400_000,
        "year" | "years" => 365 * 86_400_000,
        _ => return None,
    };
    number.checked_mul(millis).map(Duration::from_millis)
}

impl<'de> Deserialize<'de> for VarValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> de::Visitor<'de> for Any {
            type Value = VarValue;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or a list of texts")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<VarValue, E> {
                Ok(VarValue::One(text.to_owned()))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<VarValue, A::Error> {
                Vec::deserialize(de::value::SeqAccessDeserializer::new(seq)).map(VarValue::Many)
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
                        "`{text}` is not a day of the year; write month and day, such as `04-01` for the first of April"
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
    // Not in a leap year: the day must exist in every year.
    jiff::civil::Date::new(2023, month, day).ok()?;
    Some(MonthDay { month, day })
}
