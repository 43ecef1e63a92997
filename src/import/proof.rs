//! Verifies that the written policy would not change the room.

use std::collections::BTreeMap;
use std::fmt;

use super::Live;
use super::captures::Captured;
use super::pieces::Piece;
use super::print::print;
use crate::bind::bind;
use crate::plan::plan;
use crate::policy::PolicySet;
use crate::policy::glob::{FoldMode, Glob};
use crate::resolve::resolve;
use crate::room::fold_title;
use crate::yaml::{Severity, Sources};

/// Verifies pieces against a room.
pub(super) struct Proof<'l> {
    live: &'l Live,
    captured: &'l Captured,
}

/// Why something cannot be verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reason(pub(super) String);

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'l> Proof<'l> {
    pub(super) fn new(live: &'l Live, captured: &'l Captured) -> Self {
        Self { live, captured }
    }

    /// Checks that the glob matches the title, and that its captures have the intended values.
    pub(super) fn of_title(&self) -> Result<(), String> {
        let written = self.captured.glob();
        let glob = Glob::new(&written, FoldMode::Titles).map_err(|bad| bad.0)?;
        let title = &self.live.facts.title;
        let Some(found) = glob.captured(title) else {
            return Err(format!("the glob `{written}` does not match `{title}`"));
        };
        let found: BTreeMap<&str, &str> = found
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        for capture in self.captured.captures() {
            let (name, text) = (capture.name.as_str(), &capture.text);
            let value = found.get(name).copied().unwrap_or_default();
            if fold_title(value) != fold_title(text) {
                return Err(format!(
                    "in `{written}` the capture `{name}` would be `{value}`, not `{text}`"
                ));
            }
        }
        Ok(())
    }

    /// Checks one piece alone, and without captures if it fails with them.
    pub(super) fn of_one(&self, piece: &Piece) -> Result<Piece, Reason> {
        if self.of(std::slice::from_ref(piece)).is_ok() {
            return Ok(piece.clone());
        }
        let plain = piece.plain();
        self.of(std::slice::from_ref(&plain)).map(|()| plain)
    }

    /// Checks all pieces together.
    pub(super) fn of(&self, pieces: &[Piece]) -> Result<(), Reason> {
        let live = self.live;
        let mut sources = Sources::default();
        sources.add("import.yaml", print(live, self.captured, pieces, &[]));
        let (set, problems) = PolicySet::check(&sources);
        let Some(set) = set else {
            let mut errors = problems.into_iter();
            let error = errors.find(|problem| problem.severity == Severity::Error);
            let message = error.map_or("it is not valid".to_owned(), |error| error.message);
            return Err(Reason(message));
        };
        let desired = resolve(&set, &live.facts).desired;
        let bound = bind(&desired, live.facts.kind, &live.directory);
        let missing = bound
            .shortfalls
            .iter()
            .map(|missing| missing.reason.clone());
        let disputed = bound.conflicts.iter().map(ToString::to_string);
        if let Some(reason) = missing.chain(disputed).next() {
            return Err(Reason(reason));
        }
        let plan = plan(&bound, &live.seen, &live.directory);
        match plan.actions.first() {
            None => Ok(()),
            Some(action) => Err(Reason(format!(
                "the policy would change the room: {}",
                action.to_string().split("  ").next().unwrap_or_default()
            ))),
        }
    }
}
