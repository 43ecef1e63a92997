//! Webhook → store → worker → client → simulated portal, all through HTTP.

mod failures;
mod large_rooms;
mod outcomes;
mod ownership;
mod refusals;
mod webhook;
