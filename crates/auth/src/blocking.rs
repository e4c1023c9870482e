//! What may wait for the disk or for the operating system's user database: off the network threads, a few at a
//! time, so that one file system that hangs does not take all threads with it.

use std::sync::Arc;

use tokio::sync::Semaphore;

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
