//! What the portal holds: entries, people, grants, webhooks. No rules.

pub(crate) mod addresses;
pub(crate) mod collation;
pub(crate) mod ids;
pub(crate) mod jobs;
pub(crate) mod links;
pub(crate) mod moves;
pub(crate) mod natural;
pub(crate) mod notices;
pub(crate) mod operations;
pub(crate) mod options;
pub(crate) mod people;
pub(crate) mod rooms;
pub(crate) mod seed;
pub(crate) mod sorting;
pub(crate) mod tags;
pub(crate) mod text;
pub(crate) mod title;
pub(crate) mod tree;
pub(crate) mod webhooks;
pub(crate) mod world;
