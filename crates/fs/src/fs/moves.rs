//! Renames.

use causeway_core::VPath;
use causeway_events::Batch;

use crate::attributes::Kind;
use crate::backend::Backend;
use crate::error::{Fault, FsError};
use crate::events::{self, Ground};
use crate::permit::{Clearance, Operation};
use crate::upload::Upload;

use super::Fs;

/// Members of a folder that are judged one by one before it may move to where other rules hold.
const JUDGED_MEMBERS: usize = 100_000;

impl Fs {
    /// Whether a rename may have to look at everything below a folder, which takes its time.
    pub fn judges_members(&self) -> bool {
        !self.rules().is_uniform()
    }

    /// Renames a file, link or folder. Without `replace` the new name must be free.
    ///
    /// A folder is not renamed to where anything below it would gain a right.
    pub fn rename(&self, batch: &mut Batch, from: &VPath, to: &VPath, replace: bool) -> Result<(), FsError> {
        let renames = (Operation::Rename, from);
        self.perform_pair(batch, renames, (Operation::Rename, to), |batch, source, target| {
            if (!replace || from == to) && self.uploads().stored_as(to).is_some() {
                return Err(FsError::Exists.into());
            }
            let backend = self.backend(source)?;
            if source.place().mount != target.place().mount {
                return Err(FsError::CrossMount.into());
            }
            if self.judges_members()
                && backend.look(source.look()).is_ok_and(|m| m.attributes.kind == Kind::Folder)
            {
                self.refuse_gains(batch, &*backend, source, target)?;
            }
            self.rename_places(&*backend, source, target, replace)
        })?;
        self.uploads().forget_stored(from);
        self.uploads().forget_stored(to);
        Ok(())
    }

    fn rename_places(
        &self,
        backend: &dyn Backend,
        source: &Clearance,
        target: &Clearance,
        replace: bool,
    ) -> Result<(), Fault> {
        let (from, to) = (&source.place().shown, &target.place().shown);
        if from == to {
            return backend.look(source.look()).map(drop);
        }
        let replaced = self.uploads().get(to);
        if replaced.is_some() && !replace {
            return Err(FsError::Exists.into());
        }
        match self.uploads().get(from) {
            Some(upload) => self.rename_upload(backend, &upload, source, target, replace)?,
            None => backend.rename(source.move_to(target, replace))?,
        }
        // Its name is another's now.
        if let Some(upload) = replaced {
            upload.orphan();
            if self.uploads().get(to).is_some_and(|u| std::sync::Arc::ptr_eq(&u, &upload)) {
                self.uploads().take(to);
            }
        }
        self.uploads().renamed(from, to);
        Ok(())
    }

    /// The file is still being uploaded by this session: it arrives under its new name. An older file that it was going
    /// to replace moves along, so that what others see keeps its one name.
    fn rename_upload(
        &self,
        backend: &dyn Backend,
        upload: &std::sync::Arc<Upload>,
        source: &Clearance,
        target: &Clearance,
        replace: bool,
    ) -> Result<(), Fault> {
        if upload.stored().is_some() {
            // Its name is made from the one that it was opened by.
            return Err(FsError::Busy.into());
        }
        let target = target.again().anchored(backend.anchor(target.anchor())?);
        match backend.look(target.look()) {
            Ok(_) if !replace => return Err(FsError::Exists.into()),
            Ok(meta) if meta.attributes.kind == Kind::Folder => return Err(FsError::IsFolder.into()),
            Ok(_) | Err(Fault::Failed(FsError::NotFound)) => {}
            Err(e) => return Err(e),
        }
        match backend.rename(source.move_to(&target, replace)) {
            Ok(()) | Err(Fault::Failed(FsError::NotFound)) => {}
            Err(e) => return Err(e),
        }
        upload.retarget(target.again(), self.names_for(&target))?;
        self.uploads().take(&source.place().shown);
        self.uploads().insert(target.place().shown.clone(), upload.clone());
        Ok(())
    }

    fn refuse_gains(
        &self,
        batch: &mut Batch,
        backend: &dyn Backend,
        source: &Clearance,
        target: &Clearance,
    ) -> Result<(), Fault> {
        if self.members_would_gain(backend, source, target)? {
            events::refused(batch, Operation::Rename, &source.place().shown, Ground::MembersWouldGain);
            return Err(FsError::Refused.into());
        }
        Ok(())
    }

    /// Whether anything below the folder would gain a right; so too if that cannot be told.
    fn members_would_gain(
        &self,
        backend: &dyn Backend,
        source: &Clearance,
        target: &Clearance,
    ) -> Result<bool, Fault> {
        let mut judged = 0_usize;
        let mut folders = vec![(source.again(), target.again())];
        while let Some((old, new)) = folders.pop() {
            let mut entries = backend.scan(old.scan())?;
            while let Some(entry) = entries.next() {
                let (name, meta) = entry?;
                judged = judged.saturating_add(1);
                let (Some(from), Some(to)) = (old.member(&name), new.member(&name)) else { return Ok(true) };
                if judged > JUDGED_MEMBERS || self.rules().would_gain(&from.place().shown, &to.place().shown)
                {
                    return Ok(true);
                }
                // A member that could not be looked at may be a folder.
                match meta.attributes.kind {
                    Kind::Folder => folders.push((from, to)),
                    Kind::Other if meta.changed == crate::attributes::Stamp::default() => return Ok(true),
                    _ => {}
                }
            }
        }
        Ok(false)
    }
}
