//! What tests, the demo and people at the control endpoint do and see without asking the rules.

pub(crate) mod accounts;
pub(crate) mod actions;
mod check;
pub(crate) mod faults;
pub(crate) mod find;
pub(crate) mod hooks;
pub(crate) mod http;
pub(crate) mod people;
pub(crate) mod requests;
pub(crate) mod reset;
pub(crate) mod sow;
pub(crate) mod view;
mod words;
