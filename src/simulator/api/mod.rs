//! The controllers: a file for each part of the interface.

pub(crate) mod authentication;
pub(crate) mod contention;
pub(crate) mod folders;
pub(crate) mod groups;
pub(crate) mod keys;
pub(crate) mod listing;
pub(crate) mod looks;
pub(crate) mod owner;
pub(crate) mod people;
pub(crate) mod people_filter;
mod people_order;
pub(crate) mod pins;
pub(crate) mod room_people;
pub(crate) mod rooms;
pub(crate) mod routes;
pub(crate) mod selectors;
pub(crate) mod settings;
pub(crate) mod share;
pub(crate) mod share_listing;
pub(crate) mod tags;
pub(crate) mod templates;
pub(crate) mod webhook_log;
pub(crate) mod webhooks;
pub(crate) mod wishes;
