//! What a delivery says. Only what every version of the wire format has is read (docs/docspace.md, payload).

use jiff::Timestamp;
use serde::Deserialize;

use super::signature::VerifiedBody;
use crate::delivery::Delivery;
use crate::room::RoomId;

/// The trigger that makes a room worth looking at.
const ROOM_CREATED: &str = "room.created";
/// The root below which rooms are; templates are below another one.
const ROOMS: i64 = 14;
/// A folder; the other kind is a file.
const FOLDER: i64 = 1;

/// Why a body is no delivery.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is no JSON, or a member that every delivery has is missing.
    #[error("it is no delivery of DocSpace: {0}")]
    NotADelivery(String),
}

#[derive(Deserialize)]
struct Body {
    event: Event,
    #[serde(default)]
    payload: Option<Payload>,
}

#[derive(Deserialize)]
struct Event {
    id: i64,
    trigger: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Payload {
    id: Option<Id>,
    title: Option<String>,
    root_folder_type: Option<i64>,
    file_entry_type: Option<i64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Number(i64),
    Text(String),
}

/// Reads a delivery.
///
/// # Errors
/// The body is no delivery of DocSpace.
pub fn parse(body: &VerifiedBody, now: Timestamp) -> Result<Delivery, Error> {
    let read: Body = match serde_json::from_str(body.text()) {
        Ok(read) => read,
        // Half of a surrogate pair is no JSON text. It can only be in a title, which decides nothing.
        Err(error) => serde_json::from_str(&without_halves(body.text()))
            .map_err(|_| Error::NotADelivery(error.to_string()))?,
    };
    let payload = read.payload.unwrap_or_default();
    let room = match payload.id {
        Some(Id::Number(id)) => Some(RoomId::new(id.to_string())),
        Some(Id::Text(id)) if !id.is_empty() => Some(RoomId::new(id)),
        _ => None,
    };
    let is_room = read.event.trigger == ROOM_CREATED
        && payload.root_folder_type.is_none_or(|root| root == ROOMS)
        && payload.file_entry_type.is_none_or(|kind| kind == FOLDER);
    Ok(Delivery {
        id: read.event.id,
        trigger: read.event.trigger,
        room: room.filter(|_| is_room),
        title: payload.title.unwrap_or_default(),
        received_at: now,
    })
}

/// The text with every `\ud800`–`\udfff` replaced; real pairs never get here.
fn without_halves(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let is_half = escape.get(..6).is_some_and(|escape| {
            let lower = escape.to_ascii_lowercase();
            lower.starts_with("\\ud")
                && lower.get(3..4).is_some_and(|digit| {
                    matches!(digit, "8" | "9" | "a" | "b" | "c" | "d" | "e" | "f")
                })
        });
        // Any other escape is taken whole, so that `\\u` is not mistaken for one.
        let length = if is_half {
            6
        } else {
            1 + escape.chars().nth(1).map_or(0, char::len_utf8)
        };
        out.push_str(if is_half {
            "\\ufffd"
        } else {
            escape.get(..length).unwrap_or_default()
        });
        rest = escape.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use axum::http::HeaderMap;

    use super::*;
    use crate::webhook::{Secrets, verify};

    fn read(body: &str) -> Result<Delivery, Error> {
        let body = verify(
            &HeaderMap::new(),
            Bytes::copy_from_slice(body.as_bytes()),
            &Secrets::InsecureSkip,
        )
        .unwrap();
        parse(&body, Timestamp::UNIX_EPOCH)
    }

    fn body(trigger: &str, payload: &str) -> String {
        format!(r#"{{"event":{{"id":7,"trigger":"{trigger}"}},"payload":{payload}}}"#)
    }

    #[test]
    fn numbers_and_texts_are_ids() {
        let number = read(&body(
            "room.created",
            r#"{"id":57,"rootFolderType":14,"fileEntryType":1}"#,
        ))
        .unwrap();
        assert_eq!(number.room, Some(RoomId::new("57")));
        let text = read(&body("room.created", r#"{"id":"sbox-3-L1Byb2plY3QgWA"}"#)).unwrap();
        assert_eq!(text.room, Some(RoomId::new("sbox-3-L1Byb2plY3QgWA")));
    }

    #[test]
    fn templates_files_and_other_triggers_name_no_room() {
        for (trigger, payload) in [
            ("room.created", r#"{"id":57,"rootFolderType":30}"#),
            ("room.created", r#"{"id":57,"fileEntryType":2}"#),
            ("folder.created", r#"{"id":57,"rootFolderType":14}"#),
            ("room.created", r#"{"title":"no id"}"#),
        ] {
            assert_eq!(
                read(&body(trigger, payload)).unwrap().room,
                None,
                "{trigger} {payload}"
            );
        }
    }

    #[test]
    fn half_an_emoji_in_a_title_does_not_lose_the_room() {
        let delivery = read(&body(
            "room.created",
            r#"{"id":57,"title":"a\ud83d b\\ud83d"}"#,
        ))
        .unwrap();
        assert_eq!(delivery.room, Some(RoomId::new("57")));
        assert_eq!(delivery.title, "a\u{fffd} b\\ud83d");
    }

    #[test]
    fn what_is_no_delivery_is_an_error() {
        for body in [
            "",
            "{}",
            "[]",
            "<html>",
            r#"{"event":{"id":"x"}}"#,
            r#"{"event":{"id":1}}"#,
        ] {
            assert!(read(body).is_err(), "{body}");
        }
    }
}
