//! What the processes of one account know about each other.

/// What other processes announced in the last minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OtherCalls {
    /// How many other services there are.
    pub services: u64,
    /// Their calls.
    pub of_services: u64,
    /// How many other commands there are.
    pub commands: u64,
    /// Their calls.
    pub of_commands: u64,
}
