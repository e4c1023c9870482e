//! Attributes, listings, room.

use causeway_core::VPath;
use causeway_events::Batch;

use crate::attributes::{Attributes, Kind, Meta, SetAttributes, Space};
use crate::backend::Backend;
use crate::error::{Fault, FsError};
use crate::events::{self, Ground};
use crate::listing::{Entry, Listing};
use crate::mount::Route;
use crate::permit::{Clearance, Last, Operation, Scope};
use crate::upload::name;

use super::{Fs, How};

impl Fs {
    /// The attributes of what the path leads to, links followed.
    pub fn stat(&self, batch: &mut Batch, path: &VPath) -> Result<Attributes, FsError> {
        self.look(batch, path, Last::Follow)
    }

    /// The attributes of what the path names, be it a link.
    pub fn lstat(&self, batch: &mut Batch, path: &VPath) -> Result<Attributes, FsError> {
        self.look(batch, path, Last::Keep)
    }

    /// What the path leads to, links followed, for a protocol that has to know before it can tell what its client asks
    /// for. None where nothing is, and where its principal may not know: that is no refusal, for nothing was asked.
    pub fn known_kind(&self, batch: &mut Batch, path: &VPath) -> Option<Kind> {
        let refused =
            path.names().any(name::is_reserved) || self.rules().asks(Operation::Stat, path).is_err();
        if refused { None } else { self.stat(batch, path).ok().map(|a| a.kind) }
    }

    fn look(&self, batch: &mut Batch, path: &VPath, last: Last) -> Result<Attributes, FsError> {
        if let Route::Virtual = self.names().route(path) {
            self.refuse_reserved(batch, Operation::Stat, path)?;
            self.judge(batch, Operation::Stat, path)?;
            return Ok(self.virtual_folder());
        }
        self.perform(batch, Operation::Stat, path, last, |batch, at| {
            let meta = self.meta_at(at)?;
            match meta.attributes.kind {
                Kind::Link if last == Last::Follow => Err(Fault::Link),
                Kind::Folder => Ok(meta.attributes),
                _ if at.scope() == Scope::Folders => {
                    events::refused(batch, Operation::Stat, path, Ground::Rule(self.rules().decider(path)));
                    Err(FsError::Refused.into())
                }
                _ => Ok(meta.attributes),
            }
        })
    }

    /// What is at the place as its principal sees it: an upload of this session, or what is left of a broken one, stands
    /// for the file that it is going to be.
    pub(super) fn meta_at(&self, at: &Clearance) -> Result<Meta, Fault> {
        let backend = self.backend(at)?;
        if let Some(upload) = self.uploads().get(&at.place().shown) {
            return Ok(upload.meta()?);
        }
        if !self.terms().atomic_uploads || at.place().path.is_root() {
            return backend.look(at.look());
        }
        let at = at.again().anchored(backend.anchor(at.anchor())?);
        match backend.look(at.look()) {
            Ok(meta) if meta.attributes.kind == Kind::File => {
                Ok(self.tell_leftover(&*backend, &at, &meta).unwrap_or(meta))
            }
            Err(Fault::Failed(FsError::NotFound)) => {
                self.leftover(&*backend, &at, None).ok_or(FsError::NotFound.into())
            }
            other => other,
        }
    }

    pub(super) fn virtual_folder(&self) -> Attributes {
        let kind = Kind::Folder;
        Attributes { kind, size: 0, mode: 0o555, accessed: self.entered, modified: self.entered, links: 2 }
    }

    /// Changes attributes. A size needs the right to write, all else the right to set attributes, and so does nothing at all:
    /// who is told that it was done has been judged, and it is there.
    pub fn set_attributes(
        &self,
        batch: &mut Batch,
        path: &VPath,
        set: &SetAttributes,
        last: Last,
    ) -> Result<(), FsError> {
        if let Some(size) = set.size {
            self.set_size(batch, path, size, last)?;
        }
        let rest = SetAttributes { size: None, ..*set };
        if set.size.is_some() && !rest.beside_size() {
            return Ok(());
        }
        self.perform(batch, Operation::SetAttributes, path, last, |_, at| {
            if let Some(upload) = self.uploads().get(&at.place().shown) {
                return Ok(upload.content().change(&rest)?);
            }
            let backend = self.backend(at)?;
            let looked = last == Last::Follow || !rest.beside_size();
            if looked && backend.look(at.look())?.attributes.kind == Kind::Link && last == Last::Follow {
                return Err(Fault::Link);
            }
            if rest.beside_size() { backend.change(at.change(rest)) } else { Ok(()) }
        })
    }

    fn set_size(&self, batch: &mut Batch, path: &VPath, size: u64, last: Last) -> Result<(), FsError> {
        self.perform(batch, Operation::SetSize, path, last, |_, at| {
            if self.terms().file_write_size.is_some_and(|limit| size > limit) {
                return Err(FsError::TooLarge.into());
            }
            let set = SetAttributes { size: Some(size), ..SetAttributes::default() };
            if let Some(upload) = self.uploads().get(&at.place().shown) {
                return Ok(upload.content().change(&set)?);
            }
            let how = How { write: true, ..How::default() };
            match self.backend(at)?.open(at.open(how.plain())) {
                Ok(opened) => Ok(opened.content.change(&set)?),
                // Not followed: links have no size to set.
                Err(Fault::Link) if last == Last::Keep => Err(FsError::Unsupported.into()),
                Err(e) => Err(e),
            }
        })
    }

    /// The members of a folder. With `allow-traverse` alone, only its folders.
    pub fn list(&self, batch: &mut Batch, path: &VPath) -> Result<Listing, FsError> {
        if let Route::Virtual = self.names().route(path) {
            self.refuse_reserved(batch, Operation::List, path)?;
            return match self.rules().asks(Operation::List, path) {
                Ok(scope) => Ok(Listing::new(None, self.added_to(path), scope)),
                Err(decider) => {
                    events::refused(batch, Operation::List, path, Ground::Rule(decider));
                    Err(FsError::Refused)
                }
            };
        }
        self.perform(batch, Operation::List, path, Last::Follow, |_, at| {
            let entries = self.backend(at)?.scan(at.scan())?;
            Ok(Listing::new(Some((entries, at.again())), self.added_to(&at.place().shown), at.scope()))
        })
    }

    /// The members that mounts add to a folder.
    fn added_to(&self, folder: &VPath) -> Vec<Entry> {
        let names = self.names().names_in(folder).into_iter();
        names.map(|(name, path)| Entry { name, attributes: self.attributes_of_added(&path) }).collect()
    }

    fn attributes_of_added(&self, path: &VPath) -> Attributes {
        let Route::Real(place) = self.names().route(path) else { return self.virtual_folder() };
        // The member is listed with the right to list its folder, as any other.
        let at = self.rules().house(place);
        let meta = self
            .backend(&at)
            .map_err(Fault::from)
            .and_then(|b: std::sync::Arc<dyn Backend>| b.look(at.look()));
        meta.map_or_else(|_| self.virtual_folder(), |m| m.attributes)
    }

    /// The room of the file system that the path is on.
    pub fn space(&self, batch: &mut Batch, path: &VPath) -> Result<Space, FsError> {
        if let Route::Virtual = self.names().route(path) {
            self.judge(batch, Operation::Stat, path)?;
            return self.space(batch, &VPath::root());
        }
        self.perform(batch, Operation::Stat, path, Last::Follow, |_, at| {
            let backend = self.backend(at)?;
            if backend.look(at.look())?.attributes.kind == Kind::Link {
                return Err(Fault::Link);
            }
            backend.space(at.space())
        })
    }
}
