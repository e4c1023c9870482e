//! What is written is stored under a name of its own (`amend_write_name`): nothing is ever overwritten.

use std::collections::VecDeque;
use std::sync::Arc;

use causeway_core::{Name, VPath};
use causeway_events::Batch;

use crate::attributes::{Kind, Meta};
use crate::backend::Backend;
use crate::error::{Fault, FsError};
use crate::events;
use crate::file::File;
use crate::fs::{Fs, How};
use crate::permit::{Clearance, Operation};

use super::begin::{Opening, Temporary, mode};

/// Files that a session finds again under the name that it gave; the oldest are forgotten.
const REMEMBERED: usize = 1024;

/// Where an upload is stored when it is complete.
#[derive(Debug)]
pub(crate) struct Stored {
    /// As the client named it.
    pub(crate) requested: VPath,
    pub(crate) place: Clearance,
}

impl Stored {
    /// A folder above was renamed: the anchored place has another path now.
    pub(crate) fn renamed(&mut self, from: &VPath, to: &VPath) {
        if let Some(new) = moved(&self.requested, from, to) {
            self.requested = new;
        }
        if let Some(new) = moved(&self.place.place().shown, from, to) {
            self.place.show_as(&new);
        }
    }
}

/// The files that one session has stored: what the client called them, and what they are called.
#[derive(Debug, Default)]
pub(crate) struct StoredFiles(VecDeque<(VPath, VPath)>);

impl StoredFiles {
    pub(crate) fn insert(&mut self, requested: VPath, shown: VPath) {
        self.forget(&requested);
        if self.0.len() >= REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back((requested, shown));
    }

    pub(crate) fn get(&self, requested: &VPath) -> Option<&VPath> {
        self.0.iter().rev().find(|(r, _)| r == requested).map(|(_, shown)| shown)
    }

    pub(crate) fn forget(&mut self, requested: &VPath) {
        self.0.retain(|(r, _)| r != requested);
    }

    /// A folder above was renamed.
    pub(crate) fn renamed(&mut self, from: &VPath, to: &VPath) {
        for (requested, shown) in &mut self.0 {
            for path in [requested, shown] {
                if let Some(new) = moved(path, from, to) {
                    *path = new;
                }
            }
        }
    }
}

/// The path of what lies below a folder that was renamed.
pub(crate) fn moved(path: &VPath, from: &VPath, to: &VPath) -> Option<VPath> {
    let rest = path.below(from).filter(|rest| !rest.is_empty())?;
    VPath::parse(to, rest).ok()
}

impl Fs {
    /// The clearance of the session's own file that it has stored for that path, for operations on what is there;
    /// else the one that was asked for.
    pub(crate) fn stored(
        &self,
        batch: &mut Batch,
        operation: Operation,
        path: &VPath,
        asked: Clearance,
    ) -> Result<Clearance, FsError> {
        if !self.terms().amend_write_name || operation == Operation::LinkTarget {
            return Ok(asked);
        }
        let Some(shown) = self.uploads().stored_as(path) else { return Ok(asked) };
        Ok(self.clear(batch, operation, &shown)?.within(asked.scope()))
    }

    /// Opens a new file, whatever is there under the name that the client gives.
    pub(super) fn open_amended(
        &self,
        batch: &mut Batch,
        backend: &Arc<dyn Backend>,
        requested: &VPath,
        at: &Clearance,
        how: &How,
    ) -> Result<File, Fault> {
        let at = &at.again().anchored(backend.anchor(at.anchor())?);
        if let Some(upload) = self.uploads().get(&at.place().shown) {
            if how.exclusive {
                return Err(FsError::Exists.into());
            }
            if !how.truncate {
                return self.join(&upload, requested, at, how);
            }
        }
        let known = self.known(&**backend, at, how)?;
        let exists = known.is_some() || self.uploads().stored_as(requested).is_some();
        if exists && how.exclusive {
            return Err(FsError::Exists.into());
        }
        let atomic = self.terms().atomic_uploads && backend.capabilities().atomic_rename;
        let is_there = || exists || (atomic && self.leftover(&**backend, at, None).is_some());
        if !how.create && !is_there() {
            return Err(FsError::NotFound.into());
        }
        let place = self.amended(batch, how.operation(), at)?;
        self.uploads().forget_stored(requested);
        if !atomic {
            let new = How { create: true, exclusive: true, truncate: false, ..*how };
            let file = self.open_in_place(backend, requested, &place, &new)?;
            self.uploads().remember_stored(requested.clone(), place.place().shown.clone());
            return Ok(file);
        }
        if let Some(folder) = at.folder() {
            self.sweep_folder(batch, &folder);
        }
        let temporary = self.begin_amended(batch, backend, requested, at, how, known.as_ref())?;
        let stored = Some(Stored { requested: requested.clone(), place });
        Ok(self.upload(backend, Opening { requested, at, how, stored, exclusive: None }, temporary, true)?)
    }

    /// What is there already, if it is a file.
    fn known(&self, backend: &dyn Backend, at: &Clearance, how: &How) -> Result<Option<Meta>, Fault> {
        match backend.look(at.look()) {
            Ok(_) if how.exclusive => Err(FsError::Exists.into()),
            Ok(meta) => match meta.attributes.kind {
                Kind::Link => Err(Fault::Link),
                Kind::Folder => Err(FsError::IsFolder.into()),
                Kind::File | Kind::Other => Ok(Some(meta)),
            },
            Err(Fault::Failed(FsError::NotFound)) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// A temporary file that was left of a broken upload of that name, or a new one.
    fn begin_amended(
        &self,
        batch: &mut Batch,
        backend: &Arc<dyn Backend>,
        requested: &VPath,
        at: &Clearance,
        how: &How,
        known: Option<&Meta>,
    ) -> Result<Temporary, Fault> {
        if !how.truncate
            && !how.read
            && let Some(old) = self.adopt(&**backend, at, known, how.append)
        {
            events::upload_resumed(batch, requested, old.meta.attributes.size);
            return Ok(old);
        }
        self.fresh(&**backend, at, mode(self, how))?.ok_or(FsError::Busy.into())
    }

    /// The place beside, under the new name, once the rules have judged it too.
    fn amended(&self, batch: &mut Batch, operation: Operation, at: &Clearance) -> Result<Clearance, FsError> {
        let mut name = batch.new_random_id().to_string().into_bytes();
        name.push(b'-');
        name.extend_from_slice(at.place().path.file_name_bytes());
        let name = Name::parse(&name).map_err(|_| FsError::NameInvalid)?;
        let beside = at.beside(&name).ok_or(FsError::NameInvalid)?;
        Ok(self.clear_place(batch, operation, beside.place().clone())?.within(at.scope()))
    }
}
