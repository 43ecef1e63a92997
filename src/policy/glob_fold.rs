//! Texts in the form in which globs compare them: without case, and titles without differences that people do not see.

/// What kind of text a glob is compared with; decides what counts as the same character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// Titles: every dash is the same dash, runs of white space are one blank, and literal characters are altered
    /// as DocSpace stores them.
    Titles,
    /// Words, names, addresses: only case is ignored.
    Words,
}

/// One character for one: `İ`, the only one whose small form is two, counts as `i`. So a capture never ends within one.
pub(super) fn fold_char(c: char, over: Over) -> char {
    let c = match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' if over == Over::Titles => '-',
        c if over == Over::Titles && c.is_whitespace() => ' ',
        c => c,
    };
    c.to_lowercase().next().unwrap_or(c)
}

/// A text in the form in which globs compare, which knows its original spelling.
#[derive(Debug, Clone)]
pub struct Folded<'t> {
    original: &'t str,
    text: String,
    pub(super) chars: Vec<char>,
    /// Where in the original each folded character begins; one more than there are characters.
    starts: Vec<usize>,
}

impl<'t> Folded<'t> {
    /// Folds a text once.
    pub fn new(original: &'t str, over: Over) -> Self {
        let mut folded = Self {
            original,
            text: String::with_capacity(original.len()),
            chars: Vec::with_capacity(original.len()),
            starts: Vec::with_capacity(original.len() + 1),
        };
        for (at, c) in original.char_indices() {
            // Every blank goes the long way; the vertical tab is one that ASCII's own list leaves out.
            if c.is_ascii() && !c.is_whitespace() {
                folded.push(c.to_ascii_lowercase(), at);
                continue;
            }
            let c = fold_char(c, over);
            if !(over == Over::Titles && c == ' ' && folded.chars.last() == Some(&' ')) {
                folded.push(c, at);
            }
        }
        folded.starts.push(original.len());
        folded
    }

    fn push(&mut self, c: char, at: usize) {
        self.text.push(c);
        self.chars.push(c);
        self.starts.push(at);
    }

    /// The folded text itself.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The original spelling of a range of folded characters.
    pub(super) fn original(&self, from: usize, to: usize) -> &'t str {
        let start = self.starts.get(from).copied().unwrap_or_default();
        let end = self.starts.get(to).copied().unwrap_or(self.original.len());
        self.original.get(start..end.max(start)).unwrap_or_default()
    }
}
