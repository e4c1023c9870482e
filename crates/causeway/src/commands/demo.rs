use std::net::TcpListener;
use std::path::Path;
use std::{fs, io};

use causeway_config::init::{HOST_KEYS, NewAccount, account};
use causeway_config::value::ListenAddress;
use causeway_core::sshkey::PrivateKey;
use causeway_core::{Random, Secret};
use causeway_ssh::keys::{KeyKind, generate};

use super::serve::serve;
use super::{Failure, Outcome, Result, failed};
use crate::installation::{Installation, New, write_private};
use crate::privileges;

/// The account that a demo becomes when root starts it.
const ACCOUNT: &str = "nobody";

#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// The port of the SFTP service; any free one if it is not given.
    #[arg(long)]
    port: Option<u16>,
}

impl Demo {
    pub(super) fn run(self) -> Result {
        let folder = Folder::make()?;
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
        let section = account(&NewAccount {
            id: "demo",
            name: "demo",
            description: "A throw-away account",
            password: &hash,
            keys: std::slice::from_ref(key.public()),
        })
        .map_err(failed("the demo's account"))?;
        let service_account = if privileges::is_root() { ACCOUNT } else { "" };
        let address = "127.0.0.1".parse::<ListenAddress>().map_err(failed("the address"))?;
        installation.create(&New {
            name: "demo",
            account: service_account,
            address,
            port,
            more: &section,
        })?;

        let private = key.to_openssh(&random).map_err(failed("cannot write the key"))?;
        write_private(&folder.0.join("demo_key"), private.expose())
            .map_err(failed("cannot write the key"))?;
        fs::write(folder.0.join("known_hosts"), known_hosts(&installation, port)?)
            .map_err(failed("cannot write known_hosts"))?;
        // All of it: the account that serves is the one that removes it at the end.
        privileges::give(&folder.0, service_account).map_err(failed("the demo's folder"))?;
        let what_to_type = what_to_type(&folder.0, port, &password);
        serve(&installation, || print!("{what_to_type}"))?;
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
    for host_key in HOST_KEYS {
        let path = installation.root().join(host_key.path);
        let text = fs::read(&path).map_err(failed(path.display()))?;
        let key = PrivateKey::parse(&text, None).map_err(failed(path.display()))?;
        out.extend_from_slice(format!("[127.0.0.1]:{port} ").as_bytes());
        out.extend_from_slice(key.public().to_openssh().trim_ascii_end());
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
    fn make() -> std::result::Result<Self, Failure> {
        let random = Random::system();
        let name = data_encoding::BASE32_NOPAD.encode(&random.bytes::<5>()).to_lowercase();
        let path = std::env::temp_dir().join(format!("causeway-demo-{name}"));
        // Whoever serves must be able to reach the installation in it.
        std::os::unix::fs::DirBuilderExt::mode(&mut fs::DirBuilder::new(), 0o711)
            .create(&path)
            .map_err(failed(format_args!("cannot make {}", path.display())))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("causeway: {} could not be removed: {error}", self.0.display());
        }
    }
}
