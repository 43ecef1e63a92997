//! Limits connections, so that idle clients cannot use all of them up.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum_server::{AddrListener, Address};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Sleep, sleep};
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::Limits;
use super::places::{Place, Places, Visitor};

/// Where a connection comes from, when its listener is a [`Listener`].
#[derive(Debug, Clone)]
pub(super) struct Peer {
    address: SocketAddr,
    visitor: Arc<Visitor>,
}

impl Peer {
    pub(super) fn ip(&self) -> IpAddr {
        self.address.ip()
    }

    /// The client of the connection.
    pub(super) fn visitor(&self) -> &Arc<Visitor> {
        &self.visitor
    }
}

impl Connected<Peer> for Peer {
    fn connect_info(peer: Peer) -> Self {
        peer
    }
}

/// Assigns a slot to each connection.
#[derive(Debug)]
pub(super) struct Listener {
    listener: TcpListener,
    places: Arc<Places>,
    unread: Duration,
}

/// A connection and its slot.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    /// How long the client may leave a response unread.
    unread: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
    /// Ready when another connection gets the slot.
    closing: Pin<Box<WaitForCancellationFutureOwned>>,
    _place: Place,
}

impl Listener {
    pub(super) fn new(
        listener: std::net::TcpListener,
        places: Arc<Places>,
        unread: Duration,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self {
            listener: TcpListener::from_std(listener)?,
            places,
            unread,
        })
    }
}

impl Address for Peer {
    type Stream = Connection;
    type Listener = Listener;
}

impl AddrListener<Connection, Peer> for Listener {
    async fn bind_to(peer: Peer) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(peer.address)?;
        let limits = Limits::default();
        Listener::new(listener, Places::new(limits), limits.unread)
    }

    async fn accept_stream(&self) -> io::Result<(Connection, Peer)> {
        let (stream, address) = self.listener.accept().await?;
        let place = self.places.admit(address.ip()).await;
        let visitor = place.visitor.clone();
        let connection = Connection {
            stream,
            unread: self.unread,
            stalled: None,
            closing: Box::pin(visitor.closing.clone().cancelled_owned()),
            _place: place,
        };
        Ok((connection, Peer { address, visitor }))
    }

    /// The address of the listener; it has no client.
    fn get_local_addr(&self) -> io::Result<Peer> {
        let address = self.listener.local_addr()?;
        let visitor = Arc::new(Visitor::new(address.ip(), Limits::default()));
        Ok(Peer { address, visitor })
    }
}

impl Connection {
    /// Fails if another connection got the slot.
    fn kept(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        match self.closing.as_mut().poll(cx) {
            Poll::Ready(()) => Err(io::ErrorKind::ConnectionAborted.into()),
            Poll::Pending => Ok(()),
        }
    }

    /// Fails if the client has read nothing for too long.
    fn watched<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let unread = self.unread;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(unread)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.kept(cx)?;
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.kept(cx)?;
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watched(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.watched(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
