//! Sizes and periods in their written form.

use crate::room::LifetimeUnit;

/// The units of a size, and their bytes. DocSpace counts in steps of 1024.
const UNITS: [(&[&str], u64); 5] = [
    (&["b", "byte", "bytes"], 1),
    (&["kb", "kib"], 1 << 10),
    (&["mb", "mib"], 1 << 20),
    (&["gb", "gib"], 1 << 30),
    (&["tb", "tib"], 1 << 40),
];
const SIZES: &str = "write a size such as `500 MB`, `5 GB` or `1.5 TB`";

/// The bytes of a size such as `5 GB`.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let (number, unit) = split(text);
    let unit = unit.to_lowercase();
    let Some((_, bytes)) = UNITS
        .into_iter()
        .find(|(words, _)| words.contains(&unit.as_str()))
    else {
        return Err(match unit.as_str() {
            "" => format!("`{text}` has no unit; {SIZES}"),
            _ => format!("`{text}` is not a size; {SIZES}"),
        });
    };
    match scaled(number, bytes) {
        None => Err(format!("`{text}` is not a size; {SIZES}")),
        Some(0) => Err(format!(
            "a quota of zero makes a room unusable; {SIZES}, or `unlimited`"
        )),
        Some(bytes) if i64::try_from(bytes).is_err() => {
            Err(format!("`{text}` is more than DocSpace can count"))
        }
        Some(bytes) => Ok(bytes),
    }
}

/// A number with a fraction times a unit, rounded down to a whole byte.
fn scaled(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) => (whole, digits(fraction).then_some(fraction)?),
        None => (number, ""),
    };
    let whole: u64 = digits(whole).then(|| whole.parse().ok())??;
    // More than nine digits make less than a byte of a gigabyte.
    let fraction = fraction.get(..9).unwrap_or(fraction);
    let mut part = 0;
    let mut scale: u128 = 1;
    for digit in fraction.bytes() {
        part = part * 10 + u128::from(digit - b'0');
        scale *= 10;
    }
    let part = u64::try_from(part * u128::from(unit) / scale).ok()?;
    whole.checked_mul(unit)?.checked_add(part)
}

const PERIODS: &str = "write a period such as `90 days`, `6 weeks`, `24 months` or `2 years`";
/// The server's limit (docs/docspace.md, settings).
const MAX_COUNT: u32 = 999;

/// A period such as `24 months`.
pub(super) fn period(text: &str) -> Result<(u16, LifetimeUnit), String> {
    let (number, word) = split(text);
    let word = word.to_lowercase();
    let (unit, times) = match word.strip_suffix('s').unwrap_or(&word) {
        "day" => (LifetimeUnit::Days, 1),
        "week" => (LifetimeUnit::Days, 7),
        "month" => (LifetimeUnit::Months, 1),
        "year" => (LifetimeUnit::Years, 1),
        "" => return Err(format!("`{text}` has no unit; {PERIODS}")),
        _ => return Err(format!("`{text}` is not a period; {PERIODS}")),
    };
    let number: Option<u32> = digits(number).then(|| number.parse().ok()).flatten();
    match number.and_then(|number| number.checked_mul(times)) {
        None => Err(format!("`{text}` is not a period; {PERIODS}")),
        Some(0) => Err(
            "a period of zero would not keep documents at all; write at least `1 day`".to_owned(),
        ),
        Some(count) if count <= MAX_COUNT => Ok((u16::try_from(count).unwrap_or(u16::MAX), unit)),
        Some(days) if times > 1 => Err(format!(
            "`{text}` are {days} days, but DocSpace counts at most {MAX_COUNT}; write months or years"
        )),
        Some(_) => Err(format!(
            "the number in `{text}` is greater than {MAX_COUNT}; write it in a larger unit"
        )),
    }
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The number at the beginning, and the unit after it.
fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, word) = text.split_at(end);
    (number, word.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_docspace_counts_them() {
        for (text, bytes) in [
            ("5 GB", 5 << 30),
            ("5gb", 5 << 30),
            ("1.5 TB", 3 << 39),
            ("0.5 MiB", 1 << 19),
            ("12 bytes", 12),
            ("0.1 KB", 102),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in [
            "5",
            "GB",
            "5 GBB",
            "-5 GB",
            "0 GB",
            "1,5 GB",
            "1. GB",
            ".5 GB",
            "1.2.3 GB",
            "5 G",
            "9999999999 TB",
            "",
        ] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn periods_are_read_in_days_months_and_years() {
        for (text, count, unit) in [
            ("24 months", 24, LifetimeUnit::Months),
            ("1 Year", 1, LifetimeUnit::Years),
            ("90days", 90, LifetimeUnit::Days),
            ("6 weeks", 42, LifetimeUnit::Days),
            ("999 days", 999, LifetimeUnit::Days),
        ] {
            assert_eq!(period(text), Ok((count, unit)), "{text}");
        }
        for text in [
            "24",
            "months",
            "0 days",
            "1000 days",
            "143 weeks",
            "1.5 years",
            "2 hours",
            "",
        ] {
            assert!(period(text).is_err(), "{text}");
        }
    }
}
