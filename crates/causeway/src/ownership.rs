//! Whose an installation is. Root becomes whom its configuration names only where nobody else could have written that name:
//! who is confined to an account must not be able to ask for another one.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::{Uid, User};

use crate::installation::Installation;

const ROOT: u32 = 0;
/// The bits of a mode by which others than the owner write.
const WRITTEN_BY_OTHERS: u32 = 0o022;

/// Why the name does not count.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OwnershipError {
    #[error(
        "[server] account is '{account}', but '{}' belongs to '{owner}', who could have written that: give it to '{account}' or to root (chown)",
        path.display()
    )]
    Foreign { path: PathBuf, owner: String, account: String },
    #[error(
        "[server] account is 'root', but others than root can write '{}' and could have written that: take it from them (chmod go-w)",
        .0.display()
    )]
    Open(PathBuf),
    #[error("'{}' cannot be looked at: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
}

/// Whether what stands in the configuration may make root become that user.
pub(crate) fn may_name(installation: &Installation, uid: Uid) -> Result<(), OwnershipError> {
    installation.decides().iter().try_for_each(|path| judge(path, uid))
}

fn judge(path: &Path, uid: Uid) -> Result<(), OwnershipError> {
    // A link is judged as what it is, and by what it leads to.
    for meta in [fs::symlink_metadata(path), fs::metadata(path)] {
        let meta = match meta {
            Ok(meta) => meta,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(OwnershipError::Io { path: path.to_owned(), error }),
        };
        if meta.uid() != ROOT && meta.uid() != uid.as_raw() {
            let (owner, account) = (name_of(meta.uid()), name_of(uid.as_raw()));
            return Err(OwnershipError::Foreign { path: path.to_owned(), owner, account });
        }
        if uid.is_root() && is_open(&meta) {
            return Err(OwnershipError::Open(path.to_owned()));
        }
    }
    Ok(())
}

/// The mode of a link says nothing.
fn is_open(meta: &Metadata) -> bool {
    !meta.is_symlink() && meta.mode() & WRITTEN_BY_OTHERS != 0
}

/// The account of that number, as messages call it.
pub(crate) fn name_of(uid: u32) -> String {
    let user = User::from_uid(Uid::from_raw(uid)).ok().flatten();
    user.map_or_else(|| uid.to_string(), |user| user.name)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    struct Place(tempfile::TempDir);

    impl Place {
        /// An installation that belongs to whoever runs the tests.
        fn new() -> Self {
            let place = Self(tempfile::tempdir().unwrap());
            let installation = place.installation();
            installation.make_folders().unwrap();
            fs::write(installation.server_ini(), "[server]\n").unwrap();
            place
        }

        fn installation(&self) -> Installation {
            Installation::at(self.0.path()).unwrap()
        }

        fn may_name(&self, uid: u32) -> Result<(), OwnershipError> {
            may_name(&self.installation(), Uid::from_raw(uid))
        }
    }

    fn me() -> u32 {
        nix::unistd::geteuid().as_raw()
    }

    #[test]
    fn who_owns_the_files_may_name_themselves() {
        Place::new().may_name(me()).unwrap();
    }

    #[test]
    fn who_owns_a_file_that_decides_names_nobody_else() {
        if me() != ROOT {
            let refused = Place::new().may_name(ROOT).unwrap_err();
            assert!(matches!(refused, OwnershipError::Foreign { .. }), "{refused}");
            return;
        }
        for path in ["", "configuration", "configuration/server.ini", "history", "run"] {
            let place = Place::new();
            let path = place.0.path().join(path);
            std::os::unix::fs::lchown(&path, Some(4242), None).unwrap();
            for other in [ROOT, 4243] {
                let refused = place.may_name(other).unwrap_err();
                assert!(matches!(refused, OwnershipError::Foreign { .. }), "{refused}");
            }
            place.may_name(4242).unwrap();
        }
    }

    #[test]
    fn a_link_is_judged_and_what_it_leads_to() {
        if me() != ROOT {
            return;
        }
        let place = Place::new();
        let (file, real) = (place.installation().server_ini(), place.0.path().join("real"));
        fs::rename(&file, &real).unwrap();
        symlink(&real, &file).unwrap();
        place.may_name(ROOT).unwrap();
        std::os::unix::fs::lchown(&real, Some(4242), None).unwrap();
        assert!(place.may_name(ROOT).is_err());
        std::os::unix::fs::lchown(&real, Some(ROOT), None).unwrap();
        std::os::unix::fs::lchown(&file, Some(4242), None).unwrap();
        assert!(place.may_name(ROOT).is_err());
    }

    #[test]
    fn what_others_can_write_does_not_name_root() {
        if me() != ROOT {
            return;
        }
        for mode in [0o660, 0o606] {
            let place = Place::new();
            fs::set_permissions(place.installation().server_ini(), fs::Permissions::from_mode(mode)).unwrap();
            let refused = place.may_name(ROOT).unwrap_err();
            assert!(matches!(refused, OwnershipError::Open(_)), "{refused}");
            place.may_name(4242).unwrap();
        }
    }
}
