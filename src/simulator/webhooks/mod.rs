//! Events: what is published, to which webhooks, and how it is sent.

pub(crate) mod address;
pub(crate) mod attempt;
pub(crate) mod net_json;
pub(crate) mod payload;
pub(crate) mod probe;
pub(crate) mod publish;
pub(crate) mod sender;
