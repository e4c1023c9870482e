//! Codes for who has lost what makes the one-time codes: each counts once.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use causeway_core::{Random, Secret};
use data_encoding::{BASE32_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE};

use super::{BadValue, items, text_value};

/// Codes that are made at a time.
pub const RECOVERY_CODES: usize = 10;
/// Codes that an account has at most.
const MOST: usize = 50;
/// Random bytes of a code: 80 bits, which nobody finds from a hash however fast that is.
const CODE: usize = 10;
/// Letters of a code without its dashes, which stand behind every fourth.
const LETTERS: usize = 16;
/// Bytes of a hash that are kept.
const HASH: usize = 16;
/// Characters of a code as it is shown.
pub const RECOVERY_CODE_CHARS: usize = LETTERS + LETTERS / 4 - 1;

/// What is kept of a code: the first half of its SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecoveryHash([u8; HASH]);

/// The hashes of an account's codes, each once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecoveryCodes(Arc<[RecoveryHash]>);

impl RecoveryHash {
    /// Of a code as somebody types it: in either case, with or without dashes. None: it does not have the form of one.
    pub fn of(code: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(code).ok()?;
        if text.len() > RECOVERY_CODE_CHARS {
            return None;
        }
        let letters: String = text.chars().filter(|c| *c != '-').collect::<String>().to_ascii_lowercase();
        let is_letter = |c: u8| c.is_ascii_lowercase() || (b'2'..=b'7').contains(&c);
        if letters.len() != LETTERS || !letters.bytes().all(is_letter) {
            return None;
        }
        digest(&SHA256, letters.as_bytes()).as_ref().first_chunk().copied().map(Self)
    }
}

impl RecoveryCodes {
    /// New codes and their hashes.
    pub fn generate(random: &Random) -> (Vec<Secret>, Self) {
        let codes: Vec<Secret> = (0..RECOVERY_CODES).map(|_| code(random)).collect();
        let hashes = codes.iter().filter_map(|code| RecoveryHash::of(code.expose())).collect();
        (codes, Self(hashes))
    }
}

fn code(random: &Random) -> Secret {
    let letters = BASE32_NOPAD.encode(&random.bytes::<CODE>()).to_ascii_lowercase();
    let mut code = String::with_capacity(RECOVERY_CODE_CHARS);
    for (i, letter) in letters.chars().enumerate() {
        if i > 0 && i % 4 == 0 {
            code.push('-');
        }
        code.push(letter);
    }
    Secret::new(code)
}

impl Deref for RecoveryCodes {
    type Target = [RecoveryHash];

    fn deref(&self) -> &[RecoveryHash] {
        &self.0
    }
}

impl FromStr for RecoveryHash {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok();
        let hash = bytes.and_then(|bytes| bytes.try_into().ok());
        hash.map(Self).ok_or_else(|| BadValue::new("one is not a hash of 32 hexadecimal digits"))
    }
}

impl FromStr for RecoveryCodes {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let mut hashes: Vec<RecoveryHash> = Vec::new();
        for item in items(text) {
            for hash in item.split(',').map(str::trim).filter(|hash| !hash.is_empty()) {
                let hash = hash.parse()?;
                if hashes.contains(&hash) {
                    return Err(BadValue::new("a hash is listed twice"));
                }
                hashes.push(hash);
            }
        }
        if hashes.len() > MOST {
            return Err(BadValue::new(format!("there are more than {MOST}")));
        }
        Ok(Self(hashes.into()))
    }
}

impl fmt::Display for RecoveryHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for RecoveryHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for RecoveryCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, hash) in self.0.iter().enumerate() {
            write!(f, "{}{hash}", if i > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

text_value!(RecoveryCodes, "hashes of recovery codes, separated by commas");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_codes_have_their_form_and_are_known_by_their_hashes_however_they_are_typed() {
        let (codes, hashes) = RecoveryCodes::generate(&Random::predictable(1));
        assert_eq!((codes.len(), hashes.len()), (RECOVERY_CODES, RECOVERY_CODES));
        assert_eq!(hashes.to_string().parse::<RecoveryCodes>().unwrap(), hashes);
        for (code, hash) in codes.iter().zip(hashes.iter()) {
            let text = std::str::from_utf8(code.expose()).unwrap();
            assert_eq!(text.len(), RECOVERY_CODE_CHARS);
            for typed in [text.to_owned(), text.to_ascii_uppercase(), text.replace('-', "")] {
                assert_eq!(RecoveryHash::of(typed.as_bytes()).as_ref(), Some(hash));
            }
            assert!(!hashes.to_string().contains(&text.replace('-', "")));
        }
    }

    #[test]
    fn what_has_not_the_form_of_a_code_or_of_a_hash_is_none() {
        for bad in
            [&b""[..], b"123456", b"abcd-efgh-ijkl-mno1", b"abcd-efgh-ijkl-mnop-", b"\xff", &[b'a'; 17]]
        {
            assert_eq!(RecoveryHash::of(bad), None, "{bad:?}");
        }
        let hash = "0123456789abcdef0123456789abcdef";
        for bad in ["x", "0123", &format!("{hash}00"), &format!("{hash}, {hash}")] {
            assert!(bad.parse::<RecoveryCodes>().is_err(), "{bad}");
        }
        assert_eq!(format!("{hash}\n").parse::<RecoveryCodes>().unwrap().len(), 1);
        assert!("".parse::<RecoveryCodes>().unwrap().is_empty());
    }
}
