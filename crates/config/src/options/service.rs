//! `[services/ID]`

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::Deserialize;

use super::default;
use crate::DEFAULT_SECURITY_POLICY;
use crate::value::{
    CipherList, DhPrimeSize, IdList, IdleTimeout, ListenAddress, Networks, Port, PositiveSeconds, RekeyBytes,
    Seconds, Text,
};

/// Options of every service.
#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
pub struct ServiceOptions {
    /// Whether the service starts with the process.
    #[serde(default = "default::yes")]
    #[schemars(extend("x-restricts" = true))]
    pub enabled: bool,
    /// Name for people.
    #[serde(default = "name")]
    pub name: Text,
    /// Notes.
    #[serde(default)]
    pub description: Text,
    /// The address to listen on: an IPv4 or IPv6 address or a host name. `::` takes IPv4 as well.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub address: ListenAddress,
    /// The TCP port to listen on.
    pub port: Port,
    /// Authentications that are asked in this order; empty: those of `[server]`.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub authentications: IdList,
    /// The id of the security policy: who may try to log in at all.
    #[serde(default = "security_policy")]
    #[schemars(extend("x-restricts" = true))]
    pub security_policy: Text,
    /// Whether a source that the security policy bans or denies is turned away when it connects. Otherwise its logins are
    /// refused.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub block_source_at_connection: bool,
    /// Causeway's own. Addresses and networks of load balancers that begin each connection with a header of the PROXY
    /// protocol, version 1 or 2. Theirs must have one, and the address in it counts as the client's; from anywhere else
    /// such a header ends the connection.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub proxy_protocol_networks: Networks,
    /// Seconds after which a connection is closed on which nothing happens. It cannot be switched off: 0 is the
    /// default.
    #[serde(default)]
    pub idle_connection_timeout: IdleTimeout,
    /// Connections at the same time; 0 sets no limit.
    #[serde(default = "connections")]
    pub maximum_concurrent_connections: u32,
    /// Causeway's own. Seconds from the connection to a successful login.
    #[serde(default = "login_grace")]
    pub login_grace: PositiveSeconds,
    /// Causeway's own. Connections at the same time that have not logged in yet; 0 sets no limit.
    #[serde(default = "before_login")]
    pub connections_before_login: u32,
    /// Causeway's own. The same for one IPv4 address or one IPv6 network of 64 bits; 0 sets no limit.
    #[serde(default = "before_login_per_source")]
    pub connections_before_login_per_source: u32,
    /// Causeway's own. Logins that may fail on one connection before it is closed.
    #[serde(default = "login_attempts")]
    pub login_attempts: NonZeroU32,
}

/// Options of services of type `ssh`.
#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
pub struct SshOptions {
    /// Whether SFTP is offered.
    #[serde(default = "default::yes")]
    #[schemars(extend("x-restricts" = true))]
    pub sftp: bool,
    /// Whether SCP is offered: the protocol of `scp -O` and of other clients that run the command `scp`. OpenSSH's
    /// `scp` needs it only with `-O`; without, it uses SFTP. No shell is involved.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub scp: bool,
    /// Vault items of type `ssh-private`: the host keys. Empty: those of `[server]`. Their types are what is
    /// offered to clients.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub ssh_server_keys: IdList,
    /// Text that clients show before the login.
    #[serde(default)]
    pub before_login_message: Text,
    /// What clients show when they log in by keyboard-interactive: the first line is the title, the last one the question for
    /// the password, and what is between them says what to do. One line is the question alone.
    #[serde(default = "keyboard_interactive_message")]
    pub keyboard_interactive_message: Text,
    /// Which algorithms are offered: a keyword, or their names, the preferred ones first. Of several keywords `all` goes
    /// before `secure`, `secure` before `fips`, and each of them before names. `secure`: all that is sound. `all`: that and
    /// what is legacy, for clients that know nothing else. `fips`: what the standards of FIPS 140-3 allow. `strict`,
    /// Causeway's own, which stands alone: post-quantum key exchange, ciphers that authenticate, host keys of type
    /// ed25519. A list of names needs a key exchange and a cipher, and a MAC if a cipher is among them that does not
    /// authenticate by itself; if it names signatures, host keys and user keys are limited to those, else all sound
    /// ones are taken. `docs/ssh-algorithms.md` has each algorithm, and says which ones SFTPPlus has in `all` that are
    /// left out here.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub ssh_cipher_list: CipherList,
    /// For clients that let the server choose the group of `diffie-hellman-group-exchange-sha256`: the size in bits
    /// below which none is chosen (1024, 1536, 2048, 3072, 4096, 6144 or 8192), and which one of those that the client
    /// allows: `minimum`, `ideal` (as large as the client prefers) or `maximum`. Groups below 2048 bits can be broken:
    /// unlike in SFTPPlus they are there only for who asks for them.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub dh_prime_size: DhPrimeSize,
    /// Whether attributes that clients send when they create a file or folder, or change on an open file, are
    /// ignored.
    #[serde(default)]
    pub ignore_create_permissions: bool,
    /// Causeway's own. Bytes in one direction after which new keys are made.
    #[serde(default)]
    pub rekey_bytes: RekeyBytes,
    /// Causeway's own. Seconds after which new keys are made.
    #[serde(default = "rekey_seconds")]
    pub rekey_seconds: PositiveSeconds,
    /// Causeway's own. Seconds of silence after which a client that has logged in is asked for a sign of life, and
    /// asked again; 0: never. Any answer is one, but no activity for `idle_connection_timeout`.
    #[serde(default = "client_alive_interval")]
    pub client_alive_interval: Seconds,
    /// Causeway's own. Questions of `client_alive_interval` that a client may leave unanswered: one interval after
    /// the last of them its connection is closed. 0: it is not closed for that.
    #[serde(default = "client_alive_count_max")]
    pub client_alive_count_max: u32,
}

fn name() -> Text {
    Text::from("undefined-service-name")
}

fn security_policy() -> Text {
    Text::from(DEFAULT_SECURITY_POLICY)
}

fn connections() -> u32 {
    10_000
}

fn login_grace() -> PositiveSeconds {
    const { PositiveSeconds::of(NonZeroU32::new(30).unwrap()) }
}

fn before_login() -> u32 {
    1024
}

fn before_login_per_source() -> u32 {
    64
}

fn login_attempts() -> NonZeroU32 {
    const { NonZeroU32::new(6).unwrap() }
}

fn keyboard_interactive_message() -> Text {
    Text::from("Password:")
}

/// As RFC 4253 section 9 recommends.
fn rekey_seconds() -> PositiveSeconds {
    const { PositiveSeconds::of(NonZeroU32::new(3600).unwrap()) }
}

fn client_alive_interval() -> Seconds {
    Seconds(60)
}

fn client_alive_count_max() -> u32 {
    3
}
