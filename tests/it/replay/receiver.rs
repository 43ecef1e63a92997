//! Where webhooks of a replay are delivered to, and where they cannot be.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::http::{StatusCode, Uri, header};
use tokio::net::{TcpListener, TcpSocket};

const LOOPBACK: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);

/// Answers /ok with 200, /away with 302, /error with 500, and anything else with 404; for as long as the test lasts.
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

/// An address that is taken by a socket on which nobody listens, and that nobody else can get meanwhile.
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
