//! One request (draft-ietf-secsh-filexfer-02 section 6, OpenSSH `PROTOCOL` section 4), its strings borrowed.

use super::{Attributes, Check, ForeignHandle, Handle, Kind, OpenFlags, OpenFlagsError, table};
use crate::wire::{Reader, WireError};

/// Every request but INIT and WRITE, which the [`Stream`](super::Stream) gives out as items of their own.
///
/// Paths are the bytes that the client sent, neither bounded (but by the message) nor checked: `VPath` does that.
/// A handle that cannot be one of ours is told from one that can; both are answered, neither ends the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request<'a> {
    Open {
        path: &'a [u8],
        flags: OpenFlags,
        attributes: Attributes,
    },
    Close {
        handle: Result<Handle, ForeignHandle>,
    },
    Read {
        handle: Result<Handle, ForeignHandle>,
        offset: u64,
        length: u32,
    },
    Lstat {
        path: &'a [u8],
    },
    Fstat {
        handle: Result<Handle, ForeignHandle>,
    },
    Setstat {
        path: &'a [u8],
        attributes: Attributes,
    },
    Fsetstat {
        handle: Result<Handle, ForeignHandle>,
        attributes: Attributes,
    },
    Opendir {
        path: &'a [u8],
    },
    Readdir {
        handle: Result<Handle, ForeignHandle>,
    },
    Remove {
        path: &'a [u8],
    },
    Mkdir {
        path: &'a [u8],
        attributes: Attributes,
    },
    Rmdir {
        path: &'a [u8],
    },
    Realpath {
        path: &'a [u8],
    },
    Stat {
        path: &'a [u8],
    },
    Rename {
        from: &'a [u8],
        to: &'a [u8],
    },
    Readlink {
        path: &'a [u8],
    },
    /// The draft sends `linkpath` first; OpenSSH's server and every client that works with it send the target
    /// first (OpenSSH `PROTOCOL` section 4.1). So does this server read it.
    Symlink {
        target: &'a [u8],
        link: &'a [u8],
    },
    /// `posix-rename@openssh.com`: as rename(2), so a file that is in the way is replaced.
    PosixRename {
        from: &'a [u8],
        to: &'a [u8],
    },
    /// `hardlink@openssh.com`.
    Hardlink {
        from: &'a [u8],
        to: &'a [u8],
    },
    /// `fsync@openssh.com`.
    Fsync {
        handle: Result<Handle, ForeignHandle>,
    },
    /// `statvfs@openssh.com`.
    Statvfs {
        path: &'a [u8],
    },
    /// `fstatvfs@openssh.com`.
    Fstatvfs {
        handle: Result<Handle, ForeignHandle>,
    },
    /// `lsetstat@openssh.com`: SETSTAT that does not follow a link at the end of the path.
    Lsetstat {
        path: &'a [u8],
        attributes: Attributes,
    },
    /// `limits@openssh.com`.
    Limits,
    /// `users-groups-by-id@openssh.com`.
    UsersGroupsById {
        users: Ids<'a>,
        groups: Ids<'a>,
    },
    /// `expand-path@openssh.com`: REALPATH that knows `~`.
    ExpandPath {
        path: &'a [u8],
    },
    /// `copy-data` (draft-ietf-secsh-filexfer-extensions-00 section 7): from one open file to another.
    CopyData {
        from: Result<Handle, ForeignHandle>,
        from_offset: u64,
        /// 0: to the end.
        length: u64,
        to: Result<Handle, ForeignHandle>,
        to_offset: u64,
    },
    /// `home-directory` (the same draft, section 5): where the home of a user is; the session's own if none is named.
    HomeDirectory {
        user: &'a [u8],
    },
    /// `check-file-handle` (the same draft, section 3), which paramiko calls `check-file`.
    CheckFileHandle {
        handle: Result<Handle, ForeignHandle>,
        what: Check<'a>,
    },
    /// `check-file-name`.
    CheckFileName {
        path: &'a [u8],
        what: Check<'a>,
    },
    /// `space-available` (the same draft, section 4).
    SpaceAvailable {
        path: &'a [u8],
    },
    /// An extension that this server does not have: the beginning of its name, at most 64 bytes.
    UnknownExtension {
        name: &'a [u8],
    },
    /// A request that version 3 does not have.
    Unknown {
        kind: u8,
    },
}

/// Bytes of an unknown extension's name that are kept for the event.
const UNKNOWN_NAME: usize = 64;

/// Why a message is not the request that it claims to be. Its frame was sound, so the session goes on; the answer
/// is BAD_MESSAGE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error(transparent)]
    Wire(#[from] WireError),
    #[error(transparent)]
    OpenFlags(#[from] OpenFlagsError),
    /// A list of ids whose length is not a multiple of four.
    #[error("a list of user or group ids ends within an id")]
    Ids,
}

impl<'a> Request<'a> {
    /// Reads what follows `kind` and the request's id. Bytes after the last field are ignored, as OpenSSH does:
    /// some clients append fields of later versions.
    pub fn parse(kind: u8, fields: &'a [u8]) -> Result<Self, Malformed> {
        let r = &mut Reader::new(fields);
        Ok(match Kind::of_packet(kind) {
            Some(Kind::Open) => Request::Open {
                path: r.string()?,
                flags: OpenFlags::parse(r.u32()?)?,
                attributes: Attributes::read(r)?,
            },
            Some(Kind::Close) => Request::Close { handle: handle(r)? },
            Some(Kind::Read) => Request::Read { handle: handle(r)?, offset: r.u64()?, length: r.u32()? },
            Some(Kind::Lstat) => Request::Lstat { path: r.string()? },
            Some(Kind::Fstat) => Request::Fstat { handle: handle(r)? },
            Some(Kind::Setstat) => Request::Setstat { path: r.string()?, attributes: Attributes::read(r)? },
            Some(Kind::Fsetstat) => {
                Request::Fsetstat { handle: handle(r)?, attributes: Attributes::read(r)? }
            }
            Some(Kind::Opendir) => Request::Opendir { path: r.string()? },
            Some(Kind::Readdir) => Request::Readdir { handle: handle(r)? },
            Some(Kind::Remove) => Request::Remove { path: r.string()? },
            Some(Kind::Mkdir) => Request::Mkdir { path: r.string()?, attributes: Attributes::read(r)? },
            Some(Kind::Rmdir) => Request::Rmdir { path: r.string()? },
            Some(Kind::Realpath) => Request::Realpath { path: r.string()? },
            Some(Kind::Stat) => Request::Stat { path: r.string()? },
            Some(Kind::Rename) => Request::Rename { from: r.string()?, to: r.string()? },
            Some(Kind::Readlink) => Request::Readlink { path: r.string()? },
            Some(Kind::Symlink) => Request::Symlink { target: r.string()?, link: r.string()? },
            _ if kind == table::EXTENDED => Self::parse_extended(r)?,
            _ => Request::Unknown { kind },
        })
    }

    fn parse_extended(r: &mut Reader<'a>) -> Result<Self, Malformed> {
        let name = r.string()?;
        Ok(match Kind::of_extension(name) {
            Some(Kind::PosixRename) => Request::PosixRename { from: r.string()?, to: r.string()? },
            Some(Kind::Hardlink) => Request::Hardlink { from: r.string()?, to: r.string()? },
            Some(Kind::Fsync) => Request::Fsync { handle: handle(r)? },
            Some(Kind::Statvfs) => Request::Statvfs { path: r.string()? },
            Some(Kind::Fstatvfs) => Request::Fstatvfs { handle: handle(r)? },
            Some(Kind::Lsetstat) => Request::Lsetstat { path: r.string()?, attributes: Attributes::read(r)? },
            Some(Kind::Limits) => Request::Limits,
            Some(Kind::UsersGroupsById) => {
                Request::UsersGroupsById { users: Ids::parse(r.string()?)?, groups: Ids::parse(r.string()?)? }
            }
            Some(Kind::ExpandPath) => Request::ExpandPath { path: r.string()? },
            Some(Kind::CopyData) => Request::CopyData {
                from: handle(r)?,
                from_offset: r.u64()?,
                length: r.u64()?,
                to: handle(r)?,
                to_offset: r.u64()?,
            },
            Some(Kind::HomeDirectory) => Request::HomeDirectory { user: r.string()? },
            Some(Kind::CheckFile | Kind::CheckFileHandle) => {
                Request::CheckFileHandle { handle: handle(r)?, what: Check::read(r)? }
            }
            Some(Kind::CheckFileName) => Request::CheckFileName { path: r.string()?, what: Check::read(r)? },
            Some(Kind::SpaceAvailable) => Request::SpaceAvailable { path: r.string()? },
            _ => Request::UnknownExtension { name: name.get(..UNKNOWN_NAME).unwrap_or(name) },
        })
    }

    /// Its row in the [`table`]; none for what this server does not know.
    pub fn kind(&self) -> Option<Kind> {
        Some(match self {
            Request::Open { .. } => Kind::Open,
            Request::Close { .. } => Kind::Close,
            Request::Read { .. } => Kind::Read,
            Request::Lstat { .. } => Kind::Lstat,
            Request::Fstat { .. } => Kind::Fstat,
            Request::Setstat { .. } => Kind::Setstat,
            Request::Fsetstat { .. } => Kind::Fsetstat,
            Request::Opendir { .. } => Kind::Opendir,
            Request::Readdir { .. } => Kind::Readdir,
            Request::Remove { .. } => Kind::Remove,
            Request::Mkdir { .. } => Kind::Mkdir,
            Request::Rmdir { .. } => Kind::Rmdir,
            Request::Realpath { .. } => Kind::Realpath,
            Request::Stat { .. } => Kind::Stat,
            Request::Rename { .. } => Kind::Rename,
            Request::Readlink { .. } => Kind::Readlink,
            Request::Symlink { .. } => Kind::Symlink,
            Request::PosixRename { .. } => Kind::PosixRename,
            Request::Hardlink { .. } => Kind::Hardlink,
            Request::Fsync { .. } => Kind::Fsync,
            Request::Statvfs { .. } => Kind::Statvfs,
            Request::Fstatvfs { .. } => Kind::Fstatvfs,
            Request::Lsetstat { .. } => Kind::Lsetstat,
            Request::Limits => Kind::Limits,
            Request::UsersGroupsById { .. } => Kind::UsersGroupsById,
            Request::ExpandPath { .. } => Kind::ExpandPath,
            Request::CopyData { .. } => Kind::CopyData,
            Request::HomeDirectory { .. } => Kind::HomeDirectory,
            Request::CheckFileHandle { .. } => Kind::CheckFileHandle,
            Request::CheckFileName { .. } => Kind::CheckFileName,
            Request::SpaceAvailable { .. } => Kind::SpaceAvailable,
            Request::UnknownExtension { .. } | Request::Unknown { .. } => return None,
        })
    }

    /// Whether it can change anything.
    pub fn changes(&self) -> bool {
        match self {
            Request::Open { flags, .. } => flags.changes(),
            _ => self.kind().is_some_and(|k| k.entry().changes == table::Changes::Yes),
        }
    }
}

/// Numbers of users or groups, as `users-groups-by-id@openssh.com` lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ids<'a>(&'a [[u8; 4]]);

impl<'a> Ids<'a> {
    pub(super) fn parse(raw: &'a [u8]) -> Result<Self, Malformed> {
        match raw.as_chunks() {
            (ids, []) => Ok(Self(ids)),
            _ => Err(Malformed::Ids),
        }
    }

    pub fn len(self) -> usize {
        self.0.len()
    }

    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(self) -> impl Iterator<Item = u32> + 'a {
        self.0.iter().map(|id| u32::from_be_bytes(*id))
    }
}

fn handle(r: &mut Reader<'_>) -> Result<Result<Handle, ForeignHandle>, WireError> {
    Ok(Handle::parse(r.string()?))
}

#[cfg(test)]
mod tests;
