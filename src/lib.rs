//! A declarative policy engine for ONLYOFFICE DocSpace rooms.
//!
#![doc = include_str!("ARCHITECTURE.md")]

pub mod yaml;

pub mod room;

pub mod policy;

pub mod parallel;

pub mod policies;

pub mod resolve;

pub mod bind;

pub mod testing;

pub mod decide;
pub mod plan;

pub mod report;

pub mod diff;

pub mod explanation;

pub mod import;

pub mod delivery;

pub mod docspace;

pub mod store;

pub mod reconcile;

pub mod service;

pub mod webhook;

pub mod config;

pub mod telemetry;

pub mod cli;

#[cfg(feature = "simulator")]
pub mod simulator;
