use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use causeway_core::Random;
use causeway_core::sshkey::{PrivateKey, PublicKey, parse_many};
use causeway_ssh::keys::{KeyKind, generate};
use clap::ValueEnum;

use super::{Failure, Outcome, Result, failed};
use crate::installation::write_private;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Keys {
    /// Make a new key pair: FILE (private) and FILE.pub.
    Generate {
        /// The kind of the keys.
        #[arg(long = "type", value_enum, default_value_t = Kind::Ed25519)]
        kind: Kind,
        /// Where the private key is written: a file that does not exist yet.
        #[arg(long, value_name = "FILE")]
        output: PathBuf,
        /// A note in the public key.
        #[arg(long, default_value = "")]
        comment: String,
    },
    /// Print the public key of a private one, or a public key in another format.
    Public {
        /// A private key without a passphrase, or public keys.
        file: PathBuf,
        /// The format of what is printed.
        #[arg(long, value_enum, default_value_t = Format::Openssh)]
        format: Format,
    },
    /// Print the fingerprints of the keys in a file.
    Fingerprint {
        /// A private key without a passphrase, or public keys.
        file: PathBuf,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Kind {
    Ed25519,
    /// On the curve P-256.
    Ecdsa,
    /// On the curve P-384.
    EcdsaP384,
    /// On the curve P-521.
    EcdsaP521,
    /// Of 3,072 bits.
    Rsa,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    Openssh,
    Rfc4716,
}

/// Bytes of a key file that are read.
const LARGEST: u64 = 100 * 1024;

impl Keys {
    pub(super) fn run(self) -> Result {
        match self {
            Keys::Generate { kind, output, comment } => make(kind, &output, &comment),
            Keys::Public { file, format } => {
                let mut out = io::stdout().lock();
                for key in read(&file)? {
                    let text = match format {
                        Format::Openssh => key.to_openssh(),
                        Format::Rfc4716 => key.to_rfc4716(),
                    };
                    out.write_all(text.trim_ascii_end()).map_err(failed("standard output"))?;
                    out.write_all(b"\n").map_err(failed("standard output"))?;
                }
                Ok(Outcome::Done)
            }
            Keys::Fingerprint { file } => {
                for key in read(&file)? {
                    println!(
                        "{} {} {}",
                        key.fingerprint(),
                        key.algorithm(),
                        String::from_utf8_lossy(key.comment())
                    );
                }
                Ok(Outcome::Done)
            }
        }
    }
}

fn make(kind: Kind, output: &Path, comment: &str) -> Result {
    let kind = match kind {
        Kind::Ed25519 => KeyKind::Ed25519,
        Kind::Ecdsa => KeyKind::EcdsaP256,
        Kind::EcdsaP384 => KeyKind::EcdsaP384,
        Kind::EcdsaP521 => KeyKind::EcdsaP521,
        Kind::Rsa => KeyKind::Rsa3072,
    };
    let key = generate(kind).map_err(failed("cannot generate a key"))?.with_comment(comment.as_bytes());
    let text = key.to_openssh(&Random::system()).map_err(failed("cannot write the key"))?;
    write_private(output, text.expose()).map_err(failed(output.display()))?;
    let mut public = output.as_os_str().to_owned();
    public.push(".pub");
    let public = PathBuf::from(public);
    let line = [key.public().to_openssh().trim_ascii_end(), b"\n"].concat();
    fs::write(&public, line).map_err(failed(public.display()))?;
    println!("{} {}", key.public().fingerprint(), public.display());
    Ok(Outcome::Done)
}

/// The public keys of a file, or that of the private key in it.
fn read(file: &Path) -> std::result::Result<Vec<PublicKey>, Failure> {
    let size = fs::metadata(file).map_err(failed(file.display()))?.len();
    if size > LARGEST {
        return Err(Failure(format!("{}: too large for a key file", file.display())));
    }
    let text = fs::read(file).map_err(failed(file.display()))?;
    if let Ok(key) = PrivateKey::parse(&text, None) {
        return Ok(vec![key.public().clone()]);
    }
    let keys = parse_many(&text).map_err(failed(file.display()))?;
    if keys.is_empty() {
        return Err(Failure(format!("{}: no key in it", file.display())));
    }
    Ok(keys)
}
