//! A list as lines of text.

use std::ops::RangeInclusive;

use data_encoding::{BASE64, BASE64_NOPAD};

use super::{Revoked, RevokedError, sha1, sha256};
use crate::sshkey::certificate::Certificate;
use crate::sshkey::error::{KeyError, LineError};
use crate::sshkey::fields::Fields;
use crate::sshkey::public::{Algorithm, PublicKey};
use crate::sshkey::text::{is_private, is_type, lines, word};

pub(super) fn parse(list: &[u8]) -> Result<Revoked, RevokedError> {
    let list = list.strip_prefix(b"\xef\xbb\xbf").unwrap_or(list);
    let mut revoked = Revoked::default();
    for (number, line) in lines(list) {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        if is_private(line) {
            return Err(LineError { line: number, error: KeyError::PrivateKeyFound }.into());
        }
        entry(&mut revoked, line).map_err(|error| match error {
            Some(error) => LineError { line: number, error }.into(),
            None => RevokedError::NotAnEntry(number),
        })?;
    }
    Ok(revoked)
}

/// One line. An error without a cause: it has no known form.
fn entry(revoked: &mut Revoked, line: &[u8]) -> Result<(), Option<KeyError>> {
    let (first, rest) = word(line);
    let rest = rest.trim_ascii();
    match first.to_ascii_lowercase().as_slice() {
        b"serial:" => {
            let range = range(rest).ok_or(None)?;
            let of = revoked.of(None);
            if range.start() == range.end() {
                _ = of.serials.insert(*range.start())
            } else {
                of.ranges.push(range)
            }
        }
        b"id:" if !rest.is_empty() => _ = revoked.of(None).ids.insert(rest.to_vec()),
        b"hash:" => fingerprint(revoked, rest)?,
        b"sha1:" => _ = revoked.sha1.insert(sha1(&key(rest)?)),
        b"key:" | b"sha256:" => _ = revoked.sha256.insert(sha256(&key(rest)?)),
        b"id:" => return Err(None),
        _ if line.starts_with(b"SHA256:") => fingerprint(revoked, first)?,
        _ => key_or_certificate(revoked, line)?,
    }
    Ok(())
}

/// A certificate's line revokes that certificate: by its number, or where it has none by its id.
fn key_or_certificate(revoked: &mut Revoked, line: &[u8]) -> Result<(), Option<KeyError>> {
    if Algorithm::from_certificate_name(word(line).0).is_some() {
        let certificate = Certificate::from_openssh(line).map_err(|_| Some(KeyError::Damaged))?;
        let of = revoked.of(Some(sha256(certificate.authority().blob())));
        match certificate.serial() {
            0 => _ = of.ids.insert(certificate.key_id().to_vec()),
            serial => _ = of.serials.insert(serial),
        }
        return Ok(());
    }
    revoked.sha256.insert(sha256(&blob(line)?));
    Ok(())
}

/// The wire form of the key that is meant where the line says that it means a key: of a certificate its own.
fn key(line: &[u8]) -> Result<Vec<u8>, Option<KeyError>> {
    if Algorithm::from_certificate_name(word(line).0).is_some() {
        let certificate = Certificate::from_openssh(line).map_err(|_| Some(KeyError::Damaged))?;
        return Ok(certificate.key().blob().to_vec());
    }
    blob(line)
}

/// The wire form of the key in a line. Whether such keys are supported does not matter: a list may be older than we are.
fn blob(line: &[u8]) -> Result<Vec<u8>, Option<KeyError>> {
    let (name, rest) = word(line);
    if !is_type(name) {
        return Err(None);
    }
    let blob = BASE64.decode(word(rest).0).map_err(|_| Some(KeyError::Base64))?;
    if Fields(&blob).string() != Some(name) {
        return Err(Some(KeyError::Damaged));
    }
    match PublicKey::from_blob(&blob) {
        // What is cut short revokes nothing; what is merely not good enough to log in with may be revoked.
        Err(error @ KeyError::Damaged) => Err(Some(error)),
        _ => Ok(blob),
    }
}

fn fingerprint(revoked: &mut Revoked, text: &[u8]) -> Result<(), Option<KeyError>> {
    let base64 = text.strip_prefix(b"SHA256:").ok_or(None)?;
    let base64 = base64.strip_suffix(b"=").unwrap_or(base64);
    let hash = BASE64_NOPAD.decode(base64).ok().and_then(|hash| hash.try_into().ok()).ok_or(None)?;
    revoked.sha256.insert(hash);
    Ok(())
}

/// `N` or `N-M`, in decimal or with `0x`.
fn range(text: &[u8]) -> Option<RangeInclusive<u64>> {
    let text = std::str::from_utf8(text).ok()?;
    let number = |text: &str| -> Option<u64> {
        let text = text.trim();
        match text.strip_prefix("0x") {
            Some(hex) if hex.bytes().all(|b| b.is_ascii_hexdigit()) => u64::from_str_radix(hex, 16).ok(),
            None if text.bytes().all(|b| b.is_ascii_digit()) => text.parse().ok(),
            _ => None,
        }
    };
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (number(first)?, number(last)?),
        None => (number(text)?, number(text)?),
    };
    // Numbers begin at 1: with 0 every certificate without a number would seem to be meant.
    (first > 0 && first <= last).then_some(first..=last)
}
