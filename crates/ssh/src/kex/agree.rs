//! Agreeing on a secret. All methods have the same two messages in the end: the client sends a public value, the
//! server answers with its own. Values are the contents of the strings, or mpints, that carry them.

use std::sync::Arc;

use aws_lc_rs::agreement::X25519;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::kem::{Ciphertext, DecapsulationKey, EncapsulationKey, ML_KEM_768};
use causeway_core::Random;
use zeroize::Zeroizing;

use super::curve::Curve;
use super::group::{Group, GroupKey};
use super::method::{Basis, KexMethod};
use super::secret::SharedSecret;
use crate::error::Error;

/// Lengths in bytes (FIPS 203 table 3).
const ML_KEM_PUBLIC: usize = 1184;
const ML_KEM_CIPHERTEXT: usize = 1088;

/// How a secret is agreed on: a method, and for those of finite fields the group.
#[derive(Debug, Clone)]
pub(crate) enum Way {
    Hybrid,
    Curve(&'static aws_lc_rs::agreement::Algorithm),
    Group(Arc<Group>),
}

impl Way {
    /// `None`: the group is still to be agreed on.
    pub(crate) fn of(method: KexMethod) -> Result<Option<Self>, Error> {
        Ok(match method.basis() {
            Basis::Hybrid => Some(Self::Hybrid),
            Basis::Curve(curve) => Some(Self::Curve(curve)),
            Basis::Group(size) => Some(Self::Group(size.group()?)),
            Basis::AnyGroup => None,
        })
    }

    /// Whether it takes so long that others should not wait for it.
    pub(crate) fn is_costly(&self) -> bool {
        matches!(self, Self::Group(_))
    }
}

/// The server's part: from the client's public value to its own and the secret.
pub(crate) fn respond(way: &Way, client: &[u8], random: &Random) -> Result<(Vec<u8>, SharedSecret), Error> {
    match way {
        Way::Hybrid => {
            let (kem, x25519) = client.split_at_checked(ML_KEM_PUBLIC).ok_or(Error::PeerKey)?;
            let curve = Curve::generate(&X25519)?;
            let classical = curve.agree(x25519)?;
            let kem = EncapsulationKey::new(&ML_KEM_768, kem).map_err(|_| Error::PeerKey)?;
            let (ciphertext, quantum) = kem.encapsulate().map_err(|_| Error::PeerKey)?;
            let public = [ciphertext.as_ref(), curve.public()].concat();
            Ok((public, hybrid(quantum.as_ref(), &classical)))
        }
        Way::Curve(curve) => {
            let own = Curve::generate(curve)?;
            let secret = own.agree(client)?;
            Ok((own.public().to_vec(), SharedSecret::number(&secret)))
        }
        Way::Group(group) => {
            let own = GroupKey::generate(group.clone(), random)?;
            let secret = own.agree(client)?;
            Ok((own.public().to_vec(), secret))
        }
    }
}

/// The client's part: its private values, from the message it sends to the server's answer.
pub(crate) enum Initiator {
    Curve(Curve),
    Hybrid { kem: DecapsulationKey, curve: Curve, public: Vec<u8> },
    Group(GroupKey),
}

impl Initiator {
    pub(crate) fn generate(way: &Way, random: &Random) -> Result<Self, Error> {
        match way {
            Way::Hybrid => {
                let kem = DecapsulationKey::generate(&ML_KEM_768).map_err(|_| Error::Crypto)?;
                let kem_public =
                    kem.encapsulation_key().and_then(|k| k.key_bytes()).map_err(|_| Error::Crypto)?;
                let curve = Curve::generate(&X25519)?;
                let public = [kem_public.as_ref(), curve.public()].concat();
                Ok(Self::Hybrid { kem, curve, public })
            }
            Way::Curve(curve) => Curve::generate(curve).map(Self::Curve),
            Way::Group(group) => GroupKey::generate(group.clone(), random).map(Self::Group),
        }
    }

    /// The public value that goes to the server.
    pub(crate) fn public(&self) -> &[u8] {
        match self {
            Self::Curve(curve) => curve.public(),
            Self::Hybrid { public, .. } => public,
            Self::Group(key) => key.public(),
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
            Self::Group(key) => key.agree(server),
        }
    }
}

/// The two secrets of the hybrid become one string, never a number (draft section 2.5).
fn hybrid(quantum: &[u8], classical: &[u8]) -> SharedSecret {
    let both = Zeroizing::new([quantum, classical].concat());
    SharedSecret::string(digest(&SHA256, &both).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kex::group::GroupSize;

    fn random() -> Random {
        Random::predictable(7)
    }

    fn way(method: KexMethod) -> Way {
        let asked = || GroupSize::Bits2048.group().map(Way::Group);
        Way::of(method).unwrap().map_or_else(asked, Ok).unwrap()
    }

    fn initiator(method: KexMethod) -> Initiator {
        Initiator::generate(&way(method), &random()).unwrap()
    }

    fn answer(method: KexMethod, client: &[u8]) -> Result<(Vec<u8>, SharedSecret), Error> {
        respond(&way(method), client, &random())
    }

    #[test]
    fn both_sides_of_every_method_find_the_same_secret() {
        for method in KexMethod::ALL {
            let client = initiator(method);
            let (public, server_secret) = answer(method, client.public()).unwrap();
            assert_eq!(client.finish(&public).unwrap().encoded(), server_secret.encoded(), "{method:?}");
        }
    }

    #[test]
    fn a_public_value_of_the_wrong_length_is_refused() {
        for method in KexMethod::ALL {
            let client = initiator(method);
            let right = client.public().to_vec();
            let (server, _) = answer(method, &right).unwrap();
            assert_eq!(answer(method, &[]).err(), Some(Error::PeerKey));
            assert_eq!(answer(method, &[&right[..], &[0]].concat()).err(), Some(Error::PeerKey));
            assert_eq!(client.finish(&[&server[..], &[0]].concat()).err(), Some(Error::PeerKey));
            if way(method).is_costly() {
                // A number may be as small as it likes, but for 0 and 1.
                continue;
            }
            for length in [1, 31, right.len() - 1] {
                assert_eq!(
                    answer(method, &right[..length]).err(),
                    Some(Error::PeerKey),
                    "{method:?} {length}"
                );
            }
            assert_eq!(client.finish(&server[..server.len() - 1]).err(), Some(Error::PeerKey));
        }
    }

    #[test]
    fn a_point_of_small_order_gives_no_secret() {
        let mut one = [0; 32];
        one[0] = 1;
        for point in [[0; 32], one] {
            assert_eq!(answer(KexMethod::Curve25519, &point).err(), Some(Error::PeerKey));
            let kem = initiator(KexMethod::MlKem768X25519);
            let mut public = kem.public().to_vec();
            public[ML_KEM_PUBLIC..].copy_from_slice(&point);
            assert_eq!(answer(KexMethod::MlKem768X25519, &public).err(), Some(Error::PeerKey));
        }
    }

    #[test]
    fn a_point_off_the_curve_or_in_another_form_is_refused() {
        for method in [KexMethod::EcdhNistP256, KexMethod::EcdhNistP384, KexMethod::EcdhNistP521] {
            let client = initiator(method);
            let last = client.public().len() - 1;
            let mut off = client.public().to_vec();
            off[last] ^= 1;
            assert_eq!(answer(method, &off).err(), Some(Error::PeerKey));
            let mut compressed = client.public()[..last / 2 + 1].to_vec();
            compressed[0] = 2 | (client.public()[last] & 1);
            assert_eq!(answer(method, &compressed).err(), Some(Error::PeerKey));
            let mut other = client.public().to_vec();
            other[0] = 6;
            assert_eq!(answer(method, &other).err(), Some(Error::PeerKey));
        }
    }

    /// FIPS 203 section 7.2: coefficients must be below 3329.
    #[test]
    fn an_ml_kem_key_that_fails_the_modulus_check_is_refused() {
        let client = initiator(KexMethod::MlKem768X25519);
        let mut public = client.public().to_vec();
        public[..3].copy_from_slice(&[0xff; 3]);
        assert_eq!(answer(KexMethod::MlKem768X25519, &public).err(), Some(Error::PeerKey));
    }
}
