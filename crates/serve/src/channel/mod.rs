//! What runs in a channel after login, and what all of it shares.
//!
//! - [`Channel`]: SFTP or SCP.
//! - [`wire`]: where output goes: into the packets of an SSH channel, or as it is.
//! - [`inbox`], [`outbox`]: bytes that wait, coming and going.
//! - [`writes`]: writes that become one, straight out of the receive buffer.
//! - [`open_file`]: a file that a client has open, and what is told of it.

pub(crate) mod inbox;
pub(crate) mod open_file;
pub(crate) mod outbox;
pub(crate) mod wire;
pub(crate) mod writes;

use std::ops::Range;
use std::sync::Arc;

use causeway_core::Monotonic;
use causeway_events::Batch;
use causeway_events::catalogue::ids;
use causeway_fs::{Fs, FsError, Wait};
use causeway_ssh::connection::ChannelId;
use causeway_ssh::server::ServerError;
use causeway_ssh::sftp::{Status, StreamError};
use causeway_ssh::{RxBuf, TxBuf};

use crate::deletions::Deletions;
use crate::scp::Scp;
use crate::sftp::Sftp;

pub(crate) use wire::{Window, Wire};
pub(crate) use writes::Job;

/// Bytes of the output buffer that data leaves free, for answers and for what the transport has to say.
pub(crate) const RESERVE: usize = 128 * 1024;

/// Output is written to the socket when there is so much of it.
pub(crate) const WORTH_A_WRITE: usize = 256 * 1024;

/// Why the connection cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChannelError {
    #[error(transparent)]
    Stream(#[from] StreamError),
    #[error(transparent)]
    Server(#[from] ServerError),
}

/// Who is served.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) name: Arc<str>,
    /// Attributes sent with OPEN and MKDIR are ignored.
    pub(crate) ignore_create_permissions: bool,
    /// The client names the link first in SYMLINK, as the draft does; others name the target first, as OpenSSH does.
    pub(crate) link_first: bool,
    /// Where deletions are put off, if they can be.
    pub(crate) deletions: Option<Arc<Deletions>>,
}

/// What a channel works with: everything but itself.
pub(crate) struct Work<'a> {
    pub(crate) wire: Wire<'a>,
    /// What was received; the data of writes that wait lies in it.
    pub(crate) rx: &'a RxBuf,
    pub(crate) tx: &'a mut TxBuf,
    pub(crate) batch: &'a mut Batch,
    pub(crate) now: Monotonic,
    /// The thread may wait for the disk.
    pub(crate) may_block: bool,
    /// The client has not opened its window for a while although answers wait: they are sent piecemeal.
    pub(crate) stalled: bool,
}

impl Work<'_> {
    /// Whether a read may wait for the disk.
    pub(crate) fn wait(&self) -> Wait {
        if self.may_block { Wait::Yes } else { Wait::No }
    }
}

/// Why working stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// There is nothing to work on.
    Idle,
    /// Answers wait for room in the output buffer, the client's window, or the end of a key exchange.
    Output,
    /// The disk has to be waited for.
    Disk,
    /// A write that is done elsewhere has to end first; its bell rings then.
    Job,
}

/// Where input lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the receive buffer, from this offset on: it stays there until the writes are done.
    Received(usize),
    /// Somewhere that is gone soon.
    Passing,
}

/// What runs in a channel.
#[derive(Debug)]
pub(crate) enum Channel {
    Sftp(Box<Sftp>),
    Scp(Box<Scp>),
}

/// Does the same with whichever it is.
macro_rules! whichever {
    ($channel:expr, $it:ident => $do:expr) => {
        match $channel {
            Channel::Sftp($it) => $do,
            Channel::Scp($it) => $do,
        }
    };
}

impl Channel {
    pub(crate) fn id(&self) -> ChannelId {
        whichever!(self, c => c.channel())
    }

    /// Whether a file is open: then a graceful stop waits.
    pub(crate) fn is_busy(&self) -> bool {
        whichever!(self, c => c.is_busy())
    }

    /// Whether something waits for the client to open its window.
    pub(crate) fn waits_for_client(&self) -> bool {
        whichever!(self, c => c.waits_for_client())
    }

    /// Bytes of the file that the client sends which have not been taken here yet.
    pub(crate) fn owed(&self) -> u64 {
        match self {
            // A request is short, and what follows it is not known.
            Channel::Sftp(_) => 0,
            Channel::Scp(scp) => scp.owed(),
        }
    }

    /// A large write that waits, to be done on a thread of its own with the storage of the receive buffer. To be asked
    /// for when all input has been worked on.
    pub(crate) fn take_job(&mut self) -> Option<Job> {
        whichever!(self, c => c.take_job())
    }

    /// Bytes of memory in what waits.
    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        whichever!(self, c => c.held())
    }

    /// Whether writes wait whose bytes lie in the receive buffer.
    pub(crate) fn has_waiting_writes(&self) -> bool {
        whichever!(self, c => c.has_waiting_writes())
    }

    /// Looks after a write that was done elsewhere, and goes on with what waits.
    pub(crate) fn go_on(&mut self, work: &mut Work<'_>) -> Result<Stop, ChannelError> {
        if let Channel::Sftp(sftp) = self {
            sftp.allow_a_step();
        }
        whichever!(self, c => {
            c.finish_job(work)?;
            c.resume(work)
        })
    }

    /// Whether a request has begun that takes steps. Meanwhile input is taken and put aside.
    pub(crate) fn is_in_steps(&self) -> bool {
        matches!(self, Channel::Sftp(sftp) if sftp.is_in_steps())
    }

    /// Does one step of the request that takes several. May block.
    pub(crate) fn step(&mut self, work: &mut Work<'_>) -> Result<Stop, ChannelError> {
        match self {
            Channel::Sftp(sftp) => sftp.step(work),
            Channel::Scp(_) => Ok(Stop::Idle),
        }
    }

    /// The storage of a receive buffer that came back from another thread.
    pub(crate) fn take_spare(&mut self) -> Option<Box<[u8]>> {
        whichever!(self, c => c.take_spare())
    }

    /// Does the writes that wait, before the receive buffer is used again, or says who has to; then goes on with what
    /// waits. `alone`: no other channel has bytes in the buffer.
    pub(crate) fn make_way(&mut self, work: &mut Work<'_>, alone: bool) -> Result<Stop, ChannelError> {
        whichever!(self, c => match c.finish_writes(work, alone)? {
            Stop::Disk => Ok(Stop::Disk),
            // What came since may have made way for what waits.
            _ => c.resume(work),
        })
    }

    /// Takes bytes of the channel, at `range` of the receive buffer.
    pub(crate) fn receive(&mut self, work: &mut Work<'_>, range: Range<usize>) -> Result<Stop, ChannelError> {
        whichever!(self, c => c.receive(work, range))
    }

    /// The client will send nothing more.
    pub(crate) fn end_of_input(&mut self, work: &mut Work<'_>) -> Result<Stop, ChannelError> {
        whichever!(self, c => c.end_of_input(work))
    }

    /// The user may do something else now: what is open is judged again.
    pub(crate) fn renew(&mut self, fs: &Arc<Fs>, batch: &mut Batch) {
        whichever!(self, c => c.renew(fs, batch));
    }

    /// The channel is gone: what is open is broken.
    pub(crate) fn close(&mut self, batch: &mut Batch, now: Monotonic, client: &[u8]) {
        whichever!(self, c => c.close(batch, now));
        match self {
            Channel::Sftp(_) => drop(batch.emit(ids::SFTP_SUBSYSTEM_CLOSED).with("client_version", client)),
            Channel::Scp(_) => drop(batch.emit(ids::SCP_SESSION_CLOSED)),
        }
    }

    #[cfg(test)]
    pub(crate) fn find_slow(&mut self) {
        whichever!(self, c => c.find_slow());
    }
}

/// What the client is told of a failure: fixed words, never the inner cause.
pub(crate) fn status_of(error: &FsError) -> Status {
    match error {
        FsError::Refused | FsError::Denied | FsError::Protected | FsError::ReadOnly => {
            Status::PermissionDenied
        }
        // As OpenSSH tells that a name leads through a file, or in a circle.
        FsError::NotFound | FsError::NotFolder | FsError::Loop => Status::NoSuchFile,
        FsError::Unsupported => Status::OpUnsupported,
        _ => Status::Failure,
    }
}
