//! Signing with host keys, and verifying what users sign. The keys' file formats are in
//! [`causeway_core::sshkey`].
//!
//! - [`Scheme`]: the signature algorithms, and which type of key each belongs to.
//! - [`HostKeyPair`]: a private key that signs key exchanges; [`CertifiedHostKey`]: the same with its certificate.
//! - [`verify`]: one signature of one public key; [`verify_certificate`]: that of a certificate's authority.
//! - [`generate`]: new keys.

mod certified;
mod generate;
mod host;
mod scheme;
mod verify;

#[cfg(test)]
mod tests;

pub use certified::{CertifiedHostKey, CertifiedHostKeyError};
pub use generate::{GenerateError, KeyKind, generate};
pub use host::{HostKeyError, HostKeyPair};
pub use scheme::{Scheme, SchemeError};
pub(crate) use verify::fitting;
pub use verify::{VerifyError, verify, verify_certificate};
