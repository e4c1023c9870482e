//! The writing end: the current segment, the chain, what to do when the disk refuses.

use std::collections::VecDeque;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use causeway_core::{Clock, Event, EventId, Monotonic, Random, Timestamp, Uuid, ids::uuid7};

use super::checkpoint::Key;
use super::encode::{self, BODY_AT};
use super::format::{FRAME_HEADER, FrameHeader, HASH, Hash, Header, sha256};
use super::recover::Found;
use super::segment::{self, Opened, Segment};
use super::{AuditError, Recovery, Settings, dictionary};
use crate::catalogue::ids;

/// How long a failed trail rests before it tries again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What the writer and the keeper share beside the segment.
#[derive(Debug)]
pub(super) struct Place {
    pub dir: PathBuf,
    pub node: Uuid,
    /// The settings of now.
    pub settings: ArcSwap<Settings>,
    pub clock: Clock,
    pub random: Random,
    pub key: Key,
}

/// What the one lock guards.
#[derive(Debug)]
pub(super) struct Writer {
    segment: Segment,
    chain: Hash,
    next: u64,
    /// Older segments, oldest first.
    older: VecDeque<Older>,
    /// The sequence number behind the last checkpoint.
    checkpointed: u64,
    failure: Option<Failure>,
    unsynced: Vec<Arc<File>>,
}

#[derive(Debug)]
struct Older {
    number: u64,
    first: u64,
    size: u64,
    /// When it was ended; none of its events is younger.
    ended: Timestamp,
}

#[derive(Debug)]
struct Failure {
    cause: Arc<str>,
    lost: u64,
    tried: Monotonic,
}

impl Writer {
    /// Takes up the trail where it ends, and records what had to be put right.
    pub(super) fn begin(place: &Place, found: Found) -> Result<Self, AuditError> {
        let (segment, chain) = match found.current {
            Some(segment) => (segment, found.chain),
            None => Segment::create(&place.dir, &header(place, found.last + 1, found.next, found.chain))?,
        };
        let older = older_segments(place, segment.number)?;
        let mut writer = Self {
            segment,
            chain,
            next: found.next,
            older,
            checkpointed: found.next,
            failure: None,
            unsynced: Vec::new(),
        };
        if let Some(recovery) = found.recovery {
            writer.report(place, ids::AUDIT_RECORD_CUT, |event| describe(event, &recovery))?;
        }
        Ok(writer)
    }

    /// The sequence number that the next event gets.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// The end of the trail: segment and offset.
    pub(super) fn end(&self) -> (u64, u64) {
        (self.segment.number, self.segment.len)
    }

    pub(super) fn failure(&self) -> Option<Arc<str>> {
        self.failure.as_ref().map(|f| f.cause.clone())
    }

    /// Appends an encoded frame of `count` events.
    pub(super) fn append(
        &mut self,
        place: &Place,
        frame: &mut Vec<u8>,
        count: u32,
    ) -> Result<(), AuditError> {
        if self.failure.is_some() {
            self.come_back(place, count)?;
        }
        if let Err(e) = self.put(frame, count) {
            self.fail(place, &e, u64::from(count));
            return Err(e);
        }
        if self.segment.len >= place.settings.load().segment_size
            && let Err(e) = self.rotate(place).and_then(|()| self.drop_old(place))
        {
            // The events are recorded; the next append finds out.
            self.fail(place, &e, 0);
        }
        Ok(())
    }

    fn put(&mut self, frame: &mut Vec<u8>, count: u32) -> Result<(), AuditError> {
        let header = FrameHeader::encode(frame.len().saturating_sub(BODY_AT), count, self.next);
        let (chain, rest) = frame.split_at_mut_checked(HASH).ok_or(AuditError::TooLarge)?;
        chain.copy_from_slice(&self.chain);
        if let Some(place) = rest.get_mut(..FRAME_HEADER) {
            place.copy_from_slice(&header);
        }
        let link = sha256(frame);
        frame.extend_from_slice(&link);
        self.segment.append(frame.get(HASH..).unwrap_or_default())?;
        self.chain = link;
        self.next = self.next.saturating_add(u64::from(count));
        Ok(())
    }

    /// Notes that the current segment has bytes that the disk may not have.
    pub(super) fn mark_unsynced(&mut self) {
        if !self.unsynced.iter().any(|f| Arc::ptr_eq(f, &self.segment.file)) {
            self.unsynced.push(self.segment.file.clone());
        }
    }

    pub(super) fn current_file(&self) -> Arc<File> {
        self.segment.file.clone()
    }

    /// Files whose bytes must still be forced to the disk; who takes them does it.
    pub(super) fn take_unsynced(&mut self) -> Vec<Arc<File>> {
        std::mem::take(&mut self.unsynced)
    }

    /// From here on the trail does not record, until a new segment can be begun.
    pub(super) fn fail(&mut self, place: &Place, cause: &AuditError, lost: u64) {
        let cause: Arc<str> = cause.to_string().into();
        if self.failure.as_ref().is_none_or(|f| f.cause != cause) {
            tracing::error!("{cause}");
        }
        let tried = place.clock.monotonic();
        let lost = lost + self.failure.take().map_or(0, |f| f.lost);
        self.failure = Some(Failure { cause, lost, tried });
    }

    /// Tries to record again after a failure, though nobody has anything to append.
    pub(super) fn recover(&mut self, place: &Place) {
        // What fails again is the failure.
        let _ = self.come_back(place, 0);
    }

    /// Tries to record again: in a new segment, because the old one's end is in doubt.
    fn come_back(&mut self, place: &Place, count: u32) -> Result<(), AuditError> {
        let Some(failure) = &mut self.failure else { return Ok(()) };
        let now = place.clock.monotonic();
        if now.since(failure.tried) < RETRY_AFTER {
            failure.lost += u64::from(count);
            return Err(AuditError::Failed(failure.cause.clone()));
        }
        let (lost, cause) = (failure.lost, failure.cause.clone());
        let _ = self.segment.take_back();
        // Even if none is missing: what was in the file when it failed may not outlive a crash.
        let back = self.new_segment(place).and_then(|()| {
            self.report(place, ids::AUDIT_GAP, |e| e.with("count", lost).with("details", cause.to_string()))
        });
        match back {
            Ok(()) => {
                self.failure = None;
                Ok(())
            }
            Err(e) => {
                self.fail(place, &e, u64::from(count));
                Err(e)
            }
        }
    }

    fn rotate(&mut self, place: &Place) -> Result<(), AuditError> {
        self.checkpoint(place)?;
        self.mark_unsynced();
        self.new_segment(place)?;
        self.drop_old(place)
    }

    fn new_segment(&mut self, place: &Place) -> Result<(), AuditError> {
        let header = header(place, self.segment.number + 1, self.next, self.chain);
        let (segment, chain) = Segment::create(&place.dir, &header)?;
        let old = std::mem::replace(&mut self.segment, segment);
        self.older.push_back(Older {
            number: old.number,
            first: old.first,
            size: old.len,
            ended: header.time,
        });
        self.chain = chain;
        Ok(())
    }

    /// Records a signed checkpoint, if there is anything new since the last one.
    pub(super) fn checkpoint(&mut self, place: &Place) -> Result<(), AuditError> {
        if self.next == self.checkpointed || self.failure.is_some() {
            return Ok(());
        }
        let (sequence, hash) = (self.next - 1, self.chain);
        self.report(place, ids::AUDIT_CHECKPOINT, |e| place.key.sign(e, place.node, sequence, &hash))?;
        self.checkpointed = self.next;
        Ok(())
    }

    /// Drops the oldest segments that the settings do not keep; the fact is recorded first.
    pub(super) fn drop_old(&mut self, place: &Place) -> Result<(), AuditError> {
        if self.failure.is_some() {
            return Ok(());
        }
        let now = place.clock.now();
        let mut total = self.segment.len + self.older.iter().map(|o| o.size).sum::<u64>();
        let mut drop = 0;
        for old in &self.older {
            let settings = place.settings.load();
            let keep = settings.keep.map(|k| u64::try_from(k.as_nanos()).unwrap_or(u64::MAX));
            let too_old = keep.is_some_and(|k| now.0.saturating_sub(old.ended.0) > k);
            let too_much = settings.max_size.is_some_and(|m| total > m);
            if !too_old && !too_much {
                break;
            }
            total -= old.size;
            drop += 1;
        }
        if drop == 0 {
            return Ok(());
        }
        let dropped: Vec<Older> = self.older.drain(..drop).collect();
        let first = dropped.first().map_or(1, |o| o.first);
        let last = self.older.front().map_or(self.segment.first, |o| o.first).saturating_sub(1);
        let segments = u64::try_from(drop).unwrap_or(u64::MAX);
        self.report(place, ids::AUDIT_SEGMENTS_DROPPED, |e| {
            e.with("first", first).with("last", last).with("segments", segments)
        })?;
        let file = self.current_file();
        file.sync_data().map_err(|e| AuditError::io("sync", &self.segment.path, e))?;
        for old in dropped {
            segment::remove(&place.dir, old.number)?;
        }
        Ok(())
    }

    /// Records an event of the trail about itself.
    fn report(
        &mut self,
        place: &Place,
        id: EventId,
        members: impl FnOnce(Event) -> Event,
    ) -> Result<(), AuditError> {
        let now = place.clock.now();
        let uuid = uuid7(now, &place.random);
        let event = members(Event::new(id, uuid, now, place.settings.load().origin.clone()));
        let mut frame = Vec::new();
        let count = encode::frame(&mut frame, &[event])?;
        self.put(&mut frame, count)
    }
}

fn header(place: &Place, number: u64, first: u64, previous: Hash) -> Header {
    Header {
        node: place.node,
        number,
        first,
        time: place.clock.now(),
        previous,
        names: dictionary::names().iter().map(|n| (*n).to_owned()).collect(),
    }
}

/// What is known of the segments before the current one, from their headers.
fn older_segments(place: &Place, current: u64) -> Result<VecDeque<Older>, AuditError> {
    let mut older: VecDeque<Older> = VecDeque::new();
    for number in segment::list(&place.dir)? {
        let (first, begun) = match segment::open(&place.dir, number)? {
            Opened::Good { header, .. } => (header.first, header.time),
            // Its events cannot be counted; its age is that of its neighbour.
            _ => older.back().map_or((1, Timestamp(0)), |o| (o.first, o.ended)),
        };
        if let Some(before) = older.back_mut() {
            before.ended = begun;
        }
        if number < current {
            let path = segment::path(&place.dir, number);
            let size = std::fs::metadata(&path).map_err(|e| AuditError::io("look at", &path, e))?.len();
            older.push_back(Older { number, first, size, ended: begun });
        }
    }
    Ok(older)
}

fn describe(event: Event, recovery: &Recovery) -> Event {
    match recovery {
        Recovery::Cut { segment, offset, bytes } => event
            .with("segment", *segment)
            .with("offset", *offset)
            .with("size", *bytes)
            .with("details", "an incomplete record was cut off"),
        Recovery::Damaged { segment, offset, details } => {
            event.with("segment", *segment).with("offset", *offset).with("details", *details)
        }
    }
}
