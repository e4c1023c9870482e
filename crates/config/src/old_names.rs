//! What old releases of SFTPPlus called differently: options, types and values. All of it is taken and told of.
//!
//! An option keeps its meaning under its new name. One that cannot be carried over says what to do by hand, and
//! fails its component where leaving it out could let somebody in.

mod values;

use causeway_core::Family;

pub(crate) use values::{is_disabled, renewed};

/// An option that has another name now, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OldOption {
    family: Family,
    /// The types, by their new names, that had it; empty: all types of the family.
    types: &'static [&'static str],
    pub(crate) name: &'static str,
    /// The release that changed it.
    pub(crate) since: &'static str,
    pub(crate) becomes: Becomes,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Becomes {
    /// The same under this name.
    Option(&'static str),
    /// It does nothing any more, and nothing is lost.
    Nothing(&'static str),
    /// Something that the administrator must do.
    ByHand(&'static str),
    /// The same, and until it is done the component refuses.
    ByHandOrRefuse(&'static str),
}

/// A type that has another name now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OldType {
    family: Family,
    name: &'static str,
    /// The type of now, in this family; none where the component belongs elsewhere.
    pub(crate) becomes: Option<&'static str>,
    /// For the administrator: what it is now, and since when.
    pub(crate) about: &'static str,
}

/// What became of that option of that type.
pub(crate) fn option(family: Family, kind: &str, name: &str) -> Option<&'static OldOption> {
    OPTIONS
        .iter()
        .find(|o| o.family == family && o.name == name && (o.types.is_empty() || o.types.contains(&kind)))
}

/// Whether sections of a family had such an option.
pub(crate) fn is_option(family: Family, name: &str) -> bool {
    OPTIONS.iter().any(|o| o.family == family && o.name == name)
}

/// What became of that type.
pub(crate) fn kind(family: Family, name: &str) -> Option<&'static OldType> {
    TYPES.iter().find(|t| t.family == family && t.name == name)
}

const fn new(
    family: Family,
    types: &'static [&'static str],
    name: &'static str,
    since: &'static str,
    becomes: Becomes,
) -> OldOption {
    OldOption { family, types, name, since, becomes }
}

const fn renamed(
    family: Family,
    name: &'static str,
    becomes: Option<&'static str>,
    about: &'static str,
) -> OldType {
    OldType { family, name, becomes, about }
}

use Becomes::{ByHand, ByHandOrRefuse, Nothing, Option as Named};

const HOST_KEY: Becomes = ByHandOrRefuse(
    "make a [vault-items/ID] with 'type = ssh-private' and 'content = external-file:PATH' (or the key itself), and \
     name that ID in ssh_server_keys",
);
const CERTIFICATE: Becomes = ByHand(
    "put certificate and key into a [vault-items/ID] of type private-certificate and name that ID in \
     tls_private_certificate",
);
const CLIENT_AUTHORITIES: Becomes = ByHand(
    "put the certificates into a [vault-items/ID] of type trusted-certificates and name that ID in \
     tls_mutual_certification_authorities",
);
const AUTHORITIES: Becomes = ByHand(
    "put the certificates into a [vault-items/ID] of type trusted-certificates and name that ID in \
     tls_trusted_certificates",
);
const AS2_CERTIFICATE: Becomes = ByHand(
    "put certificate and key into a [vault-items/ID] of type private-certificate and name that ID in \
     as2_receive_private_certificate",
);
const FORCED: Becomes = Nothing("ftps_force_secured_command_channel governs it");

const FTP: &[&str] = &["ftp", "ftpsi"];
const SSH: &[&str] = &["ssh"];
const TLS_SERVICES: &[&str] = &["ftp", "ftpsi", "https", "manager"];
const HTTP: &[&str] = &["http", "https"];
const TLS_METHODS: &[&str] = &["http", "ldap"];
const TLS_RESOURCES: &[&str] = &["email-client", "node-sync"];
const TLS_HANDLERS: &[&str] = &["http", "rabbitmq"];
const TLS_LOCATIONS: &[&str] = &["ftpse", "ftpsi", "webdavs", "http-pull", "as2"];
const CLOUD: &[&str] = &["entra-id"];

const OPTIONS: &[OldOption] = &[
    new(
        Family::Server,
        &[],
        "manager_authentications",
        "4.26",
        ByHand("the option authentications of [services/DEFAULT-MANAGER] has it"),
    ),
    new(
        Family::Server,
        &[],
        "execute_at_startup",
        "4.0",
        ByHand("nothing is executed; an event handler with 'target = 20181' does it"),
    ),
    new(
        Family::Services,
        SSH,
        "banner",
        "5.11",
        Nothing("it never had an effect; before_login_message has one"),
    ),
    new(Family::Services, SSH, "rsa_private_key", "4.9", HOST_KEY),
    new(Family::Services, SSH, "rsa_private_key_password", "4.9", HOST_KEY),
    new(Family::Services, SSH, "dsa_private_key", "4.9", HOST_KEY),
    new(Family::Services, SSH, "dsa_private_key_password", "4.9", HOST_KEY),
    new(Family::Services, SSH, "ssh_host_private_keys", "5.20", HOST_KEY),
    new(Family::Services, SSH, "ssh_host_keys", "5.20", HOST_KEY),
    new(Family::Services, FTP, "ftps_force_secured_authentication", "5.0", FORCED),
    new(Family::Services, FTP, "ftps_force_secured_data_channel", "5.0", FORCED),
    new(Family::Services, FTP, "ftps_ccc", "5.0", Nothing("the command channel stays encrypted")),
    new(Family::Services, TLS_SERVICES, "ssl_certificate", "5.20", CERTIFICATE),
    new(Family::Services, TLS_SERVICES, "ssl_key", "5.20", CERTIFICATE),
    new(Family::Services, TLS_SERVICES, "ssl_key_password", "5.20", CERTIFICATE),
    new(Family::Services, TLS_SERVICES, "ssl_certificate_authority", "5.20", CLIENT_AUTHORITIES),
    new(Family::Services, HTTP, "as2_receive_certificate", "5.21", AS2_CERTIFICATE),
    new(Family::Services, HTTP, "as2_receive_key", "5.21", AS2_CERTIFICATE),
    new(
        Family::Services,
        &["monitor"],
        "warn_non_modified_files_interval",
        "4.0",
        Named("file_age_notification"),
    ),
    new(
        Family::Accounts,
        &[],
        "as2_certificates",
        "5.21",
        ByHand(
            "put the certificates into a [vault-items/ID] of type trusted-certificates and name that ID in \
             as2_trusted_certificates",
        ),
    ),
    new(Family::Groups, &[], "ldap_association", "5.25", Named("external_groups_association")),
    new(Family::Authentications, &["radius"], "shared_secret", "4.24", Named("password")),
    new(Family::Authentications, CLOUD, "application_id", "5.12", Named("client_id")),
    new(
        Family::Authentications,
        &["ldap"],
        "multi_factor_authentication_attribute",
        "4.16",
        ByHand("the extension ldap_mfa.AugmentedTOTP has it"),
    ),
    new(Family::Authentications, TLS_METHODS, "ssl_certificate", "5.20", CERTIFICATE),
    new(Family::Authentications, TLS_METHODS, "ssl_key", "5.20", CERTIFICATE),
    new(Family::Authentications, TLS_METHODS, "ssl_key_password", "5.20", CERTIFICATE),
    new(Family::Authentications, TLS_METHODS, "ssl_certificate_authority", "5.22", AUTHORITIES),
    new(
        Family::Resources,
        &["monitor"],
        "warn_non_modified_files_interval",
        "4.0",
        Named("file_age_notification"),
    ),
    new(
        Family::Resources,
        &["analytics", "analytics-engine"],
        "connections_count_trigger",
        "4.0",
        Named("connection_count_trigger"),
    ),
    new(Family::Resources, &["lets-encrypt"], "contact_email", "5.11", Nothing("no address is given")),
    new(Family::Resources, TLS_RESOURCES, "ssl_certificate", "5.20", CERTIFICATE),
    new(Family::Resources, TLS_RESOURCES, "ssl_key", "5.20", CERTIFICATE),
    new(Family::Resources, TLS_RESOURCES, "ssl_key_password", "5.20", CERTIFICATE),
    new(Family::Resources, TLS_RESOURCES, "ssl_certificate_authority", "5.22", AUTHORITIES),
    new(Family::EventHandlers, &["local-file"], "rotate_each", "4.0", Named("rotate_on")),
    new(Family::EventHandlers, TLS_HANDLERS, "ssl_certificate", "5.20", CERTIFICATE),
    new(Family::EventHandlers, TLS_HANDLERS, "ssl_key", "5.20", CERTIFICATE),
    new(Family::EventHandlers, TLS_HANDLERS, "ssl_key_password", "5.20", CERTIFICATE),
    new(Family::EventHandlers, TLS_HANDLERS, "ssl_certificate_authority", "5.22", AUTHORITIES),
    new(Family::Locations, TLS_LOCATIONS, "ssl_certificate", "5.20", CERTIFICATE),
    new(Family::Locations, TLS_LOCATIONS, "ssl_key", "5.20", CERTIFICATE),
    new(Family::Locations, TLS_LOCATIONS, "ssl_key_password", "5.20", CERTIFICATE),
    new(Family::Locations, TLS_LOCATIONS, "ssl_certificate_authority", "5.22", AUTHORITIES),
    new(
        Family::Locations,
        &["ftpse", "ftpsi"],
        "ftps_ccc",
        "5.0",
        Nothing("the command channel stays encrypted"),
    ),
    new(Family::Transfers, &[], "ftps_ccc", "5.0", Nothing("the command channel stays encrypted")),
    new(Family::Transfers, &[], "delete_souorce_parent_delay", "4.0", Named("delete_source_parent_delay")),
    new(Family::Transfers, &[], "type", "4.0", Named("delete_source_on_success")),
    new(Family::Administrators, &[], "role", "4.16", Named("roles")),
    new(
        Family::Administrators,
        &[],
        "node_variables",
        "5.13",
        ByHand("the option node_variables of a [cluster-nodes/ID] has it"),
    ),
];

const TYPES: &[OldType] = &[
    renamed(Family::Services, "monitor", None, "monitors are resources since release 5.0: [resources/ID]"),
    renamed(
        Family::Resources,
        "process-monitor",
        Some("analytics"),
        "the type is called analytics since release 4.0",
    ),
    renamed(
        Family::Authentications,
        "azure-ad",
        Some("entra-id"),
        "the type is called entra-id since release 5.12",
    ),
    renamed(
        Family::Authentications,
        "deny-username",
        None,
        "since release 5.15 the option deny_usernames of [security-policies/ID] has it",
    ),
    renamed(
        Family::Authentications,
        "ip-time-ban",
        None,
        "since release 5.15 the bans of [security-policies/ID] have it",
    ),
    renamed(
        Family::EventHandlers,
        "file-digest",
        Some("content-check"),
        "the type is called content-check since release 5.16",
    ),
    renamed(
        Family::EventHandlers,
        "account-activity",
        None,
        "since release 4.0 a resource of type analytics has it",
    ),
    renamed(
        Family::EventHandlers,
        "digital-signature-validation",
        None,
        "since release 4.0 a handler of type extension has it",
    ),
    renamed(
        Family::EventHandlers,
        "amend-content",
        None,
        "since release 4.0 a handler of type extension has it",
    ),
    renamed(Family::Locations, "oracle-db", Some("oracle-database"), "the type is called oracle-database"),
    renamed(Family::Locations, "webdav", Some("webdavs"), "the type is called webdavs"),
    renamed(Family::Locations, "ftps", Some("ftpse"), "the type is called ftpse"),
    renamed(Family::Locations, "stmp", Some("smtp"), "the type is called smtp"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::types;

    #[test]
    fn an_old_name_leads_to_an_option_that_is_known_and_is_none_itself() {
        let names = |family: Family, kind: &str| -> Vec<&'static str> {
            let of_type = |all: &'static [types::KnownType]| {
                all.iter().filter(|t| t.name == kind).flat_map(|t| t.options()).collect()
            };
            match family {
                Family::Services => of_type(types::SERVICES),
                Family::Resources => of_type(types::RESOURCES),
                Family::Authentications => of_type(types::AUTHENTICATIONS),
                Family::EventHandlers => of_type(types::EVENT_HANDLERS),
                Family::Locations => of_type(types::LOCATIONS),
                Family::Transfers => types::TRANSFER.to_vec(),
                Family::Administrators => types::ADMINISTRATOR.to_vec(),
                _ => Vec::new(),
            }
        };
        for old in OPTIONS {
            for kind in old.types.iter().copied().chain(old.types.is_empty().then_some("")) {
                let names = names(old.family, kind);
                assert!(!names.contains(&old.name), "{} {kind}", old.name);
                if let (Becomes::Option(new), false) = (old.becomes, names.is_empty()) {
                    assert!(names.contains(&new), "{} {kind}", old.name);
                }
            }
        }
        for old in TYPES {
            assert_eq!(old.becomes.and_then(|new| kind(old.family, new)), None, "{}", old.name);
        }
    }
}
