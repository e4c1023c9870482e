//! Argon2id (RFC 9106) as a PHC string: `$argon2id$v=19$m=KIB,t=PASSES,p=LANES$SALT$DIGEST`.

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use causeway_core::{Random, Secret};
use data_encoding::BASE64_NOPAD;

use super::{PasswordHashError, Scheme};

/// Memory for new hashes (OWASP, Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane).
pub const NEW_MEMORY_KIB: u32 = 19_456;
pub const NEW_PASSES: u32 = 2;
pub const NEW_LANES: u32 = 1;

/// What a stored hash may ask for at most.
pub const MAX_MEMORY_KIB: u32 = 262_144;
pub const MAX_PASSES: u32 = 16;
pub const MAX_LANES: u32 = 16;

const SALT_SIZE: usize = 16;
const DIGEST_SIZE: usize = 32;
/// Below, a digest can be hit by chance (RFC 9106 section 3.1 allows 4 bytes).
const DIGEST_MIN: usize = 16;

#[derive(Clone)]
pub(super) struct Argon2id {
    version: Version,
    params: Params,
    salt: Box<[u8]>,
    digest: Box<[u8]>,
}

impl Argon2id {
    /// Reads the whole PHC string.
    pub(super) fn parse(text: &str) -> Result<Self, PasswordHashError> {
        let hash = phc::PasswordHash::new(text).map_err(|_| PasswordHashError::Malformed)?;
        let number = |name: &str, default| match hash.params.get(name) {
            Some(v) => v.decimal().map_err(|_| PasswordHashError::Malformed),
            None => Ok(default),
        };
        let (memory, passes, lanes) =
            (number("m", Params::DEFAULT_M_COST)?, number("t", Params::DEFAULT_T_COST)?, number("p", 1)?);
        // A hash made with a key or with associated data would never verify here.
        if hash.params.iter().any(|(name, _)| !matches!(name.as_str(), "m" | "t" | "p")) {
            return Err(PasswordHashError::Malformed);
        }
        // A string without a version is from before 1.3 (PHC string format, "Argon2 Encoding").
        let version = hash.version.map_or(Ok(Version::V0x10), Version::try_from);
        let version = version.map_err(|_| PasswordHashError::Malformed)?;
        let (Some(salt), Some(digest)) = (hash.salt, hash.hash) else {
            return Err(PasswordHashError::Malformed);
        };
        Self::new(version, memory, passes, lanes, &salt, digest.as_bytes())
    }

    pub(super) fn of_nobody(
        memory_kib: u32,
        passes: u32,
        lanes: u32,
        random: &Random,
    ) -> Result<Self, PasswordHashError> {
        let (salt, digest) = (random.bytes::<SALT_SIZE>(), random.bytes::<DIGEST_SIZE>());
        Self::new(Version::V0x13, memory_kib, passes, lanes, &salt, &digest)
    }

    fn new(
        version: Version,
        memory_kib: u32,
        passes: u32,
        lanes: u32,
        salt: &[u8],
        digest: &[u8],
    ) -> Result<Self, PasswordHashError> {
        if memory_kib > MAX_MEMORY_KIB || passes > MAX_PASSES || lanes > MAX_LANES {
            return Err(PasswordHashError::TooExpensive);
        }
        let salt_is_usable = (argon2::MIN_SALT_LEN..=argon2::MAX_SALT_LEN).contains(&salt.len());
        if digest.len() < DIGEST_MIN || !salt_is_usable {
            return Err(PasswordHashError::Malformed);
        }
        let params = Params::new(memory_kib, passes, lanes, Some(digest.len()))
            .map_err(|_| PasswordHashError::Malformed)?;
        Ok(Self { version, params, salt: salt.into(), digest: digest.into() })
    }

    pub(super) fn scheme(&self) -> Scheme {
        Scheme::Argon2id {
            memory_kib: self.params.m_cost(),
            passes: self.params.t_cost(),
            lanes: self.params.p_cost(),
        }
    }

    pub(super) fn verify(&self, password: &[u8]) -> bool {
        let mut digest = vec![0; self.digest.len()];
        Argon2::new(Algorithm::Argon2id, self.version, self.params.clone())
            .hash_password_into(password, &self.salt, &mut digest)
            .is_ok()
            && verify_slices_are_equal(&digest, &self.digest).is_ok()
    }
}

/// A new hash of `password`, as it is stored. Takes its time on purpose: not for a network thread.
///
/// # Errors
/// The memory cannot be had.
pub fn hash_new(password: &Secret, random: &Random) -> Result<String, OutOfMemory> {
    let salt = random.bytes::<SALT_SIZE>();
    let mut digest = [0; DIGEST_SIZE];
    Params::new(NEW_MEMORY_KIB, NEW_PASSES, NEW_LANES, Some(DIGEST_SIZE))
        .and_then(|params| {
            Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(
                password.expose(),
                &salt,
                &mut digest,
            )
        })
        .map_err(|_| OutOfMemory)?;
    Ok(format!(
        "$argon2id$v=19$m={NEW_MEMORY_KIB},t={NEW_PASSES},p={NEW_LANES}${}${}",
        BASE64_NOPAD.encode(&salt),
        BASE64_NOPAD.encode(&digest)
    ))
}

/// The memory for a password hash could not be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not enough memory to hash a password")]
pub struct OutOfMemory;
