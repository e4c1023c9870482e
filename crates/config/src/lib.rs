//! `server.ini` as typed configuration.
//!
//! ```text
//! text --ini--> Document (lines kept) --definition, section--> options (typed, raw)
//!      --load--> Config (references and secrets resolved; a broken component is Failed, the rest lives)
//!      --Config::effective--> EffectiveAccount (one login: nothing inherited any more)
//! ```
//!
//! - [`ini`]: the grammar; every line keeps its place, so that an editor can change one and keep the others.
//! - [`value`]: what one option may hold, as types that hold nothing else.
//! - [`options`]: one struct per family or type; its doc comments are the manual of its options.
//! - [`definition`]: what the structs say about their options (names, defaults, whether they restrict).
//! - [`reference`]: the manual of the options, made from the structs.
//! - [`known`]: options and types of SFTPPlus that are known by name and not honoured yet.
//! - `old_names`: what old releases of SFTPPlus called differently.
//! - [`sources`]: file, override file and environment, read once. [`difference`]: what two versions of them say.
//! - [`edit`]: changes of the text; [`files`]: how it is replaced; [`history`]: every version that was applied.
//! - [`load()`]: from the installation folder to a [`Config`] and the list of its [`Problem`]s.
//! - [`init`]: the text of a fresh installation.
//!
//! The rule for bad values is one, everywhere: what restricts access and cannot be honoured makes its component
//! [`Component::Failed`]; what restricts nothing is replaced by its default; both are told as a [`Problem`]
//! with file and line. No message holds a secret.

mod circumstances;
mod common;
pub mod definition;
pub mod difference;
pub mod edit;
mod effective;
mod environment;
pub mod explain;
pub mod files;
pub mod hint;
pub mod history;
pub mod ini;
pub mod init;
pub mod known;
mod load;
mod old_names;
pub mod options;
mod policy;
mod problem;
pub mod reference;
pub mod seal;
mod secret_file;
mod section;
pub mod sources;
pub mod value;

pub use circumstances::{Circumstances, Refusal};
pub use effective::{EffectiveAccount, EffectiveError, Folder, Standing};
pub use environment::Environment;
pub use load::{LoadError, Loaded, VariableError, load, load_text};
pub use policy::{DEFAULT_SECURITY_POLICY, SecurityPolicy};
pub use problem::{Place, Problem, Replaced, Severity};

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use causeway_core::Timestamp;
use causeway_core::sshkey::{Certificate, Expiry, PrivateKey, PublicKey};
use jiff::tz::TimeZone;

use options::{
    AccountOptions, AnalyticsOptions, ApplicationAuthentication, AuthenticationOptions, GroupOptions,
    HandlerOptions, LocalFileOptions, ServerOptions, ServiceOptions, SqliteOptions, SshOptions,
    StandardStreamOptions, VaultItemOptions,
};
use value::{StoredPassword, Totp};

/// The folder of the configuration, below the installation folder.
pub const FOLDER: &str = "configuration";
/// The file of the configuration, in [`FOLDER`].
pub const FILE: &str = "server.ini";
/// The file whose values win over those of [`FILE`], in [`FOLDER`] too.
pub const OVERRIDE_FILE: &str = "server.override.ini";
/// The id of the group that always exists.
pub const DEFAULT_GROUP: &str = "DEFAULT_GROUP";
/// The id of the authentication that always exists.
pub const DEFAULT_AUTHENTICATION: &str = "DEFAULT-AUTHENTICATION";

/// The id of the resource that says where the state is kept.
pub const DEFAULT_SQLITE: &str = "DEFAULT-SQLITE";
/// The id of the resource that says how accounts are looked at. It always exists.
pub const DEFAULT_ANALYTICS: &str = "DEFAULT-ANALYTICS";

/// A map from component ids.
pub type Components<T> = BTreeMap<Arc<str>, Component<T>>;

/// The whole configuration of one installation. Immutable; a change makes a new one.
pub struct Config {
    /// The installation folder: relative paths are taken from here.
    pub root: PathBuf,
    pub server: Arc<ServerOptions>,
    pub services: Components<Service>,
    pub accounts: Components<Account>,
    pub groups: Components<Group>,
    pub authentications: Components<Authentication>,
    pub vault_items: Components<VaultItem>,
    pub resources: Components<Resource>,
    /// With the default one.
    pub security_policies: Components<SecurityPolicy>,
    pub event_handlers: Components<EventHandler>,
    /// Login names to account ids; failed accounts too, as far as their name could be read, so that such a name
    /// is refused and not taken for an unknown one.
    account_names: HashMap<Arc<str>, Arc<str>>,
    time_zone: TimeZone,
}

/// One configured thing, as far as it could be understood.
#[derive(Debug)]
pub enum Component<T> {
    /// Understood. Whether it is switched on is one of its options.
    Live(Arc<T>),
    /// It could not be honoured as written: it must refuse what it is asked.
    Failed(Failure),
}

/// Why a component does not live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its `name`, where that could be read.
    pub name: Option<Arc<str>>,
    /// For the administrator. Holds no secret.
    pub reason: Arc<str>,
}

impl<T> Clone for Component<T> {
    /// Shares what lives.
    fn clone(&self) -> Self {
        match self {
            Component::Live(t) => Component::Live(t.clone()),
            Component::Failed(failure) => Component::Failed(failure.clone()),
        }
    }
}

impl<T> Component<T> {
    pub fn live(&self) -> Option<&Arc<T>> {
        match self {
            Component::Live(t) => Some(t),
            Component::Failed(_) => None,
        }
    }
}

/// A listening service.
#[derive(Debug)]
pub struct Service {
    pub id: Arc<str>,
    pub options: ServiceOptions,
    pub protocol: Protocol,
    /// The chain of this service, its own or the server's: ids of existing authentications, in order.
    pub authentications: Vec<Arc<str>>,
    /// The id of a security policy that works.
    pub security_policy: Arc<str>,
}

impl PartialEq for Service {
    /// Whether it would serve new connections in the same way.
    fn eq(&self, other: &Self) -> bool {
        (&self.id, &self.options, &self.protocol, &self.authentications)
            == (&other.id, &other.options, &other.protocol, &other.authentications)
    }
}

/// What a service speaks.
#[derive(Debug)]
pub enum Protocol {
    Ssh {
        options: SshOptions,
        /// The host keys, the service's own or the server's: at least one, of types the SSH engine signs with.
        host_keys: Vec<HostKey>,
        /// Whether hosts may vouch for some of the users.
        host_based: bool,
    },
}

/// A user who may log in to file services.
#[derive(Debug)]
pub struct Account {
    pub id: Arc<str>,
    pub options: AccountOptions,
    pub password: StoredPassword,
    /// How the codes are made that every login needs, if it needs one.
    pub totp: Option<Box<Totp>>,
    /// Whether something of it is kept outside its section, and may change while that stays.
    pub(crate) looks_elsewhere: bool,
}

/// A template for accounts.
#[derive(Debug)]
pub struct Group {
    pub id: Arc<str>,
    pub options: GroupOptions,
}

/// A source of identities.
#[derive(Debug)]
pub struct Authentication {
    pub id: Arc<str>,
    pub options: AuthenticationOptions,
    pub method: Method,
}

/// How an authentication decides.
#[derive(Debug)]
pub enum Method {
    /// By the accounts of this configuration.
    Application(ApplicationAuthentication),
}

/// A key that components refer to.
#[derive(Debug)]
pub struct VaultItem {
    pub id: Arc<str>,
    pub options: VaultItemOptions,
    pub content: VaultContent,
}

/// What a vault item holds, by its type, wherever it was kept.
#[derive(Debug)]
pub enum VaultContent {
    /// `ssh-private`
    SshPrivate(HostKey),
    /// `ssh-public`: at least one key.
    SshPublic(Vec<PublicKey>),
}

/// A private key, with the certificate that an authority has given it.
#[derive(Debug, Clone)]
pub struct HostKey {
    pub key: Arc<PrivateKey>,
    pub certificate: Option<Arc<Certificate>>,
}

impl PartialEq for HostKey {
    fn eq(&self, other: &Self) -> bool {
        self.key.public() == other.key.public() && self.certificate == other.certificate
    }
}

/// What the server itself needs.
#[derive(Debug, PartialEq)]
pub enum Resource {
    Sqlite(SqliteOptions),
    Analytics(AnalyticsOptions),
}

/// A consumer of events.
#[derive(Debug)]
pub struct EventHandler {
    pub id: Arc<str>,
    pub place: Place,
    pub options: HandlerOptions,
    pub sink: Sink,
}

/// Where a handler puts events.
#[derive(Debug, PartialEq)]
pub enum Sink {
    LocalFile(LocalFileOptions),
    StandardStream(StandardStreamOptions),
}

impl PartialEq for EventHandler {
    /// Whether it would do the same with the same events, wherever it is written.
    fn eq(&self, other: &Self) -> bool {
        (&self.id, &self.options, &self.sink) == (&other.id, &other.options, &other.sink)
    }
}

impl PartialEq for Protocol {
    fn eq(&self, other: &Self) -> bool {
        let Protocol::Ssh { options, host_keys, host_based } = self;
        let Protocol::Ssh { options: other_options, host_keys: other_keys, host_based: other_based } = other;
        (options, host_keys, host_based) == (other_options, other_keys, other_based)
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("root", &self.root)
            .field("server", &self.server)
            .field("services", &self.services)
            .field("accounts", &self.accounts.len())
            .field("groups", &self.groups.len())
            .finish_non_exhaustive()
    }
}

impl Config {
    /// The file of the state, if the configuration names one.
    pub fn state_file(&self) -> Option<PathBuf> {
        let Resource::Sqlite(options) = &**self.resources.get(DEFAULT_SQLITE)?.live()? else { return None };
        options.path.as_ref().map(|path| path.below(&self.root))
    }

    /// How accounts are looked at; none if they are not. Without the resource, as it is by default.
    pub fn analytics(&self) -> Option<&AnalyticsOptions> {
        match &**self.resources.get(DEFAULT_ANALYTICS)?.live()? {
            Resource::Analytics(options) if options.enabled => Some(options),
            _ => None,
        }
    }

    /// A moment of the configuration; its local time is the installation's.
    pub fn moment(&self, at: &value::RelaxedDateTime) -> Option<Timestamp> {
        at.timestamp(&self.time_zone).ok()
    }

    /// The moment at which an authorized key ends; none where it cannot be told.
    pub fn key_expiry(&self, at: Expiry) -> Option<Timestamp> {
        at.timestamp(&self.time_zone)
    }

    /// The file with the keys that count no more, if the configuration names one.
    pub fn revoked_keys_path(&self) -> Option<PathBuf> {
        self.server.ssh_revoked_keys_path.as_ref().map(|path| path.below(&self.root))
    }

    /// The keys of vault items of type `ssh-public`.
    ///
    /// # Errors
    /// One of them is not there, or not usable. For the administrator.
    pub fn public_keys(&self, items: &[Arc<str>]) -> Result<Vec<PublicKey>, String> {
        let mut keys = Vec::new();
        for id in items {
            keys.extend_from_slice(load::public_keys(id, &self.vault_items)?);
        }
        Ok(keys)
    }

    /// The certificates of host keys that are in use, by the vault items that hold them.
    pub fn host_certificates(&self) -> impl Iterator<Item = (&Arc<VaultItem>, &Arc<Certificate>)> {
        self.vault_items.values().filter_map(Component::live).filter_map(|item| match &item.content {
            VaultContent::SshPrivate(HostKey { certificate: Some(certificate), .. }) => {
                Some((item, certificate))
            }
            _ => None,
        })
    }

    /// The day of a moment in local time, counted from some day.
    pub fn day(&self, at: Timestamp) -> i64 {
        let seconds = i64::try_from(at.seconds()).unwrap_or(i64::MAX);
        let local = jiff::Timestamp::from_second(seconds).map(|t| self.time_zone.to_offset(t).seconds());
        seconds.saturating_add(local.map_or(0, i64::from)).div_euclid(86_400)
    }

    /// The account of that login name, compared exactly. Failed ones are found too: they refuse.
    pub fn account_by_name(&self, name: &str) -> Option<(&Arc<str>, &Component<Account>)> {
        self.accounts.get_key_value(self.account_names.get(name)?)
    }
}

#[cfg(test)]
mod tests;
