//! What an earlier configuration spares the next one: sections that are as they were make the same components.

use std::collections::HashSet;

use causeway_core::Family;

use super::Loaded;
use super::accounts::{group_mistakes, name_of};
use super::builder::Names;
use super::layers::Section;
use crate::{Account, Component, Components, Config, Group};

/// The accounts of an earlier configuration. Other components are few, and refer to each other.
pub(crate) struct Known<'a> {
    config: &'a Config,
    /// Ids of accounts that are made again even if their sections stay: something is to be told of them, with the line
    /// where it stands now, or something of them is kept elsewhere.
    again: HashSet<&'a str>,
    /// Ids of accounts whose sections do not stay.
    gone: Vec<&'a str>,
    groups_stay: bool,
}

impl<'a> Known<'a> {
    /// `gone` and `after` are the sections of before that do not stay, and those of now.
    pub(crate) fn of(earlier: &'a Loaded, gone: &[&Section<'a>], after: &[Section<'_>]) -> Self {
        let accounts = earlier.config.accounts.iter();
        let elsewhere = accounts.filter(|(_, a)| a.live().is_none_or(|a| a.looks_elsewhere));
        let troubled = earlier.problems.iter().filter_map(|p| p.component.as_deref());
        let troubled = troubled.filter_map(|c| c.strip_prefix(Family::Accounts.as_str())?.strip_prefix('/'));
        let is_group = |family: &str| family == Family::Groups.as_str();
        let new_groups = || after.iter().any(|s| !s.stays() && is_group(s.family()));
        Self {
            config: &earlier.config,
            again: elsewhere.map(|(id, _)| &**id).chain(troubled).collect(),
            gone: gone
                .iter()
                .filter(|s| s.family() == Family::Accounts.as_str())
                .filter_map(|s| s.id())
                .collect(),
            groups_stay: !gone.iter().any(|s| is_group(s.family())) && !new_groups(),
        }
    }

    /// Whether the account that the section made goes on as it is.
    pub(super) fn keeps(&self, section: &Section<'_>) -> bool {
        let is_again = |id: &str| !self.again.is_empty() && self.again.contains(id);
        section.stays()
            && section.family() == Family::Accounts.as_str()
            && section.id().is_some_and(|id| !is_again(id))
    }

    /// The accounts that go on as they are, and their names. None: one of them does not, because of the groups.
    pub(super) fn accounts(&self, groups: &Components<Group>) -> Option<(Components<Account>, Names)> {
        let (mut accounts, mut names) = (self.config.accounts.clone(), self.config.account_names.clone());
        for id in self.gone.iter().chain(&self.again) {
            let name = accounts.remove(*id).as_ref().and_then(name_of);
            if let Some(name) = name.filter(|name| names.get(name).is_some_and(|of| **of == **id)) {
                names.remove(&name);
            }
        }
        let is_sound = |account: &Component<Account>| {
            account.live().is_some_and(|account| group_mistakes(&account.options, groups).is_empty())
        };
        (self.groups_stay || accounts.values().all(is_sound)).then_some((accounts, names))
    }
}
