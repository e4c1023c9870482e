//! What is told of connections that did not become sessions. A flood of them must not become a flood of events: of each kind
//! the first is told at once, and once a second how many more there were.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use causeway_auth::Barred;
use causeway_core::EventId;
use causeway_core::event::{Actor, Value};
use causeway_events::Batch;
use causeway_events::catalogue::ids;
use causeway_net::Refusal;
use tokio::time::sleep;

use super::Service;
use crate::shutdown::{Phase, Shift};

const SECOND: Duration = Duration::from_secs(1);

/// Why a connection was closed before anything was said, or could not be taken.
#[derive(Debug, Clone)]
pub(super) enum Grumble {
    Limit(Refusal),
    Blocked(Barred),
    /// A balancer did not say for whom it connects.
    Header(String),
    /// The system lets nobody in.
    System(String),
}

/// How many connections of one service there were of each kind that have not been told.
#[derive(Debug, Clone, Default)]
pub(super) struct Grumbles(Arc<[Mutex<Count>; 4]>);

#[derive(Debug, Default)]
struct Count {
    /// One was told less than a second ago, and what comes is counted.
    counts: bool,
    untold: u64,
    last: Option<(Option<SocketAddr>, Grumble)>,
}

impl Grumble {
    fn event(&self) -> EventId {
        match self {
            Grumble::Limit(_) => ids::SSH_CONNECTION_LIMIT,
            Grumble::Blocked(_) => ids::SOURCE_BLOCKED,
            Grumble::Header(_) => ids::PROXY_HEADER_REFUSED,
            Grumble::System(_) => ids::COMPONENT_FAILED,
        }
    }

    fn kind(&self) -> usize {
        match self {
            Grumble::Limit(_) => 0,
            Grumble::Blocked(_) => 1,
            Grumble::Header(_) => 2,
            Grumble::System(_) => 3,
        }
    }

    /// The members of the event that tells of so many.
    fn members(&self, service: &Service, count: u64) -> Vec<(&'static str, Value)> {
        let counted = |text: String| match count {
            1 => text,
            n => format!("{text} ({n} connections)"),
        };
        match self {
            Grumble::Limit(refusal) => vec![("details", refusal.to_string().into()), ("count", count.into())],
            Grumble::Blocked(barred) => vec![
                ("policy_name", (&barred.policy).into()),
                ("details", counted(barred.to_string()).into()),
            ],
            Grumble::Header(why) => {
                vec![("details", counted(why.clone()).into()), ("count", count.into())]
            }
            Grumble::System(why) => vec![
                ("family", "services".into()),
                ("kind", "service".into()),
                ("name", (&service.source.name).into()),
                ("type", (&service.source.kind).into()),
                ("details", format!("connections wait, because the system takes none: {why}").into()),
            ],
        }
    }
}

impl Grumbles {
    /// Tells of one, at once or with those that come within the same second.
    pub(super) fn tell(
        &self,
        service: &Arc<Service>,
        shift: &Shift,
        peer: Option<SocketAddr>,
        grumble: Grumble,
    ) {
        let kind = grumble.kind();
        if self.counts(peer, &grumble) {
            return;
        }
        record(service, peer, &grumble, 1);
        let (grumbles, service, mut shift) = (self.clone(), service.clone(), shift.clone());
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = sleep(SECOND) => {}
                    // Nothing is kept for later any more.
                    _ = shift.beyond(Phase::Running) => {}
                }
                let Some((peer, grumble, count)) = grumbles.untold(kind) else { return };
                record(&service, peer, &grumble, count);
            }
        });
    }

    /// Whether this one is told with others, when the second is over.
    fn counts(&self, peer: Option<SocketAddr>, grumble: &Grumble) -> bool {
        let Some(mut count) = self.of(grumble.kind()) else { return false };
        if !count.counts {
            count.counts = true;
            return false;
        }
        count.untold = count.untold.saturating_add(1);
        count.last = Some((peer, grumble.clone()));
        true
    }

    /// The second is over: how many there were, and the last of them. None: the next one is told at once again.
    fn untold(&self, kind: usize) -> Option<(Option<SocketAddr>, Grumble, u64)> {
        let mut count = self.of(kind)?;
        let Some((peer, grumble)) = count.last.take() else {
            count.counts = false;
            return None;
        };
        Some((peer, grumble, std::mem::take(&mut count.untold)))
    }

    fn of(&self, kind: usize) -> Option<MutexGuard<'_, Count>> {
        self.0.get(kind).map(|count| count.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn record(service: &Service, peer: Option<SocketAddr>, grumble: &Grumble, count: u64) {
    let shared = &service.shared;
    let origin = service.origin(Actor::peer(), peer, None);
    let mut batch = Batch::new(origin, shared.clock.clone(), shared.random.clone());
    let mut entry = batch.emit(grumble.event());
    for (name, value) in grumble.members(service, count) {
        entry = entry.with(name, value);
    }
    super::last::record(&shared.trail, &batch);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v18_a_flood_of_one_kind_is_told_once_a_second_with_its_count_and_hides_no_other() {
        let grumbles = Grumbles::default();
        let (limit, header) = (Grumble::Limit(Refusal::Total), Grumble::Header("bad".into()));
        let told = || grumbles.untold(limit.kind()).map(|(.., count)| count);
        assert!(!grumbles.counts(None, &limit));
        for _ in 0..500 {
            assert!(grumbles.counts(None, &limit));
        }
        assert!(!grumbles.counts(None, &header));
        assert_eq!(told(), Some(500));
        assert!(grumbles.counts(None, &limit), "one was told less than a second ago");
        assert_eq!(told(), Some(1));
        assert_eq!(told(), None);
        assert!(!grumbles.counts(None, &limit));
    }
}
