//! What can be asked of a back end: each owns its names.

use crate::attributes::SetAttributes;

use super::Place;

/// Open the folder that holds the place.
#[derive(Debug)]
pub struct OpenFolder {
    pub at: Place,
}

/// Read attributes; the last name is not followed.
#[derive(Debug)]
pub struct Look {
    pub at: Place,
}

/// Change attributes; the last name is not followed.
#[derive(Debug)]
pub struct Change {
    pub at: Place,
    pub set: SetAttributes,
}

/// Read the members of a folder.
#[derive(Debug)]
pub struct Scan {
    pub at: Place,
}

/// Open a file.
#[derive(Debug)]
pub struct Open {
    pub at: Place,
    pub mode: OpenMode,
}

/// Make a folder with these permission bits.
#[derive(Debug)]
pub struct MakeFolder {
    pub at: Place,
    pub mode: u32,
}

/// Remove what is not a folder.
#[derive(Debug)]
pub struct RemoveFile {
    pub at: Place,
}

/// Remove an empty folder.
#[derive(Debug)]
pub struct RemoveFolder {
    pub at: Place,
}

/// Rename; links are renamed, not followed.
#[derive(Debug)]
pub struct Move {
    pub from: Place,
    pub to: Place,
    pub replace: bool,
}

/// Give a file another name.
#[derive(Debug)]
pub struct HardLink {
    pub from: Place,
    pub to: Place,
}

/// Make a symbolic link with this text.
#[derive(Debug)]
pub struct MakeLink {
    pub at: Place,
    pub text: Vec<u8>,
}

/// Read the text of a symbolic link.
#[derive(Debug)]
pub struct ReadLink {
    pub at: Place,
}

/// Find the place that links lead to.
#[derive(Debug)]
pub struct Resolve {
    pub at: Place,
    pub last: Last,
}

/// Ask for the room of the file system.
#[derive(Debug)]
pub struct LookAtSpace {
    pub at: Place,
}

/// What becomes of a link that the last name of a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Last {
    Follow,
    Keep,
}

/// How a back end opens a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OpenMode {
    pub read: bool,
    pub write: bool,
    /// Every write goes to the end.
    pub append: bool,
    pub truncate: bool,
    pub create: Create,
    /// Permission bits of a new file.
    pub mode: u32,
}

/// Whether opening may make the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Create {
    /// It must exist.
    #[default]
    Never,
    /// It must not exist.
    New,
}
