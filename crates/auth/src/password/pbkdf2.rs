//! PBKDF2 as passlib writes it: `$pbkdf2-sha256$ROUNDS$SALT$DIGEST`, in base64 with `.` for `+` and no padding.

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2;
use causeway_core::Random;
use data_encoding::BASE64_NOPAD;

use super::sha_crypt::parse_rounds;
use super::{MAX_ROUNDS, PasswordHashError, Scheme};

const SHA256_SIZE: usize = 32;
const SHA512_SIZE: usize = 64;
/// What passlib makes.
const SALT_SIZE: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variant {
    Sha256,
    Sha512,
}

#[derive(Clone)]
pub(super) struct Pbkdf2 {
    variant: Variant,
    rounds: NonZeroU32,
    salt: Box<[u8]>,
    digest: Box<[u8]>,
}

impl Pbkdf2 {
    /// Reads what follows the algorithm's name and its `$`.
    pub(super) fn parse(variant: Variant, rest: &str) -> Result<Self, PasswordHashError> {
        let mut fields = rest.split('$');
        let (Some(rounds), Some(salt), Some(digest), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(PasswordHashError::Malformed);
        };
        Self::new(variant, parse_rounds(rounds)?, decode(salt)?, decode(digest)?)
    }

    pub(super) fn of_nobody(
        variant: Variant,
        rounds: u32,
        random: &Random,
    ) -> Result<Self, PasswordHashError> {
        let digest: Vec<u8> = match variant {
            Variant::Sha256 => random.bytes::<SHA256_SIZE>().into(),
            Variant::Sha512 => random.bytes::<SHA512_SIZE>().into(),
        };
        Self::new(variant, rounds, random.bytes::<SALT_SIZE>().into(), digest)
    }

    fn new(variant: Variant, rounds: u32, salt: Vec<u8>, digest: Vec<u8>) -> Result<Self, PasswordHashError> {
        let size = match variant {
            Variant::Sha256 => SHA256_SIZE,
            Variant::Sha512 => SHA512_SIZE,
        };
        if digest.len() != size {
            return Err(PasswordHashError::Malformed);
        }
        if rounds > MAX_ROUNDS {
            return Err(PasswordHashError::TooManyRounds);
        }
        let rounds = NonZeroU32::new(rounds).ok_or(PasswordHashError::TooFewRounds)?;
        Ok(Self { variant, rounds, salt: salt.into(), digest: digest.into() })
    }

    pub(super) fn scheme(&self) -> Scheme {
        let rounds = self.rounds.get();
        match self.variant {
            Variant::Sha256 => Scheme::Pbkdf2Sha256 { rounds },
            Variant::Sha512 => Scheme::Pbkdf2Sha512 { rounds },
        }
    }

    pub(super) fn verify(&self, password: &[u8]) -> bool {
        let algorithm = match self.variant {
            Variant::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Variant::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        };
        pbkdf2::verify(algorithm, self.rounds, &self.salt, password, &self.digest).is_ok()
    }
}

fn decode(text: &str) -> Result<Vec<u8>, PasswordHashError> {
    BASE64_NOPAD.decode(text.replace('.', "+").as_bytes()).map_err(|_| PasswordHashError::Malformed)
}
