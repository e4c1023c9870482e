//! `local-file`: a log of one line per event.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use causeway_config::options::LocalFileOptions;
use causeway_config::value::RotateCount;
use causeway_core::Timestamp;

use super::rotation::{self, Schedule};
use super::{Handler, HandlerError, Notice};
use crate::Server;
use crate::spool::Stored;
use crate::template::{Line, UnknownField, View};
use crate::time::Times;

/// The file is for the server and a group that may read logs.
const MODE: u32 = 0o640;

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
    notices: Vec<Notice>,
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
        let (pending, notices) = (String::new(), Vec::new());
        Ok(Self { path, line, schedule, rotate_at_size, rotate_count, server, times, out, pending, notices })
    }

    fn write_pending(&mut self) -> Result<(), HandlerError> {
        if self.out.was_moved(&self.path) {
            // Somebody else rotates; what is there now is the log.
            self.out = Out::open(&self.path)?;
        }
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
        if self.out.size == 0 {
            return;
        }
        let size = self.out.size;
        if self.rotate_count == RotateCount::Truncate {
            match self.out.truncate() {
                Ok(()) => self.notices.push(Notice::Truncated { path: self.path.clone() }),
                Err(e) => self.rotation_failed(&e),
            }
            return;
        }
        let moved = if self.schedule.is_set() {
            rotation::by_time(&self.path, now, &mut self.times, self.rotate_count)
        } else {
            rotation::by_number(&self.path, self.rotate_count)
        };
        match moved {
            Ok(path) => self.notices.push(Notice::Rotated { path, source: self.path.clone(), size }),
            Err(e) => self.rotation_failed(&e),
        }
        match Out::open(&self.path) {
            Ok(out) => self.out = out,
            // The next flush tries again.
            Err(e) => self.notices.push(Notice::RotationFailed { details: e.to_string() }),
        }
    }

    fn rotation_failed(&mut self, e: &io::Error) {
        let details = format!("cannot put {} aside: {e}", self.path.display());
        self.notices.push(Notice::RotationFailed { details });
    }
}

impl Handler for LocalFile {
    fn take(&mut self, stored: &Stored, now: Timestamp) {
        let view = View { stored, server: &self.server, now };
        self.line.render(&mut self.pending, &view, &mut self.times);
    }

    fn flush(&mut self, now: Timestamp) -> Result<(), HandlerError> {
        self.write_pending()?;
        if self.rotate_at_size.is_some_and(|limit| self.out.size >= limit) {
            self.rotate(now);
        }
        Ok(())
    }

    fn tick(&mut self, now: Timestamp) {
        if self.schedule.is_due(now, &mut self.times) {
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
        let open = || {
            let file = OpenOptions::new().append(true).create(true).mode(MODE).open(path)?;
            let size = file.metadata()?.len();
            Ok(Self { file, size })
        };
        open().map_err(|e| failed("open", path, e))
    }

    /// Writes all of it or none.
    fn append(&mut self, text: &str) -> io::Result<()> {
        if let Err(e) = self.file.write_all(text.as_bytes()) {
            // Half a line must not be glued to what comes next. A pipe or device cannot be cut.
            let _ = self.file.set_len(self.size);
            return Err(e);
        }
        self.size += u64::try_from(text.len()).unwrap_or_default();
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

fn failed(action: &'static str, path: &Path, e: io::Error) -> HandlerError {
    HandlerError::File { action, path: path.to_owned(), cause: Arc::new(e) }
}
