//! `[accounts/ID]`

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;

use super::default;
use crate::value::{
    AddressRules, AmendWriteName, AuthorizedKeys, BadValue, ByteSize, Days, HomePath, IdList, Inherit,
    Mailboxes, Name, PathList, PathTemplate, PermissionRules, RecoveryCodes, RelaxedDateTime, SecretSource,
    Text, TextList, UnixSeconds, VirtualFolders, text_value,
};

/// Options of one file transfer user. `Inherit` takes the value of the account's first group; permissions,
/// virtual folders and link roots are merged over all groups.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct AccountOptions {
    /// Login name, of at most 150 characters. No two accounts may have the same.
    #[schemars(extend("x-restricts" = true))]
    pub name: Name,
    /// Whether the user may log in.
    #[serde(default = "default::yes")]
    #[schemars(extend("x-restricts" = true))]
    pub enabled: bool,
    /// Ids of the groups, the primary one first.
    #[serde(default = "group")]
    #[schemars(extend("x-restricts" = true))]
    pub group: IdList,
    /// Notes.
    #[serde(default)]
    pub description: Text,
    /// Addresses of the user, the primary one first: `address` or `Name <address>`.
    #[serde(default)]
    pub email: Mailboxes,
    /// When the account was made.
    #[serde(default)]
    pub created: Option<RelaxedDateTime>,
    /// When it was changed.
    #[serde(default)]
    pub changed: Option<RelaxedDateTime>,
    /// The folder that the user sees as `/`: an absolute path or `Inherit`. `${OS_HOME}` is for accounts of the operating
    /// system, which do not exist yet.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub home_folder_path: Inherit<HomePath>,
    /// Whether a missing home folder is made at login: `Yes`, `No` or `Inherit`.
    #[serde(default = "no")]
    pub create_home_folder: Inherit<bool>,
    /// Bytes that one uploaded file may have, 0 for no limit, or `Inherit`.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub file_write_size: Inherit<ByteSize>,
    /// Which credentials log in: `password`, `ssh-key`, `password, ssh-key` (both, in either order), `any` (one of them)
    /// or `Inherit`.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub required_credentials: Inherit<RequiredCredentials>,
    /// The password's hash, as `causeway password hash` makes it (argon2id); those of SHA-256-crypt (`$5$`), SHA-512-crypt
    /// (`$6$`) and `$pbkdf2-sha256$` log in too. Empty: no login by password.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true, "x-secret" = true))]
    pub password: SecretSource,
    /// The key of the account's one-time codes (RFC 6238), as authenticator apps read it: `otpauth://totp/...`, made by
    /// `causeway account set NAME --new-totp`. Every login needs a code then, whatever else it needs. Empty: none does.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true, "x-secret" = true))]
    pub multi_factor_authentication: SecretSource,
    /// Causeway's own. Hashes of codes that stand in for a one-time code, each of them once. `causeway account set NAME
    /// --new-recovery-codes` makes ten, and shows the codes.
    #[serde(default)]
    pub recovery_codes: RecoveryCodes,
    /// Days after `last_password_update` from which on the account is refused until it has another password; 0 for
    /// never, or `Inherit`. An account without a password is not concerned.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub password_lifetime: Inherit<Days>,
    /// Days without a login after which the account is refused until an administrator changes `changed` or enables it
    /// anew; 0 for never, or `Inherit`. Who never logged in counts from `created`.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub disable_on_inactivity: Inherit<Days>,
    /// When the password was set, in seconds since 1970. Who sets passwords by hand sets it too.
    #[serde(default)]
    pub last_password_update: UnixSeconds,
    /// Public keys that log in, one a line in OpenSSH's format, with the options of `authorized_keys` before them:
    /// `from`, `expiry-time`, `cert-authority`, `principals`, `no-touch-required`, `verify-required` and
    /// `command="internal-sftp"` are honoured; a key with an option that is not known is refused.
    #[serde(default)]
    pub ssh_authorized_keys_content: AuthorizedKeys,
    /// A file with such keys, or a folder of files with one key each (OpenSSH, RFC 4716, PuTTY); `Inherit`; empty
    /// for none.
    #[serde(default = "no_path")]
    pub ssh_authorized_keys_path: Inherit<PathTemplate>,
    /// Causeway's own. Vault items of type `ssh-public`: the authorities whose OpenSSH certificates log in; or
    /// `Inherit`; empty for none. A certificate must name the account, by its `name` or one of `ssh_principals`.
    #[serde(default)]
    pub ssh_user_ca_keys: Inherit<IdList>,
    /// Causeway's own. Names that stand for the account in certificates besides its own name.
    #[serde(default)]
    pub ssh_principals: TextList,
    /// What the user may do where; or `Inherit`.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub permissions: Inherit<PermissionRules>,
    /// Folders from elsewhere, one a line: `virtual, real`; or `Inherit`.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub virtual_folders: Inherit<VirtualFolders>,
    /// `uuid-prefix`: what the user writes is stored under `UUID-NAME`, each time another, so that nothing is ever
    /// overwritten; the session goes on to find it under the name that it gave. `Inherit`; empty: under that name.
    #[serde(default = "own_name")]
    #[schemars(extend("x-restricts" = true))]
    pub amend_write_name: Inherit<AmendWriteName>,
    /// From where the user may log in, one rule a line: `allow` or `deny`, and an IPv4 or IPv6 address or network
    /// (`allow 10.0.0.0/8`). The first that matches decides; where none does, the login is refused. Empty: the
    /// groups decide.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub source_ip_filter: AddressRules,
    /// Causeway's own. Whether the user gets in by a session alone whose key exchange withstands quantum computers
    /// (`mlkem768x25519-sha256`): `Yes`, `No` or `Inherit`.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub require_post_quantum: Inherit<bool>,
    /// From when on the user may not log in any more.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub expire_datetime: Option<RelaxedDateTime>,
    /// Causeway's own. Absolute folders of the disk, one a line, into which links may lead that were made outside of
    /// Causeway and point out of the home; or `Inherit`.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub link_roots: Inherit<PathList>,
}

/// Which credentials log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RequiredCredentials {
    /// Each alone.
    #[default]
    Any,
    Password,
    SshKey,
    /// One after the other, in either order.
    Both,
}

impl FromStr for RequiredCredentials {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let lower = text.to_ascii_lowercase();
        match lower.split([',', '\n']).map(str::trim).collect::<Vec<_>>().as_slice() {
            ["any"] => Ok(Self::Any),
            ["password"] => Ok(Self::Password),
            ["ssh-key"] => Ok(Self::SshKey),
            ["password", "ssh-key"] | ["ssh-key", "password"] => Ok(Self::Both),
            _ => Err(BadValue(format!(
                "'{text}' is none of: any, password, ssh-key, or the last two with a comma between them"
            ))),
        }
    }
}

impl fmt::Display for RequiredCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "any",
            Self::Password => "password",
            Self::SshKey => "ssh-key",
            Self::Both => "password, ssh-key",
        })
    }
}

text_value!(RequiredCredentials, "'any', 'password', 'ssh-key' or 'password, ssh-key'");

fn group() -> IdList {
    IdList::of(crate::DEFAULT_GROUP)
}

fn no() -> Inherit<bool> {
    Inherit::Own(false)
}

fn own_name() -> Inherit<AmendWriteName> {
    Inherit::Own(AmendWriteName::Never)
}

fn no_path() -> Inherit<PathTemplate> {
    Inherit::Own(PathTemplate::default())
}
