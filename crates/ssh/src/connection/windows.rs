//! Room for windows that grow, shared by all connections that are told of it: what clients may send before it is
//! worked on could all have to be held, so its sum has a bound.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes by which all windows together may be larger than they begin.
const ROOM: u64 = 256 * 1024 * 1024;

/// What is left of the room.
#[derive(Debug)]
pub struct Windows(AtomicU64);

impl Default for Windows {
    fn default() -> Self {
        Self::of(ROOM)
    }
}

impl Windows {
    /// Room for so many bytes.
    pub fn of(bytes: u64) -> Self {
        Self(AtomicU64::new(bytes))
    }

    /// Nothing yet.
    pub(super) fn lease(self: &Arc<Self>) -> Lease {
        Lease { windows: self.clone(), bytes: 0 }
    }
}

/// One window's part of the room; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Lease {
    windows: Arc<Windows>,
    bytes: u64,
}

impl Lease {
    /// Takes so many bytes more, if they are left.
    pub(super) fn more(&mut self, bytes: u32) -> bool {
        let bytes = u64::from(bytes);
        let left = &self.windows.0;
        let taken = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes));
        if taken.is_ok() {
            self.bytes = self.bytes.saturating_add(bytes);
        }
        taken.is_ok()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.windows.0.fetch_add(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_taken_than_there_is_and_what_is_dropped_is_there_again() {
        let windows = Arc::new(Windows::of(100));
        let (mut one, mut other) = (windows.lease(), windows.lease());
        assert!(one.more(60) && !other.more(41) && other.more(40) && !one.more(1));
        drop(one);
        assert!(other.more(60) && !other.more(1));
    }
}
