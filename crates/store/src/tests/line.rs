//! A network between a client and a server, which can be held up and mended.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Passes connections on until it is held; those that are held never go on, and stay open until it is released.
pub(super) struct Line {
    pub(super) port: u16,
    held: watch::Sender<bool>,
}

impl Line {
    /// A line that begins at a port of this address; at the server's own, its certificate holds too.
    pub(super) async fn new(at: Ipv4Addr, to: (Ipv4Addr, u16)) -> Self {
        let listener = TcpListener::bind((at, 0)).await.unwrap();
        let line = Self { port: listener.local_addr().unwrap().port(), held: watch::Sender::new(false) };
        let held = line.held.subscribe();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, to.into(), held.clone()));
            }
        });
        line
    }

    /// From now on nothing arrives any more, and nobody is told.
    pub(super) fn hold(&self) {
        self.held.send_replace(true);
    }

    /// What was held is broken off; new connections are passed on.
    pub(super) fn release(&self) {
        self.held.send_replace(false);
    }
}

async fn pass(mut client: TcpStream, to: SocketAddr, mut held: watch::Receiver<bool>) {
    if !*held.borrow_and_update() {
        let mut server = TcpStream::connect(to).await.unwrap();
        tokio::select! {
            _ = tokio::io::copy_bidirectional(&mut client, &mut server) => return,
            _ = held.wait_for(|held| *held) => {}
        }
    }
    let _ = held.wait_for(|held| !*held).await;
}
