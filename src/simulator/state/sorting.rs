//! The sort order of an account's listings: one for folders and rooms, kept from call to call (rooms-api.md C.1).

/// The order that an account last requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SortOrder {
    pub(crate) by: SortBy,
    pub(crate) is_descending: bool,
}

impl Default for SortOrder {
    fn default() -> Self {
        Self {
            by: SortBy::DateAndTime,
            is_descending: true,
        }
    }
}

/// The values of `sortBy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SortBy {
    DateAndTime,
    Az,
    Size,
    Author,
    Type,
    New,
    DateAndTimeCreation,
    RoomType,
    Tags,
    Room,
    CustomOrder,
    LastOpened,
    UsedSpace,
    /// Unknown numbers are accepted as this one.
    Undefined,
}

impl SortBy {
    /// All values, in the order of their numbers.
    const ALL: [Self; 13] = [
        Self::DateAndTime,
        Self::Az,
        Self::Size,
        Self::Author,
        Self::Type,
        Self::New,
        Self::DateAndTimeCreation,
        Self::RoomType,
        Self::Tags,
        Self::Room,
        Self::CustomOrder,
        Self::LastOpened,
        Self::UsedSpace,
    ];

    /// Parses a name in any case, or a number; `None` for a value that is ignored.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let named = Self::ALL
            .iter()
            .find(|by| format!("{by:?}").eq_ignore_ascii_case(text));
        named.copied().or_else(|| {
            let number: i32 = text.trim().parse().ok()?;
            let known = usize::try_from(number)
                .ok()
                .and_then(|at| Self::ALL.get(at));
            Some(known.copied().unwrap_or(Self::Undefined))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_named_in_any_case_or_numbered() {
        for (text, by) in [
            ("AZ", Some(SortBy::Az)),
            ("dateandtimecreation", Some(SortBy::DateAndTimeCreation)),
            ("10", Some(SortBy::CustomOrder)),
            ("99", Some(SortBy::Undefined)),
            ("Nonsense", None),
        ] {
            assert_eq!(SortBy::from_text(text), by, "{text}");
        }
    }
}
