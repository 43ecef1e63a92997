//! `healthcheck`: asks the service on this machine whether it works. For containers, which have no other program for it.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use serde_json::Value;

use super::{Exit, Out};
use crate::config::{Flags, address, admin_address, environment, listen_address};

/// How long the service may take to answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Ask the service on this machine whether it works
#[derive(Debug, clap::Args)]
pub(super) struct Healthcheck {
    /// The address on which the service listens [env: ROOMWRIGHT_LISTEN, PORT] [default: 0.0.0.0:3000]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Also check whether it can process rooms: fails while the portal is unavailable
    #[arg(long)]
    ready: bool,
}

impl Healthcheck {
    pub(super) async fn run(&self, flags: &Flags, out: &mut Out) -> anyhow::Result<Exit> {
        // Only the address for operators gives reasons.
        let admin = match (self.ready, &self.listen) {
            (true, None) => admin_address(flags, &environment)?,
            _ => None,
        };
        let listen = match (admin, &self.listen) {
            (Some(admin), _) => admin,
            (None, Some(listen)) => address(listen)?,
            (None, None) => listen_address(flags, &environment)?,
        };
        let route = if self.ready { "readyz" } else { "healthz" };
        let url = format!("http://{}/{route}", local(listen));
        let (status, body) = ask(&url)
            .await
            .with_context(|| format!("`{url}` does not respond"))?;
        let word = body.get("status").and_then(Value::as_str);
        if status.is_success() {
            out.line(word.unwrap_or("ok"))?;
            return Ok(Exit::Fine);
        }
        let checks = body.get("checks").and_then(Value::as_array);
        let problems: Vec<&str> = checks
            .into_iter()
            .flatten()
            .filter_map(|check| check.get("problem")?.as_str())
            .collect();
        match word {
            Some(word) if problems.is_empty() => bail!("{word}"),
            Some(word) => bail!("{word}: {}", problems.join("; ")),
            None => bail!("`{url}` responds with {status}"),
        }
    }
}

/// The loopback address for a service that listens on every address of the machine.
pub(super) fn local(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

pub(super) async fn ask(url: &str) -> anyhow::Result<(reqwest::StatusCode, Value)> {
    // Without a provider reqwest cannot build a client, TLS or not.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .tls_certs_only([])
        // The proxy in the environment is for the portal.
        .no_proxy()
        .timeout(TIMEOUT)
        .build()?;
    let answer = client.get(url).send().await.map_err(unanswered)?;
    let status = answer.status();
    Ok((status, answer.json().await.unwrap_or_default()))
}

fn unanswered(error: reqwest::Error) -> anyhow::Error {
    let mut cause: Option<&dyn std::error::Error> = Some(&error);
    while let Some(inner) = cause {
        let io = inner.downcast_ref::<std::io::Error>();
        if io.is_some_and(|io| io.kind() == ErrorKind::ConnectionRefused) {
            return anyhow!("connection refused (is `roomwright serve` running?)");
        }
        cause = inner.source();
    }
    error.without_url().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_listens_everywhere_is_asked_on_the_loopback_address() {
        let local = |listen: &str| local(listen.parse().unwrap()).to_string();
        assert_eq!(local("0.0.0.0:3000"), "127.0.0.1:3000");
        assert_eq!(local("[::]:3000"), "[::1]:3000");
        assert_eq!(local("10.0.0.7:80"), "10.0.0.7:80");
    }
}
