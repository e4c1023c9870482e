//! The signature algorithms.

use causeway_core::escape;
use causeway_core::sshkey::Algorithm;
use thiserror::Error;

/// A signature algorithm that is made and accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// RFC 8709.
    Ed25519,
    /// RFC 5656; the hash is the one that belongs to the curve (section 6.2.1).
    EcdsaP256,
    EcdsaP384,
    EcdsaP521,
    /// RFC 8332.
    RsaSha512,
    RsaSha256,
    /// Of a FIDO authenticator (OpenSSH PROTOCOL.u2f): users have such keys, servers have not.
    SkEd25519,
    SkEcdsaP256,
    /// `ssh-rsa` (RFC 4253 section 6.6): legacy, since it rests on SHA-1. Users may sign so where that is asked for; no
    /// certificate does, and no host key, since the cryptographic library makes no such signatures any more.
    RsaSha1,
}

/// Why a name is not that of an acceptable signature algorithm.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SchemeError {
    /// `ssh-rsa` with a certificate or on one: its signatures rest on SHA-1.
    #[error(
        "a signature is made with ssh-rsa (SHA-1), which is broken; it must be rsa-sha2-256 or rsa-sha2-512"
    )]
    Sha1,
    /// The name, escaped and cut to 64 bytes.
    #[error("the signature algorithm '{0}' is not supported")]
    Unsupported(String),
}

/// What OpenSSH calls certificates whose keys sign with SHA-1.
const SHA1_CERTIFICATE: &str = "ssh-rsa-cert-v01@openssh.com";

impl Scheme {
    /// All of them, the preferred one first.
    pub const ALL: [Self; 9] = [
        Self::Ed25519,
        Self::SkEd25519,
        Self::EcdsaP256,
        Self::EcdsaP384,
        Self::EcdsaP521,
        Self::SkEcdsaP256,
        Self::RsaSha512,
        Self::RsaSha256,
        Self::RsaSha1,
    ];

    /// The names of those that are accepted of users unless somebody asks for others.
    pub const NAMES: [&'static str; 8] = [
        Self::Ed25519.name(),
        Self::SkEd25519.name(),
        Self::EcdsaP256.name(),
        Self::EcdsaP384.name(),
        Self::EcdsaP521.name(),
        Self::SkEcdsaP256.name(),
        Self::RsaSha512.name(),
        Self::RsaSha256.name(),
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ssh-ed25519",
            Self::EcdsaP256 => "ecdsa-sha2-nistp256",
            Self::EcdsaP384 => "ecdsa-sha2-nistp384",
            Self::EcdsaP521 => "ecdsa-sha2-nistp521",
            Self::RsaSha512 => "rsa-sha2-512",
            Self::RsaSha256 => "rsa-sha2-256",
            Self::SkEd25519 => "sk-ssh-ed25519@openssh.com",
            Self::SkEcdsaP256 => "sk-ecdsa-sha2-nistp256@openssh.com",
            Self::RsaSha1 => "ssh-rsa",
        }
    }

    /// What it is called where the key comes with a certificate (OpenSSH PROTOCOL.certkeys). The signature itself has
    /// the plain name.
    pub const fn certificate_name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ssh-ed25519-cert-v01@openssh.com",
            Self::EcdsaP256 => "ecdsa-sha2-nistp256-cert-v01@openssh.com",
            Self::EcdsaP384 => "ecdsa-sha2-nistp384-cert-v01@openssh.com",
            Self::EcdsaP521 => "ecdsa-sha2-nistp521-cert-v01@openssh.com",
            Self::RsaSha512 => "rsa-sha2-512-cert-v01@openssh.com",
            Self::RsaSha256 => "rsa-sha2-256-cert-v01@openssh.com",
            Self::SkEd25519 => "sk-ssh-ed25519-cert-v01@openssh.com",
            Self::SkEcdsaP256 => "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
            Self::RsaSha1 => SHA1_CERTIFICATE,
        }
    }

    /// The algorithm of that name, compared exactly, for keys with a certificate.
    pub fn from_certificate_name(name: &[u8]) -> Result<Self, SchemeError> {
        match Self::ALL.into_iter().find(|s| s.certificate_name().as_bytes() == name) {
            Some(Self::RsaSha1) => Err(SchemeError::Sha1),
            Some(scheme) => Ok(scheme),
            None => Err(unsupported(name)),
        }
    }

    /// The algorithm of that name, compared exactly.
    pub fn from_name(name: &[u8]) -> Result<Self, SchemeError> {
        let found = Self::ALL.into_iter().find(|s| s.name().as_bytes() == name);
        found.ok_or_else(|| unsupported(name))
    }

    /// The type of key that signs so.
    pub fn key_type(self) -> Algorithm {
        match self {
            Self::Ed25519 => Algorithm::Ed25519,
            Self::EcdsaP256 => Algorithm::EcdsaP256,
            Self::EcdsaP384 => Algorithm::EcdsaP384,
            Self::EcdsaP521 => Algorithm::EcdsaP521,
            Self::RsaSha512 | Self::RsaSha256 | Self::RsaSha1 => Algorithm::Rsa,
            Self::SkEd25519 => Algorithm::SkEd25519,
            Self::SkEcdsaP256 => Algorithm::SkEcdsaP256,
        }
    }
}

fn unsupported(name: &[u8]) -> SchemeError {
    SchemeError::Unsupported(escape::text(name.get(..64).unwrap_or(name)))
}
