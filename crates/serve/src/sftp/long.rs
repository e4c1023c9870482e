//! Requests that take as long as a file is: they are worked on in steps, so that the session can be called in between.

use std::io::{IoSlice, IoSliceMut};
use std::sync::Arc;

use causeway_core::VPath;
use causeway_events::catalogue::ids;
use causeway_fs::{File, FsError, How, Read, Wait};
use causeway_ssh::sftp::{Check, ForeignHandle, Handle, Hashes, Status};

use super::answers::Answers;
use super::desk::{Desk, Failure, NO_HANDLE, Outcome};
use crate::channel::{Work, status_of};

/// Bytes in one step, of one request or of several.
pub(super) const STEP: u64 = 8 * 1024 * 1024;
/// Bytes that are read at once.
const PIECE: usize = 1024 * 1024;

type AnyHandle = Result<Handle, ForeignHandle>;

/// What takes several steps.
#[derive(Debug)]
pub(super) enum Long {
    Copy(Copying),
    Check(Box<Checking>),
}

impl Long {
    /// The file that it reads, where no handle stands for it.
    pub(super) fn own_file(&self) -> Option<&File> {
        match self {
            Long::Copy(_) => None,
            Long::Check(checking) => Some(&checking.file),
        }
    }
}

/// Where a copy stands.
#[derive(Debug)]
pub(super) struct Copying {
    from: (Handle, Arc<File>, u64),
    to: (Handle, Arc<File>, u64),
    /// None: to the end of the file.
    left: Option<u64>,
}

/// Where the hashing of a file stands.
#[derive(Debug)]
pub(super) struct Checking {
    file: Arc<File>,
    path: VPath,
    at: u64,
    left: u64,
    hashes: Hashes,
}

/// How a step ended.
enum Step {
    More,
    Done,
}

impl Desk {
    /// Copies from one open file to another. May block.
    pub(super) fn copy_data(
        &mut self,
        work: &mut Work<'_>,
        answers: &mut Answers,
        id: u32,
        (from, from_offset): (AnyHandle, u64),
        length: u64,
        (to, to_offset): (AnyHandle, u64),
    ) -> Outcome {
        let mut copying = match self.long.take() {
            Some(Long::Copy(copying)) => copying,
            _ => {
                let readable = from.ok().and_then(|h| Some((h, self.readable(h)?, from_offset)));
                let writable = to.ok().and_then(|h| Some((h, self.writable(h)?, to_offset)));
                match (readable, writable) {
                    // A file that is copied into itself may never end.
                    (Some(from), Some(to)) if from.1.is_same_as(&to.1) == Ok(false) => {
                        Copying { from, to, left: (length > 0).then_some(length) }
                    }
                    _ => {
                        answers.status(id, Status::Failure);
                        return Outcome::Answered;
                    }
                }
            }
        };
        match self.copy_step(work, &mut copying) {
            Ok(Step::More) => {
                self.long = Some(Long::Copy(copying));
                return Outcome::Disk;
            }
            Ok(Step::Done) => answers.status(id, Status::Ok),
            Err(error) => answers.status(id, status_of(&error)),
        }
        Outcome::Answered
    }

    fn copy_step(&mut self, work: &mut Work<'_>, copying: &mut Copying) -> Result<Step, FsError> {
        let Copying { from: (from, source, at), to: (to, target, to_at), left } = copying;
        let mut piece = vec![0; PIECE];
        while self.allowed > 0 && *left != Some(0) {
            let wanted = left.map_or(PIECE, |left| usize::try_from(left).unwrap_or(PIECE).min(PIECE));
            let into = piece.get_mut(..wanted).unwrap_or_default();
            let n = match source.read_at(&mut [IoSliceMut::new(into)], *at, Wait::Yes) {
                Ok(Read::Bytes(0)) => return Ok(Step::Done),
                Ok(Read::Bytes(n)) => n,
                Ok(Read::WouldBlock) => return Ok(Step::More),
                Err(error) => {
                    self.read_failed(work.batch, *from, *at, wanted, &error);
                    return Err(error);
                }
            };
            let bytes = piece.get(..n).unwrap_or_default();
            if let Err(error) = target.write_at(&[IoSlice::new(bytes)], *to_at) {
                self.write_failed(work.batch, *to, *to_at, n, &error);
                return Err(error);
            }
            let n = u64::try_from(n).unwrap_or(u64::MAX);
            *at = at.saturating_add(n);
            *to_at = to_at.saturating_add(n);
            *left = left.map(|left| left.saturating_sub(n));
            self.allowed = self.allowed.saturating_sub(n);
        }
        Ok(if *left == Some(0) { Step::Done } else { Step::More })
    }

    /// Hashes an open file. May block.
    pub(super) fn check_file(
        &mut self,
        work: &mut Work<'_>,
        answers: &mut Answers,
        id: u32,
        handle: AnyHandle,
        what: &Check<'_>,
    ) -> Outcome {
        let open = |desk: &mut Self, _: &mut Work<'_>| {
            let file = handle.ok().and_then(|h| desk.handles.file(h)).filter(|f| f.mode.reads());
            file.map(|f| (f.file.clone(), f.path.clone())).ok_or(NO_HANDLE)
        };
        self.check(work, answers, id, b"", what, open)
    }

    /// Hashes the file at a path. May block.
    pub(super) fn check_file_name(
        &mut self,
        work: &mut Work<'_>,
        answers: &mut Answers,
        id: u32,
        raw: &[u8],
        what: &Check<'_>,
    ) -> Outcome {
        let open = |desk: &mut Self, work: &mut Work<'_>| {
            let path = Self::path(raw)?;
            let file = desk.fs.open(work.batch, &path, &How::read())?;
            Ok((Arc::new(file), path))
        };
        self.check(work, answers, id, raw, what, open)
    }

    fn check(
        &mut self,
        work: &mut Work<'_>,
        answers: &mut Answers,
        id: u32,
        raw: &[u8],
        what: &Check<'_>,
        open: impl FnOnce(&mut Self, &mut Work<'_>) -> Result<(Arc<File>, VPath), Failure>,
    ) -> Outcome {
        let begun = match self.long.take() {
            Some(Long::Check(checking)) => Ok(checking),
            _ => open(self, work).and_then(|(file, path)| begin_check(file, path, what)),
        };
        let ended = begun.and_then(|mut checking| match check_step(&mut checking, &mut self.allowed) {
            Ok(step) => Ok((checking, step)),
            Err(error) => Err(Failure::Fs(error)),
        });
        match ended {
            Ok((checking, Step::More)) => {
                self.long = Some(Long::Check(checking));
                return Outcome::Disk;
            }
            Ok((checking, Step::Done)) => {
                work.batch.emit(ids::SSH_ATTRIBUTES_READ).with("path", &checking.path);
                let name = checking.hashes.name().name();
                answers.check_file(id, name, &checking.hashes.finish());
            }
            Err(failure) => {
                let entry = work.batch.emit(ids::SSH_ATTRIBUTES_FAILED).with("path", raw);
                entry.with("details", failure.details());
                answers.failed(id, &failure);
            }
        }
        Outcome::Answered
    }
}

fn begin_check(file: Arc<File>, path: VPath, what: &Check<'_>) -> Result<Box<Checking>, Failure> {
    let rest = file.attributes()?.size.saturating_sub(what.offset);
    let left = if what.length == 0 { rest } else { what.length.min(rest) };
    let hashes = Hashes::new(what, left).map_err(|e| {
        Failure::Status(
            Status::Failure,
            match e {
                causeway_ssh::sftp::CheckError::NoAlgorithm => "none of the hash algorithms is offered",
                causeway_ssh::sftp::CheckError::SmallBlocks => "blocks must have 256 bytes or more",
                causeway_ssh::sftp::CheckError::TooMany => "the hashes do not fit one answer",
            },
        )
    })?;
    Ok(Box::new(Checking { file, path, at: what.offset, left, hashes }))
}

fn check_step(checking: &mut Checking, allowed: &mut u64) -> Result<Step, FsError> {
    let mut piece = vec![0; PIECE];
    while *allowed > 0 && checking.left > 0 {
        let wanted = usize::try_from(checking.left).unwrap_or(PIECE).min(PIECE);
        let into = piece.get_mut(..wanted).unwrap_or_default();
        let n = match checking.file.read_at(&mut [IoSliceMut::new(into)], checking.at, Wait::Yes)? {
            // It has become shorter: what is there is hashed.
            Read::Bytes(0) => return Ok(Step::Done),
            Read::Bytes(n) => n,
            Read::WouldBlock => return Ok(Step::More),
        };
        checking.hashes.add(piece.get(..n).unwrap_or_default());
        let n = u64::try_from(n).unwrap_or(u64::MAX);
        checking.at = checking.at.saturating_add(n);
        checking.left = checking.left.saturating_sub(n);
        *allowed = allowed.saturating_sub(n);
    }
    Ok(if checking.left == 0 { Step::Done } else { Step::More })
}
