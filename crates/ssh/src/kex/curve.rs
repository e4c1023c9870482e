//! Ephemeral key pairs on curves (RFC 5656, RFC 8731).

use aws_lc_rs::agreement::{self, ECDH_P384, ECDH_P521, PrivateKey, UnparsedPublicKey, X25519};
use zeroize::Zeroizing;

use crate::error::Error;

/// Lengths of public values in bytes (RFC 7748 section 5, SEC 1 section 2.3.3).
const X25519_PUBLIC: usize = 32;
const P256_PUBLIC: usize = 65;
const P384_PUBLIC: usize = 97;
const P521_PUBLIC: usize = 133;

pub(crate) struct Curve {
    private: PrivateKey,
    public: Vec<u8>,
}

impl Curve {
    pub(crate) fn generate(algorithm: &'static agreement::Algorithm) -> Result<Self, Error> {
        let private = PrivateKey::generate(algorithm).map_err(|_| Error::Crypto)?;
        let public = private.compute_public_key().map_err(|_| Error::Crypto)?.as_ref().to_vec();
        Ok(Self { private, public })
    }

    pub(crate) fn public(&self) -> &[u8] {
        &self.public
    }

    /// The shared secret, big-endian (for X25519: as the bytes stand, RFC 8731 section 3.1). A peer's value of the
    /// wrong length or form, a point off the curve, and a result of zeros (a point of small order) are refused.
    pub(crate) fn agree(&self, peer: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let algorithm = self.private.algorithm();
        if peer.len() != public_length(algorithm) {
            return Err(Error::PeerKey);
        }
        // Uncompressed points only: nothing sends others, and the library takes more forms than SSH has.
        if *algorithm != X25519 && peer.first() != Some(&4) {
            return Err(Error::PeerKey);
        }
        let peer = UnparsedPublicKey::new(algorithm, peer);
        let secret = agreement::agree(&self.private, peer, Error::PeerKey, |secret| {
            Ok(Zeroizing::new(secret.to_vec()))
        })?;
        if secret.iter().fold(0, |all, b| all | b) == 0 {
            return Err(Error::PeerKey);
        }
        Ok(secret)
    }
}

fn public_length(algorithm: &agreement::Algorithm) -> usize {
    if *algorithm == X25519 {
        X25519_PUBLIC
    } else if *algorithm == ECDH_P384 {
        P384_PUBLIC
    } else if *algorithm == ECDH_P521 {
        P521_PUBLIC
    } else {
        P256_PUBLIC
    }
}
