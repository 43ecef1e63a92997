//! What is done with an input, and what must hold of every one. The fuzzer's programs and the ordinary tests share it.

use std::collections::BTreeSet;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use roomwright::policy::PolicySet;
use roomwright::policy::glob::{FoldMode, Folded, Glob};
use roomwright::room::stored_title;
use roomwright::webhook::{Secrets, parse, verify};
use roomwright::yaml::{Severity, Sources, records, render};
use sha2::Sha256;

const SECRET: &str = "Rooms-2026!Prov1sion";

/// The first line and the rest.
fn halves(data: &[u8]) -> (&[u8], &[u8]) {
    let mut halves = data.splitn(2, |byte| *byte == b'\n');
    (
        halves.next().unwrap_or_default(),
        halves.next().unwrap_or_default(),
    )
}

/// The value of the header, a new line, the body: only the right signature is believed.
pub(crate) fn signature(data: &[u8]) {
    let (value, body) = halves(data);
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(SECRET.as_bytes())
        .unwrap()
        .chain_update(body);
    let right = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    let secrets = Secrets::Required {
        current: SECRET.into(),
        previous: Some("Another-1-secret".into()),
    };
    let verified = |value: HeaderValue| {
        let mut headers = HeaderMap::new();
        headers.insert("x-docspace-signature-256", value);
        verify(&headers, Bytes::copy_from_slice(body), &secrets).ok()
    };
    if let Ok(value) = HeaderValue::from_bytes(value) {
        let is_right = value
            .to_str()
            .is_ok_and(|value| value.starts_with("sha256=") && value.eq_ignore_ascii_case(&right));
        // A body that is not text is refused with any signature.
        let is_text = std::str::from_utf8(body).is_ok();
        assert_eq!(verified(value).is_some(), is_right && is_text);
        assert_eq!(verified(right.parse().unwrap()).is_some(), is_text);
    }
    payload(body);
}

/// A body: whatever it is, it is read the same way twice, and only a new room names one.
pub(crate) fn payload(data: &[u8]) {
    let body = Bytes::copy_from_slice(data);
    let Ok(body) = verify(&HeaderMap::new(), body, &Secrets::InsecureSkip) else {
        return;
    };
    let read = |body| parse(body, Timestamp::UNIX_EPOCH).ok();
    let Some(delivery) = read(&body) else { return };
    assert_eq!(Some(&delivery), read(&body).as_ref());
    assert_ne!(delivery.id, 0);
    if let Some(room) = delivery.room {
        assert_eq!(delivery.trigger, "room.created");
        assert!(!room.as_str().trim().is_empty());
    }
}

/// A policy file: there is a set exactly if there is no error, and every problem can be shown.
pub(crate) fn policy(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut sources = Sources::default();
    sources.add("policies/a.yaml", text);
    let (set, problems) = PolicySet::check(&sources);
    let is_wrong = problems
        .iter()
        .any(|problem| problem.severity == Severity::Error);
    assert_eq!(set.is_none(), is_wrong);
    let shown = render(&sources, &problems, false);
    assert_eq!(shown.is_empty(), problems.is_empty());
    assert_eq!(records(&sources, &problems).len(), problems.len());
}

/// A glob, a new line, a text that is a glob as well.
pub(crate) fn glob(data: &[u8]) {
    let (written, text) = halves(data);
    let (Ok(written), Ok(text)) = (std::str::from_utf8(written), std::str::from_utf8(text)) else {
        return;
    };
    for over in [FoldMode::Titles, FoldMode::Words] {
        let Ok(glob) = Glob::new(written, over) else {
            continue;
        };
        let captured = glob.captured(text);
        assert_eq!(captured.is_some(), glob.is_match(text));
        assert_eq!(captured, glob.captured_in(&Folded::new(text, over)));
        if let Some(captured) = captured {
            let names: BTreeSet<_> = glob.captures().iter().collect();
            assert_eq!(captured.keys().collect::<BTreeSet<_>>(), names);
            for value in captured.values() {
                assert!(
                    !value.is_empty() && text.contains(value.as_str()),
                    "{value:?}"
                );
            }
        }
        if let Ok(other) = Glob::new(text, over) {
            assert_eq!(glob.overlaps(&other), other.overlaps(&glob));
        }
        fits_itself(&glob, text, over);
    }
}

/// What fits a glob is a glob of its own that meets it.
fn fits_itself(glob: &Glob, text: &str, over: FoldMode) {
    let text = match over {
        FoldMode::Titles => stored_title(text),
        FoldMode::Words => text.to_owned(),
    };
    let literal: String = text.chars().flat_map(|c| ['\\', c]).collect();
    if let Ok(literal) = Glob::new(&literal, over) {
        assert!(literal.is_match(&text), "{text:?}");
        if glob.is_match(&text) {
            assert!(glob.overlaps(&literal), "{text:?}");
        }
    }
}

/// A configuration file.
pub(crate) fn config(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Err(error) = roomwright::config::check("roomwright.yaml", text)
    {
        assert!(!error.to_string().is_empty());
    }
}
