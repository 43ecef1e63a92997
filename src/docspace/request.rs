//! A request to the portal, and the address that it is sent to.

use reqwest::{Method, Url};
use serde_json::Value;

use super::budget::{Kind, Paid};
use super::error::Error;
use crate::room::without_password;

/// A call to send.
pub(super) struct Request<'c> {
    pub(super) kind: Kind,
    pub(super) method: Method,
    pub(super) path: &'c [&'c str],
    pub(super) query: &'c [(&'c str, &'c str)],
    pub(super) body: Option<&'c Value>,
    /// Its slot in the budget, if it has one.
    pub(super) paid: Option<Paid>,
}

impl<'c> Request<'c> {
    pub(super) fn read(kind: Kind, path: &'c [&'c str], query: &'c [(&'c str, &'c str)]) -> Self {
        Self {
            kind,
            method: Method::GET,
            path,
            query,
            body: None,
            paid: None,
        }
    }

    pub(super) fn write(
        kind: Kind,
        method: Method,
        path: &'c [&'c str],
        body: &'c Value,
        paid: Option<Paid>,
    ) -> Self {
        Self {
            kind,
            method,
            path,
            query: &[],
            body: Some(body),
            paid,
        }
    }
}

/// The content of a response envelope.
pub(super) fn response(mut envelope: Value) -> Value {
    envelope
        .get_mut("response")
        .map(Value::take)
        .unwrap_or_default()
}

/// The base URL of a portal.
pub(super) fn base(host: &str) -> Result<Url, Error> {
    let shown = without_password(host);
    let wrong = |reason: &str| {
        Error::Configuration(format!(
            "`{shown}` is not the address of a portal: {reason}; write `https://docspace.example.com`"
        ))
    };
    let url = Url::parse(host.trim()).map_err(|_| wrong("it does not begin with `https://`"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(wrong("it does not begin with `https://`"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("it must not contain a name or password"));
    }
    Ok(url)
}
