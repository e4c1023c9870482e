//! Answers that are ready: they leave as the client's window and the output buffer take them.

use causeway_ssh::connection::ChannelId;
use causeway_ssh::sftp::{self, Handle, Ids, Kind, Status, Statvfs, reply};

use super::attributes::OWNER;
use super::desk::Failure;
use super::handles::MAX_OPEN;
use super::{SftpError, Work};

/// Answers are gathered up to here before they are made a packet.
pub(super) const WORTH_A_PACKET: usize = 16 * 1024;
/// Room that is left in the output buffer for what the transport has to say.
const TRANSPORT_RESERVE: usize = 32 * 1024;
/// Memory that is kept between two answers.
const KEEP: usize = 4096;

#[derive(Debug, Default)]
pub(super) struct Answers {
    bytes: Vec<u8>,
    sent: usize,
}

impl Answers {
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.sent
    }

    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        self.bytes.len()
    }

    /// Sends what can be sent; whether that was all.
    pub(super) fn send(&mut self, work: &mut Work<'_>, channel: ChannelId) -> Result<bool, SftpError> {
        if self.is_empty() {
            return Ok(true);
        }
        let rest = self.bytes.get(self.sent..).unwrap_or_default();
        let room = work.tx.room().saturating_sub(TRANSPORT_RESERVE);
        self.sent += work.server.send(work.tx, channel, rest, room)?;
        if self.sent < self.bytes.len() {
            return Ok(false);
        }
        self.sent = 0;
        self.bytes.clear();
        self.bytes.shrink_to(KEEP);
        Ok(true)
    }

    pub(super) fn status(&mut self, id: u32, status: Status) {
        reply::status(&mut self.bytes, id, status);
    }

    pub(super) fn status_with(&mut self, id: u32, status: Status, text: &str) {
        reply::status_with(&mut self.bytes, id, status, text);
    }

    /// The answer to what was not done.
    pub(super) fn failed(&mut self, id: u32, failure: &Failure) {
        match failure {
            Failure::Fs(_) => self.status(id, failure.status()),
            Failure::Status(status, text) => self.status_with(id, *status, text),
        }
    }

    pub(super) fn limits(&mut self, id: u32) {
        reply::limits(&mut self.bytes, id, u32::try_from(MAX_OPEN).unwrap_or(0));
    }

    /// The names that a session may know: its own.
    pub(super) fn names_by_id(&mut self, id: u32, users: Ids<'_>, groups: Ids<'_>, own: &str) {
        let name = |n: u32| if n == OWNER { own.as_bytes() } else { b"" };
        reply::names_by_id(&mut self.bytes, id, (users, groups), name, name);
    }

    pub(super) fn version(&mut self, _asked: u32) {
        reply::version(&mut self.bytes, Kind::ALL.iter().copied());
    }

    pub(super) fn handle(&mut self, id: u32, handle: Handle) {
        reply::handle(&mut self.bytes, id, handle);
    }

    pub(super) fn name(&mut self, id: u32, path: &[u8]) {
        reply::name(&mut self.bytes, id, path);
    }

    pub(super) fn attributes(&mut self, id: u32, attributes: &sftp::Attributes) {
        reply::attributes(&mut self.bytes, id, attributes);
    }

    pub(super) fn statvfs(&mut self, id: u32, s: &Statvfs) {
        reply::statvfs(&mut self.bytes, id, s);
    }

    /// Bytes behind what is ready, for answers that are built in place.
    pub(super) fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }
}

/// What the client is told of a failure: fixed words, never the inner cause.
pub(super) fn status_of(error: &causeway_fs::FsError) -> Status {
    use causeway_fs::FsError;
    match error {
        FsError::Refused | FsError::Denied | FsError::Protected | FsError::ReadOnly => {
            Status::PermissionDenied
        }
        FsError::NotFound => Status::NoSuchFile,
        FsError::Unsupported => Status::OpUnsupported,
        _ => Status::Failure,
    }
}
