//! Listening addresses.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpStream, lookup_host};

/// Connections that wait in the kernel to be accepted.
const BACKLOG: i32 = 1024;
/// The pause after an accept that failed for want of descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Why an address cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    #[error("the address '{address}' cannot be resolved: {error}")]
    Resolve { address: String, error: io::Error },
    #[error("nothing can listen on {address}: {error}")]
    Bind { address: SocketAddr, error: io::Error },
}

/// An address that is listened on. `::` takes IPv4 too.
#[derive(Debug)]
pub struct Listener {
    inner: TcpListener,
    local: SocketAddr,
}

impl Listener {
    /// Listens on `address` (a literal or a name, of which the first address counts) and `port` (0: any free one).
    pub async fn bind(address: &str, port: u16) -> Result<Self, BindError> {
        let resolve = |error| BindError::Resolve { address: address.to_owned(), error };
        let target = lookup_host((address, port))
            .await
            .map_err(resolve)?
            .next()
            .ok_or_else(|| resolve(io::Error::new(io::ErrorKind::NotFound, "no address")))?;
        let inner = listen(target).map_err(|error| BindError::Bind { address: target, error })?;
        let local = inner.local_addr().map_err(|error| BindError::Bind { address: target, error })?;
        Ok(Self { inner, local })
    }

    pub fn local_address(&self) -> SocketAddr {
        self.local
    }

    /// The next connection and its peer, an IPv4 peer always as such.
    ///
    /// # Errors
    /// The system takes none now (too many open files), told after a pause: that ends with somebody else's connection.
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        loop {
            match self.inner.accept().await {
                Ok((stream, peer)) => {
                    // Small replies must not wait for each other; a socket that refuses is about to fail anyway.
                    let _ = stream.set_nodelay(true);
                    // Peers that went without a word are found out even where nobody asks them anything.
                    let _ = SockRef::from(&stream).set_tcp_keepalive(&keep_alive());
                    return Ok((stream, SocketAddr::new(peer.ip().to_canonical(), peer.port())));
                }
                Err(error) if is_of_the_connection(&error) => {}
                Err(error) => {
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    return Err(error);
                }
            }
        }
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    if let SocketAddr::V6(v6) = address {
        socket.set_only_v6(!v6.ip().is_unspecified())?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// A minute of silence, then five questions of the system's, 15 seconds apart.
fn keep_alive() -> TcpKeepalive {
    TcpKeepalive::new()
        .with_time(Duration::from_secs(60))
        .with_interval(Duration::from_secs(15))
        .with_retries(5)
}

fn is_of_the_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_unspecified_ipv6_address_takes_ipv4_too() {
        let Ok(l) = Listener::bind("::", 0).await else { return };
        let port = l.local_address().port();
        let client = TcpStream::connect(("127.0.0.1", port));
        let (accepted, client) = tokio::join!(l.accept(), client);
        let (_, peer) = accepted.unwrap();
        assert!(client.is_ok());
        assert!(peer.is_ipv4(), "{peer}");
    }

    #[tokio::test]
    async fn connections_are_kept_alive_by_tcp() {
        let l = Listener::bind("127.0.0.1", 0).await.unwrap();
        let client = TcpStream::connect(l.local_address());
        let (accepted, client) = tokio::join!(l.accept(), client);
        let (stream, _) = accepted.unwrap();
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(60));
        drop(client);
    }

    #[tokio::test]
    async fn an_address_in_use_is_a_clear_error() {
        let first = Listener::bind("127.0.0.1", 0).await.unwrap();
        let error = Listener::bind("127.0.0.1", first.local_address().port()).await.unwrap_err();
        assert!(error.to_string().contains("127.0.0.1"), "{error}");
    }
}
