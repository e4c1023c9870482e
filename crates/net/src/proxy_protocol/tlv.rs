//! What version 2 tells beside the addresses (section 2.2.1 and following).

use super::{HeaderError, crc32c};

/// Extensions of one header at the most, without padding.
pub(super) const MAX_EXTENSIONS: usize = 64;
/// What is told of one value at the most.
const TOLD: usize = 256;

const ALPN: u8 = 0x01;
const AUTHORITY: u8 = 0x02;
const CRC32C: u8 = 0x03;
const NOOP: u8 = 0x04;
const UNIQUE_ID: u8 = 0x05;
const SSL: u8 = 0x20;
const NETNS: u8 = 0x30;
/// Bytes of a unique id at the most (section 2.2.5).
const MAX_UNIQUE_ID: usize = 128;

/// One extension. Everything in it is what the balancer says, and may be no text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extension {
    /// The protocol that was agreed on by TLS.
    Alpn(Vec<u8>),
    /// The host name that the client asked for.
    Authority(Vec<u8>),
    /// The balancer's own name for the connection.
    UniqueId(Vec<u8>),
    /// The client came over TLS.
    Ssl(Ssl),
    /// The name space of the balancer's network.
    NetNs(Vec<u8>),
    /// Of another type.
    Other { kind: u8, value: Vec<u8> },
}

/// How the client came over TLS (section 2.2.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ssl {
    /// Whether it was TLS at all, whether it gave a certificate on this connection and in its session.
    client: u8,
    /// 0: a certificate was given and found good.
    verify: u32,
    /// Version, name, cipher and the like, by their types.
    parts: Vec<(u8, Vec<u8>)>,
}

/// The extensions in `rest`, the last part of the header `whole`. A checksum among them is verified.
pub(super) fn extensions(whole: &[u8], mut rest: &[u8]) -> Result<Vec<Extension>, HeaderError> {
    let mut extensions = Vec::new();
    let mut sums = 0;
    while !rest.is_empty() {
        let (kind, value, behind) = next(rest)?;
        rest = behind;
        let extension = match kind {
            NOOP => continue,
            CRC32C => {
                sums += 1;
                verify(whole, value, behind)?;
                if sums > 1 {
                    return Err(HeaderError::Checksum);
                }
                continue;
            }
            ALPN => Extension::Alpn(value.into()),
            AUTHORITY => Extension::Authority(value.into()),
            UNIQUE_ID if value.len() > MAX_UNIQUE_ID => return Err(HeaderError::Extension),
            UNIQUE_ID => Extension::UniqueId(value.into()),
            SSL => Extension::Ssl(ssl(value)?),
            NETNS => Extension::NetNs(value.into()),
            kind => Extension::Other { kind, value: value.into() },
        };
        if extensions.len() == MAX_EXTENSIONS {
            return Err(HeaderError::TooManyExtensions);
        }
        extensions.push(extension);
    }
    Ok(extensions)
}

/// Type, value, and what is behind.
fn next(bytes: &[u8]) -> Result<(u8, &[u8], &[u8]), HeaderError> {
    let ([kind, high, low], rest) = bytes.split_first_chunk::<3>().ok_or(HeaderError::Extension)?;
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    let (value, rest) = rest.split_at_checked(length).ok_or(HeaderError::Extension)?;
    Ok((*kind, value, rest))
}

/// The sum is that of the whole header with zeroes in its own place.
fn verify(whole: &[u8], value: &[u8], behind: &[u8]) -> Result<(), HeaderError> {
    let told = value.first_chunk::<4>().filter(|_| value.len() == 4).ok_or(HeaderError::Extension)?;
    let before = whole.len().saturating_sub(behind.len() + value.len());
    let before = whole.get(..before).unwrap_or_default();
    if crc32c::of([before, &[0; 4], behind]) == u32::from_be_bytes(*told) {
        Ok(())
    } else {
        Err(HeaderError::Checksum)
    }
}

fn ssl(value: &[u8]) -> Result<Ssl, HeaderError> {
    let ([client, verify @ ..], mut rest) = value.split_first_chunk::<5>().ok_or(HeaderError::Extension)?;
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let (kind, value, behind) = next(rest)?;
        rest = behind;
        if parts.len() == MAX_EXTENSIONS {
            return Err(HeaderError::TooManyExtensions);
        }
        parts.push((kind, value.to_vec()));
    }
    Ok(Ssl { client: *client, verify: u32::from_be_bytes(*verify), parts })
}

impl Extension {
    /// What it says, as `name=value`, each value cut where nobody would read on.
    pub fn facts(&self) -> Vec<Vec<u8>> {
        match self {
            Extension::Alpn(value) => vec![fact("alpn", value)],
            Extension::Authority(value) => vec![fact("authority", value)],
            Extension::UniqueId(value) => vec![fact("unique_id", value)],
            Extension::NetNs(value) => vec![fact("netns", value)],
            Extension::Other { kind, value } => vec![fact(&format!("{kind:#04x}"), value)],
            Extension::Ssl(ssl) => ssl.facts(),
        }
    }
}

impl Ssl {
    fn facts(&self) -> Vec<Vec<u8>> {
        const OVER_TLS: u8 = 1;
        const CERTIFICATE: u8 = 2 | 4;
        let state: &[u8] = match self.client {
            client if client & OVER_TLS == 0 => b"no",
            client if client & CERTIFICATE == 0 => b"no client certificate",
            _ if self.verify == 0 => b"client certificate verified",
            _ => b"client certificate not verified",
        };
        let name = |kind: &u8| match kind {
            0x21 => "ssl_version".to_owned(),
            0x22 => "ssl_cn".to_owned(),
            0x23 => "ssl_cipher".to_owned(),
            0x24 => "ssl_sig_alg".to_owned(),
            0x25 => "ssl_key_alg".to_owned(),
            other => format!("ssl_{other:#04x}"),
        };
        let parts = self.parts.iter().map(|(kind, value)| fact(&name(kind), value));
        std::iter::once(fact("ssl", state)).chain(parts).collect()
    }
}

fn fact(name: &str, value: &[u8]) -> Vec<u8> {
    [name.as_bytes(), b"=", value.get(..TOLD).unwrap_or(value)].concat()
}
