//! Handlers carry events onwards. Each runs on a thread of its own, reads the trail with a cursor of its own, and
//! delays nobody but itself.
//!
//! - [`Starter`]: starts handlers side by side, and opens nothing anew that hangs.
//! - [`Runner`]: one handler at work, until it is stopped.
//! - [`Cursors`]: where each handler has got to, kept over restarts.
//! - one file per kind: `local_file` (with `rotation`), `stream`.

mod cursors;
mod filter;
mod host;
mod local_file;
mod rotation;
mod runner;
mod starter;
mod stream;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use causeway_config::{Config, EventHandler, Problem, Severity, Sink};
use causeway_core::Timestamp;

pub use cursors::Cursors;
pub use runner::{Context, Runner, State};
pub use starter::Starter;

use crate::spool::Stored;
use crate::template::{Line, UnknownField};

/// What is wrong with the handlers that only the catalogue of events, the fields of templates and the names of the
/// machine tell.
pub fn problems(config: &Config) -> Vec<Problem> {
    let handlers = config.event_handlers.values().filter_map(|h| h.live());
    let mut found: Vec<_> = handlers.flat_map(|h| problems_of_options(h)).collect();
    found.extend(shared_files(&logs(config)));
    found
}

/// What is wrong with the files that handlers would open now. It waits for the disk.
pub fn problems_of_files(config: &Config) -> Vec<Problem> {
    let unfit = logs(config).into_iter().filter(|(_, path)| local_file::is_unfit(path));
    let told = |(handler, path): (&EventHandler, PathBuf)| {
        handler.place.problem(Severity::Failure, "path", HandlerError::Unfit(path).to_string())
    };
    unfit.map(told).collect()
}

/// Handlers that write to files, with these.
fn logs<'a>(config: &'a Config) -> Vec<(&'a EventHandler, PathBuf)> {
    let host = host::names();
    let enabled = config.event_handlers.values().filter_map(|h| h.live()).filter(|h| h.options.enabled);
    let log = |handler: &'a EventHandler| match &handler.sink {
        Sink::LocalFile(options) => Some((handler, local_file::path(options, &config.root, &host))),
        Sink::StandardStream(_) => None,
    };
    enabled.map(|h| &**h).filter_map(log).collect()
}

/// Two handlers of one file: each would put it aside under the other's hands.
fn shared_files(logs: &[(&EventHandler, PathBuf)]) -> Vec<Problem> {
    let mut taken = BTreeMap::new();
    let mut found = Vec::new();
    for (handler, path) in logs.iter().filter(|(_, path)| !path.starts_with("/dev")) {
        if let Some(other) = taken.insert(path, &handler.id) {
            let message = format!("{} is the file of [event-handlers/{other}], too", path.display());
            found.push(handler.place.problem(Severity::Error, "path", message));
        }
    }
    found
}

fn problems_of_options(handler: &EventHandler) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut add = |severity, option, message| found.push(handler.place.problem(severity, option, message));
    if let Err(e) = filter::Filter::new(&handler.options) {
        add(Severity::Failure, "groups", e.to_string());
    }
    let (option, line) = match &handler.sink {
        Sink::LocalFile(o) if !o.structured_fields.is_empty() => ("structured_fields", local_file::line(o)),
        Sink::LocalFile(o) => ("entry_content", local_file::line(o)),
        Sink::StandardStream(o) => ("entry_content", Line::text(&o.entry_content.0)),
    };
    if let Err(e) = line {
        add(Severity::Failure, option, e.to_string());
    }
    for message in filter::never_emitted(&handler.options) {
        add(Severity::Warning, "target", message);
    }
    found
}

/// Why a handler cannot start, or has failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum HandlerError {
    #[error("{0}")]
    Template(#[from] UnknownField),
    /// A filter names a group that no event has: what it lets through would be a guess.
    #[error("there is no event group '{0}'")]
    UnknownGroup(Arc<str>),
    /// The operating system refused.
    #[error("cannot {action} {path}: {cause}", path = path.display())]
    File { action: &'static str, path: PathBuf, cause: Arc<io::Error> },
    /// The path of a log is that of a pipe, a folder, a socket or a disk.
    #[error("{} is not a plain file{}", .0.display(), way_out(.0))]
    Unfit(PathBuf),
    /// The operating system does not answer: a network file system that is gone.
    #[error("what it writes to cannot be opened: no answer within {} s", .0.as_secs_f32())]
    Hangs(Duration),
    #[error("cannot write to the standard output: {0}")]
    Stream(Arc<io::Error>),
    #[error("cannot start a thread: {0}")]
    Thread(Arc<io::Error>),
}

/// What to do instead of a path that leads to what the process was started with, which may be a pipe.
fn way_out(path: &Path) -> &'static str {
    let of_process = ["/dev/stdout", "/dev/stderr", "/dev/fd", "/proc/self"];
    match of_process.iter().any(|p| path.starts_with(p)) {
        true => "; to write to the standard output, say type = standard-stream",
        false => "",
    }
}

/// What a handler wants to be known.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Notice {
    Rotated { path: PathBuf, source: PathBuf, size: u64 },
    Truncated { path: PathBuf },
    RotationFailed { details: String },
}

/// One kind of handler.
trait Handler: Send {
    /// Takes an event in; it may stay inside until `flush`.
    fn take(&mut self, stored: &Stored, now: Timestamp);

    /// Brings out what was taken in. After an error it is still inside, and the next call tries again.
    fn flush(&mut self, now: Timestamp) -> Result<(), HandlerError>;

    /// Called about once a second, whether there are events or not.
    fn tick(&mut self, _now: Timestamp) {}

    /// What happened since the last call.
    fn notices(&mut self) -> Vec<Notice> {
        Vec::new()
    }
}
