//! What all sessions of one process share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::hmac;
use causeway_core::{Clock, Moment, Monotonic, Secret, Timestamp, VPath};

use crate::attributes::Stamp;
use crate::upload::ExclusiveNames;

/// Folders whose last look for leftovers is remembered.
const SWEPT: usize = 4096;
/// A folder is looked through again after this long.
const SWEEP_EVERY: Duration = Duration::from_secs(3600);

/// A folder: where its mount really is, and its path there.
type Folder = (Arc<[u8]>, VPath);

/// One per process.
pub struct Host {
    clock: Clock,
    key: hmac::Key,
    /// Permission bits that the process withholds from whatever it makes, read at the start.
    process_umask: u32,
    /// The longest time that any login of this process may keep a broken upload, in seconds.
    longest_keep: AtomicU64,
    swept: Mutex<HashMap<Folder, Monotonic>>,
    exclusive_names: ExclusiveNames,
}

impl Host {
    /// `key` belongs to the installation and outlives the process: the names of temporary files are made from it, so
    /// that a broken upload is found again.
    pub fn new(clock: Clock, key: &Secret) -> Self {
        Self {
            clock,
            key: hmac::Key::new(hmac::HMAC_SHA256, key.expose()),
            process_umask: process_umask(),
            longest_keep: AtomicU64::new(0),
            swept: Mutex::default(),
            exclusive_names: ExclusiveNames::default(),
        }
    }

    pub(crate) fn key(&self) -> &hmac::Key {
        &self.key
    }

    pub(crate) fn process_umask(&self) -> u32 {
        self.process_umask
    }

    pub(crate) fn exclusive_names(&self) -> &ExclusiveNames {
        &self.exclusive_names
    }

    pub(crate) fn now(&self) -> Stamp {
        stamp(self.clock.now())
    }

    pub(crate) fn moment(&self) -> Moment<'_> {
        self.clock.moment()
    }

    /// Notes how long a login keeps broken uploads, and says how long any of them does: nobody sweeps away what
    /// another may still take up.
    pub(crate) fn note_keep(&self, keep: Duration) -> Duration {
        let mine = keep.as_secs();
        Duration::from_secs(self.longest_keep.fetch_max(mine, Ordering::Relaxed).max(mine))
    }

    pub(crate) fn longest_keep(&self) -> Duration {
        Duration::from_secs(self.longest_keep.load(Ordering::Relaxed))
    }

    /// Whether it is time to look for leftovers in the folder of the mount that really is at `root`; then the caller does.
    pub(crate) fn sweep_is_due(&self, root: &Arc<[u8]>, folder: &VPath) -> bool {
        let now = self.clock.monotonic();
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (root.clone(), folder.clone());
        if swept.get(&key).is_some_and(|last| now.since(*last) < SWEEP_EVERY) {
            return false;
        }
        if swept.len() >= SWEPT {
            swept.clear();
        }
        swept.insert(key, now);
        true
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Host")
    }
}

fn stamp(t: Timestamp) -> Stamp {
    Stamp { seconds: i64::try_from(t.seconds()).unwrap_or(i64::MAX), nanos: t.subsec_nanos() }
}

/// The umask cannot be read without setting it, but for Linux's `/proc`.
fn process_umask() -> u32 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("Umask:"));
    line.and_then(|l| u32::from_str_radix(l.trim(), 8).ok()).unwrap_or(0o777)
}
