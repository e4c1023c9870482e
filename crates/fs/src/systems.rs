//! Which file systems a grant's folders lie in, as far as their paths tell: asked before anything is opened, because one
//! that hangs answers nothing.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use causeway_auth::Terms;

/// A set of file systems, by device number (`major:minor`).
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileSystems(BTreeSet<Box<str>>);

impl FileSystems {
    /// Those of the folders and link roots of a grant.
    pub fn of(terms: &Terms) -> Self {
        // Without the list all folders count as one file system.
        let table = std::fs::read("/proc/self/mountinfo").unwrap_or_default();
        let folders = terms.mounts.iter().map(|m| &m.real).chain(&terms.link_roots);
        Self::find(&table, folders.map(PathBuf::as_path))
    }

    #[cfg(any(test, feature = "testing"))]
    pub fn named(names: &[&str]) -> Self {
        Self(names.iter().map(|name| Box::from(*name)).collect())
    }

    /// `table` is what proc(5) calls `mountinfo`.
    fn find<'a>(table: &[u8], folders: impl Iterator<Item = &'a Path>) -> Self {
        let mounts: Vec<(&str, PathBuf)> = table.split(|b| *b == b'\n').filter_map(mount).collect();
        let holder = |folder: &Path| {
            let holding = mounts.iter().filter(|(_, point)| folder.starts_with(point));
            // Of several at the same place the last hides the others.
            holding.max_by_key(|(_, point)| point.as_os_str().len()).map(|(device, _)| Box::from(*device))
        };
        Self(folders.filter_map(holder).collect())
    }
}

/// The device and the mount point of a line.
fn mount(line: &[u8]) -> Option<(&str, PathBuf)> {
    let mut fields = line.split(|b| *b == b' ').skip(2);
    let device = std::str::from_utf8(fields.next()?).ok()?;
    let point = fields.nth(1)?;
    Some((device, PathBuf::from(OsStr::from_bytes(&unescaped(point)))))
}

/// Blanks, line ends and backslashes are written as octal numbers.
fn unescaped(mut field: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field.len());
    while let Some((first, rest)) = field.split_first() {
        let octal = rest.get(..3).filter(|_| *first == b'\\');
        match octal.and_then(|o| u8::from_str_radix(std::str::from_utf8(o).ok()?, 8).ok()) {
            Some(byte) => {
                out.push(byte);
                field = rest.get(3..).unwrap_or_default();
            }
            None => {
                out.push(*first);
                field = rest;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[u8] = b"21 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n\
        30 21 0:26 / /srv rw - tmpfs tmpfs rw\n\
        31 30 0:53 / /srv/far\\040away rw - nfs4 host:/x rw\n\
        32 30 0:54 / /srv/far\\040away rw - nfs4 host:/y rw\n\
        broken\n";

    fn found(folders: &[&str]) -> Vec<String> {
        let found = FileSystems::find(TABLE, folders.iter().map(Path::new));
        found.0.iter().map(|d| d.to_string()).collect()
    }

    #[test]
    fn a_folder_lies_in_the_deepest_mount_and_the_last_at_its_place() {
        assert_eq!(found(&["/home/ann"]), ["8:1"]);
        assert_eq!(found(&["/srv"]), ["0:26"]);
        assert_eq!(found(&["/srvx"]), ["8:1"]);
        assert_eq!(found(&["/srv/far away/in"]), ["0:54"]);
    }

    #[test]
    fn a_set_is_the_same_whatever_the_order() {
        assert_eq!(found(&["/srv/x", "/home", "/home/b"]), ["0:26", "8:1"]);
        assert_eq!(found(&["/home", "/srv/x"]), ["0:26", "8:1"]);
        assert_eq!(FileSystems::find(b"", [Path::new("/")].into_iter()), FileSystems::default());
    }
}
