//! The target of a webhook: its address is looked up and checked before each delivery and each probe (webhooks.md §3).

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use reqwest::{Client, ClientBuilder, Url};

use crate::simulator::portal::Portal;

/// The time limit for looking up a name.
const LOOK_UP_LIMIT: Duration = Duration::from_secs(3);

/// Why nothing can be sent to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadAddress {
    /// It is not a valid address, has no TLS where that is required, or its name cannot be looked up.
    Invalid,
    /// It is, or its name resolves to, an address that the portal refuses.
    Refused,
}

/// A checked address, with a client that connects to exactly that address.
#[derive(Debug)]
pub(crate) struct Destination {
    pub(crate) url: Url,
    pub(crate) client: Client,
}

impl Destination {
    /// The host and port, as connection errors show them.
    pub(crate) fn host(&self) -> String {
        let port = self.url.port_or_known_default().unwrap_or_default();
        format!("{}:{port}", self.url.host_str().unwrap_or_default())
    }
}

/// A client that follows no redirects and trusts no authority; loading the machine's certificates takes longer than
/// everything else.
pub(crate) fn client() -> ClientBuilder {
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .tls_certs_only([])
        .no_proxy()
        .no_gzip()
}

impl Portal {
    /// Checks an address; `ssl` requires TLS with a trusted certificate.
    pub(crate) async fn destination(
        &self,
        text: &str,
        ssl: bool,
    ) -> Result<Destination, BadAddress> {
        let url = Url::parse(text).map_err(|_| BadAddress::Invalid)?;
        let has_tls = match url.scheme() {
            "https" => true,
            "http" if !ssl => false,
            _ => return Err(BadAddress::Invalid),
        };
        let host = url.host_str().ok_or(BadAddress::Invalid)?;
        let literal: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
        let addresses = match literal {
            Some(address) => vec![address],
            None => looked_up(host).await,
        };
        let first = *addresses.first().ok_or(BadAddress::Invalid)?;
        let refused = self.world().options.refused_addresses.clone();
        let is_refused = |address: &IpAddr| refused.iter().any(|range| range.contains(*address));
        if addresses.iter().any(is_refused) {
            return Err(BadAddress::Refused);
        }
        let client = if literal.is_some() && ssl == has_tls {
            self.inner.http.clone()
        } else {
            // Port 0 keeps the port of the address.
            client()
                .tls_danger_accept_invalid_certs(!ssl)
                .resolve(host, SocketAddr::new(first, 0))
                .build()
                .map_err(|_| BadAddress::Invalid)?
        };
        Ok(Destination { url, client })
    }
}

/// All addresses of a name; empty if it cannot be looked up in time.
async fn looked_up(host: &str) -> Vec<IpAddr> {
    let found = tokio::time::timeout(LOOK_UP_LIMIT, tokio::net::lookup_host((host, 0))).await;
    found
        .ok()
        .and_then(Result::ok)
        .map(|found| found.map(|address| address.ip()).collect())
        .unwrap_or_default()
}
