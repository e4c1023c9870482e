//! A cipher with a MAC beside it. Two orders exist: OpenSSH's `-etm` MACs authenticate what was encrypted and leave the
//! length in the clear; those of RFC 4253 section 6.4 authenticate what is then encrypted, length and all.

use super::LENGTH;
use super::block::{BLOCK, BlockMode};
use super::mac::MacKey;
use crate::error::Error;

/// One direction's cipher and MAC.
pub(crate) struct Macced {
    mode: Box<dyn BlockMode + Send + Sync>,
    mac: MacKey,
}

impl Macced {
    pub(super) fn new(mode: impl BlockMode + Send + Sync + 'static, mac: MacKey) -> Self {
        Self { mode: Box::new(mode), mac }
    }

    pub(super) fn tag(&self) -> usize {
        self.mac.mac().length()
    }

    /// Whether the length is in the clear and authenticated before anything is decrypted.
    pub(super) fn length_is_clear(&self) -> bool {
        self.mac.mac().is_after_encryption()
    }

    pub(super) fn seal(&mut self, sequence: u32, packet: &mut [u8]) -> Result<(), Error> {
        let split = packet.len().checked_sub(self.tag()).ok_or(Error::Slot)?;
        let (clear, tag) = packet.split_at_mut_checked(split).ok_or(Error::Slot)?;
        if self.length_is_clear() {
            self.mode.apply(clear.get_mut(LENGTH..).ok_or(Error::Slot)?)?;
            self.mac.sign(sequence, clear, tag)
        } else {
            self.mac.sign(sequence, clear, tag)?;
            self.mode.apply(clear)
        }
    }

    pub(super) fn open(&mut self, sequence: u32, packet: &mut [u8]) -> Result<(), Error> {
        let split = packet.len().checked_sub(self.tag()).ok_or(Error::Tag)?;
        let (sealed, tag) = packet.split_at_mut_checked(split).ok_or(Error::Tag)?;
        if self.length_is_clear() {
            self.mac.verify(sequence, sealed, tag)?;
            self.mode.apply(sealed.get_mut(LENGTH..).ok_or(Error::Tag)?)
        } else {
            self.mode.apply(sealed)?;
            self.mac.verify(sequence, sealed, tag)
        }
    }

    /// The first block of a packet, decrypted, of which the length is part.
    pub(super) fn peek(&self, head: &[u8]) -> Option<[u8; BLOCK]> {
        self.mode.peek(*head.first_chunk()?).ok()
    }
}
