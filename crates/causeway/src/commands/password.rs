use std::io::{self, BufRead, IsTerminal, Read, Write};

use causeway_auth::password::{self, MAX_PASSWORD_CHARS};
use causeway_config::value::{RecoveryCodes, SecretSource, Totp};
use causeway_core::{Random, Secret};
use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::root::Root;
use super::{Failure, Outcome, Result, failed, second_factor};

/// Bytes of a secret that is sealed: a line of the configuration must hold what becomes of it.
const SECRET_MAX: u64 = 64 << 10;

/// Bytes of a line that is typed or given to the standard input.
const LINE_MAX: u64 = 4096;

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
                println!("{}", hash_of_input()?);
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
                let secret = if io::stdin().is_terminal() { typed("Secret")? } else { read_secret()? };
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

/// The hash of a password that is typed, or is the first line of standard input.
///
/// # Errors
/// Nobody could log in by it.
pub(super) fn hash_of_input() -> std::result::Result<String, Failure> {
    let password = if io::stdin().is_terminal() { typed("Password")? } else { read_line()? };
    if password::is_too_long(&password) {
        return Err(Failure(format!("a password has {MAX_PASSWORD_CHARS} characters at most")));
    }
    password::hash_new(&password, &Random::system()).map_err(failed("cannot hash"))
}

/// A line that is typed twice, and not shown.
fn typed(what: &str) -> std::result::Result<Secret, Failure> {
    let quiet = Quiet::begin().map_err(failed("cannot keep the terminal from showing what is typed"))?;
    let first = asked(what)?;
    let second = asked("Once more")?;
    drop(quiet);
    match first.expose() == second.expose() {
        true => Ok(first),
        false => Err(Failure("the two differ".to_owned())),
    }
}

fn asked(what: &str) -> std::result::Result<Secret, Failure> {
    eprint!("{what}: ");
    let _ = io::stderr().flush();
    let mut text = Vec::new();
    let line = io::stdin().lock().take(LINE_MAX).read_until(b'\n', &mut text);
    line.map_err(failed("cannot read the terminal"))?;
    eprintln!();
    first_line(&text)
}

/// The terminal shows nothing of what is typed until this is dropped. Signals from the keyboard wait so long: the terminal
/// would stay silent after them.
struct Quiet {
    before: Termios,
    signals: SigSet,
}

impl Quiet {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        let mut wait = SigSet::empty();
        for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGTSTP] {
            wait.add(signal);
        }
        let signals = wait.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        let quieted = Self { before, signals };
        tcsetattr(io::stdin(), OptionalActions::Flush, &quiet)?;
        Ok(quieted)
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.before);
        let _ = self.signals.thread_set_mask();
    }
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
fn read_line() -> std::result::Result<Secret, Failure> {
    let mut text = Vec::new();
    io::stdin().lock().take(LINE_MAX).read_to_end(&mut text).map_err(failed("cannot read standard input"))?;
    first_line(&text)
}

fn first_line(text: &[u8]) -> std::result::Result<Secret, Failure> {
    let line = text.split(|b| *b == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return Err(Failure("standard input holds no password".to_owned()));
    }
    Ok(Secret::new(line))
}
