//! Opening files.

use std::sync::Arc;

use causeway_core::VPath;
use causeway_events::Batch;

use crate::error::{Fault, FsError};
use crate::file::{File, Fixed};
use crate::permit::{Clearance, Last, OpenMode, Operation};

use super::Fs;

/// How a client wants a file opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct How {
    pub read: bool,
    pub write: bool,
    /// Every write goes to the end. With `write`.
    pub append: bool,
    /// Make it if it is missing. With `write`.
    pub create: bool,
    /// Its content is gone. With `write`.
    pub truncate: bool,
    /// Fail if it exists. With `create`.
    pub exclusive: bool,
    /// Permission bits of a new file, before the umask; `0o666` if the client does not say.
    pub mode: Option<u32>,
}

impl How {
    pub fn read() -> Self {
        Self { read: true, ..Self::default() }
    }

    /// A new file, or a new content for an old one.
    pub fn upload() -> Self {
        Self { write: true, create: true, truncate: true, ..Self::default() }
    }

    fn makes_sense(&self) -> bool {
        let for_writing = self.append || self.create || self.truncate;
        match (self.read, self.write) {
            (_, true) => self.create || !self.exclusive,
            (true, false) => !for_writing && !self.exclusive,
            (false, false) => false,
        }
    }

    pub(crate) fn operation(&self) -> Operation {
        match (self.read, self.write) {
            (true, true) => Operation::ReadWrite,
            (_, true) => Operation::Write,
            (_, false) => Operation::Read,
        }
    }

    /// Without making anything.
    pub(super) fn plain(&self) -> OpenMode {
        OpenMode { read: self.read, write: self.write, append: self.append, ..OpenMode::default() }
    }
}

impl Fs {
    /// Opens a file. Writing may turn out to be an upload that becomes the file when it is closed (see
    /// [`File::is_upload`]); written in place instead, event 70020 says why.
    pub fn open(&self, batch: &mut Batch, path: &VPath, how: &How) -> Result<File, FsError> {
        if !how.makes_sense() {
            return Err(FsError::Invalid);
        }
        self.perform(batch, how.operation(), path, Last::Follow, |batch, at| {
            let opened = if how.write {
                self.open_to_write(batch, path, at, how)
            } else {
                self.open_to_read(path, at, how)
            };
            match opened {
                // What exists is not followed to be made anew.
                Err(Fault::Link) if how.exclusive && self.is_link(at.place()) => Err(FsError::Exists.into()),
                other => other,
            }
        })
    }

    fn open_to_read(&self, path: &VPath, at: &Clearance, how: &How) -> Result<File, Fault> {
        let uploading = self.uploads().get(&at.place().shown).map(|upload| upload.temporary());
        let opened = self.backend(at)?.open(uploading.as_ref().unwrap_or(at).open(how.plain()))?;
        let fixed = self.fixed(path, at, how, false)?;
        let strategy = self.strategy_at(at, &opened.meta);
        Ok(File::reading(self, fixed, Arc::from(opened.content), strategy))
    }

    /// What an open file remembers of its opening.
    pub(crate) fn fixed(
        &self,
        path: &VPath,
        at: &Clearance,
        how: &How,
        is_new: bool,
    ) -> Result<Fixed, FsError> {
        let mount = self.names().mount(at.place().mount).ok_or(FsError::NotFound)?.clone();
        Ok(Fixed { path: path.clone(), shown: at.place().shown.clone(), how: *how, is_new, mount })
    }
}
