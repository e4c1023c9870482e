//! Vault items: keys, wherever they are kept.

use std::path::Path;
use std::sync::Arc;

use causeway_core::Secret;
use causeway_core::sshkey::{self, Certificate, CertificateKind, PrivateKey, PublicKey};

use super::builder::{Builder, Types, missing, names, type_of};
use super::layers::Section;
use crate::definition::Options;
use crate::known;
use crate::known::types;
use crate::options::VaultItemOptions;
use crate::section::Reader;
use crate::sources::OPEN;
use crate::value::IdList;
use crate::{Component, Components, Environment, HostKey, Severity, VaultContent, VaultItem};

const TYPES: Types = Types {
    own: &["ssh-private", "ssh-public"],
    known: types::VAULT_ITEMS,
    common: || names(VaultItemOptions::definition(), known::VAULT_ITEM),
    severity: Severity::Warning,
    default: None,
};

impl<'a> Builder<'a> {
    pub(super) fn vault_items(&mut self, sections: &[(Arc<str>, &'a Section<'a>)]) -> Components<VaultItem> {
        let mut items = Components::new();
        for (id, section) in sections {
            let (root, environment) = (self.root.clone(), self.environment);
            let mut reader = self.reader(section);
            let item = type_of(&mut reader, &TYPES).and_then(|kind| {
                reader.check_names(&[VaultItemOptions::definition()], known::VAULT_ITEM);
                let options = reader.read::<VaultItemOptions>()?;
                if kind == "ssh-private" && options.content.is_open(&root) {
                    reader.warn_option("content", OPEN);
                }
                let secret = options.content.resolve(&root, environment);
                let content = secret.map_err(|e| e.to_string()).and_then(|secret| parse(kind, &secret));
                let mut content = match content {
                    Ok(content) => content,
                    Err(message) => return fail(&mut reader, message),
                };
                match certificate(&options, &content, &root, environment) {
                    Ok(Some(found)) => {
                        if let VaultContent::SshPrivate(key) = &mut content {
                            key.certificate = Some(Arc::new(found));
                        }
                    }
                    Ok(None) => {}
                    // Clients that know the plain key need no certificate.
                    Err(message) => reader.report_at("certificate", Severity::Error, &message, None),
                }
                Some(VaultItem { id: id.clone(), options, content })
            });
            let item = reader.finish(item);
            items.insert(id.clone(), item);
        }
        items
    }
}

fn fail<T>(reader: &mut Reader<'_>, message: String) -> Option<T> {
    reader.fail_option("content", message);
    None
}

/// The certificate of a host key, if there is one that fits.
fn certificate(
    options: &VaultItemOptions,
    content: &VaultContent,
    root: &Path,
    environment: &Environment,
) -> Result<Option<Certificate>, String> {
    let text = options.certificate.resolve(root, environment).map_err(|e| e.to_string())?;
    if text.is_empty() {
        return Ok(None);
    }
    let VaultContent::SshPrivate(HostKey { key, .. }) = content else {
        return Err("only an item of type ssh-private has a certificate".to_owned());
    };
    let certificate = Certificate::from_openssh(text.expose()).map_err(|e| e.to_string())?;
    if certificate.kind() != CertificateKind::Host {
        return Err("it is a certificate for a user, not for a host".to_owned());
    }
    match certificate.key() == key.public() {
        true => Ok(Some(certificate)),
        false => Err("it is a certificate for another key".to_owned()),
    }
}

/// The keys of an item of type `ssh-public`.
pub(crate) fn public_keys<'i>(id: &str, items: &'i Components<VaultItem>) -> Result<&'i [PublicKey], String> {
    let item = match items.get(id) {
        None => return Err(missing(id, "vault item", items)),
        Some(Component::Failed(failure)) => {
            return Err(format!("the vault item '{id}' cannot be used: {}", failure.reason));
        }
        Some(Component::Live(item)) => item,
    };
    match &item.content {
        VaultContent::SshPublic(keys) => Ok(keys),
        VaultContent::SshPrivate(_) => Err(format!("the vault item '{id}' is not of the type ssh-public")),
    }
}

/// What is wrong with a list of authorities. It makes nobody fail: whose list cannot be read lets nobody in by
/// certificates.
pub(super) fn authority_mistakes(list: &IdList, items: &Components<VaultItem>) -> Vec<String> {
    list.iter().filter_map(|id| public_keys(id, items).err()).collect()
}

fn parse(kind: &str, secret: &Secret) -> Result<VaultContent, String> {
    match kind {
        "ssh-private" => PrivateKey::parse(secret.expose(), None)
            .map(|key| VaultContent::SshPrivate(HostKey { key: Arc::new(key), certificate: None }))
            .map_err(|e| e.to_string()),
        _ => match sshkey::parse_many(secret.expose()) {
            Ok(keys) if keys.is_empty() => Err("there is no key in it".to_owned()),
            Ok(keys) => Ok(VaultContent::SshPublic(keys)),
            Err(e) => Err(e.to_string()),
        },
    }
}
