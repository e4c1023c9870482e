//! How many connections a service takes: in all, and before login in all and per source.
//!
//! Whoever floods a service with connections that never log in takes the places of others. So when the places before
//! login are taken, a newcomer still gets one if some source holds more of them than the newcomer's: the connection of
//! such a source that has waited longest makes way.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use causeway_core::SourceNetwork;

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
    /// Only sources that have somebody before login: bounded by `before_login`. The longest waiting first.
    sources: HashMap<SourceNetwork, VecDeque<Waiting>>,
    /// How many connections have been let in: their number tells who came first.
    arrivals: u64,
}

/// A connection before login.
#[derive(Debug)]
struct Waiting {
    number: u64,
    bell: Arc<Bell>,
}

/// How a connection is told that it has to go.
#[derive(Default)]
struct Bell(Mutex<State>);

#[derive(Default)]
enum State {
    #[default]
    Quiet,
    Tells(Box<dyn FnOnce() + Send>),
    Rung,
}

impl Admission {
    pub fn new(limits: Limits) -> Self {
        let counts = Counts { limits, total: 0, before_login: 0, sources: HashMap::new(), arrivals: 0 };
        Self(Arc::new(Shared { counts: Mutex::new(counts) }))
    }

    /// Other limits, from the next connection on.
    pub fn set_limits(&self, limits: Limits) {
        self.0.lock().limits = limits;
    }

    /// Counts a connection in, until the ticket is dropped.
    pub fn admit(&self, peer: IpAddr) -> Result<Ticket, Refusal> {
        let mut counts = self.0.lock();
        counts.enter_total()?;
        let place = counts.enter(SourceNetwork::of(peer))?;
        counts.total += 1;
        drop(counts);
        Ok(Ticket { shared: self.0.clone(), place })
    }

    /// The same for one of which a balancer has still to say where it comes from ([`Ticket::came_from`]).
    pub fn admit_from_balancer(&self) -> Result<Ticket, Refusal> {
        let mut counts = self.0.lock();
        counts.enter_total()?;
        counts.make_room(0)?;
        counts.total += 1;
        counts.before_login += 1;
        drop(counts);
        Ok(Ticket { shared: self.0.clone(), place: Place::Unknown })
    }

    /// Connections at the moment.
    pub fn connected(&self) -> usize {
        self.0.lock().total
    }
}

impl Counts {
    fn enter_total(&self) -> Result<(), Refusal> {
        if reached(self.total, self.limits.total) { Err(Refusal::Total) } else { Ok(()) }
    }

    /// A place before login.
    fn enter(&mut self, source: SourceNetwork) -> Result<Place, Refusal> {
        let here = self.sources.get(&source).map_or(0, VecDeque::len);
        if reached(here, self.limits.before_login_per_source) {
            return Err(Refusal::Source);
        }
        self.make_room(here)?;
        self.before_login += 1;
        let (number, bell) = (self.arrivals, Arc::<Bell>::default());
        self.arrivals += 1;
        self.sources.entry(source).or_default().push_back(Waiting { number, bell: bell.clone() });
        Ok(Place::Source { source, number, bell })
    }

    /// Makes a place before login for somebody whose source has so many.
    fn make_room(&mut self, here: usize) -> Result<(), Refusal> {
        if !reached(self.before_login, self.limits.before_login) {
            return Ok(());
        }
        let first = |waiting: &VecDeque<Waiting>| waiting.front().map_or(u64::MAX, |w| w.number);
        let most = self.sources.iter().max_by_key(|(_, w)| (w.len(), std::cmp::Reverse(first(w))));
        let (&source, _) = most.filter(|(_, w)| w.len() > here).ok_or(Refusal::BeforeLogin)?;
        let gone = self.sources.get_mut(&source).and_then(VecDeque::pop_front);
        self.forget_if_empty(source);
        if let Some(gone) = gone {
            self.before_login = self.before_login.saturating_sub(1);
            gone.bell.ring();
        }
        Ok(())
    }

    /// The connection is not before login any more. One that had to make way has left before.
    fn leave(&mut self, source: SourceNetwork, number: u64) {
        let Some(here) = self.sources.get_mut(&source) else { return };
        let before = here.len();
        here.retain(|waiting| waiting.number != number);
        let left = before.saturating_sub(here.len());
        self.before_login = self.before_login.saturating_sub(left);
        self.forget_if_empty(source);
    }

    fn forget_if_empty(&mut self, source: SourceNetwork) {
        if self.sources.get(&source).is_some_and(VecDeque::is_empty) {
            self.sources.remove(&source);
        }
    }
}

impl Bell {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self) {
        let before = std::mem::replace(&mut *self.lock(), State::Rung);
        if let State::Tells(tell) = before {
            tell();
        }
    }

    fn tell(&self, tell: impl FnOnce() + Send + 'static) {
        let mut state = self.lock();
        if matches!(*state, State::Rung) {
            drop(state);
            tell();
        } else {
            *state = State::Tells(Box::new(tell));
        }
    }
}

impl std::fmt::Debug for Bell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bell")
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Counts> {
        // The counts are whole between any two statements: a panic elsewhere does not spoil them.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn reached(count: usize, limit: usize) -> bool {
    limit != 0 && count >= limit
}

/// A connection that was let in. Dropping it counts it out.
#[derive(Debug)]
pub struct Ticket {
    shared: Arc<Shared>,
    place: Place,
}

/// What a connection counts as.
#[derive(Debug)]
enum Place {
    /// Before login, and a balancer has still to say from where.
    Unknown,
    /// Before login, from there.
    Source {
        source: SourceNetwork,
        number: u64,
        bell: Arc<Bell>,
    },
    LoggedIn,
}

impl Ticket {
    /// The balancer has said where the connection comes from.
    ///
    /// # Errors
    /// That source has too many connections.
    pub fn came_from(&mut self, peer: IpAddr) -> Result<(), Refusal> {
        self.logged_in();
        self.place = self.shared.lock().enter(SourceNetwork::of(peer))?;
        Ok(())
    }

    /// Calls `tell` if the connection has to make way for another one before it has logged in: it is to end at once.
    pub fn when_displaced(&self, tell: impl FnOnce() + Send + 'static) {
        if let Place::Source { bell, .. } = &self.place {
            bell.tell(tell);
        }
    }

    /// The connection has logged in: it no longer counts against the limits before login.
    pub fn logged_in(&mut self) {
        match std::mem::replace(&mut self.place, Place::LoggedIn) {
            Place::Unknown => {
                let mut counts = self.shared.lock();
                counts.before_login = counts.before_login.saturating_sub(1);
            }
            Place::Source { source, number, .. } => self.shared.lock().leave(source, number),
            Place::LoggedIn => {}
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
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// Connections before login, and all.
    fn counts(a: &Admission) -> (usize, usize) {
        let counts = a.0.lock();
        (counts.before_login, counts.total)
    }

    fn admission(total: usize, before_login: usize, per_source: usize) -> Admission {
        Admission::new(Limits { total, before_login, before_login_per_source: per_source })
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// Whether the connection has been told to go by the time that this is asked.
    fn told(ticket: &Ticket) -> Arc<AtomicBool> {
        let told = Arc::new(AtomicBool::new(false));
        let flag = told.clone();
        ticket.when_displaced(move || flag.store(true, Ordering::SeqCst));
        told
    }

    #[test]
    fn v18_one_source_cannot_take_all_places_before_login() {
        let a = admission(0, 3, 2);
        let mut one = a.admit(ip("192.0.2.1")).unwrap();
        let two = a.admit(ip("192.0.2.1")).unwrap();
        assert_eq!(a.admit(ip("::ffff:192.0.2.1")).unwrap_err(), Refusal::Source);
        let _other = a.admit(ip("192.0.2.2")).unwrap();
        one.logged_in();
        drop(two);
        let _again = a.admit(ip("192.0.2.1")).unwrap();
        let _and_again = a.admit(ip("192.0.2.1")).unwrap();
        assert_eq!(a.admit(ip("192.0.2.1")).unwrap_err(), Refusal::Source);
    }

    #[test]
    fn v18_a_newcomer_takes_the_place_of_whoever_has_waited_longest_for_the_greediest_source() {
        let a = admission(0, 4, 0);
        let other = a.admit(ip("192.0.2.2")).unwrap();
        let greedy = [(); 3].map(|()| a.admit(ip("192.0.2.1")).unwrap());
        let (other, greedy) = (told(&other), greedy.each_ref().map(told));
        assert_eq!(a.admit(ip("192.0.2.1")).unwrap_err(), Refusal::BeforeLogin, "nobody has more");
        let _newcomer = a.admit(ip("192.0.2.3")).unwrap();
        let flags = || greedy.each_ref().map(|told| told.load(Ordering::SeqCst));
        assert_eq!(flags(), [true, false, false]);
        assert!(!other.load(Ordering::SeqCst));
        assert_eq!(a.0.lock().before_login, 4);
        let _another = a.admit(ip("192.0.2.3")).unwrap();
        assert_eq!(flags(), [true, true, false]);
        assert_eq!(a.admit(ip("192.0.2.3")).unwrap_err(), Refusal::BeforeLogin, "nobody has more");
        let _through_a_balancer = a.admit_from_balancer().unwrap();
        assert_eq!(flags(), [true, true, false], "the newcomer's source has most by now");
    }

    #[test]
    fn v18_of_many_sources_with_one_connection_each_the_oldest_makes_way_for_a_new_source_alone() {
        let a = admission(0, 2, 0);
        let (one, two) = (a.admit(ip("192.0.2.1")).unwrap(), a.admit(ip("192.0.2.2")).unwrap());
        let (first, second) = (told(&one), told(&two));
        assert_eq!(a.admit(ip("192.0.2.2")).unwrap_err(), Refusal::BeforeLogin);
        let three = a.admit(ip("192.0.2.3")).unwrap();
        assert!(first.load(Ordering::SeqCst) && !second.load(Ordering::SeqCst));
        assert!(told(&one).load(Ordering::SeqCst), "who asks late is told as well");
        drop((one, two, three));
        assert_eq!(counts(&a), (0, 0));
        assert!(a.0.lock().sources.is_empty());
    }

    #[test]
    fn v18_the_addresses_of_one_ipv6_network_are_one_source() {
        let a = admission(0, 0, 1);
        let _one = a.admit(ip("2001:db8::1")).unwrap();
        assert_eq!(a.admit(ip("2001:db8::2:0:0:1")).unwrap_err(), Refusal::Source);
        assert!(a.admit(ip("2001:db8:0:1::1")).is_ok());
    }

    #[test]
    fn a_connection_through_a_balancer_counts_for_the_client() {
        let a = admission(3, 3, 1);
        let mut one = a.admit_from_balancer().unwrap();
        let mut two = a.admit_from_balancer().unwrap();
        one.came_from(ip("192.0.2.1")).unwrap();
        assert_eq!(two.came_from(ip("192.0.2.1")).unwrap_err(), Refusal::Source);
        assert_eq!(a.admit(ip("192.0.2.1")).unwrap_err(), Refusal::Source);
        drop(two);
        assert_eq!(counts(&a), (1, 1));
        one.logged_in();
        assert_eq!(counts(&a), (0, 1));
        assert!(a.admit(ip("192.0.2.1")).is_ok());
    }

    #[test]
    fn other_limits_count_who_is_there_already() {
        let a = admission(0, 0, 0);
        let _one = a.admit(ip("192.0.2.1")).unwrap();
        a.set_limits(Limits { total: 1, before_login: 0, before_login_per_source: 0 });
        assert_eq!(a.admit(ip("192.0.2.2")).unwrap_err(), Refusal::Total);
        assert_eq!(a.admit_from_balancer().unwrap_err(), Refusal::Total);
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
