//! What SFTPPlus has and this program has not yet: known by name, so that a file brought along is told from a
//! slip of the finger, and so that what restricts access is never quietly left out.
//!
//! The lists here are of families and types that exist; [`types`] has those that do not, with all their options.

mod locations;
pub mod types;

use causeway_core::Family;

use crate::reference::kinds;

/// An option that is known by name alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    pub name: &'static str,
    pub effect: Effect,
    /// Values, in lower case, that ask for nothing. The empty one always does.
    pub neutral: &'static [&'static str],
}

/// What it means that the option is not honoured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: the value is a note, or it concerns what does not exist here.
    Kept,
    /// Something that was asked for does not happen.
    Absent,
    /// Somebody could do what was to be forbidden: the component must refuse.
    Restricts,
}

impl Known {
    /// Whether the value asks for nothing.
    pub fn is_neutral(&self, value: &str) -> bool {
        let value = value.trim();
        value.is_empty() || self.neutral.iter().any(|n| n.eq_ignore_ascii_case(value))
    }
}

const fn kept(name: &'static str) -> Known {
    Known { name, effect: Effect::Kept, neutral: &[] }
}

const fn absent(name: &'static str, neutral: &'static [&'static str]) -> Known {
    Known { name, effect: Effect::Absent, neutral }
}

const fn restricts(name: &'static str, neutral: &'static [&'static str]) -> Known {
    Known { name, effect: Effect::Restricts, neutral }
}

const NO: &[&str] = &["no", "false"];
const NO_TRIGGER: &[&str] = &["0"];
const EVERY_NODE: &[&str] = &["all"];

pub const SERVER: &[Known] = &[
    kept("product_key"),
    absent("password_hashing_scheme", &[]),
    absent("tls_private_certificate", &[]),
    absent("proxy", &["disabled", "disable"]),
    absent("failover_interval", &["0"]),
];

pub const SERVICE: &[Known] = &[restricts("cluster_activation", EVERY_NODE), absent("debug", NO)];

pub const SSH: &[Known] = &[];

pub const ACCOUNT: &[Known] = &[
    // Of operating system accounts; application accounts are always locked in.
    kept("lock_in_home_folder"),
    kept("create_home_folder_owner"),
    kept("create_home_folder_group"),
    // Of protocols that do not exist here: nobody gets in by them.
    kept("allow_certificate_authentication"),
    kept("as2_require_http_authentication"),
    absent("as2_trusted_certificates", &[]),
    absent("as2_async_mdn_https_trusted_certificates", &["disabled"]),
    absent("home_folder_delete_on_expire", &["0"]),
];

pub const GROUP: &[Known] = &[
    kept("lock_in_home_folder"),
    kept("create_home_folder_owner"),
    kept("create_home_folder_group"),
    kept("allow_certificate_authentication"),
    kept("as2_require_http_authentication"),
    kept("external_groups_association"),
];

pub const AUTHENTICATION: &[Known] =
    &[restricts("second_factor_authentication", &[]), restricts("use_as_second_factor", NO)];

pub const RESOURCE: &[Known] =
    &[absent("enabled", &["yes", "true"]), absent("cluster_activation", EVERY_NODE)];

pub const ANALYTICS: &[Known] = &[
    absent("cluster_activation", EVERY_NODE),
    absent("memory_resident_trigger", NO_TRIGGER),
    absent("memory_virtual_trigger", NO_TRIGGER),
    absent("connection_count_trigger", NO_TRIGGER),
    absent("file_count_trigger", NO_TRIGGER),
    absent("thread_count_trigger", NO_TRIGGER),
];

pub const VAULT_ITEM: &[Known] = &[];

pub const EVENT_HANDLER: &[Known] = &[
    restricts("cluster_activation", EVERY_NODE),
    // A filter that is left out would hand events to where they were not meant to go.
    restricts("user_groups", &[]),
    absent("servers", &[]),
];

pub const LOCAL_FILE: &[Known] = &[absent("rotate_external", NO)];

pub const SECURITY_POLICY: &[Known] = &[
    // Of the web console, which does not exist here: nobody gets in by it.
    kept("deny_administrators"),
];

/// The names of all options that sections of a family can have, honoured or not.
pub fn options_of(family: Family) -> Vec<&'static str> {
    let (known, types, common): (Vec<&[Known]>, &[types::KnownType], &[&'static str]) = match family {
        Family::Server => (vec![SERVER], &[], &[]),
        Family::Services => (vec![SERVICE, SSH], types::SERVICES, &[]),
        Family::Accounts => (vec![ACCOUNT], types::ACCOUNTS, &[]),
        Family::Groups => (vec![GROUP], &[], &[]),
        Family::Authentications => (vec![AUTHENTICATION], types::AUTHENTICATIONS, &[]),
        Family::SecurityPolicies => (vec![SECURITY_POLICY], &[], &[]),
        Family::Resources => (vec![], types::RESOURCES, types::RESOURCE),
        Family::EventHandlers => (vec![EVENT_HANDLER, LOCAL_FILE], types::EVENT_HANDLERS, &[]),
        Family::Locations => (vec![], types::LOCATIONS, types::LOCATION),
        Family::Transfers => (vec![], &[], types::TRANSFER),
        Family::Administrators => (vec![], &[], types::ADMINISTRATOR),
        Family::Roles => (vec![], &[], types::ROLE),
        Family::VaultItems => (vec![VAULT_ITEM], types::VAULT_ITEMS, &[]),
        Family::ClusterNodes => (vec![], &[], types::CLUSTER_NODE),
    };
    let kinds = kinds().into_iter().filter(|k| k.family == family.as_str());
    let honoured = kinds.flat_map(|k| k.definitions).flat_map(|d| d.options().map(|(name, _)| name));
    let mut names: Vec<&'static str> = honoured
        .chain(known.into_iter().flatten().map(|k| k.name))
        .chain(types.iter().flat_map(types::KnownType::options))
        .chain(common.iter().copied())
        .chain(["type", "created", "changed"])
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}
