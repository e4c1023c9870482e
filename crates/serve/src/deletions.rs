//! Files that clients have removed by SFTP and that go later: the option `ssh_delete_delay` of a group.
//!
//! The client was told that the file is gone. Until its time has come it is still there for everybody. A file that has
//! changed by then, or was replaced, is another one and stays; so does one whose account has lost the right.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use causeway_core::{Monotonic, Origin, VPath};
use causeway_events::Batch;
use causeway_events::catalogue::ids;
use causeway_fs::{FileSystems, Fs, Mark};

use crate::lanes::HUNG;
use crate::ssh::{Shared, record};

/// Files that wait at the same time; what comes on top is deleted at once.
const WAITING: usize = 10_000;
/// How often is looked for what is due.
const TICK: Duration = Duration::from_millis(500);

/// What waits.
#[derive(Debug, Default)]
pub struct Deletions(Mutex<VecDeque<Later>>);

/// A file that is deleted later.
#[derive(Debug)]
pub(crate) struct Later {
    pub(crate) due: Monotonic,
    pub(crate) fs: Arc<Fs>,
    pub(crate) path: VPath,
    /// Which file it was.
    pub(crate) mark: Mark,
    /// Who wanted it.
    pub(crate) origin: Arc<Origin>,
}

impl Deletions {
    /// Puts a deletion off. `false`: too many wait.
    pub(crate) fn put_off(&self, later: Later) -> bool {
        let mut waiting = self.waiting();
        if waiting.iter().any(|w| w.mark == later.mark && w.path == later.path) {
            return true;
        }
        let has_room = waiting.len() < WAITING;
        if has_room {
            waiting.push_back(later);
        }
        has_room
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Later>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, is_due: impl Fn(&Later) -> bool) -> Vec<Later> {
        let mut waiting = self.waiting();
        let (due, rest) = std::mem::take(&mut *waiting).into_iter().partition(is_due);
        *waiting = rest;
        Vec::from_iter::<VecDeque<Later>>(due)
    }
}

impl Shared {
    /// Deletes what is due, for ever.
    pub async fn delete_what_is_due(self: Arc<Self>) {
        loop {
            tokio::time::sleep(TICK).await;
            let now = self.clock.monotonic();
            for later in self.deletions.take(|later| later.due <= now) {
                self.delete(later).await;
            }
        }
    }

    /// Deletes all that waits, whether or not it is due: nobody does when the process has ended.
    pub async fn delete_what_waits(&self) {
        for later in self.deletions.take(|_| true) {
            self.delete(later).await;
        }
    }

    async fn delete(&self, later: Later) {
        let Later { fs, path, mark, origin, .. } = later;
        let mut batch = Batch::new(origin.clone(), self.clock.clone(), self.random.clone());
        let done = match self.authenticator.renew(fs.grant()).await {
            Err(why) => Err(why.to_string()),
            Ok(grant) => {
                let lane = self.lanes.lane(FileSystems::of(grant.terms()));
                let (path, trail) = (path.clone(), self.trail.clone());
                let work = move || {
                    let fs = match fs.renew(grant, &mut batch) {
                        Ok(fs) => fs,
                        Err(error) => return (Err(error.to_string()), batch),
                    };
                    let removed = fs.remove_marked(&mut batch, &path, &mark);
                    (removed.map_err(|e| e.to_string()), batch)
                };
                let done = match lane.enter(HUNG).await {
                    Ok(seat) => seat.run(HUNG, work, move |(_, told)| record(&trail, &told)).await,
                    Err(hung) => Err(hung),
                };
                match done {
                    Ok((done, told)) => {
                        self.tell(told);
                        done
                    }
                    Err(_) => Err("the file system does not answer".to_owned()),
                }
            }
        };
        let mut batch = Batch::new(origin, self.clock.clone(), self.random.clone());
        let event = if done.is_ok() { ids::SSH_DELETED } else { ids::SSH_DELETE_FAILED };
        let entry = batch.emit(event).with("path", &path);
        if let Err(details) = done {
            entry.with("details", details);
        }
        self.tell(batch);
    }

    fn tell(&self, batch: Batch) {
        if !batch.is_empty() {
            record(&self.trail, &batch);
        }
    }
}
