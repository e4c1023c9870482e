//! Passwords as they are stored.

use causeway_core::Secret;

use super::BadValue;

/// What an account's `password` holds, recognised by its form. Nothing is verified here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum StoredPassword {
    /// Nobody logs in with a password.
    #[default]
    None,
    /// A hash in the modular crypt or PHC format, with all its parts.
    Hash { scheme: PasswordScheme, text: Secret },
    /// The password itself.
    Plain(Secret),
}

/// How a stored password was hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PasswordScheme {
    /// `$5$[rounds=N$]SALT$HASH`
    Sha256Crypt,
    /// `$6$[rounds=N$]SALT$HASH`
    Sha512Crypt,
    /// `$pbkdf2-sha256$ROUNDS$SALT$HASH`
    Pbkdf2Sha256,
    /// `$pbkdf2-sha512$ROUNDS$SALT$HASH`
    Pbkdf2Sha512,
    /// `$argon2id$v=19$m=..,t=..,p=..$SALT$HASH`
    Argon2id,
}

/// Bytes in a hash: the longest form has far fewer.
const HASH_MAX: usize = 512;
/// Characters in a password, as everywhere.
const PASSWORD_MAX: usize = 150;

impl StoredPassword {
    /// What is stored; none if there is no password.
    pub fn text(&self) -> Option<&Secret> {
        match self {
            Self::None => None,
            Self::Hash { text, .. } | Self::Plain(text) => Some(text),
        }
    }

    /// Recognises the form.
    ///
    /// # Errors
    /// A text that begins like a hash and is none that is known: taking it for a plain password would be wrong
    /// in every case.
    pub fn recognise(secret: Secret) -> Result<Self, BadValue> {
        let Ok(text) = std::str::from_utf8(secret.expose()) else {
            return Err(BadValue::new("the password is not UTF-8"));
        };
        // A file ends with a line end that is no part of the password.
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() {
            return Ok(Self::None);
        }
        let Some(rest) = text.strip_prefix('$') else {
            return match text.chars().count() {
                ..=PASSWORD_MAX => Ok(Self::Plain(Secret::new(text))),
                _ => Err(BadValue::new(format!("the password is longer than {PASSWORD_MAX} characters"))),
            };
        };
        let (name, parts) = rest.split_once('$').unwrap_or((rest, ""));
        let (scheme, counts) = match name {
            "5" => (PasswordScheme::Sha256Crypt, 2..=3),
            "6" => (PasswordScheme::Sha512Crypt, 2..=3),
            "pbkdf2-sha256" => (PasswordScheme::Pbkdf2Sha256, 3..=3),
            "pbkdf2-sha512" => (PasswordScheme::Pbkdf2Sha512, 3..=3),
            "argon2id" => (PasswordScheme::Argon2id, 3..=4),
            _ => {
                return Err(BadValue::new(
                    "the password has the form of a hash, but of no scheme that is known",
                ));
            }
        };
        let complete = counts.contains(&parts.split('$').count()) && filled(scheme, parts);
        if !complete || text.len() > HASH_MAX || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(BadValue::new("the password's hash is damaged"));
        }
        Ok(Self::Hash { scheme, text: Secret::new(text) })
    }
}

/// Whether no part is empty but the salt of SHA-crypt, which may be.
fn filled(scheme: PasswordScheme, parts: &str) -> bool {
    let sha_crypt = matches!(scheme, PasswordScheme::Sha256Crypt | PasswordScheme::Sha512Crypt);
    let salt = parts.rsplit('$').nth(1);
    let empty = parts.split('$').filter(|p| p.is_empty()).count();
    empty == 0 || (sha_crypt && empty == 1 && salt == Some(""))
}
