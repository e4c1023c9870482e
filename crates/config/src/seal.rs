//! Secrets at rest: sealed with the key of the installation.

use std::io;
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use causeway_core::{Random, Secret};
use data_encoding::HEXLOWER_PERMISSIVE;

use crate::secret_file;

/// Where the key of an installation is, below its folder: in hexadecimal.
pub const KEY_FILE: &str = "run/installation.key";
/// Bytes that it has at least.
const KEY_MIN: usize = 32;

/// Why the key of an installation cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the key of this installation, '{}', does not exist; what was sealed with it cannot be read by another one", .0.display())]
    Missing(PathBuf),
    #[error("the key of this installation, '{}', cannot be read: {error}", path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    #[error("the key of this installation, '{}', is damaged: it should hold {KEY_MIN} bytes or more in hexadecimal. Put a copy of it in its place; without a copy remove it, and a new one is made, but secrets and history that were sealed with it are lost", .0.display())]
    Damaged(PathBuf),
}

/// The key of the installation at `root`.
pub fn installation_key(root: &Path) -> Result<Secret, KeyError> {
    let path = root.join(KEY_FILE);
    let text = match secret_file::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(KeyError::Missing(path)),
        Err(error) => return Err(KeyError::Unreadable { path, error }),
    };
    match HEXLOWER_PERMISSIVE.decode(text.expose().trim_ascii()) {
        Ok(key) if key.len() >= KEY_MIN => Ok(Secret::new(key)),
        _ => Err(KeyError::Damaged(path)),
    }
}

/// Seals and opens for one purpose: AES-256-GCM under a key derived from the installation's.
pub struct Seal {
    key: LessSafeKey,
}

/// What was sealed cannot be opened: it was changed, or sealed with another key or for another purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it was not sealed with the key of this installation, or it was changed since")]
pub struct OpenError;

impl Seal {
    /// None: the provider refuses the key, which it does for none of this length.
    pub fn new(installation: &Secret, purpose: &[u8]) -> Option<Self> {
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, installation.expose()), purpose);
        let key = UnboundKey::new(&AES_256_GCM, derived.as_ref()).ok()?;
        Some(Self { key: LessSafeKey::new(key) })
    }

    /// A random nonce, then what is sealed. `context` must be the same when it is opened.
    pub fn seal(&self, random: &Random, context: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
        let nonce: [u8; NONCE_LEN] = random.bytes();
        let mut sealed = plain.to_vec();
        let at = Nonce::assume_unique_for_key(nonce);
        self.key.seal_in_place_append_tag(at, Aad::from(context), &mut sealed).ok()?;
        Some([&nonce[..], &sealed].concat())
    }

    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Secret, OpenError> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(OpenError)?;
        let mut plain = rest.to_vec();
        let at = Nonce::assume_unique_for_key(*nonce);
        let opened = self.key.open_in_place(at, Aad::from(context), &mut plain).map_err(|_| OpenError)?;
        Ok(Secret::new(&*opened))
    }
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_for_its_purpose_and_context_alone() {
        let (key, random) = (Secret::new([7; 32]), Random::predictable(1));
        let seal = Seal::new(&key, b"history").unwrap();
        let sealed = seal.seal(&random, b"1", b"hunter2").unwrap();
        assert!(!sealed.windows(7).any(|w| w == b"hunter2"));
        assert_eq!(seal.open(b"1", &sealed).unwrap().expose(), b"hunter2");
        assert_eq!(seal.open(b"2", &sealed), Err(OpenError));
        assert_eq!(Seal::new(&key, b"other").unwrap().open(b"1", &sealed), Err(OpenError));
        let mut changed = sealed.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert_eq!(seal.open(b"1", &changed), Err(OpenError));
        assert_eq!(seal.open(b"1", b"short"), Err(OpenError));
    }
}
