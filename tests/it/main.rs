//! One test binary: a file per subject.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod architecture;
mod cli;
mod examples;
mod language;
mod policies;
mod process;
mod properties;
mod schema;
mod service;
mod store;
