//! What a place that holds files must be able to do.
//!
//! Nothing here follows a symbolic link but [`Backend::resolve`]: every other call answers [`Fault::Link`] when a
//! link is on the way, and `Fs` has the place it leads to judged before it asks again for that place.

use std::any::Any;
use std::fmt;
use std::io::{self, IoSlice, IoSliceMut};
use std::sync::Arc;

use causeway_core::{Name, VPath};

use crate::attributes::{Meta, SetAttributes, Space};
use crate::error::{Fault, FsError};
use crate::permit::{
    Change, HardLink, Look, LookAtSpace, MakeFolder, MakeLink, Move, Open, OpenFolder, Permit, ReadLink,
    RemoveFile, RemoveFolder, Resolve, Scan,
};

/// A store of files. All calls may block.
pub trait Backend: fmt::Debug + Send + Sync {
    fn capabilities(&self) -> Capabilities;

    /// Opens the folder that holds the place, so that several calls reach the same folder whatever its names become.
    fn anchor(&self, permit: Permit<OpenFolder>) -> Result<Anchor, Fault>;

    fn look(&self, permit: Permit<Look>) -> Result<Meta, Fault>;

    /// What an anchored folder is, whatever its name has become.
    fn look_at_folder(&self, anchor: &Anchor) -> Result<Meta, FsError>;

    /// Everything but [`SetAttributes::size`], which is set on open content.
    fn change(&self, permit: Permit<Change>) -> Result<(), Fault>;

    fn scan(&self, permit: Permit<Scan>) -> Result<Box<dyn Entries>, Fault>;

    /// Opens a file. A folder is [`FsError::IsFolder`]; a device, pipe or socket is opened without waiting, or
    /// [`FsError::Unsupported`].
    fn open(&self, permit: Permit<Open>) -> Result<Opened, Fault>;

    fn make_folder(&self, permit: Permit<MakeFolder>) -> Result<(), Fault>;

    fn remove_file(&self, permit: Permit<RemoveFile>) -> Result<(), Fault>;

    fn remove_folder(&self, permit: Permit<RemoveFolder>) -> Result<(), Fault>;

    /// Atomic where [`Capabilities::atomic_rename`] is set.
    fn rename(&self, permit: Permit<Move>) -> Result<(), Fault>;

    fn hard_link(&self, permit: Permit<HardLink>) -> Result<(), Fault>;

    fn make_link(&self, permit: Permit<MakeLink>) -> Result<(), Fault>;

    /// The text of a symbolic link; [`FsError::Invalid`] for what is none.
    fn read_link(&self, permit: Permit<ReadLink>) -> Result<Vec<u8>, Fault>;

    fn resolve(&self, permit: Permit<Resolve>) -> Result<Landing, FsError>;

    fn space(&self, permit: Permit<LookAtSpace>) -> Result<Space, Fault>;

    /// Brings the names of an anchored folder to the disk.
    fn sync_folder(&self, anchor: &Anchor) -> Result<(), FsError>;
}

/// What a back end can do beyond the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Writes anywhere in an existing file.
    pub random_write: bool,
    /// A rename replaces its target in one step.
    pub atomic_rename: bool,
    /// Symbolic and hard links.
    pub links: bool,
    /// Permission bits.
    pub modes: bool,
}

/// Where links lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Landing {
    /// To this path in the same back end.
    Here(VPath),
    /// To this place outside of it, named as the administrator would.
    There(Vec<u8>),
}

/// An open folder. What it holds means something to its back end alone.
#[derive(Clone)]
pub struct Anchor(pub Arc<dyn Any + Send + Sync>);

impl fmt::Debug for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Anchor")
    }
}

/// A file just opened.
#[derive(Debug)]
pub struct Opened {
    pub content: Box<dyn Content>,
    /// As of the opening.
    pub meta: Meta,
}

/// The members of a folder, one after the other.
pub trait Entries: fmt::Debug + Send {
    /// The next member; an error ends the listing, but one member that cannot be looked at does not.
    fn next(&mut self) -> Option<Result<(Name, Meta), FsError>>;
}

/// Whether a read may wait for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    No,
    Yes,
}

/// What a read brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// So many bytes; none at the end of the file.
    Bytes(usize),
    /// They are not in memory: ask again where waiting is allowed.
    WouldBlock,
}

/// Whether a temporary file is somebody's work in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It was nobody's and is this handle's now, until it is closed or the process dies.
    Mine,
    Taken,
    /// The file system cannot say.
    Unknown,
}

/// Why a new file cannot stand in for an old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlike {
    Owner,
    Acl,
    Mode,
}

/// An open file.
pub trait Content: fmt::Debug + Send + Sync {
    fn read(&self, into: &mut [IoSliceMut<'_>], at: u64, wait: Wait) -> io::Result<Read>;

    /// Writes some of the bytes at `at`, or at the end where the file was opened for that.
    fn write(&self, from: &[IoSlice<'_>], at: u64) -> io::Result<usize>;

    fn meta(&self) -> Result<Meta, FsError>;

    fn change(&self, set: &SetAttributes) -> Result<(), FsError>;

    /// Brings content and size to the disk.
    fn sync(&self) -> Result<(), FsError>;

    fn claim(&self) -> Claim;

    /// Takes on mode, owner and access list of the file at `like`, of which `known` is known; `own` is what is known of
    /// this one.
    fn resemble(&self, like: Permit<Look>, known: &Meta, own: &Meta) -> Result<(), Unlike>;
}
