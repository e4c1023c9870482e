//! Folders of the local disk, confined by the kernel.
//!
//! Every name is resolved by `openat2` below the mount's directory handle with `RESOLVE_BENEATH`,
//! `RESOLVE_NO_MAGICLINKS` and `RESOLVE_NO_SYMLINKS`; what has no such form acts on a parent opened that way.

mod change;
mod content;
mod entries;
mod errno;
mod likeness;
mod names;
mod walk;

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{AtFlags, Mode, OFlags, StatxFlags};
use rustix::io::Errno;

use crate::attributes::{Attributes, Kind, Meta, Space, Stamp};
use crate::backend::{Anchor, Backend, Capabilities, Content, Entries, Landing, Opened};
use crate::error::{Fault, FsError};
use crate::mount::Strategy;
use crate::permit::{
    Change, Create, HardLink, Look, LookAtSpace, MakeFolder, MakeLink, Move, Open, OpenFolder, OpenMode,
    Permit, ReadLink, RemoveFile, RemoveFolder, Resolve, Scan,
};
use content::LocalContent;
use errno::{fault, own};
use walk::Way;

const WANTED: StatxFlags = StatxFlags::BASIC_STATS;

/// One folder and what is below it.
#[derive(Debug)]
pub(crate) struct Local {
    root: Arc<OwnedFd>,
    /// Permission bits that the process withholds from what it makes.
    process_umask: u32,
    /// Devices may be opened: an administrator made this a link root.
    devices: bool,
    /// The file system lives in memory: reads never wait.
    in_memory: bool,
    strategy: Strategy,
    real: Vec<u8>,
    device: u64,
}

impl Local {
    /// Opens the folder at `real`, following whatever links the administrator has put there.
    pub(crate) fn open(real: &Path, process_umask: u32, devices: bool) -> Result<Self, FsError> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(real, flags, Mode::empty()).map_err(own)?;
        let system = walk::file_system(root.as_fd());
        let device = meta_of(root.as_fd(), b"", AtFlags::EMPTY_PATH).map_err(own)?.device;
        let real = walk::real_place(root.as_fd()).map_err(own)?;
        Ok(Self {
            root: Arc::new(root),
            process_umask,
            devices,
            in_memory: system.in_memory,
            strategy: system.strategy,
            real,
            device,
        })
    }

    /// Where the folder really is.
    pub(crate) fn real(&self) -> &[u8] {
        &self.real
    }

    pub(crate) fn strategy(&self) -> Strategy {
        self.strategy
    }

    pub(crate) fn device(&self) -> u64 {
        self.device
    }

    /// Gives a folder just made the permission bits that the process withheld.
    pub(crate) fn set_root_bits(&self, bits: u32) -> Result<(), FsError> {
        if bits & self.process_umask == 0 {
            return Ok(());
        }
        rustix::fs::chmod(walk::proc_path(self.root()), Mode::from_raw_mode(bits)).map_err(own)
    }

    fn root(&self) -> BorrowedFd<'_> {
        self.root.as_fd()
    }

    fn open_file(&self, way: &Way<'_>, mode: OpenMode) -> Result<OwnedFd, Errno> {
        let access = match (mode.read, mode.write) {
            (true, true) => OFlags::RDWR,
            (false, true) => OFlags::WRONLY,
            _ => OFlags::RDONLY,
        };
        // A pipe must not wait for its other end, nor a terminal become ours.
        let mut flags = access | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        flags.set(OFlags::APPEND, mode.append);
        flags.set(OFlags::TRUNC, mode.truncate);
        let bits = mode.mode & 0o777;
        match mode.create {
            Create::Never => way.open(flags, Mode::empty()),
            Create::New => self.create_file(way, flags | OFlags::CREATE | OFlags::EXCL, bits),
        }
    }

    fn create_file(&self, way: &Way<'_>, flags: OFlags, bits: u32) -> Result<OwnedFd, Errno> {
        let fd = way.open(flags, Mode::from_raw_mode(bits))?;
        if bits & self.process_umask != 0 {
            rustix::fs::fchmod(&fd, Mode::from_raw_mode(bits))?;
        }
        Ok(fd)
    }
}

impl Backend for Local {
    fn capabilities(&self) -> Capabilities {
        Capabilities { random_write: true, atomic_rename: true, links: true, modes: true }
    }

    fn anchor(&self, permit: Permit<OpenFolder>) -> Result<Anchor, Fault> {
        let at = permit.into_operation().at;
        if let Some(anchor) = at.anchor {
            return Ok(anchor);
        }
        if at.path.is_root() {
            return Err(FsError::Protected.into());
        }
        match walk::parent(self.root(), &at)? {
            walk::Parent::Owned(fd, _) => Ok(Anchor(Arc::new(Arc::new(fd)))),
            walk::Parent::Borrowed(..) => Ok(Anchor(Arc::new(self.root.clone()))),
        }
    }

    fn look(&self, permit: Permit<Look>) -> Result<Meta, Fault> {
        let at = permit.into_operation().at;
        if at.path.is_root() {
            return meta_of(self.root(), b"", AtFlags::EMPTY_PATH).map_err(fault);
        }
        // One name needs no walk: it is taken from the folder itself, and not followed.
        if let Some(folder) = walk::near(self.root(), &at) {
            return meta_of(folder, at.path.file_name_bytes(), AtFlags::SYMLINK_NOFOLLOW).map_err(fault);
        }
        let handle = walk::handle(self.root(), &at)?;
        meta_of(handle.as_fd(), b"", AtFlags::EMPTY_PATH).map_err(fault)
    }

    fn look_at_folder(&self, anchor: &Anchor) -> Result<Meta, FsError> {
        let folder = walk::anchored(anchor).ok_or(FsError::Invalid)?;
        meta_of(folder, b"", AtFlags::EMPTY_PATH).map_err(own)
    }

    fn change(&self, permit: Permit<Change>) -> Result<(), Fault> {
        change::by_place(self.root(), permit)
    }

    fn scan(&self, permit: Permit<Scan>) -> Result<Box<dyn Entries>, Fault> {
        let at = permit.into_operation().at;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let fd = walk::way(self.root(), &at).open(flags, Mode::empty()).map_err(fault)?;
        Ok(Box::new(entries::LocalEntries::new(fd)))
    }

    fn open(&self, permit: Permit<Open>) -> Result<Opened, Fault> {
        let Open { at, mode } = permit.into_operation();
        let fd = match self.open_file(&walk::way(self.root(), &at), mode) {
            // A pipe without a reader, a socket, a device without a driver.
            Err(Errno::NXIO | Errno::NODEV) => return Err(FsError::Unsupported.into()),
            other => other.map_err(fault)?,
        };
        let stat = rustix::fs::statx(&fd, c"", AtFlags::EMPTY_PATH, WANTED).map_err(fault)?;
        let meta = meta_from(&stat);
        match meta.attributes.kind {
            Kind::File => {}
            Kind::Folder => return Err(FsError::IsFolder.into()),
            Kind::Other if self.devices && is_character_device(&stat) => {}
            Kind::Link | Kind::Other => return Err(FsError::Unsupported.into()),
        }
        Ok(Opened { content: Box::new(LocalContent::new(fd, self.in_memory)) as Box<dyn Content>, meta })
    }

    fn make_folder(&self, permit: Permit<MakeFolder>) -> Result<(), Fault> {
        names::make_folder(self.root(), permit, self.process_umask)
    }

    fn remove_file(&self, permit: Permit<RemoveFile>) -> Result<(), Fault> {
        names::remove_file(self.root(), permit)
    }

    fn remove_folder(&self, permit: Permit<RemoveFolder>) -> Result<(), Fault> {
        names::remove_folder(self.root(), permit)
    }

    fn rename(&self, permit: Permit<Move>) -> Result<(), Fault> {
        names::rename(self.root(), permit)
    }

    fn hard_link(&self, permit: Permit<HardLink>) -> Result<(), Fault> {
        names::hard_link(self.root(), permit)
    }

    fn make_link(&self, permit: Permit<MakeLink>) -> Result<(), Fault> {
        names::make_link(self.root(), permit)
    }

    fn read_link(&self, permit: Permit<ReadLink>) -> Result<Vec<u8>, Fault> {
        names::read_link(self.root(), permit)
    }

    fn resolve(&self, permit: Permit<Resolve>) -> Result<Landing, FsError> {
        walk::resolve(self.root(), &permit.into_operation())
    }

    fn space(&self, permit: Permit<LookAtSpace>) -> Result<Space, Fault> {
        let handle = walk::handle(self.root(), &permit.into_operation().at)?;
        let s = rustix::fs::fstatvfs(&handle).map_err(fault)?;
        Ok(Space {
            block: s.f_frsize.max(1),
            blocks: s.f_blocks,
            free: s.f_bfree,
            available: s.f_bavail,
            files: s.f_files,
            files_free: s.f_ffree,
            read_only: s.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY),
        })
    }

    fn sync_folder(&self, anchor: &Anchor) -> Result<(), FsError> {
        let Some(folder) = walk::anchored(anchor) else { return Err(FsError::Invalid) };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(folder, c".", flags, Mode::empty()).map_err(own)?;
        rustix::fs::fsync(fd).map_err(own)
    }
}

fn meta_of(folder: BorrowedFd<'_>, name: &[u8], flags: AtFlags) -> Result<Meta, Errno> {
    rustix::fs::statx(folder, name, flags, WANTED).map(|s| meta_from(&s))
}

fn meta_from(s: &rustix::fs::Statx) -> Meta {
    let stamp = |t: rustix::fs::StatxTimestamp| Stamp { seconds: t.tv_sec, nanos: t.tv_nsec };
    Meta {
        attributes: Attributes {
            kind: kind(rustix::fs::FileType::from_raw_mode(u32::from(s.stx_mode))),
            size: s.stx_size,
            mode: u32::from(s.stx_mode) & 0o7777,
            accessed: stamp(s.stx_atime),
            modified: stamp(s.stx_mtime),
            links: s.stx_nlink,
        },
        changed: stamp(s.stx_ctime),
        owner: (u64::from(s.stx_uid) << 32) | u64::from(s.stx_gid),
        identity: s.stx_ino,
        device: (u64::from(s.stx_dev_major) << 32) | u64::from(s.stx_dev_minor),
    }
}

fn is_character_device(s: &rustix::fs::Statx) -> bool {
    rustix::fs::FileType::from_raw_mode(u32::from(s.stx_mode)) == rustix::fs::FileType::CharacterDevice
}

fn kind(t: rustix::fs::FileType) -> Kind {
    match t {
        rustix::fs::FileType::RegularFile => Kind::File,
        rustix::fs::FileType::Directory => Kind::Folder,
        rustix::fs::FileType::Symlink => Kind::Link,
        _ => Kind::Other,
    }
}
