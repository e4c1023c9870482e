//! The door to the trail.

use std::cell::RefCell;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use causeway_core::{Clock, Event, Random, Uuid};
use rustix::fs::{FlockOperation, flock};

use super::append::{Place, Writer};
use super::bell::Bell;
use super::checkpoint::Key;
use super::keeper::Keeper;
use super::reader::{Cursor, Reader};
use super::{AuditError, OnFailure, Recovery, Settings, Sync, encode, recover};

/// Largest buffer that a thread keeps between appends.
const KEPT_BUFFER: usize = 256 << 10;

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The audit trail, open for appending. One process has it open at a time.
#[derive(Debug)]
pub struct Trail {
    shared: Arc<Shared>,
    recovery: Option<Recovery>,
    begun: Cursor,
    keeper: Mutex<Option<Keeper>>,
    /// Holds the lock on the folder.
    _lock: File,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub place: Place,
    writer: Mutex<Writer>,
    pub bell: Bell,
    pub nudge: super::keeper::Nudge,
}

impl Shared {
    pub(super) fn writer(&self) -> MutexGuard<'_, Writer> {
        // A thread that panicked with the lock left a whole frame or none.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Trail {
    /// Opens the trail in `dir`, which is made (0700) if it is not there. An incomplete record that a crash left
    /// at the end is cut off; the fact is recorded (event 70010).
    pub fn open(
        dir: &Path,
        node: Uuid,
        settings: Settings,
        clock: Clock,
        random: Random,
    ) -> Result<Self, AuditError> {
        fs::create_dir_all(dir)
            .and_then(|()| fs::set_permissions(dir, Permissions::from_mode(0o700)))
            .map_err(|e| AuditError::io("make", dir, e))?;
        let lock = lock(dir)?;
        let key = Key::open(dir, &random)?;
        let settings = ArcSwap::from_pointee(settings);
        let place = Place { dir: dir.to_owned(), node, settings, clock, random, key };
        let found = recover::find_end(dir)?;
        let (recovery, begun) = (found.recovery.clone(), found.end());
        let writer = Writer::begin(&place, found)?;
        let shared = Arc::new(Shared {
            place,
            bell: Bell::default(),
            nudge: super::keeper::Nudge::default(),
            writer: Mutex::new(writer),
        });
        let next = shared.writer().next();
        shared.bell.ring(next);
        let keeper =
            Keeper::start(shared.clone()).map_err(|e| AuditError::io("start a thread for", dir, e))?;
        Ok(Self { shared, recovery, begun, keeper: Mutex::new(Some(keeper)), _lock: lock })
    }

    /// Records events, in order, with one write (a batch of more than a megabyte takes several). When it returns
    /// `Ok`, no crash of this process loses them; when the machine may crash without loss is up to
    /// [`Settings::sync`]. On `Err` the operations they report must be refused.
    pub fn append(&self, events: &[Event]) -> Result<(), AuditError> {
        let result = BUFFER.with_borrow_mut(|buffer| {
            let result = self.append_with(buffer, events);
            buffer.clear();
            buffer.shrink_to(KEPT_BUFFER);
            result
        });
        match (result, self.shared.place.settings.load().on_failure) {
            (Err(AuditError::TooLarge), _) => Err(AuditError::TooLarge),
            (Err(_), OnFailure::Continue) => Ok(()),
            (result, _) => result,
        }
    }

    fn append_with(&self, buffer: &mut Vec<u8>, events: &[Event]) -> Result<(), AuditError> {
        let shared = &*self.shared;
        let mut rest = events;
        while !rest.is_empty() {
            let count = encode::frame(buffer, rest)?;
            rest = rest.get(usize::try_from(count).unwrap_or(usize::MAX)..).unwrap_or_default();
            let mut writer = shared.writer();
            writer.append(&shared.place, buffer, count)?;
            let next = writer.next();
            match shared.place.settings.load().sync {
                Sync::None => drop(writer),
                Sync::Interval(_) => {
                    writer.mark_unsynced();
                    drop(writer);
                    shared.nudge.dirty();
                }
                Sync::Reply => {
                    let file = writer.current_file();
                    let mut files = writer.take_unsynced();
                    drop(writer);
                    files.push(file);
                    self.sync(&files)?;
                }
            }
            shared.bell.ring(next);
        }
        Ok(())
    }

    fn sync(&self, files: &[Arc<File>]) -> Result<(), AuditError> {
        for file in files {
            if let Err(e) = file.sync_data() {
                let e = AuditError::io("sync", &self.shared.place.dir, e);
                // Events are in the file, but nobody can say that they will stay.
                self.shared.writer().fail(&self.shared.place, &e, 0);
                return Err(e);
            }
        }
        Ok(())
    }

    /// What happens when the disk does not take something.
    #[cfg(test)]
    pub(super) fn fail_as_if_the_disk_had(&self, what: &'static str) {
        let e = AuditError::io(what, &self.shared.place.dir, std::io::Error::other("a test"));
        self.shared.writer().fail(&self.shared.place, &e, 0);
    }

    /// What the keeper does at each look.
    #[cfg(test)]
    pub(super) fn look(&self) {
        let mut looked = self.shared.place.clock.monotonic();
        super::keeper::look(&self.shared, &mut looked);
    }

    /// How many files wait to be forced to the disk, which they then do no more, and whether the keeper would do it.
    #[cfg(test)]
    pub(super) fn take_unsynced(&self) -> (usize, bool) {
        (self.shared.writer().take_unsynced().len(), self.shared.nudge.is_dirty())
    }

    /// The folder.
    #[cfg(test)]
    pub(super) fn shared_dir(&self) -> std::path::PathBuf {
        self.shared.place.dir.clone()
    }

    /// Goes on with other settings, from the next append on.
    pub fn apply(&self, settings: Settings) {
        self.shared.place.settings.store(Arc::new(settings));
        // What the last interval has left is forced to the disk.
        self.shared.nudge.dirty();
    }

    /// Whether appending waits for the disk.
    pub fn waits_for_disk(&self) -> bool {
        self.shared.place.settings.load().sync == Sync::Reply
    }

    /// What opening had to put right.
    pub fn recovery(&self) -> Option<&Recovery> {
        self.recovery.as_ref()
    }

    /// Why the trail is not recording now; none: it is.
    pub fn failure(&self) -> Option<Arc<str>> {
        self.shared.writer().failure()
    }

    /// The place where this process began to append.
    pub fn begun(&self) -> Cursor {
        self.begun
    }

    /// The place behind the last event: where a new handler begins.
    pub fn end(&self) -> Cursor {
        let writer = self.shared.writer();
        let (segment, offset) = writer.end();
        Cursor { segment, offset, sequence: writer.next() }
    }

    /// The sequence number that the next event gets.
    pub fn next(&self) -> u64 {
        self.shared.bell.next()
    }

    /// A reader that begins at `cursor`.
    pub fn reader(&self, cursor: Cursor) -> Reader {
        Reader::new(&self.shared.place.dir, cursor)
    }

    /// Waits until the event numbered `wanted` can be read, [`Trail::wake`] is called, or `limit` has passed.
    pub fn wait(&self, wanted: u64, limit: Duration) {
        self.shared.bell.wait(wanted, limit);
    }

    /// Ends all waits at once.
    pub fn wake(&self) {
        self.shared.bell.wake();
    }

    /// Writes a last checkpoint and forces everything to the disk. Appends still work afterwards, without the
    /// background sync.
    pub fn close(&self) -> Result<(), AuditError> {
        if let Some(keeper) = self.keeper.lock().unwrap_or_else(PoisonError::into_inner).take() {
            keeper.stop();
        }
        let shared = &*self.shared;
        let mut writer = shared.writer();
        writer.checkpoint(&shared.place)?;
        let mut files = writer.take_unsynced();
        files.push(writer.current_file());
        let next = writer.next();
        drop(writer);
        shared.bell.ring(next);
        self.sync(&files)
    }
}

impl Drop for Trail {
    fn drop(&mut self) {
        if let Err(e) = self.close() {
            tracing::error!("{e}");
        }
    }
}

fn lock(dir: &Path) -> Result<File, AuditError> {
    let path = dir.join("lock");
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|e| AuditError::io("open", &path, e))?;
    flock(&file, FlockOperation::NonBlockingLockExclusive).map_err(|e| match e {
        rustix::io::Errno::WOULDBLOCK => AuditError::InUse(dir.to_owned()),
        e => AuditError::io("lock", &path, e.into()),
    })?;
    Ok(file)
}
