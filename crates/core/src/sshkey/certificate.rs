//! Public keys with what a certificate authority says of them (OpenSSH PROTOCOL.certkeys).

use std::fmt;

use thiserror::Error;

use super::error::KeyError;
use super::fields::{Fields, put_string};
use super::patterns::Patterns;
use super::public::{Algorithm, PublicKey, read_material, short};
use super::text;
use crate::{Timestamp, escape};

/// The longest certificate that is read, in bytes.
const MAX_CERTIFICATE: usize = 32 * 1024;
/// Names that one certificate may be for.
const MAX_PRINCIPALS: usize = 256;
/// Critical options, and extensions, that one certificate may have.
const MAX_OPTIONS: usize = 64;

/// A certificate as it came. Its form has been checked; whose signature it has is for the SSH engine to verify.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    key: PublicKey,
    blob: Vec<u8>,
    /// So many bytes of the blob are what the authority signed.
    signed: usize,
    serial: u64,
    kind: CertificateKind,
    key_id: Vec<u8>,
    principals: Vec<Vec<u8>>,
    valid_after: u64,
    valid_before: u64,
    conditions: Conditions,
    authority: PublicKey,
    signature: Vec<u8>,
}

/// For whom a certificate speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateKind {
    User,
    Host,
}

/// What a certificate's options demand and permit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conditions {
    /// From where it may be used (`source-address`).
    pub sources: Option<Patterns>,
    /// `force-command` names the SFTP server: nothing else may be run.
    pub sftp_only: bool,
    /// The authenticator must have recognised its user (`verify-required`).
    pub verify_required: bool,
    /// The authenticator need not have been touched (the extension `no-touch-required`).
    pub no_touch_required: bool,
    /// A critical option that is not known, or whose value cannot be honoured: the certificate must be refused. For
    /// the administrator.
    pub refused: Option<String>,
}

/// Why bytes are not a certificate that could be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CertificateError {
    #[error("certificates of type '{0}' are not supported")]
    Unsupported(String),
    #[error("the certificate is longer than {MAX_CERTIFICATE} bytes")]
    TooLong,
    /// Cut short, too long, an option twice, or more names or options than a real one has.
    #[error("the certificate is damaged")]
    Damaged,
    #[error("the certificate is neither for a user nor for a host (type {0})")]
    Kind(u32),
    #[error("the certificate's key: {0}")]
    Key(KeyError),
    #[error("the key of the certificate's authority: {0}")]
    Authority(KeyError),
    /// The authority's key is a certificate itself; chains do not exist (PROTOCOL.certkeys).
    #[error("the certificate is signed by another certificate, which is not allowed")]
    Nested,
    #[error("this is not a certificate in OpenSSH's format")]
    NotACertificate,
}

impl Certificate {
    /// Reads the wire form.
    pub fn from_blob(blob: &[u8]) -> Result<Self, CertificateError> {
        use CertificateError::{Damaged, Nested, TooLong, Unsupported};
        if blob.len() > MAX_CERTIFICATE {
            return Err(TooLong);
        }
        let mut fields = Fields(blob);
        let name = fields.string().ok_or(Damaged)?;
        let algorithm = Algorithm::from_certificate_name(name).ok_or_else(|| Unsupported(short(name)))?;
        let (key, rest) = read_key(algorithm, &mut fields).ok_or(Damaged)?;
        let key = PublicKey::from_blob(&key).map_err(CertificateError::Key)?;
        let rest = rest.ok_or(Damaged)?;
        let kind = match rest.kind {
            1 => CertificateKind::User,
            2 => CertificateKind::Host,
            other => return Err(CertificateError::Kind(other)),
        };
        let authority_type = Fields(rest.authority).string().ok_or(Damaged)?;
        if Algorithm::from_certificate_name(authority_type).is_some() {
            return Err(Nested);
        }
        let mut conditions = Conditions::default();
        let critical = options(rest.critical).ok_or(Damaged)?;
        critical.iter().for_each(|(name, data)| conditions.demand(kind, name, data));
        let extensions = options(rest.extensions).ok_or(Damaged)?;
        conditions.no_touch_required =
            kind == CertificateKind::User && extensions.iter().any(|(name, _)| *name == b"no-touch-required");
        Ok(Self {
            key,
            blob: blob.to_vec(),
            signed: rest.signed_end(blob.len()).ok_or(Damaged)?,
            serial: rest.serial,
            kind,
            key_id: rest.key_id.to_vec(),
            principals: principals(rest.principals).ok_or(Damaged)?,
            valid_after: rest.valid_after,
            valid_before: rest.valid_before,
            conditions,
            authority: PublicKey::from_blob(rest.authority).map_err(CertificateError::Authority)?,
            signature: rest.signature.to_vec(),
        })
    }

    /// Reads the text that `ssh-keygen -s` writes: `type base64 comment`.
    pub fn from_openssh(text: &[u8]) -> Result<Self, CertificateError> {
        let (name, rest) = text::word(text.trim_ascii());
        if Algorithm::from_certificate_name(name).is_none() {
            return Err(CertificateError::NotACertificate);
        }
        let (base64, _) = text::word(rest);
        let base64 = base64.split(|b| matches!(b, b'\r' | b'\n')).next().unwrap_or_default();
        let blob = data_encoding::BASE64.decode(base64).map_err(|_| CertificateError::NotACertificate)?;
        Self::from_blob(&blob)
    }

    /// The key that the certificate is about.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The wire form.
    pub fn blob(&self) -> &[u8] {
        &self.blob
    }

    pub fn kind(&self) -> CertificateKind {
        self.kind
    }

    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// What the authority calls it. Any bytes.
    pub fn key_id(&self) -> &[u8] {
        &self.key_id
    }

    /// The users, or hosts, that it is for.
    pub fn principals(&self) -> impl Iterator<Item = &[u8]> {
        self.principals.iter().map(Vec::as_slice)
    }

    /// From when on it counts.
    pub fn valid_after(&self) -> Timestamp {
        Timestamp::from_seconds(self.valid_after)
    }

    /// From when on it does not count any more; never, where there is none.
    pub fn expires(&self) -> Option<Timestamp> {
        (self.valid_before != u64::MAX).then(|| Timestamp::from_seconds(self.valid_before))
    }

    pub fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    /// The key that signed it: that it did is for the SSH engine to verify.
    pub fn authority(&self) -> &PublicKey {
        &self.authority
    }

    /// What the authority signed.
    pub fn signed_data(&self) -> &[u8] {
        self.blob.get(..self.signed).unwrap_or_default()
    }

    /// The authority's signature blob.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }
}

impl fmt::Display for Certificate {
    /// As administrators need it: what it is called, by whom, for which key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = escape::text(self.key_id.get(..256).unwrap_or(&self.key_id));
        let (authority, key) = (self.authority.fingerprint(), self.key.fingerprint());
        write!(f, "certificate '{id}', serial {}, of authority {authority}, for key {key}", self.serial)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Conditions {
    /// Takes a critical option into account. Its value is a string within a string.
    fn demand(&mut self, kind: CertificateKind, name: &[u8], data: &[u8]) {
        let mut fields = Fields(data);
        let text = fields.string().filter(|_| fields.is_empty());
        match (kind, name) {
            (CertificateKind::User, b"source-address") => match text.and_then(Patterns::parse_addresses) {
                Some(sources) => self.sources = Some(sources),
                None => self.refuse("source-address", "its addresses cannot be read"),
            },
            (CertificateKind::User, b"force-command") => match text {
                Some(b"internal-sftp") => self.sftp_only = true,
                _ => self.refuse("force-command", "only 'internal-sftp' can be run here"),
            },
            (CertificateKind::User, b"verify-required") if data.is_empty() => self.verify_required = true,
            (_, name) => self.refuse(&short(name), "it is not known"),
        }
    }

    fn refuse(&mut self, name: &str, why: &str) {
        self.refused.get_or_insert_with(|| format!("its critical option '{name}' cannot be honoured: {why}"));
    }
}

/// What a client offers to prove itself with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offered {
    Key(PublicKey),
    Certificate(Box<Certificate>),
}

impl Offered {
    /// The key that signs.
    pub fn key(&self) -> &PublicKey {
        match self {
            Self::Key(key) => key,
            Self::Certificate(certificate) => certificate.key(),
        }
    }

    /// The wire form of the whole.
    pub fn blob(&self) -> &[u8] {
        match self {
            Self::Key(key) => key.blob(),
            Self::Certificate(certificate) => certificate.blob(),
        }
    }

    pub fn certificate(&self) -> Option<&Certificate> {
        match self {
            Self::Key(_) => None,
            Self::Certificate(certificate) => Some(certificate),
        }
    }
}

impl From<PublicKey> for Offered {
    fn from(key: PublicKey) -> Self {
        Self::Key(key)
    }
}

impl fmt::Display for Offered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, "key {}", key.fingerprint()),
            Self::Certificate(certificate) => fmt::Display::fmt(certificate, f),
        }
    }
}

/// What a FIDO authenticator says of the moment of signing (OpenSSH PROTOCOL.u2f).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Touch {
    /// Somebody touched it.
    pub present: bool,
    /// It recognised its user, by a PIN or a fingerprint.
    pub verified: bool,
}

impl Touch {
    pub fn from_flags(flags: u8) -> Self {
        Self { present: flags & 0x01 != 0, verified: flags & 0x04 != 0 }
    }
}

/// What follows the key in a certificate.
struct Rest<'a> {
    serial: u64,
    kind: u32,
    key_id: &'a [u8],
    principals: &'a [u8],
    valid_after: u64,
    valid_before: u64,
    critical: &'a [u8],
    extensions: &'a [u8],
    authority: &'a [u8],
    signature: &'a [u8],
}

impl Rest<'_> {
    /// Where the signature's field begins in a blob of that length.
    fn signed_end(&self, length: usize) -> Option<usize> {
        length.checked_sub(self.signature.len())?.checked_sub(4)
    }
}

/// The wire form of the plain key, and what comes after it.
fn read_key<'a>(algorithm: Algorithm, fields: &mut Fields<'a>) -> Option<(Vec<u8>, Option<Rest<'a>>)> {
    // The nonce only makes the authority's signature unpredictable.
    fields.string()?;
    let before = fields.0;
    read_material(algorithm, fields)?;
    let material = before.get(..before.len().checked_sub(fields.0.len())?)?;
    let mut key = Vec::with_capacity(material.len() + 64);
    put_string(&mut key, algorithm.name().as_bytes());
    key.extend_from_slice(material);
    Some((key, read_rest(fields)))
}

fn read_rest<'a>(fields: &mut Fields<'a>) -> Option<Rest<'a>> {
    let (serial, kind, key_id) = (fields.u64()?, fields.u32()?, fields.string()?);
    let principals = fields.string()?;
    let (valid_after, valid_before) = (fields.u64()?, fields.u64()?);
    let (critical, extensions) = (fields.string()?, fields.string()?);
    // Reserved: nothing may rest on it.
    fields.string()?;
    let (authority, signature) = (fields.string()?, fields.string()?);
    fields.is_empty().then_some(Rest {
        serial,
        kind,
        key_id,
        principals,
        valid_after,
        valid_before,
        critical,
        extensions,
        authority,
        signature,
    })
}

fn principals(packed: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut fields = Fields(packed);
    let mut all = Vec::new();
    while !fields.is_empty() {
        if all.len() == MAX_PRINCIPALS {
            return None;
        }
        all.push(fields.string()?.to_vec());
    }
    Some(all)
}

/// Names and data, each name once.
fn options(packed: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    let mut fields = Fields(packed);
    let mut all: Vec<(&[u8], &[u8])> = Vec::new();
    while !fields.is_empty() {
        let (name, data) = (fields.string()?, fields.string()?);
        if all.len() == MAX_OPTIONS || all.iter().any(|(other, _)| *other == name) {
            return None;
        }
        all.push((name, data));
    }
    Some(all)
}

#[cfg(test)]
mod tests;
