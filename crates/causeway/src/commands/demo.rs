use std::net::TcpListener;
use std::path::Path;
use std::{fs, io};

use causeway_config::init::{NewAccount, account as section_of};
use causeway_config::value::ListenAddress;
use causeway_core::{Random, Secret};
use causeway_ssh::keys::{KeyKind, generate};

use super::serve::serve;
use super::{Failure, Outcome, Result, failed};
use crate::installation::{Installation, New, write_private};
use crate::privileges::{self, RunsAs};

/// The account that a demo becomes when root starts it.
const ACCOUNT: &str = "nobody";

#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// The port of the SFTP service; any free one if it is not given.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
}

impl Demo {
    pub(super) fn run(self) -> Result {
        // The account that serves makes all of it, and removes it at the end.
        let account = if privileges::is_root() { ACCOUNT } else { "" };
        let (folder, runs_as) = Folder::make(account)?;
        let port = match self.port {
            Some(port) => port,
            None => free_port().map_err(failed("no free port"))?,
        };
        let installation =
            Installation::at(&folder.0.join("installation")).map_err(failed("the demo's folder"))?;
        let random = Random::system();
        let password = data_encoding::BASE32_NOPAD.encode(&random.bytes::<10>()).to_lowercase();
        let hash = causeway_auth::password::hash_new(&Secret::new(password.as_bytes()), &random)
            .map_err(failed("cannot hash"))?;
        let key = generate(KeyKind::Ed25519)
            .map_err(failed("cannot generate a key"))?
            .with_comment(b"causeway demo");
        let section = section_of(&NewAccount {
            id: "demo",
            name: "demo",
            description: "A throw-away account",
            password: &hash,
            keys: std::slice::from_ref(key.public()),
        })
        .map_err(failed("the demo's account"))?;
        let address = "127.0.0.1".parse::<ListenAddress>().map_err(failed("the address"))?;
        installation.create(&New { name: "demo", account, address, port, more: &section })?;

        let private = key.to_openssh(&random).map_err(failed("cannot write the key"))?;
        write_private(&folder.0.join("demo_key"), private.expose())
            .map_err(failed("cannot write the key"))?;
        fs::write(folder.0.join("known_hosts"), known_hosts(&installation, port)?)
            .map_err(failed("cannot write known_hosts"))?;
        let what_to_type = what_to_type(&folder.0, port, &password);
        serve(&installation, &runs_as, |_| print!("{what_to_type}"))?;
        Ok(Outcome::Done)
    }
}

fn what_to_type(folder: &Path, port: u16, password: &str) -> String {
    let folder = folder.display();
    format!(
        "
Causeway is ready. In another terminal:

    sftp -P {port} -i {folder}/demo_key -o IdentitiesOnly=yes -o UserKnownHostsFile={folder}/known_hosts demo@127.0.0.1

or with the password {password} for the account demo at port {port} of 127.0.0.1.
Files arrive in {folder}/installation/data/demo, events in {folder}/installation/log/server.log.
Ctrl-C ends it and removes everything.
"
    )
}

fn known_hosts(installation: &Installation, port: u16) -> std::result::Result<Vec<u8>, Failure> {
    let mut out = Vec::new();
    for key in installation.host_keys()? {
        out.extend_from_slice(format!("[127.0.0.1]:{port} ").as_bytes());
        out.extend_from_slice(&key.to_openssh());
        out.push(b'\n');
    }
    Ok(out)
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// The demo's folder, gone when the demo ends.
struct Folder(std::path::PathBuf);

impl Folder {
    /// Root becomes the account that it is for.
    fn make(account: &str) -> std::result::Result<(Self, RunsAs), Failure> {
        let random = Random::system();
        let name = data_encoding::BASE32_NOPAD.encode(&random.bytes::<5>()).to_lowercase();
        let path = std::env::temp_dir().join(format!("causeway-demo-{name}"));
        std::os::unix::fs::DirBuilderExt::mode(&mut fs::DirBuilder::new(), 0o700)
            .create(&path)
            .map_err(failed(format_args!("cannot make {}", path.display())))?;
        let folder = Self(path);
        let runs_as = privileges::begin_in(&folder.0, account).map_err(failed("the demo's folder"))?;
        Ok((folder, runs_as))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("causeway: {} could not be removed: {error}", self.0.display());
        }
    }
}
