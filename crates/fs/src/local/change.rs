//! Mode, times and size.

use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{AtFlags, CWD, Mode, Timespec, Timestamps, UTIME_OMIT};

use crate::attributes::{Kind, SetAttributes, Stamp};
use crate::error::{Fault, FsError};
use crate::permit::{Change, Permit};

use super::errno::own;
use super::{meta_of, walk};

/// Changes what a place holds, through a handle that was opened without following links.
pub(super) fn by_place(root: BorrowedFd<'_>, permit: Permit<Change>) -> Result<(), Fault> {
    let Change { at, set } = permit.into_operation();
    let handle = walk::handle(root, &at)?;
    let meta = meta_of(handle.as_fd(), b"", AtFlags::EMPTY_PATH).map_err(own)?;
    let path = walk::proc_path(handle.as_fd());
    if let Some(mode) = set.mode {
        if meta.attributes.kind == Kind::Link {
            return Err(FsError::Unsupported.into());
        }
        rustix::fs::chmod(&path, bits(meta.attributes.mode, mode)).map_err(own)?;
    }
    if let Some(times) = times(&set) {
        rustix::fs::utimensat(CWD, &path, &times, AtFlags::empty()).map_err(own)?;
    }
    Ok(())
}

/// Changes an open file.
pub(super) fn open_file(fd: BorrowedFd<'_>, set: &SetAttributes) -> Result<(), FsError> {
    if let Some(size) = set.size {
        rustix::fs::ftruncate(fd, size).map_err(own)?;
    }
    if let Some(mode) = set.mode {
        let now = rustix::fs::fstat(fd).map_err(own)?.st_mode;
        rustix::fs::fchmod(fd, bits(now, mode)).map_err(own)?;
    }
    if let Some(times) = times(set) {
        rustix::fs::futimens(fd, &times).map_err(own)?;
    }
    Ok(())
}

/// A client sets the permission bits; set-user-id, set-group-id and sticky stay as the administrator left them.
fn bits(now: u32, wanted: u32) -> Mode {
    Mode::from_raw_mode((now & 0o7000) | (wanted & 0o777))
}

fn times(set: &SetAttributes) -> Option<Timestamps> {
    if set.accessed.is_none() && set.modified.is_none() {
        return None;
    }
    let spec = |t: Option<Stamp>| match t {
        Some(t) => Timespec { tv_sec: t.seconds, tv_nsec: i64::from(t.nanos.min(999_999_999)) },
        None => Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
    };
    Some(Timestamps { last_access: spec(set.accessed), last_modification: spec(set.modified) })
}
