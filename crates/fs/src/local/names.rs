//! What changes names: each acts on a parent that was opened without following links, and never follows the last
//! name.

use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use crate::error::{Fault, FsError};
use crate::permit::{HardLink, MakeFolder, MakeLink, Move, Permit, ReadLink, RemoveFile, RemoveFolder};

use super::errno::{fault, own};
use super::walk::{self, parent};

pub(super) fn make_folder(
    root: BorrowedFd<'_>,
    permit: Permit<MakeFolder>,
    process_umask: u32,
) -> Result<(), Fault> {
    let MakeFolder { at, mode } = permit.into_operation();
    let bits = mode & 0o777;
    let parent = parent(root, &at)?;
    rustix::fs::mkdirat(parent.folder(), parent.name(), Mode::from_raw_mode(bits)).map_err(own)?;
    if bits & process_umask != 0 {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let made = rustix::fs::openat(parent.folder(), parent.name(), flags, Mode::empty()).map_err(own)?;
        let special = rustix::fs::fstat(&made).map_err(own)?.st_mode & 0o7000;
        rustix::fs::chmod(walk::proc_path(made.as_fd()), Mode::from_raw_mode(special | bits)).map_err(own)?;
    }
    Ok(())
}

pub(super) fn remove_file(root: BorrowedFd<'_>, permit: Permit<RemoveFile>) -> Result<(), Fault> {
    let at = permit.into_operation().at;
    let parent = parent(root, &at)?;
    rustix::fs::unlinkat(parent.folder(), parent.name(), AtFlags::empty()).map_err(own)?;
    Ok(())
}

pub(super) fn remove_folder(root: BorrowedFd<'_>, permit: Permit<RemoveFolder>) -> Result<(), Fault> {
    let at = permit.into_operation().at;
    let parent = parent(root, &at)?;
    match rustix::fs::unlinkat(parent.folder(), parent.name(), AtFlags::REMOVEDIR) {
        // POSIX lets a file system say either.
        Err(Errno::EXIST) => Err(FsError::NotEmpty.into()),
        other => Ok(other.map_err(own)?),
    }
}

pub(super) fn rename(root: BorrowedFd<'_>, permit: Permit<Move>) -> Result<(), Fault> {
    let Move { from, to, replace } = permit.into_operation();
    let (source, target) = (parent(root, &from)?, parent(root, &to)?);
    let flags = if replace { RenameFlags::empty() } else { RenameFlags::NOREPLACE };
    let names = |flags| {
        rustix::fs::renameat_with(source.folder(), source.name(), target.folder(), target.name(), flags)
    };
    let done = match names(flags) {
        // A file system without the flag: the look before is not atomic, but says no where it can.
        Err(Errno::INVAL | Errno::NOSYS) if !replace => {
            match rustix::fs::statat(target.folder(), target.name(), AtFlags::SYMLINK_NOFOLLOW) {
                Ok(_) => Err(Errno::EXIST),
                Err(Errno::NOENT) => names(RenameFlags::empty()),
                Err(e) => Err(e),
            }
        }
        other => other,
    };
    match done {
        Err(Errno::EXIST) if replace => Err(FsError::NotEmpty.into()),
        other => Ok(other.map_err(own)?),
    }
}

pub(super) fn hard_link(root: BorrowedFd<'_>, permit: Permit<HardLink>) -> Result<(), Fault> {
    let HardLink { from, to } = permit.into_operation();
    let (source, target) = (parent(root, &from)?, parent(root, &to)?);
    let flags = AtFlags::empty();
    rustix::fs::linkat(source.folder(), source.name(), target.folder(), target.name(), flags).map_err(own)?;
    Ok(())
}

pub(super) fn make_link(root: BorrowedFd<'_>, permit: Permit<MakeLink>) -> Result<(), Fault> {
    let MakeLink { at, text } = permit.into_operation();
    let parent = parent(root, &at)?;
    rustix::fs::symlinkat(text, parent.folder(), parent.name()).map_err(own)?;
    Ok(())
}

pub(super) fn read_link(root: BorrowedFd<'_>, permit: Permit<ReadLink>) -> Result<Vec<u8>, Fault> {
    let at = permit.into_operation().at;
    let parent = parent(root, &at)?;
    let text = rustix::fs::readlinkat(parent.folder(), parent.name(), Vec::new()).map_err(fault)?;
    Ok(text.into_bytes())
}
