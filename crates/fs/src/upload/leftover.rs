//! What is left of broken uploads.

use std::sync::Arc;
use std::time::Duration;

use causeway_events::Batch;

use crate::attributes::{Kind, Meta, Stamp};
use crate::backend::{Backend, Claim, Opened};
use crate::error::FsError;
use crate::events;
use crate::fs::Fs;
use crate::permit::{Clearance, OpenMode};

use super::begin::Temporary;
use super::name::{self, Names};

/// Slots in which a leftover is looked for where the final name is missing. (Where it exists: the first alone. More
/// are left behind only when as many uploads of one name break at once.)
const LOOKED_FOR: usize = 4;
/// Names read, and leftovers removed, in one look through a folder.
const SWEEP_NAMES: usize = 4096;
const SWEEP_REMOVALS: usize = 64;

impl Fs {
    pub(crate) fn names_for(&self, at: &Clearance) -> Names {
        Names::new(self.host().key(), &self.terms().principal, at.place().path.file_name_bytes())
    }

    /// The attributes of the leftover that stands for the anchored place, of which the final file is known or missing.
    pub(crate) fn leftover(
        &self,
        backend: &dyn Backend,
        at: &Clearance,
        known: Option<&Meta>,
    ) -> Option<Meta> {
        self.first(backend, at, known, &self.names_for(at), |_, place, meta| {
            // One that is being written belongs to its session.
            seize(backend, &place, false).map(|_| meta)
        })
    }

    /// Removes what [`Fs::leftover`] shows.
    pub(crate) fn discard_leftover(&self, backend: &dyn Backend, at: &Clearance) -> bool {
        let names = self.names_for(at);
        self.first(backend, at, None, &names, |_, place, _| remove(backend, &place).then_some(())).is_some()
    }

    /// The attributes of the leftover that is to replace the file at the anchored place. The session is told of them,
    /// and whoever was may go on with it. Not while it has the file open: it means that one then.
    pub(crate) fn tell_leftover(&self, backend: &dyn Backend, at: &Clearance, known: &Meta) -> Option<Meta> {
        let shown = &at.place().shown;
        let leftover = self.leftover(backend, at, Some(known)).filter(|_| !self.uploads().has_open(shown));
        if leftover.is_some() {
            self.uploads().tell(shown);
        } else {
            self.uploads().forget_told(shown);
        }
        leftover
    }

    /// Takes up what is left of a broken upload. Where the final file exists, only if the session was told of the leftover:
    /// whoever was not means the file.
    pub(super) fn adopt(
        &self,
        backend: &dyn Backend,
        at: &Clearance,
        known: Option<&Meta>,
        append: bool,
    ) -> Option<Temporary> {
        if known.is_some() && !self.uploads().forget_told(&at.place().shown) {
            return None;
        }
        let names = self.names_for(at);
        let (opened, place, slot) = self.first(backend, at, known, &names, |slot, place, _| {
            Some((seize(backend, &place, append)?, place, slot))
        })?;
        Some(Temporary { content: Arc::from(opened.content), meta: opened.meta, place, slot, names })
    }

    /// The first leftover that stands for the anchored place and that `take` takes.
    fn first<T>(
        &self,
        backend: &dyn Backend,
        at: &Clearance,
        known: Option<&Meta>,
        names: &Names,
        mut take: impl FnMut(usize, Clearance, Meta) -> Option<T>,
    ) -> Option<T> {
        let keep = self.terms().partial_keep;
        if keep.is_zero() {
            return None;
        }
        (0..(if known.is_some() { 1 } else { LOOKED_FOR })).find_map(|slot| {
            let place = names.beside(at, slot)?;
            let meta = backend.look(place.look()).ok()?;
            let newer = known.is_none_or(|known| meta.changed > known.changed);
            let attributes = meta.attributes;
            // One of no bytes is nothing to take up: it was made this moment, or its client was lost at once.
            let usable =
                attributes.kind == Kind::File && attributes.links == 1 && attributes.size > 0 && newer;
            (usable && !is_older(&meta, self.host().now(), keep)).then(|| take(slot, place, meta)).flatten()
        })
    }

    /// Removes leftovers that nobody may take up any more, if it is time to look for them again.
    pub(crate) fn sweep_folder(&self, batch: &mut Batch, folder: &Clearance) {
        let place = folder.place();
        let Some(mounted) = self.names().mount(place.mount) else { return };
        if !self.host().sweep_is_due(&mounted.real, &place.path) {
            return;
        }
        let Ok(mut entries) = mounted.backend.scan(folder.scan()) else { return };
        for _ in 0..SWEEP_NAMES {
            let Some(Ok((name, meta))) = entries.next() else { return };
            if name::is_temporary(name.as_bytes())
                && let Some(member) = folder.member(&name)
            {
                self.sweep_one(batch, &member, &meta);
            }
        }
    }

    /// Removes a temporary file if it is too old to be taken up by anybody and nobody writes it.
    pub(crate) fn sweep_one(&self, batch: &mut Batch, at: &Clearance, meta: &Meta) -> bool {
        if !is_older(meta, self.host().now(), self.host().longest_keep())
            || meta.attributes.kind != Kind::File
        {
            return false;
        }
        let Some(mounted) = self.names().mount(at.place().mount) else { return false };
        let removed = remove(&*mounted.backend, at);
        if removed {
            events::leftover_removed(batch, &at.place().shown, meta.attributes.size);
        }
        removed
    }

    /// Removes the leftovers in a folder that holds nothing else, so that it can be removed. False if something else
    /// is in it, or an upload is under way.
    pub(crate) fn clear_of_leftovers(
        &self,
        backend: &dyn Backend,
        folder: &Clearance,
    ) -> Result<bool, FsError> {
        let Ok(mut entries) = backend.scan(folder.scan()) else { return Ok(false) };
        let mut found = Vec::new();
        while let Some(entry) = entries.next() {
            let (name, _) = entry?;
            if !name::is_temporary(name.as_bytes()) || found.len() >= SWEEP_REMOVALS {
                return Ok(false);
            }
            found.extend(folder.member(&name));
        }
        Ok(!found.is_empty() && found.iter().all(|place| remove(backend, place)))
    }
}

/// Opens a temporary file to write it, unless somebody else does.
pub(super) fn seize(backend: &dyn Backend, place: &Clearance, append: bool) -> Option<Opened> {
    let mode = OpenMode { write: true, append, ..OpenMode::default() };
    let opened = backend.open(place.open(mode)).ok()?;
    let named = (opened.content.claim() == Claim::Mine)
        .then(|| still_named(backend, place, &opened.meta))
        .flatten()?;
    Some(Opened { meta: named, ..opened })
}

/// What is known of an open temporary file that has just been claimed, if it still has its name and no other.
///
/// Between its opening and the claim, who held the claim may have renamed or removed it, and another may lie under its
/// name. From now on nobody does: whoever would has to claim it first.
pub(super) fn still_named(backend: &dyn Backend, place: &Clearance, opened: &Meta) -> Option<Meta> {
    let named = backend.look(place.look()).ok()?;
    let same = (opened.device, opened.identity) == (named.device, named.identity);
    (same && named.attributes.kind == Kind::File && named.attributes.links == 1).then_some(named)
}

/// Removes a temporary file, unless somebody writes it.
pub(super) fn remove(backend: &dyn Backend, place: &Clearance) -> bool {
    // Held until it is gone, so that nobody takes it up meanwhile.
    seize(backend, place, false).is_some_and(|_held| backend.remove_file(place.remove_file()).is_ok())
}

fn is_older(meta: &Meta, now: Stamp, keep: Duration) -> bool {
    let age = now.seconds.saturating_sub(meta.changed.seconds);
    u64::try_from(age).is_ok_and(|age| age > keep.as_secs())
}
