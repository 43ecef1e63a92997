//! How the portal's database compares tags, and which tags it can store (rooms-api.md H.2).

use unicode_normalization::char::decompose_canonical;

/// The longest tag, in UTF-16 units.
pub const MAX_TAG_UNITS: usize = 255;

/// The comparable form of a tag: case, accents and trailing blanks make no difference. A composed and a decomposed
/// letter with an accent differ.
pub fn tag_key(tag: &str) -> String {
    tag.trim_end_matches(' ').chars().flat_map(letter).collect()
}

fn letter(c: char) -> impl Iterator<Item = char> {
    let base = match c {
        // A separate letter in the database, although Unicode decomposes it.
        'й' | 'Й' => c,
        'ß' => 's',
        'ı' | 'İ' => 'i',
        _ => {
            let mut first = None;
            decompose_canonical(c, |part| {
                first.get_or_insert(part);
            });
            first.unwrap_or(c)
        }
    };
    base.to_lowercase()
}

/// Why the portal cannot store a tag; `None` if it can.
pub fn no_tag(tag: &str) -> Option<String> {
    if let Some(c) = tag.chars().find(|c| u32::from(*c) > 0xffff) {
        return Some(format!(
            "the tag `{tag}` has `{c}`, but DocSpace tags cannot contain emoji or other characters above U+FFFF"
        ));
    }
    let units = tag.encode_utf16().count();
    (units > MAX_TAG_UNITS).then(|| {
        format!("the tag is {units} characters long, but DocSpace accepts at most {MAX_TAG_UNITS}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_trailing_blanks_make_no_difference() {
        for (one, other) in [
            ("Résumé", "resume"),
            ("client", "CLIENT"),
            ("Maß", "mas"),
            ("İst", "ist"),
            ("ёлка", "елка"),
            ("trail", "trail  "),
        ] {
            assert_eq!(tag_key(one), tag_key(other), "{one} {other}");
        }
        for (one, other) in [
            ("Maß", "Mass"),
            ("re\u{301}sume", "résume"),
            ("smør", "smor"),
            ("Łódź", "Lodz"),
            ("æ", "ae"),
            ("й", "и"),
            (" lead", "lead"),
            ("a-b", "a b"),
        ] {
            assert_ne!(tag_key(one), tag_key(other), "{one} {other}");
        }
    }

    #[test]
    fn emoji_and_long_tags_cannot_be_stored() {
        assert!(no_tag("done 🎉").is_some_and(|why| why.contains("🎉")));
        assert!(no_tag(&"é".repeat(256)).is_some());
        assert_eq!(no_tag(&"é".repeat(255)), None);
    }
}
