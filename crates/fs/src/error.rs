//! What went wrong, in words that may be shown to a peer: no variant holds a real path or another's name.

use std::io;

/// Why an operation on files failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FsError {
    /// The peer asked for what the rules refuse. The event 70001 says which rule.
    #[error("permission denied")]
    Refused,
    /// The operating system refuses the account that the server runs as.
    #[error("permission denied by the system")]
    Denied,
    /// The peer named what does not exist.
    #[error("no such file or folder")]
    NotFound,
    /// The peer asked to make what exists.
    #[error("it exists already")]
    Exists,
    /// The peer asked to remove or replace a folder that has members.
    #[error("the folder is not empty")]
    NotEmpty,
    /// The peer asked for a file and named a folder.
    #[error("it is a folder")]
    IsFolder,
    /// The peer asked for a folder and named something else.
    #[error("it is not a folder")]
    NotFolder,
    /// The peer asked to change the root, a mount point, or a folder that exists only virtually.
    #[error("it cannot be changed")]
    Protected,
    /// The upload is larger than the account, or the file system, allows.
    #[error("the file is too large")]
    TooLarge,
    /// The disk or the quota of the server's account is full.
    #[error("no space left")]
    NoSpace,
    /// The file system cannot be written.
    #[error("the file system is read-only")]
    ReadOnly,
    /// Somebody else has it in use, or moves its folders about faster than it can be reached.
    #[error("it is in use")]
    Busy,
    /// The peer asked to move or link from one file system to another.
    #[error("it cannot leave its file system")]
    CrossMount,
    /// The object or the file system cannot do this.
    #[error("not supported")]
    Unsupported,
    /// Links lead in circles.
    #[error("too many links")]
    Loop,
    /// The peer sent a name that the file system cannot hold.
    #[error("not a valid name")]
    NameInvalid,
    /// The peer asked for what makes no sense (a folder into itself, a size below zero).
    #[error("not a valid request")]
    Invalid,
    /// The disk or the network below the file system failed.
    #[error("input/output error")]
    Io(io::ErrorKind),
}

/// Why the files of a login cannot be shown: the login fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnterError {
    /// The administrator named a home folder that does not exist, and did not ask for it to be made.
    #[error("the home folder does not exist or cannot be opened")]
    NoHome,
    /// The administrator named a folder for a virtual folder that does not exist.
    #[error("the folder behind a virtual folder does not exist or cannot be opened")]
    NoFolder,
    /// A real object lies where a virtual folder (or one of its virtual parents) has to be.
    #[error("a virtual folder conflicts with a real file or folder")]
    Conflict,
    /// The grant has no home.
    #[error("the account has no home folder")]
    NoMount,
}

/// What a back end answers when it does not do what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A symbolic link is on the way, or at its end: where it leads has not been judged yet.
    Link,
    Failed(FsError),
}

impl From<FsError> for Fault {
    fn from(e: FsError) -> Self {
        Fault::Failed(e)
    }
}
