//! The YAML reader: text → tree with places → typed values, and all problems at once.
//!
//! `serde_yaml` is archived, silently accepts duplicate keys and has no places. This reader replaces it:
//! one parse with `granit-parser`, the same `serde` derives on the types, and a file, line and column for every
//! value. Text stays text: `NO`, `01` and `7:30` are texts wherever a text is expected.

mod advice;
mod code;
mod de;
mod de_error;
mod json;
mod name;
mod problem;
mod scalar;
mod schema;
mod show;
mod source;
mod spanned;
mod traps;
mod tree;

pub use code::CODES;
pub use de::read;
pub use json::{at_pointer, to_json};
pub use name::is_name;
pub use problem::{Problem, Severity, hint};
pub use scalar::scalar;
pub use schema::{as_yaml_is_written, words_as_one};
pub use show::{ProblemRecord, in_one_line, records, render};
pub use source::{Place, Source, SourceId, Sources, Span};
pub use spanned::Spanned;
pub use tree::{MAX_FILE, Node, parse};
