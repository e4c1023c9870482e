//! What the key exchange needs of host keys. The keys themselves live in `keys`.

use std::fmt::Debug;

use thiserror::Error;

/// A private key that proves the server's identity.
pub trait HostKey: Debug + Send + Sync {
    /// The signature algorithms to offer, the preferred one first: `ssh-ed25519`; for an RSA key `rsa-sha2-512` and
    /// `rsa-sha2-256` (RFC 8332).
    fn algorithms(&self) -> &[&'static str];

    /// The public key blob (RFC 4253 section 6.6), which begins with the key's type.
    fn public_blob(&self) -> &[u8];

    /// Signs `data` with one of [`algorithms`](Self::algorithms). The result is the whole signature blob:
    /// `string algorithm`, `string signature`.
    fn sign(&self, algorithm: &str, data: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// A host key did not sign: the algorithm is none of its own, or the library refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the host key could not sign")]
pub struct SignError;

/// The client's judgement of a server's host key.
pub trait ServerKeyCheck: Debug + Send + Sync {
    /// `Ok` only if the key in `public_blob` is trusted for this server **and** `signature` (a signature blob) is a
    /// valid signature of it over `data` with exactly `algorithm`. That blob and signature name the types that
    /// `algorithm` requires has been checked before. The error says why, for the log.
    fn check(&self, algorithm: &str, public_blob: &[u8], data: &[u8], signature: &[u8])
    -> Result<(), String>;
}
