//! A user wants another password.

use std::sync::Arc;

use causeway_config::Component;
use causeway_config::value::StoredPassword;
use causeway_core::Secret;

use super::Authenticator;
use crate::own_password::{Change, NotChanged, Policy, Wish, history};
use crate::password::PasswordHash;
use crate::state::broken;
use crate::{Grant, Why};

impl Authenticator {
    /// Whether the user of a session may give the account this password, and what is to be stored for it then. What the
    /// password is now counts as one that was from here on.
    ///
    /// # Errors
    /// Nothing is to be changed.
    pub async fn own_password(&self, grant: &Grant, wish: Wish) -> Result<Change, NotChanged> {
        let directory = self.directory.load_full();
        let principal = &grant.terms().principal;
        let (account, _) = self.account(&directory, principal, grant.entrance(), grant.proof()).await?;
        if !account.own_password_change {
            return Err(NotChanged::NotAllowed);
        }
        let stored = account.password.text().ok_or(NotChanged::NoPassword)?.clone();
        let hash = PasswordHash::parse(&stored).map_err(Why::UnusablePassword)?;
        let Wish { current, new } = wish;
        let source = grant.source();
        let verify = async |hash, password: &Secret| {
            let turn = self.workers.hashing.turn(source).await.map_err(Why::from)?;
            turn.verify(Arc::new(hash), password.clone()).await.map_err(Why::from)
        };
        if !verify(hash, &current).await? {
            return Err(NotChanged::WrongPassword);
        }
        let server = directory.config.server.clone();
        let live = directory.config.accounts.get(&account.id).and_then(Component::live).cloned();
        let (policy, name) = (Policy::of(&server, account.totp.is_some()), account.name.clone());
        let wanted = new.clone();
        let check = move || {
            let mailboxes = live.iter().flat_map(|a| a.options.email.iter());
            let words = mailboxes.flat_map(|m| m.address.split('@').chain([&*m.name]));
            policy.check(&wanted, &words.chain([&*name]).collect::<Vec<&str>>())
        };
        self.workers.strength.run(check).await.ok_or(Why::Interrupted)??;
        if new == current {
            return Err(NotChanged::Again);
        }
        let (id, differ) = (account.id.clone(), server.password_history);
        let read =
            self.state.ask(|store| async move { history::read(&store, &id, differ).await.map_err(broken) });
        let before = read.await?;
        for old in &before {
            let Ok(old) = PasswordHash::parse(old) else { continue };
            if verify(old, &new).await? {
                return Err(NotChanged::Again);
            }
        }
        let hashed = async |password| {
            let turn = self.workers.hashing.turn(source).await.map_err(Why::from)?;
            turn.hash_new(password, self.random.clone()).await.map_err(Why::from)
        };
        let hash = hashed(new).await?;
        // What was in clear is not kept in clear.
        let was_hashed = matches!(account.password, StoredPassword::Hash { .. });
        let now = if was_hashed { stored.clone() } else { Secret::new(hashed(current).await?) };
        let id = account.id.clone();
        let push = self.state.ask(|store| async move {
            history::push(&store, &id, &now, &before, differ).await.map_err(broken)
        });
        push.await?;
        Ok(Change { account: account.id, name: account.name, before: stored, hash })
    }
}
