//! What tests, the demo and people at the control endpoint do and see without asking the rules.

pub(crate) mod accounts;
pub(crate) mod actions;
pub(crate) mod faults;
pub(crate) mod hooks;
pub(crate) mod requests;
pub(crate) mod sow;
mod text;
pub(crate) mod view;
mod words;
