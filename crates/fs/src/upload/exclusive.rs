//! Names that are being made exclusively. An upload gets its name only when it is closed: until then no look at the disk
//! tells another session that it is taken.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::backend::Backend;
use crate::error::{Fault, FsError};
use crate::fs::Fs;
use crate::permit::Clearance;

/// Device and identity of a folder, and a name in it.
type Key = (u64, u64, Vec<u8>);

/// Those of all sessions of the process.
#[derive(Debug, Clone, Default)]
pub(crate) struct ExclusiveNames(Arc<Mutex<HashSet<Key>>>);

impl ExclusiveNames {
    fn table(&self) -> MutexGuard<'_, HashSet<Key>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// None if another has it.
    fn take(&self, key: Key) -> Option<ExclusiveName> {
        self.table().insert(key.clone()).then(|| ExclusiveName { names: self.clone(), key })
    }
}

/// One of them, until this is dropped.
#[derive(Debug)]
pub(crate) struct ExclusiveName {
    names: ExclusiveNames,
    key: Key,
}

impl Drop for ExclusiveName {
    fn drop(&mut self) {
        self.names.table().remove(&self.key);
    }
}

impl Fs {
    /// Keeps the name of the anchored place from whoever would make it exclusively too. To be called before the look
    /// whether it exists: what another has made meanwhile is seen then.
    pub(super) fn take_exclusively(
        &self,
        backend: &dyn Backend,
        at: &Clearance,
    ) -> Result<ExclusiveName, Fault> {
        let place = at.place();
        let folder = backend.look_at_folder(place.anchor().ok_or(FsError::Invalid)?)?;
        let key = (folder.device, folder.identity, place.path.file_name_bytes().to_vec());
        Ok(self.host().exclusive_names().take(key).ok_or(FsError::Exists)?)
    }
}
