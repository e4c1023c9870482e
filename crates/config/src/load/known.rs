//! What an earlier configuration spares the next one: sections that are as they were make the same components.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use causeway_core::Family;

use super::Loaded;
use super::layers::Section;
use crate::{Account, Config};

/// The accounts of an earlier configuration with their sections. Others are few, and refer to each other.
pub(crate) struct Known<'a> {
    config: &'a Config,
    sections: HashMap<&'a str, &'a Section<'a>>,
    /// Components of which something is to be told, with the line where it stands now.
    troubled: HashSet<&'a str>,
}

impl<'a> Known<'a> {
    /// `sections` are those that the configuration was made from.
    pub(crate) fn of(earlier: &'a Loaded, sections: &'a [Section<'a>]) -> Self {
        let accounts = sections.iter().filter(|s| s.family() == Family::Accounts.as_str());
        Self {
            config: &earlier.config,
            sections: accounts.filter_map(|s| Some((s.id()?, s))).collect(),
            troubled: earlier.problems.iter().filter_map(|p| p.component.as_deref()).collect(),
        }
    }

    /// The account that the section made before, if it says all of it and is as it was. Whether its groups are still
    /// there is another question.
    pub(super) fn account(&self, id: &str, label: &str, section: &Section<'_>) -> Option<&'a Arc<Account>> {
        let account = self.config.accounts.get(id)?.live()?;
        let same = !account.looks_elsewhere
            && !self.troubled.contains(label)
            && self.sections.get(id)?.is_as_written_in(section);
        same.then_some(account)
    }
}
