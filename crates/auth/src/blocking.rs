//! What may wait for the disk or for the operating system's user database: off the network threads, a few at a
//! time, so that one file system that hangs does not take all threads with it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::Why;

/// Turns for who logs in or goes on.
const PARALLEL: usize = 16;

/// Runs what waits. Cheap to clone; all clones share the same limit.
#[derive(Debug, Clone)]
pub(crate) struct Blocking {
    turns: Arc<Semaphore>,
    #[cfg(test)]
    pub(crate) done: Arc<std::sync::atomic::AtomicUsize>,
}

impl Default for Blocking {
    fn default() -> Self {
        Self::of(PARALLEL)
    }
}

impl Blocking {
    /// With so many turns.
    pub(crate) fn of(turns: usize) -> Self {
        Self {
            turns: Arc::new(Semaphore::new(turns)),
            #[cfg(test)]
            done: Arc::default(),
        }
    }

    /// Runs `work`, when it is its turn. No answer when the runtime is ending.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let permit = self.turns.clone().acquire_owned().await.ok()?;
        #[cfg(test)]
        self.done.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        // The work goes on when nobody waits for it any more, so it keeps its permit.
        tokio::task::spawn_blocking(move || {
            let out = work();
            drop(permit);
            out
        })
        .await
        .ok()
    }
}

/// How long files of keys may take, the wait for a turn included: less than clients wait for a login.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads files of keys, which may be anywhere: with turns of its own, and not for ever. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct KeyFiles {
    blocking: Blocking,
    patience: Duration,
}

impl Default for KeyFiles {
    fn default() -> Self {
        Self { blocking: Blocking::default(), patience: PATIENCE }
    }
}

impl KeyFiles {
    #[cfg(test)]
    pub(crate) fn of(turns: usize, patience: Duration) -> Self {
        Self { blocking: Blocking::of(turns), patience }
    }

    /// Runs `work`, when it is its turn. Work that hangs keeps its turn when nobody waits for it any more.
    ///
    /// # Errors
    /// It takes too long, or the runtime is ending.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Why> {
        match timeout(self.patience, self.blocking.run(work)).await {
            Ok(done) => done.ok_or(Why::Interrupted),
            Err(_) => Err(Why::KeyFilesHung),
        }
    }
}
