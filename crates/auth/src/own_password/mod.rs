//! Users change their own passwords.
//!
//! - [`Dialogue`]: the conversation of `ssh user@host passwd`. [`policy`]: what a new password must be; `strength`: how hard
//!   it is to guess.
//! - [`history`]: passwords that were, and must not return yet.
//! - `Authenticator::own_password` brings them together. It writes nothing into the configuration: [`Change`] says what is
//!   to be written.

mod dialogue;
pub(crate) mod history;
mod policy;
mod strength;

use std::sync::Arc;

use causeway_core::Secret;

use crate::Why;

pub use dialogue::{Dialogue, Next, Wish};
pub(crate) use policy::Policy;
pub use policy::Weakness;

/// A password that will do.
#[derive(Debug)]
pub struct Change {
    /// The account's id.
    pub account: Arc<str>,
    pub name: Arc<str>,
    /// What the configuration has now: if it has something else by then, nothing is to be changed.
    pub before: Secret,
    /// What it is to have.
    pub hash: String,
}

/// Why a password was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotChanged {
    #[error("this account may not change its own password")]
    NotAllowed,
    #[error("this account has no password")]
    NoPassword,
    #[error("the current password is wrong")]
    WrongPassword,
    #[error("{0}")]
    Weak(#[from] Weakness),
    #[error("it was the account's password before")]
    Again,
    /// Nothing that concerns the user.
    #[error("{0}")]
    Other(#[from] Why),
}

impl NotChanged {
    /// What the user is told.
    pub fn for_user(&self) -> String {
        match self {
            NotChanged::Other(_) => "it cannot be changed now".to_owned(),
            reason => reason.to_string(),
        }
    }
}
