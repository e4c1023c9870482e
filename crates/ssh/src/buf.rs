//! The two buffers of a connection. Their storage comes from a pool and goes back there: an idle session holds
//! none, and nothing is zeroed twice.
//!
//! Invariant of both: `start <= end <= storage.len()`. The bytes between are what is held.

use std::fmt;
use std::ops::Range;

/// Bytes from the socket, opened in place.
///
/// The owner reads from the socket into [`space`](Self::space) and calls [`filled`](Self::filled); the transport
/// takes packets off the front. The ranges that it gives out stay valid until the next call of `space`,
/// [`replace`](Self::replace) or [`into_storage`](Self::into_storage), wherever the buffer is moved meanwhile.
#[derive(Default)]
pub struct RxBuf {
    storage: Box<[u8]>,
    start: usize,
    end: usize,
}

impl RxBuf {
    /// A buffer of `capacity` bytes of fresh memory.
    pub fn new(capacity: usize) -> Self {
        Self::from_storage(vec![0; capacity].into_boxed_slice())
    }

    /// An empty buffer on recycled storage, whatever that holds.
    pub fn from_storage(storage: Box<[u8]>) -> Self {
        Self { storage, start: 0, end: 0 }
    }

    /// The storage, to be recycled. What the buffer held is lost.
    pub fn into_storage(self) -> Box<[u8]> {
        self.storage
    }

    /// Moves what is held to other storage and returns the former. Storage that is too small for it comes back.
    pub fn replace(&mut self, storage: Box<[u8]>) -> Result<Box<[u8]>, Box<[u8]>> {
        replace(&mut self.storage, &mut self.start, &mut self.end, storage)
    }

    /// Where the next bytes from the socket go. Empty only if the buffer is full. Invalidates ranges given out.
    pub fn space(&mut self) -> &mut [u8] {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.start > 0 && self.storage.len() - self.end < self.storage.len() / 2 {
            // At most half a capacity is moved for each half that was read.
            compact(&mut self.storage, &mut self.start, &mut self.end);
        }
        self.storage.get_mut(self.end..).unwrap_or_default()
    }

    /// Whether there is storage, and no room in it.
    pub fn is_full(&self) -> bool {
        self.start == 0 && self.end == self.storage.len() && self.end > 0
    }

    /// `n` bytes were read into [`space`](Self::space).
    pub fn filled(&mut self, n: usize) {
        self.end = self.end.saturating_add(n).min(self.storage.len());
    }

    /// What has arrived and has not been consumed.
    pub fn data(&self) -> &[u8] {
        self.storage.get(self.start..self.end).unwrap_or_default()
    }

    /// The bytes of a range given out before. Nothing if the range is not within the buffer.
    pub fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.storage.get(range).unwrap_or_default()
    }

    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// Whether everything that arrived has been consumed: then the storage may go back to the pool.
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    pub fn capacity(&self) -> usize {
        self.storage.len()
    }

    /// Takes everything off the front; its place is returned, as of packets.
    pub fn take(&mut self) -> Range<usize> {
        self.consume(self.len())
    }

    pub(crate) fn data_mut(&mut self) -> &mut [u8] {
        self.storage.get_mut(self.start..self.end).unwrap_or_default()
    }

    /// Takes `n` bytes off the front; their place in the storage is returned.
    pub(crate) fn consume(&mut self, n: usize) -> Range<usize> {
        let from = self.start;
        self.start = from.saturating_add(n).min(self.end);
        from..self.start
    }
}

/// Bytes for the socket, sealed in place.
///
/// The capacity is fixed: what does not fit is an error of whoever wrote without looking at
/// [`room`](Self::room). Storage is initialised memory and is never zeroed again, so bytes after what is pending
/// are whatever was sent before; only what is committed leaves the process.
#[derive(Default)]
pub struct TxBuf {
    storage: Box<[u8]>,
    start: usize,
    end: usize,
}

impl TxBuf {
    /// A buffer of `capacity` bytes of fresh memory.
    pub fn new(capacity: usize) -> Self {
        Self::from_storage(vec![0; capacity].into_boxed_slice())
    }

    /// An empty buffer on recycled storage, whatever that holds.
    pub fn from_storage(storage: Box<[u8]>) -> Self {
        Self { storage, start: 0, end: 0 }
    }

    /// The storage, to be recycled. What was pending is lost.
    pub fn into_storage(self) -> Box<[u8]> {
        self.storage
    }

    /// Moves what is pending to other storage and returns the former. Storage that is too small for it comes back.
    pub fn replace(&mut self, storage: Box<[u8]>) -> Result<Box<[u8]>, Box<[u8]>> {
        replace(&mut self.storage, &mut self.start, &mut self.end, storage)
    }

    /// What the socket is to be given next.
    pub fn pending(&self) -> &[u8] {
        self.storage.get(self.start..self.end).unwrap_or_default()
    }

    /// The socket took the first `n` pending bytes.
    pub fn wrote(&mut self, n: usize) {
        self.start = self.start.saturating_add(n).min(self.end);
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// How many more bytes fit.
    pub fn room(&self) -> usize {
        self.storage.len() - self.len()
    }

    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// Whether nothing is pending: then the storage may go back to the pool.
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    pub fn capacity(&self) -> usize {
        self.storage.len()
    }

    /// All bytes after what is pending, of which there are at least `n`; `None` if less than `n` fit. Packets laid
    /// out there and sealed one after the other become pending by [`commit`](Self::commit).
    pub fn tail(&mut self, n: usize) -> Option<&mut [u8]> {
        if self.room() < n {
            return None;
        }
        if self.storage.len() - self.end < n {
            compact(&mut self.storage, &mut self.start, &mut self.end);
        }
        self.storage.get_mut(self.end..)
    }

    /// The first `n` bytes of the [`tail`](Self::tail) are pending now.
    pub fn commit(&mut self, n: usize) {
        self.end = self.end.saturating_add(n).min(self.storage.len());
    }
}

/// Moves what is held to the front.
fn compact(storage: &mut [u8], start: &mut usize, end: &mut usize) {
    storage.copy_within(*start..*end, 0);
    *end -= *start;
    *start = 0;
}

fn replace(
    storage: &mut Box<[u8]>,
    start: &mut usize,
    end: &mut usize,
    mut other: Box<[u8]>,
) -> Result<Box<[u8]>, Box<[u8]>> {
    let held = storage.get(*start..*end).unwrap_or_default();
    let Some(place) = other.get_mut(..held.len()) else { return Err(other) };
    place.copy_from_slice(held);
    (*start, *end) = (0, held.len());
    Ok(std::mem::replace(storage, other))
}

impl fmt::Debug for RxBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RxBuf({} of {})", self.len(), self.capacity())
    }
}

impl fmt::Debug for TxBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TxBuf({} of {})", self.len(), self.capacity())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(rx: &mut RxBuf, bytes: &[u8]) {
        rx.space()[..bytes.len()].copy_from_slice(bytes);
        rx.filled(bytes.len());
    }

    #[test]
    fn ranges_given_out_stay_readable_until_more_is_received() {
        let mut rx = RxBuf::new(8);
        fill(&mut rx, b"abcdef");
        let first = rx.consume(4);
        let moved = rx;
        assert_eq!(moved.bytes(first), b"abcd");
        assert_eq!(moved.data(), b"ef");
    }

    #[test]
    fn space_runs_out_only_when_the_buffer_is_full() {
        let mut rx = RxBuf::new(8);
        fill(&mut rx, b"abcdefgh");
        assert!(rx.space().is_empty());
        rx.consume(5);
        assert_eq!(rx.space().len(), 5);
        assert_eq!(rx.data(), b"fgh");
    }

    #[test]
    fn what_is_held_moves_to_other_storage() {
        let mut rx = RxBuf::new(8);
        fill(&mut rx, b"abcdef");
        rx.consume(2);
        assert!(rx.replace(Box::new([0; 3])).is_err());
        assert_eq!(rx.replace(Box::new([0; 4])).map(|b| b.len()), Ok(8));
        assert_eq!(rx.data(), b"cdef");

        let mut tx = TxBuf::new(4);
        tx.tail(3).unwrap()[..3].copy_from_slice(b"abc");
        tx.commit(3);
        tx.wrote(1);
        assert_eq!(tx.replace(Box::new([9; 16])).map(|b| b.len()), Ok(4));
        assert_eq!((tx.pending(), tx.room()), (&b"bc"[..], 14));
    }

    #[test]
    fn the_tail_is_contiguous_whenever_the_room_is_there() {
        let mut tx = TxBuf::new(8);
        tx.tail(6).unwrap()[..6].copy_from_slice(b"abcdef");
        tx.commit(6);
        assert!(tx.tail(3).is_none());
        tx.wrote(4);
        let tail = tx.tail(6).unwrap();
        tail[..6].copy_from_slice(b"ghijkl");
        tx.commit(6);
        assert_eq!(tx.pending(), b"efghijkl");
        tx.wrote(8);
        assert!(tx.is_empty() && tx.room() == 8);
    }

    #[test]
    fn cursors_never_leave_the_storage() {
        let mut rx = RxBuf::new(4);
        rx.filled(9);
        assert_eq!(rx.len(), 4);
        assert_eq!(rx.consume(9), 0..4);
        let mut tx = TxBuf::default();
        tx.commit(9);
        tx.wrote(9);
        assert!(tx.is_empty() && tx.tail(1).is_none());
    }
}
