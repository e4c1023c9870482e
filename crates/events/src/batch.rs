//! The events of one step of work, gathered before they are appended together.

use std::sync::Arc;

use causeway_core::{Clock, Event, EventId, Origin, Random, Timestamp, Uuid, ids};

/// Random bytes drawn at once: one call of the generator costs more than the bytes.
const POOL: usize = 160;

/// Events that belong together: of one batch of requests, one login, one start. They are appended to the trail
/// with one write, before anybody is told of what they report.
#[derive(Debug)]
pub struct Batch {
    origin: Arc<Origin>,
    clock: Clock,
    random: Random,
    /// Random bytes that are left; taken from the end.
    pool: Vec<u8>,
    events: Vec<Event>,
}

impl Batch {
    pub fn new(origin: Arc<Origin>, clock: Clock, random: Random) -> Self {
        Self { origin, clock, random, pool: Vec::new(), events: Vec::new() }
    }

    /// Adds an event that happened now; its members are added to what is returned.
    pub fn emit(&mut self, id: EventId) -> Entry<'_> {
        let now = self.clock.now();
        let uuid = self.uuid7(now);
        self.events.push(Event::new(id, uuid, now, self.origin.clone()));
        Entry { event: self.events.last_mut() }
    }

    /// An identifier for something that begins now and that events will name, as a transfer.
    pub fn new_id(&mut self) -> Uuid {
        self.uuid7(self.clock.now())
    }

    /// An identifier that tells nothing, not even when it was made: a UUID of version 4.
    pub fn new_random_id(&mut self) -> Uuid {
        ids::uuid4(&self.random)
    }

    /// A UUID of version 7 (RFC 9562 section 5.7): 48 bits of milliseconds, then random bits around the version
    /// and the variant.
    fn uuid7(&mut self, now: Timestamp) -> Uuid {
        if self.pool.len() < 10 {
            self.pool.resize(POOL, 0);
            self.random.fill(&mut self.pool);
        }
        let mut bytes = [0; 16];
        let (time, rest) = bytes.split_at_mut(6);
        time.copy_from_slice(&now.millis().to_be_bytes()[2..]);
        let left = self.pool.len().saturating_sub(rest.len());
        for (to, from) in rest.iter_mut().zip(self.pool.drain(left..)) {
            *to = from;
        }
        bytes[6] = bytes[6] & 0x0f | 0x70;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Uuid::from_bytes(bytes)
    }

    /// Who acts from here on (a login has succeeded).
    pub fn set_origin(&mut self, origin: Arc<Origin>) {
        self.origin = origin;
    }

    pub fn origin(&self) -> &Arc<Origin> {
        &self.origin
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The events so far, in order.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Takes over the events of another batch, behind its own.
    pub fn absorb(&mut self, other: Batch) {
        self.events.extend(other.events);
    }

    /// Takes the events out; the batch goes on empty.
    pub fn take(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Drops the events; the batch goes on empty and keeps its memory.
    pub fn clear(&mut self) {
        self.events.clear();
    }
}

/// The event just added.
#[derive(Debug)]
pub struct Entry<'a> {
    event: Option<&'a mut Event>,
}

impl Entry<'_> {
    /// Adds a member.
    #[expect(clippy::return_self_not_must_use, reason = "the event is in the batch already")]
    pub fn with(self, name: &'static str, value: impl Into<causeway_core::Value>) -> Self {
        if let Some(event) = self.event {
            event.data.push((std::borrow::Cow::Borrowed(name), value.into()));
            return Self { event: Some(event) };
        }
        self
    }

    /// Says which transfer it belongs to.
    pub fn transfer(self, id: Option<Uuid>) {
        if let Some(event) = self.event {
            event.transfer = id;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use causeway_core::event::{Actor, Source};

    #[test]
    fn every_event_has_a_uuid_of_its_own_that_tells_its_time() {
        let component = Source { uuid: "c".into(), kind: "ssh".into(), name: "SFTP".into() };
        let origin = Origin { account: Actor::process(), peer: None, component, session: None };
        let (clock, _) = Clock::manual(Timestamp(1_591_402_889_056_312_084));
        let mut batch = Batch::new(Arc::new(origin), clock, Random::predictable(1));
        for _ in 0..100 {
            batch.emit(crate::catalogue::ids::SSH_UPLOADED);
        }
        let uuids: std::collections::BTreeSet<Uuid> = batch.events().iter().map(|e| e.uuid).collect();
        assert_eq!(uuids.len(), 100);
        for uuid in uuids {
            assert_eq!(uuid.get_version_num(), 7);
            assert_eq!(uuid.as_bytes()[8] >> 6, 0b10, "the variant of RFC 9562");
            assert_eq!(&uuid.as_bytes()[..6], &1_591_402_889_056u64.to_be_bytes()[2..]);
        }
    }
}
