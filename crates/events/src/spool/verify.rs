//! Proves the trail: recomputes the chain over all segments and says what does not fit, and what no chain alone
//! can prove.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::thread;
use std::time::Duration;

use causeway_core::{Event, Uuid, Value};
use data_encoding::HEXLOWER;

use super::AuditError;
use super::checkpoint::Checkpoint;
use super::decode::{Decoder, Names};
use super::format::{HASH, Hash};
use super::heads::{Heads, Search};
use super::segment::{self, Opened};
use super::walk::{End, Step, Walk};
use crate::catalogue::ids;

/// Most problems that a report lists.
const MOST_PROBLEMS: usize = 1000;

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// There are no segments.
    Empty,
    /// A segment's file is gone while later ones are there.
    SegmentMissing { number: u64 },
    /// The header of a segment cannot be read or was changed.
    Header { segment: u64 },
    /// A segment does not follow from the one before it: another node, a wrong number, or a part is gone.
    Unlinked { segment: u64 },
    /// A frame was changed, or what stood before it is gone.
    Changed { segment: u64, offset: u64, first: u64, count: u64 },
    /// The numbers of the events do not follow each other.
    Sequence { segment: u64, offset: u64, expected: u64, found: u64 },
    /// A frame that fits the chain holds no readable events.
    Unreadable { segment: u64, offset: u64 },
    /// The segment ends in an incomplete record: a crash whose remains the next start cuts off, or a change.
    Incomplete { segment: u64, offset: u64, bytes: u64 },
    /// Bytes that are no record follow the last good one.
    Nonsense { segment: u64, offset: u64, bytes: u64 },
    /// The oldest events are gone and no record says that retention dropped them.
    BeginningMissing { first: u64 },
    /// A checkpoint's signature is wrong, or it does not fit the trail that it stands in.
    Checkpoint { sequence: u64 },
    /// A head is no value of this chain: the end was cut off, or the trail rewritten.
    HeadMissing { hash: Hash },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "there is no trail"),
            Self::SegmentMissing { number } => write!(f, "segment {number} is missing"),
            Self::Header { segment } => write!(f, "segment {segment}: the header is damaged or was changed"),
            Self::Unlinked { segment } => {
                write!(f, "segment {segment} does not follow from what stands before it")
            }
            Self::Changed { segment, offset, first, count } => write!(
                f,
                "segment {segment}, byte {offset}: {count} events from number {first} on were changed, or \
                 records before them removed"
            ),
            Self::Sequence { segment, offset, expected, found } => {
                write!(f, "segment {segment}, byte {offset}: event {found} stands where {expected} must")
            }
            Self::Unreadable { segment, offset } => {
                write!(f, "segment {segment}, byte {offset}: the record cannot be read")
            }
            Self::Incomplete { segment, offset, bytes } => write!(
                f,
                "segment {segment}, byte {offset}: the last {bytes} bytes are an incomplete record (left by a \
                 crash, or changed)"
            ),
            Self::Nonsense { segment, offset, bytes } => {
                write!(f, "segment {segment}, byte {offset}: {bytes} bytes are no record")
            }
            Self::BeginningMissing { first } => {
                write!(
                    f,
                    "the events before number {first} are gone, and no record says that retention dropped them"
                )
            }
            Self::Checkpoint { sequence } => {
                write!(
                    f,
                    "event {sequence}: the checkpoint is not signed as it says, or does not fit the trail"
                )
            }
            Self::HeadMissing { hash } => {
                let hash = HEXLOWER.encode(hash);
                write!(f, "the head {hash} is not in the trail: its end was cut off, or it was rewritten")
            }
        }
    }
}

/// What verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub segments: u64,
    pub events: u64,
    /// The number of the oldest event, and the one that the next event will have.
    pub first: u64,
    pub next: u64,
    /// The chain after the last event.
    pub head: Hash,
    /// The event up to which the youngest of the given heads proves the trail.
    pub proven: Option<u64>,
    /// Signed checkpoints with a good signature, and the keys (base64) that made them.
    pub checkpoints: u64,
    pub keys: BTreeSet<String>,
    /// At most 1,000.
    pub problems: Vec<Problem>,
}

impl Report {
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    /// What could be otherwise without this check seeing it, in words.
    pub fn unproven(&self) -> Vec<String> {
        let mut out = Vec::new();
        let last = self.next.saturating_sub(1);
        match self.proven {
            None => out.push(
                "without a head kept elsewhere nothing shows that the end was not cut off, nor that the trail \
                 was not rewritten as a whole; give --head"
                    .to_owned(),
            ),
            Some(proven) if proven < last => out.push(format!(
                "events after number {proven} are younger than the head: nothing shows that none were cut off \
                 behind number {last}"
            )),
            Some(_) => {}
        }
        if self.keys.len() > 1 {
            out.push(
                "the checkpoints were signed with more than one key; compare them with those you know".into(),
            );
        }
        if self.first > 1 {
            out.push(format!("events before number {} were dropped by retention", self.first));
        }
        out
    }
}

/// Checks the trail in `dir`, which may be in use meanwhile. Errors are those of reading; whatever the files say
/// is in the report.
pub fn verify(dir: &Path, heads: Option<&Heads>) -> Result<Report, AuditError> {
    let mut check = Check::new(heads.map(Heads::search));
    let numbers = segment::list(dir)?;
    if numbers.is_empty() {
        check.problem(Problem::Empty);
    }
    for (at, number) in numbers.iter().enumerate() {
        check.segment(dir, *number, at + 1 == numbers.len())?;
    }
    Ok(check.finish())
}

struct Check {
    search: Option<Search>,
    report: Report,
    /// The segment that must come next; none before the first.
    number: Option<u64>,
    node: Option<Uuid>,
    chain: Hash,
    /// The segment before was damaged: how many events it had is not known.
    lost_count: bool,
    /// Ends of ranges that retention says it dropped.
    dropped: BTreeSet<u64>,
    decoder: Decoder,
}

impl Check {
    fn new(search: Option<Search>) -> Self {
        let report = Report {
            segments: 0,
            events: 0,
            first: 1,
            next: 1,
            head: [0; HASH],
            proven: None,
            checkpoints: 0,
            keys: BTreeSet::new(),
            problems: Vec::new(),
        };
        let dropped = BTreeSet::new();
        let decoder = Decoder::default();
        let (number, node, chain) = (None, None, [0; HASH]);
        Self { search, report, number, node, chain, lost_count: false, dropped, decoder }
    }

    fn problem(&mut self, problem: Problem) {
        if self.report.problems.len() < MOST_PROBLEMS {
            self.report.problems.push(problem);
        }
    }

    fn segment(&mut self, dir: &Path, number: u64, is_last: bool) -> Result<(), AuditError> {
        if let Some(expected) = self.number.filter(|n| *n != number) {
            self.problem(Problem::SegmentMissing { number: expected });
        }
        let is_first = self.number.is_none();
        self.number = Some(number + 1);
        self.report.segments += 1;
        let Opened::Good { file, header, len, link, link_is_true } = segment::open(dir, number)? else {
            self.problem(Problem::Header { segment: number });
            self.lost_count = true;
            return Ok(());
        };
        if !link_is_true {
            self.problem(Problem::Header { segment: number });
        }
        if is_first {
            self.report.first = header.first;
            let begins = (header.number == 1, header.first == 1, header.previous == [0; HASH]);
            if !matches!(begins, (true, true, true) | (false, false, false)) {
                self.problem(Problem::Unlinked { segment: number });
            }
        } else if header.previous != self.chain || !self.may_begin_with(header.first) {
            self.problem(Problem::Unlinked { segment: number });
        }
        self.report.next = header.first;
        self.lost_count = false;
        if header.number != number || *self.node.get_or_insert(header.node) != header.node {
            self.problem(Problem::Unlinked { segment: number });
        }
        self.chain = link;
        self.look_for_head();
        let names = Names::new(header.names);
        let failed = |e| AuditError::io("read", &segment::path(dir, number), e);
        let mut walk = Walk::new(file.try_clone().map_err(failed)?, len, link).map_err(failed)?;
        let mut patience = if is_last { 3 } else { 0 };
        loop {
            let end = match walk.step().map_err(failed)? {
                Ok(step) => {
                    self.frame(number, &step, &names);
                    continue;
                }
                Err(end) => end,
            };
            if matches!(end, End::Torn { .. }) && patience > 0 {
                // The server may be in the middle of this very write.
                patience -= 1;
                thread::sleep(Duration::from_millis(20));
                walk =
                    Walk::new(file.try_clone().map_err(failed)?, walk.offset, walk.chain).map_err(failed)?;
                continue;
            }
            let (segment, offset) = (number, walk.offset);
            self.lost_count |= end != End::Clean;
            match end {
                End::Clean => {}
                End::Torn { bytes } => self.problem(Problem::Incomplete { segment, offset, bytes }),
                End::Nonsense { bytes } => self.problem(Problem::Nonsense { segment, offset, bytes }),
            }
            return Ok(());
        }
    }

    /// Behind damage the numbers go on after those that are hidden in it.
    fn may_begin_with(&self, first: u64) -> bool {
        first == self.report.next || (self.lost_count && first > self.report.next)
    }

    fn frame(&mut self, segment: u64, step: &Step, names: &Names) {
        let (offset, first, count) = (step.offset, step.header.sequence, step.header.count);
        if !step.link_is_true {
            self.problem(Problem::Changed { segment, offset, first, count: u64::from(count) });
            self.lost_count = true;
        } else if first != self.report.next {
            self.problem(Problem::Sequence { segment, offset, expected: self.report.next, found: first });
        }
        let mut events = Vec::new();
        let decoded = self.decoder.frame(&step.body, count, names, |event| events.push(event));
        if decoded.is_none() && step.link_is_true {
            self.problem(Problem::Unreadable { segment, offset });
        }
        for (sequence, event) in (first..).zip(&events) {
            self.event(sequence, event);
        }
        self.report.events += u64::from(count);
        self.report.next = step.header.next().unwrap_or(u64::MAX);
        self.chain = step.link;
        self.look_for_head();
    }

    fn event(&mut self, sequence: u64, event: &Event) {
        match event.id {
            ids::AUDIT_CHECKPOINT => self.checkpoint(sequence, event),
            ids::AUDIT_SEGMENTS_DROPPED => {
                if let Some(Value::Number(last)) = event.member("last") {
                    self.dropped.insert(*last);
                }
            }
            _ => {}
        }
    }

    /// A checkpoint is alone in its frame and states the chain before it.
    fn checkpoint(&mut self, sequence: u64, event: &Event) {
        let node = self.node.unwrap_or_default();
        match Checkpoint::read(event, node) {
            Some(c) if c.signature_is_good && c.sequence + 1 == sequence && c.hash == self.chain => {
                self.report.checkpoints += 1;
                self.report.keys.insert(c.public_key);
            }
            _ => self.problem(Problem::Checkpoint { sequence }),
        }
    }

    fn look_for_head(&mut self) {
        if let Some(search) = &mut self.search {
            search.look(&self.chain, self.report.next.saturating_sub(1));
        }
    }

    fn finish(mut self) -> Report {
        let first = self.report.first;
        if first > 1 && !self.dropped.contains(&(first - 1)) {
            self.problem(Problem::BeginningMissing { first });
        }
        if let Some(search) = self.search.take() {
            let (proven, missing) = search.end(first);
            self.report.proven = proven;
            missing.into_iter().for_each(|hash| self.problem(Problem::HeadMissing { hash }));
        }
        self.report.head = self.chain;
        self.report
    }
}
