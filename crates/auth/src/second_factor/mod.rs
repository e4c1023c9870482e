//! Second factors: one-time codes, and what stands in for them.
//!
//! - [`codes`]: codes by time. [`appended`]: a code behind a password.
//! - [`record`]: what is kept of an account, so that a code counts once, on any node and over restarts.

mod appended;
mod codes;
mod record;

use causeway_config::EffectiveAccount;
use causeway_config::value::{RecoveryCodes, Totp};
use causeway_core::{Secret, Timestamp};
use causeway_store::{Store, Swap};

use crate::Why;
use crate::state::{State, broken};
use record::Record;

pub(crate) use appended::{split, split_any};
#[cfg(test)]
pub(crate) use codes::code_for_test;

/// Where the state has what is known of the codes of accounts, by their ids.
const NAMESPACE: &str = "second-factor";
/// Somebody else may log in by the same account at the same moment, but not so often.
const TRIES: usize = 16;

/// What a good code was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Used {
    Totp,
    /// So many are left.
    Recovery {
        left: usize,
    },
}

/// Why a code is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WrongCode {
    #[error("the one-time code is wrong")]
    Wrong,
    #[error("the one-time code, or a later one, was used before")]
    Again,
    #[error(
        "the one-time code was not looked at: there were too many wrong ones, and it is one a minute now"
    )]
    TooMany,
}

/// Whether the code is good; from then on it is used.
///
/// # Errors
/// It is not, or the state cannot tell, which refuses.
pub(crate) async fn check(
    state: &State,
    account: &EffectiveAccount,
    totp: &Totp,
    code: Secret,
    now: Timestamp,
) -> Result<Used, Why> {
    let (id, totp, recovery) = (account.id.clone(), totp.clone(), account.recovery_codes.clone());
    let code = without_blanks(&code);
    state.ask(|store| async move { judge(&store, &id, &totp, &recovery, &code, now).await }).await
}

/// A code as it was meant: apps show it in groups.
fn without_blanks(code: &Secret) -> Secret {
    Secret::new(code.expose().iter().copied().filter(|b| *b != b' ').collect::<Vec<u8>>())
}

async fn judge(
    store: &Store,
    id: &str,
    totp: &Totp,
    recovery: &RecoveryCodes,
    code: &Secret,
    now: Timestamp,
) -> Result<Used, Why> {
    for _ in 0..TRIES {
        let entry = store.get(NAMESPACE, id).await.map_err(broken)?;
        let mut record = match &entry {
            None => Record::default(),
            Some(entry) => Record::decode(&entry.value)
                .ok_or_else(|| Why::State("what it has of the account cannot be read".into()))?,
        };
        let verdict = record.judge(totp, recovery, code, now);
        if verdict == Err(WrongCode::TooMany) {
            return verdict.map_err(Why::Code);
        }
        let seen = entry.map(|entry| entry.revision);
        // Nobody is told before it is written; who was slower judges again by what was written.
        match store.compare_and_set(NAMESPACE, id, seen, &record.encode(), None).await.map_err(broken)? {
            Swap::Done(_) => return verdict.map_err(Why::Code),
            Swap::Conflict(_) => {}
        }
    }
    Err(Why::State("the account is in use by too many at once".into()))
}
