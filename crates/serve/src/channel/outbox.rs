//! Bytes that are ready: they leave as the client's window and the output buffer take them.

use causeway_ssh::connection::ChannelId;

use super::{ChannelError, Work};

/// Room that is left in the output buffer for what the transport has to say.
const TRANSPORT_RESERVE: usize = 32 * 1024;
/// Memory that is kept when everything has left.
const KEEP: usize = 4096;

#[derive(Debug, Default)]
pub(crate) struct Outbox {
    bytes: Vec<u8>,
    sent: usize,
}

impl Outbox {
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.sent
    }

    #[cfg(test)]
    pub(crate) fn memory(&self) -> usize {
        self.bytes.len()
    }

    /// Where more is put.
    pub(crate) fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Sends what can be sent; whether that was all.
    pub(crate) fn send(&mut self, work: &mut Work<'_>, channel: ChannelId) -> Result<bool, ChannelError> {
        if self.is_empty() {
            return Ok(true);
        }
        let rest = self.bytes.get(self.sent..).unwrap_or_default();
        let room = work.tx.room().saturating_sub(TRANSPORT_RESERVE);
        self.sent += work.wire.send(work.tx, channel, rest, room)?;
        if self.sent < self.bytes.len() {
            return Ok(false);
        }
        self.sent = 0;
        self.bytes.clear();
        self.bytes.shrink_to(KEEP);
        Ok(true)
    }
}
