//! The proof that the rules were asked.
//!
//! [`Judge`] is the only reader of permission rules. What passes it is a [`Clearance`]: one place, cleared for one
//! operation. From it come [`Permit`]s, each of which owns what one call of a back end needs; back ends take nothing
//! else, consume it, and can make none.

mod judge;
mod requests;

pub(crate) use judge::Judge;
pub use judge::{Operation, Scope, verdict};
pub use requests::*;

use causeway_auth::Grant;
use causeway_core::{Name, VPath};

use crate::attributes::SetAttributes;
use crate::backend::Anchor;

/// A place in a back end.
#[derive(Debug, Clone)]
pub struct Place {
    /// Which mount of the `Fs`.
    pub(crate) mount: usize,
    /// The path inside the mount.
    pub(crate) path: VPath,
    /// The path as the client would see it.
    pub(crate) shown: VPath,
    /// The folder that holds it, where it has been opened already.
    pub(crate) anchor: Option<Anchor>,
}

impl Place {
    /// The path inside the mount.
    pub fn path(&self) -> &VPath {
        &self.path
    }

    /// The folder that holds it, where it has been opened already.
    pub fn anchor(&self) -> Option<&Anchor> {
        self.anchor.as_ref()
    }
}

/// One place, cleared. Made by [`Judge`] alone.
#[derive(Debug)]
pub(crate) struct Clearance {
    place: Place,
    scope: Scope,
    epoch: u64,
}

impl Clearance {
    /// For [`Judge`] alone, which is why it is private to this module and those in it.
    fn of(place: Place, scope: Scope, grant: &Grant) -> Self {
        Self { place, scope, epoch: grant.epoch() }
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    pub(crate) fn scope(&self) -> Scope {
        self.scope
    }

    /// Shows no more than `scope` does.
    pub(crate) fn within(mut self, scope: Scope) -> Self {
        self.scope = self.scope.and(scope);
        self
    }

    /// The same place, reached through its folder as it was when it was opened.
    pub(crate) fn anchored(mut self, anchor: Anchor) -> Self {
        self.place.anchor = Some(anchor);
        self
    }

    /// The same place once more, for work that goes on after the operation (an upload).
    pub(crate) fn again(&self) -> Self {
        Self { place: self.place.clone(), scope: self.scope, epoch: self.epoch }
    }

    /// The folder above was renamed: the same anchored place has another path now.
    pub(crate) fn show_as(&mut self, shown: &VPath) {
        self.place.shown = shown.clone();
    }

    /// The temporary file of that name in the same folder: what may be done to the one may be done to the other.
    /// None for the root, which has no folder.
    pub(crate) fn beside(&self, temporary: &Name) -> Option<Self> {
        let sibling = |p: &VPath| p.parent()?.join(temporary).ok();
        let place = Place {
            mount: self.place.mount,
            path: sibling(&self.place.path)?,
            shown: sibling(&self.place.shown)?,
            anchor: self.place.anchor.clone(),
        };
        Some(Self { place, scope: self.scope, epoch: self.epoch })
    }

    /// A member of this folder, for walking through it.
    pub(crate) fn member(&self, name: &Name) -> Option<Self> {
        let place = Place {
            mount: self.place.mount,
            path: self.place.path.join(name).ok()?,
            shown: self.place.shown.join(name).ok()?,
            anchor: None,
        };
        Some(Self { place, scope: self.scope, epoch: self.epoch })
    }

    /// The folder that holds it. None for the root.
    pub(crate) fn folder(&self) -> Option<Self> {
        let place = Place {
            mount: self.place.mount,
            path: self.place.path.parent()?,
            shown: self.place.shown.parent().unwrap_or_else(VPath::root),
            anchor: None,
        };
        Some(Self { place, scope: self.scope, epoch: self.epoch })
    }

    fn permit<O>(&self, operation: impl FnOnce(Place) -> O) -> Permit<O> {
        Permit { operation: operation(self.place.clone()), epoch: self.epoch }
    }

    pub(crate) fn anchor(&self) -> Permit<OpenFolder> {
        self.permit(|at| OpenFolder { at })
    }
    pub(crate) fn look(&self) -> Permit<Look> {
        self.permit(|at| Look { at })
    }
    pub(crate) fn change(&self, set: SetAttributes) -> Permit<Change> {
        self.permit(|at| Change { at, set })
    }
    pub(crate) fn scan(&self) -> Permit<Scan> {
        self.permit(|at| Scan { at })
    }
    pub(crate) fn open(&self, mode: OpenMode) -> Permit<Open> {
        self.permit(|at| Open { at, mode })
    }
    pub(crate) fn make_folder(&self, mode: u32) -> Permit<MakeFolder> {
        self.permit(|at| MakeFolder { at, mode })
    }
    pub(crate) fn remove_file(&self) -> Permit<RemoveFile> {
        self.permit(|at| RemoveFile { at })
    }
    pub(crate) fn remove_folder(&self) -> Permit<RemoveFolder> {
        self.permit(|at| RemoveFolder { at })
    }
    pub(crate) fn move_to(&self, to: &Clearance, replace: bool) -> Permit<Move> {
        self.permit(|from| Move { from, to: to.place.clone(), replace })
    }
    pub(crate) fn hard_link_to(&self, to: &Clearance) -> Permit<HardLink> {
        self.permit(|from| HardLink { from, to: to.place.clone() })
    }
    pub(crate) fn make_link(&self, text: Vec<u8>) -> Permit<MakeLink> {
        self.permit(|at| MakeLink { at, text })
    }
    pub(crate) fn read_link(&self) -> Permit<ReadLink> {
        self.permit(|at| ReadLink { at })
    }
    pub(crate) fn resolve(&self, last: Last) -> Permit<Resolve> {
        self.permit(|at| Resolve { at, last })
    }
    pub(crate) fn space(&self) -> Permit<LookAtSpace> {
        self.permit(|at| LookAtSpace { at })
    }
}

/// The right to do one operation once. Back ends consume it; nobody outside this module can make or copy one.
#[derive(Debug)]
pub struct Permit<O> {
    operation: O,
    epoch: u64,
}

impl<O> Permit<O> {
    /// What is permitted.
    pub fn operation(&self) -> &O {
        &self.operation
    }

    /// Uses it up.
    pub fn into_operation(self) -> O {
        self.operation
    }

    /// The epoch of the grant that it was judged by.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }
}
