//! The flags of every command that set configuration.

use std::path::PathBuf;

/// The heading of the options of every command.
pub const GLOBAL: &str = "Global options";

/// The flags that set configuration.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Flags {
    /// The configuration file [default: roomwright.yaml, if it exists]
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The directory of the policy files [env: ROOMWRIGHT_POLICIES] [default: policies]
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "DIR")]
    pub policies: Option<PathBuf>,
    /// The store [env: ROOMWRIGHT_STORE] [default: sqlite:roomwright.db]
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "URL")]
    pub store: Option<String>,
}
