//! Why a login is refused: for events and the process itself, never for the peer.

use std::sync::Arc;

use causeway_config::{EffectiveError, Refusal};

use crate::authorized_keys::KeysError;
use crate::guard::Barred;
use crate::hashing::HashingError;
use crate::keys::KeyRefusal;
use crate::password::{MAX_PASSWORD_CHARS, PasswordHashError};
use crate::second_factor::WrongCode;

/// The longest name that an account can have, in characters.
pub(crate) const MAX_NAME_CHARS: usize = 150;

/// Why there is no grant. The texts are for administrators.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// The service's security policy lets nobody in from there.
    #[error("{0}")]
    Barred(Barred),
    /// A balancer does not say where the client is.
    #[error("the balancer does not say where the client is")]
    NoAddress,
    /// The service's security policy refuses the name.
    #[error("the security policy '{0}' refuses this name")]
    NameDenied(Arc<str>),
    /// The peer sent a password that no account can have.
    #[error("the password is empty or longer than {MAX_PASSWORD_CHARS} characters")]
    MalformedPassword,
    /// The peer sent a name that no account can have.
    #[error("the user name is empty or longer than {MAX_NAME_CHARS} characters")]
    MalformedName,
    /// The chain ended without an answer.
    #[error("no authentication method knows this user")]
    UnknownUser,
    /// No method of the chain takes credentials of this kind.
    #[error("no authentication method takes these credentials")]
    NoMethod,
    #[error("the password is wrong")]
    WrongPassword,
    #[error("the account has no password")]
    NoPassword,
    #[error("{0}")]
    UnusablePassword(PasswordHashError),
    #[error("the key is not one of the account's")]
    WrongKey,
    #[error("the key is not one of the account's, among whose lines one lets nobody in: {0}")]
    UnusableLine(String),
    #[error("{0}")]
    UnusableKeys(KeysError),
    /// Whether the key is the account's cannot be told.
    #[error("the file system with the files of keys does not answer")]
    KeyFilesHung,
    /// The key or certificate is known, and refused all the same.
    #[error("{0}")]
    KeyRefused(KeyRefusal),
    #[error("the account does not log in with credentials of this kind")]
    CredentialNotAllowed,
    #[error("the account is disabled")]
    Disabled,
    #[error("the account's group '{0}' is disabled")]
    GroupDisabled(Arc<str>),
    #[error("the account has expired")]
    Expired,
    #[error("the account is disabled: nobody has logged in by it for too long")]
    Inactive,
    #[error("the account's password is too old")]
    PasswordExpired,
    /// The account is not for this peer, or not for this method.
    #[error("{0}")]
    Refused(Refusal),
    /// The account's configuration cannot be honoured.
    #[error("{0}")]
    Misconfigured(EffectiveError),
    #[error("the folder '{0}' is not an absolute path")]
    RelativeFolder(String),
    /// A method of the chain cannot decide as it is configured, and leaving it out could let somebody in.
    #[error("the authentication cannot be used: {0}")]
    MethodFailed(Arc<str>),
    /// The service that was asked is gone, or its configuration cannot be honoured.
    #[error("the service is not configured")]
    NoService,
    /// The authentication that once vouched for the login is gone or switched off.
    #[error("the authentication of this login is gone")]
    AuthenticationGone,
    #[error("{0}")]
    Code(WrongCode),
    /// A code came first.
    #[error("a one-time code came, and nothing was proven before it")]
    NothingProven,
    /// What was proven before does not count any more.
    #[error("the account has changed since its user began to log in")]
    BeginAnew,
    /// The state cannot tell whether a one-time code was used.
    #[error("the state cannot be asked about one-time codes: {0}")]
    State(Arc<str>),
    #[error("{0}")]
    Hashing(#[from] HashingError),
    /// The process is ending.
    #[error("the process is stopping")]
    Interrupted,
}

impl Why {
    /// Whether what the user has proven before is to be forgotten.
    pub fn begins_anew(&self) -> bool {
        matches!(self, Why::BeginAnew | Why::NothingProven)
    }
}

impl From<EffectiveError> for Why {
    fn from(error: EffectiveError) -> Self {
        match error {
            EffectiveError::Refused(refusal) => Why::Refused(refusal),
            other => Why::Misconfigured(other),
        }
    }
}
