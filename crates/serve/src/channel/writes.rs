//! Writes that wait for each other: adjacent ones become one, straight out of the receive buffer. Where the disk takes
//! its time, a large one is done on another thread while the next buffer is received.

use std::io::IoSlice;
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use causeway_core::{Clock, Monotonic};
use causeway_fs::{File, FsError};
use causeway_ssh::sftp::{Handle, Status, WriteHead};
use tokio::sync::Notify;

use super::{Work, status_of};

/// A write from so many bytes on is worth a thread of its own.
const WORTH_A_JOB: usize = 128 * 1024;
/// A write that takes longer than this does not end in memory: who shares the thread would notice.
const SLOW: Duration = Duration::from_millis(2);
/// Writes on another thread after a slow one, until the disk is trusted again.
const CAUTIOUS: u8 = 16;

/// Whose writes they are.
pub(crate) trait Ledger {
    /// The file of a handle, if it may be written.
    fn writable(&self, handle: Handle) -> Option<Arc<File>>;

    /// Tells that bytes could not be written.
    fn write_failed(
        &mut self,
        batch: &mut causeway_events::Batch,
        handle: Handle,
        at: u64,
        length: usize,
        error: &FsError,
    );

    /// A write has come to its end.
    fn written(&mut self, id: u32, status: Status);
}

#[derive(Debug)]
pub(crate) struct Writes {
    clock: Clock,
    pace: Pace,
    current: Option<Current>,
    batch: Option<Batch>,
    job: Option<Running>,
    /// Bytes that were taken and not yet given back to the client's window.
    done: usize,
    /// The storage of a receive buffer that came back.
    spare: Option<Box<[u8]>>,
}

/// What the disk has shown of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// Nothing yet: the first large write finds out.
    New,
    /// A write costs less than waking another thread.
    Fast,
    /// Writes are left to threads that may wait, for so many more.
    Slow(u8),
}

impl Pace {
    fn saw(self, took: Duration, large: bool) -> Self {
        match self {
            _ if took >= SLOW => Pace::Slow(CAUTIOUS),
            Pace::Slow(n) if n > 1 => Pace::Slow(n - 1),
            Pace::New if !large => Pace::New,
            _ => Pace::Fast,
        }
    }
}

/// Who is to write what waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// This thread.
    Here,
    /// A [`Job`], while more is received.
    Job,
    /// A thread that may wait.
    Elsewhere,
}

/// The WRITE whose bytes are coming in.
#[derive(Debug)]
struct Current {
    id: u32,
    handle: Handle,
    /// Where its next byte goes.
    at: u64,
    /// Some of its bytes are in the batch.
    in_batch: bool,
    status: Status,
}

/// Bytes that are written together.
#[derive(Debug)]
struct Batch {
    handle: Handle,
    file: Arc<File>,
    at: u64,
    ranges: Vec<Range<usize>>,
    length: usize,
    /// WRITEs that end in it.
    ids: Vec<u32>,
}

impl Batch {
    fn end(&self) -> u64 {
        self.at.saturating_add(u64::try_from(self.length).unwrap_or(u64::MAX))
    }

    /// Writes the bytes that `at` finds for a range of the receive buffer.
    fn write<'b>(&self, at: impl Fn(Range<usize>) -> &'b [u8]) -> Result<(), FsError> {
        let slices: Vec<IoSlice<'_>> = self.ranges.iter().map(|r| IoSlice::new(at(r.clone()))).collect();
        // A buffer that is not the one the bytes were received in: nothing may be acknowledged then.
        if slices.iter().map(|s| s.len()).sum::<usize>() != self.length {
            return Err(FsError::Invalid);
        }
        self.file.write_at(&slices, self.at)
    }
}

/// A write to be done on another thread.
#[derive(Debug)]
pub(crate) struct Job {
    batch: Batch,
    clock: Clock,
    result: SyncSender<Finished>,
    bell: Arc<Notify>,
}

#[derive(Debug)]
struct Finished {
    batch: Batch,
    storage: Box<[u8]>,
    result: Result<(), FsError>,
    took: Duration,
}

#[derive(Debug)]
struct Running {
    result: Receiver<Finished>,
    finished: Option<Finished>,
}

impl Job {
    /// Does it. May block.
    pub(crate) fn run(self, storage: Box<[u8]>) {
        let began = self.clock.monotonic();
        let result = self.batch.write(|range| storage.get(range).unwrap_or_default());
        let took = self.clock.monotonic().since(began);
        // Nobody waits for it when the session has ended.
        let _ = self.result.send(Finished { batch: self.batch, storage, result, took });
        self.bell.notify_one();
    }

    /// Rings when the job has ended.
    pub(crate) fn bell(&self) -> Arc<Notify> {
        self.bell.clone()
    }
}

impl Writes {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, pace: Pace::New, current: None, batch: None, job: None, done: 0, spare: None }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.batch.is_none() && self.job.is_none()
    }

    /// Whether bytes wait in the receive buffer.
    pub(crate) fn has_waiting(&self) -> bool {
        self.batch.is_some()
    }

    /// Bytes that can be given back to the client's window.
    pub(crate) fn take_done(&mut self) -> usize {
        std::mem::take(&mut self.done)
    }

    /// Whether a WRITE goes behind what waits; else that has to be written first.
    pub(crate) fn follows(&self, head: &WriteHead) -> bool {
        self.batch
            .as_ref()
            .is_none_or(|b| head.handle == Ok(b.handle) && (b.end() == head.offset || b.file.appends()))
    }

    /// Whether a write is done elsewhere and has not ended yet.
    pub(crate) fn has_running_job(&mut self) -> bool {
        let Some(job) = &mut self.job else { return false };
        if job.finished.is_none() {
            job.finished = job.result.try_recv().ok();
        }
        job.finished.is_none()
    }

    /// A WRITE begins.
    pub(crate) fn begin(&mut self, work: &mut Work<'_>, ledger: &mut impl Ledger, head: WriteHead) {
        let handle = head.handle.unwrap_or(Handle(0));
        let status = match (head.handle, ledger.writable(handle)) {
            (Ok(_), Some(_)) => Status::Ok,
            _ => Status::Failure,
        };
        if !self.follows(&head) {
            self.flush(work, ledger);
        }
        self.current = Some(Current { id: head.id, handle, at: head.offset, in_batch: false, status });
    }

    /// Its next bytes lie at `range` of the receive buffer.
    pub(crate) fn add(&mut self, ledger: &impl Ledger, range: Range<usize>) {
        let Some(current) = self.current.as_mut().filter(|c| c.status == Status::Ok) else {
            self.done += range.len();
            return;
        };
        if self.batch.is_none() {
            let Some(file) = ledger.writable(current.handle) else { return };
            self.batch = Some(Batch {
                handle: current.handle,
                file,
                at: current.at,
                ranges: Vec::new(),
                length: 0,
                ids: Vec::new(),
            });
        }
        if let Some(batch) = &mut self.batch {
            current.in_batch = true;
            current.at = current.at.saturating_add(u64::try_from(range.len()).unwrap_or(u64::MAX));
            batch.length += range.len();
            batch.ranges.push(range);
        }
    }

    /// Its next bytes, which cannot wait.
    pub(crate) fn write_now(&mut self, work: &mut Work<'_>, ledger: &mut impl Ledger, bytes: &[u8]) {
        self.flush(work, ledger);
        let Some(current) = self.current.as_mut().filter(|c| c.status == Status::Ok) else { return };
        let Some(file) = ledger.writable(current.handle) else { return };
        let began = self.clock.monotonic();
        if let Err(error) = file.write_at(&[IoSlice::new(bytes)], current.at) {
            current.status = status_of(&error);
            ledger.write_failed(work.batch, current.handle, current.at, bytes.len(), &error);
        }
        current.at = current.at.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        self.learn(began, bytes.len());
    }

    /// It has come to its end.
    pub(crate) fn end(&mut self, ledger: &mut impl Ledger) {
        let Some(current) = self.current.take() else { return };
        if current.status == Status::Ok
            && !current.in_batch
            && self.job.is_some()
            && self.batch.is_none()
            && let Some(file) = ledger.writable(current.handle)
        {
            // Its bytes are still being written elsewhere: what is answered next waits for them.
            let (handle, at) = (current.handle, current.at);
            self.batch =
                Some(Batch { handle, file, at, ranges: Vec::new(), length: 0, ids: vec![current.id] });
            return;
        }
        match &mut self.batch {
            Some(batch) if current.in_batch && current.status == Status::Ok => batch.ids.push(current.id),
            _ => ledger.written(current.id, current.status),
        }
    }

    /// The session is over: waits for the write that is done elsewhere, and tells if it failed.
    pub(crate) fn end_job(&mut self, batch: &mut causeway_events::Batch, ledger: &mut impl Ledger) {
        self.wait();
        if let Some(Finished { batch: written, result: Err(error), .. }) =
            self.job.take().and_then(|job| job.finished)
        {
            ledger.write_failed(batch, written.handle, written.at, written.length, &error);
        }
    }

    /// Writes what waits, here and now.
    pub(crate) fn flush(&mut self, work: &mut Work<'_>, ledger: &mut impl Ledger) {
        if self.is_empty() {
            return;
        }
        self.wait();
        self.finish(work, ledger);
        if let Some(batch) = self.batch.take() {
            let rx = work.rx;
            let began = self.clock.monotonic();
            let result = batch.write(|range| rx.bytes(range));
            self.learn(began, batch.length);
            if let Some(current) = &mut self.current {
                current.in_batch = false;
            }
            self.account(work, ledger, &batch, result);
        }
    }

    fn learn(&mut self, began: Monotonic, length: usize) {
        self.pace = self.pace.saw(self.clock.monotonic().since(began), length >= WORTH_A_JOB);
    }

    /// Whether writing may take long enough for others to notice.
    pub(crate) fn is_slow(&self) -> bool {
        matches!(self.pace, Pace::Slow(_))
    }

    #[cfg(test)]
    pub(crate) fn find_slow(&mut self) {
        self.pace = Pace::Slow(CAUTIOUS);
    }

    /// Who is to write what waits. `alone`: nothing else lies in the receive buffer.
    pub(crate) fn due(&mut self, alone: bool) -> Due {
        if self.has_running_job() {
            return Due::Job;
        }
        let large = alone && self.batch.as_ref().is_some_and(|b| b.length >= WORTH_A_JOB);
        match self.pace {
            Pace::New | Pace::Slow(_) if large => Due::Job,
            Pace::Slow(_) => Due::Elsewhere,
            Pace::New | Pace::Fast => Due::Here,
        }
    }

    /// What waits, if a thread of its own is to write it and none is at work yet.
    pub(crate) fn take_job(&mut self) -> Option<Job> {
        if self.job.is_some() || self.due(true) != Due::Job {
            return None;
        }
        let batch = self.batch.take()?;
        if let Some(current) = &mut self.current {
            current.in_batch = false;
        }
        let (sender, receiver) = sync_channel(1);
        let bell = Arc::new(Notify::new());
        self.job = Some(Running { result: receiver, finished: None });
        Some(Job { batch, clock: self.clock.clone(), result: sender, bell })
    }

    /// Waits for the write that is done elsewhere.
    fn wait(&mut self) {
        if let Some(job) = &mut self.job
            && job.finished.is_none()
        {
            job.finished = job.result.recv().ok();
        }
    }

    /// The storage of a receive buffer that came back from another thread.
    pub(crate) fn take_spare(&mut self) -> Option<Box<[u8]>> {
        self.spare.take()
    }

    /// Looks after the write that is done elsewhere.
    pub(crate) fn finish_job(&mut self, work: &mut Work<'_>, ledger: &mut impl Ledger) {
        self.has_running_job();
        self.finish(work, ledger);
    }

    fn finish(&mut self, work: &mut Work<'_>, ledger: &mut impl Ledger) {
        if let Some(finished) = self.job.as_mut().and_then(|j| j.finished.take()) {
            self.job = None;
            self.pace = self.pace.saw(finished.took, true);
            self.account(work, ledger, &finished.batch, finished.result);
            self.spare = Some(finished.storage);
        }
    }

    fn account(
        &mut self,
        work: &mut Work<'_>,
        ledger: &mut impl Ledger,
        batch: &Batch,
        result: Result<(), FsError>,
    ) {
        self.done += batch.length;
        let status = match &result {
            Ok(()) => Status::Ok,
            Err(error) => {
                ledger.write_failed(work.batch, batch.handle, batch.at, batch.length, error);
                // The WRITE that is still coming in began in it, or follows it.
                if let Some(current) = self.current.as_mut().filter(|c| c.handle == batch.handle) {
                    current.status = status_of(error);
                }
                status_of(error)
            }
        };
        for id in &batch.ids {
            ledger.written(*id, status);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_was_slow_is_trusted_again_after_some_fast_writes() {
        let fast = Duration::from_micros(100);
        assert_eq!(Pace::New.saw(fast, false), Pace::New);
        assert_eq!(Pace::New.saw(fast, true), Pace::Fast);
        let mut pace = Pace::Fast.saw(SLOW, false);
        for _ in 0..CAUTIOUS {
            assert!(matches!(pace, Pace::Slow(_)));
            pace = pace.saw(fast, false);
        }
        assert_eq!(pace, Pace::Fast);
        assert_eq!(Pace::Slow(2).saw(SLOW, true), Pace::Slow(CAUTIOUS));
    }
}
