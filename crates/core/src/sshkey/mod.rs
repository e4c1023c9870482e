//! The file formats of SSH keys. Nothing here signs or verifies: that is the SSH engine's.
//!
//! - [`PublicKey`], [`Algorithm`]: one public key as the wire knows it (RFC 4253 section 6.6).
//! - [`parse_many`]: the public keys of a text in OpenSSH's or RFC 4716's form.
//! - [`PrivateKey`]: one private key out of OpenSSH's own format, PKCS#8, PKCS#1 or SEC 1.
//! - [`Certificate`]: a public key with what a certificate authority says of it (OpenSSH PROTOCOL.certkeys);
//!   [`Offered`]: one or the other.
//! - [`AuthorizedKey`], [`parse_authorized`]: the lines that say who may log in, with their options; [`Patterns`]: the
//!   addresses and names of hosts in them.
//! - [`Revoked`]: keys and certificates that count no more, as text or as OpenSSH's KRL.
//!
//! A text that restricts a key (an option before it) is refused rather than read without its restriction.

mod authorized;
mod certificate;
mod der;
mod error;
mod fields;
mod openssh;
mod patterns;
mod pem;
mod private;
mod public;
mod remainder;
mod revoked;
mod text;

#[cfg(test)]
mod tests;

pub use authorized::{Authorized, AuthorizedKey, Expiry, KeyTerms, UnusableLine, parse_authorized};
pub use certificate::{Certificate, CertificateError, CertificateKind, Conditions, Offered, Touch};
pub use error::{KeyError, LineError, PrivateKeyError};
pub use patterns::Patterns;
pub use private::PrivateKey;
pub use public::{Algorithm, Material, PublicKey};
pub use revoked::{Revoked, RevokedError};
pub use text::parse_many;

/// The longest text that any parser here reads, in bytes.
pub const MAX_TEXT: usize = 100 * 1024;

/// The sizes of RSA moduli that are accepted, in bits. Smaller ones are breakable; larger ones cannot be
/// verified by the cryptographic library.
pub const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;
