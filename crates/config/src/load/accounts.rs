//! Accounts, groups and authentications.

use std::collections::hash_map::Entry;
use std::path::Path;
use std::sync::Arc;

use super::builder::{Builder, Names, Types, ensure, missing, names, type_of};
use super::keys::authority_mistakes;
use super::layers::Section;
use crate::definition::Options;
use crate::effective::{EffectiveError, option_with_os_home};
use crate::known;
use crate::known::types;
use crate::options::{AccountOptions, ApplicationAuthentication, AuthenticationOptions, GroupOptions};
use crate::problem::EVENT_BAD_VALUE;
use crate::section::Reader;
use crate::sources::OPEN;
use crate::value::{IdList, Inherit, SecretSource, StoredPassword, Text, Totp};
use crate::{
    Account, Authentication, Component, Components, DEFAULT_AUTHENTICATION, DEFAULT_GROUP, Environment,
    Failure, Group, Method, Problem, Severity, VaultItem,
};

/// An account of another type would be somebody else's to judge: its name must not be taken for an unknown one.
const ACCOUNT_TYPES: Types = Types {
    own: &["application"],
    known: types::ACCOUNTS,
    common: || names(AccountOptions::definition(), known::ACCOUNT),
    severity: Severity::Failure,
    default: Some("application"),
};

/// A method that cannot be asked might have refused.
const AUTHENTICATION_TYPES: Types = Types {
    own: &["application"],
    known: types::AUTHENTICATIONS,
    common: || names(AuthenticationOptions::definition(), known::AUTHENTICATION),
    severity: Severity::Failure,
    default: None,
};

impl<'a> Builder<'a> {
    pub(super) fn authentications(
        &mut self,
        sections: &[(Arc<str>, &'a Section<'a>)],
        groups: &Components<Group>,
    ) -> Components<Authentication> {
        let mut all = Components::new();
        for (id, section) in sections {
            let mut reader = self.reader(section);
            let component = type_of(&mut reader, &AUTHENTICATION_TYPES).and_then(|_| {
                let definitions =
                    [AuthenticationOptions::definition(), ApplicationAuthentication::definition()];
                reader.check_names(&definitions, known::AUTHENTICATION);
                let options = reader.read::<AuthenticationOptions>()?;
                let own = reader.read::<ApplicationAuthentication>()?;
                for group in own.allowed_groups.iter().filter(|g| !groups.contains_key(*g)) {
                    reader.fail_option("allowed_groups", missing(group, "group", groups));
                }
                Some(Authentication { id: id.clone(), options, method: Method::Application(own) })
            });
            let component = reader.finish(component);
            all.insert(id.clone(), component);
        }
        ensure(&mut all, DEFAULT_AUTHENTICATION, |id| {
            let method = Method::Application(ApplicationAuthentication::default());
            Some(Authentication { id, options: Reader::defaults()?, method })
        });
        all
    }

    pub(super) fn groups(
        &mut self,
        sections: &[(Arc<str>, &'a Section<'a>)],
        vault_items: &Components<VaultItem>,
    ) -> Components<Group> {
        let mut groups = Components::new();
        for (id, section) in sections {
            let mut reader = self.reader(section);
            reader.check_names(&[GroupOptions::definition()], known::GROUP);
            let group = reader.read::<GroupOptions>().map(|options| {
                tell_authorities(&mut reader, &options.ssh_user_ca_keys, vault_items);
                Group { id: id.clone(), options }
            });
            let group = reader.finish(group);
            groups.insert(id.clone(), group);
        }
        ensure(&mut groups, DEFAULT_GROUP, |id| {
            let options: GroupOptions = Reader::defaults()?;
            Some(Group { id, options: GroupOptions { name: Text::from(DEFAULT_GROUP), ..options } })
        });
        groups
    }

    /// An earlier configuration is no help where two accounts have one name, and where groups have changed so that accounts
    /// cannot go on as they are.
    pub(super) fn accounts(
        &mut self,
        sections: &[(Arc<str>, &'a Section<'a>)],
        groups: &Components<Group>,
        vault_items: &Components<VaultItem>,
    ) -> (Components<Account>, Names) {
        let kept = self.known.map(|known| known.accounts(groups));
        self.is_stale = matches!(kept, Some(None));
        let (mut accounts, mut names) = kept.flatten().unwrap_or_default();
        for this in sections {
            let (id, section) = this;
            let mut account = self.account(id, section, groups, vault_items);
            if let Some(name) = name_of(&account) {
                match names.entry(name.clone()) {
                    Entry::Vacant(free) => {
                        free.insert(id.clone());
                    }
                    Entry::Occupied(_) if self.known.is_some() => self.is_stale = true,
                    Entry::Occupied(other) => {
                        let other = other.get();
                        account = self.duplicate(&name, this, other);
                        let first = sections.iter().find(|(id, _)| id == other);
                        let is_live = |c: &Component<Account>| c.live().is_some();
                        if let Some(first) = first.filter(|_| accounts.get(other).is_some_and(is_live)) {
                            let failed = self.duplicate(&name, first, id);
                            accounts.insert(other.clone(), failed);
                        }
                    }
                }
            }
            accounts.insert(id.clone(), account);
        }
        (accounts, names)
    }

    fn account(
        &mut self,
        id: &Arc<str>,
        section: &Section<'a>,
        groups: &Components<Group>,
        vault_items: &Components<VaultItem>,
    ) -> Component<Account> {
        let (root, environment) = (self.root.clone(), self.environment);
        let mut reader = self.reader(section);
        let account = type_of(&mut reader, &ACCOUNT_TYPES)
            .and_then(|_| account(&mut reader, id, groups, &root, environment));
        if let Some(Inherit::Own(authorities)) = account.as_ref().map(|a| &a.options.ssh_user_ca_keys) {
            tell_authorities(&mut reader, authorities, vault_items);
        }
        if let Some(account) = &account {
            tell_refused_keys(&mut reader, &account.options);
        }
        reader.finish(account)
    }

    fn duplicate(
        &mut self,
        name: &Arc<str>,
        (id, section): &(Arc<str>, &Section<'a>),
        other: &str,
    ) -> Component<Account> {
        let message = format!("the account '{other}' has the name '{name}' too: nobody can log in by it");
        // What else is wrong with the section has been told.
        let mut told = Vec::new();
        let (file, line) = Reader::new(section, &mut told).place_of("name");
        let problem = Problem::new(Severity::Failure, file, line, message.clone());
        self.problems.push(problem.of(&format!("accounts/{id}")).option("name").event(EVENT_BAD_VALUE));
        Component::Failed(Failure { name: Some(name.clone()), reason: Arc::from(message) })
    }
}

pub(super) fn name_of(account: &Component<Account>) -> Option<Arc<str>> {
    match account {
        Component::Live(account) => Some(account.options.name.0.clone()),
        Component::Failed(failure) => failure.name.clone(),
    }
}

/// What is wrong with the groups of an account, with the option that says it.
pub(super) fn group_mistakes(
    options: &AccountOptions,
    groups: &Components<Group>,
) -> Vec<(&'static str, String)> {
    let mut mistakes = Vec::new();
    if options.group.is_empty() {
        mistakes.push(("group", "an account is in one group at least".to_owned()));
    }
    let missing_ones = options.group.iter().filter(|g| !groups.contains_key(*g));
    mistakes.extend(missing_ones.map(|group| ("group", missing(group, "group", groups))));
    let live: Vec<&Group> =
        options.group.iter().filter_map(|g| groups.get(g)?.live()).map(|g| &**g).collect();
    let with_os_home = option_with_os_home(options, &live);
    mistakes.extend(with_os_home.map(|option| (option, EffectiveError::OsHome.to_string())));
    mistakes
}

fn tell_authorities(reader: &mut Reader<'_>, list: &IdList, vault_items: &Components<VaultItem>) {
    for mistake in authority_mistakes(list, vault_items) {
        reader.report_at("ssh_user_ca_keys", Severity::Error, &mistake, None);
    }
}

/// Keys that are not supported or whose options cannot be honoured let nobody in, which their owner will wonder about.
fn tell_refused_keys(reader: &mut Reader<'_>, options: &AccountOptions) {
    for line in options.ssh_authorized_keys_content.unusable() {
        let message = format!("a key lets nobody in: {}", line.why);
        reader.warn_option("ssh_authorized_keys_content", message);
    }
    for key in options.ssh_authorized_keys_content.iter() {
        if let Some(why) = &key.terms().refused {
            let message = format!("the key {} lets nobody in: {why}", key.key().fingerprint());
            reader.warn_option("ssh_authorized_keys_content", message);
        }
    }
}

fn account(
    reader: &mut Reader<'_>,
    id: &Arc<str>,
    groups: &Components<Group>,
    root: &Path,
    environment: &Environment,
) -> Option<Account> {
    reader.check_names(&[AccountOptions::definition()], known::ACCOUNT);
    let mut options = reader.read::<AccountOptions>()?;
    for (option, mistake) in group_mistakes(&options, groups) {
        reader.fail_option(option, mistake);
    }
    if let Some(Err(e)) = options.expire_datetime.map(|at| at.timestamp(&environment.time_zone)) {
        reader.fail_option("expire_datetime", e.to_string());
    }
    if options.password.is_open(root) {
        reader.warn_option("password", OPEN);
    }
    let password = std::mem::take(&mut options.password);
    let (looks_elsewhere, is_sealed) =
        (!matches!(password, SecretSource::Plain(_)), matches!(password, SecretSource::Sealed(_)));
    let secret = password.resolve(root, environment);
    let password =
        match secret.map_err(|e| e.to_string()).and_then(|s| StoredPassword::recognise(s).map_err(|e| e.0)) {
            Ok(password) => password,
            Err(message) => {
                reader.fail_option("password", message);
                return None;
            }
        };
    let totp = totp(reader, std::mem::take(&mut options.multi_factor_authentication), root, environment);
    let (totp, totp_looks_elsewhere) = totp?;
    if matches!(password, StoredPassword::Plain(_)) && !is_sealed {
        reader.warn_option(
            "password",
            "stored in plain text; put in the hash that 'causeway password hash' prints",
        );
    }
    let looks_elsewhere = looks_elsewhere || totp_looks_elsewhere;
    Some(Account { id: id.clone(), options, password, totp, looks_elsewhere })
}

/// How the account's codes are made, and whether that is kept outside of its section. What cannot be read fails it.
fn totp(
    reader: &mut Reader<'_>,
    source: SecretSource,
    root: &Path,
    environment: &Environment,
) -> Option<(Option<Box<Totp>>, bool)> {
    const OPTION: &str = "multi_factor_authentication";
    if source.is_open(root) {
        reader.warn_option(OPTION, OPEN);
    }
    let looks_elsewhere = !matches!(source, SecretSource::Plain(_));
    let read =
        source.resolve(root, environment).map_err(|e| e.to_string()).and_then(|uri| match uri.expose() {
            // Only an option that is empty itself asks for nothing: an empty file may be one that was not written yet.
            b"" if !looks_elsewhere => Ok(None),
            _ => Totp::from_uri(&uri).map(|totp| Some(Box::new(totp))).map_err(|e| e.0),
        });
    match read {
        Ok(totp) => Some((totp, looks_elsewhere)),
        Err(message) => {
            reader.fail_option(OPTION, message);
            None
        }
    }
}
