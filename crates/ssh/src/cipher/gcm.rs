//! AES-GCM (RFC 5647): the length field is authenticated but not encrypted; the nonce is 4 fixed bytes and a
//! counter of 8 bytes, both from the key exchange.

use aws_lc_rs::aead::{Aad, Algorithm, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use super::{LENGTH, TAG, parts};
use crate::error::Error;

/// One direction's key and its next nonce.
pub(crate) struct Gcm {
    key: LessSafeKey,
    fixed: [u8; 4],
    counter: u64,
}

impl Gcm {
    /// `iv` is the first nonce.
    pub(super) fn new(
        algorithm: &'static Algorithm,
        key: &[u8],
        iv: &[u8; NONCE_LEN],
    ) -> Result<Self, Error> {
        let key = UnboundKey::new(algorithm, key).map_err(|_| Error::Crypto)?;
        let [a, b, c, d, counter @ ..] = *iv;
        Ok(Self { key: LessSafeKey::new(key), fixed: [a, b, c, d], counter: u64::from_be_bytes(counter) })
    }

    /// The counter runs modulo 2^64 from where the key exchange put it. A key ends after 2^32 packets at the
    /// latest (`transport::packet`), so that it never meets its first value again.
    #[inline]
    pub(super) fn next_nonce(&mut self) -> Nonce {
        let mut nonce = [0; NONCE_LEN];
        if let Some((fixed, counter)) = nonce.split_first_chunk_mut::<4>() {
            *fixed = self.fixed;
            counter.copy_from_slice(&self.counter.to_be_bytes());
        }
        self.counter = self.counter.wrapping_add(1);
        Nonce::assume_unique_for_key(nonce)
    }

    #[inline]
    pub(super) fn seal(&mut self, packet: &mut [u8]) -> Result<(), Error> {
        let nonce = self.next_nonce();
        let (length, body, tag) = parts(packet).ok_or(Error::Slot)?;
        let sealed = self.key.seal_in_place_separate_tag(nonce, Aad::from(*length), body);
        tag.copy_from_slice(sealed.map_err(|_| Error::Crypto)?.as_ref());
        Ok(())
    }

    #[inline]
    pub(super) fn open(&mut self, packet: &mut [u8]) -> Result<(), Error> {
        let nonce = self.next_nonce();
        let (length, sealed) = packet.split_first_chunk_mut::<LENGTH>().ok_or(Error::Tag)?;
        if sealed.len() < TAG {
            return Err(Error::Tag);
        }
        self.key.open_in_place(nonce, Aad::from(*length), sealed).map_err(|_| Error::Tag)?;
        Ok(())
    }
}
