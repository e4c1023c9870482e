//! Whose an installation is. Root becomes whom its configuration names only where nobody else could have written that name:
//! who is confined to an account must not be able to ask for another one.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::{Uid, User};

use crate::installation::Installation;

const ROOT: u32 = 0;
/// The bits of a mode by which members of the group, and everybody, write.
const GROUP_WRITES: u32 = 0o020;
const ALL_WRITE: u32 = 0o002;

/// Why the name does not count.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OwnershipError {
    #[error(
        "[server] account is '{account}', but '{}' belongs to '{owner}', who could have written that: give it to '{account}' or to root (chown)",
        path.display()
    )]
    Foreign { path: PathBuf, owner: String, account: String },
    #[error(
        "[server] account is '{account}', but others can write '{}' and could have written that: take it from them (chmod go-w)",
        path.display()
    )]
    Open { path: PathBuf, account: String },
    #[error("'{}' cannot be looked at: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
}

/// Whom the configuration names.
#[derive(Debug, Clone, Copy)]
struct Named {
    uid: u32,
    /// Its primary group.
    gid: Option<u32>,
}

/// What a file or a folder says about who writes it.
#[derive(Debug, Clone, Copy)]
struct Writers {
    uid: u32,
    gid: u32,
    mode: u32,
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Good,
    Foreign,
    Open,
}

impl Writers {
    fn of(meta: &Metadata) -> Self {
        // The mode of a link says nothing.
        let mode = if meta.is_symlink() { 0 } else { meta.mode() };
        Self { uid: meta.uid(), gid: meta.gid(), mode }
    }

    fn judge(self, named: Named) -> Verdict {
        let own_group = named.uid != ROOT && named.gid == Some(self.gid);
        let group_writes = self.mode & GROUP_WRITES != 0 && !own_group;
        match self.uid {
            uid if uid != ROOT && uid != named.uid => Verdict::Foreign,
            _ if group_writes || self.mode & ALL_WRITE != 0 => Verdict::Open,
            _ => Verdict::Good,
        }
    }
}

/// Whether what stands in the configuration may make root become that user.
pub(crate) fn may_name(installation: &Installation, uid: Uid) -> Result<(), OwnershipError> {
    let gid = User::from_uid(uid).ok().flatten().map(|user| user.gid.as_raw());
    let named = Named { uid: uid.as_raw(), gid };
    installation.decides().iter().try_for_each(|path| judge(path, named))
}

fn judge(path: &Path, named: Named) -> Result<(), OwnershipError> {
    // A link is judged as what it is, and by what it leads to.
    for meta in [fs::symlink_metadata(path), fs::metadata(path)] {
        let meta = match meta {
            Ok(meta) => meta,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(OwnershipError::Io { path: path.to_owned(), error }),
        };
        let (path, account) = (path.to_owned(), name_of(named.uid));
        match Writers::of(&meta).judge(named) {
            Verdict::Good => {}
            Verdict::Foreign => {
                return Err(OwnershipError::Foreign { path, owner: name_of(meta.uid()), account });
            }
            Verdict::Open => return Err(OwnershipError::Open { path, account }),
        }
    }
    Ok(())
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
    fn what_others_can_write_names_nobody() {
        const NAMED: Named = Named { uid: 4242, gid: Some(4242) };
        let judge = |uid, gid, mode, named| Writers { uid, gid, mode }.judge(named);
        for owner in [ROOT, NAMED.uid] {
            assert_eq!(judge(owner, 0, 0o644, NAMED), Verdict::Good);
            assert_eq!(judge(owner, NAMED.uid, 0o660, NAMED), Verdict::Good, "its own group");
            assert_eq!(judge(owner, 5, 0o660, NAMED), Verdict::Open);
            assert_eq!(judge(owner, NAMED.uid, 0o606, NAMED), Verdict::Open);
        }
        assert_eq!(judge(4243, 0, 0o600, NAMED), Verdict::Foreign);
        let root = Named { uid: ROOT, gid: Some(ROOT) };
        assert_eq!(judge(ROOT, ROOT, 0o660, root), Verdict::Open);
        assert_eq!(judge(ROOT, ROOT, 0o644, root), Verdict::Good);
        assert_eq!(judge(4242, 0, 0o600, root), Verdict::Foreign);
        let place = Place::new();
        fs::set_permissions(place.installation().server_ini(), fs::Permissions::from_mode(0o606)).unwrap();
        let refused = place.may_name(me()).unwrap_err();
        assert!(matches!(refused, OwnershipError::Open { .. }), "{refused}");
    }
}
