//! `[authentications/ID]`

use schemars::JsonSchema;
use serde::Deserialize;

use super::default;
use crate::value::Text;

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
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct ApplicationAuthentication {}
