//! Walks over the frames of one segment and recomputes the chain. Recovery and verification share it.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use aws_lc_rs::digest;

use super::format::{FRAME_HEADER, FrameHeader, HASH, Hash};

/// One frame that was walked over.
#[derive(Debug)]
pub(super) struct Step {
    pub offset: u64,
    pub header: FrameHeader,
    pub body: Vec<u8>,
    /// The link that stands in the file.
    pub link: Hash,
    /// Whether it follows from the link before it and the frame.
    pub link_is_true: bool,
}

/// How a segment ends behind its last whole frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Clean,
    /// The file ends inside a frame, or in blocks that were never written.
    Torn {
        bytes: u64,
    },
    /// Bytes that no writer wrote.
    Nonsense {
        bytes: u64,
    },
}

pub(super) struct Walk {
    input: BufReader<File>,
    size: u64,
    pub offset: u64,
    /// The chain so far. After a wrong link it goes on from the one that stands in the file, so that one change
    /// is found once.
    pub chain: Hash,
}

impl Walk {
    /// Begins at `offset`, the end of the header or of a frame, where the chain has the value `chain`.
    pub(super) fn new(mut file: File, offset: u64, chain: Hash) -> io::Result<Self> {
        file.seek(SeekFrom::Start(offset))?;
        let size = file.metadata()?.len();
        Ok(Self { input: BufReader::with_capacity(256 << 10, file), size, offset, chain })
    }

    /// The next whole frame, or how the segment ends.
    pub(super) fn step(&mut self) -> io::Result<Result<Step, End>> {
        let left = self.size.saturating_sub(self.offset);
        if left == 0 {
            return Ok(Err(End::Clean));
        }
        let mut start = [0; FRAME_HEADER];
        if left < u64::try_from(FRAME_HEADER).unwrap_or_default() {
            return Ok(Err(End::Torn { bytes: left }));
        }
        self.input.read_exact(&mut start)?;
        let Some(header) = FrameHeader::decode(&start) else {
            let empty = start.iter().all(|b| *b == 0) && self.rest_is_zero()?;
            return Ok(Err(if empty { End::Torn { bytes: left } } else { End::Nonsense { bytes: left } }));
        };
        let frame = u64::try_from(header.frame()).unwrap_or(u64::MAX);
        if left < frame {
            return Ok(Err(End::Torn { bytes: left }));
        }
        let mut body = vec![0; header.body];
        let mut link = [0; HASH];
        self.input.read_exact(&mut body)?;
        self.input.read_exact(&mut link)?;
        let link_is_true = next_link(&self.chain, &start, &body) == link;
        let step = Step { offset: self.offset, header, body, link, link_is_true };
        self.offset += frame;
        self.chain = link;
        Ok(Ok(step))
    }

    fn rest_is_zero(&mut self) -> io::Result<bool> {
        let mut chunk = [0; 4096];
        loop {
            let n = self.input.read(&mut chunk)?;
            match chunk.get(..n) {
                None | Some([]) => return Ok(true),
                Some(read) if read.iter().any(|b| *b != 0) => return Ok(false),
                Some(_) => {}
            }
        }
    }
}

fn next_link(chain: &Hash, header: &[u8], body: &[u8]) -> Hash {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(chain);
    context.update(header);
    context.update(body);
    let mut out = [0; HASH];
    out.copy_from_slice(context.finish().as_ref());
    out
}
