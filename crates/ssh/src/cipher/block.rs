//! AES in counter mode (RFC 4344), and in the legacy CBC mode (RFC 4253 section 6.3), where packets lie. Both go on from
//! packet to packet: what the last one left decides about the next.

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, Algorithm, DecryptingKey, DecryptionContext, EncryptingKey, EncryptionContext,
    UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;

use crate::error::Error;
use crate::kex::KeySource;

/// The block of AES.
pub(super) const BLOCK: usize = 16;

/// How long the key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyLength {
    Aes128,
    Aes192,
    Aes256,
}

impl KeyLength {
    fn algorithm(self) -> &'static Algorithm {
        match self {
            Self::Aes128 => &AES_128,
            Self::Aes192 => &AES_192,
            Self::Aes256 => &AES_256,
        }
    }

    fn key(self, keys: &KeySource<'_>) -> Result<UnboundCipherKey, Error> {
        let key = match self {
            Self::Aes128 => UnboundCipherKey::new(self.algorithm(), &*keys.key::<16>()),
            Self::Aes192 => UnboundCipherKey::new(self.algorithm(), &*keys.key::<24>()),
            Self::Aes256 => UnboundCipherKey::new(self.algorithm(), &*keys.key::<32>()),
        };
        key.map_err(|_| Error::Crypto)
    }
}

/// Encrypts, or decrypts, whole blocks in place.
pub(super) trait BlockMode {
    /// The next bytes of the direction, a multiple of [`BLOCK`].
    fn apply(&mut self, blocks: &mut [u8]) -> Result<(), Error>;

    /// What the next block is, without going on.
    fn peek(&self, block: [u8; BLOCK]) -> Result<[u8; BLOCK], Error>;
}

/// Counter mode, which is the same both ways. The counter comes from the key exchange and counts blocks; keys are
/// changed long before it returns (RFC 4344 section 3.2).
pub(super) struct Counter {
    key: EncryptingKey,
    next: u128,
}

impl Counter {
    pub(super) fn new(length: KeyLength, keys: &KeySource<'_>) -> Result<Self, Error> {
        Self::of(length.key(keys)?, *keys.iv())
    }

    pub(super) fn of(key: UnboundCipherKey, iv: [u8; BLOCK]) -> Result<Self, Error> {
        let key = EncryptingKey::ctr(key).map_err(|_| Error::Crypto)?;
        Ok(Self { key, next: u128::from_be_bytes(iv) })
    }

    fn encrypt(&self, bytes: &mut [u8]) -> Result<(), Error> {
        let context = EncryptionContext::Iv128(FixedLength::from(self.next.to_be_bytes()));
        self.key.less_safe_encrypt(bytes, context).map(drop).map_err(|_| Error::Crypto)
    }
}

impl BlockMode for Counter {
    fn apply(&mut self, blocks: &mut [u8]) -> Result<(), Error> {
        self.encrypt(blocks)?;
        let count = u128::try_from(blocks.len() / BLOCK).map_err(|_| Error::Crypto)?;
        self.next = self.next.wrapping_add(count);
        Ok(())
    }

    fn peek(&self, mut block: [u8; BLOCK]) -> Result<[u8; BLOCK], Error> {
        self.encrypt(&mut block)?;
        Ok(block)
    }
}

/// CBC on its way out: each packet begins with the last block of the one before.
pub(super) struct CbcSealing {
    key: EncryptingKey,
    last: [u8; BLOCK],
}

impl CbcSealing {
    pub(super) fn new(length: KeyLength, keys: &KeySource<'_>) -> Result<Self, Error> {
        Self::of(length.key(keys)?, *keys.iv())
    }

    pub(super) fn of(key: UnboundCipherKey, iv: [u8; BLOCK]) -> Result<Self, Error> {
        Ok(Self { key: EncryptingKey::cbc(key).map_err(|_| Error::Crypto)?, last: iv })
    }
}

impl BlockMode for CbcSealing {
    fn apply(&mut self, blocks: &mut [u8]) -> Result<(), Error> {
        let context = EncryptionContext::Iv128(FixedLength::from(self.last));
        self.key.less_safe_encrypt(blocks, context).map_err(|_| Error::Crypto)?;
        self.last = *blocks.last_chunk().ok_or(Error::Slot)?;
        Ok(())
    }

    fn peek(&self, block: [u8; BLOCK]) -> Result<[u8; BLOCK], Error> {
        Ok(block)
    }
}

/// CBC on its way in.
pub(super) struct CbcOpening {
    key: DecryptingKey,
    last: [u8; BLOCK],
}

impl CbcOpening {
    pub(super) fn new(length: KeyLength, keys: &KeySource<'_>) -> Result<Self, Error> {
        Self::of(length.key(keys)?, *keys.iv())
    }

    pub(super) fn of(key: UnboundCipherKey, iv: [u8; BLOCK]) -> Result<Self, Error> {
        Ok(Self { key: DecryptingKey::cbc(key).map_err(|_| Error::Crypto)?, last: iv })
    }

    fn decrypt(&self, bytes: &mut [u8]) -> Result<(), Error> {
        let context = DecryptionContext::Iv128(FixedLength::from(self.last));
        self.key.decrypt(bytes, context).map(drop).map_err(|_| Error::Crypto)
    }
}

impl BlockMode for CbcOpening {
    fn apply(&mut self, blocks: &mut [u8]) -> Result<(), Error> {
        let last = *blocks.last_chunk().ok_or(Error::Tag)?;
        self.decrypt(blocks)?;
        self.last = last;
        Ok(())
    }

    fn peek(&self, mut block: [u8; BLOCK]) -> Result<[u8; BLOCK], Error> {
        self.decrypt(&mut block)?;
        Ok(block)
    }
}
