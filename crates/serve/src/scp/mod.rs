//! One run of `scp` in a channel: the client sends files ([`Sink`]), or receives them ([`Source`]).
//!
//! Content goes the ways that it goes with SFTP: read straight into the packets, written straight out of the receive
//! buffer, adjacent writes as one. A transfer that fails is told to the client in its place, and the next one follows,
//! as OpenSSH's `scp` does it.

mod expand;
mod sink;
mod source;
mod words;

use std::ops::Range;
use std::sync::Arc;

use causeway_core::{Clock, Monotonic};
use causeway_events::Batch;
use causeway_events::catalogue::ids;
use causeway_fs::Fs;
use causeway_ssh::connection::ChannelId;
use causeway_ssh::scp::{Command, Direction, say};

use crate::channel::inbox::Inbox;
use crate::channel::outbox::Outbox;
use crate::channel::{Account, ChannelError, Job, Place, Stop, Work};
use sink::Sink;
use source::Source;

/// Folders within each other that one run goes through.
const DEPTH_MAX: usize = 256;

/// One run.
#[derive(Debug)]
pub(crate) struct Scp {
    channel: ChannelId,
    /// The command line, for the events.
    line: Vec<u8>,
    inbox: Inbox,
    /// The client will send nothing more.
    eof: bool,
    talk: Talk,
    role: Role,
    /// The end was told.
    told: bool,
}

/// What both directions share.
#[derive(Debug)]
struct Talk {
    fs: Arc<Fs>,
    account: Account,
    outbox: Outbox,
    /// Why not everything went well, as far as it was said first.
    failure: Option<String>,
    /// The run is over: what is in the outbox is the last.
    over: bool,
}

#[derive(Debug)]
enum Role {
    Sink(Box<Sink>),
    Source(Box<Source>),
    Over,
}

impl Talk {
    fn ok(&mut self) {
        say::ok(self.outbox.bytes());
    }

    /// Says that something could not be done.
    fn warn(&mut self, text: &[u8]) {
        say::warning(self.outbox.bytes(), text);
        self.note(text);
    }

    /// The same for what a path names.
    fn warn_of(&mut self, path: &[u8], text: &str) {
        self.warn(&[path, b": ", text.as_bytes()].concat());
    }

    /// The other side has said that something could not be done.
    fn note(&mut self, text: &[u8]) {
        if self.failure.is_none() {
            let text = text.get(..1024).unwrap_or(text);
            self.failure = Some(String::from_utf8_lossy(text).into_owned());
        }
    }

    /// Gives up.
    fn give_up(&mut self, text: &[u8]) {
        self.warn(text);
        self.over = true;
    }
}

impl Scp {
    pub(crate) fn new(channel: ChannelId, fs: Arc<Fs>, account: Account, clock: Clock, line: &[u8]) -> Self {
        let mut talk = Talk { fs, account, outbox: Outbox::default(), failure: None, over: false };
        let role = match Command::parse(line) {
            Ok(command) => match command.direction {
                Direction::To(ref target) => Role::Sink(Box::new(Sink::new(&command, target.clone(), clock))),
                Direction::From(ref targets) => {
                    Role::Source(Box::new(Source::new(&command, targets.clone())))
                }
            },
            Err(error) => {
                talk.give_up(error.to_string().as_bytes());
                Role::Over
            }
        };
        let (inbox, line) = (Inbox::default(), line.to_vec());
        Self { channel, line, inbox, eof: false, talk, role, told: false }
    }

    pub(crate) fn channel(&self) -> ChannelId {
        self.channel
    }

    /// Whether a file is open: then a graceful stop waits.
    pub(crate) fn is_busy(&self) -> bool {
        match &self.role {
            Role::Sink(sink) => sink.is_busy(),
            Role::Source(source) => source.is_busy(),
            Role::Over => false,
        }
    }

    /// Whether something waits for the client to open its window.
    pub(crate) fn waits_for_client(&self) -> bool {
        !self.talk.outbox.is_empty() || matches!(&self.role, Role::Source(source) if source.is_sending())
    }

    pub(crate) fn owed(&self) -> u64 {
        match &self.role {
            // What waits has not been counted yet.
            Role::Sink(sink) if self.inbox.is_empty() => sink.owed(),
            _ => 0,
        }
    }

    pub(crate) fn take_job(&mut self) -> Option<Job> {
        self.sink()?.writes.take_job()
    }

    pub(crate) fn has_waiting_writes(&self) -> bool {
        matches!(&self.role, Role::Sink(sink) if sink.writes.has_waiting())
    }

    pub(crate) fn take_spare(&mut self) -> Option<Box<[u8]>> {
        self.sink()?.writes.take_spare()
    }

    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        self.inbox.memory() + self.talk.outbox.memory()
    }

    #[cfg(test)]
    pub(crate) fn find_slow(&mut self) {
        if let Some(sink) = self.sink() {
            sink.writes.find_slow();
        }
    }

    fn sink(&mut self) -> Option<&mut Sink> {
        match &mut self.role {
            Role::Sink(sink) => Some(sink),
            _ => None,
        }
    }

    pub(crate) fn finish_job(&mut self, work: &mut Work<'_>) -> Result<(), ChannelError> {
        match &mut self.role {
            Role::Sink(sink) => sink.finish_job(work, self.channel),
            _ => Ok(()),
        }
    }

    pub(crate) fn finish_writes(&mut self, work: &mut Work<'_>, alone: bool) -> Result<Stop, ChannelError> {
        match &mut self.role {
            Role::Sink(sink) => sink.finish_writes(work, self.channel, alone),
            _ => Ok(Stop::Idle),
        }
    }

    /// Takes bytes of the channel, at `range` of the receive buffer.
    pub(crate) fn receive(&mut self, work: &mut Work<'_>, range: Range<usize>) -> Result<Stop, ChannelError> {
        let rx = work.rx;
        let input = rx.bytes(range.clone());
        if !self.inbox.is_empty() {
            self.inbox.push(input);
            return self.resume(work);
        }
        let (taken, stop) = self.take(work, input, Place::Received(range.start))?;
        self.inbox.push(input.get(taken..).unwrap_or_default());
        Ok(stop)
    }

    /// Goes on with what waits.
    pub(crate) fn resume(&mut self, work: &mut Work<'_>) -> Result<Stop, ChannelError> {
        // Borrowed out, so that it can be read while the rest changes.
        let mut inbox = std::mem::take(&mut self.inbox);
        let (taken, stop) = self.take(work, inbox.bytes(), Place::Passing)?;
        inbox.drop_front(taken);
        self.inbox = inbox;
        Ok(stop)
    }

    /// The client will send nothing more.
    pub(crate) fn end_of_input(&mut self, work: &mut Work<'_>) -> Result<Stop, ChannelError> {
        self.eof = true;
        self.resume(work)
    }

    /// Works on input from its beginning, and says how many bytes were taken.
    fn take(
        &mut self,
        work: &mut Work<'_>,
        input: &[u8],
        place: Place,
    ) -> Result<(usize, Stop), ChannelError> {
        let mut at = 0;
        let mut stop = Stop::Idle;
        if !self.talk.over {
            stop = match &mut self.role {
                Role::Sink(sink) => {
                    sink.take(work, &mut self.talk, self.channel, (input, place, self.eof), &mut at)?
                }
                Role::Source(source) => {
                    source.pump(work, &mut self.talk, self.channel, (input, self.eof), &mut at)?
                }
                Role::Over => Stop::Idle,
            };
        }
        if self.talk.over {
            // Nobody reads the rest.
            work.wire.worked_on(work.tx, self.channel, input.len().saturating_sub(at))?;
            at = input.len();
            stop = self.end(work)?;
        }
        Ok((at, stop))
    }

    /// Says the last words.
    fn end(&mut self, work: &mut Work<'_>) -> Result<Stop, ChannelError> {
        if self.told {
            return Ok(Stop::Idle);
        }
        if self.is_busy() && !work.may_block {
            // Closing files may wait for the disk.
            return Ok(Stop::Disk);
        }
        self.abandon(work.batch, work.now);
        if !self.talk.outbox.send(work, self.channel)? {
            return Ok(Stop::Output);
        }
        self.told = true;
        let status = match self.talk.failure.take() {
            None => {
                work.batch.emit(ids::SSH_EXEC_ENDED).with("command", self.line.as_slice());
                0
            }
            Some(failure) => {
                work.batch
                    .emit(ids::SSH_EXEC_FAILED)
                    .with("command", self.line.as_slice())
                    .with("details", failure);
                1
            }
        };
        work.wire.finish(work.tx, self.channel, status)?;
        Ok(Stop::Idle)
    }

    /// The user may do something else now: what is open is judged again.
    pub(crate) fn renew(&mut self, fs: &Arc<Fs>, batch: &mut Batch) {
        let before = std::mem::replace(&mut self.talk.fs, fs.clone());
        match &mut self.role {
            Role::Sink(sink) => sink.renew(fs, batch),
            Role::Source(source) => source.renew(&before, fs, batch),
            Role::Over => {}
        }
    }

    /// The channel is gone: what is open is broken.
    pub(crate) fn close(&mut self, batch: &mut Batch, now: Monotonic) {
        self.abandon(batch, now);
        if !std::mem::replace(&mut self.told, true) {
            let details = self.talk.failure.take().unwrap_or_else(|| "the client went away".to_owned());
            batch.emit(ids::SSH_EXEC_FAILED).with("command", self.line.as_slice()).with("details", details);
        }
    }

    fn abandon(&mut self, batch: &mut Batch, now: Monotonic) {
        match std::mem::replace(&mut self.role, Role::Over) {
            Role::Sink(sink) => sink.abandon(batch, now),
            Role::Source(source) => source.abandon(batch, now),
            Role::Over => {}
        }
    }
}
