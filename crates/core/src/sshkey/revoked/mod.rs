//! Keys and certificates that count no more.
//!
//! - [`text`]: lines, in the words of ssh-keygen(1), KEY REVOCATION LISTS.
//! - [`krl`]: OpenSSH's binary form (PROTOCOL.krl).

mod krl;
mod text;

use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use thiserror::Error;

use super::certificate::{Certificate, Offered};
use super::error::LineError;
use super::public::PublicKey;

/// The largest list that is read, in bytes.
const MAX_LIST: usize = 16 << 20;

type Sha1 = [u8; 20];
type Sha256 = [u8; 32];

/// A list of what is revoked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Revoked {
    /// Hashes of wire forms.
    sha256: HashSet<Sha256>,
    sha1: HashSet<Sha1>,
    /// What is revoked of certificates, by the hash of their authority's key; `None` holds for every authority.
    certificates: HashMap<Option<Sha256>, Certificates>,
}

/// Certificates of one authority.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Certificates {
    serials: HashSet<u64>,
    ranges: Vec<RangeInclusive<u64>>,
    /// The first serial number, and a bit for each from there on, the last byte's lowest bit first.
    bitmaps: Vec<(u64, Vec<u8>)>,
    ids: HashSet<Vec<u8>>,
}

/// Why a list cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RevokedError {
    #[error("the list is larger than {MAX_LIST} bytes")]
    TooLarge,
    #[error("{0}")]
    Line(#[from] LineError),
    #[error(
        "line {0}: it is none of a public key, a fingerprint 'SHA256:...', 'serial: N', 'serial: N-M', 'id: TEXT', \
             'key: KEY', 'sha256: KEY', 'sha1: KEY' and 'hash: SHA256:...'"
    )]
    NotAnEntry(usize),
    #[error("the binary list (KRL) is damaged: {0}")]
    Damaged(&'static str),
    #[error("the binary list (KRL) has the version {0}, which is not known")]
    Version(u32),
    #[error("the binary list (KRL) has a section of type {0}, which is not known")]
    Section(u8),
}

impl Revoked {
    /// Reads a list in either form.
    pub fn parse(list: &[u8]) -> Result<Self, RevokedError> {
        if list.len() > MAX_LIST {
            return Err(RevokedError::TooLarge);
        }
        if list.starts_with(krl::MAGIC) { krl::parse(list) } else { text::parse(list) }
    }

    /// Why what is offered counts no more; `None` while it does.
    pub fn reason(&self, offered: &Offered) -> Option<&'static str> {
        if self.has_key(offered.key()) {
            return Some("the key is revoked");
        }
        let certificate = offered.certificate()?;
        if self.has_key(certificate.authority()) {
            return Some("the key of the certificate's authority is revoked");
        }
        self.has_certificate(certificate).then_some("the certificate is revoked")
    }

    /// Whether the key itself is on the list.
    pub fn has_key(&self, key: &PublicKey) -> bool {
        self.sha256.contains(&sha256(key.blob()))
            || (!self.sha1.is_empty() && self.sha1.contains(&sha1(key.blob())))
    }

    fn has_certificate(&self, certificate: &Certificate) -> bool {
        [None, Some(sha256(certificate.authority().blob()))].iter().any(|authority| {
            self.certificates.get(authority).is_some_and(|of| {
                of.has_serial(certificate.serial()) || of.ids.contains(certificate.key_id())
            })
        })
    }

    fn of(&mut self, authority: Option<Sha256>) -> &mut Certificates {
        self.certificates.entry(authority).or_default()
    }
}

impl Certificates {
    /// Certificates without a serial number have 0, which revokes nothing (PROTOCOL.krl).
    fn has_serial(&self, serial: u64) -> bool {
        serial != 0
            && (self.serials.contains(&serial)
                || self.ranges.iter().any(|range| range.contains(&serial))
                || self.bitmaps.iter().any(|(first, bits)| has_bit(*first, bits, serial)))
    }
}

/// Bit `n` of a big-endian number is in the `n / 8`th byte from its end.
fn has_bit(first: u64, bits: &[u8], serial: u64) -> bool {
    let Some(at) = serial.checked_sub(first) else { return false };
    let Ok(from_end) = usize::try_from(at / 8) else { return false };
    let byte = bits.iter().rev().nth(from_end).copied().unwrap_or_default();
    byte & (1 << (at % 8)) != 0
}

fn sha256(bytes: &[u8]) -> Sha256 {
    digest(&SHA256, bytes).as_ref().try_into().unwrap_or_default()
}

fn sha1(bytes: &[u8]) -> Sha1 {
    digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests;
