//! Users who give their accounts another password.

use std::sync::atomic::Ordering;
use std::sync::mpsc;

use causeway_core::Secret;

use super::fixture::*;
use crate::Why;
use crate::own_password::{Change, NotChanged, Weakness, Wish};
use crate::password::PasswordHash;

const GROUP: &str =
    "\n[groups/own]\nname = Own\nhome_folder_path = /srv/own\nallow_own_password_change = Yes\n";
const NEW: &str = "brisk onyx lantern 47";

struct Site {
    installation: Installation,
    folder: tempfile::TempDir,
}

impl Site {
    async fn with(password: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let installation = Installation::new(&sections(password)).with_state(folder.path()).await;
        Self { installation, folder }
    }

    async fn change(&self, current: &str, new: &str) -> Result<Change, NotChanged> {
        let grant = self.installation.grant(&proven("alice", ALICE_KEY)).await;
        let wish = Wish { current: Secret::new(current), new: Secret::new(new) };
        self.installation.authenticator.own_password(&grant, wish).await
    }

    /// The same when the configuration has this password.
    async fn then(self, password: &str) -> Self {
        let installation = Installation::new(&sections(password)).with_state(self.folder.path()).await;
        Self { installation, ..self }
    }
}

fn sections(password: &str) -> String {
    let options = format!("group = own\npassword = {password}\nssh_authorized_keys_content = {ALICE_KEY}");
    format!("{GROUP}{}", account("alice", &options))
}

#[tokio::test]
async fn a_new_password_is_hashed_and_the_old_one_remembered() {
    let site = Site::with(SHA512).await;
    let change = site.change("secret", NEW).await.unwrap();
    assert_eq!((&*change.account, change.before), ("alice-id", Secret::new(SHA512)));
    let hash = PasswordHash::parse(&Secret::new(change.hash.as_str())).unwrap();
    assert!(hash.verify(&Secret::new(NEW)));
    // It must not come back, however it was hashed.
    let site = site.then(&change.hash).await;
    let back = site.change(NEW, "secret").await.unwrap_err();
    assert!(matches!(back, NotChanged::Weak(_)), "{back:?}");
    let next = site.change(NEW, "quiet maple harbor 81").await.unwrap();
    let site = site.then(&next.hash).await;
    assert_eq!(site.change("quiet maple harbor 81", NEW).await.unwrap_err(), NotChanged::Again);
}

#[tokio::test]
async fn wrong_weak_or_equal_passwords_change_nothing() {
    let site = Site::with(SHA512).await;
    assert_eq!(site.change("wrong", NEW).await.unwrap_err(), NotChanged::WrongPassword);
    assert_eq!(site.change("secret", "alice-alice-alice").await.unwrap_err(), Weakness::Guessable.into());
    let site = Site::with(NEW).await;
    assert_eq!(site.change(NEW, NEW).await.unwrap_err(), NotChanged::Again);
}

#[tokio::test]
async fn accounts_that_may_not_have_no_password_or_no_state_change_nothing() {
    let site = Site::with("").await;
    assert_eq!(site.change("", NEW).await.unwrap_err(), NotChanged::NoPassword);
    let folder = tempfile::tempdir().unwrap();
    let options = format!("password = {SHA512}\nssh_authorized_keys_content = {ALICE_KEY}");
    let not_allowed = Installation::new(&account("alice", &options)).with_state(folder.path()).await;
    let site = Site { installation: not_allowed, folder };
    assert_eq!(site.change("secret", NEW).await.unwrap_err(), NotChanged::NotAllowed);
    let folder = tempfile::tempdir().unwrap();
    let site = Site { installation: Installation::new(&sections(SHA512)), folder };
    let error = site.change("secret", NEW).await.unwrap_err();
    assert!(matches!(&error, NotChanged::Other(Why::State(_))), "{error:?}");
    assert_eq!(error.for_user(), "it cannot be changed now");
}

#[tokio::test]
async fn v18_judging_how_strong_a_password_is_takes_no_turn_from_logins() {
    let site = Site::with(SHA512).await;
    let workers = &site.installation.authenticator.workers;
    site.change("secret", NEW).await.unwrap();
    assert_eq!(workers.strength.done.load(Ordering::SeqCst), 1);
    let done = workers.blocking.done.load(Ordering::SeqCst);
    let (end, wait) = mpsc::channel::<()>();
    let strength = workers.strength.clone();
    let long = tokio::spawn(async move { strength.run(move || wait.recv().is_err()).await });
    while workers.strength.done.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
    let waits = site.change("secret", NEW);
    let by_key = proven("alice", ALICE_KEY);
    let logs_in = site.installation.grant(&by_key);
    tokio::pin!(waits);
    tokio::select! {
        biased;
        changed = &mut waits => panic!("{changed:?}"),
        _ = logs_in => {}
    }
    assert!(workers.blocking.done.load(Ordering::SeqCst) > done);
    drop(end);
    waits.await.unwrap();
    assert_eq!(long.await.unwrap(), Some(true));
}
