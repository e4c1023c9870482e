//! The methods of key exchange: their names, their hashes, what each rests on.

use aws_lc_rs::agreement::{self, ECDH_P256, ECDH_P384, ECDH_P521, X25519};
use aws_lc_rs::digest::{self, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512};

use super::group::GroupSize;

/// A key exchange method that can be negotiated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KexMethod {
    /// `mlkem768x25519-sha256` (draft-ietf-sshm-mlkem-hybrid-kex): safe if either ML-KEM-768 or X25519 is.
    MlKem768X25519,
    /// `curve25519-sha256` (RFC 8731).
    Curve25519,
    /// `curve25519-sha256@libssh.org`: the same under its first name.
    Curve25519Libssh,
    /// `ecdh-sha2-nistp256` (RFC 5656), and its larger sisters.
    EcdhNistP256,
    EcdhNistP384,
    EcdhNistP521,
    /// `diffie-hellman-group-exchange-sha256` (RFC 4419).
    GroupExchangeSha256,
    /// `diffie-hellman-group18-sha512` and its smaller sisters (RFC 8268).
    Group18Sha512,
    Group17Sha512,
    Group16Sha512,
    Group15Sha512,
    Group14Sha256,
    /// `diffie-hellman-group-exchange-sha1` (RFC 4419): legacy.
    GroupExchangeSha1,
    /// `diffie-hellman-group14-sha1` (RFC 4253 section 8.2): legacy.
    Group14Sha1,
    /// `diffie-hellman-group1-sha1` (RFC 4253 section 8.1): legacy, and its 1,024 bits can be broken.
    Group1Sha1,
}

/// What a method rests on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Basis {
    Hybrid,
    Curve(&'static agreement::Algorithm),
    Group(GroupSize),
    /// A group that is agreed on in the exchange.
    AnyGroup,
}

impl KexMethod {
    /// Every method there is, in the order of preference.
    pub const ALL: [Self; 15] = [
        Self::MlKem768X25519,
        Self::Curve25519,
        Self::Curve25519Libssh,
        Self::EcdhNistP256,
        Self::EcdhNistP384,
        Self::EcdhNistP521,
        Self::GroupExchangeSha256,
        Self::Group18Sha512,
        Self::Group17Sha512,
        Self::Group16Sha512,
        Self::Group15Sha512,
        Self::Group14Sha256,
        Self::GroupExchangeSha1,
        Self::Group14Sha1,
        Self::Group1Sha1,
    ];

    /// Those that are offered unless somebody asks for others.
    pub fn sound() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|m| *m.hash() != SHA1_FOR_LEGACY_USE_ONLY)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::MlKem768X25519 => "mlkem768x25519-sha256",
            Self::Curve25519 => "curve25519-sha256",
            Self::Curve25519Libssh => "curve25519-sha256@libssh.org",
            Self::EcdhNistP256 => "ecdh-sha2-nistp256",
            Self::EcdhNistP384 => "ecdh-sha2-nistp384",
            Self::EcdhNistP521 => "ecdh-sha2-nistp521",
            Self::GroupExchangeSha256 => "diffie-hellman-group-exchange-sha256",
            Self::Group18Sha512 => "diffie-hellman-group18-sha512",
            Self::Group17Sha512 => "diffie-hellman-group17-sha512",
            Self::Group16Sha512 => "diffie-hellman-group16-sha512",
            Self::Group15Sha512 => "diffie-hellman-group15-sha512",
            Self::Group14Sha256 => "diffie-hellman-group14-sha256",
            Self::GroupExchangeSha1 => "diffie-hellman-group-exchange-sha1",
            Self::Group14Sha1 => "diffie-hellman-group14-sha1",
            Self::Group1Sha1 => "diffie-hellman-group1-sha1",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.name() == name)
    }

    /// Whether what it protects stays secret from who records it now and has a quantum computer one day.
    pub fn is_post_quantum(self) -> bool {
        matches!(self, Self::MlKem768X25519)
    }

    pub(crate) fn basis(self) -> Basis {
        match self {
            Self::MlKem768X25519 => Basis::Hybrid,
            Self::Curve25519 | Self::Curve25519Libssh => Basis::Curve(&X25519),
            Self::EcdhNistP256 => Basis::Curve(&ECDH_P256),
            Self::EcdhNistP384 => Basis::Curve(&ECDH_P384),
            Self::EcdhNistP521 => Basis::Curve(&ECDH_P521),
            Self::GroupExchangeSha256 | Self::GroupExchangeSha1 => Basis::AnyGroup,
            Self::Group18Sha512 => Basis::Group(GroupSize::Bits8192),
            Self::Group17Sha512 => Basis::Group(GroupSize::Bits6144),
            Self::Group16Sha512 => Basis::Group(GroupSize::Bits4096),
            Self::Group15Sha512 => Basis::Group(GroupSize::Bits3072),
            Self::Group14Sha256 | Self::Group14Sha1 => Basis::Group(GroupSize::Bits2048),
            Self::Group1Sha1 => Basis::Group(GroupSize::Bits1024),
        }
    }

    /// The hash of the exchange and of the keys (for the curves RFC 5656 section 6.2.1).
    pub(crate) fn hash(self) -> &'static digest::Algorithm {
        match self {
            Self::MlKem768X25519
            | Self::Curve25519
            | Self::Curve25519Libssh
            | Self::EcdhNistP256
            | Self::GroupExchangeSha256
            | Self::Group14Sha256 => &SHA256,
            Self::EcdhNistP384 => &SHA384,
            Self::EcdhNistP521
            | Self::Group18Sha512
            | Self::Group17Sha512
            | Self::Group16Sha512
            | Self::Group15Sha512 => &SHA512,
            Self::GroupExchangeSha1 | Self::Group14Sha1 | Self::Group1Sha1 => &SHA1_FOR_LEGACY_USE_ONLY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_methods_and_say_their_hash() {
        for method in KexMethod::ALL {
            let name = method.name();
            assert_eq!(KexMethod::from_name(name), Some(method));
            let hash = match name {
                "ecdh-sha2-nistp256" => &SHA256,
                "ecdh-sha2-nistp384" => &SHA384,
                "ecdh-sha2-nistp521" => &SHA512,
                n if n.contains("sha256") => &SHA256,
                n if n.ends_with("sha512") => &SHA512,
                _ => &SHA1_FOR_LEGACY_USE_ONLY,
            };
            assert_eq!(method.hash(), hash, "{name}");
        }
        assert!(KexMethod::sound().all(|m| !m.name().ends_with("sha1")));
        assert_eq!(KexMethod::sound().count(), 12);
    }
}
