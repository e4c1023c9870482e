//! The MACs that go with ciphers which authenticate nothing (RFC 4253 section 6.4, RFC 6668), and the `-etm` ones of
//! OpenSSH (PROTOCOL section 1.5), which authenticate what was encrypted.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{self, Context, Key};

use crate::error::Error;
use crate::kex::KeySource;

/// A MAC that can be negotiated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mac {
    /// `hmac-sha2-256-etm@openssh.com`: over the encrypted packet, whose length stays in the clear.
    Sha256Etm,
    /// `hmac-sha2-512-etm@openssh.com`.
    Sha512Etm,
    /// `hmac-sha2-256` (RFC 6668): over the packet before it is encrypted.
    Sha256,
    /// `hmac-sha2-512`.
    Sha512,
    /// `hmac-sha1-etm@openssh.com`: legacy.
    Sha1Etm,
    /// `hmac-sha1` (RFC 4253): legacy.
    Sha1,
}

impl Mac {
    /// Every MAC there is, in the order of preference.
    pub const ALL: [Self; 6] =
        [Self::Sha256Etm, Self::Sha512Etm, Self::Sha256, Self::Sha512, Self::Sha1Etm, Self::Sha1];
    /// Those that are offered unless somebody asks for others.
    pub const SOUND: [Self; 4] = [Self::Sha256Etm, Self::Sha512Etm, Self::Sha256, Self::Sha512];

    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256Etm => "hmac-sha2-256-etm@openssh.com",
            Self::Sha512Etm => "hmac-sha2-512-etm@openssh.com",
            Self::Sha256 => "hmac-sha2-256",
            Self::Sha512 => "hmac-sha2-512",
            Self::Sha1Etm => "hmac-sha1-etm@openssh.com",
            Self::Sha1 => "hmac-sha1",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.name() == name)
    }

    /// Whether it authenticates the encrypted packet.
    pub fn is_after_encryption(self) -> bool {
        matches!(self, Self::Sha256Etm | Self::Sha512Etm | Self::Sha1Etm)
    }

    fn algorithm(self) -> hmac::Algorithm {
        match self {
            Self::Sha256Etm | Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha512Etm | Self::Sha512 => hmac::HMAC_SHA512,
            Self::Sha1Etm | Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        }
    }

    /// Bytes of a tag, and of a key.
    pub(super) fn length(self) -> usize {
        self.algorithm().digest_algorithm().output_len()
    }
}

/// One direction's key.
pub(super) struct MacKey {
    mac: Mac,
    key: Key,
}

impl MacKey {
    pub(super) fn new(mac: Mac, keys: &KeySource<'_>) -> Self {
        Self::of(mac, &keys.integrity_key(mac.length()))
    }

    pub(super) fn of(mac: Mac, key: &[u8]) -> Self {
        Self { mac, key: Key::new(mac.algorithm(), key) }
    }

    pub(super) fn mac(&self) -> Mac {
        self.mac
    }

    /// Writes the tag over the sequence number and `data`.
    pub(super) fn sign(&self, sequence: u32, data: &[u8], tag: &mut [u8]) -> Result<(), Error> {
        let computed = self.tag(sequence, data);
        if tag.len() != computed.as_ref().len() {
            return Err(Error::Slot);
        }
        tag.copy_from_slice(computed.as_ref());
        Ok(())
    }

    /// Compares in constant time.
    pub(super) fn verify(&self, sequence: u32, data: &[u8], tag: &[u8]) -> Result<(), Error> {
        verify_slices_are_equal(self.tag(sequence, data).as_ref(), tag).map_err(|_| Error::Tag)
    }

    fn tag(&self, sequence: u32, data: &[u8]) -> hmac::Tag {
        let mut context = Context::with_key(&self.key);
        context.update(&sequence.to_be_bytes());
        context.update(data);
        context.sign()
    }
}
