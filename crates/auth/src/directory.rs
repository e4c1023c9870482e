//! The accounts of one configuration, made ready for logins.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use causeway_config::value::{Inherit, StoredPassword};
use causeway_config::{
    Account, Circumstances, Component, Components, Config, EffectiveAccount, EffectiveError,
};
use causeway_core::{Random, Secret, Timestamp};

use crate::guard::Guard;
use crate::keys::{self, Admission, Asked, KeyRefusal};
use crate::password::{PasswordHash, PasswordHashError, Scheme};
use crate::second_factor::{split, split_any};
use crate::stand_in::{InUse, NameKey, StandIns};
use crate::workers::Workers;
use crate::{Attempt, Credential, Revocations, Why};

/// One configuration, with stand-ins for names without an account.
#[derive(Debug)]
pub(crate) struct Directory {
    pub(crate) config: Arc<Config>,
    schemes: Schemes,
    stand_ins: StandIns,
}

/// How often each scheme is in use among the passwords of the accounts.
type Schemes = BTreeMap<Scheme, u64>;

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
    Right(Box<EffectiveAccount>, Along),
}

/// What comes along with a credential that is right.
#[derive(Debug, Default)]
pub(crate) struct Along {
    /// What the key that was shown is good for.
    pub(crate) admission: Admission,
    /// A one-time code, behind the password or after it.
    pub(crate) code: Option<Secret>,
}

/// What goes along with a try.
struct Side<'w> {
    circumstances: Circumstances,
    workers: &'w Workers,
    guard: &'w Guard,
    now: Timestamp,
}

impl Side<'_> {
    /// Whether it is the password of the hash, once there is a core for it.
    async fn verify(&self, hash: &Arc<PasswordHash>, password: &Secret) -> Result<bool, Why> {
        let turn = self.workers.hashing.turn(Some(self.guard.source())).await?;
        // What waited with others of its source that have failed meanwhile is not worth the work any more.
        self.guard.look_again()?;
        Ok(turn.verify(hash.clone(), password.clone()).await?)
    }
}

impl Directory {
    pub(crate) fn new(config: Arc<Config>, key: NameKey, random: &Random) -> Self {
        let schemes = schemes_after(Schemes::new(), &Components::new(), &config.accounts);
        Self::with(None, config, schemes, key, random)
    }

    /// The same for the next configuration. Accounts that it shares with this one are not looked at again.
    pub(crate) fn next(&self, config: Arc<Config>, key: NameKey, random: &Random) -> Self {
        let schemes = schemes_after(self.schemes.clone(), &self.config.accounts, &config.accounts);
        Self::with(Some(&self.stand_ins), config, schemes, key, random)
    }

    fn with(
        before: Option<&StandIns>,
        config: Arc<Config>,
        schemes: Schemes,
        key: NameKey,
        random: &Random,
    ) -> Self {
        let accounts = || config.accounts.values().filter_map(Component::live);
        let mut digits = BTreeMap::new();
        for totp in accounts().filter_map(|a| a.totp.as_ref()) {
            *digits.entry(totp.digits()).or_default() += 1;
        }
        let with_keys = accounts().filter(|a| may_have_keys(&config, a)).map(|a| a.id.clone()).collect();
        let stand_ins = StandIns::new(before, key, InUse { schemes: &schemes, digits, with_keys }, random);
        Self { config, schemes, stand_ins }
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
        guard: &Guard,
        now: Timestamp,
    ) -> Result<Finding, Why> {
        let found = self.config.account_by_name(&attempt.user);
        let live = found.and_then(|(_, component)| component.live());
        let tried = self.attempt(live, attempt, Side { circumstances, workers, guard, now }).await?;
        Ok(match found {
            None => Finding::Unknown,
            Some((_, Component::Failed(failure))) => {
                Finding::Unusable(EffectiveError::Failed(failure.reason.clone()))
            }
            Some((_, Component::Live(_))) => tried,
        })
    }

    /// Does the work of a name that nobody has, whoever has it.
    ///
    /// # Errors
    /// It cannot be done now.
    pub(crate) async fn pretend(
        &self,
        attempt: &Attempt,
        workers: &Workers,
        guard: &Guard,
        now: Timestamp,
    ) -> Result<(), Why> {
        let side = Side { circumstances: Circumstances::default(), workers, guard, now };
        self.attempt(None, attempt, side).await.map(drop)
    }

    async fn attempt(
        &self,
        account: Option<&Arc<Account>>,
        attempt: &Attempt,
        side: Side<'_>,
    ) -> Result<Finding, Why> {
        match &attempt.credential {
            Credential::Password(text) => {
                let own = account.and_then(|a| a.totp.as_ref()).map(|totp| totp.digits());
                let code = own.or_else(|| self.stand_ins.digits(&attempt.user));
                self.try_password(account, &attempt.user, text, code, side).await
            }
            Credential::PasswordAndCode { password, code } => {
                match self.try_password(account, &attempt.user, password, None, side).await? {
                    Finding::Right(account, along) => {
                        Ok(Finding::Right(account, Along { code: Some(code.clone()), ..along }))
                    }
                    other => Ok(other),
                }
            }
            // It says nothing of who somebody is: see `Authenticator`.
            Credential::Code(_) => Err(Why::NothingProven),
            shown @ (Credential::Key { .. } | Credential::Host { .. }) => {
                self.try_key(account, &attempt.user, shown, side).await
            }
        }
    }

    /// `digits`: of a one-time code that may stand behind the password. Then every text that looks as if costs twice the
    /// work, whoever has the name: of the text as a whole, and of what stands before the code.
    async fn try_password(
        &self,
        account: Option<&Arc<Account>>,
        user: &str,
        text: &Secret,
        digits: Option<u8>,
        side: Side<'_>,
    ) -> Result<Finding, Why> {
        let stored = account.and_then(|a| read(&a.password));
        let has_hash = matches!(stored, Some(Ok(_)));
        let (hash, verdict) = match stored {
            Some(Ok(hash)) => (Some(Arc::new(hash)), Why::WrongPassword),
            Some(Err(e)) => (self.stand_ins.password(user), Why::UnusablePassword(e)),
            None => (self.stand_ins.password(user), Why::NoPassword),
        };
        let Some(hash) = hash else { return Ok(Finding::Wrong(verdict)) };
        let right = side.verify(&hash, text).await?;
        let mut right = right.then_some(None);
        if let Some(digits) = digits.map(usize::from)
            && let Some((password, _)) = split_any(text, digits)
        {
            let is_right = side.verify(&hash, &password).await?;
            if account.is_some_and(|a| a.totp.is_some())
                && let Some((password, code)) = split(text, digits)
                && is_right
                && !password.is_empty()
            {
                right = Some(Some(code));
            }
        }
        match (account, right) {
            (Some(account), Some(code)) if has_hash => self.resolved(&account.id, code, side).await,
            _ => Ok(Finding::Wrong(verdict)),
        }
    }

    async fn resolved(&self, id: &Arc<str>, code: Option<Secret>, side: Side<'_>) -> Result<Finding, Why> {
        let (config, id) = (self.config.clone(), id.clone());
        let work = move || config.effective_in(&id, &side.circumstances);
        let effective = side.workers.blocking.run(work).await.ok_or(Why::Interrupted)?;
        let along = Along { code, ..Along::default() };
        Ok(effective.map_or_else(Finding::Unusable, |account| Finding::Right(Box::new(account), along)))
    }

    async fn try_key(
        &self,
        account: Option<&Arc<Account>>,
        user: &str,
        shown: &Credential,
        side: Side<'_>,
    ) -> Result<Finding, Why> {
        let own = account.filter(|a| may_have_keys(&self.config, a)).map(|a| &a.id);
        let Some(id) = own.or_else(|| self.stand_ins.with_keys(user)).cloned() else {
            return Ok(Finding::Wrong(Why::WrongKey));
        };
        let is_stand_in = own.is_none();
        let tried = self.look_for_key(id, shown, side).await?;
        if let Finding::Wrong(why @ Why::KeyRefused(KeyRefusal::NoRevocations(_))) = tried {
            // Of nobody's key can be told whether it is good.
            return Err(why);
        }
        Ok(if is_stand_in { Finding::Wrong(Why::WrongKey) } else { tried })
    }

    /// Whether the key lets in by the account. Who may not log in from where they are learns nothing else than with a wrong
    /// key, and no sooner.
    async fn look_for_key(&self, id: Arc<str>, shown: &Credential, side: Side<'_>) -> Result<Finding, Why> {
        let Side { circumstances, workers, now, .. } = side;
        let source = circumstances.source;
        let (config, shown) = (self.config.clone(), Arc::new(shown.clone()));
        let (revocations, unrevoked) = (workers.revocations.clone(), shown.clone());
        let work = move || who_may_have(&config, &id, &circumstances, &unrevoked, &revocations, now);
        let (account, refusal) = match workers.blocking.run(work).await.ok_or(Why::Interrupted)? {
            Ok(found) => found,
            Err(finding) => return Ok(finding),
        };
        let config = self.config.clone();
        let judge = move |account: &EffectiveAccount| {
            keys::judge(&Asked { config: &config, account, source, now }, &shown)
        };
        let (account, judged) = workers.with_key_files(account, judge).await?;
        Ok(match (judged, refusal) {
            (Err(why), _) => Finding::Wrong(why),
            (Ok(_), Some(refusal)) => Finding::Unusable(refusal),
            (Ok(admission), None) => Finding::Right(account, Along { admission, ..Along::default() }),
        })
    }
}

/// The schemes of the accounts of `after`, where those of `before` are known.
fn schemes_after(mut known: Schemes, before: &Components<Account>, after: &Components<Account>) -> Schemes {
    for change in changes(before, after) {
        match change {
            Change::Gone(account) => {
                if let Some(count) = scheme(account).and_then(|scheme| known.get_mut(&scheme)) {
                    *count = count.saturating_sub(1);
                }
            }
            Change::New(account) => {
                scheme(account).into_iter().for_each(|scheme| *known.entry(scheme).or_default() += 1);
            }
        }
    }
    known.retain(|_, count| *count > 0);
    known
}

fn scheme(account: &Account) -> Option<Scheme> {
    read(&account.password)?.ok().map(|hash| hash.scheme())
}

/// An account that one configuration has and another has not, or has otherwise.
enum Change<'a> {
    Gone(&'a Account),
    New(&'a Account),
}

/// Goes through both in the order of the ids.
fn changes<'a>(
    before: &'a Components<Account>,
    after: &'a Components<Account>,
) -> impl Iterator<Item = Change<'a>> {
    let live = |all: &'a Components<Account>| all.values().filter_map(Component::live).peekable();
    let (mut old, mut new) = (live(before), live(after));
    std::iter::from_fn(move || {
        loop {
            let order = match (old.peek(), new.peek()) {
                (Some(old), Some(new)) if Arc::ptr_eq(old, new) => None,
                (Some(old), Some(new)) => Some(old.id.cmp(&new.id)),
                (Some(_), None) => Some(Ordering::Less),
                (None, Some(_)) => Some(Ordering::Greater),
                (None, None) => return None,
            };
            match order {
                None => drop((old.next(), new.next())),
                // One that has changed goes and comes.
                Some(Ordering::Less | Ordering::Equal) => return old.next().map(|a| Change::Gone(a)),
                Some(Ordering::Greater) => return new.next().map(|a| Change::New(a)),
            }
        }
    })
}

/// The account that may have the key, if it is not revoked, and why it is refused from where the peer is. Waits for the disk.
fn who_may_have(
    config: &Config,
    id: &str,
    circumstances: &Circumstances,
    shown: &Credential,
    revocations: &Revocations,
    now: Timestamp,
) -> Result<(Box<EffectiveAccount>, Option<EffectiveError>), Finding> {
    let (account, refusal) = match config.effective_in(id, circumstances) {
        Ok(account) => (account, None),
        Err(EffectiveError::Refused(refusal)) => {
            (config.effective(id).map_err(Finding::Unusable)?, Some(EffectiveError::Refused(refusal)))
        }
        Err(e) => return Err(Finding::Unusable(e)),
    };
    keys::not_revoked(config, shown, revocations, now).map_err(Finding::Wrong)?;
    Ok((Box::new(account), refusal))
}

/// Whether the account names keys or a place for them, whichever of its groups count.
fn may_have_keys(config: &Config, account: &Account) -> bool {
    let options = &account.options;
    let inherits_authorities = || {
        let groups = options.group.iter().filter_map(|id| config.groups.get(id)?.live());
        groups.into_iter().any(|g| !g.options.ssh_user_ca_keys.is_empty())
    };
    !options.ssh_authorized_keys_content.is_empty()
        || match &options.ssh_user_ca_keys {
            Inherit::Own(own) => !own.is_empty(),
            Inherit::Inherited => inherits_authorities(),
        }
        || config.may_have_key_files(account)
}

/// What an account's option `password` holds, in this crate's terms: none when the account has no password.
fn read(stored: &StoredPassword) -> Option<Result<PasswordHash, PasswordHashError>> {
    match stored {
        StoredPassword::None => None,
        StoredPassword::Hash { text, .. } | StoredPassword::Plain(text) => Some(PasswordHash::parse(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use causeway_config::{Environment, load_text};
    use std::path::Path;

    fn config(accounts: &[(&str, &str)]) -> Arc<Config> {
        let section =
            |(id, hash): &(&str, &str)| format!("[accounts/{id}]\nname = {id}\npassword = {hash}\n");
        let text = accounts.iter().map(section).collect::<String>();
        let environment = Environment::of([], jiff::tz::TimeZone::UTC);
        load_text(format!("[server]\n{text}").as_bytes(), Path::new("/"), &environment).unwrap().config
    }

    #[test]
    fn the_schemes_of_a_next_configuration_are_those_that_it_has() {
        let sha = |salt: &str| format!("$5${salt}${}", "a".repeat(43));
        let (short, long) = (sha("abc"), sha("abcdefgh"));
        let key = NameKey::new(&Secret::new("key"));
        let random = Random::predictable(1);
        let mut directory = Directory::new(config(&[]), key.clone(), &random);
        for accounts in [
            &[("b", &*short), ("c", &long)][..],
            &[("a", &short), ("b", &long), ("c", &long), ("d", "plain"), ("e", "")],
            &[("c", &short)],
            &[("c", "$5$broken")],
            &[("a", &short), ("z", &short)],
            &[],
        ] {
            let config = config(accounts);
            directory = directory.next(config.clone(), key.clone(), &random);
            assert_eq!(directory.schemes, Directory::new(config, key.clone(), &random).schemes);
        }
    }
}
