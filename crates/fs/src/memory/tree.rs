//! Nodes and the names that lead to them.

use std::collections::{BTreeMap, HashMap};

use causeway_core::Clock;

use crate::attributes::{Attributes, Kind, Meta, SetAttributes, Stamp};
use crate::error::{Fault, FsError};

/// The number of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct NodeId(u64);

/// A node as long as somebody may ask for it. (Numbers are not used again, and what is removed stays until the tree
/// goes: tests are short.)
pub(super) type NodeRef = NodeId;

#[derive(Debug)]
pub(super) enum Body {
    File(Vec<u8>),
    Folder(BTreeMap<Vec<u8>, NodeId>),
    Link(Vec<u8>),
}

#[derive(Debug)]
pub(super) struct Node {
    id: NodeId,
    pub(super) body: Body,
    mode: u32,
    accessed: Stamp,
    modified: Stamp,
    changed: Stamp,
    links: u32,
    /// Some handle has claimed it.
    pub(super) claimed: bool,
}

impl Node {
    pub(super) fn meta(&self) -> Meta {
        let (kind, size) = match &self.body {
            Body::File(bytes) => (Kind::File, bytes.len()),
            Body::Folder(_) => (Kind::Folder, 0),
            Body::Link(text) => (Kind::Link, text.len()),
        };
        Meta {
            attributes: Attributes {
                kind,
                size: u64::try_from(size).unwrap_or(u64::MAX),
                mode: self.mode,
                accessed: self.accessed,
                modified: self.modified,
                links: self.links,
            },
            changed: self.changed,
            owner: 0,
            identity: self.id.0,
            device: 0,
        }
    }
}

#[derive(Debug)]
pub(super) struct Tree {
    clock: Clock,
    nodes: HashMap<NodeId, Node>,
    next: u64,
    /// What a lost node looks like.
    nothing: Node,
}

const ROOT: NodeId = NodeId(0);
/// Larger files are refused: this is memory.
const FILE_MAX: u64 = 1 << 30;

impl Tree {
    pub(super) fn new(clock: Clock) -> Self {
        let folder = || Node {
            id: ROOT,
            body: Body::Folder(BTreeMap::new()),
            mode: 0o755,
            accessed: Stamp::default(),
            modified: Stamp::default(),
            changed: Stamp::default(),
            links: 1,
            claimed: false,
        };
        Self { clock, nodes: HashMap::from([(ROOT, folder())]), next: 1, nothing: folder() }
    }

    pub(super) fn root(&self) -> NodeRef {
        ROOT
    }

    pub(super) fn node(&self, id: &NodeRef) -> &Node {
        self.nodes.get(id).unwrap_or(&self.nothing)
    }

    pub(super) fn node_mut(&mut self, id: &NodeRef) -> &mut Node {
        self.nodes.get_mut(id).unwrap_or(&mut self.nothing)
    }

    pub(super) fn walk<'a>(&self, names: impl Iterator<Item = &'a [u8]>) -> Result<NodeRef, Fault> {
        let mut here = ROOT;
        for name in names {
            here = self.member(&here, name)?;
            if let Body::Link(_) = self.node(&here).body {
                return Err(Fault::Link);
            }
        }
        Ok(here)
    }

    pub(super) fn member(&self, folder: &NodeRef, name: &[u8]) -> Result<NodeRef, Fault> {
        match &self.node(folder).body {
            Body::Folder(members) => members.get(name).copied().ok_or(FsError::NotFound.into()),
            Body::File(_) => Err(FsError::NotFolder.into()),
            Body::Link(_) => Err(Fault::Link),
        }
    }

    pub(super) fn add(
        &mut self,
        folder: &NodeRef,
        name: &[u8],
        body: Body,
        mode: u32,
    ) -> Result<NodeRef, Fault> {
        match self.member(folder, name) {
            Ok(_) => return Err(FsError::Exists.into()),
            Err(Fault::Failed(FsError::NotFound)) => {}
            Err(e) => return Err(e),
        }
        let now = self.now();
        let id = NodeId(self.next);
        self.next = self.next.saturating_add(1);
        let node =
            Node { id, body, mode, accessed: now, modified: now, changed: now, links: 0, claimed: false };
        self.nodes.insert(id, node);
        self.link(folder, name, &id);
        Ok(id)
    }

    pub(super) fn link(&mut self, folder: &NodeRef, name: &[u8], node: &NodeRef) {
        if let Body::Folder(members) = &mut self.node_mut(folder).body {
            members.insert(name.to_vec(), *node);
        }
        let now = self.now();
        let linked = self.node_mut(node);
        linked.links = linked.links.saturating_add(1);
        linked.changed = now;
    }

    pub(super) fn unlink(&mut self, folder: &NodeRef, name: &[u8]) {
        let now = self.now();
        if let Body::Folder(members) = &mut self.node_mut(folder).body
            && let Some(node) = members.remove(name)
        {
            let unlinked = self.node_mut(&node);
            unlinked.links = unlinked.links.saturating_sub(1);
            unlinked.changed = now;
        }
    }

    /// Whether `below` is the folder or lies in it.
    pub(super) fn holds(&self, folder: &NodeRef, below: &NodeRef) -> bool {
        folder == below
            || match &self.node(folder).body {
                Body::Folder(members) => members.values().any(|m| self.holds(m, below)),
                Body::File(_) | Body::Link(_) => false,
            }
    }

    pub(super) fn resize(&mut self, id: &NodeRef, size: u64) -> Result<(), FsError> {
        if size > FILE_MAX {
            return Err(FsError::TooLarge);
        }
        let size = usize::try_from(size).map_err(|_| FsError::TooLarge)?;
        if let Body::File(bytes) = &mut self.node_mut(id).body {
            bytes.resize(size, 0);
        }
        self.touch(id);
        Ok(())
    }

    /// Content has changed.
    pub(super) fn touch(&mut self, id: &NodeRef) {
        let now = self.now();
        let node = self.node_mut(id);
        node.modified = now;
        node.changed = now;
    }

    pub(super) fn change(&mut self, id: &NodeRef, set: &SetAttributes) -> Result<(), FsError> {
        if let Some(size) = set.size {
            self.resize(id, size)?;
        }
        let now = self.now();
        let node = self.node_mut(id);
        node.mode = set.mode.map_or(node.mode, |m| m & 0o777);
        node.accessed = set.accessed.unwrap_or(node.accessed);
        node.modified = set.modified.unwrap_or(node.modified);
        node.changed = now;
        Ok(())
    }

    /// Every moment is later than the one before, however still the clock stands.
    fn now(&mut self) -> Stamp {
        self.next = self.next.saturating_add(1);
        let seconds = i64::try_from(self.clock.now().seconds()).unwrap_or(i64::MAX);
        Stamp { seconds, nanos: u32::try_from(self.next % 1_000_000_000).unwrap_or(0) }
    }
}
