//! Identities: of components, principals, sessions, occurrences.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

pub use uuid::Uuid;

use crate::{Random, Timestamp};

/// A random identity (RFC 9562 version 4).
pub fn uuid4(random: &Random) -> Uuid {
    uuid::Builder::from_random_bytes(random.bytes()).into_uuid()
}

/// An identity that sorts by time (RFC 9562 version 7): sessions, events, transfers.
pub fn uuid7(now: Timestamp, random: &Random) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(now.millis(), &random.bytes()).into_uuid()
}

/// The family of a component: the part of a section's header before the `/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    Server,
    Services,
    Accounts,
    Groups,
    Authentications,
    SecurityPolicies,
    Resources,
    EventHandlers,
    Locations,
    Transfers,
    Administrators,
    Roles,
    VaultItems,
    ClusterNodes,
}

impl Family {
    pub const ALL: [Family; 14] = [
        Family::Server,
        Family::Services,
        Family::Accounts,
        Family::Groups,
        Family::Authentications,
        Family::SecurityPolicies,
        Family::Resources,
        Family::EventHandlers,
        Family::Locations,
        Family::Transfers,
        Family::Administrators,
        Family::Roles,
        Family::VaultItems,
        Family::ClusterNodes,
    ];

    /// As it stands in `server.ini`.
    pub fn as_str(self) -> &'static str {
        match self {
            Family::Server => "server",
            Family::Services => "services",
            Family::Accounts => "accounts",
            Family::Groups => "groups",
            Family::Authentications => "authentications",
            Family::SecurityPolicies => "security-policies",
            Family::Resources => "resources",
            Family::EventHandlers => "event-handlers",
            Family::Locations => "locations",
            Family::Transfers => "transfers",
            Family::Administrators => "administrators",
            Family::Roles => "roles",
            Family::VaultItems => "vault-items",
            Family::ClusterNodes => "cluster-nodes",
        }
    }
}

impl FromStr for Family {
    type Err = ();

    fn from_str(s: &str) -> Result<Self, ()> {
        Family::ALL.into_iter().find(|f| f.as_str() == s).ok_or(())
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `family/ID`: the immutable identity of one configured thing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComponentId {
    pub family: Family,
    pub id: Arc<str>,
}

impl ComponentId {
    pub fn new(family: Family, id: impl Into<Arc<str>>) -> Self {
        Self { family, id: id.into() }
    }
}

impl fmt::Display for ComponentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.family {
            Family::Server => f.write_str("server"),
            family => write!(f, "{family}/{}", self.id),
        }
    }
}

/// Who somebody is, for bans, quotas and state: the authentication that vouches and its stable id of the
/// person, never the name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrincipalId {
    pub authentication: Arc<str>,
    pub id: Arc<str>,
}

impl fmt::Display for PrincipalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.authentication, self.id)
    }
}
