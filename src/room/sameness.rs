//! When two texts are equal. Every comparison of titles, folders, groups, people and globs uses this module; tags follow
//! the portal's own rule.

use std::iter::once;
use std::sync::LazyLock;

use icu_casemap::{CaseMapper, CaseMapperBorrowed};
use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;
use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

const CASES: CaseMapperBorrowed<'static> = CaseMapper::new();

/// The kind of text to compare, which decides which characters are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoldMode {
    /// Titles of rooms and folders: besides case, the kind of dashes, apostrophes, quotation marks and blanks and the
    /// width of letters and digits make no difference, because people type them differently.
    Titles,
    /// Names, addresses and words: only case and invisible characters make no difference.
    Words,
}

/// The comparable form of a name: Unicode NFC with full case folding, without invisible characters.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.trim().to_ascii_lowercase();
    }
    Folded::new(text, FoldMode::Words).text
}

/// The comparable form of a title of a room or folder.
pub fn fold_title(text: &str) -> String {
    Folded::new(text, FoldMode::Titles).text
}

/// Whether a character is invisible and has no width: zero width, direction marks, the byte order mark.
pub fn is_ignorable(c: char) -> bool {
    c > '\u{a0}' && CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// One character in comparable form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Letter {
    pub(crate) folded: char,
    /// The common form of all cases and widths of the written character, for classes.
    pub(crate) kin: char,
    /// Whether a character of the written text begins here: `ß` folds to two characters.
    pub(crate) begins: bool,
    /// The offset of that character in the original.
    pub(crate) start: usize,
}

/// A text in comparable form, with its original spelling.
#[derive(Debug, Clone)]
pub struct Folded<'t> {
    original: &'t str,
    text: String,
    letters: Vec<Letter>,
    /// Whether every written character folds to one character.
    is_plain: bool,
}

impl<'t> Folded<'t> {
    /// Folds a text once, without leading and trailing blanks.
    pub fn new(original: &'t str, over: FoldMode) -> Self {
        let mut folded = Self::with_ends(original, over);
        let blanks = |letter: &&Letter| letter.folded.is_whitespace();
        let leading = folded.letters.iter().take_while(blanks).count();
        folded.letters.drain(..leading);
        let trailing = folded.letters.iter().rev().take_while(blanks).count();
        folded.letters.truncate(folded.letters.len() - trailing);
        if leading + trailing > 0 {
            folded.text = folded.letters.iter().map(|letter| letter.folded).collect();
        }
        folded
    }

    /// Folds a part of a text, with leading and trailing blanks.
    pub(crate) fn with_ends(original: &'t str, over: FoldMode) -> Self {
        let mut folded = Self {
            original,
            text: String::with_capacity(original.len()),
            letters: Vec::with_capacity(original.len()),
            is_plain: true,
        };
        let mut cluster: Vec<(usize, char)> = Vec::new();
        for (at, c) in original.char_indices() {
            if is_ignorable(c) {
                continue;
            }
            if stands_alone(c) {
                folded.cluster(&cluster, over);
                cluster.clear();
            }
            cluster.push((at, c));
        }
        folded.cluster(&cluster, over);
        folded
    }

    /// Adds a character with everything that may combine with it.
    fn cluster(&mut self, written: &[(usize, char)], over: FoldMode) {
        match written {
            [] => {}
            [(at, c)] if c.is_ascii() && !(over == FoldMode::Titles && c.is_whitespace()) => {
                let kin = kin(*c, over);
                self.push(*at, kin, once(kin));
            }
            [(at, c)] if is_composed(*c) => self.unit(*at, &[*c], over),
            [(at, _), ..] => {
                let composed: Vec<char> = written.iter().map(|(_, c)| *c).nfc().collect();
                let is_as_written = composed.iter().eq(written.iter().map(|(_, c)| c));
                let apart: String = composed.iter().map(|c| full(&[*c], over)).collect();
                if is_as_written && apart == full(&composed, over) {
                    for (at, c) in written {
                        self.unit(*at, &[*c], over);
                    }
                } else {
                    self.decomposed(*at, written, composed, over);
                }
            }
        }
    }

    /// Characters at the end that are equal in both forms are separate characters; the rest is one character.
    fn decomposed(
        &mut self,
        at: usize,
        written: &[(usize, char)],
        mut composed: Vec<char>,
        over: FoldMode,
    ) {
        let mut marks = Vec::new();
        for (at, c) in written.iter().skip(1).rev() {
            let whole = full(&composed, over);
            if composed.len() < 2 || composed.last() != Some(c) {
                break;
            }
            composed.pop();
            if full(&composed, over) + &full(&[*c], over) != whole {
                composed.push(*c);
                break;
            }
            marks.push((*at, *c));
        }
        self.unit(at, &composed, over);
        for (at, c) in marks.into_iter().rev() {
            self.unit(at, &[c], over);
        }
    }

    fn unit(&mut self, at: usize, composed: &[char], over: FoldMode) {
        let Some(first) = composed.first() else {
            return;
        };
        let kin = kin(*first, over);
        match composed {
            [c] if over == FoldMode::Titles && c.is_whitespace() => {
                if self.letters.last().is_none_or(|last| last.folded != ' ') {
                    self.push(at, ' ', once(' '));
                }
            }
            _ => self.push(at, kin, full(composed, over).chars()),
        }
    }

    fn push(&mut self, start: usize, kin: char, folded: impl Iterator<Item = char>) {
        for (number, folded) in folded.enumerate() {
            let begins = number == 0;
            self.is_plain &= begins;
            self.text.push(folded);
            self.letters.push(Letter {
                folded,
                kin,
                begins,
                start,
            });
        }
    }

    /// The folded text itself.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn letters(&self) -> &[Letter] {
        &self.letters
    }

    pub(crate) fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// Whether a written character begins, or the text ends, at a folded position.
    pub(crate) fn is_border(&self, at: usize) -> bool {
        self.letters.get(at).is_none_or(|letter| letter.begins)
    }

    /// The original spelling of a range of folded characters, without blanks and invisible characters around it.
    pub(crate) fn original(&self, from: usize, to: usize) -> &'t str {
        let start = |at: usize| {
            self.letters
                .get(at)
                .map_or(self.original.len(), |letter| letter.start)
        };
        self.original
            .get(start(from)..start(to).max(start(from)))
            .unwrap_or_default()
            .trim_matches(|c: char| c.is_whitespace() || is_ignorable(c))
    }
}

/// Whether it never combines with the preceding character.
fn stands_alone(c: char) -> bool {
    c < '\u{300}'
        || (canonical_combining_class(c) == 0 && is_nfc_quick(once(c)) != IsNormalized::Maybe)
}

fn is_composed(c: char) -> bool {
    c < '\u{300}' || is_nfc_quick(once(c)) == IsNormalized::Yes
}

/// The comparable form of some characters in NFC.
fn full(composed: &[char], over: FoldMode) -> String {
    let plain: String = composed.iter().map(|c| plain(*c, over)).collect();
    CASES.fold_string(&plain).nfc().collect()
}

/// The plain form of a character in any width or kind.
fn plain(c: char, over: FoldMode) -> char {
    if over == FoldMode::Words {
        return c;
    }
    match c {
        // Full-width digits and letters are a fixed distance from ASCII.
        '\u{ff10}'..='\u{ff19}' | '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}' => {
            char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c)
        }
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => '-',
        '`'
        | '\u{b4}'
        | '\u{2bb}'..='\u{2bc}'
        | '\u{2018}'..='\u{201b}'
        | '\u{2032}'
        | '\u{2039}'
        | '\u{203a}'
        | '\u{ff07}' => '\'',
        // Not `"`, which DocSpace does not store.
        '\u{ab}' | '\u{bb}' | '\u{201c}'..='\u{201f}' | '\u{2033}' | '\u{ff02}' => '\u{201c}',
        c if c.is_whitespace() => ' ',
        c => c,
    }
}

/// The common form of all cases, widths and kinds of a character.
pub(crate) fn kin(c: char, over: FoldMode) -> char {
    if c.is_ascii_alphanumeric() {
        return c.to_ascii_lowercase();
    }
    let plain = plain(c, over);
    if plain.is_ascii() {
        return plain.to_ascii_lowercase();
    }
    CASES.simple_fold(plain)
}

/// The characters beyond ASCII that differ from their kin, in order.
pub(crate) fn with_kin(over: FoldMode) -> &'static [(char, char)] {
    static TITLES: LazyLock<Vec<(char, char)>> = LazyLock::new(|| differing(FoldMode::Titles));
    static WORDS: LazyLock<Vec<(char, char)>> = LazyLock::new(|| differing(FoldMode::Words));
    match over {
        FoldMode::Titles => &TITLES,
        FoldMode::Words => &WORDS,
    }
}

fn differing(over: FoldMode) -> Vec<(char, char)> {
    // No letter beyond this range has two cases.
    ('\u{80}'..='\u{1ffff}')
        .map(|c| (c, kin(c, over)))
        .filter(|(c, kin)| c != kin)
        .collect()
}

/// The characters that fold to several, by their kin, with the result.
pub(crate) fn expansions() -> &'static [(char, Vec<char>)] {
    static ALL: LazyLock<Vec<(char, Vec<char>)>> = LazyLock::new(|| {
        let mut all: Vec<_> = ('\u{c0}'..='\u{1fff}')
            .chain('\u{fb00}'..='\u{fb17}')
            .filter(|c| is_composed(*c))
            .map(|c| {
                (
                    kin(c, FoldMode::Words),
                    full(&[c], FoldMode::Words).chars().collect(),
                )
            })
            .filter(|(_, folded): &(char, Vec<char>)| folded.len() > 1)
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    });
    &ALL
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_equal_in_every_case_and_unicode_form() {
        for (one, other) in [
            ("STRASSE", "straße"),
            ("GROẞ", "groß"),
            ("ΟΔΌΣ", "Οδός"),
            ("Bu\u{308}ro", "BÜRO"),
            ("\u{3aa}\u{301}", "\u{390}"),
            ("ﬁle", "FILE"),
            ("\u{feff}HR \u{200b}", "hr"),
            ("\u{1112}\u{1161}\u{11ab}", "한"),
            ("\u{212b}ngström", "Ångström"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
            assert_eq!(fold_title(one), fold_title(other), "{one} {other}");
        }
        for (one, other) in [
            ("ΠΕΛΑΤΗΣ", "Πελάτης"),
            ("a-b", "a–b"),
            ("a  b", "a b"),
            ("Büro", "Buro"),
            ("ＨＲ", "HR"),
            ("İ", "i"),
        ] {
            assert_ne!(fold(one), fold(other), "{one} {other}");
        }
    }

    #[test]
    fn titles_are_equal_in_every_way_of_typing() {
        for (one, other) in [
            ("案件-０１２", "案件－012"),
            ("Children's", "Children’s"),
            ("O`Brien", "o´brien"),
            ("„A“", "«a»"),
            ("a \u{2009}\u{a0}b", "a b"),
            ("a \u{200b} b", "a b"),
            (" a\u{3000}", "a"),
            ("Ｃlient\u{2010}Ｘ", "client\u{2212}x"),
            ("Lot \u{ad}3\u{fe0f}", "lot 3"),
        ] {
            assert_eq!(fold_title(one), fold_title(other), "{one} {other}");
        }
        for (one, other) in [("a（b", "a(b"), ("a'b", "a“b"), ("ー", "-"), ("ab", "a b")] {
            assert_ne!(fold_title(one), fold_title(other), "{one} {other}");
        }
    }

    #[test]
    fn a_part_keeps_its_original_spelling() {
        let text = "\u{feff} Bu\u{308}ro  \u{200b}x\u{302} ";
        let folded = Folded::new(text, FoldMode::Titles);
        assert_eq!(folded.text(), "büro x\u{302}");
        assert_eq!(folded.original(0, 4), "Bu\u{308}ro");
        assert_eq!(folded.original(1, 2), "u\u{308}");
        assert_eq!(folded.original(4, 7), "x\u{302}");
        assert_eq!(folded.original(6, 7), "\u{302}");
    }

    proptest! {
        #[test]
        fn the_unicode_form_makes_no_difference(text in "[a-zßéüΐǰİ ̂̈́̓ͅ각ᄀ\u{200b}-]{0,8}|\\PC{0,8}") {
            let composed: String = text.nfc().collect();
            let decomposed: String = text.nfd().collect();
            for fold in [fold, fold_title] {
                prop_assert_eq!(fold(&composed), fold(&decomposed));
                prop_assert_eq!(fold(&fold(&text)), fold(&text));
            }
        }

        #[test]
        fn borders_are_where_the_original_has_them(text in "[a-zßéü̈ \u{200b}각ᄀ-]{0,8}") {
            let folded = Folded::new(&text, FoldMode::Titles);
            for at in 0..=folded.letters().len() {
                let (left, right) = (folded.original(0, at), folded.original(at, folded.letters().len()));
                if folded.is_border(at) {
                    let apart = fold_title(left) + &fold_title(right);
                    prop_assert_eq!(apart.replace(' ', ""), folded.text().replace(' ', ""));
                }
            }
        }
    }
}
