//! Why the configuration cannot be used.

use std::path::PathBuf;

/// Why the configuration cannot be used. Each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("`{}` cannot be read: {cause}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The configuration file is not valid. The text lists every problem with its place.
    #[error("{text}")]
    Wrong {
        /// With source lines.
        text: String,
        /// In one line.
        short: String,
    },
    /// A value from the environment or the command line is not valid.
    #[error("{name}: {reason}")]
    Value {
        /// The variable or flag.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Required settings that are not set, each with how to set it.
    #[error("{}", .0.join("\n"))]
    Missing(Vec<&'static str>),
}

impl Error {
    /// The message for a log, which has one line per event.
    pub fn in_one_line(&self) -> String {
        match self {
            Error::Wrong { short, .. } => short.clone(),
            error => error.to_string().replace('\n', "; "),
        }
    }
}
