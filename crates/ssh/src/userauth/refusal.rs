//! Why a login is refused before anybody is asked. The client learns none of this; the event does.

use causeway_core::sshkey::{CertificateError, KeyError, PublicKey};
use thiserror::Error;

use crate::keys::VerifyError;
use crate::wire::WireError;

/// What a client did that was refused here.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LoginError {
    /// A message that has no place before the end of the login (its number).
    #[error("message {0} is not allowed before the login")]
    Unexpected(u8),
    #[error("a login message is malformed: {0}")]
    Malformed(#[from] WireError),
    /// A service other than `ssh-userauth`, or behind it other than `ssh-connection` (escaped).
    #[error("the service '{0}' does not exist")]
    Service(String),
    #[error("the user name is empty or longer than {max} characters", max = super::request::MAX_USER_CHARS)]
    UserLength,
    #[error("the user name is not UTF-8 text or has control characters")]
    UserNotText,
    #[error("the password is longer than {max} bytes", max = super::request::MAX_PASSWORD)]
    PasswordLength,
    #[error("the password is not UTF-8 text")]
    PasswordNotText,
    #[error("the password cannot be changed during the login")]
    PasswordChange,
    /// Another number of answers than there were questions (RFC 4256 section 3.4).
    #[error("one question was asked, and {0} answers came")]
    Answers(u32),
    #[error("the question was not answered: something else was asked for")]
    Abandoned,
    /// A method that is not offered, not yet or no more (escaped).
    #[error("the method '{0}' is not offered")]
    Method(String),
    #[error("the public key is refused: {0}")]
    Key(#[from] KeyError),
    #[error("the public key is refused: {0}")]
    Signature(#[from] VerifyError),
    #[error("the certificate is refused: {0}")]
    Certificate(#[from] CertificateError),
    #[error("the certificate is refused: the signature of its authority: {0}")]
    Authority(VerifyError),
    /// One that is known, but not in the service's list.
    #[error("the signature algorithm '{0}' is not allowed by the option 'ssh_cipher_list'")]
    NotAllowed(&'static str),
    /// The names of a host and of its user are short texts.
    #[error("the name of the client's host or of its user is malformed")]
    HostName,
    #[error("too many authentication failures")]
    TooManyFailures,
    #[error("too many public keys offered")]
    TooManyQueries,
    #[error("too many authentication requests")]
    TooManyRequests,
}

impl Refused {
    /// Whether the client showed something that cannot be right, as a wrong signature or a password that nobody has: a
    /// failed login, unlike a key or a method that is not understood.
    pub fn is_failed_login(&self) -> bool {
        match &self.cause {
            LoginError::Signature(e) => matches!(e, VerifyError::Wrong | VerifyError::Malformed),
            LoginError::PasswordLength | LoginError::PasswordNotText => true,
            LoginError::UserLength | LoginError::UserNotText => self.method == b"password",
            _ => false,
        }
    }
}

/// A request that failed before anybody was asked about it: what event 30007 reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The user name as it came, cut to 600 bytes; it may be no text.
    pub user: Vec<u8>,
    /// The method's name as it came, cut to 64 bytes.
    pub method: Vec<u8>,
    /// The key, where it could be read: its fingerprint helps.
    pub key: Option<Box<PublicKey>>,
    pub cause: LoginError,
}
