//! Which algorithms are offered, and which are agreed on (RFC 4253 section 7.1).

use std::fmt;

use crate::cipher::{Cipher, Mac, Protection};
use crate::error::Error;
use crate::kex::KexMethod;
use crate::kex::init::{KexInit, NO_COMPRESSION};
use crate::keys::Scheme;
use crate::wire::NameList;

/// What is offered besides host keys, each list in order of preference. As a server the client's order decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Algorithms {
    pub kex: Vec<KexMethod>,
    pub ciphers: Vec<Cipher>,
    /// For ciphers that do not authenticate by themselves.
    pub macs: Vec<Mac>,
}

impl Default for Algorithms {
    /// Everything that is sound.
    fn default() -> Self {
        Self { kex: KexMethod::sound().collect(), ciphers: Cipher::SOUND.to_vec(), macs: Mac::SOUND.to_vec() }
    }
}

/// What a key exchange agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Negotiated {
    pub kex: KexMethod,
    /// The algorithm of the host key's signature.
    pub host_key: String,
    pub client_to_server: Protection,
    pub server_to_client: Protection,
}

impl Negotiated {
    /// The compression, both ways.
    pub const COMPRESSION: &'static str = NO_COMPRESSION;
}

/// What client and server have to agree on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    KeyExchange,
    HostKey,
    CipherClientToServer,
    CipherServerToClient,
    MacClientToServer,
    MacServerToClient,
    /// The size of a group (RFC 4419), in bits.
    GroupSize,
    CompressionClientToServer,
    CompressionServerToClient,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KeyExchange => "key exchange",
            Self::HostKey => "host key",
            Self::CipherClientToServer => "cipher, client to server",
            Self::CipherServerToClient => "cipher, server to client",
            Self::MacClientToServer => "MAC, client to server",
            Self::MacServerToClient => "MAC, server to client",
            Self::GroupSize => "size of the group, in bits",
            Self::CompressionClientToServer => "compression, client to server",
            Self::CompressionServerToClient => "compression, server to client",
        })
    }
}

/// Client and server share nothing of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    pub kind: Kind,
    /// The client's list as it came, at most [`Mismatch::MAX`] bytes of it.
    pub client: String,
    /// The server's list, likewise.
    pub server: String,
}

impl Mismatch {
    /// What to change, for the administrator.
    pub fn advice(&self) -> String {
        let has: fn(&str) -> bool = match self.kind {
            Kind::KeyExchange => |n| KexMethod::from_name(n).is_some(),
            Kind::HostKey => |n| Scheme::from_name(n.as_bytes()).is_ok_and(|s| s != Scheme::RsaSha1),
            Kind::CipherClientToServer | Kind::CipherServerToClient => |n| Cipher::from_name(n).is_some(),
            Kind::MacClientToServer | Kind::MacServerToClient => |n| Mac::from_name(n).is_some(),
            Kind::GroupSize => {
                return "let the client allow larger groups or another key exchange, or lower dh_prime_size of the \
                        service"
                    .to_owned();
            }
            Kind::CompressionClientToServer | Kind::CompressionServerToClient => {
                return "let the client do without compression".to_owned();
            }
        };
        let addable: Vec<&str> = self.client.split(',').filter(|n| has(n)).collect();
        let update = "update the client, or allow it one of the server's";
        match (self.kind, addable.is_empty()) {
            (_, true) => format!("nothing that the client offers exists here: {update}"),
            (Kind::HostKey, false) => {
                format!("{update}; or give the service a host key for one of these: {}", addable.join(", "))
            }
            (_, false) => {
                format!(
                    "{update}; or add one of these to ssh_cipher_list of the service ('secure' in the place of 'strict'): {}",
                    addable.join(", ")
                )
            }
        }
    }

    /// How much of a peer's list is kept.
    pub const MAX: usize = 2048;

    fn error(kind: Kind, client: NameList<'_>, server: NameList<'_>) -> Error {
        // Names are ASCII, so any byte is a boundary.
        let kept = |list: NameList<'_>| list.as_str().get(..Self::MAX).unwrap_or(list.as_str()).to_owned();
        Error::Negotiation(Box::new(Self { kind, client: kept(client), server: kept(server) }))
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no common algorithm ({}): client {}, server {}", self.kind, self.client, self.server)
    }
}

/// The outcome of two KEXINITs: for each kind the client's first name that the server has too.
pub(crate) fn negotiate(client: &KexInit<'_>, server: &KexInit<'_>) -> Result<Negotiated, Error> {
    let kex = agree(Kind::KeyExchange, client.kex, server.kex, KexMethod::from_name)?;
    let host_key = agree(Kind::HostKey, client.host_keys, server.host_keys, |n| Some(n.to_owned()))?;
    let cipher = |kind, client, server| agree(kind, client, server, Cipher::from_name);
    let up =
        cipher(Kind::CipherClientToServer, client.cipher_client_to_server, server.cipher_client_to_server)?;
    let down =
        cipher(Kind::CipherServerToClient, client.cipher_server_to_client, server.cipher_server_to_client)?;
    let protection = |cipher: Cipher, kind, client, server| {
        // What an AEAD does not need is not negotiated (OpenSSH PROTOCOL section 1.6).
        let mac = if cipher.is_aead() { None } else { Some(agree(kind, client, server, Mac::from_name)?) };
        Ok::<_, Error>(Protection { cipher, mac })
    };
    let client_to_server =
        protection(up, Kind::MacClientToServer, client.mac_client_to_server, server.mac_client_to_server)?;
    let server_to_client =
        protection(down, Kind::MacServerToClient, client.mac_server_to_client, server.mac_server_to_client)?;
    let none = |kind, client, server| agree(kind, client, server, |n| (n == NO_COMPRESSION).then_some(()));
    none(
        Kind::CompressionClientToServer,
        client.compression_client_to_server,
        server.compression_client_to_server,
    )?;
    none(
        Kind::CompressionServerToClient,
        client.compression_server_to_client,
        server.compression_server_to_client,
    )?;
    Ok(Negotiated { kex, host_key, client_to_server, server_to_client })
}

/// Whether the packet that follows the peer's KEXINIT is of the exchange that was agreed on: both sides must prefer
/// the same method and the same kind of host key (RFC 4253 section 7).
pub(crate) fn guess_is_right(client: &KexInit<'_>, server: &KexInit<'_>) -> bool {
    client.kex.first() == server.kex.first() && client.host_keys.first() == server.host_keys.first()
}

/// `known` also keeps out the names that are no algorithms, such as those of strict key exchange.
fn agree<T>(
    kind: Kind,
    client: NameList<'_>,
    server: NameList<'_>,
    known: impl Fn(&str) -> Option<T>,
) -> Result<T, Error> {
    client
        .names()
        .filter(|n| server.contains(n))
        .find_map(known)
        .ok_or_else(|| Mismatch::error(kind, client, server))
}
