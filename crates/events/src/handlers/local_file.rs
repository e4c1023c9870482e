//! `local-file`: a log of one line per event.

use std::fs::{self, File, FileType};
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use causeway_config::options::LocalFileOptions;
use causeway_config::value::RotateCount;
use causeway_core::Timestamp;
use rustix::fs::{Mode, OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;

use super::rotation::{self, Schedule};
use super::{Handler, HandlerError, Notice};
use crate::Server;
use crate::catalogue::ids;
use crate::spool::Stored;
use crate::template::{Line, UnknownField, View};
use crate::time::Times;

/// The file is for the server and a group that may read logs.
const MODE: u32 = 0o640;
/// How long a log that could not be put aside grows on, unless it grows by its size before.
const REST: Duration = Duration::from_secs(60);

pub(super) struct LocalFile {
    path: PathBuf,
    line: Line,
    schedule: Schedule,
    rotate_at_size: Option<u64>,
    rotate_count: RotateCount,
    server: Arc<Server>,
    times: Times,
    out: Out,
    pending: String,
    /// Holds more than what rotations tell: a rotation is not the cause of the next.
    is_worth_it: bool,
    failed: Option<FailedRotation>,
    notices: Vec<Notice>,
}

/// The last rotation did not work.
struct FailedRotation {
    at: Timestamp,
    /// How large the file was.
    size: u64,
    /// As it was told.
    details: String,
}

struct Out {
    file: File,
    size: u64,
}

/// How the options want a line made.
pub(super) fn line(options: &LocalFileOptions) -> Result<Line, UnknownField> {
    match &*options.structured_fields {
        [] => Line::text(&options.entry_content.0),
        fields => Line::columns(fields),
    }
}

/// Where the log is, on a machine of these names.
pub(super) fn path(options: &LocalFileOptions, root: &Path, host: &(String, String)) -> PathBuf {
    let (name, fqdn) = host;
    options.path.resolve(root, name, fqdn).components().collect()
}

/// Whether there is something that no log can be written to.
pub(super) fn is_unfit(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|m| !takes_lines(m.file_type()))
}

/// A pipe that nobody reads would hold its writer up for ever.
fn takes_lines(kind: FileType) -> bool {
    kind.is_file() || kind.is_char_device()
}

impl LocalFile {
    /// Opens the file, which is made with its folder if it is not there.
    pub(super) fn open(
        path: PathBuf,
        options: &LocalFileOptions,
        server: Arc<Server>,
        mut times: Times,
        now: Timestamp,
    ) -> Result<Self, HandlerError> {
        let line = line(options)?;
        let schedule = Schedule::new(options.rotate_on, now, &mut times);
        let rotate_at_size = options.rotate_at_size.0.map(|s| s.0).filter(|_| !schedule.is_set());
        let rotate_count = options.rotate_count;
        let out = Out::open(&path)?;
        Ok(Self {
            path,
            line,
            schedule,
            rotate_at_size,
            rotate_count,
            server,
            times,
            is_worth_it: out.size > 0,
            out,
            pending: String::new(),
            failed: None,
            notices: Vec::new(),
        })
    }

    fn write_pending(&mut self) -> Result<(), HandlerError> {
        if self.out.was_moved(&self.path) {
            // Somebody else rotates; what is there now is the log.
            self.out = Out::open(&self.path)?;
        }
        // Somebody else may empty it.
        self.out.measure().map_err(|e| failed("look at", &self.path, e))?;
        if self.pending.is_empty() {
            return Ok(());
        }
        let header = if self.out.size == 0 { self.line.header() } else { None };
        for text in header.into_iter().chain([self.pending.as_str()]) {
            self.out.append(text).map_err(|e| failed("write to", &self.path, e))?;
        }
        self.pending.clear();
        Ok(())
    }

    fn rotate(&mut self, now: Timestamp) {
        self.is_worth_it = false;
        if let Err(e) = self.out.measure() {
            return self.rotation_failed(&e, now);
        }
        let size = self.out.size;
        if size == 0 {
            return;
        }
        if self.rotate_count == RotateCount::Truncate {
            match self.out.truncate() {
                Ok(()) => self.rotated(Notice::Truncated { path: self.path.clone() }),
                Err(e) => self.rotation_failed(&e, now),
            }
            return;
        }
        let moved = if self.schedule.is_set() {
            rotation::by_time(&self.path, now, &mut self.times, self.rotate_count)
        } else {
            rotation::by_number(&self.path, self.rotate_count)
        };
        match moved {
            Ok(path) => self.rotated(Notice::Rotated { path, source: self.path.clone(), size }),
            Err(e) => self.rotation_failed(&e, now),
        }
        match Out::open(&self.path) {
            Ok(out) => self.out = out,
            // The next flush tries again.
            Err(e) => self.notices.push(Notice::RotationFailed { details: e.to_string() }),
        }
    }

    fn rotated(&mut self, notice: Notice) {
        self.failed = None;
        self.notices.push(notice);
    }

    /// What is told is an event, which makes the log grow: the same is told once.
    fn rotation_failed(&mut self, e: &io::Error, at: Timestamp) {
        let details = format!("cannot put {} aside: {e}", self.path.display());
        if self.failed.as_ref().is_none_or(|f| f.details != details) {
            self.notices.push(Notice::RotationFailed { details: details.clone() });
        }
        self.failed = Some(FailedRotation { at, size: self.out.size, details });
    }

    /// Whether the log is to be put aside for its size.
    fn is_too_large(&self, now: Timestamp) -> bool {
        let Some(limit) = self.rotate_at_size.filter(|_| self.is_worth_it) else { return false };
        let rests = |f: &FailedRotation| {
            let grown = self.out.size.saturating_sub(f.size);
            grown < limit && now >= f.at && Duration::from_nanos(now.0 - f.at.0) < REST
        };
        self.out.size >= limit && !self.failed.as_ref().is_some_and(rests)
    }
}

impl Handler for LocalFile {
    fn take(&mut self, stored: &Stored, now: Timestamp) {
        let about_rotation = [ids::LOG_ROTATED, ids::LOG_TRUNCATED, ids::LOG_ROTATION_FAILED];
        self.is_worth_it |= !about_rotation.contains(&stored.event.id);
        let view = View { stored, server: &self.server, now };
        self.line.render(&mut self.pending, &view, &mut self.times);
    }

    fn flush(&mut self, now: Timestamp) -> Result<(), HandlerError> {
        self.write_pending()?;
        if self.is_too_large(now) {
            self.rotate(now);
        }
        Ok(())
    }

    fn tick(&mut self, now: Timestamp) {
        if self.schedule.is_due(now, &mut self.times) {
            // Each time is told by itself.
            self.failed = None;
            self.rotate(now);
        }
    }

    fn notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }
}

impl Out {
    fn open(path: &Path) -> Result<Self, HandlerError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|e| failed("make", folder, e))?;
        }
        let file = match open(path) {
            Ok(file) => file,
            // A pipe that nobody reads, or a socket.
            Err(Errno::NXIO | Errno::ISDIR) => return Err(HandlerError::Unfit(path.to_owned())),
            Err(e) => return Err(failed("open", path, e.into())),
        };
        let meta = file.metadata().map_err(|e| failed("look at", path, e))?;
        if !takes_lines(meta.file_type()) {
            return Err(HandlerError::Unfit(path.to_owned()));
        }
        let blocking = fcntl_getfl(&file).and_then(|flags| fcntl_setfl(&file, flags - OFlags::NONBLOCK));
        blocking.map_err(|e| failed("open", path, e.into()))?;
        Ok(Self { file, size: meta.len() })
    }

    /// Writes all of it or none.
    fn append(&mut self, text: &str) -> io::Result<()> {
        let before = self.size;
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            match (&self.file).write(rest) {
                Ok(0) => {
                    self.take_back(before);
                    return Err(io::ErrorKind::WriteZero.into());
                }
                Ok(n) => {
                    rest = rest.get(n..).unwrap_or_default();
                    self.size += u64::try_from(n).unwrap_or_default();
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    self.take_back(before);
                    return Err(e);
                }
            }
        }
        Ok(())
    }

    /// Half a line must not be glued to what comes next; but what somebody else has added stays.
    fn take_back(&mut self, before: u64) {
        let is_ours = self.file.metadata().is_ok_and(|m| m.is_file() && m.len() == self.size);
        if is_ours && self.file.set_len(before).is_ok() {
            self.size = before;
        }
    }

    /// Learns how large the file is. A device has no size: what was written to it counts.
    fn measure(&mut self) -> io::Result<()> {
        let meta = self.file.metadata()?;
        if meta.is_file() {
            self.size = meta.len();
        }
        Ok(())
    }

    fn truncate(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.size = 0;
        Ok(())
    }

    /// Whether the path names another file now, or none.
    fn was_moved(&self, path: &Path) -> bool {
        let here = self.file.metadata().map(|m| (m.dev(), m.ino()));
        let there = fs::metadata(path).map(|m| (m.dev(), m.ino()));
        !matches!((here, there), (Ok(here), Ok(there)) if here == there)
    }
}

/// Opens to append, and waits for no other end.
fn open(path: &Path) -> rustix::io::Result<File> {
    let how = OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOCTTY;
    rustix::fs::open(path, how | OFlags::NONBLOCK, Mode::from_raw_mode(MODE)).map(File::from)
}

fn failed(action: &'static str, path: &Path, e: io::Error) -> HandlerError {
    HandlerError::File { action, path: path.to_owned(), cause: Arc::new(e) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

    #[test]
    fn after_a_write_that_fails_what_others_have_added_stays() {
        let mut file: File = memfd_create("log", MemfdFlags::ALLOW_SEALING).unwrap().into();
        file.write_all(b"ours\n").unwrap();
        let mut out = Out { file: file.try_clone().unwrap(), size: 5 };
        file.write_all(b"another's\n").unwrap();
        fcntl_add_seals(&file, SealFlags::GROW).unwrap();
        assert!(out.append("more\n").is_err());
        assert_eq!(file.metadata().unwrap().len(), 15);
        out.measure().unwrap();
        assert_eq!(out.size, 15);
    }
}
