//! The files that a session has open, and where they are: what it renames takes them along.

use std::sync::Arc;

use causeway_core::VPath;

use super::Uploads;
use super::amended::moved;

#[derive(Debug, Default)]
pub(super) struct OpenFiles {
    /// By number, where they are: as found, until the session renames them or a folder above.
    open: Vec<(u64, VPath)>,
    next: u64,
}

impl OpenFiles {
    pub(super) fn insert(&mut self, shown: VPath) -> u64 {
        self.next = self.next.wrapping_add(1);
        self.open.push((self.next, shown));
        self.next
    }

    pub(super) fn remove(&mut self, number: u64) {
        if let Some(at) = self.open.iter().rposition(|(n, _)| *n == number) {
            self.open.swap_remove(at);
        }
    }

    pub(super) fn renamed(&mut self, from: &VPath, to: &VPath) {
        for (_, path) in &mut self.open {
            if path == from {
                *path = to.clone();
            } else if let Some(new) = moved(path, from, to) {
                *path = new;
            }
        }
    }

    fn get(&self, number: u64) -> Option<&VPath> {
        self.open.iter().rev().find(|(n, _)| *n == number).map(|(_, path)| path)
    }

    pub(super) fn has(&self, shown: &VPath) -> bool {
        self.open.iter().any(|(_, path)| path == shown)
    }
}

/// Where one of them is; it is open until this is dropped.
#[derive(Debug)]
pub(crate) struct Whereabouts {
    uploads: Arc<Uploads>,
    number: u64,
}

impl Whereabouts {
    pub(crate) fn new(uploads: &Arc<Uploads>, shown: &VPath) -> Self {
        let number = uploads.open_files().insert(shown.clone());
        Self { uploads: uploads.clone(), number }
    }

    /// The path of now; `found` is the one at which it was found.
    pub(crate) fn path(&self, found: &VPath) -> VPath {
        self.uploads.open_files().get(self.number).unwrap_or(found).clone()
    }
}

impl Drop for Whereabouts {
    fn drop(&mut self) {
        self.uploads.open_files().remove(self.number);
    }
}
