//! Where a secret is kept.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use causeway_core::{Random, Secret};
use data_encoding::BASE64;

use super::{BadValue, text_value};
use crate::seal::{self, KeyError, OpenError, Seal};
use crate::{Environment, secret_file};

/// What sealed secrets are for, so that nothing else that is sealed passes for one.
const PURPOSE: &[u8] = b"secret";
/// How they are sealed: their first byte.
const VERSION: u8 = 1;

/// A secret as the option says it: plain, `external-file:PATH` (relative to the installation folder), `env:NAME`, or
/// `enc:` and what `causeway password encrypt` made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    Plain(Secret),
    File(PathBuf),
    Variable(String),
    Sealed(Box<[u8]>),
}

/// Why a secret could not be had. Names its place, never its content.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("cannot read '{}': {error}", path.display())]
    Unreadable { path: PathBuf, error: std::io::Error },
    #[error("the environment variable '{0}' is not set")]
    NoVariable(String),
    #[error("enc: {0}")]
    Key(#[from] KeyError),
    #[error("enc: {0}; make it again with 'causeway password encrypt'")]
    Sealed(#[from] OpenError),
}

impl Default for SecretSource {
    fn default() -> Self {
        Self::Plain(Secret::default())
    }
}

impl SecretSource {
    /// The secret itself. Reads a file when that is where it is; the key of the installation at `root` when it is sealed.
    pub fn resolve(&self, root: &Path, environment: &Environment) -> Result<Secret, SecretError> {
        match self {
            SecretSource::Plain(secret) => Ok(secret.clone()),
            SecretSource::File(path) => {
                let path = root.join(path);
                secret_file::read(&path).map_err(|error| SecretError::Unreadable { path, error })
            }
            SecretSource::Variable(name) => match environment.variable(name) {
                Some(value) => Ok(Secret::new(value.as_encoded_bytes())),
                None => Err(SecretError::NoVariable(name.clone())),
            },
            SecretSource::Sealed(sealed) => open(&seal::installation_key(root)?, sealed),
        }
    }

    /// Whether it is in a file that every user of this machine can read.
    pub(crate) fn is_open(&self, root: &Path) -> bool {
        matches!(self, SecretSource::File(path) if secret_file::is_open(&root.join(path)))
    }

    /// Whether the text of an option is a secret itself, and not where one is kept or a sealed one.
    pub(crate) fn stands_in(text: &str) -> bool {
        matches!(text.parse(), Ok(Self::Plain(secret)) if !secret.is_empty())
    }

    /// The text for a secret that only the installation with this key can read. None: see [`Seal::new`].
    pub fn seal(secret: &Secret, installation: &Secret, random: &Random) -> Option<String> {
        let sealed = Seal::new(installation, PURPOSE)?.seal(random, &[VERSION], secret.expose())?;
        Some(format!("enc:{}", BASE64.encode(&[&[VERSION], &sealed[..]].concat())))
    }
}

fn open(installation: &Secret, sealed: &[u8]) -> Result<Secret, SecretError> {
    let (version, sealed) = sealed.split_first().ok_or(OpenError)?;
    let seal = Seal::new(installation, PURPOSE).ok_or(OpenError)?;
    Ok(seal.open(&[*version], sealed)?)
}

impl FromStr for SecretSource {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        if let Some(path) = text.strip_prefix("external-file:") {
            let path = path.trim();
            if path.is_empty() {
                return Err(BadValue::new("external-file: names no file"));
            }
            return Ok(Self::File(PathBuf::from(path)));
        }
        if let Some(name) = text.strip_prefix("env:") {
            let name = name.trim();
            if name.is_empty() {
                return Err(BadValue::new("env: names no variable"));
            }
            return Ok(Self::Variable(name.to_owned()));
        }
        if let Some(sealed) = text.strip_prefix("enc:") {
            // Long ones may stand on several lines.
            let letters: String = sealed.split_whitespace().collect();
            return match BASE64.decode(letters.as_bytes()) {
                Ok(sealed) if sealed.first() == Some(&VERSION) => Ok(Self::Sealed(sealed.into())),
                _ => Err(BadValue::new("enc: is not followed by what 'causeway password encrypt' prints")),
            };
        }
        Ok(Self::Plain(Secret::new(text)))
    }
}

text_value!(SecretSource, "a secret: plain, external-file:PATH, env:NAME or enc:SEALED", secret);
