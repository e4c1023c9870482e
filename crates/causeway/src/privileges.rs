//! From root to the service account, before the first thread starts.
//!
//! What is kept is CAP_NET_BIND_SERVICE alone, so that ports below 1024 can be bound.

use std::ffi::{CString, OsStr};
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::Path;

use causeway_config::LoadError;
use nix::unistd::{Gid, Uid, User, getegid, geteuid, initgroups, setgid, setgroups, setuid};
use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Mode, OFlags, ResolveFlags, fchmod, fstat, mkdirat, openat, openat2, statat,
};
use rustix::io::Errno;
use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities, set_keep_capabilities};

use crate::installation::Installation;
use crate::ownership::{OwnershipError, may_name};

/// Why the process cannot run as it was told to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PrivilegeError {
    #[error(
        "started as root, but the option 'account' of [server] is empty. Name the account to run as (or 'root' to stay root)"
    )]
    NoAccount,
    #[error(
        "the account '{0}' of [server] does not exist on this system. Create it (useradd --system {0}) or name another"
    )]
    NoSuchAccount(String),
    #[error("the account '{account}' could not be looked up: {error}")]
    LookUp { account: String, error: nix::Error },
    #[error("could not become '{account}': {error}")]
    Drop { account: String, error: io::Error },
    #[error("could not give {path} to '{account}': {error}")]
    Give { path: String, account: String, error: io::Error },
    #[error("{0}")]
    Ownership(#[from] OwnershipError),
    /// The installation is root's, and whom it is served by stands in what cannot be read.
    #[error("the folder is root's, and [server] account cannot be read: {0}")]
    Unknown(#[from] LoadError),
}

/// Who the process runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RunsAs {
    /// It was not root and stays who it was.
    Starter,
    /// It was root and stays root, as it was told.
    Root,
    /// It was root and became this account.
    Account(String),
}

pub(crate) fn is_root() -> bool {
    geteuid().is_root()
}

/// Leaves root for the account that the configuration of an installation names. Must run while the process has one thread.
pub(crate) fn drop_to(account: &str, installation: &Installation) -> Result<RunsAs, PrivilegeError> {
    if !is_root() {
        return Ok(RunsAs::Starter);
    }
    let user = named(account, installation)?;
    if account == "root" {
        return Ok(RunsAs::Root);
    }
    leave_root_for(&user)
}

/// The account that the configuration of an installation names: it exists, and who may write there may name it.
fn named(account: &str, installation: &Installation) -> Result<User, PrivilegeError> {
    let user = match account {
        "" => return Err(PrivilegeError::NoAccount),
        _ => look_up(account)?,
    };
    may_name(installation, user.uid)?;
    Ok(user)
}

/// Whether root could start a server there that becomes this account.
pub(crate) fn may_serve(account: &str, installation: &Installation) -> Result<(), PrivilegeError> {
    named(account, installation).map(drop)
}

fn leave_root_for(user: &User) -> Result<RunsAs, PrivilegeError> {
    become_user(user).map_err(|error| PrivilegeError::Drop { account: user.name.clone(), error })?;
    Ok(RunsAs::Account(user.name.clone()))
}

/// Lets root work on an installation with the rights of whom it belongs to: of the owner of its folder, whatever stands in it;
/// of the account that serves it, where the folder is root's. Must run while the process has one thread.
pub(crate) fn become_keeper(installation: &Installation) -> Result<RunsAs, PrivilegeError> {
    if !is_root() {
        return Ok(RunsAs::Starter);
    }
    let root = installation.root();
    let folder = fs::metadata(root).map_err(|error| OwnershipError::Io { path: root.to_owned(), error })?;
    if folder.uid() == 0 {
        return match installation.load() {
            Ok(loaded) => drop_to(&loaded.config.server.account.to_string(), installation),
            // What is root's alone can be mended by root alone.
            Err(_) if may_name(installation, geteuid()).is_ok() => Ok(RunsAs::Root),
            Err(error) => Err(error.into()),
        };
    }
    let (uid, gid) = (Uid::from_raw(folder.uid()), Gid::from_raw(folder.gid()));
    if let Ok(Some(user)) = User::from_uid(uid) {
        return leave_root_for(&user);
    }
    // Of a user whom this machine does not know by name.
    let account = uid.to_string();
    let became = setgroups(&[gid]).and_then(|()| setgid(gid)).and_then(|()| setuid(uid));
    match became {
        Ok(()) => Ok(RunsAs::Account(account)),
        Err(error) => Err(PrivilegeError::Drop { account, error: error.into() }),
    }
}

/// Whether the system has that account.
pub(crate) fn must_exist(account: &str) -> Result<(), PrivilegeError> {
    look_up(account).map(|_| ())
}

fn look_up(account: &str) -> Result<User, PrivilegeError> {
    match User::from_name(account) {
        Ok(Some(user)) => Ok(user),
        Ok(None) => Err(PrivilegeError::NoSuchAccount(account.to_owned())),
        Err(error) => Err(PrivilegeError::LookUp { account: account.to_owned(), error }),
    }
}

fn become_user(user: &User) -> io::Result<()> {
    let name = CString::new(user.name.as_str())?;
    initgroups(&name, user.gid)?;
    setgid(user.gid)?;
    set_keep_capabilities(true)?;
    setuid(user.uid)?;
    let kept = CapabilitySet::NET_BIND_SERVICE;
    set_capabilities(
        None,
        CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() },
    )?;
    set_keep_capabilities(false)?;
    // Trust nobody's word that it worked.
    if geteuid() != user.uid || getegid() != user.gid || setuid(Uid::from_raw(0)).is_ok() {
        return Err(io::Error::other("the process still has the rights of root"));
    }
    Ok(())
}

/// Makes `folder`, if it is not there, to put an installation into. Root gives it to `account` while it is empty and becomes
/// that account: whatever root would make below a folder of somebody else, they could turn into something else meanwhile.
/// Must run while the process has one thread.
pub(crate) fn begin_in(folder: &Path, account: &str) -> Result<RunsAs, PrivilegeError> {
    if !is_root() {
        return Ok(RunsAs::Starter);
    }
    let user = match account {
        "" => return Err(PrivilegeError::NoAccount),
        "root" => return Ok(RunsAs::Root),
        _ => look_up(account)?,
    };
    give(folder, &user).map_err(|error| PrivilegeError::Give {
        path: folder.display().to_string(),
        account: account.to_owned(),
        error,
    })?;
    leave_root_for(&user)
}

/// Makes a folder and those above it that are missing, step by step by handles, and gives it away. No link is followed: who
/// can put one on the way could have anything made and given.
fn give(folder: &Path, user: &User) -> io::Result<()> {
    let folder = std::path::absolute(folder)?;
    let base = folder.ancestors().skip(1).find(|above| above.symlink_metadata().is_ok());
    let base = base.ok_or(io::ErrorKind::InvalidInput)?;
    let rest = folder.strip_prefix(base).map_err(io::Error::other)?;
    let how = OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = openat2(CWD, base, how, Mode::empty(), ResolveFlags::NO_SYMLINKS);
    let mut opened = opened.map_err(|error| match error {
        Errno::LOOP => {
            io::Error::other("a folder above it is a symbolic link; name the path that it leads to")
        }
        error => error.into(),
    })?;
    let mut names = rest.iter().peekable();
    while let Some(name) = names.next() {
        let is_last = names.peek().is_none();
        opened = make_in(&opened, name, if is_last { 0o700 } else { 0o755 })?;
        let owner = fstat(&opened)?.st_uid;
        if owner != geteuid().as_raw() && !(is_last && owner == user.uid.as_raw()) {
            return Err(io::Error::other(format!("'{}' is of another user", Path::new(name).display())));
        }
    }
    for entry in Dir::read_from(&opened)? {
        if !matches!(entry?.file_name().to_bytes(), b"." | b"..") {
            return Err(io::ErrorKind::DirectoryNotEmpty.into());
        }
    }
    fchmod(&opened, Mode::RWXU)?;
    fchown(&opened, Some(user.uid.as_raw()), Some(user.gid.as_raw()))
}

/// Opens a folder in another one, made if it is not there. A link is not followed.
fn make_in(folder: &OwnedFd, name: &OsStr, mode: u32) -> io::Result<OwnedFd> {
    match mkdirat(folder, name, Mode::from_raw_mode(mode)) {
        Err(Errno::EXIST) | Ok(()) => {}
        Err(error) => return Err(error.into()),
    }
    let stat = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink {
        return Err(io::Error::other("it is a symbolic link; name the folder that it leads to"));
    }
    let how = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(folder, name, how, Mode::empty())?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// Somebody else, where root runs the tests; who runs them otherwise.
    fn somebody() -> User {
        let uid = if is_root() { 4242 } else { geteuid().as_raw() };
        let me = User::from_uid(geteuid()).unwrap().unwrap();
        User { uid: Uid::from_raw(uid), gid: if is_root() { Gid::from_raw(4242) } else { getegid() }, ..me }
    }

    #[test]
    fn a_folder_is_given_away_while_it_is_empty_and_no_link_is_followed() {
        let place = tempfile::tempdir().unwrap();
        let place = fs::canonicalize(place.path()).unwrap();
        let (folder, link) = (place.join("above/folder"), place.join("link"));
        give(&folder, &somebody()).unwrap();
        let given = fs::metadata(&folder).unwrap();
        assert_eq!((given.uid(), given.mode() & 0o7777), (somebody().uid.as_raw(), 0o700));

        let other = place.join("other");
        fs::create_dir(&other).unwrap();
        symlink(&other, &link).unwrap();
        for through in ["link", "link/folder"] {
            let refused = give(&place.join(through), &somebody()).unwrap_err();
            assert!(refused.to_string().contains("symbolic link"), "{refused}");
        }
        assert_eq!(fs::read_dir(&other).unwrap().count(), 0);
        assert_eq!(fs::metadata(&other).unwrap().uid(), geteuid().as_raw());

        fs::write(other.join("file"), "").unwrap();
        let refused = give(&other, &somebody()).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::DirectoryNotEmpty);
        assert_eq!(fs::metadata(&other).unwrap().uid(), geteuid().as_raw());
        assert_eq!(fs::metadata(other.join("file")).unwrap().uid(), geteuid().as_raw());
    }
}
