//! Globs without choices, matched in one pass: runs of single characters with gaps of any length between them. Only for
//! texts in which every character folds to one.
//!
//! Each run is placed at the first position where it fits, which leaves the most space for what follows; the last one is
//! placed at the end. So the captures are the shortest from left to right, as in the search.

use super::parse::Piece;
use super::set::Set;
use crate::room::Letter;

/// A glob as runs of characters with gaps between them.
#[derive(Debug, Clone)]
pub(super) struct Line {
    runs: Vec<Vec<Set>>,
    /// The gap before each run but the first: whether it must contain a non-blank.
    gaps: Vec<NonBlank>,
    /// The start and end of each capture, the last one first, as the search numbers them.
    captures: Vec<(Border, Border)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NonBlank {
    Any,
    Some,
}

/// A position between two characters: an offset into a run.
#[derive(Debug, Clone, Copy)]
struct Border {
    run: usize,
    offset: usize,
}

impl Line {
    /// The glob in this form, if it has one.
    pub(super) fn new(pieces: &[Piece]) -> Option<Self> {
        let mut line = Line {
            runs: vec![Vec::new()],
            gaps: Vec::new(),
            captures: Vec::new(),
        };
        for piece in pieces {
            match piece {
                Piece::Any => line.gap(NonBlank::Any),
                Piece::Either(_) | Piece::Count(..) => return None,
                Piece::Capture(_, None) => {
                    let from = line.end();
                    line.gap(NonBlank::Some);
                    let to = line.end();
                    line.captures.push((from, to));
                }
                Piece::Capture(_, Some(inner)) => {
                    let from = line.end();
                    let mut inked = false;
                    for piece in inner {
                        let set = Set::of(piece)?;
                        inked |= set.is_ink();
                        line.runs.last_mut()?.push(set);
                    }
                    // Whether there is a non-blank depends on the text: only the search can decide.
                    if !inked {
                        return None;
                    }
                    let to = line.end();
                    line.captures.push((from, to));
                }
                single_piece => {
                    let set = Set::of(single_piece)?;
                    line.runs.last_mut()?.push(set);
                }
            }
        }
        line.captures.reverse();
        Some(line)
    }

    fn gap(&mut self, ink: NonBlank) {
        self.gaps.push(ink);
        self.runs.push(Vec::new());
    }

    fn end(&self) -> Border {
        Border {
            run: self.runs.len().saturating_sub(1),
            offset: self.runs.last().map_or(0, Vec::len),
        }
    }

    /// Where the captures begin and end, if the whole text fits.
    pub(super) fn bounds(&self, text: &[Letter]) -> Option<Vec<(usize, usize)>> {
        let (first, rest) = self.runs.split_first()?;
        if !fits(first, text) {
            return None;
        }
        let mut starts = Vec::with_capacity(self.runs.len());
        starts.push(0);
        let mut at = first.len();
        for (number, (run, ink)) in rest.iter().zip(&self.gaps).enumerate() {
            let earliest = match ink {
                NonBlank::Any => at,
                NonBlank::Some => {
                    at + text
                        .get(at..)?
                        .iter()
                        .position(|c| !c.folded.is_whitespace())?
                        + 1
                }
            };
            let start = if number + 1 == rest.len() {
                // The last run is at the end.
                let start = text.len().checked_sub(run.len())?;
                (start >= earliest && fits(run, text.get(start..)?)).then_some(start)?
            } else {
                let last = text.len().checked_sub(run.len())?;
                (earliest..=last)
                    .find(|start| text.get(*start..).is_some_and(|rest| fits(run, rest)))?
            };
            starts.push(start);
            at = start + run.len();
        }
        if at != text.len() {
            return None;
        }
        let place = |border: &Border| Some(starts.get(border.run)? + border.offset);
        self.captures
            .iter()
            .map(|(from, to)| Some((place(from)?, place(to)?)))
            .collect()
    }
}

/// Whether a text begins with a run.
fn fits(run: &[Set], text: &[Letter]) -> bool {
    text.len() >= run.len() && run.iter().zip(text).all(|(set, c)| set.takes(c))
}
