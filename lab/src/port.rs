//! A port that stays one's own while nobody listens on it.

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpSocket;

/// A port of this machine that the system gives to nobody else as long as this lives. A service that binds it by its number listens on it
/// all the same, stops, and finds it free when it comes back.
///
/// That is how Linux treats a socket that is bound and does not listen; elsewhere nothing is held.
#[derive(Debug)]
pub struct HeldPort {
    address: SocketAddr,
    _socket: Option<TcpSocket>,
}

impl HeldPort {
    /// Holds this address, or where its port is 0, one that is free. Whoever listens there already must not, yet.
    ///
    /// # Errors
    /// What the system says against it, such as a port that another program has.
    pub fn hold(address: SocketAddr) -> io::Result<Self> {
        if !cfg!(target_os = "linux") {
            return Ok(Self { address, _socket: None });
        }
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(Self { address: socket.local_addr()?, _socket: Some(socket) })
    }

    /// The address to listen on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
