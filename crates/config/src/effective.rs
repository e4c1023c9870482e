//! What an account comes to at a login: nothing inherited, nothing with placeholders any more.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use causeway_core::rule::{ExpressionError, RuleSource, Rules};
use causeway_core::{Timestamp, VPath};

use crate::circumstances::{Circumstances, Refusal};
use crate::options::{AccountOptions, RequiredCredentials};
use crate::value::{
    AmendWriteName, AuthorizedKeys, BadValue, Days, IdList, Inherit, PathTemplate, RecoveryCodes,
    StoredPassword, Subject, TextList, Totp, VirtualFolder,
};
use crate::{Account, Component, Config, Group};

/// One account, resolved for its user.
#[derive(Debug, Clone)]
pub struct EffectiveAccount {
    pub id: Arc<str>,
    pub name: Arc<str>,
    /// Ids, the primary group first.
    pub groups: Vec<Arc<str>>,
    /// Ids of the account's other groups, which do not count under these circumstances.
    pub ignored_groups: Vec<Arc<str>>,
    pub standing: Standing,
    /// From when on nobody logs in any more.
    pub expires: Option<Timestamp>,
    pub password: StoredPassword,
    /// From when on it is too old, and nobody logs in any more.
    pub password_expires: Option<Timestamp>,
    pub required_credentials: RequiredCredentials,
    /// How the codes are made that every login needs, if it needs one.
    pub totp: Option<Box<Totp>>,
    /// What stands in for such a code, each once.
    pub recovery_codes: RecoveryCodes,
    /// Whether the user may give the account another password.
    pub own_password_change: bool,
    pub ssh_keys: AuthorizedKeys,
    /// A file or folder with more keys: an absolute path.
    pub ssh_keys_path: Option<PathBuf>,
    /// Vault items with the keys of authorities whose certificates log in.
    pub ssh_user_ca_keys: IdList,
    /// Names of the account in certificates besides its own.
    pub ssh_principals: TextList,
    /// Whether hosts may vouch for the user.
    pub ssh_hostbased: bool,
    /// The folder that the user sees as `/`: an absolute path.
    pub home: PathBuf,
    /// Make the home when it is missing.
    pub create_home: bool,
    /// Folders to make in the home at each login.
    pub home_structure: Vec<VPath>,
    /// Folders from elsewhere, each virtual path once.
    pub virtual_folders: Vec<Folder>,
    pub rules: Rules,
    /// Under which names written files are stored.
    pub amend_write_name: AmendWriteName,
    /// Bytes that one uploaded file may have.
    pub file_write_size: Option<u64>,
    /// Absolute folders into which links from outside may lead.
    pub link_roots: Vec<PathBuf>,
    /// How long a file that was removed by SFTP stays.
    pub delete_delay: Duration,
    /// Sessions whose key exchange is not post-quantum are refused.
    pub require_post_quantum: bool,
}

/// Whether the account may be used, its expiry aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    Enabled,
    Disabled,
    /// The account itself is not, but this group of it is.
    GroupDisabled(Arc<str>),
}

/// A folder from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Where the user sees it. Never the root.
    pub at: VPath,
    /// Where it is: an absolute path.
    pub real: PathBuf,
    /// Make it when it is missing.
    pub create: bool,
}

/// Why an account cannot be used. For the administrator; the peer learns nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EffectiveError {
    #[error("there is no account '{0}'")]
    NoAccount(Arc<str>),
    #[error("the account is failed: {0}")]
    Failed(Arc<str>),
    #[error("the group '{group}' is failed: {reason}")]
    GroupFailed { group: Arc<str>, reason: Arc<str> },
    #[error("neither the account nor its group '{0}' has a home_folder_path")]
    NoHome(Arc<str>),
    #[error("${{OS_HOME}} is for accounts of the operating system, and this is one of the application")]
    OsHome,
    #[error("permissions: {0}")]
    Rules(#[from] ExpressionError),
    #[error("virtual_folders: {0}")]
    VirtualFolder(BadValue),
    #[error("expire_datetime: {0}")]
    Expiry(BadValue),
    /// The account is in order, but nobody gets in by it under these circumstances.
    #[error("{0}")]
    Refused(#[from] Refusal),
}

impl Config {
    /// The account with everything it inherits, for who acts without a login.
    pub fn effective(&self, account_id: &str) -> Result<EffectiveAccount, EffectiveError> {
        self.effective_in(account_id, &Circumstances::default())
    }

    /// The account with everything it inherits from the groups that count under these circumstances. Made at each
    /// login: it costs little.
    pub fn effective_in(
        &self,
        account_id: &str,
        circumstances: &Circumstances,
    ) -> Result<EffectiveAccount, EffectiveError> {
        let account = match self.accounts.get(account_id) {
            None => return Err(EffectiveError::NoAccount(Arc::from(account_id))),
            Some(Component::Failed(failure)) => return Err(EffectiveError::Failed(failure.reason.clone())),
            Some(Component::Live(account)) => account,
        };
        let all = self.groups_of(account)?;
        let standing = standing(account, &all);
        let groups = circumstances.admit(account, all.clone())?;
        let ignored = all.iter().filter(|a| !groups.iter().any(|g| g.id == a.id));
        let Some(primary) = groups.first().map(|g| &g.options) else {
            return Err(EffectiveError::Failed(Arc::from("an account is in one group at least")));
        };
        let options = &account.options;
        let require_post_quantum = *options.require_post_quantum.or(&primary.require_post_quantum);
        circumstances.withstand(require_post_quantum)?;
        let name = &options.name.0;
        let subject = Subject { root: &self.root, user: name };
        let expires = match &options.expire_datetime {
            Some(at) => Some(at.timestamp(&self.time_zone).map_err(EffectiveError::Expiry)?),
            None => None,
        };
        let size = options.file_write_size.or(&primary.file_write_size).0;
        Ok(EffectiveAccount {
            id: account.id.clone(),
            name: name.clone(),
            groups: groups.iter().map(|g| g.id.clone()).collect(),
            ignored_groups: ignored.map(|g| g.id.clone()).collect(),
            standing,
            expires,
            password: account.password.clone(),
            password_expires: password_expires(account, &primary.password_lifetime),
            required_credentials: *options.required_credentials.or(&primary.required_credentials),
            totp: account.totp.clone(),
            recovery_codes: options.recovery_codes.clone(),
            own_password_change: primary.allow_own_password_change,
            ssh_keys: options.ssh_authorized_keys_content.clone(),
            ssh_keys_path: keys_path(account, &groups, &subject)?,
            ssh_user_ca_keys: options.ssh_user_ca_keys.or(&primary.ssh_user_ca_keys).clone(),
            ssh_principals: options.ssh_principals.clone(),
            ssh_hostbased: primary.ssh_hostbased_auth,
            home: home(account, &groups, &subject)?,
            create_home: *options.create_home_folder.or(&primary.create_home_folder),
            home_structure: home_structure(&groups),
            virtual_folders: virtual_folders(account, &groups, &subject)?,
            rules: rules(account, &groups).for_user(name)?,
            amend_write_name: *options.amend_write_name.or(&primary.amend_write_name),
            file_write_size: (size > 0).then_some(size),
            delete_delay: primary.ssh_delete_delay.duration(),
            link_roots: match &options.link_roots {
                Inherit::Own(own) => own.to_vec(),
                Inherit::Inherited => {
                    groups.iter().flat_map(|g| g.options.link_roots.iter().cloned()).collect()
                }
            },
            require_post_quantum,
        })
    }

    /// Whether the account may have keys in files (`ssh_authorized_keys_path`), whichever of its groups counts. Costs less
    /// than to ask what is [effective](Self::effective).
    pub fn may_have_key_files(&self, account: &Account) -> bool {
        match &account.options.ssh_authorized_keys_path {
            Inherit::Own(path) => !path.is_empty(),
            Inherit::Inherited => {
                let mut groups = account.options.group.iter().filter_map(|id| self.groups.get(id)?.live());
                groups.any(|g| !g.options.ssh_authorized_keys_path.is_empty())
            }
        }
    }

    /// Whether the account, or any group of it, says where its home is.
    pub fn may_have_home(&self, account: &Account) -> bool {
        let mut groups = account.options.group.iter().filter_map(|id| self.groups.get(id)?.live());
        matches!(account.options.home_folder_path, Inherit::Own(_))
            || groups.any(|g| g.options.home_folder_path.is_some())
    }

    /// From when on the account's password is too old, with what it inherits.
    pub fn password_expires(&self, account: &Account) -> Option<Timestamp> {
        let primary = account.options.group.first().and_then(|id| self.groups.get(id)?.live());
        password_expires(account, primary.map_or(&Days(0), |group| &group.options.password_lifetime))
    }

    fn groups_of(&self, account: &Account) -> Result<Vec<&Group>, EffectiveError> {
        let group = |id: &Arc<str>| match self.groups.get(id) {
            Some(Component::Live(group)) => Ok(&**group),
            Some(Component::Failed(f)) => {
                Err(EffectiveError::GroupFailed { group: id.clone(), reason: f.reason.clone() })
            }
            None => {
                Err(EffectiveError::GroupFailed { group: id.clone(), reason: Arc::from("it does not exist") })
            }
        };
        account.options.group.iter().map(group).collect()
    }
}

/// What is not there does not grow old.
fn password_expires(account: &Account, inherited: &Days) -> Option<Timestamp> {
    let lifetime = account.options.password_lifetime.or(inherited);
    let applies = lifetime.0 > 0 && !matches!(account.password, StoredPassword::None);
    let since = account.options.last_password_update.timestamp();
    applies.then(|| Timestamp::from_seconds(since.seconds().saturating_add(lifetime.duration().as_secs())))
}

fn standing(account: &Account, groups: &[&Group]) -> Standing {
    match groups.iter().find(|g| !g.options.enabled) {
        _ if !account.options.enabled => Standing::Disabled,
        Some(group) => Standing::GroupDisabled(group.id.clone()),
        None => Standing::Enabled,
    }
}

fn home(account: &Account, groups: &[&Group], subject: &Subject<'_>) -> Result<PathBuf, EffectiveError> {
    let path = match &account.options.home_folder_path {
        Inherit::Own(own) => own.0.of_account(subject),
        Inherit::Inherited => {
            let primary = groups.first().map(|g| (&g.id, &g.options.home_folder_path));
            let Some((_, Some(home))) = primary else {
                return Err(EffectiveError::NoHome(primary.map(|(id, _)| id.clone()).unwrap_or_default()));
            };
            home.0.of_group(subject)
        }
    };
    path.ok_or(EffectiveError::OsHome)
}

fn keys_path(
    account: &Account,
    groups: &[&Group],
    subject: &Subject<'_>,
) -> Result<Option<PathBuf>, EffectiveError> {
    let path = match &account.options.ssh_authorized_keys_path {
        Inherit::Own(own) if own.is_empty() => return Ok(None),
        Inherit::Own(own) => own.of_account(subject),
        Inherit::Inherited => match groups.first().map(|g| &g.options.ssh_authorized_keys_path) {
            Some(group) if !group.is_empty() => group.of_group(subject),
            _ => return Ok(None),
        },
    };
    path.map(Some).ok_or(EffectiveError::OsHome)
}

/// The option of an account, or that it inherits, which only an account of the operating system can have.
pub(crate) fn option_with_os_home(options: &AccountOptions, groups: &[&Group]) -> Option<&'static str> {
    let primary = groups.first().map(|g| &g.options);
    let home = match &options.home_folder_path {
        Inherit::Own(own) => Some(own),
        Inherit::Inherited => primary.and_then(|g| g.home_folder_path.as_ref()),
    };
    let keys = match &options.ssh_authorized_keys_path {
        Inherit::Own(own) => Some(own),
        Inherit::Inherited => primary.map(|g| &g.ssh_authorized_keys_path),
    };
    if home.is_some_and(|h| h.0.is_os_home()) {
        return Some("home_folder_path");
    }
    keys.is_some_and(PathTemplate::is_os_home).then_some("ssh_authorized_keys_path")
}

fn home_structure(groups: &[&Group]) -> Vec<VPath> {
    let mut out: Vec<VPath> = Vec::new();
    for folder in groups.iter().flat_map(|g| g.options.home_folder_structure.iter()) {
        if !out.contains(folder) {
            out.push(folder.clone());
        }
    }
    out
}

/// The account's own, else those of all groups; where two groups use one virtual path, the earlier group's.
fn virtual_folders(
    account: &Account,
    groups: &[&Group],
    subject: &Subject<'_>,
) -> Result<Vec<Folder>, EffectiveError> {
    let sources: Vec<&VirtualFolder> = match &account.options.virtual_folders {
        Inherit::Own(own) => own.iter().collect(),
        Inherit::Inherited => groups.iter().flat_map(|g| g.options.virtual_folders.iter()).collect(),
    };
    let create = groups.first().is_some_and(|g| g.options.create_home_folder);
    let mut out: Vec<Folder> = Vec::with_capacity(sources.len());
    for source in sources {
        let at = source.at(subject.user).map_err(EffectiveError::VirtualFolder)?;
        if out.iter().all(|f| f.at != at) {
            let real = source.real(subject).ok_or(EffectiveError::OsHome)?;
            out.push(Folder { at, real, create: create && source.is_personal() });
        }
    }
    Ok(out)
}

/// The account's own, else the primary group's global set with the path rules of all groups.
fn rules(account: &Account, groups: &[&Group]) -> RuleSource {
    match &account.options.permissions {
        Inherit::Own(own) => own.source.clone(),
        Inherit::Inherited => RuleSource::merged(groups.iter().map(|g| &g.options.permissions.source)),
    }
}
