//! Parses deliveries. Only members that every version of the wire format has are read (docs/docspace.md, payload).

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::lenient::Members;
use super::signature::VerifiedBody;
use crate::delivery::Delivery;

/// The trigger of new rooms.
const ROOM_CREATED: &str = "room.created";
/// The root folder type of rooms; templates have another one.
const ROOMS: i64 = 14;
/// A folder; the other kind is a file.
const FOLDER: i64 = 1;

/// Why a body is not a delivery.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not JSON, or a member that every delivery has is missing.
    #[error("it is not a delivery of DocSpace: {0}")]
    NotADelivery(String),
}

#[derive(Deserialize)]
struct WithEvent {
    event: Members,
}

#[derive(Deserialize)]
struct WithPayload {
    #[serde(default)]
    payload: Members,
}

/// A delivery in the portal's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedDelivery {
    /// The delivery, sent or not.
    pub delivery: Delivery,
    /// When its event happened.
    pub created_at: Option<Timestamp>,
}

/// Parses a delivery. The payload is only read for `room.created`.
///
/// # Errors
/// The body is not a delivery of DocSpace.
pub fn parse(body: &VerifiedBody, now: Timestamp) -> Result<Delivery, Error> {
    let text = body.text();
    delivery(text, &read::<WithEvent>(text)?.event, now)
}

/// Parses a body from the portal's log with the number of its row: a body that was never sent does not contain it.
///
/// # Errors
/// The body is not a delivery of DocSpace.
pub fn parse_logged(body: &str, row: i64, now: Timestamp) -> Result<LoggedDelivery, Error> {
    let event = read::<WithEvent>(body)?.event;
    Ok(LoggedDelivery {
        delivery: Delivery {
            id: row,
            ..delivery(body, &event, now)?
        },
        created_at: event.text("createOn").and_then(|text| text.parse().ok()),
    })
}

fn delivery(text: &str, event: &Members, now: Timestamp) -> Result<Delivery, Error> {
    let trigger = event
        .text("trigger")
        .ok_or_else(|| Error::NotADelivery("its event has no `trigger`".to_owned()))?
        .to_owned();
    let payload = if trigger == ROOM_CREATED {
        read::<WithPayload>(text)?.payload
    } else {
        Members::default()
    };
    let is = |name: &str, wanted: i64| payload.number(name).is_none_or(|found| found == wanted);
    let is_room = is("rootFolderType", ROOMS) && is("fileEntryType", FOLDER);
    Ok(Delivery {
        id: event
            .number("id")
            .filter(|id| *id > 0)
            .unwrap_or_else(|| stand_in(text)),
        trigger,
        room: payload.room().filter(|_| is_room),
        title: payload.text("title").unwrap_or_default().to_owned(),
        received_at: now,
    })
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    if !text.trim_start().starts_with('{') {
        return Err(Error::NotADelivery("it is not a JSON object".to_owned()));
    }
    match serde_json::from_str(text) {
        Ok(read) => Ok(read),
        // Half of a surrogate pair is not valid JSON. It can only occur in a title, which decides nothing.
        Err(error) => serde_json::from_str(&without_halves(text))
            .map_err(|_| Error::NotADelivery(error.to_string())),
    }
}

/// An id for an event without one: negative, unlike the portal's ids, and the same for the same body.
fn stand_in(text: &str) -> i64 {
    let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    let [a, b, c, d, e, f, ..] = digest;
    -1 - i64::from_be_bytes([0, 0, a, b, c, d, e, f])
}

/// Replaces every `\ud800`–`\udfff`; valid pairs never get here.
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
        // Any other escape is copied as a whole, so that `\\u` is not mistaken for one.
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
    use crate::room::RoomId;
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

    fn room(payload: &str) -> Option<RoomId> {
        read(&body("room.created", payload)).unwrap().room
    }

    #[test]
    fn a_body_from_the_log_has_the_number_of_its_row_and_the_time_of_its_event() {
        for id in ["", r#""id":0,"#, r#""id":9,"#] {
            let body = format!(
                r#"{{"event":{{{id}"createOn":"2026-07-01T09:15:42Z","trigger":"room.created"}},"payload":{{"id":57}}}}"#
            );
            let logged = parse_logged(&body, 9, Timestamp::UNIX_EPOCH).unwrap();
            assert_eq!(logged.delivery.id, 9, "{id}");
            assert_eq!(logged.delivery.room, Some(RoomId::new("57")));
            assert_eq!(logged.created_at, "2026-07-01T09:15:42Z".parse().ok());
        }
        let timeless = parse_logged(&body("room.created", "{}"), 9, Timestamp::UNIX_EPOCH);
        assert_eq!(timeless.unwrap().created_at, None);
    }

    #[test]
    fn ids_are_numbers_or_text() {
        for payload in [
            r#"{"id":57,"rootFolderType":14,"fileEntryType":1}"#,
            r#"{"id":57.0,"rootFolderType":"14","fileEntryType":"1"}"#,
            r#"{"id":"57","rootFolderType":14.0}"#,
            r#"{"id":" 57 ","rootFolderType":null,"fileEntryType":{}}"#,
            r#"{"id":5.7e1}"#,
        ] {
            assert_eq!(room(payload), Some(RoomId::new("57")), "{payload}");
        }
        assert_eq!(
            room(r#"{"id":"sbox-3-L1Byb2plY3QgWA","providerId":3,"mutableId":true}"#),
            Some(RoomId::new("sbox-3-L1Byb2plY3QgWA"))
        );
        assert_eq!(
            room(r#"{"id":"drive-7-|x"}"#),
            Some(RoomId::new("drive-7-|x"))
        );
    }

    #[test]
    fn an_invalid_id_names_no_room() {
        for id in [
            "0",
            "-1",
            "57.5",
            "1e30",
            "99999999999999999999",
            r#""""#,
            r#"" ""#,
            "null",
            "true",
            "[57]",
            r#"{"id":57}"#,
        ] {
            assert_eq!(room(&format!(r#"{{"id":{id}}}"#)), None, "{id}");
        }
    }

    #[test]
    fn templates_files_and_other_triggers_name_no_room() {
        for (trigger, payload) in [
            ("room.created", r#"{"id":57,"rootFolderType":30}"#),
            ("room.created", r#"{"id":57,"rootFolderType":"34"}"#),
            ("room.created", r#"{"id":57,"fileEntryType":2}"#),
            ("folder.created", r#"{"id":57,"rootFolderType":14}"#),
            ("Room.Created", r#"{"id":57,"rootFolderType":14}"#),
            ("room.created", r#"{"title":"no id"}"#),
            ("room.created", "[57]"),
            ("room.created", "null"),
        ] {
            assert_eq!(
                read(&body(trigger, payload)).unwrap().room,
                None,
                "{trigger} {payload}"
            );
        }
    }

    #[test]
    fn a_delivery_of_another_trigger_is_readable_with_any_payload() {
        let deep = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
        for trigger in ["user.created", "test", "agent.created", ""] {
            for payload in [
                "null",
                "[]",
                r#"[{"id":[]}]"#,
                r#""text""#,
                "1e999",
                r#"{"id":{"a":1},"title":{"text":"x"},"rootFolderType":"14"}"#,
                r#"{"title":"\ud83d"}"#,
                &deep,
            ] {
                let delivery = read(&body(trigger, payload)).unwrap();
                assert_eq!((delivery.id, delivery.room), (7, None), "{payload}");
            }
        }
        let alone = read(r#"{"event":{"id":7,"trigger":"test"}}"#).unwrap();
        assert_eq!(alone.trigger, "test");
    }

    #[test]
    fn unknown_members_are_ignored() {
        let delivery = read(
            r#"{"version":"1.0","event":{"new":[1],"id":"7","trigger":"room.created","triggerId":4194304},
               "payload":{"access":3,"shareRecord":{"share":3},"id":57,"title":["no","text"]},"webhook":17}"#,
        )
        .unwrap();
        assert_eq!((delivery.id, delivery.title.as_str()), (7, ""));
        assert_eq!(delivery.room, Some(RoomId::new("57")));
    }

    #[test]
    fn the_next_wire_format_is_readable_too() {
        let delivery = read(
            r#"{"event":{"id":1042,"createOn":"2027-01-01T09:15:42Z","createBy":"66faa6e4-f133-11ea-b126-00ffeec8b4ef","trigger":"room.created","triggerId":4194304},
               "payload":{"id":57,"parentId":4,"rootFolderId":4,"title":"M\u00FCller \u0026 S\u00F6hne","fileEntryType":1,"created":"2027-01-01T09:15:42Z",
               "createdBy":{"id":"66faa6e4-f133-11ea-b126-00ffeec8b4ef","title":"Bo"},"rootFolderType":14,"roomType":2,"type":14,"private":false,"quotaLimit":-2},
               "webhook":{"id":3,"triggers":["room.created"]}}"#,
        )
        .unwrap();
        assert_eq!(delivery.room, Some(RoomId::new("57")));
        assert_eq!(delivery.title, "Müller & Söhne");
    }

    #[test]
    fn an_event_without_an_id_wakes_its_room_under_an_id_of_its_own() {
        for id in [
            "",
            r#""id":0,"#,
            r#""id":"x","#,
            r#""id":null,"#,
            r#""id":-7,"#,
            r#""id":7.5,"#,
        ] {
            let with = |room: u8| {
                read(&format!(
                    r#"{{"event":{{{id}"trigger":"room.created"}},"payload":{{"id":{room}}}}}"#
                ))
                .unwrap()
            };
            let (first, again, other) = (with(57), with(57), with(58));
            assert_eq!(first.room, Some(RoomId::new("57")), "{id}");
            assert!(first.id < 0, "{id}");
            assert_eq!(first.id, again.id, "{id}");
            assert_ne!(first.id, other.id, "{id}");
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
    fn a_body_that_is_not_a_delivery_is_an_error() {
        for body in [
            "",
            "{}",
            "[]",
            "<html>",
            "null",
            r#"[{"id":1,"trigger":"room.created"},{"id":57}]"#,
            r#"{"event":[1,"room.created"]}"#,
            r#"{"event":{"id":1,"trigger":["room.created"]}}"#,
            r#"{"event":{"id":1,"trigger":"room.created"},"payload":{"id":57}"#,
            r#"{"event":{"id":"x"}}"#,
            r#"{"event":{"id":1}}"#,
        ] {
            assert!(read(body).is_err(), "{body}");
        }
    }
}
