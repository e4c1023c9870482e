//! The ways to agree on a secret. All hash with SHA-256 and all have the same two messages: the client sends a
//! public value, the server answers with its own.

use aws_lc_rs::agreement::{self, ECDH_P256, PrivateKey, UnparsedPublicKey, X25519};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::kem::{Ciphertext, DecapsulationKey, EncapsulationKey, ML_KEM_768};
use zeroize::Zeroizing;

use super::secret::SharedSecret;
use crate::error::Error;

/// Lengths in bytes (FIPS 203 table 3, RFC 7748 section 5, SEC 1 section 2.3.3).
const ML_KEM_PUBLIC: usize = 1184;
const ML_KEM_CIPHERTEXT: usize = 1088;
const X25519_PUBLIC: usize = 32;
const P256_PUBLIC: usize = 65;

/// A key exchange method that can be negotiated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KexMethod {
    /// `mlkem768x25519-sha256` (draft-ietf-sshm-mlkem-hybrid-kex): safe if either ML-KEM-768 or X25519 is.
    MlKem768X25519,
    /// `curve25519-sha256` (RFC 8731).
    Curve25519,
    /// `curve25519-sha256@libssh.org`: the same under its first name.
    Curve25519Libssh,
    /// `ecdh-sha2-nistp256` (RFC 5656).
    EcdhNistP256,
}

impl KexMethod {
    /// Every method, in the order offered by default.
    pub const ALL: [Self; 4] =
        [Self::MlKem768X25519, Self::Curve25519, Self::Curve25519Libssh, Self::EcdhNistP256];

    pub fn name(self) -> &'static str {
        match self {
            Self::MlKem768X25519 => "mlkem768x25519-sha256",
            Self::Curve25519 => "curve25519-sha256",
            Self::Curve25519Libssh => "curve25519-sha256@libssh.org",
            Self::EcdhNistP256 => "ecdh-sha2-nistp256",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.name() == name)
    }
}

/// The server's part: from the client's public value to its own and the secret.
pub(crate) fn respond(method: KexMethod, client: &[u8]) -> Result<(Vec<u8>, SharedSecret), Error> {
    match method {
        KexMethod::MlKem768X25519 => {
            let (kem, x25519) = client.split_at_checked(ML_KEM_PUBLIC).ok_or(Error::PeerKey)?;
            let curve = Curve::generate(&X25519)?;
            let classical = curve.agree(x25519)?;
            let kem = EncapsulationKey::new(&ML_KEM_768, kem).map_err(|_| Error::PeerKey)?;
            let (ciphertext, quantum) = kem.encapsulate().map_err(|_| Error::PeerKey)?;
            let public = [ciphertext.as_ref(), &curve.public].concat();
            Ok((public, hybrid(quantum.as_ref(), &classical)))
        }
        KexMethod::Curve25519 | KexMethod::Curve25519Libssh => respond_on_curve(&X25519, client),
        KexMethod::EcdhNistP256 => respond_on_curve(&ECDH_P256, client),
    }
}

fn respond_on_curve(
    curve: &'static agreement::Algorithm,
    client: &[u8],
) -> Result<(Vec<u8>, SharedSecret), Error> {
    let own = Curve::generate(curve)?;
    let secret = own.agree(client)?;
    Ok((own.public, SharedSecret::number(&secret)))
}

/// The client's part: its private values, from the message it sends to the server's answer.
pub(crate) enum Initiator {
    Curve(Curve),
    Hybrid { kem: DecapsulationKey, curve: Curve, public: Vec<u8> },
}

impl Initiator {
    pub(crate) fn generate(method: KexMethod) -> Result<Self, Error> {
        match method {
            KexMethod::MlKem768X25519 => {
                let kem = DecapsulationKey::generate(&ML_KEM_768).map_err(|_| Error::Crypto)?;
                let kem_public =
                    kem.encapsulation_key().and_then(|k| k.key_bytes()).map_err(|_| Error::Crypto)?;
                let curve = Curve::generate(&X25519)?;
                let public = [kem_public.as_ref(), &curve.public].concat();
                Ok(Self::Hybrid { kem, curve, public })
            }
            KexMethod::Curve25519 | KexMethod::Curve25519Libssh => Curve::generate(&X25519).map(Self::Curve),
            KexMethod::EcdhNistP256 => Curve::generate(&ECDH_P256).map(Self::Curve),
        }
    }

    /// The public value that goes to the server.
    pub(crate) fn public(&self) -> &[u8] {
        match self {
            Self::Curve(curve) => &curve.public,
            Self::Hybrid { public, .. } => public,
        }
    }

    /// The secret, from the server's public value.
    pub(crate) fn finish(&self, server: &[u8]) -> Result<SharedSecret, Error> {
        match self {
            Self::Curve(curve) => Ok(SharedSecret::number(&curve.agree(server)?)),
            Self::Hybrid { kem, curve, .. } => {
                let (ciphertext, x25519) =
                    server.split_at_checked(ML_KEM_CIPHERTEXT).ok_or(Error::PeerKey)?;
                let classical = curve.agree(x25519)?;
                let quantum = kem.decapsulate(Ciphertext::from(ciphertext)).map_err(|_| Error::PeerKey)?;
                Ok(hybrid(quantum.as_ref(), &classical))
            }
        }
    }
}

/// The two secrets of the hybrid become one string, never a number (draft section 2.5).
fn hybrid(quantum: &[u8], classical: &[u8]) -> SharedSecret {
    let both = Zeroizing::new([quantum, classical].concat());
    SharedSecret::string(digest(&SHA256, &both).as_ref())
}

/// An ephemeral key pair on a curve.
pub(crate) struct Curve {
    private: PrivateKey,
    public: Vec<u8>,
}

impl Curve {
    fn generate(algorithm: &'static agreement::Algorithm) -> Result<Self, Error> {
        let private = PrivateKey::generate(algorithm).map_err(|_| Error::Crypto)?;
        let public = private.compute_public_key().map_err(|_| Error::Crypto)?.as_ref().to_vec();
        Ok(Self { private, public })
    }

    /// The shared secret, big-endian (for X25519: as the bytes stand, RFC 8731 section 3.1). A peer's value of the
    /// wrong length or form, a point off the curve, and a result of zeros (a point of small order) are refused.
    fn agree(&self, peer: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let algorithm = self.private.algorithm();
        let well_formed = if *algorithm == X25519 {
            peer.len() == X25519_PUBLIC
        } else {
            // Uncompressed points only: nothing sends others, and the library takes more forms than SSH has.
            peer.len() == P256_PUBLIC && peer.first() == Some(&4)
        };
        if !well_formed {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_of_every_method_find_the_same_secret() {
        for method in KexMethod::ALL {
            let client = Initiator::generate(method).unwrap();
            let (public, server_secret) = respond(method, client.public()).unwrap();
            assert_eq!(client.finish(&public).unwrap().encoded(), server_secret.encoded(), "{method:?}");
            assert_eq!(KexMethod::from_name(method.name()), Some(method));
        }
    }

    #[test]
    fn a_public_value_of_the_wrong_length_is_refused() {
        for method in KexMethod::ALL {
            let client = Initiator::generate(method).unwrap();
            let right = client.public().to_vec();
            let (answer, _) = respond(method, &right).unwrap();
            for length in [0, 1, 31, right.len() - 1] {
                assert_eq!(
                    respond(method, &right[..length]).err(),
                    Some(Error::PeerKey),
                    "{method:?} {length}"
                );
            }
            assert_eq!(respond(method, &[&right[..], &[0]].concat()).err(), Some(Error::PeerKey));
            assert_eq!(client.finish(&answer[..answer.len() - 1]).err(), Some(Error::PeerKey));
            assert_eq!(client.finish(&[&answer[..], &[0]].concat()).err(), Some(Error::PeerKey));
        }
    }

    #[test]
    fn a_point_of_small_order_gives_no_secret() {
        let mut one = [0; 32];
        one[0] = 1;
        for point in [[0; 32], one] {
            assert_eq!(respond(KexMethod::Curve25519, &point).err(), Some(Error::PeerKey));
            let kem = Initiator::generate(KexMethod::MlKem768X25519).unwrap();
            let mut public = kem.public().to_vec();
            public[ML_KEM_PUBLIC..].copy_from_slice(&point);
            assert_eq!(respond(KexMethod::MlKem768X25519, &public).err(), Some(Error::PeerKey));
        }
    }

    #[test]
    fn a_point_off_the_curve_or_in_another_form_is_refused() {
        let client = Initiator::generate(KexMethod::EcdhNistP256).unwrap();
        let mut off = client.public().to_vec();
        off[64] ^= 1;
        assert_eq!(respond(KexMethod::EcdhNistP256, &off).err(), Some(Error::PeerKey));
        let mut compressed = client.public()[..33].to_vec();
        compressed[0] = 2 | (client.public()[64] & 1);
        assert_eq!(respond(KexMethod::EcdhNistP256, &compressed).err(), Some(Error::PeerKey));
    }

    /// FIPS 203 section 7.2: coefficients must be below 3329.
    #[test]
    fn an_ml_kem_key_that_fails_the_modulus_check_is_refused() {
        let client = Initiator::generate(KexMethod::MlKem768X25519).unwrap();
        let mut public = client.public().to_vec();
        public[..3].copy_from_slice(&[0xff; 3]);
        assert_eq!(respond(KexMethod::MlKem768X25519, &public).err(), Some(Error::PeerKey));
    }
}
