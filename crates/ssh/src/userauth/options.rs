//! What a server offers for a login.

use crate::keys::Scheme;

/// A way to prove who one is that can be offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    PublicKey,
    Password,
    HostBased,
}

impl Method {
    pub fn name(self) -> &'static str {
        match self {
            Self::PublicKey => "publickey",
            Self::Password => "password",
            Self::HostBased => "hostbased",
        }
    }
}

/// A set of methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Methods {
    pub public_key: bool,
    pub password: bool,
    pub host_based: bool,
}

impl Methods {
    /// All by which users prove themselves; by `hostbased` a host vouches for them.
    pub const ALL: Self = Self { public_key: true, password: true, host_based: false };
    pub const NONE: Self = Self { public_key: false, password: false, host_based: false };

    pub fn contains(self, method: Method) -> bool {
        match method {
            Method::PublicKey => self.public_key,
            Method::Password => self.password,
            Method::HostBased => self.host_based,
        }
    }

    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }

    /// The methods that are in both sets.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            public_key: self.public_key && other.public_key,
            password: self.password && other.password,
            host_based: self.host_based && other.host_based,
        }
    }

    #[must_use]
    pub fn with(mut self, method: Method) -> Self {
        match method {
            Method::PublicKey => self.public_key = true,
            Method::Password => self.password = true,
            Method::HostBased => self.host_based = true,
        }
        self
    }

    #[must_use]
    pub fn without(mut self, method: Method) -> Self {
        match method {
            Method::PublicKey => self.public_key = false,
            Method::Password => self.password = false,
            Method::HostBased => self.host_based = false,
        }
        self
    }

    /// The methods in the order in which they are offered.
    pub fn iter(self) -> impl Iterator<Item = Method> {
        [Method::PublicKey, Method::Password, Method::HostBased]
            .into_iter()
            .filter(move |m| self.contains(*m))
    }
}

/// How a server conducts logins.
#[derive(Debug, Clone)]
pub struct LoginOptions {
    /// What is offered. With none of them nobody can log in.
    pub methods: Methods,
    /// Shown to everybody before the first answer; empty: nothing is shown.
    pub banner: String,
    /// After so many failed attempts on a connection it ends.
    pub max_failures: u32,
    /// So many keys may be offered without a signature on a connection. They are not attempts: clients try all
    /// keys that they have.
    pub max_queries: u32,
    /// The signature algorithms that users may sign with ([`crate::keys::Scheme::NAMES`]).
    pub signatures: Vec<&'static str>,
}

impl Default for LoginOptions {
    fn default() -> Self {
        Self {
            methods: Methods::ALL,
            banner: String::new(),
            max_failures: 6,
            max_queries: 32,
            signatures: Scheme::NAMES.to_vec(),
        }
    }
}
