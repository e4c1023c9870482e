//! Logins that need several proofs, one after the other.

use std::sync::Arc;

use causeway_config::options::RequiredCredentials;
use causeway_config::{Account, EffectiveAccount};

use crate::Credential;
use crate::grant::Proof;

/// What a login consists of: proven so far, or still missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Factors {
    pub password: bool,
    pub key: bool,
    /// A one-time code.
    pub code: bool,
}

impl Factors {
    pub(crate) const PASSWORD: Self = Self { password: true, key: false, code: false };
    pub(crate) const KEY: Self = Self { password: false, key: true, code: false };
    pub(crate) const CODE: Self = Self { password: false, key: false, code: true };

    #[must_use]
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            password: self.password || other.password,
            key: self.key || other.key,
            code: self.code || other.code,
        }
    }

    /// What they are called, the key by that name.
    pub(crate) fn names(self, key: &'static str) -> Vec<&'static str> {
        let names = [(self.password, "password"), (self.key, key), (self.code, "one-time-code")];
        names.into_iter().filter_map(|(set, name)| set.then_some(name)).collect()
    }

    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// As the option `required_credentials` and events name them.
impl std::fmt::Display for Factors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.names("ssh-key").join(", "))
    }
}

/// What one user has proven of what their account needs. It belongs to that user name on one connection, and counts as
/// long as the account is as it was. Only this crate makes one.
#[derive(Debug, Clone)]
pub struct Partial {
    pub(crate) user: String,
    pub(crate) account: Arc<Account>,
    /// The authentication that vouched for it.
    pub(crate) by: Arc<str>,
    pub(crate) proven: Factors,
    pub(crate) missing: Factors,
    /// The key, certificate or host, if it was one, and on which terms it was taken.
    pub(crate) key: Proof,
}

impl Partial {
    /// What the login still needs.
    pub fn missing(&self) -> Factors {
        self.missing
    }
}

/// What the account needs beside what was proven.
pub(crate) fn missing(account: &EffectiveAccount, proven: Factors) -> Factors {
    let (password, key) = match account.required_credentials {
        RequiredCredentials::Any => match proven.password || proven.key {
            true => (false, false),
            false => (true, true),
        },
        RequiredCredentials::Password => (true, false),
        RequiredCredentials::SshKey => (false, true),
        RequiredCredentials::Both => (true, true),
    };
    Factors {
        password: password && !proven.password,
        key: key && !proven.key,
        code: account.totp.is_some() && !proven.code,
    }
}

/// What a credential proves, if it is good, beside a code.
pub(crate) fn proves(credential: &Credential) -> Factors {
    match credential {
        Credential::Password(_) | Credential::PasswordAndCode { .. } => Factors::PASSWORD,
        Credential::Key { .. } | Credential::Host { .. } => Factors::KEY,
        Credential::Code(_) => Factors::default(),
    }
}
