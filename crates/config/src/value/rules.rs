//! The option `permissions`.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use causeway_core::rule::{PermissionSet, RuleSource};

use super::{BadValue, text_value};

/// Permission rules: the first line may be the set that holds everywhere, each further line is an expression
/// and the set that holds where it matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionRules {
    pub source: RuleSource,
    /// As it was written.
    text: Arc<str>,
}

impl PermissionRules {
    /// Everything is allowed.
    pub fn full() -> Self {
        Self { source: RuleSource::everywhere(PermissionSet::FULL), text: Arc::from("allow-full-control") }
    }
}

impl FromStr for PermissionRules {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        match RuleSource::parse(text) {
            Ok(source) => Ok(Self { source, text: Arc::from(text) }),
            Err(e) => Err(BadValue::new(e.to_string())),
        }
    }
}

impl fmt::Display for PermissionRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

text_value!(PermissionRules, "permission rules, one a line");
