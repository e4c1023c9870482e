//! Requests about open files.

use std::io::IoSliceMut;

use causeway_core::VPath;
use causeway_events::catalogue::ids;
use causeway_fs::{File, How, Last, Read};
use causeway_ssh::sftp::{self, Access, Creation, ForeignHandle, Handle, MAX_READ, OpenFlags, Status, reply};

use super::answers::Answers;
use super::attributes::{changes_owner, from_wire, names, to_wire};
use super::desk::{Desk, Failure, NO_HANDLE, Outcome};
use super::handles::Open;
use crate::channel::open_file::{Mode, OpenFile, open_failed};
use crate::channel::{Work, status_of};

type AnyHandle = Result<Handle, ForeignHandle>;

impl Desk {
    pub(super) fn open(
        &mut self,
        work: &mut Work<'_>,
        answers: &mut Answers,
        id: u32,
        raw: &[u8],
        flags: OpenFlags,
        attributes: &sftp::Attributes,
    ) {
        let mode = mode(flags.access);
        match self.try_open(work, raw, flags, attributes) {
            Ok((file, path)) => {
                let open = OpenFile::begin(work.batch, file, path, mode, work.now);
                let handle = self.handles.insert(Open::File(open));
                answers.handle(id, handle);
            }
            Err(failure) => {
                open_failed(work.batch, raw, mode, failure.details());
                answers.failed(id, &failure);
            }
        }
    }

    fn try_open(
        &mut self,
        work: &mut Work<'_>,
        raw: &[u8],
        flags: OpenFlags,
        attributes: &sftp::Attributes,
    ) -> Result<(File, VPath), Failure> {
        if self.handles.is_full() {
            return Err(Failure::Status(Status::Failure, "too many open files and folders"));
        }
        let path = Self::path_of_file(raw)?;
        let wanted = if self.account.ignore_create_permissions { None } else { attributes.mode };
        let how = How {
            read: flags.access.reads(),
            // Who makes a file must be allowed to write, even if it is then only read.
            write: flags.access.writes() || flags.creation != Creation::Never,
            append: flags.access.appends(),
            create: matches!(
                flags.creation,
                Creation::IfMissing | Creation::IfMissingElseTruncate | Creation::New
            ),
            truncate: matches!(flags.creation, Creation::NeverButTruncate | Creation::IfMissingElseTruncate),
            exclusive: flags.creation == Creation::New,
            mode: wanted.map(|m| m & 0o777),
        };
        let file = self.fs.open(work.batch, &path, &how)?;
        Ok((file, path))
    }

    pub(super) fn close(&mut self, work: &mut Work<'_>, answers: &mut Answers, id: u32, handle: AnyHandle) {
        match handle.ok().and_then(|h| self.handles.remove(h)) {
            Some(Open::File(file)) => match file.close(&self.fs, work.batch, work.now) {
                Ok(()) => answers.status(id, Status::Ok),
                Err(error) => answers.status(id, status_of(&error)),
            },
            Some(Open::Folder(folder)) => {
                if !folder.ended {
                    // The client has seen enough of it.
                    work.batch.emit(ids::SSH_LISTED).with("path", &folder.path);
                }
                answers.status(id, Status::Ok);
            }
            None => answers.status(id, Status::Failure),
        }
    }

    /// A READ that could not be put off: it was cut by the end of a packet, or its handle is none.
    pub(super) fn read(
        &mut self,
        work: &mut Work<'_>,
        answers: &mut Answers,
        id: u32,
        handle: AnyHandle,
        offset: u64,
        length: u32,
    ) -> Outcome {
        let Some((handle, file)) = handle.ok().and_then(|h| Some((h, self.readable(h)?))) else {
            answers.status(id, Status::Failure);
            return Outcome::Answered;
        };
        let length = usize::try_from(length.min(MAX_READ)).unwrap_or(0);
        let mut data = vec![0; length];
        match file.read_at(&mut [IoSliceMut::new(&mut data)], offset, work.wait()) {
            Ok(Read::WouldBlock) => return Outcome::Disk,
            Ok(Read::Bytes(0)) if length > 0 => answers.status(id, Status::Eof),
            Ok(Read::Bytes(n)) => {
                let out = answers.bytes();
                out.extend_from_slice(&reply::data_head(id, u32::try_from(n).unwrap_or(u32::MAX)));
                out.extend_from_slice(data.get(..n).unwrap_or_default());
            }
            Err(error) => {
                self.read_failed(work.batch, handle, offset, length, &error);
                answers.status(id, status_of(&error));
            }
        }
        Outcome::Answered
    }

    pub(super) fn fsync(&mut self, work: &mut Work<'_>, answers: &mut Answers, id: u32, handle: AnyHandle) {
        let Some((handle, file)) = handle.ok().and_then(|h| Some((h, self.handles.file(h)?.file.clone())))
        else {
            answers.status(id, Status::Failure);
            return;
        };
        match file.sync() {
            Ok(()) => answers.status(id, Status::Ok),
            Err(error) => {
                self.io_failed(work.batch, ids::SSH_WRITE_FAILED, handle, 0, 0, &error);
                answers.status(id, status_of(&error));
            }
        }
    }

    pub(super) fn fstat(&mut self, work: &mut Work<'_>, answers: &mut Answers, id: u32, handle: AnyHandle) {
        let result = match handle.ok().and_then(|h| self.handles.get(h)) {
            Some(Open::File(f)) => (Some(f.path.clone()), f.file.attributes().map_err(Failure::Fs)),
            Some(Open::Folder(f)) => {
                let path = f.path.clone();
                (Some(path.clone()), self.fs.stat(work.batch, &path).map_err(Failure::Fs))
            }
            None => (None, Err(NO_HANDLE)),
        };
        match result {
            (Some(path), Ok(a)) => {
                work.batch.emit(ids::SSH_HANDLE_ATTRIBUTES_READ).with("path", &path);
                answers.attributes(id, &to_wire(&a));
            }
            (path, Err(failure)) => {
                let mut entry = work.batch.emit(ids::SSH_HANDLE_ATTRIBUTES_FAILED);
                if let Some(path) = path {
                    entry = entry.with("path", &path);
                }
                entry.with("details", failure.details());
                answers.failed(id, &failure);
            }
            (None, Ok(_)) => answers.status(id, Status::Failure),
        }
    }

    pub(super) fn fsetstat(
        &mut self,
        work: &mut Work<'_>,
        answers: &mut Answers,
        id: u32,
        handle: AnyHandle,
        attributes: &sftp::Attributes,
    ) {
        let (path, result) = match handle.ok().and_then(|h| self.handles.get(h)) {
            Some(Open::File(f)) if self.account.ignore_create_permissions => {
                work.batch.emit(ids::SSH_SET_HANDLE_ATTRIBUTES_IGNORED).with("path", &f.file.stored_path());
                answers.status(id, Status::Ok);
                return;
            }
            Some(Open::File(f)) => {
                let result = f.file.set_attributes(work.batch, &from_wire(attributes));
                (Some(f.path.clone()), result.map_err(Failure::Fs))
            }
            Some(Open::Folder(f)) => {
                let path = f.path.clone();
                let result = self.fs.set_attributes(work.batch, &path, &from_wire(attributes), Last::Follow);
                (Some(path), result.map_err(Failure::Fs))
            }
            None => (None, Err(NO_HANDLE)),
        };
        self.report_setstat(work, answers, id, path.as_ref().map(VPath::as_bytes), attributes, result);
    }

    /// The account owns whatever it sees. As OpenSSH's server does, another owner is refused when all else has been set.
    pub(super) fn report_setstat(
        &self,
        work: &mut Work<'_>,
        answers: &mut Answers,
        id: u32,
        path: Option<&[u8]>,
        attributes: &sftp::Attributes,
        result: Result<(), Failure>,
    ) {
        let mut emit = |event, attributes: String, failure: Option<&Failure>| {
            let mut entry = work.batch.emit(event).with("attributes", attributes);
            if let Some(path) = path {
                entry = entry.with("path", path);
            }
            if let Some(failure) = failure {
                entry.with("details", failure.details());
            }
        };
        let (set, is_owner_kept) = (names(attributes), !changes_owner(attributes));
        if result.is_ok() && (is_owner_kept || !set.is_empty()) {
            emit(ids::SSH_ATTRIBUTES_SET, set.clone(), None);
        }
        let failed = match result {
            Ok(()) if is_owner_kept => return answers.status(id, Status::Ok),
            Ok(()) => ("owner".to_owned(), Failure::Status(Status::PermissionDenied, "it cannot be changed")),
            Err(failure) => (set, failure),
        };
        emit(ids::SSH_SET_ATTRIBUTES_FAILED, failed.0, Some(&failed.1));
        answers.failed(id, &failed.1);
    }
}

fn mode(access: Access) -> Mode {
    match access {
        Access::Read => Mode::Reading,
        Access::Write => Mode::Writing,
        Access::Append => Mode::Appending,
        Access::ReadWrite => Mode::ReadingAndWriting,
        Access::ReadAppend => Mode::ReadingAndAppending,
    }
}
