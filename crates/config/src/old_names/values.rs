//! Values that old releases wrote differently.

use causeway_core::{Family, csv};

use crate::value::Network;

/// A value made new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Renewed {
    /// None: the value is taken as it stands.
    pub(crate) value: Option<String>,
    /// For the administrator. Does not repeat the value.
    pub(crate) about: &'static str,
}

impl Renewed {
    fn to(value: impl Into<String>, about: &'static str) -> Self {
        Self { value: Some(value.into()), about }
    }

    fn as_it_stands(about: &'static str) -> Self {
        Self { value: None, about }
    }
}

/// What became of that value, if an old release wrote it. `was` is the option's old name, where it had one.
pub(crate) fn renewed(
    family: Family,
    kind: &str,
    was: Option<&str>,
    option: &str,
    value: &str,
) -> Option<Renewed> {
    if let Some(was) = was {
        return of_renamed(was, value);
    }
    if is_disabled(value) && takes_disabled(family, option) {
        return Some(Renewed::to("", "release 4.16 writes that there is none by an empty value"));
    }
    match (family, kind, option) {
        (
            Family::Accounts | Family::Groups | Family::Administrators | Family::Roles | Family::ClusterNodes,
            _,
            "source_ip_filter",
        ) => source_filter(value),
        (Family::Accounts | Family::Groups, _, "permissions") => permissions(value),
        (Family::Roles, _, "permissions") => targets(value),
        (_, _, "ssl_allowed_methods") => methods(value),
        (Family::Authentications, "entra-id", "group_association" | "roles_association") => {
            value.eq_ignore_ascii_case("base-and-azure-groups").then(|| {
                Renewed::to("base-and-cloud-groups", "the value is base-and-cloud-groups since release 5.12")
            })
        }
        (Family::Authentications, "os", "group_association") => (!ASSOCIATIONS.contains(&value)).then(|| {
            Renewed::as_it_stands("since release 4.23 the ids of groups stand in the option base_groups")
        }),
        (Family::Authentications, "ldap", "group_mapping") => {
            value.lines().next().is_some_and(|first| !first.trim().is_empty() && !first.contains(',')).then(
                || {
                    Renewed::as_it_stands(
                        "since release 5.21 the group of the first line stands in the option base_groups",
                    )
                },
            )
        }
        _ => None,
    }
}

/// Whether the value is the old word for there being none.
pub(crate) fn is_disabled(value: &str) -> bool {
    value.eq_ignore_ascii_case("disabled") || value.eq_ignore_ascii_case("disable")
}

/// Options that are honoured and may be empty, where the word can mean nothing else.
fn takes_disabled(family: Family, option: &str) -> bool {
    let options: &[&str] = match family {
        Family::Accounts => &[
            "email",
            "expire_datetime",
            "multi_factor_authentication",
            // Nobody is to get in by this word.
            "password",
            "source_ip_filter",
            "ssh_authorized_keys_content",
            "ssh_authorized_keys_path",
            "virtual_folders",
        ],
        Family::Groups => &[
            "home_folder_path",
            "home_folder_structure",
            "source_ip_filter",
            "ssh_authorized_keys_path",
            "virtual_folders",
        ],
        Family::Services => {
            &["authentications", "before_login_message", "keyboard_interactive_message", "ssh_server_keys"]
        }
        Family::EventHandlers => &[
            "components",
            "data_filter",
            "groups",
            "source_addresses",
            "structured_fields",
            "target",
            "usernames",
        ],
        _ => &[],
    };
    options.contains(&option)
}

/// What else changed with the name.
fn of_renamed(was: &str, value: &str) -> Option<Renewed> {
    match (was, value.to_ascii_lowercase().as_str()) {
        ("rotate_each", "" | "0" | "disabled" | "disable") => {
            Some(Renewed::to("disabled", "the file is not put aside by time"))
        }
        ("rotate_each", _) => Some(Renewed::to("00:00 time-of-day", "the file is put aside at midnight")),
        ("type", "move") => Some(Renewed::to("Yes", "the value is Yes")),
        ("type", "copy") => Some(Renewed::to("No", "the value is No")),
        _ => None,
    }
}

/// Before release 4.22 an account's and a group's filter was a list of addresses that may log in.
fn source_filter(value: &str) -> Option<Renewed> {
    if value.eq_ignore_ascii_case("inherit") || value.eq_ignore_ascii_case("inherited") {
        return Some(Renewed::to("", "release 4.22 judges the filters of the groups in any case"));
    }
    let addresses: Vec<&str> = value.split(['\n', ',']).map(str::trim).filter(|a| !a.is_empty()).collect();
    if addresses.is_empty() || addresses.iter().any(|a| a.parse::<Network>().is_err()) {
        return None;
    }
    let rules: Vec<String> = addresses.iter().map(|address| format!("allow {address}")).collect();
    Some(Renewed::to(rules.join("\n"), "since release 4.22 there is one rule a line: 'allow ADDRESS'"))
}

/// The names of permissions that have no `allow-` in front.
fn permissions(value: &str) -> Option<Renewed> {
    let is_old =
        |word: &String| ["read", "write", "full-control"].iter().any(|old| word.eq_ignore_ascii_case(old));
    let mut lines = value.lines().map(|line| csv::split(line).unwrap_or_default());
    lines
        .any(|members| members.iter().any(is_old))
        .then(|| Renewed::as_it_stands("the names of permissions begin with 'allow-' now"))
}

const TARGETS: &[&str] =
    &["configuration", "operation", "me", "own", "logs", "reports", "status", "node_variables", "sync", "*"];

fn targets(value: &str) -> Option<Renewed> {
    let is_old = |line: &str| {
        let target = line.split(',').next().unwrap_or_default().trim().trim_start_matches('/');
        let mut parts = target.split('/');
        let first = parts.next().unwrap_or_default();
        let identity = first == "configuration" && parts.next() == Some("identity");
        !target.is_empty() && (identity || !TARGETS.contains(&first))
    };
    value.lines().any(is_old).then(|| {
        Renewed::as_it_stands(
            "since release 5.19 targets begin with 'configuration/' or 'operation/', and sync_pull is sync",
        )
    })
}

fn methods(value: &str) -> Option<Renewed> {
    (!value.contains(',') && value.split_whitespace().nth(1).is_some())
        .then(|| Renewed::as_it_stands("since release 4.18 the list is separated by commas"))
}

const ASSOCIATIONS: &[&str] =
    &["", "base-groups", "base-and-os-groups", "group-name", "group-name-with-default"];
