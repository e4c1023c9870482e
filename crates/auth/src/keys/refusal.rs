//! Why a key that is known lets nobody in. For events, never for the peer.

use std::net::IpAddr;

use crate::{RevocationError, Why};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefusal {
    /// An option of its line is not known or cannot be honoured.
    #[error("the key's line cannot be used: {0}")]
    Option(String),
    #[error("the key may not be used from {0}")]
    From(IpAddr),
    #[error("the key has expired")]
    Expired,
    #[error("the authenticator was not touched")]
    Untouched,
    #[error("the authenticator did not recognise its user")]
    Unverified,
    #[error("the key is in no authenticator, which could recognise its user")]
    NoAuthenticator,
    #[error("{0}")]
    Revoked(&'static str),
    #[error("no key is accepted, because the list of revoked keys cannot be used: {0}")]
    NoRevocations(RevocationError),
    /// Whom the certificate is from is trusted by neither option nor line.
    #[error("the certificate's authority is not one of the account's")]
    Authority,
    #[error("no certificate is accepted, because the authorities cannot be used: {0}")]
    NoAuthorities(String),
    #[error("the certificate is for a host")]
    HostCertificate,
    #[error("the certificate cannot be used: {0}")]
    Condition(String),
    #[error("the certificate names no user, so it is for nobody")]
    NoPrincipals,
    #[error("the certificate does not name this user")]
    Principal,
    #[error("the certificate is not valid yet")]
    NotYet,
    #[error("the certificate has expired")]
    CertificateExpired,
    #[error("the certificate may not be used from {0}")]
    Source(IpAddr),
    #[error("hosts do not vouch for this user: the option 'ssh_hostbased_auth' of the first group is off")]
    NoHosts,
    #[error("the key's line does not name the host '{0}' in its option 'from'")]
    Host(String),
    #[error("the host speaks of its user '{0}', not of one with the account's name")]
    HostUser(String),
}

impl From<KeyRefusal> for Why {
    fn from(refusal: KeyRefusal) -> Self {
        Why::KeyRefused(refusal)
    }
}
