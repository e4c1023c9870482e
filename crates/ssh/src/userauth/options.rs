//! What a server offers for a login.

/// A way to prove who one is that can be offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    PublicKey,
    Password,
}

impl Method {
    pub fn name(self) -> &'static str {
        match self {
            Self::PublicKey => "publickey",
            Self::Password => "password",
        }
    }
}

/// A set of methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Methods {
    pub public_key: bool,
    pub password: bool,
}

impl Methods {
    pub const ALL: Self = Self { public_key: true, password: true };
    pub const NONE: Self = Self { public_key: false, password: false };

    pub fn contains(self, method: Method) -> bool {
        match method {
            Method::PublicKey => self.public_key,
            Method::Password => self.password,
        }
    }

    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }

    /// The methods that are in both sets.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { public_key: self.public_key && other.public_key, password: self.password && other.password }
    }

    #[must_use]
    pub fn with(mut self, method: Method) -> Self {
        match method {
            Method::PublicKey => self.public_key = true,
            Method::Password => self.password = true,
        }
        self
    }

    #[must_use]
    pub fn without(mut self, method: Method) -> Self {
        match method {
            Method::PublicKey => self.public_key = false,
            Method::Password => self.password = false,
        }
        self
    }

    /// The methods in the order in which they are offered.
    pub fn iter(self) -> impl Iterator<Item = Method> {
        [Method::PublicKey, Method::Password].into_iter().filter(move |m| self.contains(*m))
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
}

impl Default for LoginOptions {
    fn default() -> Self {
        Self { methods: Methods::ALL, banner: String::new(), max_failures: 6, max_queries: 32 }
    }
}
