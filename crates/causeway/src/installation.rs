//! The folder of one installation and what stands where in it.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use causeway_config::init::{Fresh, HOST_KEYS, server_ini};
use causeway_config::seal::{self, KeyError};
use causeway_config::sources::Sources;
use causeway_config::value::ListenAddress;
use causeway_config::{Environment, LoadError, Loaded};
use causeway_core::sshkey::{PrivateKey, PublicKey};
use causeway_core::{Random, Secret, ids};
use causeway_ssh::keys::{KeyKind, generate};
use data_encoding::HEXLOWER;

use crate::commands::{Failure, failed};
use crate::ownership;
use crate::privileges::{self, RunsAs};
use crate::steward::load;

/// An installation: `--root DIR`.
#[derive(Debug, Clone)]
pub(crate) struct Installation {
    root: PathBuf,
}

impl Installation {
    /// The installation at `root`, which need not exist yet.
    pub(crate) fn at(root: &Path) -> io::Result<Self> {
        Ok(Self { root: std::path::absolute(root)? })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn configuration(&self) -> PathBuf {
        self.root.join("configuration")
    }

    pub(crate) fn server_ini(&self) -> PathBuf {
        self.configuration().join("server.ini")
    }

    /// The files of the configuration: what is written by hand, and what wins over it.
    pub(crate) fn files(&self) -> [PathBuf; 2] {
        [self.server_ini(), self.configuration().join("server.override.ini")]
    }

    /// The audit trail.
    pub(crate) fn audit(&self) -> PathBuf {
        self.root.join("audit")
    }

    /// The state database.
    pub(crate) fn state(&self) -> PathBuf {
        self.root.join("run").join("state.db3")
    }

    /// Where the running server takes requests of administrators.
    pub(crate) fn control_socket(&self) -> PathBuf {
        self.root.join("run").join("control.sock")
    }

    /// A key of this installation alone, for what must be stable and not guessable (names of unfinished uploads,
    /// the face of unknown users).
    pub(crate) fn installation_key(&self) -> PathBuf {
        self.root.join(seal::KEY_FILE)
    }

    /// Every version of the configuration that was applied.
    pub(crate) fn history(&self) -> PathBuf {
        self.root.join("history")
    }

    /// What the configuration of a start, and with it the account that it names, hangs on.
    pub(crate) fn decides(&self) -> [PathBuf; 8] {
        let [file, over] = self.files();
        let run = self.root.join("run");
        let (key, unconfirmed) = (self.installation_key(), self.unconfirmed());
        [self.root.clone(), self.configuration(), file, over, self.history(), run, key, unconfirmed]
    }

    /// What is locked while `server.ini` is replaced.
    pub(crate) fn configuration_lock(&self) -> PathBuf {
        self.root.join("run").join("configuration.lock")
    }

    /// What a server that starts has locked while another process has the trail.
    pub(crate) fn trail_wanted(&self) -> PathBuf {
        self.root.join("run").join("trail.wanted")
    }

    /// Names the version to go back to while a change waits to be confirmed.
    pub(crate) fn unconfirmed(&self) -> PathBuf {
        self.root.join("run").join("unconfirmed")
    }

    /// Its configuration as it stands.
    pub(crate) fn load(&self) -> Result<Loaded, LoadError> {
        load(&Sources::read(&self.root, &Environment::of_process())?)
    }

    /// Whether there is nothing here yet: no folder, or an empty one.
    pub(crate) fn is_empty(&self) -> io::Result<bool> {
        match fs::read_dir(&self.root) {
            Ok(mut entries) => Ok(entries.next().is_none()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(e) => Err(e),
        }
    }

    /// Its folders, the outermost first.
    pub(crate) fn folders(&self) -> [PathBuf; 6] {
        let below = |name| self.root.join(name);
        [self.root.clone(), self.configuration(), self.history(), below("log"), self.audit(), below("run")]
    }

    /// Makes the folders, each for the service account alone.
    pub(crate) fn make_folders(&self) -> io::Result<()> {
        let make = |path: &Path| DirBuilder::new().recursive(true).mode(0o700).create(path);
        self.folders().iter().try_for_each(|path| {
            let who = || ownership::name_of(nix::unistd::geteuid().as_raw());
            let named = |e: io::Error| format!("'{}', as '{}': {e}", path.display(), who());
            make(path).map_err(|e| io::Error::new(e.kind(), named(e)))
        })
    }
}

/// What a new installation is told.
#[derive(Debug)]
pub(crate) struct New<'a> {
    pub(crate) name: &'a str,
    /// The account that it will run as when started as root.
    pub(crate) account: &'a str,
    pub(crate) address: ListenAddress,
    pub(crate) port: u16,
    /// Text that is appended to `server.ini`.
    pub(crate) more: &'a str,
}

impl Installation {
    /// Makes the installation: folders, host keys, `server.ini`. What exists is never overwritten. Root becomes the account
    /// that it is for.
    pub(crate) fn create(&self, new: &New<'_>) -> Result<RunsAs, Failure> {
        let random = Random::system();
        let uuid = ids::uuid4(&random).to_string();
        let fresh = Fresh {
            root: &self.root,
            uuid: &uuid,
            name: new.name,
            account: new.account,
            sftp_address: new.address.clone(),
            sftp_port: new.port,
            host_keys: &HOST_KEYS,
        };
        // First: what cannot be written leaves nothing behind.
        let text = server_ini(&fresh).map_err(failed("cannot write server.ini"))?;
        let doing = format!("cannot make an installation in {}", self.root.display());
        let runs_as = privileges::begin_in(&self.root, new.account).map_err(failed(&doing))?;
        self.make_folders().map_err(failed(&doing))?;
        for (key, kind) in HOST_KEYS.iter().zip([KeyKind::Ed25519, KeyKind::EcdsaP256, KeyKind::Rsa3072]) {
            let pair = generate(kind).map_err(failed("cannot generate a host key"))?;
            let text = pair.to_openssh(&random).map_err(failed("cannot write a host key"))?;
            self.write(Path::new(key.path), text.expose())?;
        }
        // Last: an installation without it is not complete, and is not taken for one.
        self.write(&self.server_ini(), [text.as_str(), new.more].concat().as_bytes())?;
        Ok(runs_as)
    }

    /// The public halves of the host keys that it began with.
    pub(crate) fn host_keys(&self) -> Result<Vec<PublicKey>, Failure> {
        let read = |path: PathBuf| {
            let text = fs::read(&path).map_err(failed(path.display()))?;
            let key = PrivateKey::parse(&text, None).map_err(failed(path.display()))?;
            Ok(key.public().clone())
        };
        HOST_KEYS.iter().map(|key| read(self.root.join(key.path))).collect()
    }

    fn write(&self, path: &Path, content: &[u8]) -> Result<(), Failure> {
        let path = self.root.join(path);
        write_private(&path, content).map_err(failed(format_args!("cannot write {}", path.display())))
    }

    /// The key of this installation, if there is one.
    pub(crate) fn existing_key(&self) -> Result<Secret, Failure> {
        seal::installation_key(&self.root).map_err(|e| Failure(e.to_string()))
    }

    /// The key of this installation, made when there is none yet.
    pub(crate) fn key(&self) -> Result<Secret, Failure> {
        let path = self.installation_key();
        // Whoever made it was killed before it could write. Nothing has been sealed by it.
        if fs::metadata(&path).is_ok_and(|meta| meta.len() == 0) {
            fs::remove_file(&path).map_err(failed(format_args!("cannot remove {}", path.display())))?;
        }
        if let Err(KeyError::Missing(_)) = seal::installation_key(&self.root) {
            let key: [u8; 32] = Random::system().bytes();
            self.write(&path, HEXLOWER.encode(&key).as_bytes())?;
        }
        self.existing_key()
    }
}

/// Writes a new file that its owner alone can read. An existing file is not touched: that is an error.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steward::Steward;

    #[test]
    fn to_look_for_what_is_there_makes_no_key() {
        let folder = tempfile::tempdir().unwrap();
        let installation = Installation::at(folder.path()).unwrap();
        installation.make_folders().unwrap();
        write_private(&installation.installation_key(), b"").unwrap();
        assert!(Steward::existing(&installation).is_none());
        assert_eq!(fs::metadata(installation.installation_key()).unwrap().len(), 0);
    }

    #[test]
    fn a_key_whose_maker_was_killed_before_it_wrote_is_made_anew_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let installation = Installation::at(folder.path()).unwrap();
        installation.make_folders().unwrap();
        write_private(&installation.installation_key(), b"").unwrap();
        let key = installation.key().unwrap();
        assert_eq!(key.expose().len(), 32);
        assert_eq!(installation.key().unwrap(), key);
    }
}
