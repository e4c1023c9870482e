//! What stands between the listener and a session: what a balancer has to say, sources that are turned away, limits. In
//! this order, so that everything is judged by the address of the client.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use causeway_core::Monotonic;
use causeway_core::event::Value;
use causeway_net::proxy_protocol::{self, Extension, Header, ReceiveError};
use causeway_net::{Admission, Refusal, Ticket};
use tokio::net::TcpStream;

use super::grumbles::{Grumble, Grumbles};
use super::{Service, driver};
use crate::shutdown::{Phase, Shift};

/// A balancer sends its header at once: it does not wait for its client.
const HEADER_PATIENCE: Duration = Duration::from_secs(5);
/// What is told of the extensions of one header.
const FACTS: usize = 64;

/// A connection as it has come.
#[derive(Debug)]
pub(super) struct Arrival {
    /// The client.
    pub(super) peer: SocketAddr,
    pub(super) at: Monotonic,
    pub(super) through: Through,
}

/// Who has connected.
#[derive(Debug)]
pub(super) enum Through {
    Nobody,
    /// A balancer for the client.
    Balancer {
        address: SocketAddr,
        /// What it told beside addresses.
        extensions: Value,
    },
    /// A balancer for itself, or for somebody of whom it cannot say where they are.
    Probe,
}

impl Arrival {
    pub(super) fn direct(peer: SocketAddr, at: Monotonic) -> Self {
        Self { peer, at, through: Through::Nobody }
    }
}

/// What one connection finds.
pub(super) struct Door {
    pub(super) service: Arc<Service>,
    pub(super) admission: Admission,
    pub(super) grumbles: Grumbles,
    pub(super) shift: Shift,
}

impl Door {
    /// Lets the connection in, or closes it.
    pub(super) fn open(self, stream: TcpStream, peer: SocketAddr) {
        let at = self.service.shared.clock.monotonic();
        if self.service.balancers.contain(peer.ip()) {
            match self.admission.admit_from_balancer() {
                Ok(ticket) => self.hear_out(stream, peer, at, ticket),
                Err(refusal) => self.turn_away(peer, refusal),
            }
            return;
        }
        if self.is_blocked(peer) {
            return;
        }
        match self.admission.admit(peer.ip()) {
            Ok(ticket) => self.hand_over(stream, Arrival::direct(peer, at), ticket),
            Err(refusal) => self.turn_away(peer, refusal),
        }
    }

    /// Hears for whom a balancer connects.
    fn hear_out(self, stream: TcpStream, balancer: SocketAddr, at: Monotonic, ticket: Ticket) {
        self.on_a_reactor(stream, move |door, stream| door.introduced(stream, balancer, at, ticket));
    }

    async fn introduced(
        self,
        mut stream: TcpStream,
        balancer: SocketAddr,
        at: Monotonic,
        mut ticket: Ticket,
    ) {
        let patience = HEADER_PATIENCE.min(self.service.login_grace);
        let mut shift = self.shift.clone();
        let header = tokio::select! {
            header = proxy_protocol::receive(&mut stream, patience) => header,
            _ = shift.beyond(Phase::Running) => return,
        };
        let arrival = match header {
            Ok(Header::Client { source, extensions, .. }) => {
                if self.is_blocked(source) {
                    return;
                }
                if let Err(refusal) = ticket.came_from(source.ip()) {
                    return self.turn_away(source, refusal);
                }
                let through = Through::Balancer { address: balancer, extensions: facts(&extensions) };
                Arrival { peer: source, at, through }
            }
            Ok(Header::Nobody) => {
                // It is the balancer's own, and makes way as others do.
                if let Err(refusal) = ticket.came_from(balancer.ip()) {
                    return self.turn_away(balancer, refusal);
                }
                Arrival { peer: balancer, at, through: Through::Probe }
            }
            // It only asks whether somebody listens.
            Err(ReceiveError::Nothing) => return,
            Err(error) => {
                return self.tell(balancer, Grumble::Header(error.to_string()));
            }
        };
        driver::run(self.service, stream, arrival, ticket, self.shift).await;
    }

    /// Gives a connection to a reactor.
    fn hand_over(self, stream: TcpStream, arrival: Arrival, ticket: Ticket) {
        self.on_a_reactor(stream, |door, stream| {
            driver::run(door.service, stream, arrival, ticket, door.shift)
        });
    }

    fn on_a_reactor<F>(self, stream: TcpStream, work: impl FnOnce(Self, TcpStream) -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send,
    {
        // A socket that cannot change its owner is closed, and the client tries again.
        let Ok(stream) = stream.into_std() else { return };
        let service = self.service.clone();
        service.shared.reactors.spawn(async move {
            if let Ok(stream) = TcpStream::from_std(stream) {
                work(self, stream).await;
            }
        });
    }

    /// Whether the security policy lets nobody in from there, and that is to be told by closing the connection.
    fn is_blocked(&self, peer: SocketAddr) -> bool {
        if !self.service.blocks_at_connection {
            return false;
        }
        let Some(barred) = self.service.shared.authenticator.barred(&self.service.id, peer.ip()) else {
            return false;
        };
        self.tell(peer, Grumble::Blocked(barred));
        true
    }

    fn turn_away(&self, peer: SocketAddr, refusal: Refusal) {
        self.tell(peer, Grumble::Limit(refusal));
    }

    fn tell(&self, peer: SocketAddr, grumble: Grumble) {
        self.grumbles.tell(&self.service, &self.shift, Some(peer), grumble);
    }
}

fn facts(extensions: &[Extension]) -> Value {
    let facts = extensions.iter().flat_map(Extension::facts).take(FACTS);
    Value::List(facts.map(|fact| Value::from(fact.as_slice())).collect())
}
