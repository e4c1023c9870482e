//! SHA-crypt: `$5$` and `$6$`, `[rounds=N$]SALT$DIGEST`.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use causeway_core::Random;
use sha_crypt::{BLOCK_SIZE_SHA256, BLOCK_SIZE_SHA512, Params, sha256_crypt, sha512_crypt};

use super::{MAX_ROUNDS, PasswordHashError, Scheme};

/// Rounds where the text names none.
const DEFAULT_ROUNDS: u32 = 5_000;
/// The algorithm reads this much of a salt.
const SALT_MAX: usize = 16;
/// The digits of crypt(3), which are not those of base64.
const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variant {
    Sha256,
    Sha512,
}

impl Variant {
    /// Bytes of a digest.
    fn size(self) -> usize {
        match self {
            Self::Sha256 => BLOCK_SIZE_SHA256,
            Self::Sha512 => BLOCK_SIZE_SHA512,
        }
    }
}

#[derive(Clone)]
pub(super) struct ShaCrypt {
    variant: Variant,
    rounds: u32,
    params: Params,
    salt: Box<[u8]>,
    digest: Box<[u8]>,
}

impl ShaCrypt {
    /// Reads what follows `$5$` or `$6$`.
    pub(super) fn parse(variant: Variant, rest: &str) -> Result<Self, PasswordHashError> {
        let (rounds, rest) = match rest.strip_prefix("rounds=") {
            None => (DEFAULT_ROUNDS, rest),
            Some(rest) => {
                let (digits, rest) = rest.split_once('$').ok_or(PasswordHashError::Malformed)?;
                (parse_rounds(digits)?, rest)
            }
        };
        let (salt, digest) = rest.split_once('$').ok_or(PasswordHashError::Malformed)?;
        let digest = decode(variant, digest.as_bytes()).ok_or(PasswordHashError::Malformed)?;
        // crypt(3) takes a longer salt and reads its beginning.
        let salt = salt.as_bytes();
        Self::new(variant, rounds, salt.get(..SALT_MAX).unwrap_or(salt), digest)
    }

    pub(super) fn of_nobody(
        variant: Variant,
        rounds: u32,
        salt_length: usize,
        random: &Random,
    ) -> Result<Self, PasswordHashError> {
        let mut digest = vec![0; variant.size()];
        random.fill(&mut digest);
        let salt = random.bytes::<SALT_MAX>();
        Self::new(variant, rounds, salt.get(..salt_length).unwrap_or(&salt), digest)
    }

    fn new(variant: Variant, rounds: u32, salt: &[u8], digest: Vec<u8>) -> Result<Self, PasswordHashError> {
        if rounds > MAX_ROUNDS {
            return Err(PasswordHashError::TooManyRounds);
        }
        let params = Params::new(rounds).map_err(|_| PasswordHashError::TooFewRounds)?;
        Ok(Self { variant, rounds, params, salt: salt.into(), digest: digest.into() })
    }

    pub(super) fn scheme(&self) -> Scheme {
        match self.variant {
            Variant::Sha256 => Scheme::Sha256Crypt { rounds: self.rounds, salt_length: self.salt.len() },
            Variant::Sha512 => Scheme::Sha512Crypt { rounds: self.rounds, salt_length: self.salt.len() },
        }
    }

    pub(super) fn verify(&self, password: &[u8]) -> bool {
        let same = match self.variant {
            Variant::Sha256 => {
                verify_slices_are_equal(&sha256_crypt(password, &self.salt, self.params), &self.digest)
            }
            Variant::Sha512 => {
                verify_slices_are_equal(&sha512_crypt(password, &self.salt, self.params), &self.digest)
            }
        };
        same.is_ok()
    }
}

/// A count in plain digits, as it was written by a program.
pub(super) fn parse_rounds(digits: &str) -> Result<u32, PasswordHashError> {
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(PasswordHashError::Malformed);
    }
    digits.parse().map_err(|_| PasswordHashError::TooManyRounds)
}

/// The digest out of its text. crypt(3) writes three bytes at a time, little end first, in an order of its own:
/// each group continues the one before, turned round by one place.
fn decode(variant: Variant, text: &[u8]) -> Option<Vec<u8>> {
    let size = variant.size();
    if text.len() != (size * 8).div_ceil(6) {
        return None;
    }
    let mut digest = vec![0; size];
    let mut at = [0, size / 3, size / 3 * 2];
    let (groups, last) = text.as_chunks::<4>();
    for group in groups {
        let [low, middle, high, _] = value(group)?.to_le_bytes();
        for (place, byte) in at.into_iter().zip([high, middle, low]) {
            *digest.get_mut(place)? = byte;
        }
        let [a, b, c] = at.map(|place| place + 1);
        at = match variant {
            Variant::Sha256 => [c, a, b],
            Variant::Sha512 => [b, c, a],
        };
    }
    // What is left: two bytes of SHA-256, one of SHA-512.
    let rest = value(last)?.to_le_bytes();
    let (bytes, zeros) = rest.split_at_checked(size % 3)?;
    digest.get_mut(size - bytes.len()..)?.copy_from_slice(bytes);
    zeros.iter().all(|b| *b == 0).then_some(digest)
}

/// Up to four digits, the first one the least.
fn value(digits: &[u8]) -> Option<u32> {
    digits.iter().rev().try_fold(0u32, |sum, d| {
        let v = ALPHABET.iter().position(|a| a == d)?;
        Some((sum << 6) | u32::try_from(v).ok()?)
    })
}
