//! Values that people write as text: durations, latencies, probabilities.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::simulator::state::options::{Contention, Latency};

/// Parses `250ms`, `30s`, `15m`, `2h` or `3d`.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let number: u64 = digits.parse().ok()?;
    let seconds = |each: u64| number.checked_mul(each).map(Duration::from_secs);
    match unit.trim() {
        "ms" => Some(Duration::from_millis(number)),
        "s" => seconds(1),
        "m" => seconds(60),
        "h" => seconds(60 * 60),
        "d" => seconds(24 * 60 * 60),
        _ => None,
    }
}

/// Formats a duration as [`duration`] reads it.
pub(crate) fn written(time: Duration) -> String {
    match (time.as_secs(), time.subsec_millis()) {
        (seconds, 0) => format!("{seconds}s"),
        _ => format!("{}ms", time.as_millis()),
    }
}

/// Serialises durations as text.
pub(crate) mod times {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    use super::{Duration, duration, written};

    pub(crate) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&written(*time))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(from)?;
        let wrong = || {
            format!(
                "`{text}` is not a duration; write one such as `250ms`, `30s`, `15m`, `2h` or `3d`"
            )
        };
        duration(&text).ok_or_else(|| D::Error::custom(wrong()))
    }
}

impl FromStr for Latency {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (from, to) = text.split_once("..").unwrap_or((text, text));
        let Some((from, to)) = duration(from).zip(duration(to)) else {
            return Err(
                "write two durations, such as `40ms..120ms`, or one, such as `50ms`".to_owned(),
            );
        };
        if from > to {
            return Err("write the shorter duration first".to_owned());
        }
        Ok(Self { from, to })
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}..{}", written(self.from), written(self.to))
    }
}

impl FromStr for Contention {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "measured" {
            return Ok(Self::measured());
        }
        text.parse()
            .ok()
            .filter(|number| (0.0..=1.0).contains(number))
            .map(Self::of)
            .ok_or_else(|| {
                "write a number from 0 to 1, such as 0.1, or `measured` for the values of a real portal"
                    .to_owned()
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(duration(" 2 h "), Some(Duration::from_secs(7200)));
        assert_eq!(duration("3d"), Some(Duration::from_secs(3 * 86_400)));
        for wrong in [
            "",
            "5",
            "ms",
            "-1s",
            "1.5s",
            "9999999999999999999d",
            "99999999999999999d",
        ] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn durations_are_written_as_they_are_read() {
        for text in ["250ms", "30s", "7200s"] {
            assert_eq!(duration(text).map(written).as_deref(), Some(text));
        }
    }

    #[test]
    fn a_latency_is_one_duration_or_two() {
        let latency: Latency = "40ms..1s".parse().unwrap();
        assert_eq!(
            (latency.from.as_millis(), latency.to.as_millis()),
            (40, 1000)
        );
        assert_eq!("50ms".parse::<Latency>().unwrap().to.as_millis(), 50);
        assert!("2s..1s".parse::<Latency>().is_err() && "fast".parse::<Latency>().is_err());
    }

    #[test]
    fn contention_is_a_probability() {
        assert_eq!("0.9".parse(), Ok(Contention::measured()));
        assert_eq!("measured".parse(), Ok(Contention::measured()));
        for wrong in ["1.1", "-0.1", "NaN", "much"] {
            assert!(wrong.parse::<Contention>().is_err(), "{wrong}");
        }
    }
}
