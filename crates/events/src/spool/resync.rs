//! Finds whole frames behind damage, so that no number is given out twice.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::format::{FRAME_HEADER, FrameHeader, HASH, Hash, sha256};

/// Most bytes of a damaged segment that are looked at; a segment has a quarter of that.
const MOST: u64 = 256 << 20;
/// What is hashed at the most, in sizes of the segment: bytes from outside may look like headers of frames.
const MOST_HASHED: usize = 8;
/// Damage hides fewer events than this: a number far beyond is none of ours.
const MOST_HIDDEN: u64 = 1 << 40;

/// The number after the last whole frame that begins at `from` or behind it and has no lower number than `next`;
/// none if there is no such frame. A frame is known by its link, which is made of the link before it.
pub(super) fn number_after(path: &Path, from: u64, next: u64) -> io::Result<Option<u64>> {
    let mut bytes = Vec::new();
    let mut file = File::open(path)?;
    let link = u64::try_from(HASH).unwrap_or_default();
    file.seek(SeekFrom::Start(from.saturating_sub(link)))?;
    file.take(MOST).read_to_end(&mut bytes)?;
    let mut left = bytes.len().saturating_mul(MOST_HASHED);
    let mut found = None;
    let mut at = HASH;
    while at < bytes.len() && left > 0 {
        let least = found.unwrap_or(next);
        let Some(frame) = candidate(&bytes, at, least) else {
            at += 1;
            continue;
        };
        left = left.saturating_sub(frame.said.len());
        if sha256(frame.said) == frame.link {
            found = frame.header.next();
            at += frame.header.frame();
        } else {
            at += 1;
        }
    }
    Ok(found)
}

struct Candidate<'a> {
    header: FrameHeader,
    /// What its link is made of.
    said: &'a [u8],
    link: Hash,
}

/// What may be a frame there, by its header.
fn candidate(bytes: &[u8], at: usize, least: u64) -> Option<Candidate<'_>> {
    let header = FrameHeader::decode(bytes.get(at..)?.first_chunk::<FRAME_HEADER>()?)?;
    let ahead = header.next()?.checked_sub(least)?;
    let whole = bytes.get(at.checked_sub(HASH)?..at.checked_add(header.frame())?)?;
    let (said, link) = whole.split_last_chunk::<HASH>()?;
    (header.sequence >= least && ahead < MOST_HIDDEN).then_some(Candidate { header, said, link: *link })
}
