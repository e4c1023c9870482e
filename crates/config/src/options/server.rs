//! `[server]`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::value::{
    ByteSize, CharacterRequirements, Days, IdList, LocalPath, Name, PasswordStrength, Seconds, Text, Umask,
};

/// Options of the whole process.
#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
pub struct ServerOptions {
    /// Identity of this installation in logs and events. It should not change once it is set.
    #[serde(default = "uuid")]
    #[schemars(extend("x-restricts" = true))]
    pub uuid: Name,
    /// Name of this installation for people.
    #[serde(default = "name")]
    pub name: Text,
    /// Notes.
    #[serde(default)]
    pub description: Text,
    /// The operating system account that the process becomes when it is started as root. Empty: it stays what
    /// it is; to serve as root, `root` must be written.
    #[serde(default = "account")]
    #[schemars(extend("x-restricts" = true))]
    pub account: Text,
    /// Permission bits that new files and folders do not get, in octal: 022 makes files 0644, or 0755 where the
    /// client asks for that, folders 0755.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub umask: Umask,
    /// Authentications that are asked in this order, for services that list none of their own.
    #[serde(default = "authentications")]
    #[schemars(extend("x-restricts" = true))]
    pub authentications: IdList,
    /// How hard to guess a password must be that users give themselves: a score of zxcvbn, 0 to 4. From 1 on it has 4, 7, 9
    /// or 11 characters at least, too.
    #[serde(default)]
    pub password_minimum_strength: PasswordStrength,
    /// Characters that such a password has at least; 0 sets no limit.
    #[serde(default = "password_minimum_length")]
    pub password_minimum_length: u32,
    /// Kinds of characters of which such a password has one at least: `lowercase`, `uppercase`, `digit`, `symbol`; empty or
    /// `disabled` for none.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub password_character_requirements: CharacterRequirements,
    /// So many passwords of an account must differ before one may return; 0 sets no limit, and forgets those that were, when
    /// an account changes its password next.
    #[serde(default = "password_history")]
    pub password_history: u32,
    /// Vault items of type `ssh-private`: the host keys of SSH services that list none of their own.
    #[serde(default)]
    pub ssh_server_keys: IdList,
    /// Causeway's own. A file with the SSH keys and certificates of users that count no more, as lines of text or as a
    /// list of `ssh-keygen -k`. While it cannot be read, nobody logs in by a key. Empty: nothing is revoked.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub ssh_revoked_keys_path: Option<LocalPath>,
    /// Whether every file operation leaves the network threads, as a slow (network) file system needs it.
    #[serde(default)]
    pub blocking_filesystem: bool,
    /// Causeway's own. Whether an upload goes to a temporary name and gets its own name when the client closes
    /// it, so that nobody ever sees half a file.
    #[serde(default)]
    pub atomic_uploads: bool,
    /// Causeway's own. When the bytes of an upload must be on the disk: `none` (the kernel writes them in its own
    /// time) or `close` (before the client is told that the file is closed).
    #[serde(default)]
    pub upload_sync: UploadSync,
    /// Causeway's own. Seconds for which an upload that broke off can be taken up again.
    #[serde(default = "partial_keep")]
    pub partial_keep: Seconds,
    /// Causeway's own. When events must be on the disk: `interval` (within 10 ms), `reply` (before the client
    /// gets the reply) or `none`. A crash of the process alone loses none in any case.
    #[serde(default)]
    pub audit_sync: AuditSync,
    /// Causeway's own. What happens when events cannot be written: `refuse` (operations fail) or `continue`
    /// (they go on, and a gap is recorded).
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub audit_failure: AuditFailure,
    /// Causeway's own. Days for which the event spool is kept; 0 keeps it for ever.
    #[serde(default = "spool_keep")]
    pub spool_keep: Days,
    /// Causeway's own. Bytes that the event spool may have before its oldest part goes; 0 sets no limit.
    #[serde(default = "spool_max_size")]
    pub spool_max_size: ByteSize,
    /// Causeway's own. Seconds that running transfers get when the process is asked to stop.
    #[serde(default = "stop_grace")]
    pub stop_grace: Seconds,
}

/// When an upload's bytes must be on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UploadSync {
    #[default]
    None,
    Close,
}

/// When events must be on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AuditSync {
    #[default]
    Interval,
    Reply,
    None,
}

/// What happens when events cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AuditFailure {
    #[default]
    Refuse,
    Continue,
}

fn uuid() -> Name {
    Name::from_static("single-server-uuid")
}

fn name() -> Text {
    Text::from("single-server-name")
}

fn account() -> Text {
    Text::from("sftpplus")
}

fn authentications() -> IdList {
    IdList::of(crate::DEFAULT_AUTHENTICATION)
}

fn password_minimum_length() -> u32 {
    8
}

fn password_history() -> u32 {
    8
}

fn partial_keep() -> Seconds {
    Seconds(86_400)
}

fn spool_keep() -> Days {
    Days(90)
}

fn spool_max_size() -> ByteSize {
    ByteSize(10 << 30)
}

fn stop_grace() -> Seconds {
    Seconds(30)
}
