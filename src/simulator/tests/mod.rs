//! Tests over HTTP, as a client sees the portal.

mod gate;
mod site;

mod contention;
mod control;
mod deliveries;
mod faults;
mod folder_contents;
mod folders;
mod groups;
mod guests;
mod hook_log;
mod hook_rules;
mod hooks;
mod keys;
mod limits;
mod links;
mod members;
mod operations;
mod owners;
mod people;
mod queue;
mod reading;
mod rooms_changed;
mod rooms_listed;
mod rooms_made;
mod sending;
mod share_lists;
mod shares;
mod signatures;
mod tags;
mod templates;
mod ties;
mod traps_of_errors;
mod traps_of_folders;
mod traps_of_sharing;
