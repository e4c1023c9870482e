//! A back end in memory: the oracle of the property test, and a store for the tests of other rooms.

mod content;
mod tree;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use causeway_core::{Clock, Name, VPath};

use crate::attributes::{Meta, Space};
use crate::backend::{Anchor, Backend, Capabilities, Entries, Landing, Opened};
use crate::error::{Fault, FsError};
use crate::permit::{
    Change, Create, HardLink, Last, Look, LookAtSpace, MakeFolder, MakeLink, Move, Open, OpenFolder, Permit,
    Place, ReadLink, RemoveFile, RemoveFolder, Resolve, Scan,
};
use content::MemoryContent;
use tree::{Body, Node, NodeRef, Tree};

/// Links followed before they are held to lead in circles.
const LINKS: usize = 40;

/// Files that live as long as this does.
#[derive(Debug)]
pub struct Memory {
    tree: Arc<Mutex<Tree>>,
}

impl Memory {
    pub fn new(clock: Clock) -> Self {
        Self { tree: Arc::new(Mutex::new(Tree::new(clock))) }
    }

    /// The tree, and the only lock: nodes are looked at under it.
    fn tree(&self) -> MutexGuard<'_, Tree> {
        self.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tree {
    /// The folder that holds the place.
    fn parent(&self, at: &Place) -> Result<NodeRef, Fault> {
        if at.path.is_root() {
            return Err(FsError::Protected.into());
        }
        if let Some(anchor) = &at.anchor {
            return anchor.0.downcast_ref::<NodeRef>().cloned().ok_or(FsError::Invalid.into());
        }
        let folder = self.walk(at.path.parent().unwrap_or_else(VPath::root).names())?;
        if self.node(&folder).is_folder() { Ok(folder) } else { Err(FsError::NotFolder.into()) }
    }

    fn at(&self, at: &Place) -> Result<NodeRef, Fault> {
        if at.path.is_root() {
            return Ok(self.root());
        }
        self.member(&self.parent(at)?, at.path.file_name_bytes())
    }
}

impl Backend for Memory {
    fn capabilities(&self) -> Capabilities {
        Capabilities { random_write: true, atomic_rename: true, links: true, modes: true }
    }

    fn anchor(&self, permit: Permit<OpenFolder>) -> Result<Anchor, Fault> {
        let tree = self.tree();
        let folder = tree.parent(&permit.operation().at)?;
        Ok(Anchor(Arc::new(folder)))
    }

    fn look(&self, permit: Permit<Look>) -> Result<Meta, Fault> {
        let tree = self.tree();
        let node = tree.at(&permit.operation().at)?;
        Ok(tree.node(&node).meta())
    }

    fn look_at_folder(&self, anchor: &Anchor) -> Result<Meta, FsError> {
        let folder = anchor.0.downcast_ref::<NodeRef>().ok_or(FsError::Invalid)?;
        Ok(self.tree().node(folder).meta())
    }

    fn change(&self, permit: Permit<Change>) -> Result<(), Fault> {
        let Change { at, set } = permit.into_operation();
        let mut tree = self.tree();
        let node = tree.at(&at)?;
        if set.mode.is_some() && matches!(tree.node(&node).body, Body::Link(_)) {
            return Err(FsError::Unsupported.into());
        }
        Ok(tree.change(&node, &set)?)
    }

    fn scan(&self, permit: Permit<Scan>) -> Result<Box<dyn Entries>, Fault> {
        let tree = self.tree();
        let folder = tree.at(&permit.operation().at)?;
        match &tree.node(&folder).body {
            Body::Folder(members) => {
                let all: Vec<(Name, Meta)> = members
                    .iter()
                    .filter_map(|(name, node)| Some((Name::parse(name).ok()?, tree.node(node).meta())))
                    .collect();
                Ok(Box::new(Members(all.into_iter())))
            }
            Body::Link(_) => Err(Fault::Link),
            Body::File(_) => Err(FsError::NotFolder.into()),
        }
    }

    fn open(&self, permit: Permit<Open>) -> Result<Opened, Fault> {
        let Open { at, mode } = permit.into_operation();
        let mut tree = self.tree();
        let node = match (mode.create, tree.at(&at)) {
            (Create::Never, found) => found?,
            (Create::New, Err(Fault::Failed(FsError::NotFound))) => {
                let folder = tree.parent(&at)?;
                tree.add(&folder, at.path.file_name_bytes(), Body::File(Vec::new()), mode.mode)?
            }
            (Create::New, Ok(_)) => return Err(FsError::Exists.into()),
            (Create::New, Err(e)) => return Err(e),
        };
        match tree.node(&node).body {
            Body::Folder(_) => return Err(FsError::IsFolder.into()),
            Body::Link(_) => return Err(Fault::Link),
            Body::File(_) => {}
        }
        if mode.truncate {
            tree.resize(&node, 0)?;
        }
        let meta = tree.node(&node).meta();
        Ok(Opened { content: Box::new(MemoryContent::new(self.tree.clone(), node, mode.append)), meta })
    }

    fn make_folder(&self, permit: Permit<MakeFolder>) -> Result<(), Fault> {
        let MakeFolder { at, mode } = permit.into_operation();
        let mut tree = self.tree();
        let folder = tree.parent(&at)?;
        tree.add(&folder, at.path.file_name_bytes(), Body::Folder(Default::default()), mode)?;
        Ok(())
    }

    fn remove_file(&self, permit: Permit<RemoveFile>) -> Result<(), Fault> {
        let at = permit.into_operation().at;
        let mut tree = self.tree();
        let node = tree.at(&at)?;
        if tree.node(&node).is_folder() {
            return Err(FsError::IsFolder.into());
        }
        let folder = tree.parent(&at)?;
        tree.unlink(&folder, at.path.file_name_bytes());
        Ok(())
    }

    fn remove_folder(&self, permit: Permit<RemoveFolder>) -> Result<(), Fault> {
        let at = permit.into_operation().at;
        let mut tree = self.tree();
        let node = tree.at(&at)?;
        match &tree.node(&node).body {
            Body::Folder(members) if members.is_empty() => {}
            Body::Folder(_) => return Err(FsError::NotEmpty.into()),
            Body::File(_) | Body::Link(_) => return Err(FsError::NotFolder.into()),
        }
        let folder = tree.parent(&at)?;
        tree.unlink(&folder, at.path.file_name_bytes());
        Ok(())
    }

    fn rename(&self, permit: Permit<Move>) -> Result<(), Fault> {
        let Move { from, to, replace } = permit.into_operation();
        let mut tree = self.tree();
        let (source, target) = (tree.parent(&from)?, tree.parent(&to)?);
        let (old, new) = (from.path.file_name_bytes(), to.path.file_name_bytes());
        let moved = tree.member(&source, old)?;
        let replaced = match tree.member(&target, new) {
            Ok(_) if !replace => return Err(FsError::Exists.into()),
            Ok(node) => Some(node),
            Err(Fault::Failed(FsError::NotFound)) => None,
            Err(e) => return Err(e),
        };
        if tree.holds(&moved, &target) {
            return Err(FsError::Invalid.into());
        }
        if let Some(replaced) = &replaced {
            if replaced == &moved {
                return Ok(());
            }
            if tree.holds(replaced, &source) {
                return Err(FsError::NotEmpty.into());
            }
            match (tree.node(&moved).is_folder(), &tree.node(replaced).body) {
                (true, Body::Folder(members)) if members.is_empty() => {}
                (true, Body::Folder(_)) => return Err(FsError::NotEmpty.into()),
                (true, _) => return Err(FsError::NotFolder.into()),
                (false, Body::Folder(_)) => return Err(FsError::IsFolder.into()),
                (false, _) => {}
            }
            tree.unlink(&target, new);
        }
        tree.link(&target, new, &moved);
        tree.unlink(&source, old);
        Ok(())
    }

    fn hard_link(&self, permit: Permit<HardLink>) -> Result<(), Fault> {
        let HardLink { from, to } = permit.into_operation();
        let mut tree = self.tree();
        let node = tree.at(&from)?;
        let target = tree.parent(&to)?;
        match tree.member(&target, to.path.file_name_bytes()) {
            Ok(_) => Err(FsError::Exists.into()),
            Err(Fault::Failed(FsError::NotFound)) => {
                tree.link(&target, to.path.file_name_bytes(), &node);
                Ok(())
            }
            Err(e) => Err(e),
        }
    }

    fn make_link(&self, permit: Permit<MakeLink>) -> Result<(), Fault> {
        let MakeLink { at, text } = permit.into_operation();
        let mut tree = self.tree();
        let folder = tree.parent(&at)?;
        tree.add(&folder, at.path.file_name_bytes(), Body::Link(text), 0o777)?;
        Ok(())
    }

    fn read_link(&self, permit: Permit<ReadLink>) -> Result<Vec<u8>, Fault> {
        let tree = self.tree();
        let node = tree.at(&permit.operation().at)?;
        match &tree.node(&node).body {
            Body::Link(text) => Ok(text.clone()),
            Body::File(_) | Body::Folder(_) => Err(FsError::Invalid.into()),
        }
    }

    fn resolve(&self, permit: Permit<Resolve>) -> Result<Landing, FsError> {
        let Resolve { at, last } = permit.into_operation();
        let tree = self.tree();
        let (mut todo, name): (Vec<Vec<u8>>, _) = match last {
            Last::Follow => (at.path.names().rev().map(<[u8]>::to_vec).collect(), None),
            Last::Keep => (at.path.names().rev().skip(1).map(<[u8]>::to_vec).collect(), at.path.file_name()),
        };
        let mut here = VPath::root();
        let mut links = 0_usize;
        while let Some(part) = todo.pop() {
            match part.as_slice() {
                b"" | b"." => continue,
                b".." => {
                    let Some(up) = here.parent() else { return Ok(Landing::There(Vec::new())) };
                    here = up;
                    continue;
                }
                _ => {}
            }
            let folder = tree.walk(here.names()).map_err(|_| FsError::NotFound)?;
            let node = tree.member(&folder, &part).map_err(|f| match f {
                Fault::Failed(e) => e,
                Fault::Link => FsError::Loop,
            })?;
            match &tree.node(&node).body {
                Body::Link(text) => {
                    links = links.saturating_add(1);
                    if links > LINKS {
                        return Err(FsError::Loop);
                    }
                    if text.starts_with(b"/") {
                        return Ok(Landing::There(Vec::new()));
                    }
                    todo.extend(text.split(|b| *b == b'/').rev().map(<[u8]>::to_vec));
                }
                Body::File(_) if !todo.is_empty() => return Err(FsError::NotFolder),
                Body::File(_) | Body::Folder(_) => {
                    here = VPath::parse(&here, &part).map_err(|_| FsError::NameInvalid)?;
                }
            }
        }
        match name {
            None => Ok(Landing::Here(here)),
            Some(name) => here.join(&name).map(Landing::Here).map_err(|_| FsError::NameInvalid),
        }
    }

    fn space(&self, permit: Permit<LookAtSpace>) -> Result<Space, Fault> {
        let tree = self.tree();
        tree.at(&permit.operation().at)?;
        Ok(Space { block: 1, blocks: 0, free: 0, available: 0, files: 0, files_free: 0, read_only: false })
    }

    fn sync_folder(&self, _: &Anchor) -> Result<(), FsError> {
        Ok(())
    }
}

#[derive(Debug)]
struct Members(std::vec::IntoIter<(Name, Meta)>);

impl Entries for Members {
    fn next(&mut self) -> Option<Result<(Name, Meta), FsError>> {
        self.0.next().map(Ok)
    }
}

impl Node {
    fn is_folder(&self) -> bool {
        matches!(self.body, Body::Folder(_))
    }
}
