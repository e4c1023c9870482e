//! `[resources/ID]`

use schemars::JsonSchema;
use serde::Deserialize;

use crate::value::{LocalPath, Text};

/// Options of the resource `DEFAULT-SQLITE`, of type `sqlite`: where the state of the installation is kept.
#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
pub struct SqliteOptions {
    /// Name for people.
    #[serde(default)]
    pub name: Text,
    /// Notes.
    #[serde(default)]
    pub description: Text,
    /// The database file: last logins, positions of event handlers and the like. Empty: `run/state.db3`.
    #[serde(default)]
    pub path: Option<LocalPath>,
}
