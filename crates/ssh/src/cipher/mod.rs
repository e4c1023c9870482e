//! The ciphers that protect packets. All are authenticated (AEAD), so MAC algorithms are never used.
//!
//! A packet is `length(4) | padding length(1) | payload | padding | tag`, sealed and opened where it lies.

mod chacha;
mod gcm;

use aws_lc_rs::aead::chacha20_poly1305_openssh::{OpeningKey, SealingKey};
use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM};

use crate::error::Error;
use crate::kex::KeySource;
use gcm::Gcm;

/// The length field of a packet.
pub(crate) const LENGTH: usize = 4;
/// The tag of every cipher here.
pub(crate) const TAG: usize = 16;

/// A cipher that can be negotiated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cipher {
    /// `aes256-gcm@openssh.com` (RFC 5647 with OpenSSH's rule of negotiation).
    Aes256Gcm,
    /// `aes128-gcm@openssh.com`.
    Aes128Gcm,
    /// `chacha20-poly1305@openssh.com` (OpenSSH PROTOCOL.chacha20poly1305).
    ChaCha20Poly1305,
}

impl Cipher {
    /// Every cipher, in the order offered by default: what modern processors do fastest first.
    pub const ALL: [Self; 3] = [Self::Aes256Gcm, Self::Aes128Gcm, Self::ChaCha20Poly1305];

    pub fn name(self) -> &'static str {
        match self {
            Self::Aes256Gcm => "aes256-gcm@openssh.com",
            Self::Aes128Gcm => "aes128-gcm@openssh.com",
            Self::ChaCha20Poly1305 => "chacha20-poly1305@openssh.com",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.name() == name)
    }
}

/// Protects the packets of one direction under one set of keys.
pub(crate) enum Sealer {
    /// Before the first key exchange.
    Clear,
    Gcm(Gcm),
    ChaCha(SealingKey),
}

impl Sealer {
    pub(crate) fn new(cipher: Cipher, keys: &KeySource<'_>) -> Result<Self, Error> {
        Ok(match cipher {
            Cipher::Aes256Gcm => Self::Gcm(Gcm::new(&AES_256_GCM, &*keys.key::<32>(), &keys.iv())?),
            Cipher::Aes128Gcm => Self::Gcm(Gcm::new(&AES_128_GCM, &*keys.key::<16>(), &keys.iv())?),
            Cipher::ChaCha20Poly1305 => Self::ChaCha(SealingKey::new(&keys.key())),
        })
    }

    /// What the padded part must be a multiple of, in bytes.
    pub(crate) fn block(&self) -> usize {
        match self {
            Self::Gcm(_) => 16,
            Self::Clear | Self::ChaCha(_) => 8,
        }
    }

    /// How many bytes of the length field count towards the block: all when clear (RFC 4253 section 6), none
    /// under an AEAD (RFC 5647 section 7.2, OpenSSH PROTOCOL).
    pub(crate) fn padded_length(&self) -> usize {
        if matches!(self, Self::Clear) { LENGTH } else { 0 }
    }

    pub(crate) fn tag(&self) -> usize {
        if matches!(self, Self::Clear) { 0 } else { TAG }
    }

    /// Seals a whole packet, its length field set and the place of its tag at its end. The caller never uses one
    /// sequence number twice under one key.
    #[inline]
    pub(crate) fn seal(&mut self, sequence: u32, packet: &mut [u8]) -> Result<(), Error> {
        match self {
            Self::Clear => Ok(()),
            Self::Gcm(gcm) => gcm.seal(packet),
            Self::ChaCha(key) => chacha::seal(key, sequence, packet),
        }
    }
}

/// Opens the packets of one direction under one set of keys.
pub(crate) enum Opener {
    /// Before the first key exchange.
    Clear,
    Gcm(Gcm),
    ChaCha(OpeningKey),
}

impl Opener {
    pub(crate) fn new(cipher: Cipher, keys: &KeySource<'_>) -> Result<Self, Error> {
        Ok(match cipher {
            Cipher::Aes256Gcm => Self::Gcm(Gcm::new(&AES_256_GCM, &*keys.key::<32>(), &keys.iv())?),
            Cipher::Aes128Gcm => Self::Gcm(Gcm::new(&AES_128_GCM, &*keys.key::<16>(), &keys.iv())?),
            Cipher::ChaCha20Poly1305 => Self::ChaCha(OpeningKey::new(&keys.key())),
        })
    }

    /// What a packet's length must be a multiple of, and how much of the length field counts towards it.
    pub(crate) fn block(&self) -> (usize, usize) {
        match self {
            Self::Clear => (8, LENGTH),
            Self::Gcm(_) => (16, 0),
            Self::ChaCha(_) => (8, 0),
        }
    }

    pub(crate) fn tag(&self) -> usize {
        if matches!(self, Self::Clear) { 0 } else { TAG }
    }

    /// The packet's length as its first four bytes say. It is not authenticated yet: good for nothing but
    /// to wait for that many bytes, within bounds.
    #[inline]
    pub(crate) fn length(&self, sequence: u32, field: [u8; LENGTH]) -> u32 {
        u32::from_be_bytes(match self {
            Self::Clear | Self::Gcm(_) => field,
            Self::ChaCha(key) => key.decrypt_packet_length(sequence, field),
        })
    }

    /// Authenticates and decrypts a whole packet, its tag at its end. The bytes after the length field are clear
    /// afterwards; after an error they are worthless.
    #[inline]
    pub(crate) fn open(&mut self, sequence: u32, packet: &mut [u8]) -> Result<(), Error> {
        match self {
            Self::Clear => Ok(()),
            Self::Gcm(gcm) => gcm.open(packet),
            Self::ChaCha(key) => chacha::open(key, sequence, packet),
        }
    }
}

/// The parts of a packet: length field, what is encrypted, tag.
type Parts<'a> = (&'a mut [u8; LENGTH], &'a mut [u8], &'a mut [u8; TAG]);

fn parts(packet: &mut [u8]) -> Option<Parts<'_>> {
    let (length, rest) = packet.split_first_chunk_mut()?;
    let (body, tag) = rest.split_last_chunk_mut()?;
    Some((length, body, tag))
}

#[cfg(test)]
mod tests;
