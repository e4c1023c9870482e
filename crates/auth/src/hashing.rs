//! Password work: off the network threads, as many at a time as there are cores, with a queue that ends.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use causeway_core::{Random, Secret};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::password::{self, MAX_MEMORY_KIB, PasswordHash};

/// Attempts that may wait for each one that is being worked on: a few seconds' work at the usual 50 ms.
const WAITING_PER_CORE: usize = 64;

/// No password work can be taken on now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashingError {
    /// More peers log in by password at this moment than the queue holds.
    #[error("too many logins by password at this moment")]
    Busy,
    /// The runtime is ending, or the memory could not be had.
    #[error("the work on a password could not be done")]
    Failed,
}

/// Where password hashes are computed. Cheap to clone; all clones share the same cores and the same queue.
#[derive(Debug, Clone)]
pub struct Hashing {
    /// One for each attempt that works or waits.
    places: Arc<Semaphore>,
    /// One for each that works.
    cores: Arc<Semaphore>,
    parallel: usize,
    done: Arc<Counters>,
}

#[derive(Debug, Default)]
struct Counters {
    computations: AtomicU64,
    memory_kib: AtomicU64,
}

/// Work done since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work {
    /// Passwords verified or hashed.
    pub computations: u64,
    /// The sum of the memory these computations held.
    pub memory_kib: u64,
}

impl Hashing {
    /// Works on `parallel` passwords at a time; `waiting` more may wait, and beyond them attempts are refused.
    pub fn new(parallel: NonZeroUsize, waiting: usize) -> Self {
        let parallel = parallel.get().min(Semaphore::MAX_PERMITS / 2);
        let places = parallel.saturating_add(waiting).min(Semaphore::MAX_PERMITS);
        Self {
            places: Arc::new(Semaphore::new(places)),
            cores: Arc::new(Semaphore::new(parallel)),
            parallel,
            done: Arc::default(),
        }
    }

    /// As many at a time as this machine has cores.
    pub fn for_this_machine() -> Self {
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self::new(cores, cores.get().saturating_mul(WAITING_PER_CORE))
    }

    /// Whether `password` is the one that `hash` was made from.
    ///
    /// # Errors
    /// [`HashingError`]: no answer, which must refuse.
    pub async fn verify(&self, hash: Arc<PasswordHash>, password: Secret) -> Result<bool, HashingError> {
        let memory = hash.scheme().memory_kib();
        self.run(memory, move || hash.verify(&password)).await
    }

    /// A new hash of `password`, as it is stored.
    ///
    /// # Errors
    /// [`HashingError`].
    pub async fn hash_new(&self, password: Secret, random: Random) -> Result<String, HashingError> {
        self.run(password::NEW_MEMORY_KIB, move || password::hash_new(&password, &random))
            .await?
            .map_err(|_| HashingError::Failed)
    }

    /// KiB that password work can hold at most at one time.
    pub fn memory_bound_kib(&self) -> u64 {
        u64::try_from(self.parallel).unwrap_or(u64::MAX).saturating_mul(u64::from(MAX_MEMORY_KIB))
    }

    pub fn work(&self) -> Work {
        Work {
            computations: self.done.computations.load(Ordering::Relaxed),
            memory_kib: self.done.memory_kib.load(Ordering::Relaxed),
        }
    }

    async fn run<T: Send + 'static>(
        &self,
        memory_kib: u32,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashingError> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| HashingError::Busy)?;
        let core = self.cores.clone().acquire_owned().await.map_err(|_| HashingError::Failed)?;
        let done = self.done.clone();
        // Work that has begun goes on when its peer has gone, so the permits go with it.
        let held: (OwnedSemaphorePermit, OwnedSemaphorePermit) = (place, core);
        tokio::task::spawn_blocking(move || {
            done.computations.fetch_add(1, Ordering::Relaxed);
            done.memory_kib.fetch_add(u64::from(memory_kib), Ordering::Relaxed);
            let out = work();
            drop(held);
            out
        })
        .await
        .map_err(|_| HashingError::Failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use std::sync::atomic::AtomicUsize;

    fn of(n: usize) -> NonZeroUsize {
        NonZeroUsize::new(n).unwrap()
    }

    #[tokio::test]
    async fn v18_no_more_than_the_permitted_number_work_at_a_time() {
        let hashing = Hashing::new(of(2), 100);
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (hashing, now, most) = (hashing.clone(), now.clone(), most.clone());
                tokio::spawn(async move {
                    hashing
                        .run(0, move || {
                            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                            std::thread::sleep(std::time::Duration::from_millis(2));
                            now.fetch_sub(1, Ordering::SeqCst);
                        })
                        .await
                })
            })
            .collect();
        for t in tasks {
            t.await.unwrap().unwrap();
        }
        assert!(most.load(Ordering::SeqCst) <= 2);
        assert_eq!(hashing.work().computations, 20);
        assert_eq!(hashing.memory_bound_kib(), 2 * u64::from(MAX_MEMORY_KIB));
    }

    #[tokio::test]
    async fn v18_beyond_the_queue_attempts_are_refused_and_work_of_peers_that_left_still_counts() {
        let hashing = Hashing::new(of(1), 1);
        let gate = Arc::new(Barrier::new(2));
        let (h, g) = (hashing.clone(), gate.clone());
        let working = tokio::spawn(async move { h.run(0, move || g.wait().is_leader()).await });
        while hashing.work().computations == 0 {
            tokio::task::yield_now().await;
        }
        // Its peer leaves: the core is still taken.
        working.abort();
        assert!(working.await.unwrap_err().is_cancelled());
        let h = hashing.clone();
        let waiting = tokio::spawn(async move { h.run(0, || ()).await });
        while hashing.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(hashing.run(0, || ()).await, Err(HashingError::Busy));
        gate.wait();
        assert_eq!(waiting.await.unwrap(), Ok(()));
        assert_eq!(hashing.work().computations, 2);
    }
}
