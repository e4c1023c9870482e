//! What an earlier configuration spares the next one: sections that are as they were make the same components.

use std::collections::HashSet;
use std::sync::Arc;

use super::Loaded;
use super::layers::Section;
use crate::section::label;
use crate::{Account, Config};

/// The accounts of an earlier configuration. Other components are few, and refer to each other.
pub(crate) struct Known<'a> {
    config: &'a Config,
    /// Components of which something is to be told, with the line where it stands now.
    troubled: HashSet<&'a str>,
}

impl<'a> Known<'a> {
    pub(crate) fn of(earlier: &'a Loaded) -> Self {
        let troubled = earlier.problems.iter().filter_map(|p| p.component.as_deref()).collect();
        Self { config: &earlier.config, troubled }
    }

    /// The account that the section made before, if it says all of it and is as it was. Whether its groups are still
    /// there is another question.
    pub(super) fn account(&self, id: &str, section: &Section<'_>) -> Option<&'a Arc<Account>> {
        let is_troubled = || !self.troubled.is_empty() && self.troubled.contains(&*label(section));
        if !section.stays() || is_troubled() {
            return None;
        }
        self.config.accounts.get(id)?.live().filter(|account| !account.looks_elsewhere)
    }
}
