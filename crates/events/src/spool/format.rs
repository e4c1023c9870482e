//! The frame around the records: segment headers, frame headers, the chain.

use aws_lc_rs::digest;
use causeway_core::{Timestamp, Uuid};

use super::wire::Take;

/// A link of the chain.
pub type Hash = [u8; HASH];

pub(super) const HASH: usize = 32;
pub(super) const MAGIC: [u8; 8] = *b"CWTRAIL1";
/// Bytes of a frame before its records: length of the records, their count, the sequence number of the first.
pub(super) const FRAME_HEADER: usize = 16;
/// Most bytes of records in one frame. Readers refuse more before they allocate.
pub(super) const MAX_BODY: usize = 4 << 20;
/// Most bytes of a segment header.
pub(super) const MAX_HEADER: usize = 256 << 10;
/// Bytes at which an append begins another frame.
pub(super) const FULL_BODY: usize = 1 << 20;

pub(super) fn sha256(bytes: &[u8]) -> Hash {
    let mut out = [0; HASH];
    // A SHA-256 digest has 32 bytes.
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

/// The header of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub node: Uuid,
    /// Segments count from 1.
    pub number: u64,
    /// The sequence number of the first event in it.
    pub first: u64,
    pub time: Timestamp,
    /// The chain at the end of the segment before; zeros in the first.
    pub previous: Hash,
    /// Names of members, by the index that records use.
    pub names: Vec<String>,
}

impl Header {
    /// The bytes of the header and the link that it adds to the chain (they end with it).
    pub(super) fn encode(&self) -> (Vec<u8>, Hash) {
        let mut out = Vec::with_capacity(4096);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(self.node.as_bytes());
        out.extend_from_slice(&self.number.to_le_bytes());
        out.extend_from_slice(&self.first.to_le_bytes());
        out.extend_from_slice(&self.time.0.to_le_bytes());
        out.extend_from_slice(&self.previous);
        out.extend_from_slice(&u16::try_from(self.names.len()).unwrap_or(u16::MAX).to_le_bytes());
        for name in self.names.iter().take(usize::from(u16::MAX)) {
            let name = name.as_bytes().get(..255).unwrap_or(name.as_bytes());
            out.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
            out.extend_from_slice(name);
        }
        let len = u32::try_from(out.len() + HASH).unwrap_or(u32::MAX);
        if let Some(place) = out.get_mut(8..12) {
            place.copy_from_slice(&len.to_le_bytes());
        }
        let hash = sha256(&out);
        out.extend_from_slice(&hash);
        (out, hash)
    }

    /// The length that a header says it has, from its first 12 bytes.
    pub(super) fn length(start: &[u8; 12]) -> Option<usize> {
        let mut take = Take(start);
        if take.array::<8>()? != MAGIC {
            return None;
        }
        usize::try_from(take.u32()?).ok().filter(|n| (12 + HASH..=MAX_HEADER).contains(n))
    }

    /// Reads a whole header: itself, the link that stands at its end, and whether that link is true.
    pub(super) fn decode(bytes: &[u8]) -> Option<(Self, Hash, bool)> {
        let (said, hash) = bytes.split_last_chunk::<HASH>()?;
        let mut take = Take(said);
        take.slice(12)?;
        let mut header = Header {
            node: Uuid::from_bytes(take.array()?),
            number: take.u64()?,
            first: take.u64()?,
            time: Timestamp(take.u64()?),
            previous: take.array()?,
            names: Vec::new(),
        };
        for _ in 0..take.u16()? {
            let n = usize::from(take.u8()?);
            header.names.push(String::from_utf8(take.slice(n)?.to_vec()).ok()?);
        }
        if !take.is_empty() {
            return None;
        }
        Some((header, *hash, sha256(said) == *hash))
    }
}

/// The header of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrameHeader {
    /// Bytes of records.
    pub body: usize,
    /// Records in it; at least one.
    pub count: u32,
    /// The sequence number of the first.
    pub sequence: u64,
}

impl FrameHeader {
    pub(super) fn encode(body: usize, count: u32, sequence: u64) -> [u8; FRAME_HEADER] {
        let mut out = [0; FRAME_HEADER];
        let (a, rest) = out.split_at_mut(4);
        let (b, c) = rest.split_at_mut(4);
        a.copy_from_slice(&u32::try_from(body).unwrap_or(u32::MAX).to_le_bytes());
        b.copy_from_slice(&count.to_le_bytes());
        c.copy_from_slice(&sequence.to_le_bytes());
        out
    }

    /// `None` for what no writer ever wrote.
    pub(super) fn decode(bytes: &[u8; FRAME_HEADER]) -> Option<Self> {
        let mut take = Take(bytes);
        let body = usize::try_from(take.u32()?).ok()?;
        let count = take.u32()?;
        let sequence = take.u64()?;
        let sane = body <= MAX_BODY && count > 0 && usize::try_from(count).is_ok_and(|c| c <= body);
        sane.then_some(Self { body, count, sequence })
    }

    /// Bytes of the whole frame.
    pub(super) fn frame(&self) -> usize {
        FRAME_HEADER + self.body + HASH
    }

    /// The sequence number after this frame; `None` at the end of numbers.
    pub(super) fn next(&self) -> Option<u64> {
        self.sequence.checked_add(u64::from(self.count))
    }
}
