//! The files that a session has open.

use std::sync::Arc;

use causeway_core::VPath;

use super::Uploads;

#[derive(Debug, Default)]
pub(super) struct OpenFiles {
    /// By number, where they were found.
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
}

impl Drop for Whereabouts {
    fn drop(&mut self) {
        self.uploads.open_files().remove(self.number);
    }
}
