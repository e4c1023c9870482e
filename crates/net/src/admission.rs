//! How many connections a service takes: in all, and before login in all and per source.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The limits of one service. Zero is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at the same time (`maximum_concurrent_connections`).
    pub total: usize,
    /// Connections that have not logged in (`connections_before_login`).
    pub before_login: usize,
    /// The same from one IPv4 address or one IPv6 /64 (`connections_before_login_per_source`).
    pub before_login_per_source: usize,
}

/// Why a connection is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the service is at its limit of connections")]
    Total,
    #[error("too many connections have not logged in")]
    BeforeLogin,
    #[error("too many connections from this source have not logged in")]
    Source,
}

/// The counts of one service.
#[derive(Debug, Clone)]
pub struct Admission(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    counts: Mutex<Counts>,
}

#[derive(Debug)]
struct Counts {
    limits: Limits,
    total: usize,
    before_login: usize,
    /// Only sources that have somebody before login: bounded by `before_login`.
    sources: HashMap<IpAddr, usize>,
}

impl Admission {
    pub fn new(limits: Limits) -> Self {
        let counts = Counts { limits, total: 0, before_login: 0, sources: HashMap::new() };
        Self(Arc::new(Shared { counts: Mutex::new(counts) }))
    }

    /// Other limits, from the next connection on.
    pub fn set_limits(&self, limits: Limits) {
        self.0.lock().limits = limits;
    }

    /// Counts a connection in, until the ticket is dropped.
    pub fn admit(&self, peer: IpAddr) -> Result<Ticket, Refusal> {
        let source = source_of(peer);
        let mut counts = self.0.lock();
        let limits = counts.limits;
        if reached(counts.total, limits.total) {
            return Err(Refusal::Total);
        }
        if reached(counts.before_login, limits.before_login) {
            return Err(Refusal::BeforeLogin);
        }
        let here = counts.sources.get(&source).copied().unwrap_or(0);
        if reached(here, limits.before_login_per_source) {
            return Err(Refusal::Source);
        }
        counts.sources.insert(source, here + 1);
        counts.total += 1;
        counts.before_login += 1;
        drop(counts);
        Ok(Ticket { shared: self.0.clone(), waiting: Some(source) })
    }

    /// Connections at the moment.
    pub fn connected(&self) -> usize {
        self.0.lock().total
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Counts> {
        // The counts are whole between any two statements: a panic elsewhere does not spoil them.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave_login(&self, source: IpAddr) {
        let mut counts = self.lock();
        counts.before_login = counts.before_login.saturating_sub(1);
        if let Some(here) = counts.sources.get_mut(&source) {
            *here -= 1;
            if *here == 0 {
                counts.sources.remove(&source);
            }
        }
    }
}

fn reached(count: usize, limit: usize) -> bool {
    limit != 0 && count >= limit
}

/// IPv4 addresses count each for itself, IPv6 by their /64: one subscriber has that many.
fn source_of(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        v4 @ IpAddr::V4(_) => v4,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
    }
}

/// A connection that was let in. Dropping it counts it out.
#[derive(Debug)]
pub struct Ticket {
    shared: Arc<Shared>,
    waiting: Option<IpAddr>,
}

impl Ticket {
    /// The connection has logged in: it no longer counts against the limits before login.
    pub fn logged_in(&mut self) {
        if let Some(source) = self.waiting.take() {
            self.shared.leave_login(source);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.logged_in();
        let mut counts = self.shared.lock();
        counts.total = counts.total.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(total: usize, before_login: usize, per_source: usize) -> Admission {
        Admission::new(Limits { total, before_login, before_login_per_source: per_source })
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn v18_one_source_cannot_take_all_places_before_login() {
        let a = admission(0, 3, 2);
        let mut one = a.admit(ip("192.0.2.1")).unwrap();
        let _two = a.admit(ip("192.0.2.1")).unwrap();
        assert_eq!(a.admit(ip("::ffff:192.0.2.1")).unwrap_err(), Refusal::Source);
        let _other = a.admit(ip("192.0.2.2")).unwrap();
        assert_eq!(a.admit(ip("192.0.2.3")).unwrap_err(), Refusal::BeforeLogin);
        one.logged_in();
        assert!(a.admit(ip("192.0.2.1")).is_ok());
    }

    #[test]
    fn v18_the_addresses_of_one_ipv6_network_are_one_source() {
        let a = admission(0, 0, 1);
        let _one = a.admit(ip("2001:db8::1")).unwrap();
        assert_eq!(a.admit(ip("2001:db8::2:0:0:1")).unwrap_err(), Refusal::Source);
        assert!(a.admit(ip("2001:db8:0:1::1")).is_ok());
    }

    #[test]
    fn other_limits_count_who_is_there_already() {
        let a = admission(0, 0, 0);
        let _one = a.admit(ip("192.0.2.1")).unwrap();
        a.set_limits(Limits { total: 1, before_login: 0, before_login_per_source: 0 });
        assert_eq!(a.admit(ip("192.0.2.2")).unwrap_err(), Refusal::Total);
        a.set_limits(Limits { total: 2, before_login: 0, before_login_per_source: 0 });
        assert!(a.admit(ip("192.0.2.2")).is_ok());
    }

    #[test]
    fn a_dropped_ticket_gives_its_place_back() {
        let a = admission(1, 0, 0);
        let mut one = a.admit(ip("192.0.2.1")).unwrap();
        one.logged_in();
        assert_eq!(a.admit(ip("192.0.2.2")).unwrap_err(), Refusal::Total);
        drop(one);
        assert_eq!(a.connected(), 0);
        assert!(a.0.lock().sources.is_empty());
    }
}
