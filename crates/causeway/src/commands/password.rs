use std::io::{self, IsTerminal, Read, Write};

use causeway_core::{Random, Secret};

use super::{Failure, Outcome, Result, failed};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Password {
    /// Read a password from standard input and print its hash (argon2id).
    Hash,
}

impl Password {
    pub(super) fn run(self) -> Result {
        let Password::Hash = self;
        if io::stdin().is_terminal() {
            eprint!("Password (it is shown as you type): ");
            let _ = io::stderr().flush();
        }
        let password = read_line()?;
        let hash =
            causeway_auth::password::hash_new(&password, &Random::system()).map_err(failed("cannot hash"))?;
        println!("{hash}");
        Ok(Outcome::Done)
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
