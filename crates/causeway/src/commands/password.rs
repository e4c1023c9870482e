use std::io::{self, IsTerminal, Read, Write};

use causeway_config::value::{RecoveryCodes, SecretSource, Totp};
use causeway_core::{Random, Secret};

use super::root::Root;
use super::{Failure, Outcome, Result, failed, second_factor};

/// Bytes of a secret that is sealed: a line of the configuration must hold what becomes of it.
const SECRET_MAX: u64 = 64 << 10;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Password {
    /// Read a password from standard input and print its hash (argon2id).
    Hash,
    /// Print a new key for one-time codes, as `multi_factor_authentication` takes it and authenticator apps read it.
    Totp {
        /// The login name that apps show.
        name: String,
        /// The name of this server that apps show.
        #[arg(long, default_value = "Causeway")]
        issuer: String,
    },
    /// Print ten recovery codes, and the line for the account whose they are.
    RecoveryCodes,
    /// Read a secret from standard input and print it sealed (`enc:...`), for an option whose value is a secret.
    ///
    /// Only the installation whose key sealed it can read it: the key is in run/installation.key. A line end at the end
    /// is no part of the secret.
    Encrypt {
        #[command(flatten)]
        root: Root,
    },
}

impl Password {
    pub(super) fn run(self) -> Result {
        match self {
            Password::Hash => {
                let password = line("Password")?;
                let hash = causeway_auth::password::hash_new(&password, &Random::system());
                println!("{}", hash.map_err(failed("cannot hash"))?);
            }
            Password::Totp { name, issuer } => {
                let uri = Totp::generate(&Random::system()).to_uri(&issuer, &name);
                println!("{}", String::from_utf8_lossy(uri.expose()));
            }
            Password::RecoveryCodes => {
                let (codes, hashes) = RecoveryCodes::generate(&Random::system());
                second_factor::print_codes(&codes);
                println!("recovery_codes = {hashes}");
            }
            Password::Encrypt { root } => {
                let secret = if io::stdin().is_terminal() { line("Secret")? } else { read_secret()? };
                let sealed = SecretSource::seal(&secret, &root.owned()?.key()?, &Random::system());
                println!(
                    "{}",
                    sealed.ok_or_else(|| Failure("the key of the installation cannot be used".to_owned()))?
                );
            }
        }
        Ok(Outcome::Done)
    }
}

/// A line that is asked for where somebody sits at a terminal.
fn line(what: &str) -> std::result::Result<Secret, Failure> {
    if io::stdin().is_terminal() {
        eprint!("{what} (it is shown as you type): ");
        let _ = io::stderr().flush();
    }
    read_line()
}

/// All of standard input, but for a line end at its end.
fn read_secret() -> std::result::Result<Secret, Failure> {
    let mut bytes = Vec::new();
    let read = io::stdin().lock().take(SECRET_MAX + 1).read_to_end(&mut bytes);
    let read = read.map_err(failed("cannot read standard input"))?;
    let secret = Secret::new(bytes);
    let text = secret.expose();
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    match text.strip_suffix(b"\r").unwrap_or(text) {
        b"" => Err(Failure("standard input holds no secret".to_owned())),
        _ if u64::try_from(read).unwrap_or(u64::MAX) > SECRET_MAX => {
            Err(Failure(format!("a secret has {SECRET_MAX} bytes at most")))
        }
        text => Ok(Secret::new(text)),
    }
}

/// The first line of standard input, bounded.
pub(super) fn read_line() -> std::result::Result<Secret, Failure> {
    let mut text = Vec::new();
    io::stdin().lock().take(4096).read_to_end(&mut text).map_err(failed("cannot read standard input"))?;
    let line = text.split(|b| *b == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return Err(Failure("standard input holds no password".to_owned()));
    }
    Ok(Secret::new(line))
}
