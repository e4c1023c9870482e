//! Where a secret is kept.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use causeway_core::Secret;

use super::{BadValue, text_value};
use crate::Environment;

/// Bytes in the file of a secret.
const FILE_MAX: u64 = 1 << 20;

/// A secret as the option says it: plain, `external-file:PATH` (relative to the installation folder) or
/// `env:NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    Plain(Secret),
    File(PathBuf),
    Variable(String),
}

/// Why a secret could not be had. Names its place, never its content.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("cannot read '{}': {error}", path.display())]
    Unreadable { path: PathBuf, error: std::io::Error },
    #[error("'{}' is larger than {FILE_MAX} bytes", .0.display())]
    TooLarge(PathBuf),
    #[error("the environment variable '{0}' is not set")]
    NoVariable(String),
}

impl Default for SecretSource {
    fn default() -> Self {
        Self::Plain(Secret::default())
    }
}

impl SecretSource {
    /// The secret itself. Reads a file when that is where it is.
    pub fn resolve(&self, root: &Path, environment: &Environment) -> Result<Secret, SecretError> {
        match self {
            SecretSource::Plain(secret) => Ok(secret.clone()),
            SecretSource::File(path) => read(root.join(path)),
            SecretSource::Variable(name) => match environment.variable(name) {
                Some(value) => Ok(Secret::new(value.as_encoded_bytes())),
                None => Err(SecretError::NoVariable(name.clone())),
            },
        }
    }
}

fn read(path: PathBuf) -> Result<Secret, SecretError> {
    let mut content = Vec::new();
    let read = std::fs::File::open(&path).and_then(|f| f.take(FILE_MAX + 1).read_to_end(&mut content));
    // From here on the bytes are wiped when they go.
    let secret = Secret::new(content);
    match read {
        Err(error) => Err(SecretError::Unreadable { path, error }),
        Ok(_) if u64::try_from(secret.len()).unwrap_or(u64::MAX) > FILE_MAX => {
            Err(SecretError::TooLarge(path))
        }
        Ok(_) => Ok(secret),
    }
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
        if text.starts_with("enc:") {
            return Err(BadValue::new("enc: (an encrypted secret) is not supported yet"));
        }
        Ok(Self::Plain(Secret::new(text)))
    }
}

text_value!(SecretSource, "a secret: plain, external-file:PATH or env:NAME", secret);
