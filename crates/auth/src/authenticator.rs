//! The one place where an attempt becomes a grant.

use std::net::IpAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use causeway_config::{Circumstances, Component, Config, EffectiveAccount};
use causeway_core::sshkey::Offered;
use causeway_core::{Clock, PrincipalId, Random, Secret};
use causeway_events::Batch;

use crate::activity::Activity;
use crate::bans::Bans;
use crate::chain::{self, Accepted, Refused};
use crate::directory::{Along, Directory};
use crate::grant::Proof;
use crate::guard::{self, Barred, Guard};
use crate::keys::{self, Asked};
use crate::login::{Login, Untold};
use crate::stand_in::NameKey;
use crate::state::State;
use crate::why::MAX_NAME_CHARS;
use crate::workers::Workers;
use crate::{
    Attempt, Credential, Entrance, Epoch, Factors, Grant, Hashing, Partial, RevocationError, Verdict, Why,
    partial, password, report, second_factor, terms,
};

mod own_password;

/// Judges attempts by the configuration of the moment. Shared by all services of a process.
#[derive(Debug)]
pub struct Authenticator {
    directory: ArcSwap<Directory>,
    epoch: Epoch,
    name_key: NameKey,
    clock: Clock,
    random: Random,
    workers: Workers,
    activity: Arc<Activity>,
    bans: Arc<Bans>,
    state: State,
}

impl Authenticator {
    /// `name_key` is random, belongs to this installation and stays the same over restarts (32 bytes): by it names
    /// without an account are given their share of work.
    pub fn new(
        config: Arc<Config>,
        epoch: Epoch,
        name_key: &Secret,
        clock: Clock,
        random: Random,
        hashing: Hashing,
    ) -> Self {
        let name_key = NameKey::new(name_key);
        let directory = ArcSwap::from_pointee(Directory::new(config, name_key.clone(), &random));
        let bans = Arc::new(Bans::new(clock.clone()));
        Self {
            directory,
            epoch,
            name_key,
            clock,
            random,
            workers: Workers::new(hashing),
            activity: Arc::default(),
            bans,
            state: State::default(),
        }
    }

    /// Judges one-time codes, and passwords that were, by this state. Without one, who needs it is refused.
    #[must_use]
    pub fn with_state(self, state: State) -> Self {
        Self { state, ..self }
    }

    /// Goes on from what is known of the accounts.
    #[must_use]
    pub fn with_activity(self, activity: Arc<Activity>) -> Self {
        Self { activity, ..self }
    }

    /// Goes on from what is known of sources.
    #[must_use]
    pub fn with_bans(self, bans: Arc<Bans>) -> Self {
        Self { bans, ..self }
    }

    pub fn bans(&self) -> &Arc<Bans> {
        &self.bans
    }

    /// What bars a source from a service, before anybody has said a name.
    pub fn barred(&self, service: &str, source: IpAddr) -> Option<Barred> {
        guard::barred(&self.directory.load().config, &self.bans, service, source)
    }

    /// Counts a login as failed that failed before anybody could be asked about it, as by a wrong signature.
    pub fn count_failure(&self, service: &str, source: IpAddr, batch: &mut Batch) {
        guard::count(&self.directory.load().config, &self.bans, service, source, batch);
    }

    /// Goes on with another configuration. Every grant of before is stale from here on; [`Self::renew`] makes it
    /// anew, or says that there is none any more.
    pub fn apply(&self, config: Arc<Config>) {
        let next = self.directory.load().next(config, self.name_key.clone(), &self.random);
        self.directory.store(Arc::new(next));
        // Last: who sees the new epoch sees the new configuration.
        self.epoch.advance();
    }

    pub fn epoch(&self) -> &Epoch {
        &self.epoch
    }

    /// Judges an attempt and adds what happened to `batch`, whose origin names the peer, the service and the
    /// session. Who is accepted is to be [let in](Self::let_in).
    pub async fn judge(&self, attempt: &Attempt, batch: &mut Batch) -> Verdict {
        // Before the configuration is read, so that a change during the work leaves a stale grant.
        let made = self.epoch.now();
        let directory = self.directory.load_full();
        let guard = Guard::admit(&directory.config, &self.bans, attempt);
        let decided = match &guard {
            Ok(guard) => self.decide(&directory, guard, attempt, made, batch).await,
            Err(why) => Err(why.clone().into()),
        };
        let verdict = decided.unwrap_or_else(|refused| {
            report::refused(&refused, attempt, batch);
            Verdict::Reject(refused.why)
        });
        if let (Ok(guard), Verdict::Reject(why)) = (guard, &verdict) {
            guard.refused(attempt, why, batch);
        }
        verdict
    }

    /// The user of a login is in: it is told, and counts for the account and the source. From here on the origin of `batch`
    /// names the account.
    pub fn let_in(&self, login: &mut Login, batch: &mut Batch) {
        let Some(Untold { events, guard }) = login.untold.take() else { return };
        let grant = login.grant();
        if let Some(entrance) = grant.entrance() {
            let id = &grant.terms().principal.id;
            self.activity.logged_in(id, self.clock.now(), entrance.source, &entrance.service);
        }
        guard.let_in();
        batch.set_origin(events.origin().clone());
        batch.absorb(events);
    }

    /// The same login, from the same address, under the configuration of now.
    ///
    /// # Errors
    /// The account may not be used any more: its sessions end.
    pub async fn renew(&self, grant: &Grant) -> Result<Arc<Grant>, Why> {
        let made = self.epoch.now();
        let directory = self.directory.load_full();
        let principal = &grant.terms().principal;
        let method = directory.config.authentications.get(&principal.authentication);
        if !method.and_then(Component::live).is_some_and(|m| m.options.enabled) {
            return Err(Why::AuthenticationGone);
        }
        guard::still_admits(&directory.config, grant)?;
        let entrance = grant.entrance().cloned();
        self.without_credentials(&directory, principal, entrance, grant.proof(), made).await
    }

    /// Looks at the file of what is revoked. When it holds something else than the last time, every grant of before is
    /// stale. `Some` then, with what is wrong with the file.
    pub async fn look_at_revocations(&self) -> Option<Result<(), RevocationError>> {
        let path = self.directory.load().config.revoked_keys_path();
        let (revocations, now) = (self.workers.revocations.clone(), self.clock.now());
        let looked = self.workers.blocking.run(move || revocations.look(path.as_deref(), now)).await??;
        self.epoch.advance();
        Some(looked)
    }

    /// A grant for an account as the configuration describes it, for who acts without a login (`sftp-server`,
    /// `explain`). `account` and `authentication` are ids.
    ///
    /// # Errors
    /// The account may not be used.
    pub async fn grant_by_configuration(
        &self,
        authentication: &Arc<str>,
        account: &Arc<str>,
    ) -> Result<Arc<Grant>, Why> {
        let made = self.epoch.now();
        let principal = PrincipalId { authentication: authentication.clone(), id: account.clone() };
        self.without_credentials(&self.directory.load_full(), &principal, None, &Proof::default(), made).await
    }

    async fn without_credentials(
        &self,
        directory: &Directory,
        principal: &PrincipalId,
        entrance: Option<Entrance>,
        proof: &Proof,
        made: u64,
    ) -> Result<Arc<Grant>, Why> {
        let (account, proof) = self.account(directory, principal, entrance.as_ref(), proof).await?;
        if self.activity.is_disabled(&account.id) {
            return Err(Why::Inactive);
        }
        let terms = terms::of(&account, &principal.authentication, &directory.config)?;
        Ok(Grant::issue(terms, proof, terms::expires(&account), entrance, &self.epoch, made))
    }

    /// The account, if it may be used from there, and what a key of before is good for now.
    async fn account(
        &self,
        directory: &Directory,
        principal: &PrincipalId,
        entrance: Option<&Entrance>,
        proof: &Proof,
    ) -> Result<(EffectiveAccount, Proof), Why> {
        let source = entrance.map(|entrance| entrance.source);
        let (config, id) = (directory.config.clone(), principal.id.clone());
        let by = directory.config.authentications.get(&principal.authentication);
        let circumstances = Circumstances {
            source,
            by: by.and_then(Component::live).cloned(),
            post_quantum: entrance.map(|entrance| entrance.post_quantum),
        };
        let (revocations, now) = (self.workers.revocations.clone(), self.clock.now());
        let shown = proof.key.clone();
        let work = move || {
            let account = config.effective_in(&id, &circumstances)?;
            if let Some(shown) = shown {
                keys::not_revoked(&config, &shown, &revocations, now)?;
            }
            Ok::<_, Why>(account)
        };
        let account = self.workers.blocking.run(work).await.ok_or(Why::Interrupted)??;
        let (account, proof) = self.judge_again(directory, Box::new(account), source, proof.clone()).await?;
        terms::standing(&account, now)?;
        Ok((*account, proof))
    }

    /// What a key of before that is not revoked is good for now. A certificate is asked everything anew.
    async fn judge_again(
        &self,
        directory: &Directory,
        account: Box<EffectiveAccount>,
        source: Option<IpAddr>,
        proof: Proof,
    ) -> Result<(Box<EffectiveAccount>, Proof), Why> {
        let Some(shown) = proof.key.clone() else { return Ok((account, proof)) };
        let (config, now) = (directory.config.clone(), self.clock.now());
        let Credential::Key { key: Offered::Certificate(_), .. } = &*shown else {
            keys::goes_on(&proof, now)?;
            return Ok((account, proof));
        };
        let judge = move |account: &EffectiveAccount| {
            keys::judge(&Asked { config: &config, account, source, now }, &shown)
        };
        let (account, admission) = self.workers.with_key_files(account, judge).await?;
        Ok((account, Proof { admission: admission?, ..proof }))
    }

    async fn decide(
        &self,
        directory: &Directory,
        guard: &Guard,
        attempt: &Attempt,
        made: u64,
        batch: &mut Batch,
    ) -> Result<Verdict, Refused> {
        well_formed(attempt)?;
        if let Some(why) = guard.denies_name(&attempt.user) {
            // Without it the time that the answer takes would tell which names are denied.
            directory.pretend(attempt, &self.workers, guard, self.clock.now()).await?;
            return Err(why.into());
        }
        let now = self.clock.now();
        let accepted = match &attempt.credential {
            Credential::Code(code) => self.go_on(directory, attempt, code).await?,
            _ => chain::run(directory, attempt, &self.workers, guard, now, batch).await?,
        };
        let refused = |why| Refused { by: Some(accepted.by.clone()), why };
        let (by, account) = (&accepted.by, &accepted.account);
        let terms = terms::of(account, &by.id, &directory.config).map_err(refused)?;
        if self.activity.is_disabled(&account.id) {
            return Err(refused(Why::Inactive));
        }
        if attempt.credential.is_query() {
            return Ok(Verdict::Acceptable);
        }
        guard.look_again().map_err(refused)?;
        let before = proven_before(directory, attempt, &accepted).map_err(refused)?;
        let mut proven = before.or(partial::proves(&attempt.credential));
        let key = self.key(directory, attempt, &accepted).await.map_err(refused)?;
        if let (Some(totp), Some(code)) = (&account.totp, &accepted.along.code)
            && !proven.code
        {
            let checked = second_factor::check(&self.state, account, totp, code.clone(), now);
            let used = checked.await.map_err(refused)?;
            report::second_factor(&accepted, used, attempt, batch);
            proven = proven.or(Factors::CODE);
        }
        let missing = partial::missing(account, proven);
        if !missing.is_empty() {
            let live = directory.config.accounts.get(&account.id).and_then(Component::live);
            let live = live.ok_or_else(|| refused(Why::BeginAnew))?.clone();
            report::partial(&accepted, missing, attempt, batch);
            let (user, by) = (attempt.user.clone(), by.id.clone());
            return Ok(Verdict::Partial(Partial { user, account: live, by, proven, missing, key }));
        }
        let untold = Batch::new(batch.origin().clone(), batch.clock().clone(), self.random.clone());
        let untold = report::accepted(&accepted, proven, &key, attempt, &directory.config, untold);
        let expires = terms::expires(account);
        let entrance = Some(entrance(attempt));
        let grant = Grant::issue(terms, key, expires, entrance, &self.epoch, made);
        Ok(Verdict::Accept(Box::new(Login::new(grant, untold, guard.clone()))))
    }

    /// Goes on from what was proven before, with a code.
    async fn go_on(
        &self,
        directory: &Directory,
        attempt: &Attempt,
        code: &Secret,
    ) -> Result<Accepted, Refused> {
        let partial = attempt.partial.as_ref().ok_or(Why::NothingProven)?;
        let by = directory.config.authentications.get(&partial.by).and_then(Component::live);
        let by = by.filter(|by| by.options.enabled).ok_or(Why::AuthenticationGone)?.clone();
        let principal = PrincipalId { authentication: by.id.clone(), id: partial.account.id.clone() };
        match self.account(directory, &principal, Some(&entrance(attempt)), &partial.key).await {
            Ok((account, key)) => {
                let along = Along { admission: key.admission, code: Some(code.clone()) };
                Ok(Accepted { by, account: Box::new(account), along })
            }
            Err(why) => Err(Refused { by: Some(by), why }),
        }
    }

    /// The key of the login, shown now or before, and what it is good for now.
    async fn key(&self, directory: &Directory, attempt: &Attempt, accepted: &Accepted) -> Result<Proof, Why> {
        if let shown @ (Credential::Key { .. } | Credential::Host { .. }) = &attempt.credential {
            return Ok(Proof { key: Some(Arc::new(shown.clone())), admission: accepted.along.admission });
        }
        let before = attempt.partial.as_ref().map(|partial| partial.key.clone()).unwrap_or_default();
        let Some(shown) = before.key.clone() else { return Ok(before) };
        let (config, now) = (directory.config.clone(), self.clock.now());
        let revocations = self.workers.revocations.clone();
        let work = move || keys::not_revoked(&config, &shown, &revocations, now);
        self.workers.blocking.run(work).await.ok_or(Why::Interrupted)??;
        let account = accepted.account.clone();
        let (_, key) = self.judge_again(directory, account, Some(attempt.source), before).await?;
        Ok(key)
    }
}

/// By where somebody gets in.
fn entrance(attempt: &Attempt) -> Entrance {
    let Attempt { source, service, post_quantum, .. } = attempt;
    Entrance { source: *source, service: service.clone(), post_quantum: *post_quantum }
}

/// What this user has proven before.
///
/// # Errors
/// It was of somebody else, or of the account as it was: nothing of it counts.
fn proven_before(directory: &Directory, attempt: &Attempt, accepted: &Accepted) -> Result<Factors, Why> {
    let Some(partial) = &attempt.partial else { return Ok(Factors::default()) };
    let live = directory.config.accounts.get(&accepted.account.id).and_then(Component::live);
    let as_it_was = live.is_some_and(|live| Arc::ptr_eq(live, &partial.account));
    if partial.user == attempt.user && as_it_was && partial.by == accepted.by.id {
        Ok(partial.proven)
    } else {
        Err(Why::BeginAnew)
    }
}

/// Refuses, before any work, what no account can have: the same for every name.
fn well_formed(attempt: &Attempt) -> Result<(), Why> {
    if attempt.user.is_empty() || attempt.user.chars().nth(MAX_NAME_CHARS).is_some() {
        return Err(Why::MalformedName);
    }
    match &attempt.credential {
        Credential::Password(text) | Credential::Code(text) if is_malformed(text) => {
            Err(Why::MalformedPassword)
        }
        Credential::PasswordAndCode { password, code } if is_malformed(password) || is_malformed(code) => {
            Err(Why::MalformedPassword)
        }
        _ => Ok(()),
    }
}

fn is_malformed(text: &Secret) -> bool {
    text.is_empty() || password::is_too_long(text)
}

#[cfg(test)]
mod tests;
