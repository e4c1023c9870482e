use std::path::PathBuf;

use causeway_config::value::ListenAddress;

use super::{Failure, Outcome, Result, failed};
use crate::installation::{Installation, New};
use crate::privileges;

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
    #[arg(long, default_value_t = PORT)]
    port: u16,
}

impl Init {
    pub(super) fn run(self) -> Result {
        let installation = Installation::at(&self.root).map_err(failed("--root"))?;
        initialise(&installation, self.account.as_deref(), self.port)?;
        println!("Made an installation in {}.", installation.root().display());
        println!("Next: add an account to {}, then", installation.server_ini().display());
        println!(
            "    causeway check --root {0}\n    causeway serve --root {0}",
            installation.root().display()
        );
        Ok(Outcome::Done)
    }
}

/// Makes an installation in an empty folder.
pub(super) fn initialise(
    installation: &Installation,
    account: Option<&str>,
    port: u16,
) -> std::result::Result<(), Failure> {
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
    privileges::must_exist(account).map_err(failed("--account"))?;
    let address = "::".parse::<ListenAddress>().map_err(failed("the address"))?;
    installation.create(&New { name: &host_name(), account, address, port, more: "" })?;
    privileges::give(root, account).map_err(failed("cannot hand the installation over"))
}

fn host_name() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if name.is_empty() || name.contains(char::is_control) { "causeway".to_owned() } else { name }
}
