//! What a session on pipes has from outside: its pipes, the signals, the trail, and the files of the configuration.

use std::fs::File;
use std::io::{self, IoSlice, Write};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use causeway_auth::{Authenticator, Why};
use causeway_config::sources::Sources;
use causeway_core::{Clock, Event, Monotonic};
use causeway_events::Batch;
use causeway_fs::Fs;
use causeway_serve::plain::{Surroundings, Way};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{ReadWriteFlags, pwritev2};
use tokio::runtime::Runtime;

use crate::recorder::Recorder;
use crate::steward::load;
use crate::sys;

/// How often is looked whether the configuration has changed, or the session has to end.
const LOOK: Duration = Duration::from_secs(1);
/// Two reads of the configuration with this time between them must be the same: somebody may still be writing.
const SETTLED: Duration = Duration::from_millis(300);
/// Reads of a configuration that is written all the time, before the session goes on with the one that it has.
const READS: usize = 3;

/// What a pipe with any room takes without waiting (`PIPE_BUF`).
const PIECE: usize = 4096;
/// Where the file stands, for pwritev2(2).
const HERE: u64 = u64::MAX;

/// Standard input without the buffer of the standard library.
pub(super) fn input() -> io::Result<File> {
    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}

/// Standard output, likewise. Once there is room, a write takes what fits and does not wait: a process that waits there
/// hears nothing. `O_NONBLOCK` would be for all who share the pipe.
#[derive(Debug)]
pub(super) struct Output(File);

impl Output {
    pub(super) fn standard() -> io::Result<Self> {
        Ok(Self(File::from(io::stdout().as_fd().try_clone_to_owned()?)))
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Ok(n) = pwritev2(&self.0, &[IoSlice::new(bytes)], HERE, ReadWriteFlags::NOWAIT) {
            return Ok(n);
        }
        // Pipes know that since Linux 6.4, and some files never.
        self.0.write(bytes.get(..PIECE).unwrap_or(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Waits for a moment at the most. What is wrong with it shows when it is used.
fn is_ready(file: &impl AsFd, what: PollFlags) -> bool {
    let limit = Timespec::try_from(LOOK).ok();
    match poll(&mut [PollFd::new(file, what)], limit.as_ref()) {
        Ok(ready) => ready > 0,
        Err(error) => error != rustix::io::Errno::INTR,
    }
}

pub(super) struct Here {
    recorder: Recorder,
    runtime: Runtime,
    authenticator: Authenticator,
    sources: Sources,
    clock: Clock,
    looked: Monotonic,
}

impl Here {
    pub(super) fn new(
        recorder: Recorder,
        runtime: Runtime,
        authenticator: Authenticator,
        sources: Sources,
        clock: Clock,
    ) -> Self {
        let looked = clock.monotonic();
        Self { recorder, runtime, authenticator, sources, clock, looked }
    }

    pub(super) fn close(mut self) -> Result<(), String> {
        self.recorder.close()
    }

    fn has_expired(&self, fs: &Fs) -> bool {
        fs.grant().expires().is_some_and(|at| at <= self.clock.now())
    }

    /// Goes on with another configuration, once the files say the same twice.
    fn look_at_files(&mut self) {
        let Ok(mut seen) = self.sources.read_again() else { return };
        for _ in 0..READS {
            if seen.revision() == self.sources.revision() {
                return;
            }
            thread::sleep(SETTLED);
            let Ok(again) = self.sources.read_again() else { return };
            if again.revision() == seen.revision() {
                return self.go_on_with(again);
            }
            seen = again;
        }
    }

    fn go_on_with(&mut self, sources: Sources) {
        if let Ok(loaded) = load(&sources) {
            self.authenticator.apply(loaded.config);
        }
        // What cannot be used is not looked at again until it changes.
        self.sources = sources;
    }
}

impl Surroundings for Here {
    fn record(&mut self, events: &[Event]) -> Result<(), String> {
        self.recorder.record(events)
    }

    fn wait(&mut self, fs: &Fs, way: Way) -> Result<(), String> {
        loop {
            if sys::told_to_end() {
                return Err("the process was told to end".to_owned());
            }
            if self.has_expired(fs) {
                return Err(Why::Expired.to_string());
            }
            self.recorder.let_go()?;
            let ready = match way {
                Way::In => is_ready(&io::stdin(), PollFlags::IN),
                Way::Out => is_ready(&io::stdout(), PollFlags::OUT),
            };
            if ready {
                return Ok(());
            }
            // Others may need it meanwhile.
            self.recorder.close()?;
        }
    }

    fn review(&mut self, fs: &Arc<Fs>, batch: &mut Batch) -> Result<Option<Arc<Fs>>, String> {
        let now = self.clock.monotonic();
        if now.since(self.looked) >= LOOK {
            self.look_at_files();
            self.looked = self.clock.monotonic();
        }
        if fs.grant().is_current() && !self.has_expired(fs) {
            return Ok(None);
        }
        let grant = self.runtime.block_on(self.authenticator.renew(fs.grant())).map_err(|e| e.to_string())?;
        Ok(Some(Arc::new(fs.renew(grant, batch).map_err(|e| e.to_string())?)))
    }
}
