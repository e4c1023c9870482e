//! Where work is done that must not hold up the network.

use std::sync::Arc;

use causeway_config::EffectiveAccount;

use crate::blocking::{Blocking, KeyFiles};
use crate::{Hashing, Revocations, Why};

#[derive(Debug, Clone)]
pub(crate) struct Workers {
    pub(crate) hashing: Hashing,
    pub(crate) blocking: Blocking,
    /// Apart from the others, since a file system that hangs takes its turns for good.
    pub(crate) key_files: KeyFiles,
    /// For judging how strong new passwords are, which takes long and must not take turns from logins.
    pub(crate) strength: Blocking,
    pub(crate) revocations: Arc<Revocations>,
}

impl Workers {
    pub(crate) fn new(hashing: Hashing) -> Self {
        Self {
            hashing,
            blocking: Blocking::default(),
            key_files: KeyFiles::default(),
            strength: Blocking::of(1),
            revocations: Arc::default(),
        }
    }

    /// Asks something of an account's keys: where its files may be waited for, if it has any.
    ///
    /// # Errors
    /// They take too long.
    pub(crate) async fn with_key_files<T: Send + 'static>(
        &self,
        account: Box<EffectiveAccount>,
        ask: impl FnOnce(&EffectiveAccount) -> T + Send + 'static,
    ) -> Result<(Box<EffectiveAccount>, T), Why> {
        let has_files = account.ssh_keys_path.is_some();
        let work = move || {
            let answer = ask(&account);
            (account, answer)
        };
        if has_files { self.key_files.run(work).await } else { Ok(work()) }
    }
}
