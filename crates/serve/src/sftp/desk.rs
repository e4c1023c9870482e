//! Where requests are answered: the files of one Grant, what is open, and who is served.

use std::sync::Arc;

use causeway_core::{Monotonic, VPath};
use causeway_events::Batch;
use causeway_events::catalogue::ids as events;
use causeway_fs::{File, Fs, FsError, Last};
use causeway_ssh::sftp::{Handle, Malformed, Request, Status};

use super::answers::Answers;
use super::handles::{Handles, Open};
use super::long::{self, Long};
use crate::channel::{Account, Work, status_of};

#[derive(Debug)]
pub(super) struct Desk {
    pub(super) fs: Arc<Fs>,
    pub(super) account: Account,
    pub(super) handles: Handles,
    /// What is being copied or hashed, if that takes several steps.
    pub(super) long: Option<Long>,
    /// How many bytes may be copied or hashed before others have their turn.
    pub(super) allowed: u64,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Answered,
    /// Nothing was done yet, because the disk has to be waited for.
    Disk,
}

/// How a request was answered, when it was not.
pub(super) enum Failure {
    Fs(FsError),
    /// A path that is none, a handle that is not open.
    Status(Status, &'static str),
}

impl From<FsError> for Failure {
    fn from(e: FsError) -> Self {
        Failure::Fs(e)
    }
}

impl Failure {
    pub(super) fn status(&self) -> Status {
        match self {
            Failure::Fs(e) => status_of(e),
            Failure::Status(s, _) => *s,
        }
    }

    /// The member `details` of the event.
    pub(super) fn details(&self) -> String {
        match self {
            Failure::Fs(e) => e.to_string(),
            Failure::Status(_, text) => (*text).to_owned(),
        }
    }
}

/// Whether these bytes name a folder, whatever there is: POSIX, Pathname Resolution.
pub(super) fn names_a_folder(raw: &[u8]) -> bool {
    [&b"/"[..], b"/."].iter().any(|end| raw.ends_with(end))
}

pub(super) const NOT_A_FOLDER: Failure =
    Failure::Status(Status::NoSuchFile, "it is no folder, and its path ends like that of one");

const NO_NAME_OF_A_FILE: Failure = Failure::Status(
    Status::NoSuchFile,
    "its path ends like that of a folder, and folders are not opened as files",
);

pub(super) const NO_HANDLE: Failure = Failure::Status(Status::Failure, "the handle is not open");

impl Desk {
    pub(super) fn new(fs: Arc<Fs>, account: Account) -> Self {
        Self { fs, account, handles: Handles::default(), long: None, allowed: long::STEP }
    }

    /// Goes on with these files: what is open is judged again. What is refused stays open and fails.
    pub(super) fn renew(&mut self, fs: &Arc<Fs>, batch: &mut Batch) {
        let before = std::mem::replace(&mut self.fs, fs.clone());
        if let Some(file) = self.long.as_ref().and_then(Long::own_file) {
            // Its refusal is told by the review, and by the next read.
            let _ = fs.review(batch, file);
        }
        for open in self.handles.iter_mut() {
            match open {
                // Its refusal is told by the review, and by each use of the handle.
                Open::File(open) => drop(fs.review(batch, &open.file)),
                Open::Folder(open) => {
                    open.left_over = None;
                    fs.review_listing(&before, batch, &open.path, &mut open.listing);
                }
            }
        }
    }

    /// Whether a file is open, with a handle or for a request that takes steps.
    pub(super) fn has_files(&self) -> bool {
        self.handles.has_files() || self.is_in_steps()
    }

    pub(super) fn allow_a_step(&mut self) {
        self.allowed = long::STEP;
    }

    /// Whether a request has begun that takes steps.
    pub(super) fn is_in_steps(&self) -> bool {
        self.long.is_some()
    }

    /// Answers one request (READ and WRITE are dealt with elsewhere, but for READs that are cut by the end of a packet).
    pub(super) fn answer(
        &mut self,
        work: &mut Work<'_>,
        answers: &mut Answers,
        id: u32,
        request: &Request<'_>,
    ) -> Outcome {
        match *request {
            Request::Open { path, flags, attributes } => {
                self.open(work, answers, id, path, flags, &attributes)
            }
            Request::Close { handle } => self.close(work, answers, id, handle),
            Request::Read { handle, offset, length } => {
                return self.read(work, answers, id, handle, offset, length);
            }
            // On its way to the disk a file takes as long as the disk does.
            Request::Fsync { .. } if !work.may_block => return Outcome::Disk,
            Request::Rename { .. } | Request::PosixRename { .. }
                if !work.may_block && self.fs.judges_members() =>
            {
                return Outcome::Disk;
            }
            Request::Fsync { handle } => self.fsync(work, answers, id, handle),
            Request::Stat { path } => self.stat(work, answers, id, path, true),
            Request::Lstat { path } => self.stat(work, answers, id, path, false),
            Request::Fstat { handle } => self.fstat(work, answers, id, handle),
            Request::Setstat { path, attributes } => {
                self.setstat(work, answers, id, path, &attributes, Last::Follow)
            }
            Request::Lsetstat { path, attributes } => {
                self.setstat(work, answers, id, path, &attributes, Last::Keep)
            }
            Request::Fsetstat { handle, attributes } => self.fsetstat(work, answers, id, handle, &attributes),
            Request::Opendir { path } => self.opendir(work, answers, id, path),
            Request::Readdir { handle } => self.readdir(work, answers, id, handle),
            Request::Mkdir { path, attributes } => self.mkdir(work, answers, id, path, &attributes),
            Request::Rmdir { path } => self.rmdir(work, answers, id, path),
            Request::Remove { path } => self.remove(work, answers, id, path),
            Request::Rename { from, to } => self.rename(work, answers, id, from, to, false),
            Request::PosixRename { from, to } => self.rename(work, answers, id, from, to, true),
            Request::Symlink { target: link, link: target } if self.account.link_first => {
                self.symlink(work, answers, id, target, link);
            }
            Request::Symlink { target, link } => self.symlink(work, answers, id, target, link),
            Request::Hardlink { from, to } => self.hardlink(work, answers, id, from, to),
            Request::Readlink { path } => self.readlink(work, answers, id, path),
            Request::Realpath { path } => self.realpath(work, answers, id, path),
            Request::ExpandPath { path } => self.expand_path(work, answers, id, path),
            Request::Statvfs { path } => self.statvfs(work, answers, id, path),
            Request::Fstatvfs { handle } => self.fstatvfs(work, answers, id, handle),
            Request::Limits => answers.limits(id),
            Request::UsersGroupsById { users, groups } => {
                answers.names_by_id(id, users, groups, &self.account.name)
            }
            // They take as long as the file is: in steps, off the threads that others share.
            Request::CopyData { .. } | Request::CheckFileHandle { .. } | Request::CheckFileName { .. }
                if !work.may_block =>
            {
                return Outcome::Disk;
            }
            Request::CopyData { from, from_offset, length, to, to_offset } => {
                return self.copy_data(work, answers, id, (from, from_offset), length, (to, to_offset));
            }
            Request::CheckFileHandle { handle, what } => {
                return self.check_file(work, answers, id, handle, &what);
            }
            Request::CheckFileName { path, what } => {
                return self.check_file_name(work, answers, id, path, &what);
            }
            Request::HomeDirectory { user } => self.home_directory(answers, id, user),
            Request::SpaceAvailable { path } => self.space_available(work, answers, id, path),
            Request::UnknownExtension { name } => {
                work.batch.emit(events::SFTP_EXTENSION_UNSUPPORTED).with("request", name);
                answers.status(id, Status::OpUnsupported);
            }
            Request::Unknown { kind } => {
                work.batch
                    .emit(events::SFTP_REQUEST_UNSUPPORTED)
                    .with("details", format!("request type {kind}"));
                answers.status(id, Status::OpUnsupported);
            }
        }
        Outcome::Answered
    }

    pub(super) fn malformed(
        &self,
        batch: &mut Batch,
        answers: &mut Answers,
        id: u32,
        kind: u8,
        error: Malformed,
    ) {
        batch.emit(events::SFTP_REQUEST_FAILED).with("details", format!("request type {kind}: {error}"));
        answers.status(id, Status::BadMessage);
    }

    /// Everything that is open is broken: the session has ended without closing it.
    pub(super) fn abandon_all(&mut self, batch: &mut Batch, now: Monotonic) {
        for open in self.handles.take_all() {
            if let Open::File(file) = open {
                file.abandon(batch, now);
            }
        }
    }

    /// Reads a path from a client: relative ones begin at the home.
    pub(super) fn path(raw: &[u8]) -> Result<VPath, Failure> {
        VPath::absolute(raw).map_err(|_| Failure::Status(Status::NoSuchFile, "not a path"))
    }

    /// Reads a path that is to name something else than a folder: `scp FILE HOST:FOLDER/` makes no file where there is no
    /// folder.
    pub(super) fn path_of_file(raw: &[u8]) -> Result<VPath, Failure> {
        let path = Self::path(raw)?;
        if names_a_folder(raw) && !path.is_root() { Err(NO_NAME_OF_A_FILE) } else { Ok(path) }
    }

    pub(super) fn readable(&self, handle: Handle) -> Option<Arc<File>> {
        self.handles.file(handle).filter(|f| f.mode.reads()).map(|f| f.file.clone())
    }

    pub(super) fn writable(&self, handle: Handle) -> Option<Arc<File>> {
        self.handles.file(handle).filter(|f| f.mode.writes()).map(|f| f.file.clone())
    }

    pub(super) fn read_failed(
        &self,
        batch: &mut Batch,
        handle: Handle,
        at: u64,
        length: usize,
        error: &FsError,
    ) {
        self.io_failed(batch, events::SSH_READ_FAILED, handle, at, length, error);
    }

    /// Tells the first one of a file.
    pub(super) fn write_failed(
        &self,
        batch: &mut Batch,
        handle: Handle,
        at: u64,
        length: usize,
        error: &FsError,
    ) {
        if let Some(file) = self.handles.file(handle) {
            file.write_failed(batch, at, length, error);
        }
    }

    pub(super) fn io_failed(
        &self,
        batch: &mut Batch,
        event: causeway_core::EventId,
        handle: Handle,
        at: u64,
        length: usize,
        error: &FsError,
    ) {
        if let Some(file) = self.handles.file(handle) {
            file.io_failed(batch, event, at, length, error);
        }
    }
}
