//! What protects packets: ciphers that authenticate (AEAD), and ciphers with a MAC beside them.
//!
//! A packet is `length(4) | padding length(1) | payload | padding | tag`, sealed and opened where it lies.
//!
//! - `gcm`, `chacha`: the AEADs.
//! - `block`: AES in counter mode and in the legacy CBC mode. `mac`: the MACs. `macced`: the two joined.

mod block;
mod chacha;
mod gcm;
mod mac;
mod macced;

use aws_lc_rs::aead::chacha20_poly1305_openssh::{OpeningKey, SealingKey};
use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM};

use crate::error::Error;
use crate::kex::KeySource;
use block::{BLOCK, CbcOpening, CbcSealing, Counter, KeyLength};
use gcm::Gcm;
pub use mac::Mac;
use mac::MacKey;
use macced::Macced;

/// The length field of a packet.
pub(crate) const LENGTH: usize = 4;
/// The tag of every AEAD here.
pub(crate) const TAG: usize = 16;
/// The longest tag of all: that of HMAC-SHA-512.
pub(crate) const LONGEST_TAG: usize = 64;

/// A cipher that can be negotiated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cipher {
    /// `aes256-gcm@openssh.com` (RFC 5647 with OpenSSH's rule of negotiation).
    Aes256Gcm,
    /// `aes128-gcm@openssh.com`.
    Aes128Gcm,
    /// `chacha20-poly1305@openssh.com` (OpenSSH PROTOCOL.chacha20poly1305).
    ChaCha20Poly1305,
    /// `aes256-ctr` (RFC 4344).
    Aes256Ctr,
    Aes192Ctr,
    Aes128Ctr,
    /// `aes256-cbc` (RFC 4253): legacy.
    Aes256Cbc,
    Aes192Cbc,
    Aes128Cbc,
}

impl Cipher {
    /// Every cipher there is, in the order of preference: what modern processors do fastest first.
    pub const ALL: [Self; 9] = [
        Self::Aes256Gcm,
        Self::Aes128Gcm,
        Self::ChaCha20Poly1305,
        Self::Aes256Ctr,
        Self::Aes192Ctr,
        Self::Aes128Ctr,
        Self::Aes256Cbc,
        Self::Aes192Cbc,
        Self::Aes128Cbc,
    ];
    /// Those that are offered unless somebody asks for others.
    pub const SOUND: [Self; 6] = [
        Self::Aes256Gcm,
        Self::Aes128Gcm,
        Self::ChaCha20Poly1305,
        Self::Aes256Ctr,
        Self::Aes192Ctr,
        Self::Aes128Ctr,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Aes256Gcm => "aes256-gcm@openssh.com",
            Self::Aes128Gcm => "aes128-gcm@openssh.com",
            Self::ChaCha20Poly1305 => "chacha20-poly1305@openssh.com",
            Self::Aes256Ctr => "aes256-ctr",
            Self::Aes192Ctr => "aes192-ctr",
            Self::Aes128Ctr => "aes128-ctr",
            Self::Aes256Cbc => "aes256-cbc",
            Self::Aes192Cbc => "aes192-cbc",
            Self::Aes128Cbc => "aes128-cbc",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.name() == name)
    }

    /// Whether it authenticates by itself, so that no MAC is negotiated (OpenSSH PROTOCOL section 1.6).
    pub fn is_aead(self) -> bool {
        matches!(self, Self::Aes256Gcm | Self::Aes128Gcm | Self::ChaCha20Poly1305)
    }

    fn key_length(self) -> KeyLength {
        match self {
            Self::Aes128Gcm | Self::Aes128Ctr | Self::Aes128Cbc => KeyLength::Aes128,
            Self::Aes192Ctr | Self::Aes192Cbc => KeyLength::Aes192,
            Self::Aes256Gcm | Self::ChaCha20Poly1305 | Self::Aes256Ctr | Self::Aes256Cbc => KeyLength::Aes256,
        }
    }
}

/// What one direction is protected by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protection {
    pub cipher: Cipher,
    /// None: the cipher needs none.
    pub mac: Option<Mac>,
}

impl Protection {
    /// The name of the MAC in events.
    pub fn mac_name(&self) -> &'static str {
        self.mac.map_or("AEAD", Mac::name)
    }

    fn mac_key(&self, keys: &KeySource<'_>) -> Result<MacKey, Error> {
        self.mac.map(|mac| MacKey::new(mac, keys)).ok_or(Error::Crypto)
    }
}

/// Protects the packets of one direction under one set of keys.
pub(crate) enum Sealer {
    /// Before the first key exchange.
    Clear,
    Gcm(Gcm),
    ChaCha(SealingKey),
    Macced(Box<Macced>),
}

impl Sealer {
    pub(crate) fn new(protection: Protection, keys: &KeySource<'_>) -> Result<Self, Error> {
        let mac = |keys| protection.mac_key(keys);
        let length = protection.cipher.key_length();
        Ok(match protection.cipher {
            Cipher::Aes256Gcm => Self::Gcm(Gcm::new(&AES_256_GCM, &*keys.key::<32>(), &keys.iv())?),
            Cipher::Aes128Gcm => Self::Gcm(Gcm::new(&AES_128_GCM, &*keys.key::<16>(), &keys.iv())?),
            Cipher::ChaCha20Poly1305 => Self::ChaCha(SealingKey::new(&keys.key())),
            Cipher::Aes256Ctr | Cipher::Aes192Ctr | Cipher::Aes128Ctr => {
                Self::Macced(Box::new(Macced::new(Counter::new(length, keys)?, mac(keys)?)))
            }
            Cipher::Aes256Cbc | Cipher::Aes192Cbc | Cipher::Aes128Cbc => {
                Self::Macced(Box::new(Macced::new(CbcSealing::new(length, keys)?, mac(keys)?)))
            }
        })
    }

    /// What the padded part must be a multiple of, in bytes.
    pub(crate) fn block(&self) -> usize {
        match self {
            Self::Gcm(_) | Self::Macced(_) => BLOCK,
            Self::Clear | Self::ChaCha(_) => 8,
        }
    }

    /// How many bytes of the length field count towards the block: all when clear and when the MAC is of the clear
    /// packet (RFC 4253 section 6), none otherwise (RFC 5647 section 7.2, OpenSSH PROTOCOL).
    pub(crate) fn padded_length(&self) -> usize {
        match self {
            Self::Clear => LENGTH,
            Self::Macced(m) if !m.length_is_clear() => LENGTH,
            Self::Macced(_) | Self::Gcm(_) | Self::ChaCha(_) => 0,
        }
    }

    pub(crate) fn tag(&self) -> usize {
        match self {
            Self::Clear => 0,
            Self::Gcm(_) | Self::ChaCha(_) => TAG,
            Self::Macced(m) => m.tag(),
        }
    }

    /// Seals a whole packet, its length field set and the place of its tag at its end. The caller never uses one
    /// sequence number twice under one key.
    #[inline]
    pub(crate) fn seal(&mut self, sequence: u32, packet: &mut [u8]) -> Result<(), Error> {
        match self {
            Self::Clear => Ok(()),
            Self::Gcm(gcm) => gcm.seal(packet),
            Self::ChaCha(key) => chacha::seal(key, sequence, packet),
            Self::Macced(m) => m.seal(sequence, packet),
        }
    }
}

/// Opens the packets of one direction under one set of keys.
pub(crate) enum Opener {
    /// Before the first key exchange.
    Clear,
    Gcm(Gcm),
    ChaCha(OpeningKey),
    Macced(Box<Macced>),
}

impl Opener {
    pub(crate) fn new(protection: Protection, keys: &KeySource<'_>) -> Result<Self, Error> {
        let mac = |keys| protection.mac_key(keys);
        let length = protection.cipher.key_length();
        Ok(match protection.cipher {
            Cipher::Aes256Gcm => Self::Gcm(Gcm::new(&AES_256_GCM, &*keys.key::<32>(), &keys.iv())?),
            Cipher::Aes128Gcm => Self::Gcm(Gcm::new(&AES_128_GCM, &*keys.key::<16>(), &keys.iv())?),
            Cipher::ChaCha20Poly1305 => Self::ChaCha(OpeningKey::new(&keys.key())),
            Cipher::Aes256Ctr | Cipher::Aes192Ctr | Cipher::Aes128Ctr => {
                Self::Macced(Box::new(Macced::new(Counter::new(length, keys)?, mac(keys)?)))
            }
            Cipher::Aes256Cbc | Cipher::Aes192Cbc | Cipher::Aes128Cbc => {
                Self::Macced(Box::new(Macced::new(CbcOpening::new(length, keys)?, mac(keys)?)))
            }
        })
    }

    /// What a packet's length must be a multiple of, and how much of the length field counts towards it.
    pub(crate) fn block(&self) -> (usize, usize) {
        match self {
            Self::Clear => (8, LENGTH),
            Self::Macced(m) if !m.length_is_clear() => (BLOCK, LENGTH),
            Self::Gcm(_) | Self::Macced(_) => (BLOCK, 0),
            Self::ChaCha(_) => (8, 0),
        }
    }

    pub(crate) fn tag(&self) -> usize {
        match self {
            Self::Clear => 0,
            Self::Gcm(_) | Self::ChaCha(_) => TAG,
            Self::Macced(m) => m.tag(),
        }
    }

    /// How many bytes [`length`](Self::length) wants to see.
    #[inline]
    pub(crate) fn head(&self) -> usize {
        if self.decrypts_first() { BLOCK } else { LENGTH }
    }

    /// Whether something must be decrypted before anything is authenticated: then no error may tell what came out.
    #[inline]
    pub(crate) fn decrypts_first(&self) -> bool {
        matches!(self, Self::Macced(m) if !m.length_is_clear())
    }

    /// The packet's length as its first bytes say. It is not authenticated yet: good for nothing but to wait for that
    /// many bytes, within bounds.
    #[inline]
    pub(crate) fn length(&self, sequence: u32, head: &[u8]) -> u32 {
        let Some(field) = head.first_chunk::<LENGTH>() else { return 0 };
        u32::from_be_bytes(match self {
            Self::Clear | Self::Gcm(_) => *field,
            Self::ChaCha(key) => key.decrypt_packet_length(sequence, *field),
            Self::Macced(m) if m.length_is_clear() => *field,
            Self::Macced(m) => {
                let block = m.peek(head).unwrap_or_default();
                block.first_chunk().copied().unwrap_or_default()
            }
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
            Self::Macced(m) => m.open(sequence, packet),
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
