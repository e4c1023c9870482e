use std::collections::BTreeSet;
use std::path::PathBuf;

use causeway_auth::authorized_keys::keys_at;
use causeway_auth::unusable_list;
use causeway_config::{Component, Config, Problem};
use causeway_core::{Clock, Timestamp, escape};
use causeway_events::handlers;
use rustix::fs::{Access, access};

use super::{Outcome, Result, failed};
use crate::installation::Installation;
use crate::privileges::{self, PrivilegeError, RunsAs};
use crate::steward::{Steward, load};

#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// The folder of the installation.
    #[arg(long, value_name = "DIR")]
    root: PathBuf,
}

impl Check {
    pub(super) fn run(self) -> Result {
        let installation = Installation::at(&self.root).map_err(failed("--root"))?;
        // Root sees the installation as a server does that it starts: with the rights of whom it belongs to.
        let was_root = privileges::is_root();
        let (runs_as, mut refused) = match privileges::become_keeper(&installation) {
            Ok(runs_as) => (runs_as, None),
            Err(error) => (RunsAs::Starter, Some(error)),
        };
        let (problems, unusable, config) = match installation.load() {
            Ok(mut loaded) => {
                loaded.problems.extend(handlers::problems_of_files(&loaded.config));
                (loaded.problems, None, Some(loaded.config))
            }
            Err(error) => (error.problems().to_vec(), Some(error), None),
        };
        for problem in &problems {
            println!("{problem}");
        }
        if let Some(error) = unusable {
            if problems.is_empty() {
                println!("{error}");
            }
            match &runs_as {
                RunsAs::Account(name) => {
                    println!("The configuration cannot be used by '{name}', as whom it was read.")
                }
                _ => println!("The configuration cannot be used."),
            }
            let steward = Steward::existing(&installation);
            let last_good = || steward?.last_good().filter(|(_, sources)| load(sources).is_ok());
            if let Some((number, _)) = error.is_of_text().then(last_good).flatten() {
                println!("A server that starts now runs revision {number}, the last that ran well.");
            }
            return Ok(Outcome::Wrong);
        }
        if let Some(config) = &config {
            tell_certificates(config, Clock::system().now());
            tell_key_files(config);
            if config.services.is_empty() {
                println!("warning: no service is configured: no server starts");
            }
            refused = refused.or_else(|| unservable(config, was_root, &installation));
        }
        let mut errors = config.as_deref().map(shut_out).unwrap_or_default();
        errors.extend(refused.map(|error| format!("a server that root starts cannot run: {error}")));
        if let RunsAs::Account(name) = &runs_as {
            errors.extend(closed_folders(&installation, name));
        }
        for error in &errors {
            println!("error: {error}");
        }
        let wrong = problems.iter().filter(|p| Problem::fails_check(p)).count() + errors.len();
        if wrong > 0 {
            println!("{wrong} of {} findings are errors.", problems.len() + errors.len());
            return Ok(Outcome::Wrong);
        }
        println!("The configuration is good.");
        Ok(Outcome::Done)
    }
}

/// What lets a start fail, a service not listen or somebody not log in, though each value is right by itself.
fn shut_out(config: &Config) -> Vec<String> {
    let mut errors = Vec::new();
    let services: Vec<_> = config.services.values().filter_map(Component::live).collect();
    let enabled: Vec<_> = services.iter().filter(|service| service.options.enabled).collect();
    if !config.services.is_empty() && enabled.is_empty() {
        errors.push("no service is enabled: no server starts".to_owned());
    }
    for (at, service) in enabled.iter().enumerate() {
        let (address, port) = (&service.options.address, service.options.port);
        let earlier = enabled.iter().take(at);
        let mut rivals = earlier.filter(|s| s.options.port == port && s.options.address.excludes(address));
        if let Some(rival) = rivals.next() {
            errors.push(format!(
                "[services/{}] and [services/{}] cannot both listen on port {port} ({} and {address})",
                rival.id, service.id, rival.options.address
            ));
        }
        if !service.authentications.iter().any(|id| is_enabled(config, id)) {
            errors.push(format!(
                "[services/{}] nobody logs in: no authentication of it is enabled",
                service.id
            ));
        }
    }
    if let Some(error) = config.revoked_keys_path().and_then(|path| unusable_list(&path)) {
        errors.push(format!("[server] ssh_revoked_keys_path: nobody logs in by a key: {error}"));
    }
    let live = config.accounts.iter().filter_map(|(id, account)| Some((id, account.live()?)));
    for (id, _) in live.filter(|(_, account)| !config.may_have_home(account)) {
        errors.push(format!("[accounts/{id}] neither the account nor a group of it has a home_folder_path"));
    }
    errors
}

fn is_enabled(config: &Config, authentication: &str) -> bool {
    let authentication = config.authentications.get(authentication).and_then(Component::live);
    authentication.is_some_and(|a| a.options.enabled)
}

/// Why root cannot start a server that becomes the account of `[server]`. Others are only told that it does not exist.
fn unservable(config: &Config, was_root: bool, installation: &Installation) -> Option<PrivilegeError> {
    let account = config.server.account.to_string();
    match account.as_str() {
        // Somebody else than root starts it.
        "" => None,
        account if was_root => privileges::may_serve(account, installation).err(),
        account => {
            if let Err(error) = privileges::must_exist(account) {
                println!("warning: a server that root starts could not run: {error}");
            }
            None
        }
    }
}

/// Folders in which this account could not write as a server.
fn closed_folders(installation: &Installation, account: &str) -> Vec<String> {
    let [root, _configuration, others @ ..] = installation.folders();
    let place = |folder: &PathBuf| if folder.exists() { folder.clone() } else { root.clone() };
    let needed: BTreeSet<PathBuf> = others.iter().map(place).collect();
    let closed = needed.iter().filter(|folder| access(*folder, Access::WRITE_OK | Access::EXEC_OK).is_err());
    let told = |folder: &PathBuf| {
        let folder = folder.display();
        format!("{folder}: '{account}' cannot write in this folder: chown -R {account} {folder}")
    };
    closed.map(told).collect()
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
