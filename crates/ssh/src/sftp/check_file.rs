//! Hashes of what is in a file (draft-ietf-secsh-filexfer-extensions-00 section 3).

use aws_lc_rs::digest::{self, Context};

use super::MAX_PACKET;
use crate::wire::{Reader, WireError};

/// The smallest block, in bytes, that may be asked for.
const SMALLEST_BLOCK: u32 = 256;
/// Bytes of hashes in one answer.
const MOST: u64 = MAX_PACKET as u64 - 1024;

/// What is to be hashed, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check<'a> {
    /// Names of algorithms, separated by commas, the most wanted first.
    pub algorithms: &'a [u8],
    pub offset: u64,
    /// 0: to the end.
    pub length: u64,
    /// Bytes that are hashed together; 0: all of them.
    pub block: u32,
}

/// A hash that is offered. MD5 and CRC-32 are not: they prove nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashName {
    Sha512,
    Sha384,
    Sha256,
    Sha224,
    Sha1,
}

/// Why there are no hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    #[error("none of the hash algorithms is offered")]
    NoAlgorithm,
    #[error("blocks must have 256 bytes or more")]
    SmallBlocks,
    #[error("the hashes of so many blocks do not fit one answer")]
    TooMany,
}

impl<'a> Check<'a> {
    pub(super) fn read(r: &mut Reader<'a>) -> Result<Self, WireError> {
        Ok(Self { algorithms: r.string()?, offset: r.u64()?, length: r.u64()?, block: r.u32()? })
    }
}

impl HashName {
    const ALL: [HashName; 5] =
        [HashName::Sha512, HashName::Sha384, HashName::Sha256, HashName::Sha224, HashName::Sha1];

    /// The first of a list that is offered.
    fn first(list: &[u8]) -> Option<Self> {
        let mut names = list.split(|b| *b == b',').map(<[u8]>::trim_ascii);
        names.find_map(|name| Self::ALL.into_iter().find(|a| a.name().as_bytes() == name))
    }

    pub fn name(self) -> &'static str {
        match self {
            HashName::Sha512 => "sha512",
            HashName::Sha384 => "sha384",
            HashName::Sha256 => "sha256",
            HashName::Sha224 => "sha224",
            HashName::Sha1 => "sha1",
        }
    }

    fn algorithm(self) -> &'static digest::Algorithm {
        match self {
            HashName::Sha512 => &digest::SHA512,
            HashName::Sha384 => &digest::SHA384,
            HashName::Sha256 => &digest::SHA256,
            HashName::Sha224 => &digest::SHA224,
            HashName::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        }
    }
}

/// The hashes of one file, as its bytes come.
pub struct Hashes {
    name: HashName,
    /// Bytes of a block; none: there is one block.
    block: Option<u64>,
    context: Context,
    /// Bytes of the block that have come.
    filled: u64,
    done: Vec<u8>,
}

impl Hashes {
    /// For so many bytes.
    pub fn new(what: &Check<'_>, length: u64) -> Result<Self, CheckError> {
        let name = HashName::first(what.algorithms).ok_or(CheckError::NoAlgorithm)?;
        let algorithm = name.algorithm();
        let block = match what.block {
            0 => None,
            1..SMALLEST_BLOCK => return Err(CheckError::SmallBlocks),
            block => Some(u64::from(block)),
        };
        let blocks = block.map_or(1, |block| length.div_ceil(block));
        let size = u64::try_from(algorithm.output_len()).unwrap_or(u64::MAX);
        if blocks.checked_mul(size).is_none_or(|bytes| bytes > MOST) {
            return Err(CheckError::TooMany);
        }
        Ok(Self { name, block, context: Context::new(algorithm), filled: 0, done: Vec::new() })
    }

    pub fn name(&self) -> HashName {
        self.name
    }

    /// The next bytes.
    pub fn add(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = self.block.map_or(u64::MAX, |block| block.saturating_sub(self.filled));
            let n = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
            let (now, rest) = bytes.split_at_checked(n).unwrap_or((bytes, &[]));
            self.context.update(now);
            self.filled = self.filled.saturating_add(u64::try_from(n).unwrap_or(u64::MAX));
            bytes = rest;
            if self.block == Some(self.filled) {
                self.end_block();
            }
        }
    }

    fn end_block(&mut self) {
        let context = std::mem::replace(&mut self.context, Context::new(self.name.algorithm()));
        self.done.extend_from_slice(context.finish().as_ref());
        self.filled = 0;
    }

    /// One hash after the other. Without blocks there is one, be it of nothing.
    pub fn finish(mut self) -> Vec<u8> {
        if self.filled > 0 || self.block.is_none() {
            self.end_block();
        }
        self.done
    }
}

impl std::fmt::Debug for Hashes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hashes({}, {} bytes)", self.name.name(), self.done.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(algorithms: &str, block: u32, length: u64) -> Result<Hashes, CheckError> {
        Hashes::new(&Check { algorithms: algorithms.as_bytes(), offset: 0, length: 0, block }, length)
    }

    fn sha256(bytes: &[u8]) -> Vec<u8> {
        digest::digest(&digest::SHA256, bytes).as_ref().to_vec()
    }

    #[test]
    fn each_block_has_its_hash_however_the_bytes_come() {
        let bytes: Vec<u8> = (0..1000).map(|n| u8::try_from(n % 251).unwrap()).collect();
        let expected: Vec<u8> = bytes.chunks(300).flat_map(sha256).collect();
        for piece in [1, 7, 299, 300, 301, 1000] {
            let mut h = hashes("md5, sha256,sha1", 300, 1000).unwrap();
            assert_eq!(h.name(), HashName::Sha256);
            bytes.chunks(piece).for_each(|part| h.add(part));
            assert_eq!(h.finish(), expected);
        }
        let mut whole = hashes("sha256", 0, 1000).unwrap();
        whole.add(&bytes);
        assert_eq!(whole.finish(), sha256(&bytes));
        assert_eq!(hashes("sha256", 0, 0).unwrap().finish(), sha256(b""));
        assert_eq!(hashes("sha256", 256, 0).unwrap().finish(), b"");
    }

    #[test]
    fn what_cannot_be_answered_is_refused_before_it_costs_anything() {
        let refused = |algorithms, block, length| hashes(algorithms, block, length).err();
        assert_eq!(refused("md5,crc32", 0, 1), Some(CheckError::NoAlgorithm));
        assert_eq!(refused("", 0, 1), Some(CheckError::NoAlgorithm));
        assert_eq!(refused("sha256", 255, 1), Some(CheckError::SmallBlocks));
        assert_eq!(refused("sha256", 256, 1 << 40), Some(CheckError::TooMany));
        assert_eq!(refused("sha1", 256, u64::MAX), Some(CheckError::TooMany));
        assert!(hashes("sha256", u32::MAX, 1 << 40).is_ok());
    }
}
