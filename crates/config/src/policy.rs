//! Who may try to log in at all.

use std::collections::HashSet;
use std::sync::Arc;

use crate::options::SecurityPolicyOptions;

/// The id of the security policy that always exists: it counts for services that name none.
pub const DEFAULT_SECURITY_POLICY: &str = "DEFAULT-SECURITY-POLICY";

/// A security policy.
#[derive(Debug)]
pub struct SecurityPolicy {
    pub id: Arc<str>,
    pub options: SecurityPolicyOptions,
    /// Login names that are refused, in lower case.
    denied: HashSet<Box<str>>,
}

impl SecurityPolicy {
    pub(crate) fn new(id: Arc<str>, options: SecurityPolicyOptions) -> Self {
        let denied = options.deny_usernames.iter().map(|name| name.to_lowercase().into()).collect();
        Self { id, options, denied }
    }

    /// Whether that login name is refused whatever is shown for it.
    pub fn denies_name(&self, name: &str) -> bool {
        !self.denied.is_empty() && self.denied.contains(&*name.to_lowercase())
    }

    /// What people call it: its name, or else its id.
    pub fn label(&self) -> &Arc<str> {
        if self.options.name.is_empty() { &self.id } else { &self.options.name.0 }
    }
}
