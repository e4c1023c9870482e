//! One SFTP session: the bytes of a channel in, answers out, the files of one Grant between them.
//!
//! Requests are worked on in order while their answers fit the output buffer and the client's window. What cannot
//! be worked on yet waits as bytes in the inbox; the client's window is given back as requests are worked on, so the
//! inbox never holds more than the window. READs that follow each other in a file become one read into the packets;
//! WRITEs that follow each other become one write out of the receive buffer.

mod answers;
mod attributes;
mod books;
mod desk;
mod files;
mod folders;
mod handles;
mod long;
mod names;
mod reads;

use std::ops::Range;
use std::sync::Arc;

use causeway_core::{Clock, Monotonic};
use causeway_events::Batch;
use causeway_fs::Fs;
use causeway_ssh::connection::ChannelId;
use causeway_ssh::sftp::{Item, Stream};

use crate::channel::inbox::Inbox;
use crate::channel::writes::{Due, Job, Writes};
use crate::channel::{Account, ChannelError, Place, Stop, Work};
use answers::Answers;
use books::Books;
use desk::{Desk, Outcome};
use reads::{Flush, Reads};

/// One session.
#[derive(Debug)]
pub(crate) struct Sftp {
    channel: ChannelId,
    stream: Stream,
    inbox: Inbox,
    answers: Answers,
    reads: Reads,
    writes: Writes,
    desk: Desk,
    /// The client will send nothing more.
    eof: bool,
}

impl Sftp {
    pub(crate) fn new(channel: ChannelId, fs: Arc<Fs>, account: Account, clock: Clock) -> Self {
        Self {
            channel,
            stream: Stream::new(),
            inbox: Inbox::default(),
            answers: Answers::default(),
            reads: Reads::default(),
            writes: Writes::new(clock),
            desk: Desk::new(fs, account),
            eof: false,
        }
    }

    pub(crate) fn channel(&self) -> ChannelId {
        self.channel
    }

    /// Whether a file is open: then a graceful stop waits.
    pub(crate) fn is_busy(&self) -> bool {
        self.desk.has_files() || !self.writes.is_empty()
    }

    /// Whether answers wait for the client.
    pub(crate) fn waits_for_client(&self) -> bool {
        !self.answers.is_empty() || !self.reads.is_empty()
    }

    /// A large write that waits, to be done on a thread of its own with the storage of the receive buffer. To be asked
    /// for when all input has been worked on.
    pub(crate) fn take_job(&mut self) -> Option<Job> {
        self.writes.take_job()
    }

    /// Bytes of memory in what waits: input, answers, READs.
    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        self.inbox.memory() + self.answers.memory() + self.reads.memory()
    }

    /// Whether writes wait whose bytes lie in the receive buffer.
    pub(crate) fn has_waiting_writes(&self) -> bool {
        self.writes.has_waiting()
    }

    /// Looks after a write that was done elsewhere.
    pub(crate) fn finish_job(&mut self, work: &mut Work<'_>) -> Result<(), ChannelError> {
        self.writes.finish_job(work, &mut Books::of(&self.desk, &mut self.answers));
        self.give_back(work)
    }

    /// The storage of a receive buffer that came back from another thread.
    pub(crate) fn take_spare(&mut self) -> Option<Box<[u8]>> {
        self.writes.take_spare()
    }

    /// Does the writes that wait, before the receive buffer is used again; or says who has to. `alone`: no other channel has
    /// bytes in the buffer.
    pub(crate) fn finish_writes(&mut self, work: &mut Work<'_>, alone: bool) -> Result<Stop, ChannelError> {
        if !self.writes.has_waiting() {
            return Ok(Stop::Idle);
        }
        if !work.may_block {
            match self.writes.due(alone) {
                Due::Here => {}
                Due::Job => return Ok(Stop::Job),
                Due::Elsewhere => return Ok(Stop::Disk),
            }
        }
        self.writes.flush(work, &mut Books::of(&self.desk, &mut self.answers));
        self.give_back(work)?;
        Ok(Stop::Idle)
    }

    #[cfg(test)]
    pub(crate) fn find_slow(&mut self) {
        self.writes.find_slow();
    }

    /// Returns to the client's window what the writes have taken since.
    fn give_back(&mut self, work: &mut Work<'_>) -> Result<(), ChannelError> {
        let bytes = self.writes.take_done();
        Ok(work.wire.worked_on(work.tx, self.channel, bytes)?)
    }

    /// Takes bytes of the channel, at `range` of the receive buffer.
    pub(crate) fn receive(&mut self, work: &mut Work<'_>, range: Range<usize>) -> Result<Stop, ChannelError> {
        let rx = work.rx;
        let input = rx.bytes(range.clone());
        if self.has_input() {
            self.inbox.push(input);
            return self.resume(work);
        }
        let (taken, stop) = self.take(work, input, Place::Received(range.start))?;
        self.inbox.push(input.get(taken..).unwrap_or_default());
        Ok(stop)
    }

    /// Goes on with what waits, unless that takes steps.
    pub(crate) fn resume(&mut self, work: &mut Work<'_>) -> Result<Stop, ChannelError> {
        if self.is_in_steps() { Ok(Stop::Idle) } else { self.step(work) }
    }

    /// Requests that take as long as a file is may do one step's work until this is called again.
    pub(crate) fn allow_a_step(&mut self) {
        self.desk.allow_a_step();
    }

    /// Whether a request has begun that takes steps. What comes meanwhile is put aside.
    pub(crate) fn is_in_steps(&self) -> bool {
        self.desk.is_in_steps()
    }

    /// Goes on with what waits: one step of a request that takes several.
    pub(crate) fn step(&mut self, work: &mut Work<'_>) -> Result<Stop, ChannelError> {
        self.allow_a_step();
        if self.has_input() {
            // Borrowed out, so that requests can be read from it while the rest of the session changes.
            let mut inbox = std::mem::take(&mut self.inbox);
            let (taken, stop) = self.take(work, inbox.bytes(), Place::Passing)?;
            inbox.drop_front(taken);
            self.inbox = inbox;
            if stop != Stop::Idle {
                return Ok(stop);
            }
        }
        self.settle(work)
    }

    /// Whether input waits to be worked on.
    fn has_input(&self) -> bool {
        !self.inbox.is_empty() || self.stream.comes_again()
    }

    /// Answers what was put off in the hope of more: at the end of the input.
    pub(crate) fn settle(&mut self, work: &mut Work<'_>) -> Result<Stop, ChannelError> {
        match self.flush_reads(work)? {
            Flush::Done => {}
            Flush::NoRoom => return Ok(Stop::Output),
            Flush::WouldBlock => return Ok(Stop::Disk),
        }
        if !self.answers.send(work, self.channel)? {
            return Ok(Stop::Output);
        }
        if self.eof && !self.has_input() && self.writes.is_empty() {
            if self.desk.has_files() && !work.may_block {
                // Closing files may wait for the disk.
                return Ok(Stop::Disk);
            }
            self.desk.abandon_all(work.batch, work.now);
            work.wire.finish(work.tx, self.channel, 0)?;
        }
        Ok(Stop::Idle)
    }

    /// The client will send nothing more.
    pub(crate) fn end_of_input(&mut self, work: &mut Work<'_>) -> Result<Stop, ChannelError> {
        self.eof = true;
        self.resume(work)
    }

    /// The user may do something else now: what is open is judged again.
    pub(crate) fn renew(&mut self, fs: &Arc<Fs>, batch: &mut Batch) {
        self.desk.renew(fs, batch);
    }

    /// The channel is gone: what is open is broken.
    pub(crate) fn close(&mut self, batch: &mut Batch, now: Monotonic) {
        self.writes.end_job(batch, &mut Books::of(&self.desk, &mut self.answers));
        self.desk.abandon_all(batch, now);
    }

    /// Works on input from its beginning; says how many bytes were taken.
    fn take(
        &mut self,
        work: &mut Work<'_>,
        input: &[u8],
        place: Place,
    ) -> Result<(usize, Stop), ChannelError> {
        let mut at = 0;
        let mut given_back = 0;
        let stop = loop {
            // The end of a WRITE is told after its last byte: the stream says when there is nothing more.
            if at == input.len() && self.stream.is_between_messages() {
                break Stop::Idle;
            }
            if !self.send_answers(work)? {
                break Stop::Output;
            }
            // On a thread that others share, neither a write at work nor a disk that takes its time is waited for.
            let job = self.writes.has_running_job();
            let held = if work.may_block {
                None
            } else if job {
                Some(Stop::Job)
            } else {
                self.writes.is_slow().then_some(Stop::Disk)
            };
            // What comes next has to see these writes.
            let behind = job || self.writes.has_waiting();
            let passing = matches!(place, Place::Passing);
            if let Some(stop) = held
                && passing
                && (job || !self.stream.is_between_messages())
            {
                break stop;
            }
            if self.stream.is_between_messages() {
                let read = self.stream.peek_read(input, at);
                if read.as_ref().is_none_or(|r| !self.reads.takes(r)) {
                    match self.flush_reads(work)? {
                        Flush::Done => {}
                        Flush::NoRoom => break Stop::Output,
                        Flush::WouldBlock => break Stop::Disk,
                    }
                }
                if let Some(stop) = held
                    && read.is_some()
                    && behind
                {
                    break stop;
                }
                if let Some(read) = read {
                    at += read.encoded;
                    self.put_off(work, &read);
                    continue;
                }
            }
            let before = at;
            match self.stream.next(input, &mut at)? {
                Item::NeedMore => break Stop::Idle,
                Item::Request { .. }
                    if let Some(stop) = held
                        && behind =>
                {
                    self.stream.put_back(before, &mut at);
                    break stop;
                }
                Item::WriteBegin(head)
                    if let Some(stop) = held
                        && (passing || !self.writes.follows(&head)) =>
                {
                    self.stream.put_back(before, &mut at);
                    break stop;
                }
                Item::Init { version } => {
                    self.answers.version(version);
                }
                Item::Request { id, request } => {
                    self.writes.flush(work, &mut Books::of(&self.desk, &mut self.answers));
                    if self.desk.answer(work, &mut self.answers, id, &request) == Outcome::Disk {
                        self.stream.put_back(before, &mut at);
                        // What has been answered does not wait for it.
                        self.answers.send(work, self.channel)?;
                        break Stop::Disk;
                    }
                }
                Item::Malformed { id, kind, error } => {
                    self.desk.malformed(work.batch, &mut self.answers, id, kind, error)
                }
                Item::WriteBegin(head) => {
                    self.writes.begin(work, &mut Books::of(&self.desk, &mut self.answers), head)
                }
                Item::WriteData(range) => match place {
                    Place::Received(base) => {
                        // Given back when the disk has it.
                        given_back += range.len();
                        self.writes.add(
                            &Books::of(&self.desk, &mut self.answers),
                            base + range.start..base + range.end,
                        );
                    }
                    Place::Passing => {
                        let bytes = input.get(range).unwrap_or_default();
                        self.writes.write_now(work, &mut Books::of(&self.desk, &mut self.answers), bytes);
                    }
                },
                Item::WriteEnd => self.writes.end(&mut Books::of(&self.desk, &mut self.answers)),
            }
        };
        work.wire.worked_on(work.tx, self.channel, at - given_back)?;
        self.give_back(work)?;
        Ok((at, stop))
    }
}

impl Sftp {
    /// Sends the answers that are ready, once they are worth a packet; `false`: some remain.
    fn send_answers(&mut self, work: &mut Work<'_>) -> Result<bool, ChannelError> {
        if self.answers.len() < answers::WORTH_A_PACKET {
            return Ok(true);
        }
        self.answers.send(work, self.channel)
    }

    /// Puts a READ off in the hope of another that follows it.
    fn put_off(&mut self, work: &mut Work<'_>, read: &causeway_ssh::sftp::PeekedRead) {
        match self.desk.readable(read.handle) {
            Some(file) => {
                // What was written before is read.
                self.writes.flush(work, &mut Books::of(&self.desk, &mut self.answers));
                self.reads.add(read, file);
            }
            None => self.answers.status(read.id, causeway_ssh::sftp::Status::Failure),
        }
    }

    fn flush_reads(&mut self, work: &mut Work<'_>) -> Result<Flush, ChannelError> {
        self.reads.flush(work, self.channel, &mut self.desk, &mut self.answers)
    }
}
