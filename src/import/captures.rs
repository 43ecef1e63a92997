//! Parts of a room's title that vary from room to room.

use std::ops::Range;

use crate::policy::glob::literal;
use crate::policy::text::Text;
use crate::room::find_in_title;

/// A text that becomes a capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// The name of the capture.
    pub name: String,
    /// Its value in this room.
    pub text: String,
}

/// A title with captures.
#[derive(Debug, Clone)]
pub(super) struct Captured {
    /// The longest text first, so that a shorter one does not replace a part of it.
    captures: Vec<Capture>,
    /// The title.
    title: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Capture(String),
}

impl Captured {
    /// Finds each text in the title.
    ///
    /// # Errors
    /// The title does not contain a text.
    pub(super) fn new(title: &str, captures: &[Capture]) -> Result<Self, String> {
        let mut captures = captures.to_vec();
        captures.sort_by_key(|capture| std::cmp::Reverse(capture.text.chars().count()));
        let mut parts = vec![Part::Literal(title.to_owned())];
        for capture in &captures {
            let name = &capture.name;
            if parts.contains(&Part::Capture(name.clone())) {
                return Err(format!("the capture `{name}` is defined twice"));
            }
            let Some(divided) = divided_once(&parts, capture) else {
                let text = &capture.text;
                return Err(format!(
                    "the title `{title}` does not contain `{text}` as a whole word, or only inside another capture"
                ));
            };
            parts = divided;
        }
        Ok(Self {
            captures,
            title: parts,
        })
    }

    /// The captures, the longest text first.
    pub(super) fn captures(&self) -> &[Capture] {
        &self.captures
    }

    /// The glob of the title.
    pub(super) fn glob(&self) -> String {
        written(&self.title, literal)
    }

    /// The title with the names of the captures instead of their texts.
    pub(super) fn named(&self) -> String {
        let parts = self.title.iter().map(|part| match part {
            Part::Literal(text) | Part::Capture(text) => text.as_str(),
        });
        parts.collect()
    }

    /// A text of the room as in a template: literally, and with captures if it contains any.
    pub(super) fn text(&self, text: &str) -> (String, Option<String>) {
        let plain = |text: &str| Text::plain(text).to_string();
        let mut parts = vec![Part::Literal(text.to_owned())];
        for capture in &self.captures {
            while let Some(divided) = divided_once(&parts, capture) {
                parts = divided;
            }
        }
        let has_capture = parts.iter().any(|part| matches!(part, Part::Capture(_)));
        (plain(text), has_capture.then(|| written(&parts, plain)))
    }
}

/// The parts, with the first occurrence of the capture's text replaced. `None` if there is none.
fn divided_once(parts: &[Part], capture: &Capture) -> Option<Vec<Part>> {
    let (at, range) = parts.iter().enumerate().find_map(|(at, part)| match part {
        Part::Literal(text) => Some((at, find_in_title(text, &capture.text)?)),
        Part::Capture(_) => None,
    })?;
    let (before, rest) = parts.split_at(at);
    let (Part::Literal(text), after) = rest.split_first()? else {
        return None;
    };
    let literal = |range: Range<usize>| {
        let text = text.get(range).unwrap_or_default();
        (!text.is_empty()).then(|| Part::Literal(text.to_owned()))
    };
    let divided = [
        literal(0..range.start),
        Some(Part::Capture(capture.name.clone())),
        literal(range.end..text.len()),
    ];
    let whole = before.iter().cloned().chain(divided.into_iter().flatten());
    Some(whole.chain(after.iter().cloned()).collect())
}

fn written(parts: &[Part], literal: impl Fn(&str) -> String) -> String {
    let parts = parts.iter().map(|part| match part {
        Part::Literal(text) => literal(text),
        Part::Capture(name) => format!("{{{name}}}"),
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capture(name: &str, text: &str) -> Capture {
        Capture {
            name: name.to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_title_becomes_a_glob_with_captures_and_texts_follow() {
        let title = "Client – ACME North [ACME] – 2026$";
        let captures = [capture("client", "acme"), capture("area", "ACME North")];
        let captured = Captured::new(title, &captures).unwrap();
        assert_eq!(captured.glob(), r"Client – {area} \[{client}\] – 2026\$");
        assert_eq!(captured.named(), "Client – area [client] – 2026$");
        assert_eq!(
            captured.text("Letters Acme {x}"),
            (
                r"Letters Acme \{x\}".to_owned(),
                Some(r"Letters {client} \{x\}".to_owned())
            )
        );
        assert_eq!(captured.text("Drafts"), ("Drafts".to_owned(), None));
    }

    #[test]
    fn a_text_that_is_not_in_the_title_is_not_a_capture() {
        let missing = Captured::new("Team Blue", &[capture("client", "ACME")]).unwrap_err();
        insta::assert_snapshot!(missing, @"the title `Team Blue` does not contain `ACME` as a whole word, or only inside another capture");
        let twice = [capture("a", "Team"), capture("a", "Blue")];
        let twice = Captured::new("Team Blue", &twice).unwrap_err();
        insta::assert_snapshot!(twice, @"the capture `a` is defined twice");
    }
}
