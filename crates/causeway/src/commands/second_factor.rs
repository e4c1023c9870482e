//! New second factors for an account: made here, set through a change, shown once.

use causeway_config::edit::Label;
use causeway_config::value::{RecoveryCodes, Totp};
use causeway_core::{Family, Random, Secret};

use super::Failure;
use super::component::{document, name_of};
use super::root::Root;

/// What is to be made.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct SecondFactor {
    /// Make a new key for the account's one-time codes, set it and show it.
    #[arg(long)]
    new_totp: bool,
    /// Make ten new recovery codes for the account, set their hashes and show them. Older ones do not count any more.
    #[arg(long)]
    new_recovery_codes: bool,
}

/// What was made, to be set and then to be shown.
#[derive(Debug, Default)]
pub(crate) struct Made {
    pub(super) options: Vec<(String, String)>,
    uri: Option<Secret>,
    codes: Vec<Secret>,
}

impl SecondFactor {
    pub(super) fn make(self, root: &Root, section: &Label) -> Result<Made, Failure> {
        let mut made = Made::default();
        if !self.new_totp && !self.new_recovery_codes {
            return Ok(made);
        }
        let random = Random::system();
        if self.new_totp {
            let document = document(root)?;
            let sections = || document.sections();
            let account = sections().find(|s| Label::new(s.family(), s.id()) == *section);
            let account = account.map(|s| name_of(&s)).unwrap_or_default();
            let server = sections().find(|s| s.family() == Family::Server.as_str());
            let issuer = server.map(|s| name_of(&s)).filter(|name| !name.is_empty());
            let uri = Totp::generate(&random).to_uri(issuer.as_deref().unwrap_or("Causeway"), &account);
            let text = String::from_utf8_lossy(uri.expose()).into_owned();
            made.options.push(("multi_factor_authentication".to_owned(), text));
            made.uri = Some(uri);
        }
        if self.new_recovery_codes {
            let (codes, hashes) = RecoveryCodes::generate(&random);
            made.options.push(("recovery_codes".to_owned(), hashes.to_string()));
            made.codes = codes;
        }
        Ok(made)
    }
}

impl Made {
    /// Shows what nobody can show again.
    pub(super) fn show(&self) {
        if let Some(uri) = &self.uri {
            println!("For the user's authenticator app:\n{}", String::from_utf8_lossy(uri.expose()));
        }
        if !self.codes.is_empty() {
            println!("Recovery codes, for the user to keep in a safe place:");
            print_codes(&self.codes);
        }
    }
}

pub(super) fn print_codes(codes: &[Secret]) {
    for code in codes {
        println!("{}", String::from_utf8_lossy(code.expose()));
    }
}
