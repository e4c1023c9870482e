//! Vault items: keys, wherever they are kept.

use std::sync::Arc;

use causeway_core::Secret;
use causeway_core::sshkey::{self, PrivateKey};

use super::builder::{Builder, Types, names, type_of};
use super::layers::Section;
use crate::definition::Options;
use crate::known;
use crate::known::types;
use crate::options::VaultItemOptions;
use crate::section::Reader;
use crate::sources::OPEN;
use crate::{Components, Severity, VaultContent, VaultItem};

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
                match content {
                    Ok(content) => Some(VaultItem { id: id.clone(), options, content }),
                    Err(message) => fail(&mut reader, message),
                }
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

fn parse(kind: &str, secret: &Secret) -> Result<VaultContent, String> {
    match kind {
        "ssh-private" => PrivateKey::parse(secret.expose(), None)
            .map(|key| VaultContent::SshPrivate(Arc::new(key)))
            .map_err(|e| e.to_string()),
        _ => match sshkey::parse_many(secret.expose()) {
            Ok(keys) if keys.is_empty() => Err("there is no key in it".to_owned()),
            Ok(keys) => Ok(VaultContent::SshPublic(keys)),
            Err(e) => Err(e.to_string()),
        },
    }
}
