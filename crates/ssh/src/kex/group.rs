//! Diffie-Hellman in the fixed groups of RFC 2409 and RFC 3526, and in those of a server that names its own.
//!
//! The arithmetic is that of `crypto-bigint`, in constant time but for the length of the modulus: the provider of
//! everything else here offers none for finite fields. A step costs a thread 1 to 30 ms, which is why a server
//! takes it in [`Transport::compute`](crate::Transport::compute).

use std::sync::{Arc, LazyLock};

use causeway_core::Random;
use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Odd};
use zeroize::{Zeroize, Zeroizing};

use super::primes;
use super::secret::SharedSecret;
use crate::error::Error;

/// Bits of a private exponent: twice the strength of the largest group and more (RFC 7919 appendix A wants 400 for
/// 8,192 bits), as much as OpenSSH takes. In these groups, whose order has no small factors but 2, it needs no more.
const EXPONENT_BITS: u32 = 512;
const EXPONENT: usize = 64;

/// A modulus and a generator.
#[derive(Debug)]
pub(crate) struct Group {
    params: BoxedMontyParams,
    generator: BoxedUint,
    /// The modulus, big-endian.
    modulus: Box<[u8]>,
}

/// The fixed groups, by the size of their modulus in bits. All are safe primes with the generator 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupSize {
    /// Only in reach of who asks for it by name: breaking this size is within the means of states.
    Bits1024,
    Bits1536,
    Bits2048,
    Bits3072,
    Bits4096,
    Bits6144,
    Bits8192,
}

impl GroupSize {
    /// All of them, the smallest first.
    pub const ALL: [Self; 7] = [
        Self::Bits1024,
        Self::Bits1536,
        Self::Bits2048,
        Self::Bits3072,
        Self::Bits4096,
        Self::Bits6144,
        Self::Bits8192,
    ];

    pub fn bits(self) -> u32 {
        match self {
            Self::Bits1024 => 1024,
            Self::Bits1536 => 1536,
            Self::Bits2048 => 2048,
            Self::Bits3072 => 3072,
            Self::Bits4096 => 4096,
            Self::Bits6144 => 6144,
            Self::Bits8192 => 8192,
        }
    }

    /// The size of exactly so many bits.
    pub fn from_bits(bits: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.bits() == bits)
    }

    pub(crate) fn group(self) -> Result<Arc<Group>, Error> {
        static GROUPS: LazyLock<[Option<Arc<Group>>; 7]> =
            LazyLock::new(|| GroupSize::ALL.map(|size| Group::from_hex(size.prime()).map(Arc::new)));
        let at = Self::ALL.into_iter().zip(GROUPS.iter()).find(|(size, _)| *size == self);
        at.and_then(|(_, group)| group.clone()).ok_or(Error::Crypto)
    }

    fn prime(self) -> &'static str {
        match self {
            Self::Bits1024 => primes::OAKLEY_1024,
            Self::Bits1536 => primes::MODP_1536,
            Self::Bits2048 => primes::MODP_2048,
            Self::Bits3072 => primes::MODP_3072,
            Self::Bits4096 => primes::MODP_4096,
            Self::Bits6144 => primes::MODP_6144,
            Self::Bits8192 => primes::MODP_8192,
        }
    }
}

impl Group {
    fn from_hex(prime: &str) -> Option<Self> {
        let modulus = data_encoding::HEXUPPER.decode(prime.as_bytes()).ok()?;
        Self::new(&modulus, &[2])
    }

    /// A group that a server names (RFC 4419 section 3), if both numbers can be what they claim. That the modulus is
    /// a safe prime is for the server to know: it signs what it chose.
    pub(crate) fn named(modulus: &[u8], generator: &[u8], bits: (u32, u32)) -> Result<Self, Error> {
        let length = bit_length(modulus);
        if length < bits.0 || length > bits.1 {
            return Err(Error::PeerKey);
        }
        Self::new(modulus, generator).ok_or(Error::PeerKey)
    }

    /// The numbers are big-endian, without leading zeros. The generator must lie between 1 and p - 1.
    fn new(modulus: &[u8], generator: &[u8]) -> Option<Self> {
        let number = BoxedUint::from_be_slice(modulus, precision(modulus)).ok()?;
        let odd = Option::<Odd<BoxedUint>>::from(Odd::new(number))?;
        let params = BoxedMontyParams::new(odd);
        let group = Self { params, generator: BoxedUint::zero(), modulus: modulus.into() };
        let generator = group.element(generator).ok()?;
        Some(Self { generator, ..group })
    }

    pub(crate) fn modulus(&self) -> &[u8] {
        &self.modulus
    }

    /// The generator, big-endian without leading zeros.
    pub(crate) fn generator(&self) -> Box<[u8]> {
        self.generator.to_be_bytes_trimmed_vartime()
    }

    #[cfg(test)]
    pub(crate) fn bits(&self) -> u32 {
        bit_length(&self.modulus)
    }

    /// A number that may be somebody's public value or the secret: between 1 and p - 1, both excluded (RFC 8268
    /// section 4). Anything else would make the secret known to everybody.
    fn element(&self, number: &[u8]) -> Result<BoxedUint, Error> {
        if number.len() > self.modulus.len() {
            return Err(Error::PeerKey);
        }
        let number = BoxedUint::from_be_slice(number, self.params.bits_precision());
        number.ok().filter(|n| self.has(n)).ok_or(Error::PeerKey)
    }

    fn has(&self, number: &BoxedUint) -> bool {
        let modulus: &BoxedUint = self.params.modulus();
        let one = BoxedUint::one_with_precision(number.bits_precision());
        let last = modulus.wrapping_sub(&one);
        *number > one && *number < last
    }

    fn power(&self, base: BoxedUint, exponent: &BoxedUint) -> BoxedUint {
        let mut form = BoxedMontyForm::new(base, &self.params);
        let mut power = form.pow_bounded_exp(exponent, EXPONENT_BITS);
        let result = power.retrieve();
        form.zeroize();
        power.zeroize();
        result
    }
}

/// An ephemeral key pair in a group.
pub(crate) struct GroupKey {
    group: Arc<Group>,
    exponent: Zeroizing<BoxedUint>,
    /// As it goes over the wire: the content of an mpint.
    public: Vec<u8>,
}

impl GroupKey {
    pub(crate) fn generate(group: Arc<Group>, random: &Random) -> Result<Self, Error> {
        let mut bytes = Zeroizing::new(random.bytes::<EXPONENT>());
        // All exponents have the same length, so that it tells nothing.
        if let Some(first) = bytes.first_mut() {
            *first |= 0x80;
        }
        Self::of(group, &bytes)
    }

    fn of(group: Arc<Group>, exponent: &[u8; EXPONENT]) -> Result<Self, Error> {
        let exponent = BoxedUint::from_be_slice(exponent, EXPONENT_BITS).map_err(|_| Error::Crypto)?;
        let exponent = Zeroizing::new(exponent);
        let public = group.power(group.generator.clone(), &exponent);
        let public = mpint(&public.to_be_bytes());
        Ok(Self { group, exponent, public })
    }

    pub(crate) fn public(&self) -> &[u8] {
        &self.public
    }

    /// The secret, from the peer's public value: the content of an mpint in the one form that it has.
    pub(crate) fn agree(&self, peer: &[u8]) -> Result<SharedSecret, Error> {
        let peer = self.group.element(number(peer)?)?;
        let mut secret = self.group.power(peer, &self.exponent);
        // RFC 8268 section 4: the secret must be no degenerate value either.
        let sound = self.group.has(&secret);
        let bytes = Zeroizing::new(secret.to_be_bytes());
        secret.zeroize();
        if sound { Ok(SharedSecret::number(&bytes)) } else { Err(Error::PeerKey) }
    }
}

/// The bytes of a number without leading zeros, from the content of an mpint (RFC 4251 section 5).
fn number(content: &[u8]) -> Result<&[u8], Error> {
    match content {
        [0, next, ..] if *next >= 0x80 => Ok(content.get(1..).unwrap_or_default()),
        [first, ..] if *first > 0 && *first < 0x80 => Ok(content),
        // Zero, negative, or with needless zeros.
        _ => Err(Error::PeerKey),
    }
}

/// The content of an mpint.
fn mpint(big_endian: &[u8]) -> Vec<u8> {
    let zeros = big_endian.iter().take_while(|b| **b == 0).count();
    let number = big_endian.get(zeros..).unwrap_or_default();
    let mut out = Vec::with_capacity(number.len() + 1);
    if number.first().is_some_and(|b| *b >= 0x80) {
        out.push(0);
    }
    out.extend_from_slice(number);
    out
}

fn bit_length(number: &[u8]) -> u32 {
    let bytes = u32::try_from(number.len()).unwrap_or(u32::MAX / 8);
    bytes.saturating_mul(8).saturating_sub(number.first().map_or(0, |b| b.leading_zeros()))
}

fn precision(number: &[u8]) -> u32 {
    u32::try_from(number.len()).unwrap_or(u32::MAX / 8).saturating_mul(8)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest::{SHA256, digest};
    use data_encoding::HEXLOWER;

    use super::*;

    /// For each size: hashes of the prime, of 2^x and of 2^(xy), as CPython's `pow` computes them from the formula of
    /// RFC 3526 with pi by Machin's. x is 0x81, 2, 3, ... 64, and y is 64 times 0xc3.
    const KNOWN: [[&str; 3]; 7] = [
        [
            "3f35a3f5f6c4376a744acad409bb22f8d897f949d2311d885adaa890981b67a0",
            "713d3b7d8a609c4b685b268b0cd173ff068ae198199e264ebcf28142a3884108",
            "c2a3d2378d56fbcf61a2ce4bcc20c404bad8bf76425a84239c1135170874e049",
        ],
        [
            "64fcc83ec403930bf18393dbc883ccaa1fbb08ac876f77f7aa99748ca945019b",
            "206307a1feff07a53f0c2e562969f28aae4cfac10ba260c01194088d1dd6550b",
            "0426f2e44f93adba948e0bd40d6b4cda090568135168c7c29f633620923119ae",
        ],
        [
            "d66436f79bbd6b2e38c0ffbd079be904d2641415e2e67140e09448be9a60890e",
            "ed3900dc1887f9f501152266eab22461f65f53e4fe67ca3ee0645762f67f9318",
            "bf8b8e97163b8561e22264f2b01f3d6a542c9933e552c70bf1da686131fbb7a3",
        ],
        [
            "48cf8b092fbce4359d9871abf74f98e25b6163379eaa15cd9087e800c6d1c55c",
            "12bf254a3fc5438b20461293f8e6d3f3c816f11daafd793ad6c229dce9e622ea",
            "4b06fab5b5e470caed0cbe1ee34c51a084a9bf906665d7f261e8e319eb2842ca",
        ],
        [
            "4ee95187682bcb230ad26a95205f6920e84708f6251b3894329b09ec23919e33",
            "ef1d70629353c458131378be223d1a1225b00d92d04f8bdf06f9eba83c2b4e6e",
            "3d41ec30a9d339d2aa0967363af8a422c359826b4e63e9b6c2fc549f9d4ac2e0",
        ],
        [
            "d1bfe6d0925ce7e4da262b62861514a7755e35831e429f343e7b864848657efd",
            "7a54ca795aaa4312f02c3832e5393607259c2cdb031b675812879c5ea03de6f8",
            "d96dd5c6b90e538799576ca40303a571e11e06def8beeda5aed0591eb828d73e",
        ],
        [
            "39ab4feab950a3128fb71accb9fc3965d857012e081998a85996e3ea8b3c3bcf",
            "a8e129ad4614f4196de1bb9ab26298c656cd796b7658a6c37482a1b97a482867",
            "440c8dedbd46fc9695e4ea3b3aaef1f7742b159a29ce3914a171e9be2c90245f",
        ],
    ];

    fn x() -> [u8; 64] {
        let mut x = std::array::from_fn(|i| u8::try_from(i + 1).unwrap());
        x[0] |= 0x80;
        x
    }

    /// The hash of a number, padded to the length of the group's modulus.
    fn hash(group: &Group, big_endian: &[u8]) -> String {
        let mut padded = vec![0; group.modulus.len() - big_endian.len()];
        padded.extend_from_slice(big_endian);
        HEXLOWER.encode(digest(&SHA256, &padded).as_ref())
    }

    #[test]
    fn the_groups_compute_what_another_implementation_does() {
        for (size, [prime, public, secret]) in GroupSize::ALL.into_iter().zip(KNOWN) {
            let group = size.group().unwrap();
            assert_eq!((group.bits(), hash(&group, &group.modulus).as_str()), (size.bits(), prime));
            let ours = GroupKey::of(group.clone(), &x()).unwrap();
            let theirs = GroupKey::of(group.clone(), &[0xc3; 64]).unwrap();
            assert_eq!(hash(&group, number(ours.public()).unwrap()), public);
            let agreed = ours.agree(theirs.public()).unwrap();
            assert_eq!(agreed.encoded(), theirs.agree(ours.public()).unwrap().encoded());
            assert_eq!(hash(&group, number(&agreed.encoded()[4..]).unwrap()), secret);
        }
    }

    #[test]
    fn public_values_that_give_the_secret_away_are_refused() {
        for size in GroupSize::ALL {
            let group = size.group().unwrap();
            let key = GroupKey::generate(group.clone(), &Random::predictable(3)).unwrap();
            let minus = |n: u8| {
                let mut value = group.modulus.to_vec();
                // The last byte of each prime is 0xff.
                *value.last_mut().unwrap() -= n;
                mpint(&value)
            };
            let beyond = [&[1][..], &vec![0; group.modulus.len()]].concat();
            for bad in [vec![], vec![0], vec![1], minus(1), minus(0), beyond, vec![0; 3000], vec![0x7f; 9000]]
            {
                assert_eq!(key.agree(&bad).err(), Some(Error::PeerKey), "{size:?} {}", bad.len());
            }
            assert!(key.agree(&[2]).is_ok());
            assert!(key.agree(&minus(2)).is_ok());
        }
    }

    #[test]
    fn a_public_value_has_one_form_only() {
        let group = GroupSize::Bits2048.group().unwrap();
        let key = GroupKey::generate(group, &Random::predictable(4)).unwrap();
        for bad in [&[0, 2][..], &[0x80], &[0xff, 1], &[0, 0, 0x80]] {
            assert_eq!(key.agree(bad).err(), Some(Error::PeerKey), "{bad:?}");
        }
        assert!(key.agree(&[0, 0x80]).is_ok());
    }

    #[test]
    fn a_group_that_a_server_names_must_be_odd_and_of_the_size_asked_for() {
        let right = GroupSize::Bits2048.group().unwrap().modulus.to_vec();
        assert!(Group::named(&right, &[2], (2048, 8192)).is_ok());
        assert!(Group::named(&right, &[2], (3072, 8192)).is_err());
        assert!(Group::named(&right, &[2], (1024, 1536)).is_err());
        let mut even = right.clone();
        *even.last_mut().unwrap() -= 1;
        assert!(Group::named(&even, &[2], (2048, 8192)).is_err());
        for generator in [&[][..], &[0], &[1], &right, &[1; 300]] {
            assert!(Group::named(&right, generator, (2048, 8192)).is_err());
        }
        for modulus in [&[][..], &[0], &[1], &[3]] {
            assert!(Group::named(modulus, &[2], (0, 8192)).is_err());
        }
        assert!(Group::named(&vec![0xff; 1025], &[2], (2048, 8192)).is_err());
    }
}
