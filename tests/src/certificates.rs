//! Authorities that sign keys, as an administrator would have them sign: with `ssh-keygen`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::{give, must};
use crate::server::{PORT, make_key};
use crate::{Configuration, Server, openssh};

/// An authority whose key is in the folder of the clients.
#[derive(Debug)]
pub struct Authority {
    key: PathBuf,
}

impl Authority {
    /// Makes one, and gives the server its public key as `configuration/NAME.pub`.
    pub fn make(server: &Server, name: &str) -> Self {
        let key = server.client().join(name);
        make_key(&key, "ed25519");
        let public = server.root().join("configuration").join(name).with_extension("pub");
        std::fs::copy(key.with_extension("pub"), &public).unwrap();
        give(&public);
        Self { key }
    }

    /// The path of its public key.
    pub fn public(&self) -> PathBuf {
        self.key.with_extension("pub")
    }

    /// Makes a key of that type and a certificate for it: `-n NAMES` and the like are the arguments. The private key's
    /// path; the certificate is beside it, where OpenSSH looks for it.
    pub fn issue(&self, server: &Server, name: &str, kind: &str, arguments: &[&str]) -> PathBuf {
        let key = server.client().join(name);
        match kind.split_once('-') {
            Some((kind, bits)) => {
                must(
                    Command::new("ssh-keygen").args(["-q", "-t", kind, "-b", bits, "-N", "", "-f"]).arg(&key),
                );
            }
            None => make_key(&key, kind),
        }
        self.sign(&key.with_extension("pub"), arguments);
        key
    }

    /// Signs a public key. The certificate's path.
    pub fn sign(&self, public: &Path, arguments: &[&str]) -> PathBuf {
        must(
            Command::new("ssh-keygen")
                .args(["-q", "-s"])
                .arg(&self.key)
                .args(["-I", "badge of the test"])
                .args(arguments)
                .arg(public),
        );
        let stem = public.file_stem().unwrap().to_str().unwrap();
        public.with_file_name(format!("{stem}-cert.pub"))
    }
}

/// A server whose `alice` logs in by certificates of the authority `ca` alone, and that authority.
pub fn with_authority(change: impl FnOnce(Configuration) -> Configuration) -> (Server, Authority) {
    let configuration = Configuration::standard()
        .alice("ssh_authorized_keys_content", "")
        .alice("ssh_user_ca_keys", "ca")
        .set("vault-items/ca", "name", "authority of users")
        .set("vault-items/ca", "type", "ssh-public")
        .set("vault-items/ca", "content", "external-file:configuration/ca.pub");
    let mut server = Server::prepare(change(configuration));
    let authority = Authority::make(&server, "ca");
    server.run();
    (server, authority)
}

/// Whether `alice` is let in with that key, and what certificate is beside it.
pub fn lets_in_with(server: &Server, key: &Path, further: &[&str]) -> bool {
    let identity = key.display().to_string();
    let further = [&["-i", identity.as_str()], further].concat();
    openssh::sftp(server, "alice", &further, "pwd\n").status.success()
}

/// A server whose host keys have certificates that are made with these arguments.
pub fn certified(
    change: impl FnOnce(Configuration) -> Configuration,
    arguments: &[&str],
) -> (Server, Authority) {
    let file = |kind: &str| format!("external-file:configuration/host_{kind}-cert.pub");
    let mut server = Server::prepare(change(
        Configuration::standard().set("vault-items/host-ed25519", "certificate", &file("ed25519")).set(
            "vault-items/host-ecdsa",
            "certificate",
            &file("ecdsa"),
        ),
    ));
    let authority = Authority::make(&server, "host-ca");
    let name = server.address.to_string();
    for kind in ["ed25519", "ecdsa"] {
        let public = server.root().join(format!("configuration/host_{kind}.pub"));
        give(&authority.sign(&public, &[&["-h", "-n", name.as_str()], arguments].concat()));
    }
    server.run();
    (server, authority)
}

/// Whether a client that knows the authority alone goes on.
pub fn trusts_authority(server: &Server, authority: &Authority) -> bool {
    trusts_authority_with(server, authority, &[])
}

/// The same with further options.
pub fn trusts_authority_with(server: &Server, authority: &Authority, further: &[&str]) -> bool {
    let known = server.client().join("authorities");
    let public = std::fs::read_to_string(authority.public()).unwrap();
    std::fs::write(&known, format!("@cert-authority [{}]:{PORT} {public}", server.address)).unwrap();
    let known = format!("UserKnownHostsFile={}", known.display());
    // The first value counts: the harness' own comes later.
    let further = [&["-o", known.as_str()], further].concat();
    let output = Command::new("sftp")
        .args(further)
        .args(openssh::options(server))
        .args(["-P", &PORT.to_string(), "-b", "/dev/null", &format!("alice@{}", server.address)])
        .output()
        .unwrap();
    output.status.success()
}
