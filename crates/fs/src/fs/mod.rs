//! The files as one grant sees them.
//!
//! - here: how an operation is judged, routed and, where links are on the way, judged again.
//! - [`enter`]: what happens at login.
//! - [`look`]: attributes, listings, room. [`open`]: files. [`names`]: folders made, things removed.
//! - [`moves`]: renames. [`links`]: symbolic and hard ones.

mod enter;
mod links;
mod look;
mod moves;
mod names;
mod open;

pub use names::Mark;
pub use open::How;

use std::sync::Arc;

use causeway_auth::{Grant, Terms};
use causeway_core::VPath;
use causeway_events::Batch;

use crate::attributes::{Kind, Meta, Stamp};
use crate::backend::Backend;
use crate::error::{Fault, FsError};
use crate::events::{self, Ground};
use crate::file::File;
use crate::host::Host;
use crate::listing::Listing;
use crate::mount::{Namespace, Route, Strategy};
use crate::permit::{Clearance, Judge, Last, Operation, Place};
use crate::upload::{Uploads, name};

/// So often is a place looked for again when it is a link each time it is reached.
const LINK_TRIES: usize = 4;

/// The files as one grant sees them.
///
/// Every call that takes a path has the rules judge that path first, whether or not anything is there; a refusal is
/// [`FsError::Refused`] and event 70001 in the batch. Where symbolic links lead elsewhere, that place is judged too, and
/// then reached without links.
#[derive(Debug)]
pub struct Fs {
    grant: Arc<Grant>,
    host: Arc<Host>,
    namespace: Namespace,
    uploads: Arc<Uploads>,
    entered: Stamp,
}

impl Fs {
    /// Where a call for this path should run.
    pub fn strategy(&self, path: &VPath) -> Strategy {
        match self.namespace.route(path) {
            Route::Real(place) => self.namespace.mount(place.mount).map_or(Strategy::Pool, |m| m.strategy),
            Route::Virtual | Route::Void => Strategy::Inline,
        }
    }

    pub fn grant(&self) -> &Arc<Grant> {
        &self.grant
    }

    /// Judges an open file where it is now by the rules of this grant, after they have changed. A refused file must not be used any
    /// more; its upload can only be abandoned.
    pub fn review(&self, batch: &mut Batch, file: &File) -> Result<(), FsError> {
        let (named, shown) = (file.named(), file.shown());
        let mut judged = self.judge(batch, file.operation(), &named);
        if judged.is_ok() {
            judged = self.judge(batch, file.operation(), &shown);
        }
        if judged.is_ok() && !self.namespace.still_holds(&shown, file.mount()) {
            events::refused(batch, file.operation(), &named, Ground::MountGone);
            judged = Err(FsError::Refused);
        }
        match judged {
            Ok(()) => file.go_on(&self.grant),
            Err(_) => file.revoke(),
        }
        judged
    }

    /// The same for a folder that is being read, opened when the files were those of `before`. One that is refused
    /// now shows no more; so too if the mounts are others, for its members might not be the same.
    pub fn review_listing(&self, before: &Fs, batch: &mut Batch, path: &VPath, listing: &mut Listing) {
        if !self.namespace.is_like(&before.namespace) {
            events::refused(batch, Operation::List, path, Ground::MountGone);
            return listing.judged_again(None);
        }
        let scope = self.rules().asks(Operation::List, path);
        if let Err(decider) = scope {
            events::refused(batch, Operation::List, path, Ground::Rule(decider));
        }
        listing.judged_again(scope.ok());
    }

    pub(crate) fn terms(&self) -> &Terms {
        self.grant.terms()
    }

    pub(crate) fn host(&self) -> &Host {
        &self.host
    }

    pub(crate) fn uploads(&self) -> &Arc<Uploads> {
        &self.uploads
    }

    pub(crate) fn names(&self) -> &Namespace {
        &self.namespace
    }

    fn rules(&self) -> Judge<'_> {
        Judge::new(&self.grant, self.host.moment())
    }

    pub(crate) fn backend(&self, at: &Clearance) -> Result<Arc<dyn Backend>, FsError> {
        self.namespace.mount(at.place().mount).map(|m| m.backend.clone()).ok_or(FsError::NotFound)
    }

    /// Where calls for an object may run: another file system may be mounted below the mount's root.
    pub(crate) fn strategy_at(&self, at: &Clearance, meta: &Meta) -> Strategy {
        match self.namespace.mount(at.place().mount) {
            Some(m) if m.at.is_none() || m.device == meta.device => m.strategy,
            _ => Strategy::Pool,
        }
    }

    /// Does `act` at the path; where links are on the way, at the place they lead to, once that is cleared too.
    fn perform<T>(
        &self,
        batch: &mut Batch,
        operation: Operation,
        path: &VPath,
        last: Last,
        mut act: impl FnMut(&mut Batch, &Clearance) -> Result<T, Fault>,
    ) -> Result<T, FsError> {
        let asked = self.clear(batch, operation, path)?;
        let asked = match operation.makes_a_name() {
            true => asked,
            false => self.stored(batch, operation, path, asked)?,
        };
        let mut done = act(batch, &asked);
        for _ in 0..LINK_TRIES {
            match done {
                Ok(value) => return Ok(value),
                Err(Fault::Failed(e)) => return Err(e),
                Err(Fault::Link) => {}
            }
            let found = self.follow(batch, operation, &asked, path, last)?;
            done = act(batch, &found);
        }
        done.map_err(unresolved)
    }

    /// The same for what has two paths, neither of which is followed at its last name.
    fn perform_pair<T>(
        &self,
        batch: &mut Batch,
        (from_operation, from): (Operation, &VPath),
        (to_operation, to): (Operation, &VPath),
        mut act: impl FnMut(&mut Batch, &Clearance, &Clearance) -> Result<T, Fault>,
    ) -> Result<T, FsError> {
        let asked_from = self.clear(batch, from_operation, from)?;
        let asked_from = self.stored(batch, from_operation, from, asked_from)?;
        let asked_to = self.clear(batch, to_operation, to)?;
        let mut done = act(batch, &asked_from, &asked_to);
        for _ in 0..LINK_TRIES {
            match done {
                Ok(value) => return Ok(value),
                Err(Fault::Failed(e)) => return Err(e),
                Err(Fault::Link) => {}
            }
            let found_from = self.follow(batch, from_operation, &asked_from, from, Last::Keep)?;
            let found_to = self.follow(batch, to_operation, &asked_to, to, Last::Keep)?;
            done = act(batch, &found_from, &found_to);
        }
        done.map_err(unresolved)
    }

    /// Judges a path as a client sent it, and says where it is.
    pub(crate) fn clear(
        &self,
        batch: &mut Batch,
        operation: Operation,
        path: &VPath,
    ) -> Result<Clearance, FsError> {
        self.refuse_reserved(batch, operation, path)?;
        match self.namespace.route(path) {
            Route::Real(place) => self.clear_place(batch, operation, place),
            route => {
                self.judge(batch, operation, path)?;
                if operation.changes_the_object() || operation.makes_a_name() {
                    events::protected(batch, operation, path);
                    return Err(FsError::Protected);
                }
                Err(if matches!(route, Route::Virtual) { FsError::IsFolder } else { FsError::NotFound })
            }
        }
    }

    pub(crate) fn clear_place(
        &self,
        batch: &mut Batch,
        operation: Operation,
        place: Place,
    ) -> Result<Clearance, FsError> {
        let fixed = self.namespace.is_fixed(&place.shown);
        let shown = place.shown.clone();
        match self.rules().clear(operation, place) {
            Ok(_) if fixed && operation.changes_the_object() => {
                events::protected(batch, operation, &shown);
                Err(FsError::Protected)
            }
            Ok(clearance) => Ok(clearance),
            Err(decider) => {
                events::refused(batch, operation, &shown, Ground::Rule(decider));
                Err(FsError::Refused)
            }
        }
    }

    fn judge(&self, batch: &mut Batch, operation: Operation, path: &VPath) -> Result<(), FsError> {
        match self.rules().asks(operation, path) {
            Ok(_) => Ok(()),
            Err(decider) => {
                events::refused(batch, operation, path, Ground::Rule(decider));
                Err(FsError::Refused)
            }
        }
    }

    /// The server's own names are no client's.
    fn refuse_reserved(&self, batch: &mut Batch, operation: Operation, path: &VPath) -> Result<(), FsError> {
        if path.names().any(name::is_reserved) {
            events::refused(batch, operation, path, Ground::ReservedName);
            return Err(FsError::Refused);
        }
        Ok(())
    }

    /// Finds the place that links lead to and has it judged for the same operation.
    fn follow(
        &self,
        batch: &mut Batch,
        operation: Operation,
        asked: &Clearance,
        path: &VPath,
        last: Last,
    ) -> Result<Clearance, FsError> {
        let backend = self.backend(asked)?;
        let from = asked.place().mount;
        let found = match backend.resolve(asked.resolve(last)) {
            Ok(landing) => self.namespace.land(from, landing, path),
            // What is to be made need not be there yet.
            Err(FsError::NotFound) if operation.makes_a_name() => None,
            Err(e) => return Err(e),
        };
        let found = match found {
            None if last == Last::Follow => {
                let named = self.namespace.land(from, backend.resolve(asked.resolve(Last::Keep))?, path);
                named.filter(|place| !self.is_link(place))
            }
            other => other,
        };
        let Some(place) = found else {
            events::refused(batch, operation, path, Ground::LinkLeadsOut);
            return Err(FsError::Refused);
        };
        self.refuse_reserved(batch, operation, &place.path)?;
        Ok(self.clear_place(batch, operation, place)?.within(asked.scope()))
    }

    /// Whether a link lies at the place; so too if that cannot be told. Nobody is told but [`Fs::follow`], which refuses.
    fn is_link(&self, place: &Place) -> bool {
        let at = self.rules().house(place.clone());
        match self.backend(&at).map_err(Fault::from).and_then(|b| b.look(at.look())) {
            Ok(meta) => meta.attributes.kind == Kind::Link,
            Err(e) => e != Fault::Failed(FsError::NotFound),
        }
    }
}

fn unresolved(fault: Fault) -> FsError {
    match fault {
        Fault::Failed(e) => e,
        // A new file cannot be made through a link that leads nowhere.
        Fault::Link => FsError::NotFound,
    }
}
