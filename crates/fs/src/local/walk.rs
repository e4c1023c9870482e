//! From places to handles.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use causeway_core::VPath;
use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::backend::{Anchor, Landing};
use crate::error::{Fault, FsError};
use crate::mount::{Strategy, below_real};
use crate::permit::{Last, Place, Resolve};

use super::errno::{fault, own};

/// `openat2` gives up when a folder moves while it walks; so often it tries again.
const RETRIES: usize = 64;

const CONFINED: ResolveFlags = ResolveFlags::BENEATH.union(ResolveFlags::NO_MAGICLINKS);
const WITHOUT_LINKS: ResolveFlags = CONFINED.union(ResolveFlags::NO_SYMLINKS);

fn open(
    from: BorrowedFd<'_>,
    path: &[u8],
    flags: OFlags,
    mode: Mode,
    how: ResolveFlags,
) -> Result<OwnedFd, Errno> {
    for _ in 0..RETRIES {
        match rustix::fs::openat2(from, path, flags | OFlags::CLOEXEC, mode, how) {
            Err(Errno::AGAIN | Errno::INTR) => {}
            other => return other,
        }
    }
    Err(Errno::AGAIN)
}

/// A handle and what remains to be walked from it.
#[derive(Debug)]
pub(super) struct Way<'a> {
    from: BorrowedFd<'a>,
    rest: &'a [u8],
}

impl Way<'_> {
    pub(super) fn open(&self, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
        open(self.from, self.rest, flags, mode, WITHOUT_LINKS)
    }
}

/// The way to the place itself.
pub(super) fn way<'a>(root: BorrowedFd<'a>, at: &'a Place) -> Way<'a> {
    match at.anchor.as_ref().and_then(anchored) {
        Some(folder) => Way { from: folder, rest: at.path.file_name_bytes() },
        None => Way { from: root, rest: relative(&at.path) },
    }
}

/// The folder that holds a place, and its name there.
pub(super) enum Parent<'a> {
    Borrowed(BorrowedFd<'a>, &'a [u8]),
    Owned(OwnedFd, &'a [u8]),
}

impl Parent<'_> {
    pub(super) fn folder(&self) -> BorrowedFd<'_> {
        match self {
            Parent::Borrowed(fd, _) => *fd,
            Parent::Owned(fd, _) => fd.as_fd(),
        }
    }

    pub(super) fn name(&self) -> &[u8] {
        match self {
            Parent::Borrowed(_, name) | Parent::Owned(_, name) => name,
        }
    }
}

/// The folder that holds the place, opened without following links. The root has none.
pub(super) fn parent<'a>(root: BorrowedFd<'a>, at: &'a Place) -> Result<Parent<'a>, Fault> {
    let name = at.path.file_name_bytes();
    if name.is_empty() {
        return Err(FsError::Protected.into());
    }
    if let Some(folder) = near(root, at) {
        return Ok(Parent::Borrowed(folder, name));
    }
    let folder = relative(&at.path);
    let folder = folder.get(..folder.len().saturating_sub(name.len() + 1)).unwrap_or_default();
    let flags = OFlags::PATH | OFlags::DIRECTORY;
    let fd = open(root, folder, flags, Mode::empty(), WITHOUT_LINKS).map_err(fault)?;
    Ok(Parent::Owned(fd, name))
}

/// The folder that holds the place, if it is open already.
pub(super) fn near<'a>(root: BorrowedFd<'a>, at: &'a Place) -> Option<BorrowedFd<'a>> {
    match &at.anchor {
        Some(anchor) => anchored(anchor),
        None => (at.path.names().count() == 1).then_some(root),
    }
}

/// A handle of the place that can be asked about it, not read or written. A link at its end is not followed.
pub(super) fn handle(root: BorrowedFd<'_>, at: &Place) -> Result<OwnedFd, Fault> {
    way(root, at).open(OFlags::PATH | OFlags::NOFOLLOW, Mode::empty()).map_err(fault)
}

pub(super) fn anchored(anchor: &Anchor) -> Option<BorrowedFd<'_>> {
    anchor.0.downcast_ref::<Arc<OwnedFd>>().map(|fd| fd.as_fd())
}

/// The name of the kernel's view of a handle: a way back to an object that is already held.
pub(super) fn proc_path(fd: BorrowedFd<'_>) -> String {
    format!("/proc/self/fd/{}", fd.as_raw_fd())
}

/// Where the object of a handle really is.
pub(super) fn real_place(fd: BorrowedFd<'_>) -> Result<Vec<u8>, Errno> {
    rustix::fs::readlink(proc_path(fd), Vec::new()).map(std::ffi::CString::into_bytes)
}

fn relative(path: &VPath) -> &[u8] {
    match path.as_bytes().get(1..) {
        None | Some(b"") => b".",
        Some(rest) => rest,
    }
}

/// Finds where links lead. The answer is only a name: it is judged, and then reached without links.
pub(super) fn resolve(root: BorrowedFd<'_>, wanted: &Resolve) -> Result<Landing, FsError> {
    let path = &wanted.at.path;
    let (walked, name) = match wanted.last {
        Last::Follow => (path.clone(), None),
        Last::Keep => (path.parent().ok_or(FsError::Protected)?, Some(path.file_name_bytes())),
    };
    let flags = OFlags::PATH;
    let inward = open(root, relative(&walked), flags, Mode::empty(), CONFINED);
    let handle = match inward {
        Ok(fd) => fd,
        // The kernel stops where a link leads out or names an absolute place, which may be one of ours again. Beyond,
        // no failure may tell what exists there.
        Err(Errno::XDEV) => {
            match open(root, relative(&walked), flags, Mode::empty(), ResolveFlags::NO_MAGICLINKS) {
                Ok(fd) => fd,
                Err(_) => return Ok(Landing::There(Vec::new())),
            }
        }
        Err(e) => return Err(own(e)),
    };
    let mut real = real_place(handle.as_fd()).map_err(own)?;
    if let Some(name) = name {
        if real != b"/" {
            real.push(b'/');
        }
        real.extend_from_slice(name);
    }
    // The root may have been moved since it was opened.
    let root = real_place(root).map_err(own)?;
    match below_real(&real, &root) {
        Some(rest) => VPath::absolute(rest).map(Landing::Here).map_err(|_| FsError::NameInvalid),
        None => Ok(Landing::There(real)),
    }
}

pub(super) struct FileSystem {
    pub(super) strategy: Strategy,
    pub(super) in_memory: bool,
}

/// What kind of file system a handle is on (`statfs(2)`). One that is not known may wait for a network.
pub(super) fn file_system(fd: BorrowedFd<'_>) -> FileSystem {
    const TMPFS: u64 = 0x0102_1994;
    const RAMFS: u64 = 0x8584_58f6;
    const LOCAL: [u64; 7] = [
        0xef53,      // ext2, ext3, ext4
        0x5846_5342, // xfs
        0x9123_683e, // btrfs
        0x794c_7630, // overlayfs
        0xf2f5_2010, // f2fs
        0x2fc1_2fc1, // zfs
        0xca45_1a4e, // bcachefs
    ];
    // The magic number is 32 bits wide; some platforms sign-extend it.
    let kind = rustix::fs::fstatfs(fd).map(|s| i128::from(s.f_type) & 0xffff_ffff).unwrap_or_default();
    let kind = u64::try_from(kind).unwrap_or_default();
    let in_memory = matches!(kind, TMPFS | RAMFS);
    let strategy = if in_memory || LOCAL.contains(&kind) { Strategy::Inline } else { Strategy::Pool };
    FileSystem { strategy, in_memory }
}
