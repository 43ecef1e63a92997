//! The order in which an account has folders and rooms listed: one for both, kept from call to call (rooms-api.md C.1).

/// The order in which an account last asked for entries.
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

/// What `sortBy` may ask for.
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
    /// A number that stands for none of them is taken as well.
    Undefined,
}

impl SortBy {
    /// In the order of their numbers.
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

    /// By name in any case, or by number; `None` for what is ignored.
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
