//! An open file in memory.

use std::io::{self, IoSlice, IoSliceMut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::attributes::{Meta, SetAttributes};
use crate::backend::{Claim, Content, Read, Unlike, Wait};
use crate::error::FsError;
use crate::permit::{Look, Permit};

use super::tree::{Body, NodeRef, Tree};

#[derive(Debug)]
pub(super) struct MemoryContent {
    tree: Arc<Mutex<Tree>>,
    node: NodeRef,
    append: bool,
    claimed: AtomicBool,
}

impl MemoryContent {
    pub(super) fn new(tree: Arc<Mutex<Tree>>, node: NodeRef, append: bool) -> Self {
        Self { tree, node, append, claimed: AtomicBool::new(false) }
    }

    fn tree(&self) -> MutexGuard<'_, Tree> {
        self.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Content for MemoryContent {
    fn read(&self, into: &mut [IoSliceMut<'_>], at: u64, _: Wait) -> io::Result<Read> {
        let tree = self.tree();
        let Body::File(bytes) = &tree.node(&self.node).body else { return Ok(Read::Bytes(0)) };
        let mut rest = usize::try_from(at).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
        let mut total = 0_usize;
        for slice in into {
            let n = rest.len().min(slice.len());
            if let (Some(to), Some(from)) = (slice.get_mut(..n), rest.get(..n)) {
                to.copy_from_slice(from);
            }
            rest = rest.get(n..).unwrap_or_default();
            total = total.saturating_add(n);
        }
        Ok(Read::Bytes(total))
    }

    fn write(&self, from: &[IoSlice<'_>], at: u64) -> io::Result<usize> {
        let mut tree = self.tree();
        let size = tree.node(&self.node).meta().attributes.size;
        let mut at = if self.append { size } else { at };
        let mut total = 0_usize;
        for slice in from.iter().filter(|s| !s.is_empty()) {
            let end = at.saturating_add(u64::try_from(slice.len()).unwrap_or(u64::MAX));
            if end > tree.node(&self.node).meta().attributes.size {
                tree.resize(&self.node, end).map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
            }
            let place = usize::try_from(at).ok().zip(usize::try_from(end).ok());
            if let Body::File(bytes) = &mut tree.node_mut(&self.node).body
                && let Some(to) = place.and_then(|(at, end)| bytes.get_mut(at..end))
            {
                to.copy_from_slice(slice);
            }
            total = total.saturating_add(slice.len());
            at = end;
        }
        tree.touch(&self.node);
        Ok(total)
    }

    fn meta(&self) -> Result<Meta, FsError> {
        Ok(self.tree().node(&self.node).meta())
    }

    fn change(&self, set: &SetAttributes) -> Result<(), FsError> {
        self.tree().change(&self.node, set)
    }

    fn sync(&self) -> Result<(), FsError> {
        Ok(())
    }

    fn claim(&self) -> Claim {
        let mut tree = self.tree();
        let node = tree.node_mut(&self.node);
        if node.claimed && !self.claimed.load(Ordering::Relaxed) {
            return Claim::Taken;
        }
        node.claimed = true;
        self.claimed.store(true, Ordering::Relaxed);
        Claim::Mine
    }

    fn resemble(&self, _: Permit<Look>, known: &Meta, _: &Meta) -> Result<(), Unlike> {
        let set = SetAttributes { mode: Some(known.attributes.mode), ..SetAttributes::default() };
        self.change(&set).map_err(|_| Unlike::Mode)
    }
}

impl Drop for MemoryContent {
    fn drop(&mut self) {
        if self.claimed.load(Ordering::Relaxed) {
            self.tree().node_mut(&self.node).claimed = false;
        }
    }
}
