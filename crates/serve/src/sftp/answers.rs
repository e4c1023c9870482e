//! Answers that are ready: they leave as the client's window and the output buffer take them.

use causeway_ssh::connection::ChannelId;
use causeway_ssh::sftp::{self, Handle, Ids, Kind, Status, Statvfs, reply};

use super::attributes::OWNER;
use super::desk::Failure;
use super::handles::MAX_OPEN;
use crate::channel::outbox::Outbox;
use crate::channel::{ChannelError, Work};

/// Answers are gathered up to here before they are made a packet.
pub(super) const WORTH_A_PACKET: usize = 16 * 1024;
#[derive(Debug, Default)]
pub(super) struct Answers(Outbox);

impl Answers {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        self.0.memory()
    }

    /// Sends what can be sent; whether that was all.
    pub(super) fn send(&mut self, work: &mut Work<'_>, channel: ChannelId) -> Result<bool, ChannelError> {
        self.0.send(work, channel)
    }

    pub(super) fn status(&mut self, id: u32, status: Status) {
        reply::status(self.0.bytes(), id, status);
    }

    pub(super) fn status_with(&mut self, id: u32, status: Status, text: &str) {
        reply::status_with(self.0.bytes(), id, status, text);
    }

    /// The answer to what was not done.
    pub(super) fn failed(&mut self, id: u32, failure: &Failure) {
        match failure {
            Failure::Fs(_) => self.status(id, failure.status()),
            Failure::Status(status, text) => self.status_with(id, *status, text),
        }
    }

    pub(super) fn limits(&mut self, id: u32) {
        reply::limits(self.0.bytes(), id, u32::try_from(MAX_OPEN).unwrap_or(0));
    }

    /// The names that a session may know: its own.
    pub(super) fn names_by_id(&mut self, id: u32, users: Ids<'_>, groups: Ids<'_>, own: &str) {
        let name = |n: u32| if n == OWNER { own.as_bytes() } else { b"" };
        reply::names_by_id(self.0.bytes(), id, (users, groups), name, name);
    }

    pub(super) fn version(&mut self, _asked: u32) {
        reply::version(self.0.bytes(), Kind::ALL.iter().copied());
    }

    pub(super) fn handle(&mut self, id: u32, handle: Handle) {
        reply::handle(self.0.bytes(), id, handle);
    }

    pub(super) fn name(&mut self, id: u32, path: &[u8]) {
        reply::name(self.0.bytes(), id, path);
    }

    pub(super) fn attributes(&mut self, id: u32, attributes: &sftp::Attributes) {
        reply::attributes(self.0.bytes(), id, attributes);
    }

    pub(super) fn statvfs(&mut self, id: u32, s: &Statvfs) {
        reply::statvfs(self.0.bytes(), id, s);
    }

    pub(super) fn check_file(&mut self, id: u32, algorithm: &str, hashes: &[u8]) {
        reply::check_file(self.0.bytes(), id, algorithm, hashes);
    }

    pub(super) fn space_available(&mut self, id: u32, bytes: [u64; 4], block: u32) {
        reply::space_available(self.0.bytes(), id, bytes, block);
    }

    /// Bytes behind what is ready, for answers that are built in place.
    pub(super) fn bytes(&mut self) -> &mut Vec<u8> {
        self.0.bytes()
    }
}
