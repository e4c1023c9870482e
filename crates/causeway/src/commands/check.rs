use std::path::PathBuf;

use causeway_auth::authorized_keys::keys_at;
use causeway_config::{Config, Problem};
use causeway_core::{Clock, Timestamp, escape};

use super::{Outcome, Result, failed};
use crate::installation::Installation;
use crate::steward::Steward;

#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// The folder of the installation.
    #[arg(long, value_name = "DIR")]
    root: PathBuf,
}

impl Check {
    pub(super) fn run(self) -> Result {
        let installation = Installation::at(&self.root).map_err(failed("--root"))?;
        let (problems, unusable, config) = match installation.load() {
            Ok(loaded) => (loaded.problems, None, Some(loaded.config)),
            Err(error) => (error.problems().to_vec(), Some(error), None),
        };
        for problem in &problems {
            println!("{problem}");
        }
        if let Some(error) = unusable {
            if problems.is_empty() {
                println!("{error}");
            }
            println!("The configuration cannot be used.");
            let last_good = || Steward::existing(&installation)?.last_good();
            if let Some((number, _)) = error.is_of_text().then(last_good).flatten() {
                println!("A server that starts now runs revision {number}, the last that ran well.");
            }
            return Ok(Outcome::Wrong);
        }
        if let Some(config) = &config {
            tell_certificates(config, Clock::system().now());
            tell_key_files(config);
        }
        let wrong = problems.iter().filter(|p| Problem::fails_check(p)).count();
        if wrong > 0 {
            println!("{wrong} of {} findings are errors.", problems.len());
            return Ok(Outcome::Wrong);
        }
        println!("The configuration is good.");
        Ok(Outcome::Done)
    }
}

/// Clients are not shown a certificate that is not valid: what works today may not tomorrow, and nobody has changed
/// anything.
fn tell_certificates(config: &Config, now: Timestamp) {
    for (item, certificate) in config.host_certificates() {
        let why = match certificate.expires() {
            Some(at) if now >= at => "has expired",
            _ if now < certificate.valid_after() => "is not valid yet",
            _ => continue,
        };
        let id = escape::text(certificate.key_id());
        println!("warning: [vault-items/{}] certificate: '{id}' {why}; clients see the plain key", item.id);
    }
}

/// Files of keys are read at each login: what is wrong with them would show only then.
fn tell_key_files(config: &Config) {
    let accounts = config.accounts.iter();
    let live = accounts.filter_map(|(id, account)| Some((id, account.live()?)));
    for (id, _) in live.filter(|(_, account)| config.may_have_key_files(account)) {
        let path = config.effective(id).ok().and_then(|account| account.ssh_keys_path);
        let warn = |text: String| println!("warning: [accounts/{id}] ssh_authorized_keys_path: {text}");
        match path.as_deref().map(keys_at) {
            None => {}
            Some(Err(error)) => warn(format!("no key lets anybody in: {error}")),
            Some(Ok(files)) => {
                for line in files.unusable {
                    warn(format!("a key lets nobody in: {line}"));
                }
                for key in files.keys {
                    if let Some(why) = &key.terms().refused {
                        warn(format!("the key {} lets nobody in: {why}", key.key().fingerprint()));
                    }
                }
            }
        }
    }
}
