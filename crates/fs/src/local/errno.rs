//! What the kernel's errors mean here.

use rustix::io::Errno;

use crate::error::{Fault, FsError};

/// Of a call that resolves names without links: a link on the way is no failure yet.
pub(super) fn fault(e: Errno) -> Fault {
    match e {
        Errno::LOOP => Fault::Link,
        // Without links nothing leads out: a folder was moved away while the kernel walked through it.
        Errno::XDEV => FsError::Busy.into(),
        other => Fault::Failed(own(other)),
    }
}

/// Of any other call.
pub(super) fn own(e: Errno) -> FsError {
    match e {
        Errno::NOENT => FsError::NotFound,
        Errno::EXIST => FsError::Exists,
        Errno::NOTEMPTY => FsError::NotEmpty,
        Errno::ISDIR => FsError::IsFolder,
        Errno::NOTDIR => FsError::NotFolder,
        Errno::ACCESS | Errno::PERM => FsError::Denied,
        Errno::NOSPC | Errno::DQUOT => FsError::NoSpace,
        Errno::FBIG => FsError::TooLarge,
        Errno::ROFS => FsError::ReadOnly,
        Errno::LOOP => FsError::Loop,
        Errno::XDEV => FsError::CrossMount,
        Errno::BUSY | Errno::TXTBSY | Errno::AGAIN => FsError::Busy,
        Errno::NAMETOOLONG | Errno::ILSEQ => FsError::NameInvalid,
        Errno::INVAL => FsError::Invalid,
        Errno::OPNOTSUPP | Errno::NOSYS | Errno::NOTTY => FsError::Unsupported,
        other => FsError::Io(std::io::Error::from(other).kind()),
    }
}
