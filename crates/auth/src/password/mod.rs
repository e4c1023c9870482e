//! Stored passwords: every format that a configuration may hold, read once and verified as pure computation.
//!
//! | Begins with | What it is | Source |
//! |---|---|---|
//! | `$5$`, `$6$` | SHA-crypt over SHA-256 or SHA-512, with any `rounds=` up to [`MAX_ROUNDS`] | Drepper, "Unix crypt using SHA-256 and SHA-512", 2008 |
//! | `$pbkdf2-sha256$`, `$pbkdf2-sha512$` | PBKDF2 as passlib writes it | RFC 8018 section 5.2 |
//! | `$argon2id$` | Argon2id as a PHC string: what new passwords become | RFC 9106 |
//! | anything but `$` | the password itself, as an old file may hold it | |
//!
//! Nothing here waits or counts: [`Hashing`](crate::Hashing) does, off the network threads.

mod argon2id;
mod pbkdf2;
mod sha_crypt;

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use causeway_core::{Random, Secret};

pub use argon2id::{
    MAX_LANES, MAX_MEMORY_KIB, MAX_PASSES, NEW_LANES, NEW_MEMORY_KIB, NEW_PASSES, OutOfMemory, hash_new,
};

use argon2id::Argon2id;
use pbkdf2::Pbkdf2;
use sha_crypt::ShaCrypt;

/// Rounds of SHA-crypt and PBKDF2 beyond which a stored hash is refused: one attempt would keep a core busy for
/// many seconds.
pub const MAX_ROUNDS: u32 = 10_000_000;

/// Characters of a password, stored or offered.
pub const MAX_PASSWORD_CHARS: usize = 150;

/// Bytes of a stored hash; the longest honest one has about 200.
const MAX_STORED: usize = 1024;

/// Why a stored password cannot be used. The account cannot log in by password until it is set anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordHashError {
    #[error("the stored password has an unknown format")]
    UnknownFormat,
    #[error("the stored password hash is damaged")]
    Malformed,
    #[error("the stored password hash asks for fewer rounds than its format allows")]
    TooFewRounds,
    #[error("the stored password hash asks for more than {MAX_ROUNDS} rounds")]
    TooManyRounds,
    #[error(
        "the stored password hash asks for more than {MAX_MEMORY_KIB} KiB, {MAX_PASSES} passes or {MAX_LANES} lanes"
    )]
    TooExpensive,
    #[error("the stored password is longer than {MAX_PASSWORD_CHARS} characters")]
    TooLong,
}

/// What verifying costs: the algorithm and its parameters. Two hashes of one scheme take the same work for the same
/// password. (SHA-crypt hashes its salt, of at most 16 bytes, in most rounds, so its length counts.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// The password itself.
    Plain,
    Sha256Crypt {
        rounds: u32,
        salt_length: usize,
    },
    Sha512Crypt {
        rounds: u32,
        salt_length: usize,
    },
    Pbkdf2Sha256 {
        rounds: u32,
    },
    Pbkdf2Sha512 {
        rounds: u32,
    },
    Argon2id {
        memory_kib: u32,
        passes: u32,
        lanes: u32,
    },
}

impl Scheme {
    /// What new passwords are stored with.
    pub const NEW: Scheme =
        Scheme::Argon2id { memory_kib: NEW_MEMORY_KIB, passes: NEW_PASSES, lanes: NEW_LANES };

    /// KiB that one verification holds while it runs, beyond a few that do not matter.
    pub fn memory_kib(self) -> u32 {
        match self {
            Scheme::Argon2id { memory_kib, .. } => memory_kib,
            _ => 0,
        }
    }
}

/// A stored password, read and checked.
#[derive(Clone)]
pub struct PasswordHash(Kind);

#[derive(Clone)]
enum Kind {
    Plain(Secret),
    ShaCrypt(ShaCrypt),
    Pbkdf2(Pbkdf2),
    Argon2id(Argon2id),
}

impl PasswordHash {
    /// Reads what the option `password` holds. A text that begins with `$` is a hash, never a password itself.
    ///
    /// # Errors
    /// The format is not among those of this module, is damaged, or asks for more work than the limits allow.
    pub fn parse(stored: &Secret) -> Result<Self, PasswordHashError> {
        let bytes = stored.expose();
        if !bytes.starts_with(b"$") {
            return match bytes {
                b"" => Err(PasswordHashError::UnknownFormat),
                _ if has_too_many_characters(bytes) => Err(PasswordHashError::TooLong),
                _ => Ok(Self(Kind::Plain(stored.clone()))),
            };
        }
        if bytes.len() > MAX_STORED {
            return Err(PasswordHashError::Malformed);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| PasswordHashError::Malformed)?;
        let (id, rest) =
            text.get(1..).and_then(|t| t.split_once('$')).ok_or(PasswordHashError::UnknownFormat)?;
        Ok(Self(match id {
            "5" => Kind::ShaCrypt(ShaCrypt::parse(sha_crypt::Variant::Sha256, rest)?),
            "6" => Kind::ShaCrypt(ShaCrypt::parse(sha_crypt::Variant::Sha512, rest)?),
            "pbkdf2-sha256" => Kind::Pbkdf2(Pbkdf2::parse(pbkdf2::Variant::Sha256, rest)?),
            "pbkdf2-sha512" => Kind::Pbkdf2(Pbkdf2::parse(pbkdf2::Variant::Sha512, rest)?),
            "argon2id" => Kind::Argon2id(Argon2id::parse(text)?),
            _ => return Err(PasswordHashError::UnknownFormat),
        }))
    }

    /// A hash of nobody's password: verifying against it takes the work of `scheme` and (but for a chance of
    /// 2^-256) answers no.
    ///
    /// # Errors
    /// The parameters are outside the limits; those of a parsed hash never are.
    pub fn of_nobody(scheme: Scheme, random: &Random) -> Result<Self, PasswordHashError> {
        use sha_crypt::Variant as Sha;
        Ok(Self(match scheme {
            Scheme::Plain => Kind::Plain(Secret::new(random.bytes::<32>())),
            Scheme::Sha256Crypt { rounds, salt_length } => {
                Kind::ShaCrypt(ShaCrypt::of_nobody(Sha::Sha256, rounds, salt_length, random)?)
            }
            Scheme::Sha512Crypt { rounds, salt_length } => {
                Kind::ShaCrypt(ShaCrypt::of_nobody(Sha::Sha512, rounds, salt_length, random)?)
            }
            Scheme::Pbkdf2Sha256 { rounds } => {
                Kind::Pbkdf2(Pbkdf2::of_nobody(pbkdf2::Variant::Sha256, rounds, random)?)
            }
            Scheme::Pbkdf2Sha512 { rounds } => {
                Kind::Pbkdf2(Pbkdf2::of_nobody(pbkdf2::Variant::Sha512, rounds, random)?)
            }
            Scheme::Argon2id { memory_kib, passes, lanes } => {
                Kind::Argon2id(Argon2id::of_nobody(memory_kib, passes, lanes, random)?)
            }
        }))
    }

    pub fn scheme(&self) -> Scheme {
        match &self.0 {
            Kind::Plain(_) => Scheme::Plain,
            Kind::ShaCrypt(h) => h.scheme(),
            Kind::Pbkdf2(h) => h.scheme(),
            Kind::Argon2id(h) => h.scheme(),
        }
    }

    /// Whether `password` is the one that was stored. Takes its time on purpose: not for a network thread. The
    /// comparison takes the same time whatever differs; memory that cannot be had answers no.
    pub fn verify(&self, password: &Secret) -> bool {
        let password = password.expose();
        match &self.0 {
            Kind::Plain(stored) => are_equal(stored.expose(), password),
            Kind::ShaCrypt(h) => h.verify(password),
            Kind::Pbkdf2(h) => h.verify(password),
            Kind::Argon2id(h) => h.verify(password),
        }
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PasswordHash({:?})", self.scheme())
    }
}

/// Whether a password has more characters than any stored one may have (bytes that are no text count one by one).
pub fn is_too_long(password: &Secret) -> bool {
    has_too_many_characters(password.expose())
}

fn has_too_many_characters(bytes: &[u8]) -> bool {
    bytes.len() > MAX_PASSWORD_CHARS
        && std::str::from_utf8(bytes).map_or(bytes.len(), |t| t.chars().count()) > MAX_PASSWORD_CHARS
}

/// Compares digests of both, so that not even the lengths show.
fn are_equal(a: &[u8], b: &[u8]) -> bool {
    verify_slices_are_equal(digest(&SHA256, a).as_ref(), digest(&SHA256, b).as_ref()).is_ok()
}

#[cfg(test)]
mod tests;
