use std::path::PathBuf;

use causeway_config::value::ListenAddress;
use causeway_core::sshkey::PublicKey;

use super::{Failure, Outcome, Result, failed};
use crate::installation::{Installation, New};
use crate::privileges::{self, RunsAs};

/// The account that an installation made by root runs as, unless another is named.
const ACCOUNT: &str = "causeway";
/// Default port of SFTP.
const PORT: u16 = 10022;

#[derive(Debug, clap::Args)]
pub(crate) struct Init {
    /// The folder of the installation. It must not exist, or be empty.
    #[arg(long, value_name = "DIR")]
    root: PathBuf,
    /// The account of the operating system that the server becomes when it is started as root.
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// The port of the SFTP service.
    #[arg(long, default_value_t = PORT, value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,
}

impl Init {
    pub(super) fn run(self) -> Result {
        let installation = Installation::at(&self.root).map_err(failed("--root"))?;
        initialise(&installation, self.account.as_deref(), self.port)?;
        println!(
            "Made an installation in {}. Its host keys, for partners to compare:",
            installation.root().display()
        );
        for key in installation.host_keys()? {
            println!("{}", fingerprint(&key));
        }
        println!("Next: add an account to {}, then", installation.server_ini().display());
        println!(
            "    causeway check --root {0}\n    causeway serve --root {0}",
            installation.root().display()
        );
        Ok(Outcome::Done)
    }
}

/// How a host key is told to people, who compare it with what their clients show.
pub(super) fn fingerprint(key: &PublicKey) -> String {
    format!("    {} {}", key.algorithm(), key.fingerprint())
}

/// Makes an installation in an empty folder. Root becomes the account that it is for.
pub(super) fn initialise(
    installation: &Installation,
    account: Option<&str>,
    port: u16,
) -> std::result::Result<RunsAs, Failure> {
    let root = installation.root();
    if !installation.is_empty().map_err(failed(format_args!("cannot read {}", root.display())))? {
        return Err(Failure(format!(
            "{} is not empty; an installation is only made in an empty folder",
            root.display()
        )));
    }
    let account = match account {
        Some(name) => name,
        None if privileges::is_root() => ACCOUNT,
        None => "",
    };
    let address = "::".parse::<ListenAddress>().map_err(failed("the address"))?;
    installation.create(&New { name: &host_name(), account, address, port, more: "" })
}

fn host_name() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if name.is_empty() || name.contains(char::is_control) { "causeway".to_owned() } else { name }
}
