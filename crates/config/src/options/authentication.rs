//! `[authentications/ID]`

use schemars::JsonSchema;
use serde::Deserialize;

use super::default;
use crate::value::{IdList, Text};

/// Options of every authentication.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct AuthenticationOptions {
    /// Whether it starts with the process. A chain skips one that is stopped.
    #[serde(default = "default::yes")]
    #[schemars(extend("x-restricts" = true))]
    pub enabled: bool,
    /// Name for people.
    #[serde(default)]
    pub name: Text,
    /// Notes.
    #[serde(default)]
    pub description: Text,
}

/// Options of authentications of type `application`: the accounts of this file.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct ApplicationAuthentication {
    /// Ids of groups: who is in none of them is refused. Empty: everybody may log in.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub allowed_groups: IdList,
    /// Whether groups that `allowed_groups` does not list are left out of the login, with their permissions and
    /// folders.
    #[serde(default)]
    #[schemars(extend("x-restricts" = true))]
    pub strict_group_access: bool,
}
