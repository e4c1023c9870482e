//! New keys. Their randomness is the cryptographic library's own.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair,
};
use causeway_core::sshkey::{PrivateKey, PrivateKeyError};
use thiserror::Error;

/// The kinds of key that are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    Ed25519,
    EcdsaP256,
    EcdsaP384,
    EcdsaP521,
    /// 3,072 bits, as strong as the other two; takes about a second.
    Rsa3072,
}

/// The cryptographic library made no key, or one that it does not take back.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the key could not be made")]
pub struct GenerateError;

impl From<Unspecified> for GenerateError {
    fn from(_: Unspecified) -> Self {
        Self
    }
}

impl From<PrivateKeyError> for GenerateError {
    fn from(_: PrivateKeyError) -> Self {
        Self
    }
}

/// Makes a key without a comment.
pub fn generate(kind: KeyKind) -> Result<PrivateKey, GenerateError> {
    let key = match kind {
        KeyKind::Ed25519 => PrivateKey::from_pkcs8(Ed25519KeyPair::generate()?.to_pkcs8v1()?.as_ref()),
        KeyKind::EcdsaP256 => ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING)?,
        KeyKind::EcdsaP384 => ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING)?,
        KeyKind::EcdsaP521 => ecdsa(&ECDSA_P521_SHA512_FIXED_SIGNING)?,
        KeyKind::Rsa3072 => {
            PrivateKey::from_pkcs8(RsaKeyPair::generate(KeySize::Rsa3072)?.as_der()?.as_ref())
        }
    };
    Ok(key?)
}

fn ecdsa(
    curve: &'static EcdsaSigningAlgorithm,
) -> Result<Result<PrivateKey, PrivateKeyError>, GenerateError> {
    let pair = EcdsaKeyPair::generate(curve)?;
    Ok(PrivateKey::from_pkcs8(pair.to_pkcs8v1()?.as_ref()))
}
