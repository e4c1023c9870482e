//! Atomic uploads: a temporary file in the same folder, renamed when the client closes it.
//!
//! - [`name`]: what temporary files are called, so that a broken upload is found without any state.
//! - [`begin`]: whether an open is an upload, a resumed one, or a write in place.
//! - [`exclusive`]: names that one session alone makes.
//! - [`amended`]: what is stored under a name of its own.
//! - [`leftover`]: what broke off: shown to its principal, taken up again, swept away.
//! - [`told`]: to whom it was shown for an older file. [`open_files`]: to whom it is not.

mod amended;
mod begin;
mod exclusive;
mod leftover;
pub(crate) mod name;
mod open_files;
mod told;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use causeway_auth::UploadSync;
use causeway_core::VPath;

use crate::attributes::Meta;
use crate::backend::{Backend, Content};
use crate::error::{Fault, FsError};
use crate::permit::{Clearance, OpenMode};
use amended::{Stored, StoredFiles};
use exclusive::ExclusiveName;
pub(crate) use exclusive::ExclusiveNames;
use name::Names;
use open_files::OpenFiles;
pub(crate) use open_files::Whereabouts;
use told::Told;

/// An upload in progress: one temporary file, the handles that write it, and where it goes.
#[derive(Debug)]
pub(crate) struct Upload {
    backend: Arc<dyn Backend>,
    content: Arc<dyn Content>,
    sync: UploadSync,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    temporary: Clearance,
    target: Clearance,
    /// Where it goes instead of the target.
    stored: Option<Stored>,
    slot: usize,
    names: Names,
    /// Whether the target may exist when the upload is committed.
    replace: bool,
    /// Keeps others from making the target exclusively too.
    exclusive: Option<ExclusiveName>,
    /// Open handles that write it.
    writers: usize,
    fate: Fate,
}

/// What becomes of the temporary file at the last close.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Commit,
    /// Its name was removed or given to something else: it vanishes.
    Orphan,
    /// A handle failed; the rest may be taken up again.
    Keep(FsError),
    /// A handle failed for good.
    Discard(FsError),
}

/// What came of the end of a handle.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended {
    pub(crate) result: Result<(), FsError>,
    /// So many bytes are kept to be taken up again.
    pub(crate) kept: Option<u64>,
}

impl From<Result<(), FsError>> for Ended {
    fn from(result: Result<(), FsError>) -> Self {
        Self { result, kept: None }
    }
}

/// How a handle ends its part of an upload.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ending {
    Closed,
    /// The client went away, or bytes could not be written.
    Broken(FsError),
    /// What was written can never become the file.
    Failed(FsError),
}

impl Upload {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether its name is gone, or another object's.
    pub(crate) fn is_orphan(&self) -> bool {
        matches!(self.state().fate, Fate::Orphan)
    }

    pub(crate) fn meta(&self) -> Result<Meta, FsError> {
        self.content.meta()
    }

    pub(crate) fn content(&self) -> &dyn Content {
        &*self.content
    }

    /// Where the bytes are for now.
    pub(crate) fn temporary(&self) -> Clearance {
        self.state().temporary.again()
    }

    /// Where it goes, if not to the name that the client gave.
    pub(crate) fn stored(&self) -> Option<Clearance> {
        self.state().stored.as_ref().map(|stored| stored.place.again())
    }

    /// Another handle of the same file.
    pub(crate) fn join(&self, mode: OpenMode) -> Result<Arc<dyn Content>, Fault> {
        let mut state = self.state();
        let opened = self.backend.open(state.temporary.open(mode))?;
        if mode.write {
            state.writers = state.writers.saturating_add(1);
        }
        Ok(Arc::from(opened.content))
    }

    /// The name is gone, or another object's: nothing comes of the upload.
    pub(crate) fn orphan(&self) {
        let mut state = self.state();
        state.fate = Fate::Orphan;
        state.exclusive = None;
        // Unlinked now, so that it does not hold up the removal of its folder. A failure leaves a leftover.
        let _ = self.backend.remove_file(state.temporary.remove_file());
    }

    /// The client renamed the file while writing it: it goes on under the name of `target`, which is anchored.
    pub(crate) fn retarget(&self, target: Clearance, names: Names) -> Result<(), Fault> {
        let mut state = self.state();
        for slot in 0..name::SLOTS {
            let Some(temporary) = names.beside(&target, slot) else { return Err(FsError::Protected.into()) };
            match self.backend.rename(state.temporary.move_to(&temporary, false)) {
                Ok(()) => {
                    state.temporary = temporary;
                    state.target = target;
                    state.slot = slot;
                    state.names = names;
                    state.replace = true;
                    state.exclusive = None;
                    return Ok(());
                }
                Err(Fault::Failed(FsError::Exists)) => {}
                Err(e) => return Err(e),
            }
        }
        Err(FsError::Busy.into())
    }

    /// A writing handle ends. The last one decides: the file gets its name, is kept to be taken up again, or goes.
    pub(crate) fn end(self: &Arc<Self>, uploads: &Uploads, ending: Ending) -> Ended {
        let mut state = self.state();
        state.writers = state.writers.saturating_sub(1);
        state.fate = match (state.fate, ending) {
            (fate @ (Fate::Orphan | Fate::Discard(_)), _) | (fate, Ending::Closed) => fate,
            (_, Ending::Broken(e)) => Fate::Keep(e),
            (_, Ending::Failed(e)) => Fate::Discard(e),
        };
        if state.writers > 0 {
            return Ended::from(match ending {
                Ending::Closed => Ok(()),
                Ending::Broken(e) | Ending::Failed(e) => Err(e),
            });
        }
        let ended = match state.fate {
            Fate::Commit => match self.commit(&mut state) {
                // Another has made the name that was to be new: this can never be it.
                Err(FsError::Exists) => {
                    let _ = self.backend.remove_file(state.temporary.remove_file());
                    Err(FsError::Exists).into()
                }
                // It may have its name already, when only the folder could not be brought to the disk.
                Err(e) if self.backend.look(state.temporary.look()).is_ok() => {
                    Ended { result: Err(e), kept: self.keep(&state) }
                }
                result => result.into(),
            },
            Fate::Orphan => Ok(()).into(),
            Fate::Keep(e) => Ended { result: Err(e), kept: self.keep(&state) },
            Fate::Discard(e) => {
                let _ = self.backend.remove_file(state.temporary.remove_file());
                Err(e).into()
            }
        };
        state.exclusive = None;
        let shown = state.target.place().shown.clone();
        let stored =
            state.stored.take().filter(|_| matches!(state.fate, Fate::Commit) && ended.result.is_ok());
        drop(state);
        uploads.forget(&shown, self);
        if let Some(stored) = stored {
            uploads.remember_stored(stored.requested, stored.place.place().shown.clone());
        }
        ended
    }

    fn commit(&self, state: &mut State) -> Result<(), FsError> {
        if self.sync == UploadSync::Close {
            self.content.sync()?;
        }
        let (target, replace) = match &state.stored {
            // A name that nobody can have taken; who has was not to be replaced.
            Some(stored) => (&stored.place, false),
            None => (&state.target, state.replace),
        };
        match self.backend.rename(state.temporary.move_to(target, replace)) {
            Ok(()) => {}
            Err(Fault::Failed(e)) => return Err(e),
            Err(Fault::Link) => return Err(FsError::Loop),
        }
        if self.sync == UploadSync::Close
            && let Some(anchor) = target.place().anchor()
        {
            self.backend.sync_folder(anchor)?;
        }
        Ok(())
    }

    /// Leaves the file to be taken up again, under the first name that is looked for. Returns its size.
    fn keep(&self, state: &State) -> Option<u64> {
        let size = self.content.meta().ok().map(|m| m.attributes.size);
        if size == Some(0) {
            let _ = self.backend.remove_file(state.temporary.remove_file());
            return None;
        }
        if state.slot > 0
            && let Some(first) = state.names.beside(&state.target, 0)
        {
            // Not while another upload is using it; an older leftover gives way, and is held until it has.
            let old = leftover::seize(&*self.backend, &first, false);
            let _ = self.backend.rename(state.temporary.move_to(&first, old.is_some()));
        }
        size
    }
}

/// The uploads of one session, by the path that the client gave them, and what has to be known of its other files.
#[derive(Debug, Default)]
pub(crate) struct Uploads {
    open: Mutex<HashMap<VPath, Arc<Upload>>>,
    stored: Mutex<StoredFiles>,
    told: Mutex<Told>,
    files: Mutex<OpenFiles>,
}

impl Uploads {
    fn table(&self) -> MutexGuard<'_, HashMap<VPath, Arc<Upload>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stored_files(&self) -> MutexGuard<'_, StoredFiles> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open_files(&self) -> MutexGuard<'_, OpenFiles> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the session has the file open that it found there.
    pub(crate) fn has_open(&self, shown: &VPath) -> bool {
        self.open_files().has(shown)
    }

    /// The session is told of the leftover that is to replace the file.
    pub(crate) fn tell(&self, shown: &VPath) {
        self.told().insert(shown);
    }

    /// Whether the session was told of it last. It is not any more.
    pub(crate) fn forget_told(&self, shown: &VPath) -> bool {
        self.told().forget(shown)
    }

    /// What the session has stored for that path, by the path that the client gave.
    pub(crate) fn stored_as(&self, requested: &VPath) -> Option<VPath> {
        self.stored_files().get(requested).cloned()
    }

    pub(crate) fn remember_stored(&self, requested: VPath, shown: VPath) {
        self.stored_files().insert(requested, shown);
    }

    /// The client means something else by that path now.
    pub(crate) fn forget_stored(&self, requested: &VPath) {
        self.stored_files().forget(requested);
    }

    pub(crate) fn get(&self, shown: &VPath) -> Option<Arc<Upload>> {
        let table = self.table();
        if table.is_empty() { None } else { table.get(shown).cloned() }
    }

    /// Whether the session has written a file by that path: an upload under way, or one that was stored under
    /// another name.
    pub(crate) fn has(&self, requested: &VPath, shown: &VPath) -> bool {
        self.get(shown).is_some() || self.stored_as(requested).is_some()
    }

    pub(crate) fn insert(&self, shown: VPath, upload: Arc<Upload>) {
        self.table().insert(shown, upload);
    }

    /// Takes the upload off that name; it goes on, or not, as its owner says.
    pub(crate) fn take(&self, shown: &VPath) -> Option<Arc<Upload>> {
        self.table().remove(shown)
    }

    fn forget(&self, shown: &VPath, upload: &Arc<Upload>) {
        let mut table = self.table();
        if table.get(shown).is_some_and(|u| Arc::ptr_eq(u, upload)) {
            table.remove(shown);
        }
    }

    /// What was renamed takes the open files and the uploads below it along.
    pub(crate) fn renamed(&self, from: &VPath, to: &VPath) {
        self.stored_files().renamed(from, to);
        self.open_files().renamed(from, to);
        let mut table = self.table();
        if table.is_empty() {
            return;
        }
        let moved: Vec<VPath> =
            table.keys().filter(|p| p.below(from).is_some_and(|r| !r.is_empty())).cloned().collect();
        for old in moved {
            let new = old.below(from).and_then(|rest| VPath::parse(to, rest).ok());
            if let (Some(upload), Some(new)) = (table.remove(&old), new) {
                let mut state = upload.state();
                state.target.show_as(&new);
                if let Some(stored) = &mut state.stored {
                    stored.renamed(from, to);
                }
                drop(state);
                table.insert(new, upload);
            }
        }
    }
}
