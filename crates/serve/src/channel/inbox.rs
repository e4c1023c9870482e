//! Bytes of the channel that cannot be worked on yet. Bounded by the window that the client was given.

#[derive(Debug, Default)]
pub(crate) struct Inbox {
    bytes: Vec<u8>,
    from: usize,
}

/// Memory that is kept when everything has been worked on.
const KEEP: usize = 4096;

impl Inbox {
    pub(crate) fn is_empty(&self) -> bool {
        self.from == self.bytes.len()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(self.from..).unwrap_or_default()
    }

    #[cfg(test)]
    pub(crate) fn memory(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn drop_front(&mut self, n: usize) {
        self.from = self.from.saturating_add(n).min(self.bytes.len());
        if self.is_empty() {
            self.from = 0;
            self.bytes.clear();
            self.bytes.shrink_to(KEEP);
        } else if self.from > self.bytes.len() / 2 {
            self.bytes.drain(..self.from);
            self.from = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_worked_on_is_gone_and_its_memory_with_it() {
        let mut inbox = Inbox::default();
        inbox.push(&[1; 100_000]);
        inbox.push(&[2; 10]);
        inbox.drop_front(99_999);
        assert_eq!(inbox.bytes(), [&[1][..], &[2; 10]].concat());
        inbox.drop_front(11);
        assert!(inbox.is_empty());
        assert!(inbox.bytes.capacity() <= KEEP);
    }
}
