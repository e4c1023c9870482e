//! A file that a client has open, and what is told of it.

use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use causeway_core::{EventId, Monotonic, Uuid, VPath};
use causeway_events::Batch;
use causeway_events::catalogue::ids;
use causeway_fs::{Closed, File, Fs, FsError};

/// An open file.
#[derive(Debug)]
pub(crate) struct OpenFile {
    pub(crate) file: Arc<File>,
    pub(crate) path: VPath,
    pub(crate) mode: Mode,
    opened: Monotonic,
    transfer: Uuid,
    /// A write has failed and was told: the file takes no more, and each further one fails like it.
    failure_told: AtomicBool,
}

/// How a file was opened, as events say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Reading,
    Writing,
    Appending,
    ReadingAndWriting,
    ReadingAndAppending,
}

impl Mode {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Mode::Reading => "reading",
            Mode::Writing => "writing",
            Mode::Appending => "writing with append",
            Mode::ReadingAndWriting => "reading and writing",
            Mode::ReadingAndAppending => "reading and writing with append",
        }
    }

    pub(crate) fn reads(self) -> bool {
        !matches!(self, Mode::Writing | Mode::Appending)
    }

    pub(crate) fn writes(self) -> bool {
        self != Mode::Reading
    }
}

/// Tells that a file could not be opened.
pub(crate) fn open_failed(batch: &mut Batch, path: &[u8], mode: Mode, details: String) {
    batch
        .emit(ids::SSH_OPEN_FAILED)
        .with("path", path)
        .with("requested_path", path)
        .with("mode", mode.text())
        .with("details", details);
}

impl OpenFile {
    /// Tells that it is open.
    pub(crate) fn begin(batch: &mut Batch, file: File, path: VPath, mode: Mode, now: Monotonic) -> Self {
        let transfer = batch.new_id();
        batch
            .emit(ids::SSH_FILE_OPENED)
            .with("path", &file.stored_path())
            .with("requested_path", &path)
            .with("mode", mode.text())
            .transfer(Some(transfer));
        let failure_told = AtomicBool::new(false);
        Self { file: Arc::new(file), path, mode, opened: now, transfer, failure_told }
    }

    /// The client has done what it wanted with it: an upload becomes the file.
    pub(crate) fn close(self, fs: &Fs, batch: &mut Batch, now: Monotonic) -> Result<(), FsError> {
        let Totals { file, path, mode, transfer, read, written, duration } = self.totals(now);
        let stored = &file.stored_path();
        // The client removed it, and is told that it is closed: as of any file that is removed while it is open.
        let gone = file.is_gone();
        let real = real_path(fs, &file.shown()).filter(|_| !gone);
        let result = match Arc::into_inner(file) {
            Some(file) => file.close(batch).map(|_| ()),
            // Every write has ended before: nobody else holds it.
            None => Err(FsError::Busy),
        };
        let event = match (&result, mode.reads(), mode.writes()) {
            (Err(_), ..) => ids::SSH_CLOSE_FAILED,
            (Ok(()), true, true) if gone => ids::SSH_READ_WRITE_BROKEN,
            (Ok(()), false, _) if gone => ids::SSH_UPLOAD_BROKEN,
            (Ok(()), true, true) => ids::SSH_READ_WRITE_CLOSED,
            (Ok(()), true, false) => ids::SSH_DOWNLOADED,
            (Ok(()), false, _) => ids::SSH_UPLOADED,
        };
        let mut entry =
            batch.emit(event).with("path", stored).with("requested_path", &path).with("mode", mode.text());
        if let Some(real) = &real {
            entry = entry.with("real_path", real.as_slice());
        }
        if mode.reads() {
            entry = entry.with("total_read", read).with("read_speed", speed(read, duration));
        }
        if mode.writes() {
            entry = entry.with("total_write", written).with("write_speed", speed(written, duration));
        }
        entry = entry.with("duration", seconds(duration));
        if let Err(error) = &result {
            entry = entry.with("details", error.to_string());
        }
        entry.transfer(Some(transfer));
        result
    }

    /// The client did not close it.
    pub(crate) fn abandon(self, batch: &mut Batch, now: Monotonic) {
        let Totals { file, path, mode, transfer, read, written, duration } = self.totals(now);
        let stored = &file.stored_path();
        if let Some(file) = Arc::into_inner(file) {
            file.abandon(batch);
        }
        let event = match (mode.reads(), mode.writes()) {
            (true, true) => ids::SSH_READ_WRITE_BROKEN,
            (true, false) => ids::SSH_DOWNLOAD_BROKEN,
            (false, _) => ids::SSH_UPLOAD_BROKEN,
        };
        let mut entry =
            batch.emit(event).with("path", stored).with("requested_path", &path).with("mode", mode.text());
        if mode.reads() {
            entry = entry.with("total_read", read).with("read_speed", speed(read, duration));
        }
        if mode.writes() {
            entry = entry.with("total_write", written).with("write_speed", speed(written, duration));
        }
        entry.with("duration", seconds(duration)).transfer(Some(transfer));
    }

    /// Tells the first write that failed.
    pub(crate) fn write_failed(&self, batch: &mut Batch, at: u64, length: usize, error: &FsError) {
        if !self.failure_told.swap(true, Ordering::Relaxed) {
            self.io_failed(batch, ids::SSH_WRITE_FAILED, at, length, error);
        }
    }

    pub(crate) fn io_failed(
        &self,
        batch: &mut Batch,
        event: EventId,
        at: u64,
        length: usize,
        error: &FsError,
    ) {
        batch
            .emit(event)
            .with("path", &self.file.stored_path())
            .with("requested_path", &self.path)
            .with("offset", at)
            .with("length", u64::try_from(length).unwrap_or(u64::MAX))
            .with("details", error.to_string())
            .transfer(Some(self.transfer));
    }

    fn totals(self, now: Monotonic) -> Totals {
        let duration = now.since(self.opened);
        let Self { file, path, mode, transfer, .. } = self;
        let Closed { read, written } = file.totals();
        Totals { file, path, mode, transfer, read, written, duration }
    }
}

struct Totals {
    file: Arc<File>,
    path: VPath,
    mode: Mode,
    transfer: Uuid,
    read: u64,
    written: u64,
    duration: Duration,
}

/// Where the path, without links, lies on the disk, as the administrator knows it.
fn real_path(fs: &Fs, path: &VPath) -> Option<Vec<u8>> {
    let mounts = fs.grant().terms().mounts.iter();
    let (mount, rest) =
        mounts.filter_map(|m| Some((m, path.below(&m.at)?))).min_by_key(|(_, rest)| rest.len())?;
    Some(mount.real.join(OsStr::from_bytes(rest)).into_os_string().into_vec())
}

/// Seconds with three decimals.
fn seconds(d: Duration) -> String {
    format!("{}.{:03}", d.as_secs(), d.subsec_millis())
}

/// Bytes per second.
fn speed(bytes: u64, d: Duration) -> u64 {
    let micros = u64::try_from(d.as_micros()).unwrap_or(u64::MAX).max(1);
    u64::try_from(u128::from(bytes) * 1_000_000 / u128::from(micros)).unwrap_or(u64::MAX)
}
