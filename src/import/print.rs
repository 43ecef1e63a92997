//! Prints the policy file.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::Live;
use super::captures::Captured;
use super::pieces::{Piece, Spelling};
use crate::room::{SubjectKind, escape_control};
use crate::yaml::scalar;

/// The file: one template, one policy, and what is not in them.
pub(super) fn print(
    live: &Live,
    captured: &Captured,
    pieces: &[Piece],
    left_out: &[String],
) -> String {
    let name = name(live, captured);
    let mut text = "version: 1\n\ntemplates:\n".to_owned();
    // Writing to a `String` cannot fail.
    let _ = writeln!(text, "  {name}:");
    let folders: Vec<&[Spelling]> = pieces
        .iter()
        .filter_map(|piece| match piece {
            Piece::Folder(path) => Some(path.as_slice()),
            _ => None,
        })
        .collect();
    if !folders.is_empty() {
        text.push_str("    folders:\n");
        tree(&folders, 3, &mut text);
    }
    grants(pieces, &mut text);
    settings(pieces, &mut text);
    let _ = write!(
        text,
        "\npolicies:\n  - name: {name}\n    match:\n      title: {}\n      type: {}\n    template: {name}\n",
        quoted(&captured.glob()),
        live.facts.kind,
    );
    if !left_out.is_empty() {
        text.push_str("\n# The room also has this, which is not in the policy:\n");
        for thing in left_out {
            let _ = writeln!(text, "# - {}", escape_control(thing));
        }
    }
    text
}

/// A text as a YAML scalar. Invisible characters are escaped.
fn quoted(text: &str) -> String {
    if matches!(escape_control(text), Cow::Borrowed(_)) {
        return scalar(text);
    }
    let mut quoted = "\"".to_owned();
    for c in text.chars() {
        let is_seen = matches!(escape_control(c.encode_utf8(&mut [0; 4])), Cow::Borrowed(_));
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if is_seen => quoted.push(c),
            c => quoted.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    quoted.push('"');
    quoted
}

/// A name for template and policy: the words of the title, or the room's id.
fn name(live: &Live, captured: &Captured) -> String {
    let named = captured.named().to_lowercase();
    let words = named.split(|c: char| !c.is_ascii_alphanumeric());
    let mut words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.dedup();
    let name = words.join("-");
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        scalar(&name)
    } else {
        scalar(&format!("room-{}", live.seen.room.id))
    }
}

/// Prints folders as a tree.
fn tree(paths: &[&[Spelling]], depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    let mut rest = paths;
    while let Some(first) = rest.first() {
        let title = first.first();
        let is_inside = |path: &&[Spelling]| path.first() == title;
        let length = rest.iter().take_while(|path| is_inside(path)).count();
        let (inside, after) = rest.split_at(length);
        let below: Vec<&[Spelling]> = inside
            .iter()
            .filter_map(|path| path.get(1..).filter(|below| !below.is_empty()))
            .collect();
        let written = quoted(title.map_or("", Spelling::text));
        if below.is_empty() {
            let _ = writeln!(text, "{indent}- {written}");
        } else {
            let _ = writeln!(text, "{indent}- {written}:");
            tree(&below, depth + 2, text);
        }
        rest = after;
    }
}

fn grants(pieces: &[Piece], text: &mut String) {
    let mut is_first = true;
    for piece in pieces {
        let Piece::Grant {
            kind,
            to,
            role,
            who,
        } = piece
        else {
            continue;
        };
        if is_first {
            text.push_str("    grants:\n");
            is_first = false;
        }
        let kind = match kind {
            SubjectKind::Group => "group",
            SubjectKind::User => "user",
        };
        let to = quoted(to);
        let _ = write!(text, "      - {{ {kind}: {to}, role: {role} }}");
        let _ = match who {
            Some(who) => writeln!(text, "  # {}", escape_control(who)),
            None => writeln!(text),
        };
    }
}

fn settings(pieces: &[Piece], text: &mut String) {
    let tags: Vec<String> = pieces
        .iter()
        .filter_map(|piece| match piece {
            Piece::Tag(tag) => Some(quoted(tag.text())),
            _ => None,
        })
        .collect();
    let settings: Vec<(&str, &String)> = pieces
        .iter()
        .filter_map(|piece| match piece {
            Piece::Setting(key, value) => Some((*key, value)),
            _ => None,
        })
        .collect();
    if tags.is_empty() && settings.is_empty() {
        return;
    }
    text.push_str("    settings:\n");
    if !tags.is_empty() {
        let _ = writeln!(text, "      tags: [{}]", tags.join(", "));
    }
    for (key, value) in settings {
        let _ = writeln!(text, "      {key}: {value}");
    }
}
