//! Rewrites counts that a glob does not read as such.

use super::{Foreign, MAX_COUNT, Reader};

impl Reader {
    /// Rewrites a count after a class or `?` that has blanks or wide digits, or a dash instead of the comma.
    pub(super) fn count_after_class(&mut self) {
        if let Some((from, to, length)) = self.count_here()
            && !self.is_plain_count(length)
        {
            self.note(Foreign::OddCount);
            self.at += length;
            self.glob.push_str(&written(from, to));
        }
    }

    /// Rewrites a count after `*`.
    pub(super) fn count_after_any(&mut self) {
        if let Some((from, to, length)) = self.count_here() {
            self.note(Foreign::CountOfAny);
            self.at += length;
            self.glob.pop();
            self.glob.push_str(&format!("?{}", written(from, to)));
        }
    }

    /// The ends of a count at this place, in any way of typing, and its length.
    fn count_here(&self) -> Option<(usize, usize, usize)> {
        let rest = self.chars.get(self.at..)?;
        let (first, rest) = rest.split_first()?;
        let end = rest
            .iter()
            .position(|c| *c == '}')
            .filter(|_| *first == '{')?;
        let inside: String = rest.get(..end)?.iter().map(|c| plain(*c)).collect();
        let ends = inside.split_once([',', '-']).unwrap_or((&inside, &inside));
        let number = |text: &str| text.trim().parse().ok().filter(|count| *count <= MAX_COUNT);
        let (from, to) = (number(ends.0)?, number(ends.1)?);
        (from <= to).then_some((from, to, end + 2))
    }

    /// The length of a count at this place that is valid as it is; 0 if there is none.
    pub(super) fn plain_count(&self) -> usize {
        let length = self.count_here().map(|(.., length)| length);
        let length = length.filter(|length| self.is_plain_count(*length));
        length.unwrap_or_default()
    }

    fn is_plain_count(&self, length: usize) -> bool {
        let written = self.chars.iter().skip(self.at).take(length);
        written
            .into_iter()
            .all(|c| c.is_ascii_digit() || matches!(c, '{' | '}' | ','))
    }
}

fn written(from: usize, to: usize) -> String {
    if from == to {
        format!("{{{from}}}")
    } else {
        format!("{{{from},{to}}}")
    }
}

/// The plain form of a wide digit or comma, or of a dash.
fn plain(c: char) -> char {
    match c {
        '\u{ff10}'..='\u{ff19}' | '\u{ff0c}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        c => c,
    }
}
