//! One test binary: a file per subject.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod adoption;
mod adoption_chance;
mod architecture;
mod calls;
mod cli;
mod commits;
mod corpus;
mod daring;
mod dark;
mod decisions;
mod documentation;
mod door;
mod drawn;
mod examples;
mod faults;
mod hands;
mod healthcheck;
mod kills;
mod language;
mod live_facts;
mod matching;
mod meanwhile;
mod policies;
mod process;
mod properties;
mod replay;
mod schema;
mod secrets;
mod service;
mod settings;
mod shells;
mod simulator;
mod site;
mod store;
mod storms;
mod sweep;
mod traps;
mod world;
