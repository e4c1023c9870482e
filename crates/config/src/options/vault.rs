//! `[vault-items/ID]`

use schemars::JsonSchema;
use serde::Deserialize;

use crate::value::{SecretSource, Text};

/// Options of a key that other components refer to.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct VaultItemOptions {
    /// Name for people.
    pub name: Text,
    /// Notes.
    #[serde(default)]
    pub description: Text,
    /// The key's text, indented under the option; or `external-file:PATH`, or `env:NAME`.
    #[schemars(extend("x-restricts" = true, "x-secret" = true))]
    pub content: SecretSource,
    /// Causeway's own. For a host key, the OpenSSH certificate of an authority for it, as a line of text or as
    /// `external-file:PATH`. Clients are shown it before the plain key, as long as it is valid.
    #[serde(default)]
    pub certificate: SecretSource,
}
