//! How a file of the configuration is replaced: the old text or the new one is there at any moment, never a mixture.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::ini::FILE_MAX;

/// What a new text is called until it takes its place.
const NEW: &str = ".server.ini.new";

/// Why a file was not replaced. It is as it was.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    /// Somebody else has changed it since it was read.
    #[error("'{}' has changed since it was read; look at it and try again", .0.display())]
    Conflict(PathBuf),
    /// Somebody else is replacing it now.
    #[error("somebody else is changing the configuration now; try again")]
    Busy,
    #[error(
        "'{}' cannot be written ({error}): change it where it comes from, or make its folder writable for the service's account",
        path.display()
    )]
    ReadOnly { path: PathBuf, error: io::Error },
    /// An editor of another user has made it theirs.
    #[error(
        "'{}' belongs to another user ({owner}), to whom a new text cannot be given: make it the service's own again (chown)",
        path.display()
    )]
    NotOurs { path: PathBuf, owner: u32 },
    #[error("cannot {doing} '{}': {error}", path.display())]
    Io { doing: &'static str, path: PathBuf, error: io::Error },
}

/// The steps of a replacement, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Locked,
    Created,
    Written,
    Synced,
    Renamed,
}

/// Replaces the text of the file at `path`, if it still is `expected`. `lock` is a file that all who replace it lock.
///
/// The file keeps its mode and its owner. If `path` is a symbolic link, what it leads to is replaced.
pub fn replace(path: &Path, lock: &Path, expected: &[u8], text: &[u8]) -> Result<(), ReplaceError> {
    replace_by_steps(path, lock, expected, text, &mut |_| Ok(()))
}

fn replace_by_steps(
    path: &Path,
    lock: &Path,
    expected: &[u8],
    text: &[u8],
    step: &mut dyn FnMut(Step) -> io::Result<()>,
) -> Result<(), ReplaceError> {
    let failed = |doing: &'static str, path: &Path| {
        let path = path.to_owned();
        move |error: io::Error| match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                ReplaceError::ReadOnly { path, error }
            }
            _ => ReplaceError::Io { doing, path, error },
        }
    };
    let held = open_lock(lock).map_err(failed("open", lock))?;
    match held.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => return Err(ReplaceError::Busy),
        Err(fs::TryLockError::Error(error)) => return Err(failed("lock", lock)(error)),
    }
    let real = fs::canonicalize(path).map_err(failed("find", path))?;
    let folder = real.parent().unwrap_or(Path::new("/")).to_owned();
    let meta = fs::metadata(&real).map_err(failed("look at", &real))?;
    let unchanged = || {
        let same = fs::read(&real).map_err(failed("read", &real))? == expected;
        if same { Ok(()) } else { Err(ReplaceError::Conflict(path.to_owned())) }
    };
    unchanged()?;
    step(Step::Locked).map_err(failed("lock", lock))?;
    let new = folder.join(NEW);
    // One that a crash has left: whoever wrote it held the lock.
    let _ = fs::remove_file(&new);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)
        .map_err(failed("make", &new))?;
    step(Step::Created).map_err(failed("make", &new))?;
    file.write_all(text).map_err(failed("write", &new))?;
    like(&file, &meta).map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => ReplaceError::NotOurs { path: real.clone(), owner: meta.uid() },
        _ => failed("give to its owner", &new)(error),
    })?;
    step(Step::Written).map_err(failed("write", &new))?;
    file.sync_all().map_err(failed("write", &new))?;
    step(Step::Synced).map_err(failed("write", &new))?;
    // An editor knows nothing of the lock, and to write and to sync takes its time.
    if let Err(changed) = unchanged() {
        let _ = fs::remove_file(&new);
        return Err(changed);
    }
    fs::rename(&new, &real).map_err(failed("replace", &real))?;
    step(Step::Renamed).map_err(failed("replace", &real))?;
    File::open(&folder).and_then(|f| f.sync_all()).map_err(failed("bring to the disk", &folder))
}

/// Opens a file to be locked, made if it is not there. Whoever may write the folder could have put a link there, and another
/// user's file be made or opened by it.
pub fn open_lock(path: &Path) -> io::Result<File> {
    let no_link = i32::try_from(OFlags::NOFOLLOW.bits()).map_err(io::Error::other)?;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600).custom_flags(no_link);
    options.open(path)
}

/// What a file of the configuration holds, up to one byte more than it may. Something else than a file, which might never
/// end or never begin, is an error.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let meta = fs::metadata(path)?;
    if !meta.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
    }
    let expected = usize::try_from(meta.len()).unwrap_or(usize::MAX).min(FILE_MAX);
    let mut bytes = Vec::with_capacity(expected.saturating_add(1));
    let limit = u64::try_from(FILE_MAX).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Gives a new file the mode and the owner of another. Where its group cannot be given, ours gets no right either.
fn like(file: &File, meta: &fs::Metadata) -> io::Result<()> {
    let own = file.metadata()?;
    let mut mode = meta.mode() & 0o777;
    if own.uid() != meta.uid() {
        fchown(file, Some(meta.uid()), Some(meta.gid()))?;
    } else if own.gid() != meta.gid() {
        match fchown(file, None, Some(meta.gid())) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => mode &= 0o707,
            given => given?,
        }
    }
    file.set_permissions(fs::Permissions::from_mode(mode))
}

/// Writes a private file of our own: whole, or as it was before. It is on the disk when this returns.
pub fn write_whole(path: &Path, text: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let _ = fs::remove_file(&new);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    file.write_all(text)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Place(tempfile::TempDir);

    impl Place {
        fn with(text: &str) -> Self {
            let place = Self(tempfile::tempdir().unwrap());
            fs::write(place.file(), text).unwrap();
            place
        }

        fn file(&self) -> PathBuf {
            self.0.path().join("server.ini")
        }

        fn lock(&self) -> PathBuf {
            self.0.path().join("lock")
        }

        fn replace(&self, expected: &str, text: &str) -> Result<(), ReplaceError> {
            replace(&self.file(), &self.lock(), expected.as_bytes(), text.as_bytes())
        }

        fn text(&self) -> String {
            fs::read_to_string(self.file()).unwrap()
        }
    }

    #[test]
    fn a_file_is_replaced_and_keeps_its_mode() {
        let place = Place::with("old");
        fs::set_permissions(place.file(), fs::Permissions::from_mode(0o640)).unwrap();
        place.replace("old", "new").unwrap();
        assert_eq!(place.text(), "new");
        assert_eq!(fs::metadata(place.file()).unwrap().mode() & 0o777, 0o640);
    }

    #[test]
    fn of_two_editors_who_saw_the_same_text_one_is_told_of_the_other() {
        let place = Place::with("old");
        place.replace("old", "first").unwrap();
        assert!(matches!(place.replace("old", "second"), Err(ReplaceError::Conflict(_))));
        assert_eq!(place.text(), "first");
        let held = File::create(place.lock()).unwrap();
        held.lock().unwrap();
        assert!(matches!(place.replace("first", "x"), Err(ReplaceError::Busy)));
    }

    #[test]
    fn an_end_between_any_two_steps_leaves_the_old_text_or_the_new_one() {
        for last in [Step::Locked, Step::Created, Step::Written, Step::Synced, Step::Renamed] {
            let place = Place::with("old");
            // What a kill does: nothing is put right behind it.
            let mut end = |step| if step == last { Err(io::Error::other("killed")) } else { Ok(()) };
            let ended = replace_by_steps(&place.file(), &place.lock(), b"old", b"new", &mut end);
            assert!(ended.is_err());
            let text = place.text();
            assert_eq!(text, if last == Step::Renamed { "new" } else { "old" }, "{last:?}");
            place.replace(&text, "after").unwrap();
            assert_eq!(place.text(), "after");
            let left: Vec<_> =
                fs::read_dir(place.0.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
            assert_eq!(left.len(), 2, "the file and the lock: {left:?}");
        }
    }

    #[test]
    fn an_edit_that_comes_while_the_new_text_is_written_is_not_lost() {
        let place = Place::with("old");
        let mut edit = |step| match step {
            Step::Synced => fs::write(place.file(), "edited"),
            _ => Ok(()),
        };
        let refused = replace_by_steps(&place.file(), &place.lock(), b"old", b"new", &mut edit);
        assert!(matches!(refused, Err(ReplaceError::Conflict(_))), "{refused:?}");
        assert_eq!(place.text(), "edited");
        assert!(!place.0.path().join(NEW).exists());
    }

    #[test]
    fn a_link_in_the_place_of_the_lock_is_not_followed() {
        let place = Place::with("old");
        let elsewhere = place.0.path().join("elsewhere");
        std::os::unix::fs::symlink(&elsewhere, place.lock()).unwrap();
        assert!(place.replace("old", "new").is_err());
        assert!(!elsewhere.exists());
        assert_eq!(place.text(), "old");
    }

    #[test]
    fn what_a_link_leads_to_is_replaced_and_the_link_stays() {
        let place = Place::with("old");
        let other = tempfile::tempdir().unwrap();
        let real = other.path().join("real.ini");
        fs::rename(place.file(), &real).unwrap();
        std::os::unix::fs::symlink(&real, place.file()).unwrap();
        place.replace("old", "new").unwrap();
        assert!(fs::symlink_metadata(place.file()).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(real).unwrap(), "new");
    }
}
