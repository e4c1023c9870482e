//! A host key that signs.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING,
    EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512,
};
use causeway_core::sshkey::{Algorithm, PrivateKey, PublicKey};
use thiserror::Error;

use super::scheme::Scheme;
use crate::kex::{HostKey, SignError};
use crate::wire::Writer;

/// A private key, ready to sign.
pub struct HostKeyPair {
    public: PublicKey,
    algorithms: Vec<&'static str>,
    pair: Pair,
}

enum Pair {
    Ed25519(Ed25519KeyPair),
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

/// The cryptographic library refused the numbers of a private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the private key cannot be used for signing")]
pub struct HostKeyError;

impl HostKeyPair {
    pub fn new(key: &PrivateKey) -> Result<Self, HostKeyError> {
        let pkcs8 = key.pkcs8().expose();
        let ecdsa = |curve| EcdsaKeyPair::from_pkcs8(curve, pkcs8).map(Pair::Ecdsa);
        let pair = match key.public().algorithm() {
            Algorithm::Ed25519 => Ed25519KeyPair::from_pkcs8(pkcs8).map(Pair::Ed25519),
            Algorithm::EcdsaP256 => ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING),
            Algorithm::EcdsaP384 => ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING),
            Algorithm::EcdsaP521 => ecdsa(&ECDSA_P521_SHA512_FIXED_SIGNING),
            Algorithm::Rsa => RsaKeyPair::from_pkcs8(pkcs8).map(Pair::Rsa),
            Algorithm::SkEd25519 | Algorithm::SkEcdsaP256 => return Err(HostKeyError),
        };
        let algorithms = schemes(key.public().algorithm()).iter().map(|s| s.name()).collect();
        Ok(Self { public: key.public().clone(), algorithms, pair: pair.map_err(|_| HostKeyError)? })
    }

    /// The same key, which signs in no other ways than the allowed ones: perhaps in none.
    #[must_use]
    pub fn limited_to(mut self, allowed: &[&str]) -> Self {
        self.algorithms.retain(|name| allowed.contains(name));
        self
    }

    pub fn public(&self) -> &PublicKey {
        &self.public
    }
}

impl HostKey for HostKeyPair {
    fn algorithms(&self) -> &[&'static str] {
        &self.algorithms
    }

    fn public_blob(&self) -> &[u8] {
        self.public.blob()
    }

    fn sign(&self, algorithm: &str, data: &[u8]) -> Result<Vec<u8>, SignError> {
        let scheme = Scheme::from_name(algorithm.as_bytes()).map_err(|_| SignError)?;
        if scheme.key_type() != self.public.algorithm() {
            return Err(SignError);
        }
        let signature = self.pair.sign(scheme, data).ok_or(SignError)?;
        let mut blob = Vec::with_capacity(signature.len() + 32);
        Writer::new(&mut blob).string(scheme.name().as_bytes()).string(&signature);
        Ok(blob)
    }
}

/// The ways in which a key can sign, the best first.
fn schemes(algorithm: Algorithm) -> &'static [Scheme] {
    match algorithm {
        Algorithm::Ed25519 => &[Scheme::Ed25519],
        Algorithm::EcdsaP256 => &[Scheme::EcdsaP256],
        Algorithm::EcdsaP384 => &[Scheme::EcdsaP384],
        Algorithm::EcdsaP521 => &[Scheme::EcdsaP521],
        Algorithm::Rsa => &[Scheme::RsaSha512, Scheme::RsaSha256],
        // An authenticator's key cannot sign by itself.
        Algorithm::SkEd25519 | Algorithm::SkEcdsaP256 => &[],
    }
}

impl Pair {
    /// The inner part of a signature blob. `None`: the library refused.
    fn sign(&self, scheme: Scheme, data: &[u8]) -> Option<Vec<u8>> {
        #[expect(clippy::disallowed_methods, reason = "aws-lc-rs asks for it and takes its own generator")]
        let random = SystemRandom::new();
        match self {
            // RFC 8709 section 6: the 64 bytes as they are.
            Self::Ed25519(key) => key.try_sign(data).ok().map(|s| s.as_ref().to_vec()),
            // RFC 5656 section 3.1.2: two numbers.
            Self::Ecdsa(key) => {
                let fixed = key.sign(&random, data).ok()?;
                let (r, s) = fixed.as_ref().split_at_checked(fixed.as_ref().len() / 2)?;
                let mut out = Vec::with_capacity(fixed.as_ref().len() + 10);
                Writer::new(&mut out).mpint(r).mpint(s);
                Some(out)
            }
            // RFC 8332 section 3: one number as long as the modulus.
            Self::Rsa(key) => {
                let padding = match scheme {
                    Scheme::RsaSha512 => &RSA_PKCS1_SHA512,
                    Scheme::RsaSha256 => &RSA_PKCS1_SHA256,
                    _ => return None,
                };
                let mut out = vec![0; key.public_modulus_len()];
                key.sign(padding, &random, data, &mut out).ok()?;
                Some(out)
            }
        }
    }
}

impl fmt::Debug for HostKeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HostKeyPair({:?})", self.public)
    }
}
