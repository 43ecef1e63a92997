//! Addresses for webhooks of a replay: one that answers, and one that refuses connections.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::http::{StatusCode, Uri, header};
use tokio::net::{TcpListener, TcpSocket};

const LOOPBACK: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);

/// Starts a receiver that answers /ok with 200, /away with 302, /error with 500, and everything else with 404, and runs
/// until the test ends.
pub(super) async fn start() -> String {
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(async |uri: Uri| match uri.path() {
        "/ok" => Ok(StatusCode::OK),
        "/away" => Err((StatusCode::FOUND, [(header::LOCATION, "/ok")])),
        "/error" => Ok(StatusCode::INTERNAL_SERVER_ERROR),
        _ => Ok(StatusCode::NOT_FOUND),
    });
    tokio::spawn(async { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// An address with a bound socket that does not listen, so that no other process can use it.
#[derive(Debug)]
pub(super) struct Nobody(TcpSocket);

impl Nobody {
    pub(super) fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(LOOPBACK)).unwrap();
        Self(socket)
    }

    pub(super) fn address(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }
}
