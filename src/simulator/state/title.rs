//! How the portal alters a title before it stores it (docs/docspace.md, titles).

const LONGEST: usize = 170;

/// Trims a title, cuts it to 170 UTF-16 units (an extension near the end is kept) and replaces forbidden characters by
/// `_`. Each half of a surrogate pair is replaced, so one emoji becomes `__`.
pub(crate) fn stored(title: &str) -> String {
    let units: Vec<u16> = title.trim().encode_utf16().collect();
    let cut = if units.len() > LONGEST {
        shortened(&units)
    } else {
        units
    };
    cut.into_iter()
        .map(|unit| {
            char::from_u32(unit.into())
                .filter(|letter| !is_forbidden(*letter))
                .unwrap_or('_')
        })
        .collect()
}

fn is_forbidden(letter: char) -> bool {
    matches!(
        letter,
        '\t' | '*' | '+' | ':' | '"' | '<' | '>' | '?' | '|' | '\\' | '/'
    )
}

fn shortened(units: &[u16]) -> Vec<u16> {
    let extension = units
        .iter()
        .rposition(|unit| *unit == u16::from(b'.'))
        .filter(|at| *at > LONGEST - 20);
    let tail = extension
        .and_then(|at| units.get(at..))
        .filter(|tail| tail.len() < LONGEST)
        .unwrap_or(&[]);
    units
        .iter()
        .take(LONGEST - tail.len())
        .chain(tail)
        .copied()
        .collect()
}

/// The length as the portal's validation counts it: in UTF-16 units.
pub(crate) fn units(title: &str) -> usize {
    title.encode_utf16().count()
}

/// The first of `title`, `title (1)`, `title (2)`, … that is not taken; compares exactly as `is_taken` does.
pub(crate) fn free(title: &str, is_taken: impl Fn(&str) -> bool) -> String {
    if !is_taken(title) {
        return title.to_owned();
    }
    (1_u32..)
        .map(|number| format!("{title} ({number})"))
        .find(|candidate| !is_taken(candidate))
        .unwrap_or_else(|| title.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forbidden_characters_and_emoji_become_underscores() {
        assert_eq!(stored("  a/b: \"c\"+d  "), "a_b_ _c__d");
        assert_eq!(stored("Q&A 🚀"), "Q&A __");
        assert_eq!(stored("ends with dots..."), "ends with dots...");
    }

    #[test]
    fn a_long_title_keeps_its_extension() {
        let long = format!("{}.docx", "x".repeat(200));
        let kept = stored(&long);
        assert_eq!(kept.len(), 170);
        assert!(kept.ends_with(".docx"));
    }

    #[test]
    fn a_taken_title_gets_the_next_free_number() {
        assert_eq!(free("A", |name| name == "A" || name == "A (1)"), "A (2)");
    }
}
