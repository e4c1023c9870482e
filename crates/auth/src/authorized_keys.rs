//! The public keys that open an account, as they are kept in files (option `ssh_authorized_keys_path`).
//!
//! Files are read anew for each attempt, off the network threads: what an administrator takes away is away at
//! once. A file that cannot be understood closes the account to all keys, since what was meant cannot be known; a key of a
//! type or size that is not supported is none, and nothing else.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use causeway_core::escape;
use causeway_core::sshkey::{self, AuthorizedKey, LineError};
use rustix::fs::OFlags;

/// Bytes of one file of keys; larger ones are refused.
pub const MAX_KEY_FILE: usize = 100_000;
/// Files of one folder of keys; more are refused.
pub const MAX_KEY_FILES: usize = 1_000;

/// Why an account's keys cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    #[error("'{path}': {error}")]
    Line { path: String, error: LineError },
    #[error("'{path}' is larger than {MAX_KEY_FILE} bytes")]
    TooLarge { path: String },
    #[error("'{path}' holds more than {MAX_KEY_FILES} files")]
    TooManyFiles { path: String },
    #[error("'{path}' is neither a file nor a folder")]
    NotAFile { path: String },
    #[error("'{path}' cannot be read: {error}")]
    Io { path: String, error: io::ErrorKind },
}

/// What is in the files of one account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyFiles {
    pub keys: Vec<AuthorizedKey>,
    /// Lines that let nobody in ([`KeysError::Line`]).
    pub unusable: Vec<KeysError>,
}

/// The keys at `path`: of one file, or of every file of a folder. None when nothing is there. Waits for the
/// disk: not for a network thread.
///
/// # Errors
/// Something there is not public keys, is too large, or cannot be read.
pub fn keys_at(path: &Path) -> Result<KeyFiles, KeysError> {
    let mut all = KeyFiles::default();
    let Some((file, metadata)) = open(path)? else { return Ok(all) };
    if metadata.is_dir() {
        drop(file);
        add_folder(path, &mut all)?;
        return Ok(all);
    }
    if !metadata.is_file() {
        return Err(KeysError::NotAFile { path: text(path) });
    }
    add_file(path, file, &mut all)?;
    Ok(all)
}

fn add_folder(folder: &Path, all: &mut KeyFiles) -> Result<(), KeysError> {
    let failed = |e| io_error(folder, &e);
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        if paths.len() == MAX_KEY_FILES {
            return Err(KeysError::TooManyFiles { path: text(folder) });
        }
        paths.push(entry.map_err(failed)?.path());
    }
    // In one order always, so that of several bad files the same one is told.
    paths.sort();
    for path in paths {
        if let Some((file, metadata)) = open(&path)?
            && metadata.is_file()
        {
            add_file(&path, file, all)?;
        }
    }
    Ok(())
}

fn add_file(path: &Path, file: File, all: &mut KeyFiles) -> Result<(), KeysError> {
    let limit = u64::try_from(MAX_KEY_FILE).unwrap_or(u64::MAX).saturating_add(1);
    let mut content = Vec::new();
    file.take(limit).read_to_end(&mut content).map_err(|e| io_error(path, &e))?;
    if content.len() > MAX_KEY_FILE {
        return Err(KeysError::TooLarge { path: text(path) });
    }
    let bad = |error| KeysError::Line { path: text(path), error };
    let lines = sshkey::parse_authorized(&content).map_err(bad)?;
    all.keys.extend(lines.keys);
    all.unusable.extend(lines.unusable.into_iter().map(|line| bad(line.why)));
    Ok(())
}

/// Opens what is at `path`, without waiting for the other end of a pipe; none when nothing is there.
pub(crate) fn open(path: &Path) -> Result<Option<(File, Metadata)>, KeysError> {
    let flags = i32::try_from((OFlags::NONBLOCK | OFlags::NOCTTY).bits()).unwrap_or_default();
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(io_error(path, &e)),
    };
    let metadata = file.metadata().map_err(|e| io_error(path, &e))?;
    Ok(Some((file, metadata)))
}

fn io_error(path: &Path, error: &io::Error) -> KeysError {
    KeysError::Io { path: text(path), error: error.kind() }
}

fn text(path: &Path) -> String {
    escape::text(path.as_os_str().as_encoded_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ED25519: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f one\n";
    const OTHER: &str = "---- BEGIN SSH2 PUBLIC KEY ----\nComment: \"two\"\nAAAAC3NzaC1lZDI1NTE5AAAAIB8eHRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA\n---- END SSH2 PUBLIC KEY ----\n";

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, content) in files {
            std::fs::write(dir.path().join(name), content).unwrap();
        }
        dir
    }

    #[test]
    fn a_file_holds_one_key_a_line_and_a_folder_files_in_any_public_format() {
        let dir = folder(&[("openssh", &format!("# mine\n\n{ED25519}")), ("putty.pub", OTHER)]);
        let one = keys_at(&dir.path().join("openssh")).unwrap().keys;
        assert_eq!(one.len(), 1);
        let both = keys_at(dir.path()).unwrap().keys;
        assert_eq!(both.len(), 2);
        assert!(both.contains(&one[0]));
    }

    #[test]
    fn nothing_there_is_no_key_and_no_error() {
        let dir = folder(&[]);
        assert_eq!(keys_at(&dir.path().join("missing")), Ok(KeyFiles::default()));
        assert_eq!(keys_at(dir.path()), Ok(KeyFiles::default()));
    }

    #[test]
    fn a_private_key_anywhere_closes_the_account_to_all_keys() {
        let private = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n";
        let dir = folder(&[("a", ED25519), ("b", private)]);
        let error = keys_at(dir.path()).unwrap_err();
        assert!(
            matches!(&error, KeysError::Line { error, .. } if error.error == sshkey::KeyError::PrivateKeyFound)
        );
        assert!(!error.to_string().contains("AAAA"));
    }

    #[test]
    fn v18_large_files_and_large_folders_are_refused_and_pipes_hold_up_nobody() {
        let dir = folder(&[("large", &"#".repeat(MAX_KEY_FILE + 1)), ("fits", &"#".repeat(MAX_KEY_FILE))]);
        assert!(matches!(keys_at(&dir.path().join("large")), Err(KeysError::TooLarge { .. })));
        assert_eq!(keys_at(&dir.path().join("fits")), Ok(KeyFiles::default()));
        let pipe = dir.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        assert!(matches!(keys_at(&pipe), Err(KeysError::NotAFile { .. })));
        let many = folder(&[]);
        for i in 0..=MAX_KEY_FILES {
            std::fs::write(many.path().join(i.to_string()), "").unwrap();
        }
        assert!(matches!(keys_at(many.path()), Err(KeysError::TooManyFiles { .. })));
    }
}
