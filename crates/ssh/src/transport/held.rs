//! Messages that wait for the end of a key exchange.

use std::collections::VecDeque;

use crate::cipher::LONGEST_TAG;
use crate::error::Error;

/// How much waits at most, overhead of packets included.
pub(super) const MAX: usize = 16 * 1024;

/// More than a packet adds to its payload under any cipher here: head 5, padding 19, and the tag.
const OVERHEAD: usize = 24 + LONGEST_TAG;

/// A bounded queue of payloads, the oldest first.
#[derive(Default)]
pub(super) struct Held {
    messages: VecDeque<Box<[u8]>>,
    size: usize,
}

impl Held {
    pub(super) fn push(&mut self, payload: &[u8]) -> Result<(), Error> {
        let size = self.size.saturating_add(payload.len()).saturating_add(OVERHEAD);
        if size > MAX {
            return Err(Error::HeldOverflow);
        }
        self.size = size;
        self.messages.push_back(payload.into());
        Ok(())
    }

    /// Everything that waits; nothing does afterwards.
    pub(super) fn take(&mut self) -> VecDeque<Box<[u8]>> {
        self.size = 0;
        std::mem::take(&mut self.messages)
    }
}
