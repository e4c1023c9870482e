//! Which rules count for an account, and where they are written.

use std::net::IpAddr;
use std::sync::Arc;

use causeway_core::rule::Decider;

use crate::circumstances::Circumstances;
use crate::edit::Label;
use crate::sources::Sources;
use crate::value::{AddressRules, Inherit, Ruling};
use crate::{Component, Config, EffectiveAccount, Service};

/// What was decided, and by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// As it is written.
    pub text: String,
    /// `family/ID` of the component that says so.
    pub component: Label,
    /// File and line, or the variable. None: it is the option's default.
    pub place: Option<String>,
}

/// The configuration of one account, to be asked why.
#[derive(Debug)]
pub struct Explainer<'a> {
    config: &'a Config,
    sources: &'a Sources,
    account: &'a EffectiveAccount,
}

impl<'a> Explainer<'a> {
    pub fn new(config: &'a Config, sources: &'a Sources, account: &'a EffectiveAccount) -> Self {
        Self { config, sources, account }
    }

    /// The rule of the option `permissions` that decided.
    pub fn permission(&self, decider: Decider) -> Option<Reason> {
        let sections = self.with_permissions();
        match decider {
            Decider::Global => {
                let (label, _) = sections.first()?;
                let place = self.sources.place(label, PERMISSIONS, 0);
                let text = "the permissions that hold everywhere".to_owned();
                Some(Reason { text, component: label.clone(), place })
            }
            Decider::Rule(n) | Decider::Broken(n) => {
                let all = sections.iter().flat_map(|(label, rules)| rules.iter().map(move |r| (label, r)));
                let (label, (line, text)) = all.into_iter().nth(n)?;
                let place = self.sources.place(label, PERMISSIONS, *line);
                Some(Reason { text: text.clone(), component: label.clone(), place })
            }
        }
    }

    /// The components whose rules count, in their order, each with the lines of its path rules.
    fn with_permissions(&self) -> Vec<(Label, Vec<(usize, String)>)> {
        let Some(account) = self.config.accounts.get(&self.account.id).and_then(Component::live) else {
            return Vec::new();
        };
        let rules = |source: &causeway_core::rule::RuleSource| {
            source.path_rules().map(|(line, text)| (line, text.to_owned())).collect()
        };
        match &account.options.permissions {
            Inherit::Own(own) => {
                vec![(Label::new("accounts", Some(&account.id)), rules(&own.source))]
            }
            Inherit::Inherited => {
                let groups = self.account.groups.iter().filter_map(|id| self.config.groups.get(id)?.live());
                groups
                    .map(|g| (Label::new("groups", Some(&g.id)), rules(&g.options.permissions.source)))
                    .collect()
            }
        }
    }
}

/// What the address rules of an account and of its groups say, as far as there are any.
pub fn address_rules(
    config: &Config,
    sources: &Sources,
    account_id: &Arc<str>,
    circumstances: &Circumstances,
) -> Vec<Reason> {
    let (Some(address), Some(account)) =
        (circumstances.source, config.accounts.get(account_id).and_then(Component::live))
    else {
        return Vec::new();
    };
    let mut reasons = Vec::new();
    let mut add = |label: Label, rules: &AddressRules, unmatched: &str| {
        let rule = match rules.judge(address) {
            _ if rules.is_empty() => return,
            Ruling::Allowed(rule) | Ruling::Denied(rule) => Some(rule.to_string()),
            Ruling::Unmatched => None,
        };
        let line = rule.as_ref().and_then(|rule| sources.line_that_says(&label, FILTER, rule));
        let place = sources.place(&label, FILTER, line.unwrap_or(0));
        let text = rule.unwrap_or_else(|| unmatched.to_owned());
        reasons.push(Reason { text, component: label, place });
    };
    let own = &account.options.source_ip_filter;
    add(Label::new("accounts", Some(account_id)), own, "no rule for the address: refused");
    for group in account.options.group.iter().filter_map(|id| config.groups.get(id)?.live()) {
        let label = Label::new("groups", Some(&group.id));
        add(label, &group.options.source_ip_filter, "no rule for the address: the group does not count");
    }
    reasons
}

/// What the security policy of a service says to a login before any account is looked at, as far as the configuration
/// decides: whether it refuses, and by what. None: it says nothing.
pub fn policy(
    config: &Config,
    sources: &Sources,
    service: &Service,
    name: &str,
    source: Option<IpAddr>,
) -> Option<(bool, Reason)> {
    let policy = config.security_policies.get(&service.security_policy)?.live()?;
    let label = Label::new("security-policies", Some(&policy.id));
    let filter = source.map_or(Ruling::Unmatched, |source| policy.options.source_ip_filter.judge(source));
    let (refuses, option, text) = match filter {
        Ruling::Allowed(rule) => (false, FILTER, rule.to_string()),
        Ruling::Denied(rule) => (true, FILTER, rule.to_string()),
        Ruling::Unmatched if policy.denies_name(name) => (true, NAMES, "deny_usernames".to_owned()),
        Ruling::Unmatched => return None,
    };
    let line = sources.line_that_says(&label, option, &text).unwrap_or(0);
    let place = sources.place(&label, option, line);
    Some((refuses, Reason { text, component: label, place }))
}

/// Where the account is written.
pub fn place_of_account(sources: &Sources, account_id: &str) -> Option<String> {
    sources.place(&Label::new("accounts", Some(account_id)), "name", 0)
}

const PERMISSIONS: &str = "permissions";
const FILTER: &str = "source_ip_filter";
const NAMES: &str = "deny_usernames";
