//! Threads that wait for disks. Each set of file systems has a limited number, so that one that hangs holds up those
//! who use it and nobody else.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use causeway_fs::FileSystems;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// Threads that may wait for one set of file systems at the same time.
const THREADS: usize = 64;

/// Lanes that are kept although nobody uses them.
const KEPT: usize = 64;

/// How long a file system may take for one step of work before whoever waits for it gives up.
pub(crate) const HUNG: Duration = Duration::from_secs(120);

/// It took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hung;

/// The lanes of a process.
#[derive(Debug)]
pub struct Lanes {
    of_file_systems: Mutex<HashMap<FileSystems, Lane>>,
    /// For key exchanges that take long: no more than half of the cores are theirs, so that whoever makes a server
    /// compute for nothing (DHEat, CVE-2002-20001) does not hold up the others.
    exchanges: Lane,
}

impl Default for Lanes {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self { of_file_systems: Mutex::default(), exchanges: Lane::of((cores / 2).max(1)) }
    }
}

/// The threads of one set of file systems.
#[derive(Debug, Clone)]
pub(crate) struct Lane(Arc<Semaphore>);

/// The right to one thread.
#[derive(Debug)]
pub(crate) struct Seat {
    _permit: OwnedSemaphorePermit,
}

impl Lanes {
    pub(crate) fn lane(&self, systems: FileSystems) -> Lane {
        let mut lanes = self.of_file_systems.lock().unwrap_or_else(PoisonError::into_inner);
        if lanes.len() >= KEPT && !lanes.contains_key(&systems) {
            // File systems come and go, with another number each time.
            lanes.retain(|_, lane| Arc::strong_count(&lane.0) > 1);
        }
        lanes.entry(systems).or_default().clone()
    }

    pub(crate) fn exchanges(&self) -> Lane {
        self.exchanges.clone()
    }
}

impl Default for Lane {
    fn default() -> Self {
        Self::of(THREADS)
    }
}

impl Lane {
    fn of(threads: usize) -> Self {
        Self(Arc::new(Semaphore::new(threads)))
    }

    /// Waits for a thread, but not for ever.
    pub(crate) async fn enter(&self, limit: Duration) -> Result<Seat, Hung> {
        match timeout(limit, self.0.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Seat { _permit: permit }),
            Ok(Err(_)) | Err(_) => Err(Hung),
        }
    }

    /// Does work that must be done, as soon as there is a thread for it.
    pub(crate) fn whenever(&self, work: impl FnOnce() + Send + 'static) {
        let threads = self.0.clone();
        tokio::spawn(async move {
            if let Ok(permit) = threads.acquire_owned().await {
                Seat { _permit: permit }.spawn(work);
            }
        });
    }
}

impl Seat {
    /// Does work on a thread that may wait.
    pub(crate) fn spawn(self, work: impl FnOnce() + Send + 'static) {
        spawn_blocking(move || {
            work();
            drop(self);
        });
    }

    /// Does work on a thread that may wait. If it takes longer than the limit, nobody waits for it any more, and what comes of
    /// it goes to `late`, on that thread.
    pub(crate) async fn run<T: Send + 'static>(
        self,
        limit: Duration,
        work: impl FnOnce() -> T + Send + 'static,
        late: impl FnOnce(T) + Send + 'static,
    ) -> Result<T, Hung> {
        let (done, wait) = oneshot::channel();
        self.spawn(move || {
            if let Err(result) = done.send(work()) {
                late(result);
            }
        });
        match timeout(limit, wait).await {
            Ok(Ok(result)) => Ok(result),
            // The work panicked.
            Ok(Err(_)) | Err(_) => Err(Hung),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    const SHORT: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(60);

    fn lane(threads: usize) -> Lane {
        Lane::of(threads)
    }

    #[tokio::test]
    async fn a_file_system_that_hangs_holds_its_share_of_the_threads_and_no_more() {
        let (hung, well) = (lane(2), lane(2));
        let (end, wait) = mpsc::channel::<()>();
        let wait = Arc::new(Mutex::new(wait));
        for _ in 0..2 {
            let wait = wait.clone();
            let work = move || wait.lock().unwrap().recv().is_ok();
            assert_eq!(hung.enter(LONG).await.unwrap().run(SHORT, work, drop).await, Err(Hung));
        }
        assert!(hung.enter(SHORT).await.is_err());
        assert_eq!(well.enter(LONG).await.unwrap().run(LONG, || 5, drop).await, Ok(5));
        drop(end);
        assert_eq!(hung.enter(LONG).await.unwrap().run(LONG, || 6, drop).await, Ok(6));
    }

    #[tokio::test]
    async fn what_comes_too_late_is_not_lost() {
        let lane = lane(1);
        let (end, wait) = mpsc::channel::<()>();
        let (late, came) = mpsc::channel();
        let seat = lane.enter(LONG).await.unwrap();
        let work = move || wait.recv().is_err();
        assert_eq!(seat.run(SHORT, work, move |r| late.send(r).unwrap()).await, Err(Hung));
        let (last, done) = mpsc::channel();
        lane.whenever(move || last.send(7).unwrap());
        tokio::task::yield_now().await;
        assert!(done.try_recv().is_err());
        drop(end);
        let came = spawn_blocking(move || (came.recv_timeout(LONG), done.recv_timeout(LONG)));
        assert_eq!(came.await.unwrap(), (Ok(true), Ok(7)));
    }

    #[test]
    fn each_set_of_file_systems_has_its_own() {
        let lanes = Lanes::default();
        let lane = |names: &[&str]| lanes.lane(FileSystems::named(names));
        let one = lane(&["8:1", "0:53"]);
        assert!(Arc::ptr_eq(&one.0, &lane(&["0:53", "8:1"]).0));
        assert!(!Arc::ptr_eq(&one.0, &lane(&["8:1"]).0));
    }

    #[test]
    fn lanes_that_nobody_uses_are_let_go() {
        let lanes = Lanes::default();
        let used = lanes.lane(FileSystems::named(&["used"]));
        for n in 0..10 * KEPT {
            lanes.lane(FileSystems::named(&[&n.to_string()]));
        }
        assert!(lanes.of_file_systems.lock().unwrap().len() <= KEPT);
        assert!(Arc::ptr_eq(&used.0, &lanes.lane(FileSystems::named(&["used"])).0));
    }
}
