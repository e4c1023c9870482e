//! One file per command. Exit codes: 0 done, 1 the thing checked is wrong, 2 unusable arguments or environment.

mod apply;
mod audit;
mod bans;
mod change;
mod check;
mod component;
mod config;
mod credentials;
mod demo;
mod explain;
mod init;
mod keys;
mod password;
mod root;
mod second_factor;
mod serve;
mod sessions;
mod sftp_server;
mod status;
mod uuid;

use clap::Subcommand;

/// How a command ended when nothing stood in its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    /// The thing checked is wrong.
    Wrong,
}

/// Why a command could not do its work: one line for the administrator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Failure(pub(crate) String);

pub(crate) type Result = std::result::Result<Outcome, Failure>;

/// Makes a failure that says what was being done.
pub(crate) fn failed<E: std::fmt::Display>(doing: impl std::fmt::Display) -> impl FnOnce(E) -> Failure {
    move |error| Failure(format!("{doing}: {error}"))
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make an installation: configuration and keys.
    Init(init::Init),
    /// Run the server in the foreground. An empty folder is initialised first.
    Serve(serve::Serve),
    /// Validate the configuration: every problem with file, line and a hint.
    Check(check::Check),
    /// Ask the running server how it is.
    Status(status::Status),
    /// See and close the sessions of the running server.
    #[command(subcommand)]
    Sessions(sessions::Sessions),
    /// See and end the bans of sources whose logins failed too often.
    #[command(subcommand)]
    Bans(bans::Bans),
    /// Apply what the files of the configuration say now, or confirm what waits.
    Apply(apply::Apply),
    /// See and change the configuration and its history.
    #[command(subcommand)]
    Config(config::Config),
    /// Say what somebody may do where, and which rule says so.
    Explain(explain::Explain),
    /// List and change accounts.
    #[command(subcommand)]
    Account(component::Account),
    /// List and change groups.
    #[command(subcommand)]
    Group(component::Other),
    /// List and change services.
    #[command(subcommand)]
    Service(component::Other),
    /// List and change authentications.
    #[command(subcommand)]
    Authentication(component::Other),
    /// List and change event handlers.
    #[command(subcommand)]
    EventHandler(component::Other),
    /// List and change resources.
    #[command(subcommand)]
    Resource(component::Other),
    /// List and change security policies.
    #[command(subcommand)]
    SecurityPolicy(component::Other),
    /// List and change vault items.
    #[command(subcommand)]
    VaultItem(component::Other),
    /// Run a throw-away installation with a test account on a high port.
    Demo(demo::Demo),
    /// Generate and convert SSH keys.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Hash a password for `server.ini`.
    #[command(subcommand)]
    Password(password::Password),
    SftpServer(sftp_server::SftpServer),
    /// Print a new random identity.
    Uuid(uuid::Uuid),
    /// Prove the audit trail.
    #[command(subcommand)]
    Audit(audit::Audit),
}

impl Command {
    /// Whether it has peers, and not only somebody who reads what it prints.
    pub(crate) fn serves(&self) -> bool {
        matches!(self, Command::Serve(_) | Command::Demo(_) | Command::SftpServer(_))
    }

    pub(crate) fn run(self) -> Result {
        match self {
            Command::Init(c) => c.run(),
            Command::Serve(c) => c.run(),
            Command::Check(c) => c.run(),
            Command::Status(c) => c.run(),
            Command::Sessions(c) => c.run(),
            Command::Bans(c) => c.run(),
            Command::Apply(c) => c.run(),
            Command::Config(c) => c.run(),
            Command::Explain(c) => c.run(),
            Command::Account(c) => c.run("accounts"),
            Command::Group(c) => c.run("groups"),
            Command::Service(c) => c.run("services"),
            Command::Authentication(c) => c.run("authentications"),
            Command::EventHandler(c) => c.run("event-handlers"),
            Command::Resource(c) => c.run("resources"),
            Command::SecurityPolicy(c) => c.run("security-policies"),
            Command::VaultItem(c) => c.run("vault-items"),
            Command::Demo(c) => c.run(),
            Command::Keys(c) => c.run(),
            Command::Password(c) => c.run(),
            Command::SftpServer(c) => c.run(),
            Command::Uuid(c) => c.run(),
            Command::Audit(c) => c.run(),
        }
    }
}
