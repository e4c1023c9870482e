//! The members of a folder as the client sees them.

use std::collections::VecDeque;

use causeway_core::Name;
use causeway_events::Batch;

use crate::attributes::{Attributes, Kind, Meta};
use crate::backend::Entries;
use crate::error::FsError;
use crate::fs::Fs;
use crate::permit::{Clearance, Scope};
use crate::upload::name;

/// Leftovers removed in passing.
const SWEEP_REMOVALS: usize = 64;

/// A member of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub name: Name,
    pub attributes: Attributes,
}

/// A folder being read. `.` and `..` are not among its members.
#[derive(Debug)]
pub struct Listing {
    /// The real folder; none for one that is virtual only.
    real: Option<(Box<dyn Entries>, Clearance)>,
    /// What mounts add to it, in front of the rest.
    added: VecDeque<Entry>,
    /// Names that mounts stand for: a real object of that name is not seen.
    covered: Vec<Name>,
    scope: Scope,
    removals: usize,
    /// It was judged again and refused.
    revoked: bool,
}

impl Listing {
    pub(crate) fn new(real: Option<(Box<dyn Entries>, Clearance)>, added: Vec<Entry>, scope: Scope) -> Self {
        let covered = added.iter().map(|e| e.name.clone()).collect();
        Self { real, added: added.into(), covered, scope, removals: SWEEP_REMOVALS, revoked: false }
    }

    /// The next member, or none at the end. An error ends the listing; a member that cannot be looked at does not.
    pub fn next(&mut self, fs: &Fs, batch: &mut Batch) -> Result<Option<Entry>, FsError> {
        if self.revoked {
            return Err(FsError::Refused);
        }
        if let Some(entry) = self.added.pop_front() {
            return Ok(Some(entry));
        }
        loop {
            let Some((entries, _)) = &mut self.real else { return Ok(None) };
            let (name, meta) = match entries.next() {
                Some(Ok(member)) => member,
                Some(Err(e)) => {
                    self.real = None;
                    return Err(e);
                }
                None => {
                    self.real = None;
                    return Ok(None);
                }
            };
            if name::is_reserved(name.as_bytes()) {
                self.sweep(fs, batch, &name, &meta);
            } else if (self.scope == Scope::Everything || meta.attributes.kind == Kind::Folder)
                && !self.covered.contains(&name)
            {
                return Ok(Some(Entry { name, attributes: meta.attributes }));
            }
        }
    }

    /// The rules have changed: what is left of it is shown in this scope, or no more.
    pub(crate) fn judged_again(&mut self, scope: Option<Scope>) {
        match scope {
            Some(scope) => self.scope = scope,
            None => {
                self.revoked = true;
                self.real = None;
            }
        }
    }

    fn sweep(&mut self, fs: &Fs, batch: &mut Batch, name: &Name, meta: &Meta) {
        if self.removals > 0
            && name::is_temporary(name.as_bytes())
            && let Some((_, folder)) = &self.real
            && let Some(member) = folder.member(name)
            && fs.sweep_one(batch, &member, meta)
        {
            self.removals = self.removals.saturating_sub(1);
        }
    }
}
