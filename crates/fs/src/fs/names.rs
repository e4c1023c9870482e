//! Folders made, files and folders removed.

use causeway_core::VPath;
use causeway_events::Batch;

use crate::attributes::{Kind, Stamp};
use crate::error::{Fault, FsError};
use crate::permit::{Last, Operation};

use super::Fs;

/// Which file it was, and of when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    identity: u64,
    device: u64,
    changed: Stamp,
}

impl Fs {
    /// Makes a folder, with the permission bits that the client names (`0o777` if none) less the umask.
    pub fn mkdir(&self, batch: &mut Batch, path: &VPath, mode: Option<u32>) -> Result<(), FsError> {
        let mode = mode.unwrap_or(0o777) & 0o777 & !self.terms().umask;
        if self.names().is_fixed(path) {
            self.judge(batch, Operation::CreateFolder, path)?;
            return Err(FsError::Exists);
        }
        self.perform(batch, Operation::CreateFolder, path, Last::Keep, |_, at| {
            if self.uploads().has(path, &at.place().shown) {
                return Err(FsError::Exists.into());
            }
            self.backend(at)?.make_folder(at.make_folder(mode))
        })
    }

    /// Removes an empty folder. What broken uploads left in it does not count.
    pub fn rmdir(&self, batch: &mut Batch, path: &VPath) -> Result<(), FsError> {
        self.perform(batch, Operation::DeleteFolder, path, Last::Keep, |_, at| {
            let backend = self.backend(at)?;
            match backend.remove_folder(at.remove_folder()) {
                Err(Fault::Failed(FsError::NotEmpty)) if self.clear_of_leftovers(&*backend, at)? => {
                    backend.remove_folder(at.remove_folder())
                }
                other => other,
            }
        })
    }

    /// Which file or link a path names, for who is to remove it later and may do that now.
    pub fn mark(&self, batch: &mut Batch, path: &VPath) -> Result<Mark, FsError> {
        self.perform(batch, Operation::DeleteFile, path, Last::Keep, |_, at| {
            let meta = self.backend(at)?.look(at.look())?;
            match meta.attributes.kind {
                Kind::Folder => Err(FsError::IsFolder.into()),
                _ => Ok(Mark { identity: meta.identity, device: meta.device, changed: meta.changed }),
            }
        })
    }

    /// Removes the file or link, if it is still the one that was marked and nobody has changed it since.
    pub fn remove_marked(&self, batch: &mut Batch, path: &VPath, mark: &Mark) -> Result<(), FsError> {
        if self.mark(batch, path)? != *mark {
            return Err(FsError::Busy);
        }
        self.remove(batch, path)
    }

    /// Removes a file or a link, never what the link leads to.
    pub fn remove(&self, batch: &mut Batch, path: &VPath) -> Result<(), FsError> {
        self.perform(batch, Operation::DeleteFile, path, Last::Keep, |_, at| {
            let backend = self.backend(at)?;
            let uploading = self.uploads().take(&at.place().shown);
            if let Some(upload) = &uploading {
                upload.orphan();
            }
            match backend.remove_file(at.remove_file()) {
                Err(Fault::Failed(FsError::NotFound)) if uploading.is_some() => Ok(()),
                // What is left of a broken upload is all there is, and its principal sees it as the file.
                Err(Fault::Failed(FsError::NotFound)) if self.terms().atomic_uploads => {
                    let at = at.again().anchored(backend.anchor(at.anchor())?);
                    if self.discard_leftover(&*backend, &at) { Ok(()) } else { Err(FsError::NotFound.into()) }
                }
                other => other,
            }
        })?;
        self.uploads().forget_stored(path);
        Ok(())
    }
}
