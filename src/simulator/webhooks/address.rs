//! Where a webhook leads: its address is looked up and checked before each delivery and each probe (webhooks.md §3).

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use reqwest::{Client, ClientBuilder, Url};

use crate::simulator::portal::Portal;

/// How long looking up a name may take.
const LOOK_UP_LIMIT: Duration = Duration::from_secs(3);

/// Why nothing can be sent to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// It is none, has no TLS where that is required, or its name cannot be looked up.
    Invalid,
    /// It is, or its name stands for, an address that the portal refuses.
    Refused,
}

/// An address that was checked, with a client that connects to what was checked.
#[derive(Debug)]
pub(crate) struct Destination {
    pub(crate) url: Url,
    pub(crate) client: Client,
}

impl Destination {
    /// The host and port, as connection failures name them.
    pub(crate) fn host(&self) -> String {
        let port = self.url.port_or_known_default().unwrap_or_default();
        format!("{}:{port}", self.url.host_str().unwrap_or_default())
    }
}

/// Clients follow no redirects. They trust no authority; reading the machine's takes longer than all the rest.
pub(crate) fn client() -> ClientBuilder {
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .tls_certs_only([])
        .no_proxy()
        .no_gzip()
}

impl Portal {
    /// Checks an address; `ssl` requires TLS with a certificate that can be trusted.
    pub(crate) async fn destination(&self, text: &str, ssl: bool) -> Result<Destination, Unfit> {
        let url = Url::parse(text).map_err(|_| Unfit::Invalid)?;
        let has_tls = match url.scheme() {
            "https" => true,
            "http" if !ssl => false,
            _ => return Err(Unfit::Invalid),
        };
        let host = url.host_str().ok_or(Unfit::Invalid)?;
        let literal: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
        let addresses = match literal {
            Some(address) => vec![address],
            None => looked_up(host).await,
        };
        let first = *addresses.first().ok_or(Unfit::Invalid)?;
        let refused = self.world().options.refused_addresses.clone();
        let is_refused = |address: &IpAddr| refused.iter().any(|range| range.contains(*address));
        if addresses.iter().any(is_refused) {
            return Err(Unfit::Refused);
        }
        let client = if literal.is_some() && ssl == has_tls {
            self.inner.http.clone()
        } else {
            // Port 0 leaves the port of the address as it is.
            client()
                .tls_danger_accept_invalid_certs(!ssl)
                .resolve(host, SocketAddr::new(first, 0))
                .build()
                .map_err(|_| Unfit::Invalid)?
        };
        Ok(Destination { url, client })
    }
}

/// All addresses a name stands for; none if it cannot be looked up in time.
async fn looked_up(host: &str) -> Vec<IpAddr> {
    let found = tokio::time::timeout(LOOK_UP_LIMIT, tokio::net::lookup_host((host, 0))).await;
    found
        .ok()
        .and_then(Result::ok)
        .map(|found| found.map(|address| address.ip()).collect())
        .unwrap_or_default()
}
