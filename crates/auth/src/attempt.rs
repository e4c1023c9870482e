//! What a peer claims, and what it is told.

use std::net::IpAddr;
use std::sync::Arc;

use causeway_core::Secret;
use causeway_core::sshkey::{Offered, PublicKey, Touch};

use crate::{Login, Partial, Why};

/// One try to log in. A change of the user's name is another attempt.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The name as the peer sent it.
    pub user: String,
    pub credential: Credential,
    /// The id of the service that was asked: it says which methods decide.
    pub service: Arc<str>,
    /// Where the peer is.
    pub source: IpAddr,
    /// Whether the session's key exchange withstands quantum computers.
    pub post_quantum: bool,
    /// What this user has proven before, on the same connection and since the name was last changed.
    pub partial: Option<Partial>,
}

/// What is shown for it.
#[derive(Debug, Clone)]
pub enum Credential {
    /// A one-time code may stand behind it.
    Password(Secret),
    /// Both, each asked for.
    PasswordAndCode { password: Secret, code: Secret },
    /// A one-time code alone: what goes before it was proven before.
    Code(Secret),
    Key {
        /// Of a certificate, the signature of its authority was verified.
        key: Offered,
        /// The peer has signed with the private half, and the signature was verified. Without, it asks whether the
        /// key would do (RFC 4252 section 7), which never results in a login.
        proven: bool,
        /// What a FIDO authenticator said when it signed.
        touch: Option<Touch>,
    },
    /// A host has signed that this is its user, and the signature was verified (RFC 4252 section 9).
    Host {
        key: PublicKey,
        /// In lower case, without a dot at the end.
        host: String,
        /// The user's name on that host.
        user: String,
    },
}

impl Credential {
    /// Its name in events: as in the option `required_credentials`.
    pub fn kind(&self) -> &'static str {
        match self {
            Credential::Password(_) | Credential::PasswordAndCode { .. } => "password",
            Credential::Code(_) => "one-time-code",
            Credential::Key { .. } => "ssh-key",
            Credential::Host { .. } => "ssh-hostbased",
        }
    }

    /// Whether it only asks.
    pub fn is_query(&self) -> bool {
        matches!(self, Credential::Key { proven: false, .. })
    }
}

/// The answer to an attempt.
#[derive(Debug)]
#[must_use]
pub enum Verdict {
    /// Good. It counts when its user has been let in.
    Accept(Box<Login>),
    /// The answer to a query: this key, proven, would do.
    Acceptable,
    /// Good as far as it goes: more is needed.
    Partial(Partial),
    /// Refused. Why is for this process alone: all refusals look alike to the peer.
    Reject(Why),
}
