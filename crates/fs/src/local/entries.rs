//! The members of a folder of the local disk.

use std::os::fd::OwnedFd;

use causeway_core::Name;
use rustix::fs::{AtFlags, Dir};
use rustix::io::Errno;

use crate::attributes::{Attributes, Kind, Meta, Stamp};
use crate::backend::Entries;
use crate::error::FsError;

use super::errno::own;
use super::{kind, meta_of};

/// Nothing is read, and no buffer held, before the first member is asked for.
#[derive(Debug)]
pub(super) struct LocalEntries {
    unread: Option<OwnedFd>,
    open: Option<Dir>,
}

impl LocalEntries {
    pub(super) fn new(fd: OwnedFd) -> Self {
        Self { unread: Some(fd), open: None }
    }
}

impl Entries for LocalEntries {
    fn next(&mut self) -> Option<Result<(Name, Meta), FsError>> {
        if let Some(fd) = self.unread.take() {
            match Dir::new(fd) {
                Ok(dir) => self.open = Some(dir),
                Err(e) => return Some(Err(own(e))),
            }
        }
        let dir = self.open.as_mut()?;
        loop {
            let entry = match dir.read()? {
                Ok(entry) => entry,
                Err(e) => return Some(Err(own(e))),
            };
            // `.`, `..`, and names longer than any client could send back.
            let Ok(name) = Name::parse(entry.file_name().to_bytes()) else { continue };
            let folder = match dir.fd() {
                Ok(fd) => fd,
                Err(e) => return Some(Err(own(e))),
            };
            match meta_of(folder, name.as_bytes(), AtFlags::SYMLINK_NOFOLLOW) {
                Ok(meta) => return Some(Ok((name, meta))),
                // Removed since the folder was read.
                Err(Errno::NOENT) => {}
                Err(_) => return Some(Ok((name, unknown(kind(entry.file_type()))))),
            }
        }
    }
}

/// What is shown of a member that cannot be looked at.
fn unknown(kind: Kind) -> Meta {
    let never = Stamp::default();
    Meta {
        attributes: Attributes { kind, size: 0, mode: 0, accessed: never, modified: never, links: 1 },
        changed: never,
        owner: 0,
        identity: 0,
        device: 0,
    }
}
