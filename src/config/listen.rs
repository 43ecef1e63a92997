//! Addresses to listen on.

use std::net::{SocketAddr, ToSocketAddrs};

use super::file::File;
use super::{Environment, Error, Flags};

/// The default address for operators.
pub const ADMIN: &str = "127.0.0.1:3001";

/// The address on which `serve` listens, for commands that need nothing else.
///
/// # Errors
/// The configuration file or the address cannot be used.
pub fn listen_address(flags: &Flags, environment: Environment<'_>) -> Result<SocketAddr, Error> {
    let listen = File::of(flags)?.listen;
    listening(listen.map(|listen| listen.value), environment)
}

/// `PORT` only replaces the port of the file's address.
pub(super) fn listening(
    file: Option<String>,
    environment: Environment<'_>,
) -> Result<SocketAddr, Error> {
    if let Some(listen) = environment("ROOMWRIGHT_LISTEN") {
        return address(&listen);
    }
    let listen = file.unwrap_or_else(|| "0.0.0.0:3000".to_owned());
    let Some(port) = environment("PORT") else {
        return address(&listen);
    };
    let port: u16 = port.trim().parse().map_err(|_| Error::Value {
        name: "PORT".to_owned(),
        reason: format!("`{port}` is not a port; write a number from 1 to 65535"),
    })?;
    let host = listen.rsplit_once(':').map_or("0.0.0.0", |(host, _)| host);
    address(&format!("{host}:{port}"))
}

/// The address on which `serve` responds to operators, for commands that need nothing else.
///
/// # Errors
/// The configuration file or the address cannot be used.
pub fn admin_address(
    flags: &Flags,
    environment: Environment<'_>,
) -> Result<Option<SocketAddr>, Error> {
    let listen = File::of(flags)?.admin_listen;
    admin(listen.map(|listen| listen.value), environment)
}

/// `None` if it is turned off.
pub(super) fn admin(
    file: Option<String>,
    environment: Environment<'_>,
) -> Result<Option<SocketAddr>, Error> {
    let written = environment("ROOMWRIGHT_ADMIN_LISTEN").or(file);
    match written.unwrap_or_else(|| ADMIN.to_owned()).as_str() {
        "none" => Ok(None),
        listen => address(listen).map(Some),
    }
}

/// Parses an address to listen on, such as `0.0.0.0:3000` or `localhost:3000`.
///
/// # Errors
/// It is not an address.
pub fn address(listen: &str) -> Result<SocketAddr, Error> {
    listen
        .to_socket_addrs()
        .ok()
        .and_then(|mut all| all.next())
        .ok_or_else(|| Error::Value {
            name: "listen".to_owned(),
            reason: format!("`{listen}` is not an address to listen on; write `0.0.0.0:3000`"),
        })
}
