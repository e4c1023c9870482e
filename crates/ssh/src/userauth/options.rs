//! What a server offers for a login.

use crate::keys::Scheme;

/// A way to prove who one is that can be offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    PublicKey,
    Password,
    HostBased,
    /// RFC 4256: the server asks, and the client shows what it asks.
    KeyboardInteractive,
}

impl Method {
    pub fn name(self) -> &'static str {
        match self {
            Self::PublicKey => "publickey",
            Self::Password => "password",
            Self::HostBased => "hostbased",
            Self::KeyboardInteractive => "keyboard-interactive",
        }
    }
}

/// A set of methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Methods {
    pub public_key: bool,
    pub password: bool,
    pub keyboard_interactive: bool,
    pub host_based: bool,
}

impl Methods {
    /// All by which users prove themselves; by `hostbased` a host vouches for them.
    pub const ALL: Self =
        Self { public_key: true, password: true, keyboard_interactive: true, host_based: false };
    pub const NONE: Self =
        Self { public_key: false, password: false, keyboard_interactive: false, host_based: false };

    pub fn contains(self, method: Method) -> bool {
        match method {
            Method::PublicKey => self.public_key,
            Method::Password => self.password,
            Method::HostBased => self.host_based,
            Method::KeyboardInteractive => self.keyboard_interactive,
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
            keyboard_interactive: self.keyboard_interactive && other.keyboard_interactive,
        }
    }

    #[must_use]
    pub fn with(mut self, method: Method) -> Self {
        match method {
            Method::PublicKey => self.public_key = true,
            Method::Password => self.password = true,
            Method::KeyboardInteractive => self.keyboard_interactive = true,
            Method::HostBased => self.host_based = true,
        }
        self
    }

    /// The methods in the order in which they are offered.
    pub fn iter(self) -> impl Iterator<Item = Method> {
        [Method::PublicKey, Method::Password, Method::KeyboardInteractive, Method::HostBased]
            .into_iter()
            .filter(move |m| self.contains(*m))
    }
}

/// What a login consists of: proven so far, or still missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Factors {
    pub key: bool,
    pub password: bool,
    /// A one-time code.
    pub code: bool,
}

impl Factors {
    pub const NONE: Self = Self { key: false, password: false, code: false };

    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }

    /// Those that are in one of the sets.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            key: self.key || other.key,
            password: self.password || other.password,
            code: self.code || other.code,
        }
    }

    /// Those that are not in the other set.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self {
            key: self.key && !other.key,
            password: self.password && !other.password,
            code: self.code && !other.code,
        }
    }

    /// By which methods one of them can be proven. A host stands for a key. What is typed is taken by `password`, too: not every client can
    /// show questions.
    pub fn methods(self) -> Methods {
        let typed = self.password || self.code;
        Methods { public_key: self.key, host_based: self.key, password: typed, keyboard_interactive: typed }
    }
}

/// How a server conducts logins.
#[derive(Debug, Clone)]
pub struct LoginOptions {
    /// What is offered. With none of them nobody can log in.
    pub methods: Methods,
    /// Shown to everybody before the first answer; empty: nothing is shown.
    pub banner: String,
    /// What keyboard-interactive shows.
    pub questions: Questions,
    /// After so many failed attempts on a connection it ends.
    pub max_failures: u32,
    /// So many keys may be offered without a signature on a connection. They are not attempts: clients try all
    /// keys that they have.
    pub max_queries: u32,
    /// The signature algorithms that users may sign with ([`crate::keys::Scheme::NAMES`]).
    pub signatures: Vec<&'static str>,
}

/// What keyboard-interactive shows (RFC 4256 section 3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Questions {
    /// The title; may be empty.
    pub name: String,
    /// What to do; may be empty or have several lines.
    pub instruction: String,
    /// Asks for the password.
    pub password: String,
    /// Asks for the one-time code.
    pub code: String,
}

impl Default for Questions {
    fn default() -> Self {
        Self {
            name: String::new(),
            instruction: String::new(),
            password: "Password: ".to_owned(),
            code: "Verification code: ".to_owned(),
        }
    }
}

impl Default for LoginOptions {
    fn default() -> Self {
        Self {
            methods: Methods::ALL,
            banner: String::new(),
            questions: Questions::default(),
            max_failures: 6,
            max_queries: 32,
            signatures: Scheme::NAMES.to_vec(),
        }
    }
}
