//! Sets of characters, as one step of a glob matches them.

use super::parse::Piece;
use crate::room::Letter;

/// All white space characters.
const BLANKS: &str = "\t\n\u{b}\u{c}\r \u{85}\u{a0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}";

/// The characters that one step matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::policy) enum Set {
    All,
    Char(char),
    /// By kin; the ranges are sorted and disjoint.
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Set {
    /// The characters that a piece for a single character matches.
    pub(super) fn of(piece: &Piece) -> Option<Self> {
        match piece {
            Piece::Literal(c) => Some(Set::Char(*c)),
            Piece::One => Some(Set::All),
            Piece::Class { negated, ranges } => Some(Set::Class {
                negated: *negated,
                ranges: ranges.clone(),
            }),
            Piece::Any | Piece::Count(..) | Piece::Either(_) | Piece::Capture(..) => None,
        }
    }

    /// Whether it matches the character that begins with this letter, or the letter itself if it is literal.
    pub(super) fn takes(&self, letter: &Letter) -> bool {
        match self {
            Set::Char(own) => *own == letter.folded,
            Set::All | Set::Class { .. } => self.has(letter.kin),
        }
    }

    /// Whether it contains all characters of this kin.
    pub(in crate::policy) fn has(&self, kin: char) -> bool {
        match self {
            Set::All => true,
            Set::Char(own) => *own == kin,
            Set::Class { negated, ranges } => {
                let next = ranges.partition_point(|(from, _)| *from <= kin);
                let range = next.checked_sub(1).and_then(|last| ranges.get(last));
                range.is_some_and(|(_, to)| kin <= *to) != *negated
            }
        }
    }

    /// Whether it matches a whole character of the text, which may fold to several.
    pub(in crate::policy) fn is_whole(&self) -> bool {
        !matches!(self, Set::Char(_))
    }

    /// Whether it matches no blank.
    pub(super) fn is_ink(&self) -> bool {
        match self {
            Set::All => false,
            Set::Char(c) => !c.is_whitespace(),
            Set::Class { .. } => !BLANKS.chars().any(|blank| self.has(blank)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_blanks_is_complete() {
        let blanks: String = ('\0'..=char::MAX).filter(|c| c.is_whitespace()).collect();
        assert_eq!(blanks, BLANKS);
    }
}
