//! What each source has of the queue: so much at a time. The rest of its attempts wait for one another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use causeway_core::SourceNetwork;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::HashingError;

/// Attempts of one source that work or wait in the common queue.
const PER_SOURCE: usize = 4;

/// The sources that have attempts at this moment. Cheap to clone; all clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Shares(Arc<Mutex<HashMap<SourceNetwork, Entry>>>);

#[derive(Debug)]
struct Entry {
    turns: Arc<Semaphore>,
    /// Attempts that have a turn or wait for one. The last one takes the entry with it.
    attempts: usize,
}

/// A turn of a source among its own attempts.
#[derive(Debug)]
pub(super) struct Share {
    _turn: OwnedSemaphorePermit,
    _attempt: Attempt,
}

/// Keeps the source's entry.
#[derive(Debug)]
struct Attempt {
    shares: Shares,
    source: SourceNetwork,
}

impl Shares {
    /// Waits until the source has a turn.
    pub(super) async fn of(&self, source: SourceNetwork) -> Result<Share, HashingError> {
        let (turns, attempt) = self.enter(source);
        let turn = turns.acquire_owned().await.map_err(|_| HashingError::Failed)?;
        Ok(Share { _turn: turn, _attempt: attempt })
    }

    fn enter(&self, source: SourceNetwork) -> (Arc<Semaphore>, Attempt) {
        let mut entries = self.entries();
        let entry = entries
            .entry(source)
            .or_insert_with(|| Entry { turns: Arc::new(Semaphore::new(PER_SOURCE)), attempts: 0 });
        entry.attempts = entry.attempts.saturating_add(1);
        (entry.turns.clone(), Attempt { shares: self.clone(), source })
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<SourceNetwork, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries().len()
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let mut entries = self.shares.entries();
        if let Some(entry) = entries.get_mut(&self.source) {
            entry.attempts = entry.attempts.saturating_sub(1);
            if entry.attempts == 0 {
                entries.remove(&self.source);
            }
        }
    }
}
