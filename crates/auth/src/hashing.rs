//! Password work: off the network threads, as many at a time as there are cores, with a queue that ends and of which no
//! source has more than a share.

mod shares;

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use causeway_core::{Random, Secret, SourceNetwork};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::password::{self, MAX_MEMORY_KIB, PasswordHash};
use shares::{Share, Shares};

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
    /// Sources that have attempts here.
    shares: Shares,
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
    bytes: AtomicU64,
}

/// Work done since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work {
    /// Passwords verified or hashed.
    pub computations: u64,
    /// The sum of the memory these computations held.
    pub memory_kib: u64,
    /// The sum of the lengths of the passwords that were verified: SHA-crypt takes longer for longer ones.
    pub bytes: u64,
}

impl Hashing {
    /// Works on `parallel` passwords at a time; `waiting` more may wait, and beyond them attempts are refused.
    pub fn new(parallel: NonZeroUsize, waiting: usize) -> Self {
        let parallel = parallel.get().min(Semaphore::MAX_PERMITS / 2);
        let places = parallel.saturating_add(waiting).min(Semaphore::MAX_PERMITS);
        Self {
            shares: Shares::default(),
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

    /// A core for one piece of work, once it is free. A source waits for its own attempts first, so that it never fills
    /// the queue; who comes from nowhere (without a login) waits for nobody's.
    ///
    /// # Errors
    /// [`HashingError`]: no answer, which must refuse.
    pub async fn turn(&self, source: Option<IpAddr>) -> Result<Turn, HashingError> {
        let share = match source {
            Some(source) => Some(self.shares.of(SourceNetwork::of(source)).await?),
            None => None,
        };
        let place = self.places.clone().try_acquire_owned().map_err(|_| HashingError::Busy)?;
        let core = self.cores.clone().acquire_owned().await.map_err(|_| HashingError::Failed)?;
        Ok(Turn { _held: (core, place, share), done: self.done.clone() })
    }

    /// KiB that password work can hold at most at one time.
    pub fn memory_bound_kib(&self) -> u64 {
        u64::try_from(self.parallel).unwrap_or(u64::MAX).saturating_mul(u64::from(MAX_MEMORY_KIB))
    }

    pub fn work(&self) -> Work {
        Work {
            computations: self.done.computations.load(Ordering::Relaxed),
            memory_kib: self.done.memory_kib.load(Ordering::Relaxed),
            bytes: self.done.bytes.load(Ordering::Relaxed),
        }
    }
}

/// A core for one piece of work. Dropped without any, it is the next one's.
#[derive(Debug)]
#[must_use]
pub struct Turn {
    /// The core, the place and the source's share; given back in this order.
    _held: (OwnedSemaphorePermit, OwnedSemaphorePermit, Option<Share>),
    done: Arc<Counters>,
}

impl Turn {
    /// Whether `password` is the one that `hash` was made from.
    ///
    /// # Errors
    /// [`HashingError::Failed`]: no answer, which must refuse.
    pub async fn verify(self, hash: Arc<PasswordHash>, password: Secret) -> Result<bool, HashingError> {
        let memory = hash.scheme().memory_kib();
        let bytes = u64::try_from(password.expose().len()).unwrap_or(u64::MAX);
        self.done.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.run(memory, move || hash.verify(&password)).await
    }

    /// A new hash of `password`, as it is stored.
    ///
    /// # Errors
    /// [`HashingError::Failed`].
    pub async fn hash_new(self, password: Secret, random: Random) -> Result<String, HashingError> {
        self.run(password::NEW_MEMORY_KIB, move || password::hash_new(&password, &random))
            .await?
            .map_err(|_| HashingError::Failed)
    }

    async fn run<T: Send + 'static>(
        self,
        memory_kib: u32,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashingError> {
        // Work that has begun goes on when its peer has gone, so what is held goes with it.
        tokio::task::spawn_blocking(move || {
            self.done.computations.fetch_add(1, Ordering::Relaxed);
            self.done.memory_kib.fetch_add(u64::from(memory_kib), Ordering::Relaxed);
            let out = work();
            drop(self);
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

    fn source(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    /// Lets everybody wait who can.
    async fn settle() {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn v18_no_more_than_the_permitted_number_work_at_a_time() {
        let hashing = Hashing::new(of(2), 100);
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (hashing, now, most) = (hashing.clone(), now.clone(), most.clone());
                tokio::spawn(async move {
                    let turn = hashing.turn(None).await?;
                    turn.run(0, move || {
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
        let working =
            tokio::spawn(async move { h.turn(None).await?.run(0, move || g.wait().is_leader()).await });
        while hashing.work().computations == 0 {
            tokio::task::yield_now().await;
        }
        // Its peer leaves: the core is still taken.
        working.abort();
        assert!(working.await.unwrap_err().is_cancelled());
        let h = hashing.clone();
        let waiting = tokio::spawn(async move { h.turn(None).await?.run(0, || ()).await });
        while hashing.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(hashing.turn(None).await.err(), Some(HashingError::Busy));
        gate.wait();
        assert_eq!(waiting.await.unwrap(), Ok(()));
        assert_eq!(hashing.work().computations, 2);
    }

    #[tokio::test]
    async fn v18_a_source_waits_for_itself_and_leaves_the_queue_to_others() {
        let hashing = Hashing::new(of(1), 9);
        let held = hashing.turn(None).await.unwrap();
        let worked = Arc::new(AtomicU64::new(0));
        // Says how many worked before it.
        let attempt = |from: &str| {
            let (h, from, worked) = (hashing.clone(), source(from), worked.clone());
            tokio::spawn(async move {
                h.turn(from).await?.run(0, move || worked.fetch_add(1, Ordering::SeqCst)).await
            })
        };
        let flood: Vec<_> = (0..64).map(|n| attempt(&format!("2001:db8::{n:x}"))).collect();
        settle().await;
        assert_eq!(hashing.places.available_permits(), 5, "one is held, four are the source's");
        let other = attempt("192.0.2.1");
        settle().await;
        assert_eq!(hashing.places.available_permits(), 4);
        drop(held);
        assert_eq!(other.await.unwrap(), Ok(4), "it is behind no more than four");
        for attempt in flood {
            assert!(attempt.await.unwrap().is_ok(), "each has its turn");
        }
        assert_eq!(hashing.shares.len(), 0);
    }

    #[tokio::test]
    async fn v18_nothing_is_kept_of_a_source_whose_attempts_have_ended_or_left() {
        let hashing = Hashing::new(of(8), 0);
        let mut turns = Vec::new();
        for _ in 0..4 {
            turns.push(hashing.turn(source("192.0.2.1")).await.unwrap());
        }
        let h = hashing.clone();
        let waiting = tokio::spawn(async move { h.turn(source("::ffff:192.0.2.1")).await.map(drop) });
        settle().await;
        assert!(!waiting.is_finished());
        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
        assert_eq!(hashing.shares.len(), 1);
        turns.clear();
        assert_eq!(hashing.shares.len(), 0);
    }
}
