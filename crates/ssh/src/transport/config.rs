//! What a transport is told before it begins.

use std::sync::Arc;

use super::rekey::RekeyPolicy;
use crate::algorithms::Algorithms;
use crate::connection::Windows;
use crate::ident::Ident;
use crate::kex::init::{EXT_INFO_CLIENT, Offer, STRICT_CLIENT, STRICT_SERVER};
use crate::kex::{GroupPolicy, HostKey, ServerKeyCheck};
use crate::keys::Scheme;
use crate::server::KeepAlive;

/// A server's side.
#[derive(Debug, Clone, Default)]
pub struct ServerConfig {
    pub ident: Ident,
    pub algorithms: Algorithms,
    /// How groups are chosen where the client asks for one (RFC 4419).
    pub groups: GroupPolicy,
    /// In order of preference. Without any, no client can connect.
    pub host_keys: Vec<Arc<dyn HostKey>>,
    /// What clients are told of the signatures that they may log in with (RFC 8308 section 3.1).
    pub user_signatures: UserSignatures,
    pub rekey: RekeyPolicy,
    /// When clients that have logged in are asked for a sign of life.
    pub keep_alive: KeepAlive,
    /// Room for the windows of clients that hurry.
    pub windows: Arc<Windows>,
}

/// The value of `server-sig-algs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSignatures(pub Vec<&'static str>);

impl Default for UserSignatures {
    fn default() -> Self {
        Self(Scheme::NAMES.to_vec())
    }
}

/// A client's side.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    pub ident: Ident,
    pub algorithms: Algorithms,
    /// Host key algorithms that are taken, the preferred one first.
    pub host_key_algorithms: Vec<String>,
    pub check: Arc<dyn ServerKeyCheck>,
    pub rekey: RekeyPolicy,
}

/// Which side we are.
pub(super) enum Role {
    Server(Arc<ServerConfig>),
    Client(Arc<ClientConfig>),
}

impl Role {
    pub(super) fn is_server(&self) -> bool {
        matches!(self, Self::Server(_))
    }

    pub(super) fn ident(&self) -> &Ident {
        match self {
            Self::Server(c) => &c.ident,
            Self::Client(c) => &c.ident,
        }
    }

    pub(super) fn rekey(&self) -> &RekeyPolicy {
        match self {
            Self::Server(c) => &c.rekey,
            Self::Client(c) => &c.rekey,
        }
    }

    /// What our KEXINIT offers. The markers for extensions count in the first one only, and stand there only.
    pub(super) fn offer(&self, first: bool) -> Offer<'_> {
        let (algorithms, host_keys, markers): (_, Vec<&str>, &[&str]) = match self {
            Self::Server(c) => {
                let names = c.host_keys.iter().flat_map(|k| k.algorithms().iter().copied());
                (&c.algorithms, names.collect(), &[STRICT_SERVER])
            }
            Self::Client(c) => {
                let names = c.host_key_algorithms.iter().map(String::as_str);
                (&c.algorithms, names.collect(), &[EXT_INFO_CLIENT, STRICT_CLIENT])
            }
        };
        let mut kex: Vec<&str> = algorithms.kex.iter().map(|m| m.name()).collect();
        if first {
            kex.extend(markers);
        }
        let ciphers = algorithms.ciphers.iter().map(|c| c.name()).collect();
        Offer { kex, host_keys, ciphers, macs: algorithms.macs.iter().map(|m| m.name()).collect() }
    }
}
