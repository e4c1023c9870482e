//! The order in which families are read: what others refer to comes first.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use causeway_core::Family;

use super::layers::Section;
use super::{Known, LoadError};
use crate::definition::{Definition, Options};
use crate::hint::nearest;
use crate::known;
use crate::known::types::{self, KnownType};
use crate::old_names::OldType;
use crate::options::ServerOptions;
use crate::problem::EVENT_UNKNOWN_TYPE;
use crate::section::{Reader, label};
use crate::{Component, Components, Config, Environment, Problem, Severity};

/// A configuration in the making.
pub(super) struct Builder<'a> {
    pub(super) file: &'a Arc<str>,
    pub(super) root: PathBuf,
    pub(super) environment: &'a Environment,
    pub(super) known: Option<&'a Known<'a>>,
    /// What is known does not hold any more: the configuration is to be made without.
    pub(super) is_stale: bool,
    pub(super) problems: Vec<Problem>,
}

/// Sections by family, in the order of the file.
pub(super) type Families<'a> = BTreeMap<Family, Vec<(Arc<str>, &'a Section<'a>)>>;

/// Types of one family.
pub(super) struct Types {
    /// Those that exist. Two names may mean the same.
    pub(super) own: &'static [&'static str],
    /// Those that SFTPPlus has besides.
    pub(super) known: &'static [KnownType],
    /// The options that known ones have besides their own.
    pub(super) common: fn() -> Vec<&'static str>,
    /// What a known one means here: a mere warning, or that something was to decide which cannot.
    pub(super) severity: Severity,
    /// Of a section that names none.
    pub(super) default: Option<&'static str>,
}

const LOCATION_TYPES: Types = Types {
    own: &[],
    known: types::LOCATIONS,
    common: || types::LOCATION.to_vec(),
    severity: Severity::Warning,
    default: None,
};

/// The names of options that a family has in common.
pub(super) fn names(definition: &'static Definition, known: &'static [known::Known]) -> Vec<&'static str> {
    definition.options().map(|(name, _)| name).chain(known.iter().map(|k| k.name)).collect()
}

impl<'a> Builder<'a> {
    pub(super) fn new(
        file: &'a Arc<str>,
        root: PathBuf,
        environment: &'a Environment,
        known: Option<&'a Known<'a>>,
    ) -> Self {
        Self { file, root, environment, known, is_stale: false, problems: Vec::new() }
    }

    /// The configuration. What is wrong with it is among the problems.
    pub(super) fn build(&mut self, sections: &'a [Section<'a>]) -> Result<Config, LoadError> {
        let (server, families) = self.sort(sections);
        let of = |family: Family| families.get(&family).map(Vec::as_slice).unwrap_or_default();

        let server = self.server(server);
        let resources = self.resources(of(Family::Resources));
        let vault_items = self.vault_items(of(Family::VaultItems));
        let groups = self.groups(of(Family::Groups), &vault_items);
        let authentications = self.authentications(of(Family::Authentications), &groups);
        let (accounts, account_names) = self.accounts(of(Family::Accounts), &groups, &vault_items);
        let policies = self.security_policies(of(Family::SecurityPolicies));
        let event_handlers = self.event_handlers(of(Family::EventHandlers));
        let services = match &server {
            Some(server) => {
                let refer = super::services::Surroundings {
                    server,
                    vault_items: &vault_items,
                    authentications: &authentications,
                    policies: &policies,
                    host_based: groups
                        .values()
                        .filter_map(Component::live)
                        .any(|g| g.options.ssh_hostbased_auth),
                };
                self.services(of(Family::Services), &refer)
            }
            None => Components::new(),
        };
        self.not_yet(&families);

        let file = self.file.clone();
        self.problems
            .sort_by(|a, b| (a.file != file, &a.file, a.line).cmp(&(b.file != file, &b.file, b.line)));
        let Some(server) = server else {
            return Err(LoadError::Server(std::mem::take(&mut self.problems)));
        };
        Ok(Config {
            root: self.root.clone(),
            server: Arc::new(server),
            services,
            accounts,
            groups,
            authentications,
            vault_items,
            resources,
            security_policies: policies,
            event_handlers,
            account_names,
            time_zone: self.environment.time_zone.clone(),
        })
    }

    /// Sections by what they are, but for those of accounts that go on; those that are nothing are told.
    fn sort(&mut self, sections: &'a [Section<'a>]) -> (Option<&'a Section<'a>>, Families<'a>) {
        let mut server = None;
        let mut families = Families::new();
        let known = self.known;
        for section in sections.iter().filter(|section| known.is_none_or(|known| !known.keeps(section))) {
            match (section.family().parse::<Family>(), section.id()) {
                (Ok(Family::Server), None) => server = Some(section),
                (Ok(Family::Server), Some(_)) => self.stray(section, "there is one [server], without an ID"),
                (Ok(family), Some(id)) => {
                    families.entry(family).or_default().push((Arc::from(id), section));
                }
                (Ok(family), None) => self.stray(section, &format!("the header needs an ID: [{family}/ID]")),
                (Err(()), _) => self.stray(section, "unknown kind of section"),
            }
        }
        (server, families)
    }

    fn stray(&mut self, section: &Section<'_>, message: &str) {
        let family = section.family();
        let hint = nearest(family, Family::ALL.iter().map(|f| f.as_str()))
            .filter(|n| *n != family)
            .map(|n| format!("did you mean '{n}'?"));
        let problem = Problem::new(Severity::Error, section.file(), section.line(), message);
        self.problems.push(problem.of(&label(section)).hint(hint));
    }

    fn server(&mut self, section: Option<&Section<'a>>) -> Option<ServerOptions> {
        let Some(section) = section else {
            let message = "there is no [server] section: all its options have their defaults";
            self.problems.push(Problem::new(Severity::Warning, self.file, 0, message));
            return Reader::defaults();
        };
        let mut reader = self.reader(section);
        reader.check_names(&[ServerOptions::definition()], known::SERVER);
        let options = reader.read::<ServerOptions>();
        reader.is_sound().then_some(options)?
    }

    /// Families that do not exist yet: told once a section, and kept.
    fn not_yet(&mut self, families: &Families<'a>) {
        for (family, options) in [
            (Family::Transfers, types::TRANSFER),
            (Family::Administrators, types::ADMINISTRATOR),
            (Family::Roles, types::ROLE),
            (Family::ClusterNodes, types::CLUSTER_NODE),
        ] {
            for (_, section) in families.get(&family).into_iter().flatten() {
                let mut reader = self.reader(section);
                let message =
                    format!("{family} are not supported yet; the section is kept and has no effect");
                let problem = reader.problem(Severity::Warning, message);
                reader.report(problem);
                reader.check_kept_names(options);
            }
        }
        for (_, section) in families.get(&Family::Locations).into_iter().flatten() {
            type_of(&mut self.reader(section), &LOCATION_TYPES);
        }
    }

    pub(super) fn reader<'b>(&'b mut self, section: &Section<'b>) -> Reader<'b>
    where
        'a: 'b,
    {
        Reader::new(section, &mut self.problems)
    }
}

/// The component's type, if it exists. One that does not fails the component.
pub(super) fn type_of(reader: &mut Reader<'_>, types: &Types) -> Option<&'static str> {
    let text = match reader.text("type").filter(|t| !t.is_empty()) {
        Some(text) => text.to_ascii_lowercase(),
        None => match types.default {
            Some(default) => return Some(default),
            None => {
                let message = format!("the option is missing; it is one of: {}", types.own.join(", "));
                reader.fail_option("type", message);
                return None;
            }
        },
    };
    if let Some(own) = types.own.iter().find(|t| **t == text) {
        return Some(own);
    }
    let old = reader.old_type(&text);
    let of_now = old.and_then(|old| old.becomes).unwrap_or(&text);
    if let (Some(own), Some(old)) = (types.own.iter().find(|t| **t == of_now), old) {
        reader.warn_option("type", old.about);
        return Some(own);
    }
    match types.known.iter().find(|t| t.name == of_now) {
        Some(known) => not_supported(reader, types, &text, known, old),
        // What it was is not a type of this family any more.
        None if old.is_some() => not_supported(reader, types, &text, &NOTHING_KNOWN, old),
        None => unknown_type(reader, types, &text),
    }
    None
}

/// A type of old releases whose options are not known any more.
const NOTHING_KNOWN: KnownType = KnownType { name: "", options: &[] };

/// Tells it once, and slips of the finger in the names of its options.
fn not_supported(
    reader: &mut Reader<'_>,
    types: &Types,
    written: &str,
    known: &KnownType,
    old: Option<&OldType>,
) {
    let old = old.map(|old| format!(" ({})", old.about)).unwrap_or_default();
    let message = match types.severity {
        Severity::Failure => {
            format!("'{written}'{old} is not supported yet, and it decides who gets in: refusing instead")
        }
        _ => format!("'{written}'{old} is not supported yet; the section is kept and has no effect"),
    };
    reader.give_up(&format!("the type '{written}' is not supported yet"));
    reader.report_at("type", types.severity, &message, None);
    if !known.name.is_empty() {
        let mut names = (types.common)();
        names.extend(known.options());
        reader.check_kept_names(&names);
    }
}

fn unknown_type(reader: &mut Reader<'_>, types: &Types, written: &str) {
    let hint = nearest(written, types.all()).map(|near| format!("did you mean '{near}'?"));
    let message = format!("unknown type '{written}'");
    reader.report_at("type", Severity::Failure, &message, Some((EVENT_UNKNOWN_TYPE, hint)));
}

impl Types {
    /// The names of all that there are.
    fn all(&self) -> Vec<&'static str> {
        self.own.iter().copied().chain(self.known.iter().map(|k| k.name)).collect()
    }
}

/// Lists ids for a hint when one is not among them.
pub(super) fn missing<T>(id: &str, kind: &str, map: &BTreeMap<Arc<str>, T>) -> String {
    match nearest(id, map.keys().map(|k| &**k)) {
        Some(near) => format!("there is no {kind} '{id}' (did you mean '{near}'?)"),
        None => format!("there is no {kind} '{id}'"),
    }
}

/// A map from names to account ids.
pub(super) type Names = HashMap<Arc<str>, Arc<str>>;

/// Adds a component that a file need not name.
pub(super) fn ensure<T>(map: &mut Components<T>, id: &str, make: impl FnOnce(Arc<str>) -> Option<T>) {
    if map.contains_key(id) {
        return;
    }
    let id: Arc<str> = Arc::from(id);
    if let Some(component) = make(id.clone()) {
        map.insert(id, Component::Live(Arc::new(component)));
    }
}
