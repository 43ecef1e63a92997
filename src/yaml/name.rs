//! Names that people give in policies and in the configuration.

/// Whether a text is a valid name for a capture, a variable or a table.
pub fn is_name(text: &str) -> bool {
    text.starts_with(char::is_alphabetic)
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}
