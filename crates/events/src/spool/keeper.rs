//! The thread that forces segments to the disk, writes checkpoints and drops what is too old.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use causeway_core::Monotonic;

use super::trail::Shared;
use super::{AuditError, Sync};

/// How often the clock is looked at while nothing is appended.
const IDLE: Duration = Duration::from_secs(1);

/// How the appender tells the keeper that there is something to force to the disk.
#[derive(Debug, Default)]
pub(super) struct Nudge {
    dirty: AtomicBool,
    /// The keeper sleeps until it is woken; else it looks again by itself.
    asleep: AtomicBool,
    stop: AtomicBool,
    door: Mutex<()>,
    rung: Condvar,
}

impl Nudge {
    /// Called on every append: costs an atomic exchange, and a wake-up only after a time without appends.
    pub(super) fn dirty(&self) {
        // SeqCst on both sides: either the keeper sees that it is dirty, or we see that it sleeps.
        if !self.dirty.swap(true, Ordering::SeqCst) && self.asleep.load(Ordering::SeqCst) {
            self.ring();
        }
    }

    pub(super) fn is_dirty(&self) -> bool {
        self.dirty.load(Ordering::SeqCst)
    }

    fn ring(&self) {
        let _door = self.door.lock().unwrap_or_else(PoisonError::into_inner);
        self.rung.notify_all();
    }

    fn stopping(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// Waits for `ready` to become true, for the order to stop, or for `limit` to pass.
    fn wait(&self, limit: Duration, ready: impl Fn() -> bool) {
        let door = self.door.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.rung.wait_timeout_while(door, limit, |()| !ready() && !self.stopping()));
    }
}

#[derive(Debug)]
pub(super) struct Keeper {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

impl Keeper {
    pub(super) fn start(shared: Arc<Shared>) -> io::Result<Self> {
        let keeper = shared.clone();
        let thread = thread::Builder::new().name("audit-keeper".into()).spawn(move || run(&keeper))?;
        Ok(Self { shared, thread })
    }

    pub(super) fn stop(self) {
        self.shared.nudge.stop.store(true, Ordering::SeqCst);
        self.shared.nudge.ring();
        // A keeper that panicked has nothing left to say.
        let _ = self.thread.join();
    }
}

fn run(shared: &Shared) {
    let nudge = &shared.nudge;
    let mut looked = shared.place.clock.monotonic();
    while !nudge.stopping() {
        nudge.asleep.store(true, Ordering::SeqCst);
        nudge.wait(IDLE, || nudge.is_dirty());
        nudge.asleep.store(false, Ordering::SeqCst);
        if let Sync::Interval(interval) = shared.place.settings.load().sync {
            if nudge.is_dirty() {
                nudge.wait(interval, || false);
            }
            // Until an interval passes without an append; then it is cheaper to be woken.
            while nudge.dirty.swap(false, Ordering::SeqCst) {
                sync(shared);
                nudge.wait(interval, || false);
                look(shared, &mut looked);
            }
        } else if nudge.dirty.swap(false, Ordering::SeqCst) {
            // Left from an interval that is no more.
            sync(shared);
        }
        look(shared, &mut looked);
    }
}

fn sync(shared: &Shared) {
    let files = shared.writer().take_unsynced();
    for file in files {
        if let Err(e) = file.sync_data() {
            let e = AuditError::io("sync", &shared.place.dir, e);
            shared.writer().fail(&shared.place, &e, 0);
        }
    }
}

/// A server that nobody comes to, because it says that it does not record, records again when it can.
fn recover(shared: &Shared) {
    let mut writer = shared.writer();
    if writer.failure().is_none() {
        return;
    }
    writer.recover(&shared.place);
    if writer.failure().is_some() {
        return;
    }
    writer.mark_unsynced();
    let next = writer.next();
    drop(writer);
    shared.bell.ring(next);
    // That there was a gap must not wait for the next append to be on the disk.
    shared.nudge.dirty();
}

/// The periodic duties.
pub(super) fn look(shared: &Shared, looked: &mut Monotonic) {
    recover(shared);
    let now = shared.place.clock.monotonic();
    if now.since(*looked) < shared.place.settings.load().checkpoint_every {
        return;
    }
    *looked = now;
    let mut writer = shared.writer();
    let result = writer.checkpoint(&shared.place).and_then(|()| writer.drop_old(&shared.place));
    if let Err(e) = result {
        writer.fail(&shared.place, &e, 0);
    }
    if writer.failure().is_none() {
        // A segment that failed is left alone: that it cannot be forced to the disk is to fail none after it.
        writer.mark_unsynced();
    }
    let next = writer.next();
    drop(writer);
    shared.bell.ring(next);
    if matches!(shared.place.settings.load().sync, Sync::Interval(_)) {
        sync(shared);
    }
}
