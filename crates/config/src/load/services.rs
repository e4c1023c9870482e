//! Services, and what they refer to.

use std::sync::Arc;

use super::builder::{Builder, Types, missing, names, type_of};
use super::layers::Section;
use crate::definition::Options;
use crate::known;
use crate::known::types;
use crate::options::{ServerOptions, ServiceOptions, SshOptions};
use crate::section::Reader;
use crate::value::IdList;
use crate::{
    Authentication, Component, Components, DEFAULT_SECURITY_POLICY, HostKey, Protocol, SecurityPolicy,
    Service, Severity, VaultContent, VaultItem,
};

const TYPES: Types = Types {
    own: &["ssh", "sftp"],
    known: types::SERVICES,
    common: || names(ServiceOptions::definition(), known::SERVICE),
    severity: Severity::Warning,
    default: None,
};

/// What a service may refer to.
pub(super) struct Surroundings<'b> {
    pub(super) server: &'b ServerOptions,
    pub(super) vault_items: &'b Components<VaultItem>,
    pub(super) authentications: &'b Components<Authentication>,
    pub(super) policies: &'b Components<SecurityPolicy>,
    /// Whether a group lets its users log in by `hostbased`.
    pub(super) host_based: bool,
}

impl<'a> Builder<'a> {
    pub(super) fn services(
        &mut self,
        sections: &[(Arc<str>, &'a Section<'a>)],
        around: &Surroundings<'_>,
    ) -> Components<Service> {
        let mut services = Components::new();
        for (id, section) in sections {
            let mut reader = self.reader(section);
            let service = type_of(&mut reader, &TYPES).and_then(|_| ssh(&mut reader, id, around));
            let service = reader.finish(service);
            services.insert(id.clone(), service);
        }
        services
    }
}

fn ssh(reader: &mut Reader<'_>, id: &Arc<str>, around: &Surroundings<'_>) -> Option<Service> {
    let definitions = [ServiceOptions::definition(), SshOptions::definition()];
    reader.check_names(&definitions, &[known::SERVICE, known::SSH].concat());
    let common = reader.read::<ServiceOptions>();
    let own = reader.read::<SshOptions>();
    let (options, ssh) = (common?, own?);
    let policy = policy(reader, &options, around.policies);
    let authentications = chain(reader, &options, around)?;
    let host_keys = host_keys(reader, &ssh.ssh_server_keys, around)?;
    Some(Service {
        id: id.clone(),
        security_policy: policy?,
        options,
        protocol: Protocol::Ssh { options: ssh, host_keys, host_based: around.host_based },
        authentications,
    })
}

/// The policy of the service. One that is not there or cannot be honoured fails the service: it would let in whom the
/// policy was to keep out.
fn policy(
    reader: &mut Reader<'_>,
    options: &ServiceOptions,
    policies: &Components<SecurityPolicy>,
) -> Option<Arc<str>> {
    let id =
        if options.security_policy.is_empty() { DEFAULT_SECURITY_POLICY } else { &options.security_policy };
    let message = match policies.get_key_value(id) {
        Some((id, Component::Live(_))) => return Some(id.clone()),
        Some((_, Component::Failed(failure))) => {
            format!("the security policy '{id}' cannot be used: {}", failure.reason)
        }
        None => missing(id, "security policy", policies),
    };
    reader.fail_option("security_policy", message);
    None
}

/// The service's own list, else the server's: each of them must exist. One that is failed stays in its place,
/// where it makes the login fail.
fn chain(
    reader: &mut Reader<'_>,
    options: &ServiceOptions,
    around: &Surroundings<'_>,
) -> Option<Vec<Arc<str>>> {
    let list = if options.authentications.is_empty() {
        &around.server.authentications
    } else {
        &options.authentications
    };
    if list.is_empty() {
        reader.fail_option("authentications", "neither this service nor [server] lists an authentication");
        return None;
    }
    let absent: Vec<_> = list.iter().filter(|id| !around.authentications.contains_key(*id)).collect();
    for id in &absent {
        reader.fail_option("authentications", missing(id, "authentication", around.authentications));
    }
    absent.is_empty().then(|| list.to_vec())
}

/// The service's own list, else the server's: at least one, and each of them must be usable, for a client may
/// have pinned any of them.
fn host_keys(reader: &mut Reader<'_>, own: &IdList, around: &Surroundings<'_>) -> Option<Vec<HostKey>> {
    const OPTION: &str = "ssh_server_keys";
    let list = if own.is_empty() { &around.server.ssh_server_keys } else { own };
    if list.is_empty() {
        reader.fail_option(OPTION, "neither this service nor [server] lists a host key");
        return None;
    }
    let mut keys = Vec::with_capacity(list.len());
    for id in list.iter() {
        match host_key(id, around.vault_items) {
            Ok(key) => keys.push(key),
            Err(message) => reader.fail_option(OPTION, message),
        }
    }
    (keys.len() == list.len()).then_some(keys)
}

fn host_key(id: &str, items: &Components<VaultItem>) -> Result<HostKey, String> {
    let item = match items.get(id) {
        None => return Err(missing(id, "vault item", items)),
        Some(Component::Failed(failure)) => {
            return Err(format!("the vault item '{id}' cannot be used: {}", failure.reason));
        }
        Some(Component::Live(item)) => item,
    };
    let VaultContent::SshPrivate(key) = &item.content else {
        return Err(format!("the vault item '{id}' is not of the type ssh-private"));
    };
    Ok(key.clone())
}
