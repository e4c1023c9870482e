//! Reads events from a place on, while others append.

use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use causeway_core::Event;

use super::AuditError;
use super::decode::{Decoder, Names};
use super::format::{FRAME_HEADER, FrameHeader, HASH};
use super::segment::{self, Opened};

/// Bytes that one read asks for.
const CHUNK: usize = 256 << 10;

/// A place in the trail, between two frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub segment: u64,
    /// Bytes from the start of the segment.
    pub offset: u64,
    /// The event that comes next. It decides where the offset is wrong.
    pub sequence: u64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.segment, self.offset, self.sequence)
    }
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split(' ').map(|p| p.parse().map_err(drop));
        let mut part = || parts.next().unwrap_or(Err(()));
        Ok(Self { segment: part()?, offset: part()?, sequence: part()? })
    }
}

/// An event with its place in the order.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    pub sequence: u64,
    pub event: Event,
}

/// Events that the trail no longer has, or that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The sequence number of the first one missed.
    pub first: u64,
    pub count: u64,
}

/// What a read found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Events were added.
    Read,
    /// There are no more for now.
    End,
    /// The reader was moved on; the next read goes on behind the gap.
    Gap(Gap),
}

/// Reads the trail from a cursor on. Each reader has its own file.
#[derive(Debug)]
pub struct Reader {
    dir: PathBuf,
    cursor: Cursor,
    open: Option<OpenSegment>,
    decoder: Decoder,
    held: Held,
    /// Found, and not told yet: the events read before it are given first.
    gap: Option<Gap>,
    /// The cursor is that of an earlier reader: what it says of the segment may no longer be so.
    restored: bool,
}

#[derive(Debug)]
struct OpenSegment {
    file: File,
    names: Names,
    /// Where the first frame begins.
    start: u64,
    first: u64,
}

/// Bytes of the segment. Their storage is zeroed when it grows, not for each read.
#[derive(Debug, Default)]
struct Held {
    storage: Vec<u8>,
    len: usize,
    /// Where in the segment they begin.
    at: u64,
}

impl Held {
    /// What is held from that offset of the segment on.
    fn from(&self, offset: u64) -> &[u8] {
        let Some(skip) = offset.checked_sub(self.at).and_then(|s| usize::try_from(s).ok()) else {
            return &[];
        };
        self.storage.get(..self.len).and_then(|h| h.get(skip..)).unwrap_or_default()
    }

    /// Reads from that offset on until `n` bytes or more are held, or no more are there; says how many are held.
    fn fill(&mut self, file: &File, offset: u64, n: usize) -> io::Result<usize> {
        (self.len, self.at) = (0, offset);
        if self.storage.len() < n.max(CHUNK) {
            self.storage.resize(n.max(CHUNK), 0);
        }
        while self.len < n {
            let room = self.storage.get_mut(self.len..).unwrap_or_default();
            match file.read_at(room, offset + u64::try_from(self.len).unwrap_or_default()) {
                Ok(0) => break,
                Ok(read) => self.len += read,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    self.len = 0;
                    return Err(e);
                }
            }
        }
        Ok(self.len)
    }
}

enum Frame {
    Whole(FrameHeader),
    /// The segment ends here, for now or for ever.
    NotYet,
    Nonsense,
}

impl Reader {
    pub fn new(dir: &Path, cursor: Cursor) -> Self {
        Self {
            dir: dir.to_owned(),
            cursor,
            open: None,
            decoder: Decoder::default(),
            held: Held::default(),
            gap: None,
            restored: true,
        }
    }

    /// A reader of all that is there.
    pub fn from_start(dir: &Path) -> Self {
        Self::new(dir, Cursor { segment: 0, offset: 0, sequence: 0 })
    }

    /// The place behind what was read.
    pub fn cursor(&self) -> Cursor {
        self.cursor
    }

    /// Adds whole frames of events to `out` until it holds `limit` or more, or no more can be had. The numbers
    /// of what one reader gives only grow, whatever the files hold. On an error nothing was added, and the next
    /// read begins at the same event.
    pub fn read(&mut self, out: &mut Vec<Stored>, limit: usize) -> Result<Progress, AuditError> {
        let before = out.len();
        loop {
            if out.len() > before && (out.len() >= limit || self.gap.is_some()) {
                return Ok(Progress::Read);
            }
            if let Some(gap) = self.gap.take() {
                return Ok(Progress::Gap(gap));
            }
            match self.go_on(out) {
                Ok(true) => {}
                // What was read comes first. The next read meets the error, if it is still there.
                Ok(false) | Err(_) if out.len() > before => return Ok(Progress::Read),
                Ok(false) => return Ok(Progress::End),
                Err(e) => return Err(e),
            }
        }
    }

    /// Takes a frame or goes to another segment; false if there is nothing more.
    fn go_on(&mut self, out: &mut Vec<Stored>) -> Result<bool, AuditError> {
        if self.open.is_none() {
            return self.open_segment();
        }
        match self.next_frame()? {
            Frame::Whole(header) if self.take(header, out)? => Ok(true),
            _ => self.next_segment(out),
        }
    }

    /// Opens the segment of the cursor, or the oldest one after it; false if there is none yet. On an error the
    /// cursor stays where it was.
    fn open_segment(&mut self) -> Result<bool, AuditError> {
        let before = self.cursor;
        let opened = self.try_open_segment();
        if opened.is_err() {
            (self.cursor, self.open, self.gap) = (before, None, None);
        }
        opened
    }

    fn try_open_segment(&mut self) -> Result<bool, AuditError> {
        let mut numbers = segment::list(&self.dir)?.into_iter().filter(|n| *n >= self.cursor.segment);
        let Some(number) = numbers.next() else { return Ok(false) };
        let Opened::Good { file, header, len, link_is_true: true, .. } = segment::open(&self.dir, number)?
        else {
            // Being created, or damaged: a segment after it tells which.
            if let Some(later) = numbers.next() {
                self.cursor = Cursor { segment: later, offset: 0, sequence: self.cursor.sequence };
                return Ok(true);
            }
            return Ok(false);
        };
        let missed = header.first.saturating_sub(self.cursor.sequence);
        if self.cursor.sequence > 0 && missed > 0 {
            self.gap = Some(Gap { first: self.cursor.sequence, count: missed });
        }
        self.open =
            Some(OpenSegment { file, names: Names::new(header.names), start: len, first: header.first });
        let arrives = number != self.cursor.segment || self.cursor.offset == 0;
        if arrives || self.cursor.offset < len {
            // Behind damage numbers may begin lower again, and are not those that an earlier reader has seen.
            let begins_lower = arrives && self.restored;
            let sequence = if begins_lower { header.first } else { self.cursor.sequence.max(header.first) };
            self.cursor = Cursor { segment: number, offset: len, sequence };
        }
        self.held.len = 0;
        if self.restored {
            self.check_offset()?;
        }
        Ok(true)
    }

    /// Makes the offset that of the frame with the cursor's sequence number: after a crash of the machine the
    /// segment may be shorter than the cursor remembers, or hold other frames.
    fn check_offset(&mut self) -> Result<(), AuditError> {
        let size = self.size()?;
        let fits = self.cursor.offset <= size
            && match self.frame()? {
                Frame::Whole(header) => header.sequence == self.cursor.sequence,
                Frame::NotYet => self.cursor.offset == size,
                Frame::Nonsense => false,
            };
        let Some((start, first)) = self.open.as_ref().map(|o| (o.start, o.first)) else { return Ok(()) };
        if fits {
            return Ok(());
        }
        let wanted = self.cursor.sequence;
        self.cursor.offset = start;
        self.cursor.sequence = first;
        loop {
            match self.next_frame()? {
                Frame::Whole(header) if header.next().is_some_and(|next| next <= wanted) => self.skip(header),
                // The frame with the event; or the end of a shorter segment, whose next event has this number.
                Frame::Whole(_) | Frame::NotYet => return Ok(()),
                Frame::Nonsense => {
                    self.cursor.sequence = wanted;
                    return Ok(());
                }
            }
        }
    }

    fn size(&self) -> Result<u64, AuditError> {
        let Some(open) = &self.open else { return Ok(0) };
        open.file.metadata().map(|m| m.len()).map_err(|e| self.failed(e))
    }

    fn failed(&self, e: io::Error) -> AuditError {
        AuditError::io("read", &segment::path(&self.dir, self.cursor.segment), e)
    }

    /// The frame at the cursor, if it is the one that comes next. Another one's header is damaged, or what stood
    /// before it is gone: its number would lead the cursor astray.
    fn next_frame(&mut self) -> Result<Frame, AuditError> {
        Ok(match self.frame()? {
            Frame::Whole(header) if header.sequence != self.cursor.sequence => Frame::Nonsense,
            frame => frame,
        })
    }

    /// Whether the frame at the cursor is there as a whole; then it is in `held`.
    fn frame(&mut self) -> Result<Frame, AuditError> {
        if self.hold(FRAME_HEADER)? < FRAME_HEADER {
            return Ok(Frame::NotYet);
        }
        let Some(header) = self.held.from(self.cursor.offset).first_chunk().and_then(FrameHeader::decode)
        else {
            return Ok(Frame::Nonsense);
        };
        if self.hold(header.frame())? < header.frame() {
            return Ok(Frame::NotYet);
        }
        Ok(Frame::Whole(header))
    }

    /// Tries to hold `n` bytes from the cursor on; says how many there are.
    fn hold(&mut self, n: usize) -> Result<usize, AuditError> {
        let held = self.held.from(self.cursor.offset).len();
        if held >= n {
            return Ok(held);
        }
        let Some(open) = &self.open else { return Ok(0) };
        self.held.fill(&open.file, self.cursor.offset, n).map_err(|e| self.failed(e))
    }

    /// Decodes the frame at the cursor and goes behind it; false if it cannot be read and what follows it does
    /// not prove how many events it had.
    fn take(&mut self, header: FrameHeader, out: &mut Vec<Stored>) -> Result<bool, AuditError> {
        let Some(open) = &self.open else { return Ok(false) };
        let held = self.held.from(self.cursor.offset);
        let body = held.get(FRAME_HEADER..FRAME_HEADER + header.body).unwrap_or_default();
        let before = out.len();
        let mut sequence = header.sequence;
        let decoded = self.decoder.frame(body, header.count, &open.names, |event| {
            out.push(Stored { sequence, event });
            sequence = sequence.saturating_add(1);
        });
        let at = self.cursor;
        self.skip(header);
        if decoded.is_none() {
            out.truncate(before);
            let next = self.next_frame();
            if !matches!(next, Ok(Frame::Whole(_))) {
                self.cursor = at;
                return next.map(|_| false);
            }
            self.gap = Some(Gap { first: header.sequence, count: u64::from(header.count) });
        }
        self.restored = false;
        Ok(true)
    }

    /// Puts the cursor behind the frame.
    fn skip(&mut self, header: FrameHeader) {
        self.cursor.offset += size_of_frame(header);
        self.cursor.sequence = header.next().unwrap_or(u64::MAX);
    }

    /// Goes to the segment after this one, if it is there and nothing was added to this one meanwhile.
    fn next_segment(&mut self, out: &mut Vec<Stored>) -> Result<bool, AuditError> {
        if !segment::list(&self.dir)?.into_iter().any(|n| n > self.cursor.segment) {
            return Ok(false);
        }
        // The appender ends a segment before it begins another: what is here now is all there will be.
        self.held.len = 0;
        if let Frame::Whole(header) = self.next_frame()?
            && self.take(header, out)?
        {
            return Ok(true);
        }
        self.open = None;
        self.cursor = Cursor { segment: self.cursor.segment + 1, offset: 0, sequence: self.cursor.sequence };
        Ok(true)
    }
}

fn size_of_frame(header: FrameHeader) -> u64 {
    u64::try_from(FRAME_HEADER + header.body + HASH).unwrap_or(u64::MAX)
}
