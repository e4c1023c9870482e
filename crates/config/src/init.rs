//! The text of a fresh installation's `server.ini`.
//!
//! Comments in it teach: whoever opens the file sees what the options mean without a manual.

use std::path::Path;

use causeway_core::sshkey::PublicKey;

use crate::value::{BadValue, ListenAddress};

/// What differs from one fresh installation to the next.
#[derive(Debug, Clone)]
pub struct Fresh<'a> {
    /// The installation folder: an absolute path.
    pub root: &'a Path,
    /// Identity of the installation.
    pub uuid: &'a str,
    /// Name of the installation for people.
    pub name: &'a str,
    /// The account to become when started as root; empty for none.
    pub account: &'a str,
    pub sftp_address: ListenAddress,
    pub sftp_port: u16,
    /// The vault items of the host keys.
    pub host_keys: &'a [HostKey<'a>],
}

/// The vault item of one host key.
#[derive(Debug, Clone, Copy)]
pub struct HostKey<'a> {
    pub id: &'a str,
    pub name: &'a str,
    /// Where the key is, relative to the installation folder.
    pub path: &'a str,
}

/// The host keys that an installation begins with: ids, names and files.
pub const HOST_KEYS: [HostKey<'static>; 3] = [
    HostKey {
        id: "host-key-ed25519",
        name: "Host key (Ed25519)",
        path: "configuration/ssh_host_ed25519_key",
    },
    HostKey {
        id: "host-key-ecdsa",
        name: "Host key (ECDSA P-256)",
        path: "configuration/ssh_host_ecdsa_key",
    },
    HostKey { id: "host-key-rsa", name: "Host key (RSA)", path: "configuration/ssh_host_rsa_key" },
];

/// The whole file. Nobody can log in yet: it has no account.
///
/// # Errors
/// A parameter is not one line of text and would be read as something else.
pub fn server_ini(fresh: &Fresh<'_>) -> Result<String, BadValue> {
    let root = fresh.root.to_str().filter(|r| r.starts_with('/') && !r.contains("${"));
    let root = root
        .ok_or_else(|| BadValue::new("the installation folder's path must be absolute text without '${'"))?;
    let keys = fresh.host_keys.iter().flat_map(|k| [k.id, k.name, k.path]);
    for text in [root, fresh.uuid, fresh.name, fresh.account].into_iter().chain(keys) {
        one_line(text)?;
    }
    let mut out = String::with_capacity(4096);
    out.push_str(&head(fresh));
    out.push_str(&sftp(fresh));
    out.push_str(&host_keys(fresh.host_keys));
    out.push_str(&identities(root));
    out.push_str(LOG);
    Ok(out)
}

/// An account to be added to a file.
#[derive(Debug, Clone)]
pub struct NewAccount<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub description: &'a str,
    /// The password's hash; empty for no login by password.
    pub password: &'a str,
    pub keys: &'a [PublicKey],
}

/// The section of an account with the home folder and the permissions of `DEFAULT_GROUP`, to be appended to a file.
///
/// # Errors
/// A parameter is not one line of text and would be read as something else.
pub fn account(new: &NewAccount<'_>) -> Result<String, BadValue> {
    for text in [new.id, new.name, new.description, new.password] {
        one_line(text)?;
    }
    let mut out = format!("\n[accounts/{}]\n", new.id);
    out.push_str(&option("name", new.name));
    out.push_str("type = application\n");
    out.push_str(&option("description", new.description));
    out.push_str("group = DEFAULT_GROUP\ncreate_home_folder = Inherit\n");
    out.push_str(&option("password", new.password));
    let keys: Vec<_> =
        new.keys.iter().map(|k| String::from_utf8_lossy(&k.to_openssh()).trim().to_owned()).collect();
    out.push_str(&option("ssh_authorized_keys_content", &keys.join("\n")));
    Ok(out)
}

fn one_line(text: &str) -> Result<(), BadValue> {
    if text.contains(char::is_control) {
        return Err(BadValue::new("a value holds a control character"));
    }
    Ok(())
}

/// An option as the grammar wants it: a value of several lines stands indented below its name.
fn option(name: &str, value: &str) -> String {
    let lines: Vec<&str> = value.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    match lines.as_slice() {
        [] => String::new(),
        [one] => format!("{name} = {one}\n"),
        many => format!("{name} =\n    {}\n", many.join("\n    ")),
    }
}

fn head(fresh: &Fresh<'_>) -> String {
    let ids: Vec<_> = fresh.host_keys.iter().map(|k| k.id).collect();
    format!(
        "\
# The configuration of this Causeway server.
#
# A section is [family/ID]: the ID is any word and never changes, the name in it is for people.
# Lines that begin with a blank continue the value above. Relative paths begin at the installation folder.
# After a change, 'causeway check --root DIR' tells what is wrong, with the line.

[server]
# Who this installation is in logs and events. Do not change it.
uuid = {uuid}
name = {name}
# When started as root, become this account of the operating system. Empty: stay what it is started as.
account = {account}
# Bits that new files and folders do not get: files become 0640, folders 0750.
umask = 027
# Who is asked whether a login is right, in this order.
authentications = DEFAULT-AUTHENTICATION
ssh_server_keys = {keys}
# An upload gets its name when it is complete: nobody ever sees half a file.
atomic_uploads = Yes
",
        uuid = fresh.uuid,
        name = fresh.name,
        account = fresh.account,
        keys = ids.join(", "),
    )
}

fn sftp(fresh: &Fresh<'_>) -> String {
    format!(
        "
[services/sftp]
name = SFTP
type = ssh
# '::' listens on all IPv6 and IPv4 addresses, '0.0.0.0' on all IPv4 ones.
address = {address}
port = {port}
",
        address = fresh.sftp_address,
        port = fresh.sftp_port,
    )
}

fn host_keys(keys: &[HostKey<'_>]) -> String {
    let mut out = String::from(
        "\n# The server's own keys, by which clients recognise it. Keep the files secret, and keep a copy.\n",
    );
    for key in keys {
        out.push_str(&format!(
            "[vault-items/{}]\nname = {}\ntype = ssh-private\ncontent = external-file:{}\n\n",
            key.id, key.name, key.path
        ));
    }
    out
}

fn identities(root: &str) -> String {
    format!(
        "\
# The accounts of this file log in.
[authentications/DEFAULT-AUTHENTICATION]
name = Accounts of this file
type = application

# What accounts have that say nothing else.
[groups/DEFAULT_GROUP]
name = DEFAULT_GROUP
# ${{USER}} stands for the login name.
home_folder_path = {root}/data/${{USER}}
create_home_folder = Yes
# The first line holds everywhere; a line 'expression, permission, ...' below it holds where it matches, such as
#     /incoming/*, allow-write, allow-list
permissions = allow-full-control

# An account is a section like this one. 'causeway password hash' makes the hash.
# [accounts/alice]
# name = alice
# create_home_folder = Inherit
# password = $argon2id$...
# ssh_authorized_keys_content =
#     ssh-ed25519 AAAA... alice@example.com
",
        root = root.trim_end_matches('/')
    )
}

const LOG: &str = "
# Everything that happens, one line each.
[event-handlers/DEFAULT-FILE]
name = Log file
type = local-file
path = log/server.log
# A new file each midnight; thirty old ones are kept.
rotate_on = 00:00 time-of-day
rotate_count = 30
";
