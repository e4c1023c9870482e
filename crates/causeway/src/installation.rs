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
use causeway_core::{Random, Secret, ids};
use causeway_ssh::keys::{KeyKind, generate};
use data_encoding::HEXLOWER;

use crate::commands::{Failure, failed};
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

    /// What is locked while `server.ini` is replaced.
    pub(crate) fn configuration_lock(&self) -> PathBuf {
        self.root.join("run").join("configuration.lock")
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

    /// Makes the folders, each for the service account alone.
    pub(crate) fn make_folders(&self) -> io::Result<()> {
        let folder = |path: &Path| DirBuilder::new().recursive(true).mode(0o700).create(path);
        folder(&self.root)?;
        for name in ["configuration", "history", "log", "audit", "run"] {
            folder(&self.root.join(name))?;
        }
        Ok(())
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
    /// Makes the installation: folders, host keys, `server.ini`. What exists is never overwritten.
    pub(crate) fn create(&self, new: &New<'_>) -> Result<(), Failure> {
        let random = Random::system();
        self.make_folders().map_err(failed(format_args!("cannot make {}", self.root.display())))?;
        for (key, kind) in HOST_KEYS.iter().zip([KeyKind::Ed25519, KeyKind::EcdsaP256, KeyKind::Rsa3072]) {
            let pair = generate(kind).map_err(failed("cannot generate a host key"))?;
            let text = pair.to_openssh(&random).map_err(failed("cannot write a host key"))?;
            self.write(Path::new(key.path), text.expose())?;
        }
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
        let text = server_ini(&fresh).map_err(failed("cannot write server.ini"))?;
        // Last: an installation without it is not complete, and is not taken for one.
        self.write(&self.server_ini(), [text.as_str(), new.more].concat().as_bytes())
    }

    fn write(&self, path: &Path, content: &[u8]) -> Result<(), Failure> {
        let path = self.root.join(path);
        write_private(&path, content).map_err(failed(format_args!("cannot write {}", path.display())))
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
        seal::installation_key(&self.root).map_err(|e| Failure(e.to_string()))
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
