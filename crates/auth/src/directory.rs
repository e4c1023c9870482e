//! The accounts of one configuration, made ready for logins.

use std::collections::HashMap;
use std::sync::Arc;

use causeway_config::value::{Inherit, StoredPassword};
use causeway_config::{Account, Circumstances, Component, Config, EffectiveAccount, EffectiveError};
use causeway_core::sshkey::PublicKey;
use causeway_core::{Random, Secret};

use crate::authorized_keys::{KeysError, keys_at};
use crate::blocking::Blocking;
use crate::hashing::Hashing;
use crate::password::{PasswordHash, PasswordHashError};
use crate::stand_in::{NameKey, StandIns};
use crate::{Attempt, Credential, Why};

/// One configuration with its passwords read, and stand-ins for names without an account.
#[derive(Debug)]
pub(crate) struct Directory {
    pub(crate) config: Arc<Config>,
    /// By account id; accounts without a password are not in it.
    passwords: HashMap<Arc<str>, Result<Arc<PasswordHash>, PasswordHashError>>,
    stand_ins: StandIns,
}

/// What the accounts say to a name and a credential.
#[derive(Debug)]
pub(crate) enum Finding {
    /// Nobody has that name.
    Unknown,
    /// Somebody has it, and the credential is not theirs.
    Wrong(Why),
    /// Somebody has it, but their account cannot be honoured as it is configured.
    Unusable(EffectiveError),
    /// It is theirs.
    Right(Box<EffectiveAccount>),
}

/// Where work is done that must not hold up the network.
#[derive(Debug, Clone)]
pub(crate) struct Workers {
    pub(crate) hashing: Hashing,
    pub(crate) blocking: Blocking,
}

/// What goes along with a try.
struct Side<'w> {
    circumstances: Circumstances,
    workers: &'w Workers,
}

impl Directory {
    pub(crate) fn new(config: Arc<Config>, key: NameKey, random: &Random) -> Self {
        let accounts = || config.accounts.values().filter_map(Component::live);
        let passwords: HashMap<_, _> =
            accounts().filter_map(|a| Some((a.id.clone(), read(&a.password)?.map(Arc::new)))).collect();
        let schemes = passwords.values().filter_map(|p| p.as_ref().ok()).map(|p| p.scheme());
        let with_keys = accounts().filter(|a| may_have_keys(&config, a)).map(|a| a.id.clone()).collect();
        let stand_ins = StandIns::new(key, schemes, with_keys, random);
        Self { config, passwords, stand_ins }
    }

    /// Looks the name up and tries the credential. A credential that is not right takes the same work whoever has
    /// the name, and if nobody has.
    ///
    /// # Errors
    /// No answer can be given now.
    pub(crate) async fn find(
        &self,
        attempt: &Attempt,
        circumstances: Circumstances,
        workers: &Workers,
    ) -> Result<Finding, Why> {
        let user = &attempt.user;
        let found = self.config.account_by_name(user);
        let live = found.and_then(|(_, component)| component.live());
        let side = Side { circumstances, workers };
        let tried = match &attempt.credential {
            Credential::Password(password) => self.try_password(live, user, password, side).await?,
            Credential::Key { key, .. } => self.try_key(live, user, key, side).await?,
        };
        Ok(match found {
            None => Finding::Unknown,
            Some((_, Component::Failed(failure))) => {
                Finding::Unusable(EffectiveError::Failed(failure.reason.clone()))
            }
            Some((_, Component::Live(_))) => tried,
        })
    }

    async fn try_password(
        &self,
        account: Option<&Arc<Account>>,
        user: &str,
        password: &Secret,
        side: Side<'_>,
    ) -> Result<Finding, Why> {
        let stored = account.and_then(|a| self.passwords.get(&a.id));
        let (hash, verdict) = match stored {
            Some(Ok(hash)) => (Some(hash.clone()), Why::WrongPassword),
            Some(Err(e)) => (self.stand_ins.password(user), Why::UnusablePassword(*e)),
            None => (self.stand_ins.password(user), Why::NoPassword),
        };
        let right = match hash {
            Some(hash) => side.workers.hashing.verify(hash, password.clone()).await?,
            None => false,
        };
        match (stored, account) {
            (Some(Ok(_)), Some(account)) if right => self.resolved(&account.id, side).await,
            _ => Ok(Finding::Wrong(verdict)),
        }
    }

    async fn resolved(&self, id: &Arc<str>, side: Side<'_>) -> Result<Finding, Why> {
        let (config, id) = (self.config.clone(), id.clone());
        let work = move || config.effective_in(&id, &side.circumstances);
        let effective = side.workers.blocking.run(work).await.ok_or(Why::Interrupted)?;
        Ok(effective.map_or_else(Finding::Unusable, |account| Finding::Right(Box::new(account))))
    }

    async fn try_key(
        &self,
        account: Option<&Arc<Account>>,
        user: &str,
        key: &PublicKey,
        side: Side<'_>,
    ) -> Result<Finding, Why> {
        let own = account.filter(|a| may_have_keys(&self.config, a)).map(|a| &a.id);
        let Some(id) = own.or_else(|| self.stand_ins.with_keys(user)).cloned() else {
            return Ok(Finding::Wrong(Why::WrongKey));
        };
        let (is_stand_in, config, key) = (own.is_none(), self.config.clone(), key.clone());
        let work = move || look_for_key(&config, &id, &side.circumstances, &key);
        let tried = side.workers.blocking.run(work).await;
        let tried = tried.ok_or(Why::Interrupted)?;
        Ok(if is_stand_in { Finding::Wrong(Why::WrongKey) } else { tried })
    }
}

/// Whether the key is one of the account's. Waits for the disk. Who may not log in from where they are learns
/// nothing else than with a wrong key, and no sooner.
fn look_for_key(config: &Config, id: &str, circumstances: &Circumstances, key: &PublicKey) -> Finding {
    let (account, refusal) = match config.effective_in(id, circumstances) {
        Ok(account) => (account, None),
        Err(EffectiveError::Refused(refusal)) => match config.effective(id) {
            Ok(account) => (account, Some(EffectiveError::Refused(refusal))),
            Err(e) => return Finding::Unusable(e),
        },
        Err(e) => return Finding::Unusable(e),
    };
    let in_files: Result<Vec<PublicKey>, KeysError> =
        account.ssh_keys_path.as_deref().map_or(Ok(Vec::new()), keys_at);
    match in_files {
        Err(e) => Finding::Wrong(Why::UnusableKeys(e)),
        Ok(in_files) if account.ssh_keys.contains(key) || in_files.contains(key) => {
            refusal.map_or_else(|| Finding::Right(Box::new(account)), Finding::Unusable)
        }
        Ok(_) => Finding::Wrong(Why::WrongKey),
    }
}

/// Whether the account names keys or a place for them, whichever of its groups count.
fn may_have_keys(config: &Config, account: &Account) -> bool {
    let options = &account.options;
    let inherited = || {
        let groups = options.group.iter().filter_map(|id| config.groups.get(id)?.live());
        groups.into_iter().any(|g| !g.options.ssh_authorized_keys_path.is_empty())
    };
    !options.ssh_authorized_keys_content.is_empty()
        || match &options.ssh_authorized_keys_path {
            Inherit::Own(path) => !path.is_empty(),
            Inherit::Inherited => inherited(),
        }
}

/// What an account's option `password` holds, in this crate's terms: none when the account has no password.
fn read(stored: &StoredPassword) -> Option<Result<PasswordHash, PasswordHashError>> {
    match stored {
        StoredPassword::None => None,
        StoredPassword::Hash { text, .. } | StoredPassword::Plain(text) => Some(PasswordHash::parse(text)),
    }
}
