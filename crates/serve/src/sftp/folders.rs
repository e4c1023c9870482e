//! Requests about folders.

use causeway_core::Timestamp;
use causeway_events::Entry;
use causeway_events::catalogue::ids;
use causeway_fs::{Attributes, Kind};
use causeway_ssh::sftp::{self, ForeignHandle, Handle, ListingContext, LongName, NameList, Status};

use super::answers::Answers;
use super::attributes::{mode, to_wire};
use super::desk::{Desk, Failure};
use super::handles::{Open, OpenFolder};
use crate::channel::{Work, status_of};

/// Bytes of one answer to READDIR. libssh2 before 1.9 takes no packet beyond 80,000 bytes.
const LIST_ANSWER: usize = 64 * 1024;

impl Desk {
    pub(super) fn opendir(&mut self, work: &mut Work<'_>, answers: &mut Answers, id: u32, raw: &[u8]) {
        work.batch.emit(ids::SSH_LIST_REQUESTED).with("path", raw);
        match self.try_opendir(work, raw) {
            Ok(folder) => answers.handle(id, self.handles.insert(Open::Folder(Box::new(folder)))),
            Err(failure) => {
                work.batch.emit(ids::SSH_LIST_FAILED).with("path", raw).with("details", failure.details());
                answers.failed(id, &failure);
            }
        }
    }

    fn try_opendir(&mut self, work: &mut Work<'_>, raw: &[u8]) -> Result<OpenFolder, Failure> {
        if self.handles.is_full() {
            return Err(Failure::Status(Status::Failure, "too many open files and folders"));
        }
        let path = Self::path(raw)?;
        let listing = self.fs.list(work.batch, &path)?;
        Ok(OpenFolder { path, listing, left_over: None, begun: false, ended: false, failed: None })
    }

    pub(super) fn readdir(
        &mut self,
        work: &mut Work<'_>,
        answers: &mut Answers,
        id: u32,
        handle: Result<Handle, ForeignHandle>,
    ) {
        let now = work.batch.clock().now();
        let owner = self.account.name.clone();
        let Some(folder) = handle.ok().and_then(|h| self.handles.folder_mut(h)) else {
            answers.status(id, Status::Failure);
            return;
        };
        if folder.ended {
            answers.status(id, folder.failed.unwrap_or(Status::Eof));
            return;
        }
        let line = Line { owner: owner.as_bytes(), context: ListingContext { now, offset: offset_at(now) } };
        let mut list = NameList::new(answers.bytes(), id, LIST_ANSWER);
        if !std::mem::replace(&mut folder.begun, true) {
            // Every client hides them, but some take a listing without them for broken.
            if let Ok(own) = self.fs.stat(work.batch, &folder.path) {
                line.push(&mut list, b".", &own);
                line.push(&mut list, b"..", &own);
            }
        }
        let error = loop {
            let next = match folder.left_over.take() {
                Some(entry) => Ok(Some(entry)),
                None => folder.listing.next(&self.fs, work.batch),
            };
            let entry = match next {
                Ok(Some(entry)) => entry,
                Err(error) => break Some(error),
                Ok(None) => {
                    folder.ended = true;
                    break None;
                }
            };
            if !line.push(&mut list, entry.name.as_bytes(), &entry.attributes) {
                folder.left_over = Some(entry);
                break None;
            }
        };
        let told = list.count() > 0;
        let path = folder.path.clone();
        match error {
            Some(error) => {
                // What was read so far is told; that it is not all, with the next request.
                folder.ended = true;
                folder.failed = Some(status_of(&error));
                work.batch.emit(ids::SSH_LIST_FAILED).with("path", &path).with("details", error.to_string());
                if !told {
                    answers.status(id, status_of(&error));
                }
            }
            None if folder.ended => {
                work.batch.emit(ids::SSH_LISTED).with("path", &path);
                if !told {
                    answers.status(id, Status::Eof);
                }
            }
            None => {}
        }
    }

    pub(super) fn mkdir(
        &mut self,
        work: &mut Work<'_>,
        answers: &mut Answers,
        id: u32,
        raw: &[u8],
        attributes: &sftp::Attributes,
    ) {
        let wanted = if self.account.ignore_create_permissions { None } else { attributes.mode };
        let result =
            Self::path(raw).and_then(|p| Ok(self.fs.mkdir(work.batch, &p, wanted.map(|m| m & 0o777))?));
        let events = (ids::SSH_FOLDER_CREATED, ids::SSH_FOLDER_CREATE_FAILED);
        report(work, answers, id, raw, events, result);
    }

    pub(super) fn rmdir(&mut self, work: &mut Work<'_>, answers: &mut Answers, id: u32, raw: &[u8]) {
        let result = Self::path(raw).and_then(|p| Ok(self.fs.rmdir(work.batch, &p)?));
        report(work, answers, id, raw, (ids::SSH_FOLDER_DELETED, ids::SSH_FOLDER_DELETE_FAILED), result);
    }
}

/// Answers a request that has no result but that it was done, and reports it.
pub(super) fn report(
    work: &mut Work<'_>,
    answers: &mut Answers,
    id: u32,
    path: &[u8],
    (done, failed): (causeway_core::EventId, causeway_core::EventId),
    result: Result<(), Failure>,
) {
    let event = if result.is_ok() { done } else { failed };
    conclude(answers, id, work.batch.emit(event).with("path", path), result);
}

/// The same with an event that has its other members.
pub(super) fn conclude(answers: &mut Answers, id: u32, entry: Entry<'_>, result: Result<(), Failure>) {
    match result {
        Ok(()) => answers.status(id, Status::Ok),
        Err(failure) => {
            entry.with("details", failure.details());
            answers.failed(id, &failure);
        }
    }
}

/// How entries of one answer are written.
struct Line<'a> {
    owner: &'a [u8],
    context: ListingContext,
}

impl Line<'_> {
    fn push(&self, list: &mut NameList<'_>, name: &[u8], a: &Attributes) -> bool {
        let long = LongName {
            name,
            mode: mode(a),
            links: u64::from(a.links.max(u32::from(a.kind == Kind::Folder))),
            user: self.owner,
            group: self.owner,
            size: a.size,
            modified: a.modified.seconds,
        };
        list.push(&long, &self.context, &to_wire(a))
    }
}

/// Seconds that local time is ahead of UTC.
fn offset_at(now: Timestamp) -> i32 {
    let Ok(at) = jiff::Timestamp::from_second(i64::try_from(now.seconds()).unwrap_or(0)) else { return 0 };
    jiff::tz::TimeZone::system().to_offset(at).seconds()
}
