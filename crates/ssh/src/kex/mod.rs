//! The key exchange: who the server is, and keys that nobody else has (RFC 4253 sections 7 and 8, RFC 5656,
//! RFC 8731, mlkem768x25519-sha256).
//!
//! - `init`: the KEXINIT message.
//! - [`method`]: the ways to agree on a secret.
//! - `secret`: from the secret to the exchange hash and to keys.
//! - [`host_key`]: what is asked of host keys.

pub mod host_key;
pub(crate) mod init;
pub mod method;
pub(crate) mod secret;

pub use host_key::{HostKey, ServerKeyCheck, SignError};
pub use method::KexMethod;
pub(crate) use secret::KeySource;
