//! The option `ssh_cipher_list`.

use std::fmt;
use std::str::FromStr;

use super::{BadValue, list, text_value};

/// Key exchanges, the best first.
const KEY_EXCHANGES: [&str; 4] =
    ["mlkem768x25519-sha256", "curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256"];
/// Signatures of host keys and user keys, the best first.
const SIGNATURES: [&str; 8] = [
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "rsa-sha2-512",
    "rsa-sha2-256",
];
/// Ciphers, the best first. All authenticate what they encrypt: no MAC is negotiated.
const CIPHERS: [&str; 3] =
    ["aes256-gcm@openssh.com", "aes128-gcm@openssh.com", "chacha20-poly1305@openssh.com"];

/// Which algorithms a service offers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum CipherList {
    /// `secure`: all there are; there are no others.
    #[default]
    Secure,
    /// Those listed, in the order of the list.
    Listed(Box<Ciphers>),
}

/// A list of algorithms by their names on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ciphers {
    /// At least one.
    pub key_exchanges: Vec<&'static str>,
    /// At least one.
    pub ciphers: Vec<&'static str>,
    /// Empty: every kind of host key and user key; else those alone.
    pub signatures: Vec<&'static str>,
}

impl FromStr for CipherList {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let names = list::members(text)?;
        if names.is_empty() || names.iter().any(|n| n == "secure") {
            return Ok(Self::Secure);
        }
        let mut out = Ciphers::default();
        for name in &names {
            let known = |all: &[&'static str]| all.iter().find(|k| **k == *name).copied();
            if let Some(kex) = known(&KEY_EXCHANGES) {
                out.key_exchanges.push(kex);
            } else if let Some(cipher) = known(&CIPHERS) {
                out.ciphers.push(cipher);
            } else if let Some(signature) = known(&SIGNATURES) {
                out.signatures.push(signature);
            } else {
                return Err(BadValue::new(format!(
                    "'{name}' is not supported; use 'secure' or names out of: {}, {}, {}",
                    KEY_EXCHANGES.join(", "),
                    CIPHERS.join(", "),
                    SIGNATURES.join(", ")
                )));
            }
        }
        if out.key_exchanges.is_empty() || out.ciphers.is_empty() {
            return Err(BadValue::new("the list needs a key exchange and a cipher at least"));
        }
        Ok(Self::Listed(Box::new(out)))
    }
}

impl fmt::Display for CipherList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secure => f.write_str("secure"),
            Self::Listed(l) => {
                let names: Vec<_> =
                    l.key_exchanges.iter().chain(&l.ciphers).chain(&l.signatures).copied().collect();
                f.write_str(&names.join(", "))
            }
        }
    }
}

text_value!(CipherList, "'secure' or SSH algorithm names");
