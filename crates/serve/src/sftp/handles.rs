//! What is open in one session, by handle.

use causeway_core::VPath;
use causeway_fs::Listing;
use causeway_ssh::sftp::{Handle, Status};

use crate::channel::open_file::OpenFile;

/// Files and folders that one session may have open at the same time.
pub(super) const MAX_OPEN: usize = 1000;

/// An open folder.
#[derive(Debug)]
pub(super) struct OpenFolder {
    pub(super) path: VPath,
    pub(super) listing: Listing,
    /// An entry that did not fit the last answer.
    pub(super) left_over: Option<causeway_fs::Entry>,
    /// `.` and `..` have been told.
    pub(super) begun: bool,
    pub(super) ended: bool,
    /// What the end was, if not that of the folder.
    pub(super) failed: Option<Status>,
}

#[derive(Debug)]
pub(super) enum Open {
    File(OpenFile),
    Folder(Box<OpenFolder>),
}

#[derive(Debug, Default)]
pub(super) struct Handles {
    /// In the order of their numbers. Sessions have few, and the newest are asked for most.
    open: Vec<(Handle, Open)>,
    next: u32,
}

impl Handles {
    pub(super) fn is_full(&self) -> bool {
        self.open.len() >= MAX_OPEN
    }

    /// Numbers are not given out twice, so that an old one never means another file.
    pub(super) fn insert(&mut self, open: Open) -> Handle {
        self.next = self.next.wrapping_add(1);
        let handle = Handle(self.next);
        self.open.push((handle, open));
        handle
    }

    pub(super) fn get(&self, handle: Handle) -> Option<&Open> {
        self.open.iter().rev().find(|(h, _)| *h == handle).map(|(_, o)| o)
    }

    pub(super) fn get_mut(&mut self, handle: Handle) -> Option<&mut Open> {
        self.open.iter_mut().rev().find(|(h, _)| *h == handle).map(|(_, o)| o)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Open> {
        self.open.iter_mut().map(|(_, open)| open)
    }

    pub(super) fn file(&self, handle: Handle) -> Option<&OpenFile> {
        match self.get(handle) {
            Some(Open::File(f)) => Some(f),
            _ => None,
        }
    }

    pub(super) fn folder_mut(&mut self, handle: Handle) -> Option<&mut OpenFolder> {
        match self.get_mut(handle) {
            Some(Open::Folder(f)) => Some(f),
            _ => None,
        }
    }

    pub(super) fn remove(&mut self, handle: Handle) -> Option<Open> {
        let at = self.open.iter().rposition(|(h, _)| *h == handle)?;
        Some(self.open.remove(at).1)
    }

    pub(super) fn take_all(&mut self) -> Vec<Open> {
        std::mem::take(&mut self.open).into_iter().map(|(_, o)| o).collect()
    }

    pub(super) fn has_files(&self) -> bool {
        self.open.iter().any(|(_, o)| matches!(o, Open::File(_)))
    }
}
