//! From an account of the configuration to the terms of its grant.

use std::path::Path;
use std::sync::Arc;

use causeway_config::options::{self, ServerOptions};
use causeway_config::value::AmendWriteName;
use causeway_config::{Circumstances, Config, EffectiveAccount, Standing};
use causeway_core::event::Actor;
use causeway_core::{PrincipalId, Timestamp, VPath, escape};

use crate::{Mount, Terms, UploadSync, Why};

/// Whether the account may be used at that moment.
pub(crate) fn standing(account: &EffectiveAccount, now: Timestamp) -> Result<(), Why> {
    match &account.standing {
        Standing::Disabled => Err(Why::Disabled),
        Standing::GroupDisabled(group) => Err(Why::GroupDisabled(group.clone())),
        Standing::Enabled if account.expires.is_some_and(|at| now >= at) => Err(Why::Expired),
        Standing::Enabled if account.password_expires.is_some_and(|at| now >= at) => {
            Err(Why::PasswordExpired)
        }
        Standing::Enabled => Ok(()),
    }
}

/// What an account comes to under these circumstances, without anybody logging in: for explanations.
///
/// # Errors
/// Why nobody would get in.
pub fn account_in(
    config: &Config,
    account: &str,
    circumstances: &Circumstances,
    now: Timestamp,
) -> Result<EffectiveAccount, Why> {
    let effective = config.effective_in(account, circumstances)?;
    standing(&effective, now)?;
    let by = Arc::from("");
    of(&effective, &by, config)?;
    Ok(effective)
}

/// From when on the account may not be used any more.
pub(crate) fn expires(account: &EffectiveAccount) -> Option<Timestamp> {
    account.expires.into_iter().chain(account.password_expires).min()
}

/// The terms for the account, whose identity `authentication` (an id) vouches for.
pub(crate) fn of(
    account: &EffectiveAccount,
    authentication: &Arc<str>,
    config: &Config,
) -> Result<Terms, Why> {
    let server: &ServerOptions = &config.server;
    Ok(Terms {
        principal: PrincipalId { authentication: authentication.clone(), id: account.id.clone() },
        account: Actor { uuid: account.id.clone(), name: account.name.clone() },
        groups: account.groups.clone(),
        rules: account.rules.clone(),
        mounts: mounts(account)?,
        home_structure: account.home_structure.clone(),
        link_roots: account.link_roots.clone(),
        amend_write_name: account.amend_write_name == AmendWriteName::UuidPrefix,
        file_write_size: account.file_write_size,
        umask: server.umask.0,
        atomic_uploads: server.atomic_uploads,
        upload_sync: match server.upload_sync {
            options::UploadSync::None => UploadSync::None,
            options::UploadSync::Close => UploadSync::Close,
        },
        partial_keep: server.partial_keep.duration(),
        delete_delay: account.delete_delay,
        blocking_filesystem: server.blocking_filesystem,
        require_post_quantum: account.require_post_quantum,
    })
}

fn mounts(account: &EffectiveAccount) -> Result<Vec<Mount>, Why> {
    let home = mount(VPath::root(), &account.home, account.create_home)?;
    let others = account.virtual_folders.iter().map(|f| mount(f.at.clone(), &f.real, f.create));
    std::iter::once(Ok(home)).chain(others).collect()
}

fn mount(at: VPath, real: &Path, create: bool) -> Result<Mount, Why> {
    if !real.is_absolute() {
        return Err(Why::RelativeFolder(escape::text(real.as_os_str().as_encoded_bytes())));
    }
    Ok(Mount { at, real: real.to_owned(), create })
}
