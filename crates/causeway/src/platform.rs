//! What the process needs of the system, and what it asks of it at the start.

use std::io;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit, umask};

/// Why the system cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlatformError {
    #[error("the kernel has no openat2: Linux 5.6 or later is needed")]
    NoOpenat2,
    #[error("openat2 does not work here ({0}); a sandbox or container may forbid it")]
    Openat2(io::Error),
}

/// Finds out whether files can be confined by the kernel. Without that nothing is served.
pub(crate) fn require() -> Result<(), PlatformError> {
    let how = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    match openat2(CWD, ".", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty(), how) {
        Ok(_) => Ok(()),
        Err(rustix::io::Errno::NOSYS) => Err(PlatformError::NoOpenat2),
        Err(e) => Err(PlatformError::Openat2(e.into())),
    }
}

/// Files, sockets and folders that the process may have open at the same time.
pub(crate) fn descriptors() -> u64 {
    getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX)
}

/// Sets what belongs to the whole process: the umask, and as many open files as the system allows.
pub(crate) fn prepare(mask: u32) {
    umask(Mode::from_bits_truncate(mask));
    let limit = getrlimit(Resource::Nofile);
    // Nobody refuses what is not beyond the maximum.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}
