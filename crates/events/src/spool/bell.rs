//! Wakes readers when something was appended, at next to no cost where none waits.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

#[derive(Debug, Default)]
pub(super) struct Bell {
    /// The sequence number that the next event will get.
    next: AtomicU64,
    waiting: AtomicU32,
    door: Mutex<()>,
    rung: Condvar,
}

impl Bell {
    /// Tells that all events before `next` can be read.
    pub(super) fn ring(&self, next: u64) {
        // SeqCst on both sides: either the waiter sees the number, or we see the waiter.
        self.next.store(next, Ordering::SeqCst);
        if self.waiting.load(Ordering::SeqCst) > 0 {
            self.wake();
        }
    }

    /// Ends all waits.
    pub(super) fn wake(&self) {
        let _door = self.door.lock().unwrap_or_else(PoisonError::into_inner);
        self.rung.notify_all();
    }

    pub(super) fn next(&self) -> u64 {
        self.next.load(Ordering::SeqCst)
    }

    /// Waits until the event numbered `wanted` can be read, something wakes all, or time is up.
    pub(super) fn wait(&self, wanted: u64, limit: Duration) {
        let door = self.door.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.fetch_add(1, Ordering::SeqCst);
        if self.next() <= wanted {
            drop(self.rung.wait_timeout(door, limit));
        }
        self.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}
