//! Files that hold one secret.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use causeway_core::Secret;

/// Bytes in such a file.
pub(crate) const BYTES_MAX: u64 = 1 << 20;

/// The content of the file. What is no plain file (a pipe, a folder) is not opened: it could keep us waiting.
pub(crate) fn read(path: &Path) -> io::Result<Secret> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a plain file"));
    }
    let mut content = Vec::new();
    let read = File::open(path)?.take(BYTES_MAX + 1).read_to_end(&mut content);
    // From here on the bytes are wiped when they go.
    let secret = Secret::new(content);
    if u64::try_from(read?).unwrap_or(u64::MAX) > BYTES_MAX {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it is larger than {BYTES_MAX} bytes"),
        ));
    }
    Ok(secret)
}

/// Whether every user of this machine can read the file: its own mode lets them, and so do those of all folders on the
/// way to it.
pub(crate) fn is_open(path: &Path) -> bool {
    let lets = |path: &Path, bit: u32| fs::metadata(path).is_ok_and(|m| m.permissions().mode() & bit != 0);
    let Ok(real) = fs::canonicalize(path) else { return false };
    lets(&real, 0o004) && real.ancestors().skip(1).all(|folder| lets(folder, 0o001))
}

#[cfg(test)]
mod tests {
    use super::*;
    use fs::Permissions;

    #[test]
    fn a_file_is_open_to_all_when_its_mode_and_all_folders_above_let_everybody_in() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        fs::write(&path, "x").unwrap();
        let modes = |of_folder, of_file| {
            fs::set_permissions(folder.path(), Permissions::from_mode(of_folder)).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(of_file)).unwrap();
            is_open(&path)
        };
        assert!(modes(0o755, 0o644));
        assert!(!modes(0o755, 0o640));
        assert!(!modes(0o700, 0o644));
        assert!(!is_open(&folder.path().join("absent")));
    }

    #[test]
    fn what_is_no_plain_file_or_too_large_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(folder.path()).is_err());
        let path = folder.path().join("large");
        File::create(&path).unwrap().set_len(BYTES_MAX).unwrap();
        assert_eq!(read(&path).unwrap().len(), 1 << 20);
        File::create(&path).unwrap().set_len(BYTES_MAX + 1).unwrap();
        assert!(read(&path).is_err());
    }
}
