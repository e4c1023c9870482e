//! The bytes of the channel, in pieces of any size, become requests.

use std::ops::Range;

use super::{ForeignHandle, Handle, Kind, MAX_INIT, MAX_MESSAGE, Malformed, Request};
use crate::wire::Reader;

/// What came next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item<'a> {
    /// The input is used up. What it left half done is kept.
    NeedMore,
    /// The client speaks that version; the answer is VERSION.
    Init { version: u32 },
    /// A request. It borrows from the input where it lies whole in it, else from the stream.
    Request { id: u32, request: Request<'a> },
    /// A message whose frame is sound and whose content is not; the answer is BAD_MESSAGE.
    Malformed { id: u32, kind: u8, error: Malformed },
    /// A WRITE begins.
    WriteBegin(WriteHead),
    /// Its next bytes: where they lie in the input. Never empty.
    WriteData(Range<usize>),
    /// It has been given out whole; now it is answered.
    WriteEnd,
}

/// A WRITE but for its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteHead {
    pub id: u32,
    pub handle: Result<Handle, ForeignHandle>,
    /// Where in the file. May be so large that adding `length` overflows.
    pub offset: u64,
    /// How many bytes follow.
    pub length: u32,
}

/// A READ that lies whole in the input, as [`Stream::peek_read`] finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeekedRead {
    pub id: u32,
    pub handle: Handle,
    pub offset: u64,
    pub length: u32,
    /// Bytes that the request takes in the input: to take it, go on behind them.
    pub encoded: usize,
}

/// The peer broke the protocol in a way after which nothing it sends can be trusted to be what it seems. The
/// session is closed; the stream is not used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// A message without even a type.
    #[error("the client sent an empty message")]
    Empty,
    /// A length over [`MAX_MESSAGE`], or before INIT over [`MAX_INIT`].
    #[error("the client sent a message of {length} bytes; {maximum} are accepted")]
    TooLong { length: u32, maximum: u32 },
    /// A message too short for the id that its answer would need.
    #[error("the client sent a message of type {kind} without an id")]
    NoId { kind: u8 },
    /// Something else came before INIT.
    #[error("the client sent a message of type {kind} before INIT")]
    BeforeInit { kind: u8 },
    /// INIT without a version.
    #[error("the client sent INIT without a version")]
    NoVersion,
    /// INIT came again.
    #[error("the client sent INIT a second time")]
    InitAgain,
    /// The lengths inside a WRITE add up to more than the length of the message.
    #[error("the client sent a WRITE whose lengths contradict each other")]
    WriteShape,
}

/// Where the stream of one session stands.
#[derive(Debug, Default)]
pub struct Stream {
    state: State,
    /// The beginning of a message that the end of an earlier input cut off; of a WRITE at most its head. Grows
    /// with the bytes that come in, never by what a length claims.
    held: Vec<u8>,
    /// `held` was given out as the last item and is done with.
    given_out: bool,
    /// `held` was put back: it comes again.
    again: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    BeforeInit,
    /// Between two messages, or within one of which `held` has the beginning.
    Ready,
    /// So many bytes of a WRITE's data are still to come, and then so many that mean nothing.
    Writing { left: usize, surplus: usize },
}

/// What the first bytes of a message tell.
enum Step {
    /// More must be known: this many bytes from the beginning of the message.
    Need(usize),
    /// A whole message of so many bytes, length prefix included.
    Whole(usize),
    /// A WRITE whose head has so many bytes, and behind whose data so many more stand.
    Write { head: WriteHead, encoded: usize, surplus: usize },
}

/// The length, the type, the id and the length of the handle: what a WRITE begins with.
const WRITE_FIXED: usize = 13;
/// Bytes of a WRITE, without its length prefix, that are neither handle nor data.
const WRITE_OVERHEAD: u32 = 21;
/// Bytes that a handle may have (draft-ietf-secsh-filexfer-02 section 6.3).
const HANDLE_MAX: u32 = 256;
/// So much memory is kept between two messages, for the next one that is cut.
const KEEP: usize = 256;

impl Stream {
    pub fn new() -> Self {
        Self::default()
    }

    /// The next item of `input` from `at` on; `at` moves behind what was taken. To be called until
    /// [`Item::NeedMore`] (then `at` is the end) and then with the next input from its beginning. Ranges in
    /// items count from the beginning of `input`.
    pub fn next<'s, 'a: 's>(&'s mut self, input: &'a [u8], at: &mut usize) -> Result<Item<'s>, StreamError> {
        if std::mem::take(&mut self.given_out) {
            self.forget();
        }
        self.again = false;
        let rest = input.get(*at..).unwrap_or_default();
        if let State::Writing { left, surplus } = self.state {
            return Ok(self.write_data(rest.len(), left, surplus, at));
        }
        if self.held.is_empty() {
            return match self.measure(rest)? {
                Step::Need(_) => {
                    self.held.extend_from_slice(rest);
                    *at += rest.len();
                    Ok(Item::NeedMore)
                }
                Step::Whole(n) => {
                    *at += n;
                    self.state = State::Ready;
                    item(rest.get(..n).unwrap_or_default())
                }
                Step::Write { head, encoded, surplus } => {
                    *at += encoded;
                    Ok(self.write_begin(head, surplus))
                }
            };
        }
        if self.collect(rest, at)? { self.item_held() } else { Ok(Item::NeedMore) }
    }

    /// The READ that lies whole in `input` at `at` and comes next, without taking it. None as well for one that
    /// has to be refused: that is [`Stream::next`]'s.
    pub fn peek_read(&self, input: &[u8], at: usize) -> Option<PeekedRead> {
        if self.state != State::Ready || !(self.held.is_empty() || self.given_out) {
            return None;
        }
        let rest = input.get(at..)?;
        let Ok(Step::Whole(encoded)) = self.measure(rest) else { return None };
        let Ok(Item::Request { id, request: Request::Read { handle: Ok(handle), offset, length } }) =
            item(rest.get(..encoded)?)
        else {
            return None;
        };
        Some(PeekedRead { id, handle, offset, length, encoded })
    }

    /// Puts the message back that [`Stream::next`] has given out last, called with that `before` and leaving `at`: it comes
    /// again. Only for a message that is whole or a WRITE that has just begun.
    pub fn put_back(&mut self, before: usize, at: &mut usize) {
        self.state = State::Ready;
        if std::mem::take(&mut self.given_out) {
            self.again = true;
        } else {
            *at = before;
        }
    }

    /// Whether a message was put back that is not in the input: it comes even if there is none.
    pub fn comes_again(&self) -> bool {
        self.again
    }

    /// Whether the stream stands between two messages. If the channel ends elsewhere, the client broke off.
    pub fn is_between_messages(&self) -> bool {
        !matches!(self.state, State::Writing { .. }) && (self.held.is_empty() || self.given_out)
    }

    /// Bytes of memory that the stream holds.
    pub fn memory(&self) -> usize {
        self.held.capacity()
    }

    /// Takes from `rest` what the held message still needs; whether it is complete now.
    fn collect(&mut self, rest: &[u8], at: &mut usize) -> Result<bool, StreamError> {
        let mut taken = 0;
        loop {
            let Step::Need(need) = self.measure(&self.held)? else { return Ok(true) };
            let more = rest.get(taken..).unwrap_or_default();
            let more = more.get(..need.saturating_sub(self.held.len())).unwrap_or(more);
            if more.is_empty() {
                return Ok(false);
            }
            self.held.extend_from_slice(more);
            taken += more.len();
            *at += more.len();
        }
    }

    /// The held message, which is complete.
    fn item_held(&mut self) -> Result<Item<'_>, StreamError> {
        self.given_out = true;
        if let Step::Write { head, surplus, .. } = self.measure(&self.held)? {
            return Ok(self.write_begin(head, surplus));
        }
        self.state = State::Ready;
        item(&self.held)
    }

    fn write_begin(&mut self, head: WriteHead, surplus: usize) -> Item<'static> {
        // MAX_MESSAGE bounds it, and every platform's usize holds that.
        self.state = State::Writing { left: usize::try_from(head.length).unwrap_or(usize::MAX), surplus };
        Item::WriteBegin(head)
    }

    fn write_data(&mut self, available: usize, left: usize, surplus: usize, at: &mut usize) -> Item<'static> {
        if left == 0 {
            let n = surplus.min(available);
            *at += n;
            if n < surplus {
                self.state = State::Writing { left: 0, surplus: surplus - n };
                return Item::NeedMore;
            }
            self.state = State::Ready;
            return Item::WriteEnd;
        }
        let n = left.min(available);
        if n == 0 {
            return Item::NeedMore;
        }
        let from = *at;
        *at += n;
        self.state = State::Writing { left: left - n, surplus };
        Item::WriteData(from..*at)
    }

    fn forget(&mut self) {
        self.held.clear();
        self.held.shrink_to(KEEP);
    }

    /// What the bytes of a message that are there tell about it.
    fn measure(&self, bytes: &[u8]) -> Result<Step, StreamError> {
        let mut r = Reader::new(bytes);
        let Ok(length) = r.u32() else { return Ok(Step::Need(4)) };
        let maximum = if self.state == State::BeforeInit { MAX_INIT } else { MAX_MESSAGE };
        if length == 0 {
            return Err(StreamError::Empty);
        }
        if length > maximum {
            return Err(StreamError::TooLong { length, maximum });
        }
        let Ok(kind) = r.u8() else { return Ok(Step::Need(5)) };
        match (Kind::of_packet(kind), self.state) {
            (Some(Kind::Init), State::BeforeInit) if length < 5 => return Err(StreamError::NoVersion),
            (Some(Kind::Init), State::BeforeInit) => {}
            (Some(Kind::Init), _) => return Err(StreamError::InitAgain),
            (_, State::BeforeInit) => return Err(StreamError::BeforeInit { kind }),
            _ if length < 5 => return Err(StreamError::NoId { kind }),
            (Some(Kind::Write), _) => return measure_write(length, bytes),
            _ => {}
        }
        let whole = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(4);
        Ok(if bytes.len() < whole { Step::Need(whole) } else { Step::Whole(whole) })
    }
}

/// As [`Stream::measure`], for a WRITE: its data must lie in the message, and each length is judged as soon as it is
/// known. Bytes behind the data are passed over, as OpenSSH does: clients built on Go's `pkg/sftp` send a whole buffer
/// and say how much of it counts.
fn measure_write(length: u32, bytes: &[u8]) -> Result<Step, StreamError> {
    let room = length.checked_sub(WRITE_OVERHEAD).ok_or(StreamError::WriteShape)?;
    let mut r = Reader::new(bytes.get(5..).unwrap_or_default());
    let (Ok(id), Ok(handle_length)) = (r.u32(), r.u32()) else { return Ok(Step::Need(WRITE_FIXED)) };
    if handle_length > HANDLE_MAX.min(room) {
        return Err(StreamError::WriteShape);
    }
    let n = usize::try_from(handle_length).unwrap_or(usize::MAX);
    let head = n.saturating_add(WRITE_FIXED + 12);
    let (Ok(handle), Ok(offset), Ok(length)) = (r.bytes(n), r.u64(), r.u32()) else {
        return Ok(Step::Need(head));
    };
    let surplus =
        handle_length.checked_add(length).and_then(|n| room.checked_sub(n)).ok_or(StreamError::WriteShape)?;
    Ok(Step::Write {
        head: WriteHead { id, handle: Handle::parse(handle), offset, length },
        encoded: head,
        surplus: usize::try_from(surplus).unwrap_or(usize::MAX),
    })
}

/// The item that a whole message, length prefix included, is.
fn item(message: &[u8]) -> Result<Item<'_>, StreamError> {
    let mut r = Reader::new(message);
    let (Ok(_), Ok(kind)) = (r.u32(), r.u8()) else { return Err(StreamError::Empty) };
    let Ok(number) = r.u32() else { return Err(StreamError::NoId { kind }) };
    if Kind::of_packet(kind) == Some(Kind::Init) {
        return Ok(Item::Init { version: number });
    }
    Ok(match Request::parse(kind, r.rest()) {
        Ok(request) => Item::Request { id: number, request },
        Err(error) => Item::Malformed { id: number, kind, error },
    })
}

#[cfg(test)]
mod tests;
