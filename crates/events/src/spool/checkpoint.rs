//! Signed checkpoints: "up to this event, the chain has this value", signed with the node's own key (Ed25519,
//! RFC 8032). Carried elsewhere by any handler, they are heads that `verify` can hold the trail against.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use causeway_core::{Event, Random, Secret, Uuid, Value};
use data_encoding::{BASE64, HEXLOWER};

use super::AuditError;
use super::format::Hash;

const FILE: &str = "checkpoint.key";
const SEED: usize = 32;
const CONTEXT: &[u8] = b"causeway audit checkpoint v1\0";

/// The key of the node.
pub(super) struct Key(Ed25519KeyPair);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Key {
    /// Reads the key in `dir`, or makes it (0600) where there is none.
    pub(super) fn open(dir: &Path, random: &Random) -> Result<Self, AuditError> {
        let path = dir.join(FILE);
        let seed = match fs::read(&path) {
            Ok(text) => Secret::new(text),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Self::make(&path, random)?,
            Err(e) => return Err(AuditError::io("read", &path, e)),
        };
        let seed = seed.expose().trim_ascii();
        let seed = BASE64.decode(seed).map(Secret::new).map_err(|_| AuditError::Key(path.clone()))?;
        Ed25519KeyPair::from_seed_unchecked(seed.expose()).map(Self).map_err(|_| AuditError::Key(path))
    }

    fn make(path: &Path, random: &Random) -> Result<Secret, AuditError> {
        let seed = Secret::new(random.bytes::<SEED>());
        let text = Secret::new(BASE64.encode(seed.expose()));
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .and_then(|mut f| f.write_all(text.expose()).and_then(|()| f.sync_all()))
            .map_err(|e| AuditError::io("create", path, e))?;
        Ok(text)
    }

    /// Adds the members of a checkpoint: the chain has the value `hash` after event `sequence`.
    pub(super) fn sign(&self, event: Event, node: Uuid, sequence: u64, hash: &Hash) -> Event {
        let signature = self.0.sign(&message(node, sequence, hash));
        event
            .with("sequence", sequence)
            .with("hash", HEXLOWER.encode(hash))
            .with("signature", BASE64.encode(signature.as_ref()))
            .with("public_key", BASE64.encode(self.0.public_key().as_ref()))
    }
}

/// A checkpoint read back from the trail.
#[derive(Debug)]
pub(super) struct Checkpoint {
    pub sequence: u64,
    pub hash: Vec<u8>,
    pub public_key: String,
    pub signature_is_good: bool,
}

impl Checkpoint {
    /// `None` if the members of a checkpoint are not there.
    pub(super) fn read(event: &Event, node: Uuid) -> Option<Self> {
        let text = |name| match event.member(name) {
            Some(Value::Text(t)) => Some(t.as_bytes()),
            _ => None,
        };
        let Some(Value::Number(sequence)) = event.member("sequence") else { return None };
        let hash = HEXLOWER.decode(text("hash")?).ok()?;
        let signature = BASE64.decode(text("signature")?).ok()?;
        let public_key = text("public_key")?;
        let key = BASE64.decode(public_key).ok()?;
        let signature_is_good = UnparsedPublicKey::new(&ED25519, key)
            .verify(&message(node, *sequence, &hash), &signature)
            .is_ok();
        let public_key = String::from_utf8(public_key.to_vec()).ok()?;
        Some(Self { sequence: *sequence, hash, public_key, signature_is_good })
    }
}

fn message(node: Uuid, sequence: u64, hash: &[u8]) -> Vec<u8> {
    [CONTEXT, node.as_bytes(), &sequence.to_be_bytes(), hash].concat()
}
