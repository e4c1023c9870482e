//! Whether an open for writing is an upload, an upload taken up again, or a write in place.

use std::sync::{Arc, Mutex};

use causeway_auth::UploadSync;
use causeway_core::VPath;
use causeway_events::Batch;

use crate::attributes::{Kind, Meta};
use crate::backend::{Backend, Claim, Content, Unlike};
use crate::error::{Fault, FsError};
use crate::events;
use crate::file::File;
use crate::fs::{Fs, How};
use crate::permit::{Clearance, Create, OpenMode};

use super::amended::Stored;
use super::exclusive::ExclusiveName;
use super::name::{self, Names};
use super::{Fate, State, Upload, leftover};

/// Why a file is written in place although uploads are atomic: the member `reason` of event 70020.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InPlace {
    Append,
    Offset,
    ReadWrite,
    HardLinks,
    Owner,
    Acl,
    Mode,
    Folder,
    TooMany,
}

impl InPlace {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            InPlace::Append => "append",
            InPlace::Offset => "offset",
            InPlace::ReadWrite => "read-write",
            InPlace::HardLinks => "hard-links",
            InPlace::Owner => "owner",
            InPlace::Acl => "acl",
            InPlace::Mode => "mode",
            InPlace::Folder => "folder",
            InPlace::TooMany => "too-many-uploads",
        }
    }
}

impl From<Unlike> for InPlace {
    fn from(why: Unlike) -> Self {
        match why {
            Unlike::Owner => InPlace::Owner,
            Unlike::Acl => InPlace::Acl,
            Unlike::Mode => InPlace::Mode,
        }
    }
}

/// A temporary file that is this upload's, new or taken up again.
pub(super) struct Temporary {
    pub(super) content: Arc<dyn Content>,
    pub(super) meta: Meta,
    pub(super) place: Clearance,
    pub(super) slot: usize,
    pub(super) names: Names,
}

/// What is opened, and how.
pub(super) struct Opening<'a> {
    pub(super) requested: &'a VPath,
    pub(super) at: &'a Clearance,
    pub(super) how: &'a How,
    /// Where it goes when it is complete, if not to `at`.
    pub(super) stored: Option<Stored>,
    pub(super) exclusive: Option<ExclusiveName>,
}

fn opening<'a>(requested: &'a VPath, at: &'a Clearance, how: &'a How) -> Opening<'a> {
    Opening { requested, at, how, stored: None, exclusive: None }
}

impl Fs {
    pub(crate) fn open_to_write(
        &self,
        batch: &mut Batch,
        requested: &VPath,
        at: &Clearance,
        how: &How,
    ) -> Result<File, Fault> {
        let backend = self.backend(at)?;
        let able = backend.capabilities();
        if self.terms().amend_write_name && !at.place().path.is_root() {
            return self.open_amended(batch, &backend, requested, at, how);
        }
        if !self.terms().atomic_uploads || !able.atomic_rename || at.place().path.is_root() {
            return self.open_in_place(&backend, requested, at, how);
        }
        let at = &at.again().anchored(backend.anchor(at.anchor())?);
        if let Some(upload) = self.uploads().get(&at.place().shown) {
            if how.exclusive {
                return Err(FsError::Exists.into());
            }
            if !how.truncate {
                return self.join(&upload, requested, at, how);
            }
        }
        let exclusive = how.exclusive.then(|| self.take_exclusively(&*backend, at)).transpose()?;
        let known = match backend.look(at.look()) {
            Ok(meta) => Some(meta),
            Err(Fault::Failed(FsError::NotFound)) => None,
            Err(e) => return Err(e),
        };
        match known.map(|m| m.attributes.kind) {
            Some(_) if how.exclusive => return Err(FsError::Exists.into()),
            Some(Kind::Link) => return Err(Fault::Link),
            Some(Kind::Folder) => return Err(FsError::IsFolder.into()),
            // Devices and the like are what they are.
            Some(Kind::Other) => return self.open_in_place(&backend, requested, at, how),
            Some(Kind::File) | None => {}
        }
        if let Some(folder) = at.folder() {
            self.sweep_folder(batch, &folder);
        }
        if how.read {
            return self.declare_in_place(batch, &backend, requested, at, how, InPlace::ReadWrite);
        }
        // Who makes a name exclusively wants a new file, and goes on with nothing.
        if !how.truncate && !how.exclusive {
            if let Some(old) = self.adopt(&*backend, at, known.as_ref(), how.append) {
                events::upload_resumed(batch, requested, old.meta.attributes.size);
                return Ok(self.upload(&backend, opening(requested, at, how), old, known.is_none())?);
            }
            if known.is_some() {
                let why = if how.append { InPlace::Append } else { InPlace::Offset };
                return self.declare_in_place(batch, &backend, requested, at, how, why);
            }
        }
        if known.is_none() && !how.create && self.leftover(&*backend, at, None).is_none() {
            return Err(FsError::NotFound.into());
        }
        match self.make_temporary(&backend, at, how, known.as_ref())? {
            Ok(fresh) => {
                let opening = Opening { exclusive, ..opening(requested, at, how) };
                Ok(self.upload(&backend, opening, fresh, known.is_none())?)
            }
            Err(why) => self.declare_in_place(batch, &backend, requested, at, how, why),
        }
    }

    /// A temporary file like the one that it is to replace, or why the upload is a write in place.
    fn make_temporary(
        &self,
        backend: &Arc<dyn Backend>,
        at: &Clearance,
        how: &How,
        known: Option<&Meta>,
    ) -> Result<Result<Temporary, InPlace>, Fault> {
        if known.is_some_and(|m| m.attributes.links > 1) {
            return Ok(Err(InPlace::HardLinks));
        }
        let fresh = match self.fresh(&**backend, at, mode(self, how)) {
            Ok(Some(fresh)) => fresh,
            Ok(None) => return Ok(Err(InPlace::TooMany)),
            // The folder takes no new file, but the old one may be written.
            Err(Fault::Failed(FsError::Denied)) if known.is_some() => {
                return Ok(Err(InPlace::Folder));
            }
            Err(e) => return Err(e),
        };
        if let Some(known) = known
            && let Err(why) = fresh.content.resemble(at.look(), known, &fresh.meta)
        {
            let _ = backend.remove_file(fresh.place.remove_file());
            return Ok(Err(why.into()));
        }
        Ok(Ok(fresh))
    }

    /// A temporary file of no bytes, in the first slot that nobody is using.
    pub(super) fn fresh(
        &self,
        backend: &dyn Backend,
        at: &Clearance,
        mode: OpenMode,
    ) -> Result<Option<Temporary>, Fault> {
        let names = self.names_for(at);
        let new = OpenMode { write: true, create: Create::New, truncate: false, ..mode };
        for slot in 0..name::SLOTS {
            let Some(place) = names.beside(at, slot) else { return Err(FsError::Protected.into()) };
            let mut made = backend.open(place.open(new));
            // A leftover gives way if nobody holds it. It is not used again: owner and access list may be of a file
            // that is no more.
            if matches!(made, Err(Fault::Failed(FsError::Exists))) && leftover::remove(backend, &place) {
                made = backend.open(place.open(new));
            }
            match made {
                Ok(opened) => {
                    // Where the file system knows no claims, a new file is nobody else's.
                    let meta = match opened.content.claim() {
                        Claim::Mine => leftover::still_named(backend, &place, &opened.meta),
                        Claim::Unknown => Some(opened.meta),
                        Claim::Taken => None,
                    };
                    if let Some(meta) = meta {
                        let content = Arc::from(opened.content);
                        return Ok(Some(Temporary { content, meta, place, slot, names }));
                    }
                }
                Err(Fault::Failed(FsError::Exists)) => {}
                Err(e) => return Err(e),
            }
        }
        Ok(None)
    }

    pub(super) fn upload(
        &self,
        backend: &Arc<dyn Backend>,
        opening: Opening<'_>,
        temporary: Temporary,
        is_new: bool,
    ) -> Result<File, FsError> {
        let Opening { requested, at, how, stored, exclusive } = opening;
        let fixed = self.fixed(requested, stored.as_ref().map_or(at, |s| &s.place), how, is_new)?;
        let Temporary { content, meta, place, slot, names } = temporary;
        let upload = Arc::new(Upload {
            backend: backend.clone(),
            content: content.clone(),
            sync: self.terms().upload_sync,
            state: Mutex::new(State {
                temporary: place,
                target: at.again(),
                stored,
                slot,
                names,
                replace: !how.exclusive,
                exclusive,
                writers: 1,
                fate: Fate::Commit,
            }),
        });
        self.uploads().forget_told(&at.place().shown);
        self.uploads().insert(at.place().shown.clone(), upload.clone());
        let strategy = self.strategy_at(at, &meta);
        Ok(File::uploading(self, fixed, content, meta.attributes.size, strategy, upload))
    }

    /// A second handle of a file that the session is uploading.
    pub(super) fn join(
        &self,
        upload: &Arc<Upload>,
        requested: &VPath,
        at: &Clearance,
        how: &How,
    ) -> Result<File, Fault> {
        let meta = upload.meta()?;
        let mode = OpenMode { read: how.read, write: true, append: how.append, ..OpenMode::default() };
        let content = upload.join(mode)?;
        let stored = upload.stored();
        let fixed = self.fixed(requested, stored.as_ref().unwrap_or(at), how, false)?;
        let strategy = self.strategy_at(at, &meta);
        Ok(File::uploading(self, fixed, content, meta.attributes.size, strategy, upload.clone()))
    }

    fn declare_in_place(
        &self,
        batch: &mut Batch,
        backend: &Arc<dyn Backend>,
        requested: &VPath,
        at: &Clearance,
        how: &How,
        why: InPlace,
    ) -> Result<File, Fault> {
        let file = self.open_in_place(backend, requested, at, how)?;
        events::written_in_place(batch, requested, why.as_str());
        Ok(file)
    }

    pub(super) fn open_in_place(
        &self,
        backend: &Arc<dyn Backend>,
        requested: &VPath,
        at: &Clearance,
        how: &How,
    ) -> Result<File, Fault> {
        let (opened, is_new) = open_or_make(&**backend, at, how, mode(self, how))?;
        let size = opened.meta.attributes.size;
        let folder = if is_new && self.terms().upload_sync == UploadSync::Close {
            Some((backend.clone(), backend.anchor(at.anchor())?))
        } else {
            None
        };
        let fixed = self.fixed(requested, at, how, is_new)?;
        let strategy = self.strategy_at(at, &opened.meta);
        Ok(File::in_place(self, fixed, Arc::from(opened.content), size, strategy, folder))
    }
}

/// Opens the file, or makes it; says which.
fn open_or_make(
    backend: &dyn Backend,
    at: &Clearance,
    how: &How,
    mode: OpenMode,
) -> Result<(crate::backend::Opened, bool), Fault> {
    /// Another process may remove and make the file again in between, but not for ever.
    const TRIES: usize = 8;
    for _ in 0..TRIES {
        if how.create {
            let new = OpenMode { create: Create::New, truncate: false, ..mode };
            match backend.open(at.open(new)) {
                Err(Fault::Failed(FsError::Exists)) if !how.exclusive => {}
                other => return other.map(|opened| (opened, true)),
            }
        }
        match backend.open(at.open(mode)) {
            Err(Fault::Failed(FsError::NotFound)) if how.create => {}
            other => return other.map(|opened| (opened, false)),
        }
    }
    Err(FsError::Busy.into())
}

pub(super) fn mode(fs: &Fs, how: &How) -> OpenMode {
    OpenMode {
        read: how.read,
        write: how.write,
        append: how.append,
        truncate: how.truncate,
        create: Create::Never,
        mode: how.mode.map_or(0o666, |mode| mode & 0o777) & !fs.terms().umask,
    }
}
