use std::io::ErrorKind;
use std::net::IpAddr;
use std::sync::Arc;

use causeway_auth::{RevocationError, account_in, unusable_list};
use causeway_config::explain::{Explainer, Reason, address_rules, place_of_account, policy};
use causeway_config::options::RequiredCredentials;
use causeway_config::value::StoredPassword;
use causeway_config::{Circumstances, Component, Config, EffectiveAccount, Protocol, Service};
use causeway_core::{Clock, SourceNetwork, VPath};
use causeway_fs::{Operation, Scope, verdict};
use causeway_ssh::kex::KexMethod;
use serde::Serialize;

use super::root::Root;
use super::{Failure, Outcome, Result, failed};
use crate::control::{Answer, Request};
use crate::steward::load;

/// Says what somebody may do, and which rule says so. Reads the files; a running server is only asked whether the address
/// is banned.
#[derive(Debug, clap::Args)]
pub(crate) struct Explain {
    #[command(flatten)]
    root: Root,
    /// The login name.
    user: String,
    /// The path as the user sees it; without it only the login is explained.
    path: Option<String>,
    /// One operation, such as read, write, list, rename; all if it is not given.
    #[arg(long)]
    operation: Option<String>,
    /// The address that the user comes from; without it address rules do not count.
    #[arg(long, value_name = "ADDRESS")]
    from: Option<IpAddr>,
    /// The key exchange of the session; without it the option require_post_quantum does not count.
    #[arg(long, value_name = "NAME")]
    key_exchange: Option<String>,
    /// The id of the service that is asked; the first one if it is not given.
    #[arg(long, value_name = "ID")]
    service: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// The whole answer.
#[derive(Debug, Default, Serialize)]
struct Explanation {
    user: String,
    account: Option<String>,
    account_place: Option<String>,
    login: bool,
    /// Why not.
    refused: Option<String>,
    /// `password`, `ssh-key`, `ssh-certificate`, `ssh-hostbased`.
    credentials: Vec<String>,
    groups: Vec<String>,
    /// Groups that do not count here.
    ignored_groups: Vec<String>,
    /// The security policy of the service: what it says, if anything.
    policy: Option<Line>,
    /// The ban of the address.
    ban: Option<String>,
    address_rules: Vec<Line>,
    path: Option<String>,
    operations: Vec<Verdict>,
}

#[derive(Debug, Serialize)]
struct Verdict {
    operation: &'static str,
    allowed: bool,
    /// Only folders are shown.
    folders_only: bool,
    by: Option<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    rule: String,
    component: String,
    place: Option<String>,
}

impl From<Reason> for Line {
    fn from(reason: Reason) -> Self {
        Self { rule: reason.text, component: reason.component.to_string(), place: reason.place }
    }
}

impl Explain {
    fn post_quantum(&self) -> Option<bool> {
        let name = self.key_exchange.as_deref()?;
        Some(KexMethod::from_name(name).is_some_and(KexMethod::is_post_quantum))
    }

    pub(super) fn run(self) -> Result {
        let sources = self.root.sources()?;
        let config = load(&sources).map_err(failed("the configuration cannot be used"))?.config;
        let service = self.service(&config)?;
        let circumstances = Circumstances {
            source: self.from,
            by: method(&config, service),
            post_quantum: self.post_quantum(),
        };
        let mut told = Explanation { user: self.user.clone(), ..Explanation::default() };
        if let Some((id, _)) = config.account_by_name(&self.user) {
            told.account = Some(format!("accounts/{id}"));
            told.account_place = place_of_account(&sources, id);
            let rules = address_rules(&config, &sources, id, &circumstances);
            told.address_rules = rules.into_iter().map(Line::from).collect();
            match account_in(&config, id, &circumstances, Clock::system().now()) {
                Err(why) => told.refused = Some(why.to_string()),
                Ok(account) => {
                    let unusable = config.revoked_keys_path().and_then(|path| unusable_list(&path));
                    told.credentials = credentials(&account, unusable.is_none());
                    let without_keys = || unusable.filter(|_| told.credentials.is_empty());
                    told.refused = closed(service, circumstances.by.is_some())
                        .or_else(|| homeless(&account))
                        .or_else(|| without_keys().map(|error| no_key(&error)));
                    told.login = told.refused.is_none();
                    told.groups = account.groups.iter().map(ToString::to_string).collect();
                    told.ignored_groups = account.ignored_groups.iter().map(ToString::to_string).collect();
                    let explainer = Explainer::new(&config, &sources, &account);
                    told.operations = self.operations(&account, &explainer)?;
                }
            }
        } else {
            told.refused = Some("there is no account of that name".to_owned());
        }
        let said = service.and_then(|s| policy(&config, &sources, s, &self.user, self.from));
        let spares = said.as_ref().is_some_and(|(refuses, _)| !refuses);
        told.ban = service.filter(|service| !spares && bans(&config, service)).and_then(|s| self.ban(s));
        if let Some((refuses, reason)) = said {
            if refuses {
                told.login = false;
                told.refused = Some("the security policy of the service refuses it".to_owned());
            }
            told.policy = Some(reason.into());
        }
        if let Some(ban) = &told.ban {
            told.login = false;
            told.refused.get_or_insert_with(|| ban.clone());
        }
        told.path = self.path;
        match self.json {
            true => println!("{}", serde_json::to_string_pretty(&told).unwrap_or_default()),
            false => print(&told),
        }
        let allowed = self.operation.is_none() || told.operations.iter().all(|v| v.allowed);
        Ok(if told.login && allowed { Outcome::Done } else { Outcome::Wrong })
    }

    /// The service that is asked.
    fn service<'c>(&self, config: &'c Config) -> std::result::Result<Option<&'c Arc<Service>>, Failure> {
        match &self.service {
            Some(id) => match config.services.get(id.as_str()).and_then(Component::live) {
                Some(service) => Ok(Some(service)),
                None => Err(Failure(format!("there is no service '{id}' that works"))),
            },
            None => {
                let mut live = config.services.values().filter_map(Component::live);
                Ok(live.clone().find(|service| service.options.enabled).or_else(|| live.next()))
            }
        }
    }

    /// The ban of the address, if a server runs and has one.
    fn ban(&self, service: &Service) -> Option<String> {
        let source = SourceNetwork::of(self.from?).to_string();
        let Ok(Some(Answer::Bans { bans })) = self.root.ask_if_running(&Request::Bans) else { return None };
        let ban = bans.iter().find(|ban| ban.source == source && *ban.policy == *service.security_policy)?;
        Some(format!(
            "{source} is banned by security-policies/{} for another {} s, after {} failed logins",
            ban.policy, ban.left, ban.failures
        ))
    }

    fn operations(
        &self,
        account: &EffectiveAccount,
        explainer: &Explainer<'_>,
    ) -> std::result::Result<Vec<Verdict>, Failure> {
        let Some(path) = &self.path else { return Ok(Vec::new()) };
        let path = VPath::parse(&VPath::root(), path.as_bytes()).map_err(failed("the path"))?;
        let asked: Vec<Operation> = match &self.operation {
            None => Operation::ALL.to_vec(),
            Some(name) => match Operation::ALL.into_iter().find(|o| o.as_str() == name) {
                Some(operation) => vec![operation],
                None => {
                    let names: Vec<_> = Operation::ALL.iter().map(|o| o.as_str()).collect();
                    return Err(Failure(format!("'{name}' is none of: {}", names.join(", "))));
                }
            },
        };
        let clock = Clock::system();
        let moment = clock.moment();
        let decider = account.rules.at(&path, moment).1;
        let verdict_on = |operation: Operation| {
            let said = verdict(&account.rules, operation, &path, moment);
            Verdict {
                operation: operation.as_str(),
                allowed: said.is_ok(),
                folders_only: said == Ok(Scope::Folders),
                by: explainer.permission(said.err().unwrap_or(decider)).map(Line::from),
            }
        };
        Ok(asked.into_iter().map(verdict_on).collect())
    }
}

/// Why nobody gets in by the service, whoever it is.
fn closed(service: Option<&Arc<Service>>, has_method: bool) -> Option<String> {
    let service = service?;
    let id = &service.id;
    match &service.protocol {
        _ if !service.options.enabled => Some(format!("services/{id} is not enabled")),
        _ if !has_method => Some(format!("no authentication of services/{id} is enabled")),
        Protocol::Ssh { options, .. } if !options.sftp && !options.scp => {
            Some(format!("services/{id} has neither sftp nor scp"))
        }
        Protocol::Ssh { .. } => None,
    }
}

/// Why the home of the account cannot be opened, as far as the disk says so now.
fn homeless(account: &EffectiveAccount) -> Option<String> {
    let is_missing = std::fs::metadata(&account.home).is_err_and(|e| e.kind() == ErrorKind::NotFound);
    let home = account.home.display();
    (is_missing && !account.create_home)
        .then(|| format!("the home folder '{home}' does not exist, and create_home_folder is No"))
}

fn no_key(error: &RevocationError) -> String {
    format!("no key lets anybody in, because of ssh_revoked_keys_path: {error}")
}

/// Whether the policy of the service bans anybody.
fn bans(config: &Config, service: &Service) -> bool {
    let policy = config.security_policies.get(&service.security_policy).and_then(Component::live);
    policy.is_some_and(|policy| policy.options.source_ip_ban_after_count > 0)
}

/// The authentication that would answer for an account of the file.
fn method(config: &Config, service: Option<&Arc<Service>>) -> Option<Arc<causeway_config::Authentication>> {
    let chain = service.map(|s| s.authentications.as_slice()).unwrap_or_default();
    let mut methods = chain.iter().filter_map(|id| config.authentications.get(id)?.live());
    methods.find(|m| m.options.enabled).cloned()
}

/// With what the account can log in.
fn credentials(account: &EffectiveAccount, keys_count: bool) -> Vec<String> {
    let has_password = !matches!(account.password, StoredPassword::None);
    let lines = |authority: bool| account.ssh_keys.iter().any(|k| k.terms().is_authority == authority);
    let has_keys = lines(false) || account.ssh_keys_path.is_some();
    let has_authorities = lines(true) || !account.ssh_user_ca_keys.is_empty();
    let keys = [
        (has_keys, "ssh-key"),
        (has_authorities, "ssh-certificate"),
        (has_keys && account.ssh_hostbased, "ssh-hostbased"),
    ];
    let keys = keys.into_iter().filter(|(has, _)| *has && keys_count).map(|(_, name)| name.to_owned());
    let password = || has_password.then(|| "password".to_owned()).into_iter();
    let ways: Vec<String> = match account.required_credentials {
        RequiredCredentials::Any => password().chain(keys).collect(),
        RequiredCredentials::Password => password().collect(),
        RequiredCredentials::SshKey => keys.collect(),
        RequiredCredentials::Both if has_password => keys.map(|key| format!("password and {key}")).collect(),
        RequiredCredentials::Both => Vec::new(),
    };
    let code = if account.totp.is_some() { " and one-time code" } else { "" };
    ways.iter().map(|way| format!("{way}{code}")).collect()
}

fn print(told: &Explanation) {
    let account = told.account.as_deref().unwrap_or("nobody");
    let place = told.account_place.as_ref().map(|p| format!(" ({p})")).unwrap_or_default();
    match &told.refused {
        Some(why) => println!("login: refused: {why} [{account}{place}]"),
        None => {
            let with = match told.credentials.as_slice() {
                [] => "but no credentials that would do are set".to_owned(),
                credentials => format!("with {}", credentials.join(" or ")),
            };
            println!("login: allowed, {with} [{account}{place}]");
            println!("groups: {}", told.groups.join(", "));
        }
    }
    if !told.ignored_groups.is_empty() {
        println!("groups that do not count here: {}", told.ignored_groups.join(", "));
    }
    if let Some(line) = &told.policy {
        println!("policy: {}", of(line));
    }
    if let Some(ban) = &told.ban {
        println!("ban: {ban}");
    }
    for line in &told.address_rules {
        println!("address: {}", of(line));
    }
    for verdict in &told.operations {
        let answer = match (verdict.allowed, verdict.folders_only) {
            (true, true) => "allowed, folders alone",
            (true, false) => "allowed",
            (false, _) => "refused",
        };
        let by = verdict.by.as_ref().map(of).unwrap_or_default();
        let path = told.path.as_deref().unwrap_or_default();
        println!("{} {path}: {answer} by {by}", verdict.operation);
    }
}

fn of(line: &Line) -> String {
    let place = line.place.as_deref().unwrap_or("its default");
    format!("'{}' of {} ({place})", line.rule, line.component)
}
