//! Whether a signature is that of a public key.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519,
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA512,
    UnparsedPublicKey,
};
use causeway_core::sshkey::{Algorithm, Certificate, Material, PublicKey, Touch};
use thiserror::Error;

use super::scheme::{Scheme, SchemeError};
use crate::wire::{Reader, WireError, Writer};

/// Why a signature is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum VerifyError {
    #[error(transparent)]
    Scheme(#[from] SchemeError),
    /// The algorithm belongs to another type of key.
    #[error("the signature algorithm '{}' does not fit a key of type '{key}'", scheme.name())]
    DoesNotFit { scheme: Scheme, key: Algorithm },
    /// The signature names another algorithm than the request, is cut short, too long, or not in the one form
    /// that its algorithm knows.
    #[error("the signature is malformed")]
    Malformed,
    /// The key's owner did not sign this data.
    #[error("the signature is wrong")]
    Wrong,
}

impl From<WireError> for VerifyError {
    fn from(_: WireError) -> Self {
        Self::Malformed
    }
}

/// Checks `signature`, a whole signature blob (`string algorithm`, `string signature`), of `key` over `data`.
/// `algorithm` is the one that was announced; the blob must name the same (RFC 8332 section 3.2). Of a key in a FIDO
/// authenticator, what that says of the moment of signing; none of other keys.
pub fn verify(
    key: &PublicKey,
    algorithm: &[u8],
    data: &[u8],
    signature: &[u8],
) -> Result<Option<Touch>, VerifyError> {
    let scheme = fitting(key, algorithm)?;
    let mut blob = Reader::new(signature);
    if blob.string()? != algorithm {
        return Err(VerifyError::Malformed);
    }
    let signature = blob.string()?;
    let mut touch = None;
    let verdict = match key.material().map_err(|_| VerifyError::Malformed)? {
        Material::Ed25519(public) => verify_ed25519(public, data, signature)?,
        Material::Ecdsa(point) => verify_ecdsa(scheme, point, data, signature)?,
        Material::Rsa { e, n } => {
            let signature = padded(signature, n.len()).ok_or(VerifyError::Malformed)?;
            let parameters = match scheme {
                Scheme::RsaSha512 => &RSA_PKCS1_2048_8192_SHA512,
                Scheme::RsaSha1 => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
                _ => &RSA_PKCS1_2048_8192_SHA256,
            };
            PublicKeyComponents { n, e }.verify(parameters, data, &signature)
        }
        Material::SkEd25519 { point, application } => {
            let data = authenticator_data(&mut blob, application, data, &mut touch)?;
            verify_ed25519(point, &data, signature)?
        }
        Material::SkEcdsa { point, application } => {
            let data = authenticator_data(&mut blob, application, data, &mut touch)?;
            verify_ecdsa(scheme, point, &data, signature)?
        }
    };
    blob.finish()?;
    verdict.map(|()| touch).map_err(|_| VerifyError::Wrong)
}

/// What an authenticator signs in place of the data (OpenSSH PROTOCOL.u2f, "SSH U2F signatures"). The flags and the
/// counter stand behind the signature; the counter is part of what is signed and means nothing else here.
fn authenticator_data(
    blob: &mut Reader<'_>,
    application: &[u8],
    data: &[u8],
    touch: &mut Option<Touch>,
) -> Result<Vec<u8>, VerifyError> {
    let (flags, counter) = (blob.u8()?, blob.u32()?);
    *touch = Some(Touch::from_flags(flags));
    let mut signed = Vec::with_capacity(2 * 32 + 5);
    let mut w = Writer::new(&mut signed);
    w.raw(digest(&SHA256, application).as_ref()).u8(flags).u32(counter);
    w.raw(digest(&SHA256, data).as_ref());
    Ok(signed)
}

/// Checks that the key which a certificate names as its authority's has signed it, and says how. What the certificate
/// says, and whether the authority is trusted, is not judged.
pub fn verify_certificate(certificate: &Certificate) -> Result<Scheme, VerifyError> {
    let signature = certificate.signature();
    let algorithm = Reader::new(signature).string()?;
    // Users may sign with SHA-1 where that is asked for: what they sign is new each time. A certificate lasts.
    let scheme = fitting(certificate.authority(), algorithm)?;
    if scheme == Scheme::RsaSha1 {
        return Err(SchemeError::Sha1.into());
    }
    verify(certificate.authority(), algorithm, certificate.signed_data(), signature).map(|_| scheme)
}

/// The algorithm of that name, if `key` can sign so.
pub(crate) fn fitting(key: &PublicKey, algorithm: &[u8]) -> Result<Scheme, VerifyError> {
    let scheme = Scheme::from_name(algorithm)?;
    if scheme.key_type() != key.algorithm() {
        return Err(VerifyError::DoesNotFit { scheme, key: key.algorithm() });
    }
    Ok(scheme)
}

type Verdict = Result<(), aws_lc_rs::error::Unspecified>;

/// RFC 8709 section 6: the 64 bytes as they are.
fn verify_ed25519(public: &[u8], data: &[u8], signature: &[u8]) -> Result<Verdict, VerifyError> {
    let signature: &[u8; 64] = signature.try_into().map_err(|_| VerifyError::Malformed)?;
    Ok(UnparsedPublicKey::new(&ED25519, public).verify(data, signature))
}

/// RFC 5656 section 3.1.2: two numbers, which the library takes padded to the size of the curve.
fn verify_ecdsa(scheme: Scheme, point: &[u8], data: &[u8], signature: &[u8]) -> Result<Verdict, VerifyError> {
    let (curve, size) = match scheme {
        Scheme::EcdsaP384 => (&ECDSA_P384_SHA384_FIXED, 48),
        Scheme::EcdsaP521 => (&ECDSA_P521_SHA512_FIXED, 66),
        _ => (&ECDSA_P256_SHA256_FIXED, 32),
    };
    let mut numbers = Reader::new(signature);
    let (r, s) = (numbers.mpint()?, numbers.mpint()?);
    numbers.finish()?;
    let mut fixed = padded(r, size).ok_or(VerifyError::Malformed)?;
    fixed.extend(padded(s, size).ok_or(VerifyError::Malformed)?);
    Ok(UnparsedPublicKey::new(curve, point).verify(data, &fixed))
}

/// A number with zeros before it, `size` bytes in all; `None` if it is longer. For RSA this lets pass what some
/// clients send: a number without its leading zeros.
fn padded(number: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut out = vec![0; size.checked_sub(number.len())?];
    out.extend_from_slice(number);
    Some(out)
}
