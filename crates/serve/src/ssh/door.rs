//! What stands between the listener and a session: what a balancer has to say, sources that are turned away, limits. In
//! this order, so that everything is judged by the address of the client.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use causeway_core::event::{Actor, Value};
use causeway_core::{EventId, Monotonic};
use causeway_events::Batch;
use causeway_events::catalogue::ids;
use causeway_net::proxy_protocol::{self, Extension, Header, ReceiveError};
use causeway_net::{Admission, Refusal, Ticket};
use tokio::net::TcpStream;

use super::{Service, driver};
use crate::shutdown::Shift;

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
    pub(super) grumbles: Arc<Grumbles>,
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
        let arrival = match proxy_protocol::receive(&mut stream, patience).await {
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
            Ok(Header::Nobody) => Arrival { peer: balancer, at, through: Through::Probe },
            // It only asks whether somebody listens.
            Err(ReceiveError::Nothing) => return,
            Err(error) => {
                return self.tell(balancer, Grumble::Header, |n| {
                    vec![("count", n.into()), ("details", error.to_string().into())]
                });
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
        self.tell(peer, Grumble::Blocked, |n| {
            let details = if n == 1 { barred.to_string() } else { format!("{barred} ({n} connections)") };
            vec![("policy_name", (&barred.policy).into()), ("details", details.into())]
        });
        true
    }

    fn turn_away(&self, peer: SocketAddr, refusal: Refusal) {
        self.tell(peer, Grumble::Limit, |n| {
            vec![("details", refusal.to_string().into()), ("count", n.into())]
        });
    }

    /// A flood of connections must not become a flood of events: of each kind one a second tells of all.
    fn tell(
        &self,
        peer: SocketAddr,
        about: Grumble,
        members: impl FnOnce(u64) -> Vec<(&'static str, Value)>,
    ) {
        let shared = &self.service.shared;
        let Some(count) = self.grumbles.count(about, shared.clock.monotonic()) else { return };
        let origin = self.service.origin(Actor::peer(), peer, None);
        let mut batch = Batch::new(origin, shared.clock.clone(), shared.random.clone());
        let mut entry = batch.emit(about.event());
        for (name, value) in members(count) {
            entry = entry.with(name, value);
        }
        if let Err(error) = shared.trail.append(batch.events()) {
            tracing::error!(%error, "audit");
        }
    }
}

fn facts(extensions: &[Extension]) -> Value {
    let facts = extensions.iter().flat_map(Extension::facts).take(FACTS);
    Value::List(facts.map(|fact| Value::from(fact.as_slice())).collect())
}

/// Why a connection was closed before anything was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grumble {
    Limit,
    Blocked,
    Header,
}

impl Grumble {
    fn event(self) -> EventId {
        match self {
            Grumble::Limit => ids::SSH_CONNECTION_LIMIT,
            Grumble::Blocked => ids::SOURCE_BLOCKED,
            Grumble::Header => ids::PROXY_HEADER_REFUSED,
        }
    }
}

/// How many connections of one service were closed since that was told last.
#[derive(Debug, Default)]
pub(super) struct Grumbles {
    limit: Mutex<Count>,
    blocked: Mutex<Count>,
    header: Mutex<Count>,
}

#[derive(Debug, Default)]
struct Count {
    last: Option<Monotonic>,
    since: u64,
}

impl Grumbles {
    /// One more. How many there were, if it is time to tell.
    fn count(&self, about: Grumble, now: Monotonic) -> Option<u64> {
        let count = match about {
            Grumble::Limit => &self.limit,
            Grumble::Blocked => &self.blocked,
            Grumble::Header => &self.header,
        };
        let mut count = count.lock().unwrap_or_else(PoisonError::into_inner);
        count.since += 1;
        if count.last.is_some_and(|last| now.since(last) < Duration::from_secs(1)) {
            return None;
        }
        count.last = Some(now);
        Some(std::mem::take(&mut count.since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v18_a_flood_of_one_kind_is_told_once_a_second_with_its_count_and_hides_no_other() {
        let grumbles = Grumbles::default();
        let at = |millis| Monotonic(Duration::from_millis(millis));
        assert_eq!(grumbles.count(Grumble::Limit, at(0)), Some(1));
        for millis in 1..=500 {
            assert_eq!(grumbles.count(Grumble::Limit, at(millis)), None);
        }
        assert_eq!(grumbles.count(Grumble::Header, at(500)), Some(1));
        assert_eq!(grumbles.count(Grumble::Limit, at(1000)), Some(501));
        assert_eq!(grumbles.count(Grumble::Limit, at(3000)), Some(1));
    }
}
