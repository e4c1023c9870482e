//! What writes need to know and to say.

use std::sync::Arc;

use causeway_events::Batch;
use causeway_fs::{File, FsError};
use causeway_ssh::sftp::{Handle, Status};

use super::answers::Answers;
use super::desk::Desk;
use crate::channel::writes::Ledger;

/// The desk, which knows the files, and the answers.
pub(super) struct Books<'a> {
    desk: &'a Desk,
    answers: &'a mut Answers,
}

impl<'a> Books<'a> {
    pub(super) fn of(desk: &'a Desk, answers: &'a mut Answers) -> Self {
        Self { desk, answers }
    }
}

impl Ledger for Books<'_> {
    fn writable(&self, handle: Handle) -> Option<Arc<File>> {
        self.desk.writable(handle)
    }

    fn write_failed(&mut self, batch: &mut Batch, handle: Handle, at: u64, length: usize, error: &FsError) {
        self.desk.write_failed(batch, handle, at, length, error);
    }

    fn written(&mut self, id: u32, status: Status) {
        self.answers.status(id, status);
    }
}
