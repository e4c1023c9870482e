//! From root to the service account, before the first thread starts.
//!
//! What is kept is CAP_NET_BIND_SERVICE alone, so that ports below 1024 can be bound.

use std::ffi::CString;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;
use std::{fs, io};

use nix::unistd::{Gid, Uid, User, getegid, geteuid, initgroups, setgid, setgroups, setuid};
use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities, set_keep_capabilities};

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

/// Leaves root for `account`. Must run while the process has one thread.
pub(crate) fn drop_to(account: &str) -> Result<RunsAs, PrivilegeError> {
    if !is_root() {
        return Ok(RunsAs::Starter);
    }
    match account {
        "" => return Err(PrivilegeError::NoAccount),
        "root" => return Ok(RunsAs::Root),
        _ => {}
    }
    let user = look_up(account)?;
    become_user(&user).map_err(|error| PrivilegeError::Drop { account: account.to_owned(), error })?;
    Ok(RunsAs::Account(account.to_owned()))
}

/// Lets root do work on files as their owner. Must run while the process has one thread.
pub(crate) fn become_owner(of: &fs::Metadata) -> io::Result<()> {
    if !is_root() || of.uid() == 0 {
        return Ok(());
    }
    let (uid, gid) = (Uid::from_raw(of.uid()), Gid::from_raw(of.gid()));
    setgroups(&[gid])?;
    setgid(gid)?;
    Ok(setuid(uid)?)
}

/// Whether root could become that account.
pub(crate) fn must_exist(account: &str) -> Result<(), PrivilegeError> {
    if is_root() && !account.is_empty() && account != "root" {
        look_up(account)?;
    }
    Ok(())
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

/// Gives everything below `folder`, which root has just made, to `account`. Links are not followed.
pub(crate) fn give(folder: &Path, account: &str) -> Result<(), PrivilegeError> {
    if !is_root() || account == "root" || account.is_empty() {
        return Ok(());
    }
    let user = look_up(account)?;
    give_tree(folder, user.uid, user.gid).map_err(|error| PrivilegeError::Give {
        path: folder.display().to_string(),
        account: account.to_owned(),
        error,
    })
}

fn give_tree(path: &Path, uid: Uid, gid: Gid) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_symlink() {
        return Ok(());
    }
    chown(path, Some(uid.as_raw()), Some(gid.as_raw()))?;
    if fs::symlink_metadata(path)?.is_dir() {
        for entry in fs::read_dir(path)? {
            give_tree(&entry?.path(), uid, gid)?;
        }
    }
    Ok(())
}
