//! Buffers of the data path. A session holds one only while there is something in it: fresh memory is the dearest
//! thing on a virtual machine, and an idle session costs none.

use std::sync::{Arc, Mutex, PoisonError};

/// What a session receives into: half a mebibyte takes some fifteen packets of the usual size.
pub(crate) const RECEIVE: usize = 512 * 1024;
/// What a session sends from: one full read batch, a listing, and room for control messages.
pub(crate) const SEND: usize = 512 * 1024;

/// Free buffers that are kept; more than that go back to the system.
const KEPT: usize = 64;

/// A shared store of buffers of one size.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    size: usize,
    free: Arc<Mutex<Vec<Box<[u8]>>>>,
}

impl Pool {
    pub(crate) fn new(size: usize) -> Self {
        Self { size, free: Arc::default() }
    }

    /// Bytes of one buffer.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// A buffer with arbitrary old contents.
    pub(crate) fn take(&self) -> Box<[u8]> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        free.unwrap_or_else(|| vec![0; self.size].into_boxed_slice())
    }

    /// Takes a buffer back; one of another size is let go.
    pub(crate) fn give(&self, buffer: Box<[u8]>) {
        if buffer.len() != self.size {
            return;
        }
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < KEPT {
            free.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_and_goes_out_again() {
        let pool = Pool::new(8);
        let mut b = pool.take();
        b.fill(7);
        pool.give(b);
        assert_eq!(&*pool.take(), [7; 8]);
        pool.give(vec![0; 9].into_boxed_slice());
        assert_eq!(pool.take().len(), 8);
    }
}
