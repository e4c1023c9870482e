//! Finds where the trail ends when a process begins: goes on behind the last whole frame, cuts off one that a
//! crash left incomplete, and leaves alone whatever else looks wrong, for `verify` to find.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::decode::Names;
use super::format::{HASH, Hash};
use super::resync;
use super::segment::{self, Opened, Segment};
use super::walk::{End, Walk};
use super::{AuditError, Cursor};

/// What opening the trail had to put right or leave behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recovery {
    /// The segment ended in an incomplete frame of `bytes` bytes, which was cut off at `offset` and stands in a
    /// file beside the segment.
    Cut { segment: u64, offset: u64, bytes: u64 },
    /// The segment holds what was never written so; it was left as it is and a new one begun.
    Damaged { segment: u64, offset: u64, details: &'static str },
}

/// Where a trail ends.
#[derive(Debug)]
pub(super) struct Found {
    /// The segment to go on in; none: begin a new one.
    pub current: Option<Segment>,
    /// The number of the last segment that is there; 0: none.
    pub last: u64,
    pub chain: Hash,
    /// The sequence number of the next event.
    pub next: u64,
    pub recovery: Option<Recovery>,
}

impl Found {
    /// The place where the next event comes.
    pub(super) fn end(&self) -> Cursor {
        let (segment, offset) = self.current.as_ref().map_or((self.last + 1, 0), |s| (s.number, s.len));
        Cursor { segment, offset, sequence: self.next }
    }
}

pub(super) fn find_end(dir: &Path) -> Result<Found, AuditError> {
    let mut numbers = segment::list(dir)?;
    let last = numbers.last().copied().unwrap_or(0);
    let mut recovery = None;
    // No number that a frame has is given out again, as far as the frames can be found.
    let mut least = 1;
    while let Some(number) = numbers.pop() {
        let details = match segment::open(dir, number)? {
            Opened::Good { file, header, len, link, link_is_true } => {
                let names = Names::new(header.names);
                let walk = Walk::new(file, len, link).map_err(|e| AuditError::io("read", dir, e))?;
                let end = walk_to_end(walk, dir, number, header.first, link_is_true)
                    .map_err(|e| AuditError::io("read", &segment::path(dir, number), e))?;
                if let Some(Recovery::Cut { offset, .. }) = end.recovery {
                    keep_beside(dir, number, offset)?;
                }
                let damaged = matches!(end.recovery, Some(Recovery::Damaged { .. }));
                let go_on = number == last && !damaged && names.are_ours();
                let current = match (go_on, &end.recovery) {
                    (true, _) => Some(Segment::resume(dir, number, header.first, end.offset)?),
                    (false, Some(Recovery::Cut { .. })) if number == last => {
                        // Written by another version: cut, then a new segment.
                        Segment::resume(dir, number, header.first, end.offset)?;
                        None
                    }
                    (false, _) => None,
                };
                return Ok(Found {
                    current,
                    last,
                    chain: end.chain,
                    next: end.next.max(least),
                    recovery: recovery.or(end.recovery),
                });
            }
            Opened::Short => "the file ends inside its header",
            Opened::Bad => "the header is not one of a segment",
            Opened::Missing => continue,
        };
        recovery.get_or_insert(Recovery::Damaged { segment: number, offset: 0, details });
        let path = segment::path(dir, number);
        let after = resync::number_after(&path, 0, least).map_err(|e| AuditError::io("read", &path, e))?;
        least = after.unwrap_or(least);
    }
    Ok(Found { current: None, last, chain: [0; HASH], next: least, recovery })
}

struct Ended {
    offset: u64,
    chain: Hash,
    next: u64,
    recovery: Option<Recovery>,
}

fn walk_to_end(
    mut walk: Walk,
    dir: &Path,
    segment: u64,
    first: u64,
    header_is_true: bool,
) -> io::Result<Ended> {
    // What a changed header says is the last resort.
    let mut next = header_is_true.then_some(first);
    let mut recovery = (!header_is_true).then_some(Recovery::Damaged {
        segment,
        offset: 0,
        details: "the header was changed",
    });
    let mut changed = None;
    loop {
        let offset = walk.offset;
        let end = match walk.step()? {
            Ok(step) => {
                if !step.link_is_true {
                    let details = "a frame does not fit the chain";
                    recovery.get_or_insert(Recovery::Damaged { segment, offset, details });
                    changed.get_or_insert(offset);
                }
                // A changed frame is no word on numbers.
                let begins = if step.link_is_true { step.header.sequence } else { next.unwrap_or(first) };
                next = next.max(begins.checked_add(u64::from(step.header.count)));
                continue;
            }
            Err(end) => end,
        };
        let next = next.unwrap_or(first);
        let damaged = changed.or_else(|| (end != End::Clean).then_some(offset));
        let hidden = match damaged {
            Some(from) => resync::number_after(&segment::path(dir, segment), from, next)?,
            None => None,
        };
        let at_end = match end {
            End::Clean => None,
            End::Torn { .. } if hidden.is_some() => {
                Some(Recovery::Damaged { segment, offset, details: "a frame's length was changed" })
            }
            End::Torn { bytes } => Some(Recovery::Cut { segment, offset, bytes }),
            End::Nonsense { .. } => {
                Some(Recovery::Damaged { segment, offset, details: "bytes that are no frame" })
            }
        };
        // Damage before the end forbids cutting: nothing is thrown away that may be evidence.
        let next = hidden.unwrap_or(next);
        return Ok(Ended { offset, chain: walk.chain, next, recovery: recovery.or(at_end) });
    }
}

/// Saves what is about to be cut off: it may be a whole frame whose length was changed.
fn keep_beside(dir: &Path, number: u64, offset: u64) -> Result<(), AuditError> {
    let from = segment::path(dir, number);
    let to = cut_path(dir, number, offset);
    let copy = || -> io::Result<()> {
        let mut input = File::open(&from)?;
        input.seek(SeekFrom::Start(offset))?;
        let mut rest = Vec::new();
        // A frame at most, or blocks of zeros, which are not worth keeping beyond that.
        input.take(u64::try_from(super::format::MAX_BODY).unwrap_or(u64::MAX)).read_to_end(&mut rest)?;
        if rest.iter().all(|b| *b == 0) {
            return Ok(());
        }
        let mut out = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&to)?;
        out.write_all(&rest)?;
        out.sync_data()
    };
    copy().map_err(|e| AuditError::io("keep a copy as", &to, e))
}

fn cut_path(dir: &Path, number: u64, offset: u64) -> PathBuf {
    dir.join(format!("{number:010}.cut-{offset}"))
}
