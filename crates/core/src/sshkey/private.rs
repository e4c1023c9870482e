//! One private key.

use aws_lc_rs::encoding::{AsBigEndian, AsDer, EcPrivateKeyBin};
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair,
};
use zeroize::Zeroizing;

use super::error::PrivateKeyError;
use super::public::{Algorithm, Material, PublicKey, short};
use super::text::{is_putty, lines};
use super::{MAX_TEXT, der, openssh, pem};
use crate::{Random, Secret};

/// One private key with its public half. It never prints.
#[derive(Debug, Clone)]
pub struct PrivateKey {
    public: PublicKey,
    pkcs8: Secret,
}

impl PrivateKey {
    /// Reads a key file: OpenSSH's own format (encrypted or not), PKCS#8 (`PRIVATE KEY`), PKCS#1
    /// (`RSA PRIVATE KEY`) or SEC 1 (`EC PRIVATE KEY`), each in PEM. A passphrase that is not needed is not
    /// looked at.
    ///
    /// # Errors
    /// Besides a text that is none of these: a key whose halves do not belong together, and a public half that
    /// [`PublicKey`] refuses.
    pub fn parse(text: &[u8], passphrase: Option<&Secret>) -> Result<Self, PrivateKeyError> {
        if text.len() > MAX_TEXT {
            return Err(PrivateKeyError::TooLong);
        }
        if lines(text).any(|(_, line)| is_putty(line.trim_ascii())) {
            return Err(PrivateKeyError::Putty);
        }
        let block = pem::private_block(text)?;
        match block.label {
            b"OPENSSH PRIVATE KEY" => openssh::read(&block.der, passphrase),
            b"PRIVATE KEY" => Self::from_pkcs8(&block.der),
            b"RSA PRIVATE KEY" => Self::from_pkcs1(&block.der),
            b"EC PRIVATE KEY" => Self::from_sec1(&block.der),
            b"ENCRYPTED PRIVATE KEY" => Err(PrivateKeyError::EncryptedPem),
            other => Err(PrivateKeyError::Unsupported(short(other))),
        }
    }

    /// Reads PKCS#8 DER (RFC 5958, unencrypted).
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, PrivateKeyError> {
        match der::pkcs8_kind(der).ok_or(PrivateKeyError::Damaged)? {
            der::Kind::Ed25519 => {
                let key = Ed25519KeyPair::from_pkcs8(der).map_err(|_| PrivateKeyError::Damaged)?;
                let material = Material::Ed25519(key.public_key().as_ref());
                let pkcs8 = key.to_pkcs8v1().map_err(|_| PrivateKeyError::Damaged)?;
                Self::new(Algorithm::Ed25519, material, pkcs8.as_ref())
            }
            der::Kind::Ec { curve } => {
                let algorithm = match curve {
                    der::P256 => Algorithm::EcdsaP256,
                    der::P384 => Algorithm::EcdsaP384,
                    der::P521 => Algorithm::EcdsaP521,
                    _ => return Err(PrivateKeyError::Unsupported("EC of another curve".into())),
                };
                Self::from_ec(algorithm, der).ok_or(PrivateKeyError::Damaged)?
            }
            der::Kind::Rsa { pkcs1 } => Self::from_pkcs1(pkcs1),
            der::Kind::Other => Err(PrivateKeyError::Unsupported("unknown PKCS#8 algorithm".into())),
        }
    }

    fn from_pkcs1(der: &[u8]) -> Result<Self, PrivateKeyError> {
        let rsa = der::rsa_numbers(der).ok_or(PrivateKeyError::Damaged)?;
        let material = Material::Rsa { e: rsa.e, n: rsa.n };
        // First, so that a weak key is named as such and the library's work is bounded.
        let public = PublicKey::from_material(Algorithm::Rsa, material)?;
        let key = RsaKeyPair::from_der(der).map_err(|_| PrivateKeyError::Damaged)?;
        let pkcs8 = key.as_der().map_err(|_| PrivateKeyError::Damaged)?;
        Ok(Self::from_parts(public, Secret::new(pkcs8.as_ref())))
    }

    /// SEC 1 may leave out the curve's name, so each is tried: a key fits one only.
    fn from_sec1(der: &[u8]) -> Result<Self, PrivateKeyError> {
        let curves = [Algorithm::EcdsaP256, Algorithm::EcdsaP384, Algorithm::EcdsaP521];
        curves.into_iter().find_map(|a| Self::from_ec(a, der)).ok_or(PrivateKeyError::Damaged)?
    }

    fn from_ec(algorithm: Algorithm, der: &[u8]) -> Option<Result<Self, PrivateKeyError>> {
        let key = EcdsaKeyPair::from_private_key_der(curve_of(algorithm)?.0, der).ok()?;
        let material = Material::Ecdsa(key.public_key().as_ref());
        Some(Self::new(algorithm, material, key.to_pkcs8v1().ok()?.as_ref()))
    }

    fn new(algorithm: Algorithm, material: Material<'_>, pkcs8: &[u8]) -> Result<Self, PrivateKeyError> {
        Ok(Self::from_parts(PublicKey::from_material(algorithm, material)?, Secret::new(pkcs8)))
    }

    pub(super) fn from_parts(public: PublicKey, pkcs8: Secret) -> Self {
        Self { public, pkcs8 }
    }

    /// The same key with that comment, cleaned as [`PublicKey::with_comment`] says.
    #[must_use]
    pub fn with_comment(self, comment: &[u8]) -> Self {
        Self { public: self.public.with_comment(comment), ..self }
    }

    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The key as PKCS#8 version 1 DER, which is what signing starts from.
    pub fn pkcs8(&self) -> &Secret {
        &self.pkcs8
    }

    /// The text of an unencrypted key file as `ssh-keygen` writes it. `random` fills two check numbers that
    /// need not be secret.
    pub fn to_openssh(&self, random: &Random) -> Result<Secret, PrivateKeyError> {
        let content = openssh::write(self, random)?;
        Ok(Secret::new(pem::write("OPENSSH PRIVATE KEY", &content).as_slice()))
    }

    pub(super) fn ed25519_seed(&self) -> Option<Zeroizing<[u8; 32]>> {
        let key = Ed25519KeyPair::from_pkcs8(self.pkcs8.expose()).ok()?;
        let seed = key.seed().ok()?.as_be_bytes().ok()?;
        seed.as_ref().try_into().ok().map(Zeroizing::new)
    }

    pub(super) fn ecdsa_scalar(&self) -> Option<Zeroizing<Vec<u8>>> {
        let (curve, _) = curve_of(self.public.algorithm())?;
        let key = EcdsaKeyPair::from_pkcs8(curve, self.pkcs8.expose()).ok()?;
        let scalar: EcPrivateKeyBin<'_> = key.private_key().as_be_bytes().ok()?;
        Some(Zeroizing::new(scalar.as_ref().to_vec()))
    }
}

/// An ECDSA type's way of signing and the bytes of its numbers.
pub(super) fn curve_of(algorithm: Algorithm) -> Option<(&'static EcdsaSigningAlgorithm, usize)> {
    match algorithm {
        Algorithm::EcdsaP256 => Some((&ECDSA_P256_SHA256_FIXED_SIGNING, 32)),
        Algorithm::EcdsaP384 => Some((&ECDSA_P384_SHA384_FIXED_SIGNING, 48)),
        Algorithm::EcdsaP521 => Some((&ECDSA_P521_SHA512_FIXED_SIGNING, 66)),
        Algorithm::Ed25519 | Algorithm::Rsa | Algorithm::SkEd25519 | Algorithm::SkEcdsaP256 => None,
    }
}
