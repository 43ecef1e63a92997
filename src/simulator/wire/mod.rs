//! A call and its response as data: the envelope and the refusals.

pub(crate) mod body;
pub(crate) mod call;
pub(crate) mod envelope;
pub(crate) mod json_path;
pub(crate) mod refusal;
