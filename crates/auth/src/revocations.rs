//! The file with the keys and certificates that count no more (option `ssh_revoked_keys_path`).
//!
//! It is looked at for each attempt, and read again when it is another: what is revoked is revoked at once. A list that
//! cannot be read refuses all keys, since whom it names cannot be known.

use std::fs::Metadata;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use causeway_core::sshkey::{Revoked, RevokedError};
use causeway_core::{Timestamp, escape};

use crate::authorized_keys::{self, KeysError};

/// Bytes of the file; a larger one is refused.
const MAX_FILE: u64 = 16 << 20;
/// A file that changed so short a time ago may change again without looking otherwise: seconds.
const SETTLED: u64 = 2;

/// The list, as it was read last.
#[derive(Debug, Default)]
pub struct Revocations {
    kept: Mutex<Option<Kept>>,
    /// What [`Revocations::look`] found the last time, if it ever looked.
    seen: Mutex<Option<Option<(PathBuf, List)>>>,
}

/// Why the list cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevocationError {
    #[error("'{0}' does not exist")]
    Missing(String),
    #[error("'{0}' is not a file, or larger than {MAX_FILE} bytes")]
    NotAFile(String),
    #[error("'{path}' cannot be read: {error}")]
    Io { path: String, error: io::ErrorKind },
    #[error("'{path}': {error}")]
    List { path: String, error: RevokedError },
}

type List = Arc<Result<Revoked, RevocationError>>;

#[derive(Debug)]
struct Kept {
    path: PathBuf,
    /// None: it is read again whatever it looks like.
    sign: Option<Sign>,
    list: List,
}

/// What differs when a file does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sign {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Sign {
    fn of(file: &Metadata) -> Self {
        Self {
            device: file.dev(),
            inode: file.ino(),
            size: file.size(),
            modified: (file.mtime(), file.mtime_nsec()),
            changed: (file.ctime(), file.ctime_nsec()),
        }
    }

    fn is_settled(&self, now: Timestamp) -> bool {
        let now = i64::try_from(now.seconds()).unwrap_or(i64::MAX);
        let since = |at: i64| now.checked_sub(at).and_then(|passed| u64::try_from(passed).ok());
        [self.modified.0, self.changed.0]
            .into_iter()
            .all(|at| since(at).is_some_and(|passed| passed > SETTLED))
    }
}

impl Revocations {
    /// The list of the file of now. Waits for the disk.
    pub(crate) fn list(&self, path: &Path, now: Timestamp) -> List {
        let (file, metadata) = match open(path) {
            Ok(opened) => opened,
            Err(error) => return Arc::new(Err(error)),
        };
        let sign = Sign::of(&metadata);
        if let Some(kept) = &*self.kept.lock().unwrap_or_else(PoisonError::into_inner)
            && kept.path == path
            && kept.sign == Some(sign)
        {
            return kept.list.clone();
        }
        let list = Arc::new(read(path, file));
        let sign = sign.is_settled(now).then_some(sign);
        let kept = Kept { path: path.to_owned(), sign, list: list.clone() };
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        list
    }

    /// Whether there is another list than the last time, and what is wrong with it. The first list is another one only if
    /// it cannot be used. Waits for the disk.
    pub(crate) fn look(&self, path: Option<&Path>, now: Timestamp) -> Option<Result<(), RevocationError>> {
        let next = path.map(|path| (path.to_owned(), self.list(path, now)));
        let looked = match next.as_ref().map(|(_, list)| &**list) {
            Some(Err(error)) => Err(error.clone()),
            Some(Ok(_)) | None => Ok(()),
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = match &*seen {
            Some(before) => *before != next,
            None => looked.is_err(),
        };
        *seen = Some(next);
        is_news.then_some(looked)
    }
}

/// What is wrong with the list of the file, which refuses all keys. Waits for the disk.
pub fn unusable_list(path: &Path) -> Option<RevocationError> {
    open(path).and_then(|(file, _)| read(path, file)).err()
}

fn open(path: &Path) -> Result<(std::fs::File, Metadata), RevocationError> {
    match authorized_keys::open(path) {
        Ok(Some((file, metadata))) if metadata.is_file() && metadata.size() <= MAX_FILE => {
            Ok((file, metadata))
        }
        Ok(Some(_)) => Err(RevocationError::NotAFile(text(path))),
        Ok(None) => Err(RevocationError::Missing(text(path))),
        Err(KeysError::Io { path, error }) => Err(RevocationError::Io { path, error }),
        Err(_) => Err(RevocationError::NotAFile(text(path))),
    }
}

fn read(path: &Path, file: std::fs::File) -> Result<Revoked, RevocationError> {
    let mut content = Vec::new();
    file.take(MAX_FILE + 1)
        .read_to_end(&mut content)
        .map_err(|e| RevocationError::Io { path: text(path), error: e.kind() })?;
    Revoked::parse(&content).map_err(|error| RevocationError::List { path: text(path), error })
}

fn text(path: &Path) -> String {
    escape::text(path.as_os_str().as_encoded_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(4_000_000_000 * 1_000_000_000);

    #[test]
    fn a_list_is_read_again_when_the_file_is_another_and_told_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("revoked");
        let revocations = Revocations::default();
        let look = || revocations.look(Some(&path), NOW);
        assert!(matches!(look(), Some(Err(RevocationError::Missing(_)))));
        assert_eq!(look(), None);
        std::fs::write(&path, "serial: 1\n").unwrap();
        assert_eq!(look(), Some(Ok(())));
        assert_eq!(look(), None);
        let first = revocations.list(&path, NOW);
        assert!(Arc::ptr_eq(&first, &revocations.list(&path, NOW)), "it is not read again");
        std::fs::write(&path, "serial: 2\n").unwrap();
        assert_eq!(look(), Some(Ok(())));
        std::fs::write(&path, "serial\n").unwrap();
        assert!(matches!(look(), Some(Err(RevocationError::List { .. }))));
        assert_eq!(revocations.look(None, NOW), Some(Ok(())));
    }

    #[test]
    fn a_file_that_has_just_changed_is_read_again_whatever_it_looks_like() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("revoked");
        std::fs::write(&path, "serial: 1\n").unwrap();
        let now = std::fs::metadata(&path).unwrap().mtime();
        let now = Timestamp::from_seconds(u64::try_from(now).unwrap());
        let revocations = Revocations::default();
        let first = revocations.list(&path, now);
        assert!(!Arc::ptr_eq(&first, &revocations.list(&path, now)));
    }

    #[test]
    fn v18_what_is_no_file_or_too_large_refuses() {
        let dir = tempfile::tempdir().unwrap();
        let large = dir.path().join("large");
        std::fs::File::create(&large).unwrap().set_len(MAX_FILE + 1).unwrap();
        for path in [dir.path(), &large] {
            let list = Revocations::default().list(path, NOW);
            assert!(matches!(&*list, Err(RevocationError::NotAFile(_))), "{list:?}");
        }
    }
}
