//! Requests about what a path names.

use causeway_core::VPath;
use causeway_events::catalogue::ids;
use causeway_fs::{FsError, Kind, Last};
use causeway_ssh::sftp::{self, ForeignHandle, Handle, Status, Statvfs};

use super::answers::Answers;
use super::attributes::{from_wire, to_wire};
use super::desk::{Desk, Failure, NO_HANDLE, NOT_A_FOLDER, names_a_folder};
use super::folders::{conclude, report};
use super::handles::Open;
use crate::channel::Work;
use crate::deletions::{Deletions, Later};

/// What became of a file that was to be removed.
enum Removal {
    Done,
    PutOff,
}

impl Desk {
    pub(super) fn stat(
        &mut self,
        work: &mut Work<'_>,
        answers: &mut Answers,
        id: u32,
        raw: &[u8],
        follow: bool,
    ) {
        let result = Self::path(raw).and_then(|p| {
            let found = if follow { self.fs.stat(work.batch, &p) } else { self.fs.lstat(work.batch, &p) };
            Ok(found?)
        });
        match result {
            Ok(a) => {
                work.batch.emit(ids::SSH_ATTRIBUTES_READ).with("path", raw);
                answers.attributes(id, &to_wire(&a));
            }
            Err(failure) => {
                work.batch
                    .emit(ids::SSH_ATTRIBUTES_FAILED)
                    .with("path", raw)
                    .with("details", failure.details());
                answers.failed(id, &failure);
            }
        }
    }

    pub(super) fn setstat(
        &mut self,
        work: &mut Work<'_>,
        answers: &mut Answers,
        id: u32,
        raw: &[u8],
        attributes: &sftp::Attributes,
        last: Last,
    ) {
        let set = from_wire(attributes);
        let result = Self::path(raw).and_then(|p| Ok(self.fs.set_attributes(work.batch, &p, &set, last)?));
        self.report_setstat(work, answers, id, Some(raw), attributes, result);
    }

    pub(super) fn remove(&mut self, work: &mut Work<'_>, answers: &mut Answers, id: u32, raw: &[u8]) {
        let result = Self::path_of_file(raw).and_then(|path| {
            if let Some(deletions) = &self.account.deletions
                && self.put_off(work, deletions, &path)?
            {
                return Ok(Removal::PutOff);
            }
            self.fs.remove(work.batch, &path)?;
            Ok(Removal::Done)
        });
        match result {
            Ok(Removal::PutOff) => {
                work.batch.emit(ids::SSH_DELETE_REQUESTED).with("path", raw);
                answers.status(id, Status::Ok);
            }
            other => {
                let events = (ids::SSH_DELETED, ids::SSH_DELETE_FAILED);
                report(work, answers, id, raw, events, other.map(|_| ()));
            }
        }
    }

    /// Puts the removal of a file off, where the account is to have it so and there is room.
    fn put_off(&self, work: &mut Work<'_>, deletions: &Deletions, path: &VPath) -> Result<bool, FsError> {
        let delay = self.fs.grant().terms().delete_delay;
        if delay.is_zero() {
            return Ok(false);
        }
        let mark = match self.fs.mark(work.batch, path) {
            Ok(mark) => mark,
            // It may be on its way up: nobody else has seen it.
            Err(FsError::NotFound) => return Ok(false),
            Err(error) => return Err(error),
        };
        let (due, origin) = (work.now.after(delay), work.batch.origin().clone());
        Ok(deletions.put_off(Later { due, fs: self.fs.clone(), path: path.clone(), mark, origin }))
    }

    /// `replace`: a file that is in the way is replaced (posix-rename); plain RENAME fails then.
    pub(super) fn rename(
        &mut self,
        work: &mut Work<'_>,
        answers: &mut Answers,
        id: u32,
        from: &[u8],
        to: &[u8],
        replace: bool,
    ) {
        let result = Self::path(from).and_then(|f| {
            let t = Self::path(to)?;
            let needs_a_folder = names_a_folder(from) || names_a_folder(to);
            if needs_a_folder && self.fs.lstat(work.batch, &f)?.kind != Kind::Folder {
                return Err(NOT_A_FOLDER);
            }
            Ok(self.fs.rename(work.batch, &f, &t, replace)?)
        });
        let event = if result.is_ok() { ids::SSH_RENAMED } else { ids::SSH_RENAME_FAILED };
        let entry = work.batch.emit(event).with("path", to).with("from", from).with("to", to);
        conclude(answers, id, entry, result);
    }

    pub(super) fn symlink(
        &mut self,
        work: &mut Work<'_>,
        answers: &mut Answers,
        id: u32,
        target: &[u8],
        link: &[u8],
    ) {
        let result = Self::path_of_file(link).and_then(|l| Ok(self.fs.symlink(work.batch, target, &l)?));
        report_link(work, answers, id, (link, target, "symbolic"), result);
    }

    pub(super) fn hardlink(
        &mut self,
        work: &mut Work<'_>,
        answers: &mut Answers,
        id: u32,
        from: &[u8],
        to: &[u8],
    ) {
        let result = Self::path_of_file(from).and_then(|f| {
            let t = Self::path_of_file(to)?;
            Ok(self.fs.hard_link(work.batch, &f, &t)?)
        });
        report_link(work, answers, id, (to, from, "hard"), result);
    }

    pub(super) fn readlink(&mut self, work: &mut Work<'_>, answers: &mut Answers, id: u32, raw: &[u8]) {
        match Self::path(raw).and_then(|p| Ok(self.fs.read_link(work.batch, &p)?)) {
            Ok(target) => {
                work.batch.emit(ids::SSH_LINK_READ).with("path", raw);
                answers.name(id, &target);
            }
            Err(failure) => {
                work.batch
                    .emit(ids::SSH_READ_LINK_FAILED)
                    .with("path", raw)
                    .with("details", failure.details());
                answers.failed(id, &failure);
            }
        }
    }

    /// Lexical: it says nothing about what is on the disk, and so works for what is not there yet.
    pub(super) fn realpath(&mut self, _work: &mut Work<'_>, answers: &mut Answers, id: u32, raw: &[u8]) {
        match Self::path(raw) {
            Ok(path) => answers.name(id, path.as_bytes()),
            Err(failure) => answers.failed(id, &failure),
        }
    }

    /// REALPATH that knows `~` and `~NAME` for the session's own name.
    pub(super) fn expand_path(&mut self, work: &mut Work<'_>, answers: &mut Answers, id: u32, raw: &[u8]) {
        let Some(rest) = raw.strip_prefix(b"~") else { return self.realpath(work, answers, id, raw) };
        let end = rest.iter().position(|b| *b == b'/').unwrap_or(rest.len());
        let (name, rest) = rest.split_at_checked(end).unwrap_or((rest, b""));
        if !name.is_empty() && name != self.account.name.as_bytes() {
            return answers.status(id, Status::NoSuchFile);
        }
        match VPath::parse(&VPath::root(), rest.strip_prefix(b"/").unwrap_or(rest)) {
            Ok(path) => answers.name(id, path.as_bytes()),
            Err(_) => answers.status(id, Status::NoSuchFile),
        }
    }

    /// The home is where every path begins; that of others is nobody's business.
    pub(super) fn home_directory(&self, answers: &mut Answers, id: u32, user: &[u8]) {
        if user.is_empty() || user == self.account.name.as_bytes() {
            answers.name(id, VPath::root().as_bytes());
        } else {
            answers.status(id, Status::NoSuchFile);
        }
    }

    pub(super) fn space_available(&self, work: &mut Work<'_>, answers: &mut Answers, id: u32, raw: &[u8]) {
        match Self::path(raw).and_then(|p| Ok(self.fs.space(work.batch, &p)?)) {
            Ok(s) => {
                work.batch.emit(ids::SSH_ATTRIBUTES_READ).with("path", raw);
                let bytes = |blocks: u64| blocks.saturating_mul(s.block);
                let used = s.blocks.saturating_sub(s.free);
                let for_user = used.saturating_add(s.available);
                let all = [bytes(s.blocks), bytes(s.free), bytes(for_user), bytes(s.available)];
                answers.space_available(id, all, u32::try_from(s.block).unwrap_or(u32::MAX));
            }
            Err(failure) => {
                work.batch
                    .emit(ids::SSH_ATTRIBUTES_FAILED)
                    .with("path", raw)
                    .with("details", failure.details());
                answers.failed(id, &failure);
            }
        }
    }

    pub(super) fn statvfs(&mut self, work: &mut Work<'_>, answers: &mut Answers, id: u32, raw: &[u8]) {
        let result = Self::path(raw).and_then(|p| Ok(self.fs.space(work.batch, &p)?));
        self.report_space(work, answers, id, Some(raw), result);
    }

    pub(super) fn fstatvfs(
        &mut self,
        work: &mut Work<'_>,
        answers: &mut Answers,
        id: u32,
        handle: Result<Handle, ForeignHandle>,
    ) {
        let path = match handle.ok().and_then(|h| self.handles.get(h)) {
            Some(Open::File(f)) => Some(f.path.clone()),
            Some(Open::Folder(f)) => Some(f.path.clone()),
            None => None,
        };
        let result = match &path {
            Some(p) => self.fs.space(work.batch, p).map_err(Failure::Fs),
            None => Err(NO_HANDLE),
        };
        self.report_space(work, answers, id, path.as_ref().map(VPath::as_bytes), result);
    }

    fn report_space(
        &self,
        work: &mut Work<'_>,
        answers: &mut Answers,
        id: u32,
        path: Option<&[u8]>,
        result: Result<causeway_fs::Space, Failure>,
    ) {
        let event = if result.is_ok() { ids::SSH_ATTRIBUTES_READ } else { ids::SSH_ATTRIBUTES_FAILED };
        let mut entry = work.batch.emit(event);
        if let Some(path) = path {
            entry = entry.with("path", path);
        }
        match result {
            Ok(s) => answers.statvfs(
                id,
                &Statvfs {
                    block_size: s.block,
                    fragment_size: s.block,
                    blocks: s.blocks,
                    blocks_free: s.free,
                    blocks_available: s.available,
                    files: s.files,
                    files_free: s.files_free,
                    files_available: s.files_free,
                    // Which file system it is on the host is nobody's business.
                    id: 0,
                    read_only: s.read_only,
                    no_setuid: true,
                    name_max: 255,
                },
            ),
            Err(failure) => {
                entry.with("details", failure.details());
                answers.failed(id, &failure);
            }
        }
    }
}

/// Answers who wants a link, and reports it: where it lies, to what it leads and of which kind it is.
fn report_link(
    work: &mut Work<'_>,
    answers: &mut Answers,
    id: u32,
    (link, target, kind): (&[u8], &[u8], &'static str),
    result: Result<(), Failure>,
) {
    let event = if result.is_ok() { ids::SSH_LINK_CREATED } else { ids::SSH_LINK_FAILED };
    let entry = work.batch.emit(event).with("path", link).with("target", target).with("kind", kind);
    conclude(answers, id, entry, result);
}
