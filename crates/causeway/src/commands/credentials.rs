//! What `add` and `set` have more for accounts: new passwords and second factors.

use causeway_config::edit::Label;
use causeway_core::Clock;

use super::Failure;
use super::password::hash_of_input;
use super::root::Root;
use super::second_factor::{Made, SecondFactor};

/// What makes further options of a component.
pub(crate) trait More: clap::Args {
    fn make(&self, root: &Root, section: &Label) -> Result<Made, Failure>;
}

/// Of families without credentials.
#[derive(Debug, clap::Args)]
pub(crate) struct Nothing {}

/// A new password.
#[derive(Debug, clap::Args)]
pub(crate) struct NewPassword {
    /// Read a password from standard input, and set its hash.
    #[arg(long)]
    password_stdin: bool,
}

/// New proofs of who somebody is.
#[derive(Debug, clap::Args)]
pub(crate) struct NewCredentials {
    #[command(flatten)]
    password: NewPassword,
    #[command(flatten)]
    second_factor: SecondFactor,
}

impl More for Nothing {
    fn make(&self, _: &Root, _: &Label) -> Result<Made, Failure> {
        Ok(Made::default())
    }
}

impl More for NewPassword {
    /// Its hash, and since when it counts.
    fn make(&self, _: &Root, _: &Label) -> Result<Made, Failure> {
        let mut made = Made::default();
        if self.password_stdin {
            let now = Clock::system().now().seconds().to_string();
            made.options.push(("password".to_owned(), hash_of_input()?));
            made.options.push(("last_password_update".to_owned(), now));
        }
        Ok(made)
    }
}

impl More for NewCredentials {
    fn make(&self, root: &Root, section: &Label) -> Result<Made, Failure> {
        let mut made = self.second_factor.make(root, section)?;
        made.options.extend(self.password.make(root, section)?.options);
        Ok(made)
    }
}
