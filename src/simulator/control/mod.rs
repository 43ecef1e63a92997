//! What tests, the demo and the control endpoint do and see without the portal's checks.

pub(crate) mod accounts;
pub(crate) mod actions;
mod check;
pub(crate) mod faults;
pub(crate) mod find;
pub(crate) mod hooks;
pub(crate) mod http;
pub(crate) mod people;
pub(crate) mod populate;
pub(crate) mod requests;
pub(crate) mod reset;
pub(crate) mod view;
mod words;
