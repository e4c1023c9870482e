//! The key exchange: who the server is, and keys that nobody else has (RFC 4253 sections 7 and 8, RFC 4419, RFC 5656,
//! RFC 8268, RFC 8731, mlkem768x25519-sha256).
//!
//! - `init`: the KEXINIT message.
//! - [`method`]: the methods by name.
//! - `agree`: from two public values to a secret, by `curve` and `group`, whose `primes` are fixed.
//! - `group_exchange`: how client and server agree on a group.
//! - `secret`: from the secret to the exchange hash and to keys.
//! - [`host_key`]: what is asked of host keys.

pub(crate) mod agree;
mod curve;
pub(crate) mod group;
pub(crate) mod group_exchange;
pub mod host_key;
pub(crate) mod init;
pub mod method;
mod primes;
pub(crate) mod secret;

pub use group::GroupSize;
pub use group_exchange::{GroupChoice, GroupPolicy};
pub use host_key::{HostKey, ServerKeyCheck, SignError};
pub use method::KexMethod;
pub(crate) use secret::KeySource;
