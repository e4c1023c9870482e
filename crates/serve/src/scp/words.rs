//! What clients are told: the words of the C library, as OpenSSH's `scp` uses them.

use causeway_fs::FsError;

pub(super) const NOT_REGULAR: &str = "not a regular file";

pub(super) fn of(error: &FsError) -> String {
    match error {
        FsError::Refused | FsError::Denied | FsError::Protected => "Permission denied".to_owned(),
        FsError::NotFound => "No such file or directory".to_owned(),
        FsError::NotFolder => "Not a directory".to_owned(),
        FsError::IsFolder => "Is a directory".to_owned(),
        FsError::NoSpace => "No space left on device".to_owned(),
        FsError::TooLarge => "File too large".to_owned(),
        FsError::ReadOnly => "Read-only file system".to_owned(),
        FsError::NameInvalid => "File name too long".to_owned(),
        FsError::Loop => "Too many levels of symbolic links".to_owned(),
        FsError::Unsupported => NOT_REGULAR.to_owned(),
        other => other.to_string(),
    }
}
