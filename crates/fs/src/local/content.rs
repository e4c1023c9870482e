//! An open file of the local disk.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{AtFlags, FlockOperation};
use rustix::io::{Errno, ReadWriteFlags};

use crate::attributes::{Meta, SetAttributes};
use crate::backend::{Claim, Content, Read, Unlike, Wait};
use crate::error::FsError;
use crate::permit::{Look, Permit};

use super::errno::own;
use super::{change, likeness, meta_of};

#[derive(Debug)]
pub(super) struct LocalContent {
    fd: OwnedFd,
    in_memory: bool,
    /// The file system does not know `RWF_NOWAIT`.
    must_wait: AtomicBool,
}

impl LocalContent {
    pub(super) fn new(fd: OwnedFd, in_memory: bool) -> Self {
        Self { fd, in_memory, must_wait: AtomicBool::new(false) }
    }
}

impl Content for LocalContent {
    fn read(&self, into: &mut [IoSliceMut<'_>], at: u64, wait: Wait) -> io::Result<Read> {
        if wait == Wait::No && !self.in_memory {
            if self.must_wait.load(Ordering::Relaxed) {
                return Ok(Read::WouldBlock);
            }
            return match retry(|| rustix::io::preadv2(&self.fd, into, at, ReadWriteFlags::NOWAIT)) {
                Ok(n) => Ok(Read::Bytes(n)),
                Err(Errno::AGAIN) => Ok(Read::WouldBlock),
                Err(Errno::OPNOTSUPP | Errno::INVAL | Errno::NOSYS) => {
                    self.must_wait.store(true, Ordering::Relaxed);
                    Ok(Read::WouldBlock)
                }
                Err(e) => Err(e.into()),
            };
        }
        Ok(Read::Bytes(retry(|| rustix::io::preadv(&self.fd, into, at))?))
    }

    fn write(&self, from: &[IoSlice<'_>], at: u64) -> io::Result<usize> {
        Ok(retry(|| rustix::io::pwritev(&self.fd, from, at))?)
    }

    fn meta(&self) -> Result<Meta, FsError> {
        meta_of(self.fd.as_fd(), b"", AtFlags::EMPTY_PATH).map_err(own)
    }

    fn change(&self, set: &SetAttributes) -> Result<(), FsError> {
        change::open_file(self.fd.as_fd(), set)
    }

    fn sync(&self) -> Result<(), FsError> {
        match rustix::fs::fsync(&self.fd) {
            // What has no disk behind it (a device) has nothing to bring there.
            Err(Errno::INVAL) => Ok(()),
            other => other.map_err(own),
        }
    }

    /// A lock of the kernel: it ends with the handle, and so with the process.
    fn claim(&self) -> Claim {
        match retry(|| rustix::fs::flock(&self.fd, FlockOperation::NonBlockingLockExclusive)) {
            Ok(()) => Claim::Mine,
            Err(Errno::AGAIN) => Claim::Taken,
            Err(_) => Claim::Unknown,
        }
    }

    fn resemble(&self, like: Permit<Look>, known: &Meta, now: &Meta) -> Result<(), Unlike> {
        likeness::take_on(self.fd.as_fd(), &like.into_operation().at, known, now)
    }
}

fn retry<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            other => return other,
        }
    }
}
