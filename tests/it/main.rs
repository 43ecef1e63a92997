//! One test binary: a file or a folder for each subject.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod adoption;
mod adoption_chance;
mod answers;
mod apply_all;
mod architecture;
mod calls;
mod chaos;
mod cli;
mod commits;
mod concurrent_changes;
mod corpus;
mod custody_regressions;
mod decisions;
mod diff;
mod doctor;
mod documentation;
mod drawn;
mod examples;
mod expectations;
mod failing_disk;
mod faults;
mod guard;
mod healthcheck;
mod idle_connections;
mod import;
mod kills;
mod language;
mod live_facts;
mod matching;
mod membership;
mod operators;
mod people_faults;
mod policies;
mod policy_tests;
mod policy_tests_of_creators;
mod portal_outage;
mod process;
mod process_harness;
mod properties;
mod reasons;
mod reload;
mod repair;
mod replaced_store;
mod replay;
mod rollout;
mod schema;
mod secrets;
mod service;
mod settings;
mod shells;
mod simulator;
mod status;
mod store;
mod storms;
mod sweep;
mod traps;
mod unusable_names;
mod validate;
mod wait;
mod webhook;
mod world;
