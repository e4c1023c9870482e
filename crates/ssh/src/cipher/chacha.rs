//! chacha20-poly1305@openssh.com: the nonce is the packet's sequence number; the length field is encrypted with
//! a key of its own; length and body are authenticated before the body is decrypted.

use aws_lc_rs::aead::chacha20_poly1305_openssh::{OpeningKey, SealingKey};

use super::TAG;
use crate::error::Error;

#[inline]
pub(super) fn seal(key: &SealingKey, sequence: u32, packet: &mut [u8]) -> Result<(), Error> {
    let (clear, tag) = packet.split_last_chunk_mut::<TAG>().ok_or(Error::Slot)?;
    if clear.len() < super::LENGTH {
        return Err(Error::Slot);
    }
    key.seal_in_place(sequence, clear, tag);
    Ok(())
}

#[inline]
pub(super) fn open(key: &OpeningKey, sequence: u32, packet: &mut [u8]) -> Result<(), Error> {
    let (sealed, tag) = packet.split_last_chunk_mut::<TAG>().ok_or(Error::Tag)?;
    if sealed.len() < super::LENGTH {
        return Err(Error::Tag);
    }
    key.open_in_place(sequence, sealed, tag).map_err(|_| Error::Tag)?;
    Ok(())
}
