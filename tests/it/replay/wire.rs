//! Calls of a portal by any of its accounts, sent exactly as recorded.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Url;
use reqwest::redirect::Policy;
use serde_json::Value;

/// The headers that are compared.
const TELLING: [&str; 5] = [
    "content-type",
    "www-authenticate",
    "location",
    "allow",
    "retry-after",
];
const LONGEST: Duration = Duration::from_secs(90);

#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    /// The body; a text if it is not JSON.
    pub(super) body: Value,
}

#[derive(Debug)]
pub(super) struct Wire {
    base: String,
    /// Account → value of the `Authorization` header.
    credentials: BTreeMap<String, String>,
    http: reqwest::Client,
}

impl Wire {
    pub(super) fn new(base: &str, credentials: BTreeMap<String, String>) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .no_gzip()
            .redirect(Policy::none())
            .timeout(LONGEST);
        Self {
            base: base.trim_end_matches('/').to_owned(),
            credentials,
            http: http.build().unwrap(),
        }
    }

    pub(super) fn knows(&self, caller: Option<&str>) -> bool {
        caller.is_none_or(|caller| self.credentials.contains_key(caller))
    }

    pub(super) async fn call(
        &self,
        caller: Option<&str>,
        method: &str,
        path: &str,
        body: Option<String>,
    ) -> Answer {
        let url = as_written(&format!("{}/api/2.0{path}", self.base));
        let mut request = self
            .http
            .request(method.parse().unwrap(), url)
            .header("Accept", "application/json");
        if let Some(caller) = caller {
            request = request.header("Authorization", &self.credentials[caller]);
        }
        if let Some(body) = body {
            request = request
                .header("Content-Type", "application/json")
                .body(body);
        }
        let reply = request.send().await.unwrap();
        let header = |name: &str| {
            let value = reply.headers().get(name)?;
            Some((
                name.to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            ))
        };
        Answer {
            status: reply.status().as_u16(),
            headers: TELLING.into_iter().filter_map(header).collect(),
            body: decoded(&reply.bytes().await.unwrap()),
        }
    }
}

/// An address that the client does not rewrite; it would remove `..` and encode an apostrophe.
fn as_written(address: &str) -> Url {
    let url = Url::parse(address).unwrap();
    assert_eq!(
        url.as_str(),
        address,
        "the client would rewrite the address"
    );
    url
}

fn decoded(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| String::from_utf8_lossy(bytes).into())
}
