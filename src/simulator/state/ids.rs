//! Identifiers: numbers for the portal's own entries, strings for entries of connected storages, GUIDs for people and
//! groups (rooms-api.md 0).

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The identifier of an entry: a number, or a string for an entry of a connected storage (docs/docspace.md,
/// identifiers).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryId {
    /// An entry of the portal's own storage.
    Number(i64),
    /// An entry of a connected storage, such as `sbox-3-L1Byb2plY3QgWA`.
    Text(String),
}

impl EntryId {
    /// Parses an identifier from a route.
    pub(crate) fn from_route(segment: &str) -> Self {
        segment.parse::<i32>().map_or_else(
            |_| Self::Text(segment.to_owned()),
            |number| Self::Number(number.into()),
        )
    }

    /// The identifier as DocSpace writes it in JSON.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Number(number) => Value::from(*number),
            Self::Text(text) => Value::from(text.as_str()),
        }
    }

    /// Whether the entry lies on a connected storage.
    pub fn is_third_party(&self) -> bool {
        matches!(self, Self::Text(_))
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(out, "{number}"),
            Self::Text(text) => out.write_str(text),
        }
    }
}

impl Serialize for EntryId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.serialize_i64(*number),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl From<i64> for EntryId {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for EntryId {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// The GUID number `counter` of a portal with this seed: equal inputs give equal GUIDs.
pub(crate) fn guid(seed: u64, counter: u64) -> String {
    let digest = hex::encode(Sha256::digest(format!("{seed}/{counter}")));
    let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default();
    format!(
        "{}-{}-4{}-a{}-{}",
        part(0, 8),
        part(8, 12),
        part(13, 16),
        part(17, 20),
        part(20, 32)
    )
}

/// Parses a GUID in the only form that JSON bodies may contain (32 digits with hyphens); returns it in lower case.
pub(crate) fn parse_guid(text: &str) -> Option<String> {
    let well_formed = text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    well_formed.then(|| text.to_ascii_lowercase())
}

/// Parses a GUID in any form that addresses may contain: with or without hyphens, in braces or parentheses.
pub(crate) fn any_guid(text: &str) -> Option<String> {
    let text = text.trim();
    let enclosed = [('{', '}'), ('(', ')')]
        .iter()
        .find_map(|(open, close)| text.strip_prefix(*open)?.strip_suffix(*close));
    if let Some(guid) = parse_guid(enclosed.unwrap_or(text)) {
        return Some(guid);
    }
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let hyphened = [
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32),
    ]
    .join("-");
    parse_guid(&hyphened).filter(|_| text.len() == 32)
}

/// The secret part of an API key: 64 hexadecimal digits (docs/docspace.md, authentication).
pub(crate) fn key_token(seed: u64, counter: u64) -> String {
    format!(
        "sk-{}",
        hex::encode(Sha256::digest(format!("key {seed}/{counter}")))
    )
}

/// The token of a session, opaque to clients.
pub(crate) fn session_token(seed: u64, counter: u64) -> String {
    let digest = Sha256::digest(format!("session {seed}/{counter}"));
    base64url(&hex::encode(digest))
}

/// URL-safe base64 without padding: how the ids of `WebDAV` entries contain their path.
pub(crate) fn base64url(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let digit = |bits: u32| {
        DIGITS
            .get((bits & 63) as usize)
            .map_or('A', |byte| char::from(*byte))
    };
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits = chunk
            .iter()
            .fold(0_u32, |bits, byte| (bits << 8) | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        out.extend((0..=chunk.len()).map(|at| digit(bits >> (18 - 6 * at))));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_are_well_formed_and_repeatable() {
        assert_eq!(guid(1, 7), guid(1, 7));
        assert_ne!(guid(1, 7), guid(1, 8));
        assert_eq!(parse_guid(&guid(1, 7)), Some(guid(1, 7)));
        assert_eq!(parse_guid("not-a-guid"), None);
        let guid = guid(1, 7);
        assert_eq!(any_guid(&format!("{{{guid}}}")), Some(guid.clone()));
        assert_eq!(any_guid(&guid.replace('-', "")), Some(guid.clone()));
        assert_eq!(parse_guid(&guid.replace('-', "")), None);
        assert_eq!(any_guid(&format!("({guid}")), None);
    }

    #[test]
    fn ids_of_webdav_entries_contain_their_path() {
        assert_eq!(base64url("/Project X"), "L1Byb2plY3QgWA");
    }
}
