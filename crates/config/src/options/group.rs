//! `[groups/ID]`

use schemars::JsonSchema;
use serde::Deserialize;

use super::{RequiredCredentials, default};
use crate::value::{
    AddressRules, AmendWriteName, ByteSize, Days, FolderList, HomePath, IdList, PathList, PathTemplate,
    PermissionRules, Seconds, Text, VirtualFolders,
};

/// Options of a group: what its accounts inherit.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GroupOptions {
    /// Name for people.
    #[serde(default)]
    pub name: Text,
    /// Whether accounts of the group may log in, whatever they say themselves.
    #[serde(default = "default::yes")]
    #[schemars(extend("x-restricts" = true))]
    pub enabled: bool,
    /// Notes.
    #[serde(default)]
    pub description: Text,
    /// The users' home folders: an absolute path in which `${USER}` stands for the login name. Without it the name
    /// becomes the last part, unless the path begins with `${SHARED}` (one folder for all).
    /// Empty: each account names its own.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub home_folder_path: Option<HomePath>,
    /// Whether a missing home folder is made at login, and missing real folders of virtual folders that hold
    /// `${USER}`.
    #[serde(default)]
    pub create_home_folder: bool,
    /// Folders that are made in the home at each login, one a line.
    #[serde(default)]
    pub home_folder_structure: FolderList,
    /// Bytes that one uploaded file may have; 0 sets no limit.
    #[serde(default = "no_limit")]
    #[schemars(extend("x-restricts" = true))]
    pub file_write_size: ByteSize,
    /// Which credentials log in: `password`, `ssh-key`, `password, ssh-key` (both, in either order) or `any` (one of them).
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub required_credentials: RequiredCredentials,
    /// Whether accounts whose primary group this is may change their own password: `ssh user@host passwd`.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub allow_own_password_change: bool,
    /// Days after which a password that was not changed closes its account; 0 for never.
    #[serde(default = "never")]
    #[schemars(extend("x-restricts" = true))]
    pub password_lifetime: Days,
    /// Days without a login after which an account is refused until an administrator changes its `changed` or enables
    /// it anew; 0 for never.
    #[serde(default = "never")]
    #[schemars(extend("x-restricts" = true))]
    pub disable_on_inactivity: Days,
    /// Where the users' public keys are: a path with `${USER}`, or to which the login name is appended, or the same
    /// for all after `${SHARED}`.
    #[serde(default)]
    pub ssh_authorized_keys_path: PathTemplate,
    /// Causeway's own. Vault items of type `ssh-public`: the authorities whose OpenSSH certificates log in.
    #[serde(default)]
    pub ssh_user_ca_keys: IdList,
    /// Whether users whose first group this is may log in by `hostbased`: their host proves itself by one of the user's
    /// authorized keys, whose option `from` must name the host and its address.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub ssh_hostbased_auth: bool,
    /// `uuid-prefix`: what the users write is stored under `UUID-NAME`, each time another, so that nothing is ever
    /// overwritten; a session goes on to find it under the name that it gave. Empty: under that name.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub amend_write_name: AmendWriteName,
    /// From where the group counts, one rule a line: `allow` or `deny`, and an IPv4 or IPv6 address or network. The
    /// first that matches decides; where none does, a login goes on as if its account were not in the group, and
    /// one that has no group left is refused. Empty: it always counts.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub source_ip_filter: AddressRules,
    /// Seconds between the removal of a file by SFTP and its deletion: the client is told at once that it is gone, and until
    /// then it is still there for everybody. A file that has changed or was replaced by then stays. Counts only in the
    /// first group of an account. When the server stops, what waits is deleted.
    #[serde(default = "no_delay")]
    pub ssh_delete_delay: Seconds,
    /// Causeway's own. Whether the users get in by sessions alone whose key exchange withstands quantum computers
    /// (`mlkem768x25519-sha256`).
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub require_post_quantum: bool,
    /// What the users may do where.
    #[serde(default = "PermissionRules::full")]
    #[schemars(extend("x-restricts" = true))]
    pub permissions: PermissionRules,
    /// Folders from elsewhere, one a line: `virtual, real`, each of which may hold `${USER}`.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub virtual_folders: VirtualFolders,
    /// Causeway's own. Absolute folders of the disk, one a line, into which links may lead that were made outside of
    /// Causeway and point out of the home.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub link_roots: PathList,
}

fn never() -> Days {
    Days(0)
}

fn no_delay() -> Seconds {
    Seconds(0)
}

fn no_limit() -> ByteSize {
    ByteSize(0)
}
