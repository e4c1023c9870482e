//! What can go wrong with the trail.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why the trail does not work.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AuditError {
    /// The operating system refused: the disk is full, broken, or the folder is not ours.
    #[error("audit trail: cannot {action} {path}: {cause}", path = path.display())]
    Io { action: &'static str, path: PathBuf, cause: Arc<io::Error> },
    /// Another process has the folder: a second server on the same installation.
    #[error("audit trail: {} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// The key file was edited or damaged.
    #[error("audit trail: {} does not hold an Ed25519 key; restore it, or remove it to have a new one made", .0.display())]
    Key(PathBuf),
    /// An event of more than 4 MiB; no peer can cause one.
    #[error("audit trail: an event is too large to be recorded")]
    TooLarge,
    /// An earlier write failed and the trail has not come back yet.
    #[error("audit trail: not recording since an earlier failure: {0}")]
    Failed(Arc<str>),
}

impl AuditError {
    pub(super) fn io(action: &'static str, path: &Path, cause: io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), cause: Arc::new(cause) }
    }
}
