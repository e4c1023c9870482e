//! One reactor per core: a thread that owns its sockets and its timers. A session stays with the one it was given to, so
//! that a request wakes one thread and no other: waking is what small requests cost most.

use std::future::Future;
use std::io;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio::sync::Notify;

/// Blocking threads of a reactor at the most: more than lanes of file systems that hang can take.
const BLOCKING: usize = 8192;
/// How long a blocking thread stays that has nothing to do.
const STAYS: Duration = Duration::from_secs(10);
/// How often one is given nothing to do, so that one always stays: what has to wait for a disk or a hash still has a thread
/// then when the system lets no other be started. A runtime without any panics.
const ROUSE: Duration = Duration::from_secs(4);
/// How long a reactor waits at its end for threads that are stuck in a file system.
const STUCK: Duration = Duration::from_secs(2);

/// The reactors of a process. They end when this is dropped.
#[derive(Debug)]
pub struct Reactors(Vec<Reactor>);

#[derive(Debug)]
struct Reactor {
    handle: Handle,
    /// Sessions that it has.
    load: Arc<AtomicUsize>,
    end: Arc<Notify>,
}

/// A place with a reactor, given back when the session is over.
struct Seat(Arc<AtomicUsize>);

impl Reactors {
    /// As many as the machine has cores.
    pub fn start() -> io::Result<Self> {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        (0..cores).map(|_| Reactor::start()).collect::<io::Result<_>>().map(Self)
    }

    /// Runs a session on the reactor that has the fewest.
    pub(crate) fn spawn(&self, session: impl Future<Output = ()> + Send + 'static) {
        let Some(reactor) = self.0.iter().min_by_key(|r| r.load.load(Ordering::Relaxed)) else { return };
        reactor.load.fetch_add(1, Ordering::Relaxed);
        let seat = Seat(reactor.load.clone());
        reactor.handle.spawn(async move {
            let _seat = seat;
            session.await;
        });
    }
}

impl Reactor {
    fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(BLOCKING)
            .thread_keep_alive(STAYS)
            .build()?;
        let handle = runtime.handle().clone();
        drop(runtime.spawn_blocking(|| ()));
        let end = Arc::new(Notify::new());
        let ended = end.clone();
        thread::Builder::new().name("reactor".into()).spawn(move || {
            runtime.block_on(keep_a_thread_until(ended.notified()));
            runtime.shutdown_timeout(STUCK);
        })?;
        Ok(Self { handle, load: Arc::default(), end })
    }
}

async fn keep_a_thread_until(end: impl Future<Output = ()>) {
    let mut end = pin!(end);
    let mut rouse = tokio::time::interval(ROUSE);
    loop {
        tokio::select! {
            () = &mut end => return,
            _ = rouse.tick() => drop(tokio::task::spawn_blocking(|| ())),
        }
    }
}

impl Drop for Reactors {
    fn drop(&mut self) {
        for reactor in &self.0 {
            reactor.end.notify_one();
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn sessions_are_spread_and_their_places_come_back() {
        let reactors = Reactors(vec![Reactor::start().unwrap(), Reactor::start().unwrap()]);
        let loads = || reactors.0.iter().map(|r| r.load.load(Ordering::SeqCst)).collect::<Vec<_>>();
        let (go, wait) = tokio::sync::watch::channel(false);
        let (done, all) = mpsc::channel();
        for _ in 0..4 {
            let (mut wait, done) = (wait.clone(), done.clone());
            reactors.spawn(async move {
                let _ = wait.wait_for(|go| *go).await;
                let _ = done.send(());
            });
        }
        assert_eq!(loads(), [2, 2]);
        go.send(true).unwrap();
        for _ in 0..4 {
            all.recv_timeout(Duration::from_secs(10)).unwrap();
        }
        for _ in 0..1000 {
            if loads() == [0, 0] {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("{:?}", loads());
    }
}
