//! What one version of the sources says and another does not, for people and for the guard against slips.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::{self, Write};
use std::sync::LazyLock;

use causeway_core::Family;

use crate::edit::Label;
use crate::load::LoadError;
use crate::load::layers::{Section, compare};
use crate::reference::kinds;
use crate::sources::Sources;
use crate::{known, old_names};

/// Fewer components may go without asking.
const FEW: usize = 5;
/// And not more than this part of all, as `1 / PART`.
const PART: usize = 5;

/// Every section that differs, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    sections: Vec<(Label, What)>,
    /// Components before.
    before: usize,
    services_before: usize,
    services_after: usize,
}

/// Options with their values, as far as they may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Added(Vec<(String, String)>),
    Removed(Vec<(String, String)>),
    /// With the old and the new value.
    Changed(Vec<(String, Option<String>, Option<String>)>),
}

/// Options by name in lower case.
type Options<'a> = BTreeMap<String, Cow<'a, str>>;

impl Difference {
    pub fn between(before: &Sources, after: &Sources) -> Result<Self, LoadError> {
        before.over_sections(|_, before| {
            after.over_sections(|_, mut after| {
                let gone = compare(&before, &mut after);
                Self::of(&before, &gone, &after)
            })
        })?
    }

    /// `gone` are the sections of before that do not stay ([`compare`]).
    pub(crate) fn of(before: &[Section<'_>], gone: &[&Section<'_>], after: &[Section<'_>]) -> Self {
        let mut gone: HashMap<_, _> = gone.iter().map(|s| ((s.family(), s.id()), *s)).collect();
        let mut sections = Vec::new();
        for new in after.iter().filter(|s| !s.stays()) {
            let what = match gone.remove(&(new.family(), new.id())) {
                None => Some(What::Added(all_shown(new))),
                Some(old) => changed(old, new),
            };
            sections.extend(what.map(|what| (label(new), what)));
        }
        sections.extend(gone.into_values().map(|old| (label(old), What::Removed(all_shown(old)))));
        sections.sort_by(|a, b| a.0.cmp(&b.0));
        Self {
            sections,
            before: before.iter().filter(|s| is_component(s.family())).count(),
            services_before: services(before),
            services_after: services(after),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.sections.is_empty()
    }

    /// The sections that differ.
    pub fn sections(&self) -> impl Iterator<Item = &Label> {
        self.sections.iter().map(|(label, _)| label)
    }

    /// Whether so much would go that it may be a slip: more than five components and more than a fifth of them, or all
    /// services that are switched on. Says what.
    pub fn removes_too_much(&self) -> Option<String> {
        let removed = self
            .sections
            .iter()
            .filter(|(label, what)| matches!(what, What::Removed(_)) && is_component(label.family()));
        let removed = removed.count();
        if self.services_before > 0 && self.services_after == 0 {
            return Some("no service would be left".to_owned());
        }
        (removed > FEW && removed.saturating_mul(PART) > self.before)
            .then(|| format!("{removed} of {} components would go", self.before))
    }
}

fn label(section: &Section<'_>) -> Label {
    Label::new(section.family(), section.id())
}

fn is_component(family: &str) -> bool {
    family != Family::Server.as_str()
}

/// What differs in a section that stays.
fn changed(old: &Section<'_>, new: &Section<'_>) -> Option<What> {
    let (family, old, new) = (old.family(), options(old), options(new));
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let changed = names.into_iter().filter(|name| old.get(*name) != new.get(*name));
    let changed: Vec<_> = changed
        .map(|name| {
            let shown = |value: &Cow<'_, str>| shown(family, name, value);
            (name.clone(), old.get(name).map(shown), new.get(name).map(shown))
        })
        .collect();
    (!changed.is_empty()).then_some(What::Changed(changed))
}

fn options<'a>(section: &Section<'a>) -> Options<'a> {
    section.settings().map(|s| (s.name.to_ascii_lowercase(), s.value)).collect()
}

fn all_shown(section: &Section<'_>) -> Vec<(String, String)> {
    let shown = |(name, value): (String, Cow<'_, str>)| {
        let value = shown(section.family(), &name, &value);
        (name, value)
    };
    options(section).into_iter().map(shown).collect()
}

/// Services that are switched on.
fn services(sections: &[Section<'_>]) -> usize {
    let is_off = |s: &Section<'_>| {
        s.settings().any(|o| {
            o.name.eq_ignore_ascii_case("enabled")
                && (o.value.eq_ignore_ascii_case("no") || o.value.eq_ignore_ascii_case("false"))
        })
    };
    let services = sections.iter().filter(|s| s.family() == Family::Services.as_str());
    services.filter(|section| !is_off(section)).count()
}

/// A value, but for secrets, and without what would steer a terminal.
fn shown(family: &str, option: &str, value: &str) -> String {
    if !value.is_empty() && hides(family, option, value) {
        return "***".to_owned();
    }
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        let steers = matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if steers || (c.is_control() && c != '\n') {
            // Writing to a String cannot fail.
            let _ = write!(out, "{}", c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// Words in the names of options that are known by name alone, whose values are not shown.
const SECRET: [&str; 12] = [
    "password",
    "passphrase",
    "secret",
    "token",
    "credential",
    "private",
    "key",
    "content",
    "multi_factor",
    "header",
    "variables",
    "proxy",
];

/// Whether a value is not shown: it is a secret, or may be one. `option` is spelled in any case.
pub fn hides(family: &str, option: &str, value: &str) -> bool {
    is_secret(family, &option.to_ascii_lowercase()) || holds_secret(value)
}

/// Whether the values of an option are secrets: those that are defined say so, those that are known by their names. One
/// that is not known may be a slip in the name of a secret.
pub(crate) fn is_secret(family: &str, option: &str) -> bool {
    static DEFINED: LazyLock<HashMap<(&str, &str), bool>> = LazyLock::new(|| {
        let mut defined = HashMap::new();
        for kind in kinds() {
            for (name, option) in kind.definitions.iter().flat_map(|d| d.options()) {
                *defined.entry((kind.family, name)).or_default() |= option.secret;
            }
        }
        defined
    });
    match DEFINED.get(&(family, option)) {
        Some(is_secret) => *is_secret,
        None => !is_known(family, option) || SECRET.iter().any(|word| option.contains(word)),
    }
}

/// Whether sections of a family can have such an option, honoured or not, now or in old releases.
fn is_known(family: &str, option: &str) -> bool {
    static KNOWN: LazyLock<HashSet<(Family, &str)>> = LazyLock::new(|| {
        let options = |family: Family| known::options_of(family).into_iter().map(move |name| (family, name));
        Family::ALL.into_iter().flat_map(options).collect()
    });
    let known = |family: Family| KNOWN.contains(&(family, option)) || old_names::is_option(family, option);
    family.parse().is_ok_and(known)
}

/// Whether a value looks as if it held a secret, whatever its option is called: a private key, an address with a password.
fn holds_secret(value: &str) -> bool {
    let has_password = |rest: &str| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
    };
    value.contains("PRIVATE KEY") || value.split("://").skip(1).any(has_password)
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = |f: &mut fmt::Formatter<'_>, sign, label: &Label, options: &[(String, String)]| {
            writeln!(f, "{sign} [{label}]")?;
            options.iter().try_for_each(|(name, value)| line(f, sign, name, value))
        };
        for (label, what) in &self.sections {
            match what {
                What::Added(options) => all(f, '+', label, options)?,
                What::Removed(options) => all(f, '-', label, options)?,
                What::Changed(options) => {
                    writeln!(f, "  [{label}]")?;
                    for (name, old, new) in options {
                        if let Some(old) = old {
                            line(f, '-', name, old)?;
                        }
                        if let Some(new) = new {
                            line(f, '+', name, new)?;
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

fn line(f: &mut fmt::Formatter<'_>, sign: char, name: &str, value: &str) -> fmt::Result {
    let mut lines = value.lines();
    writeln!(f, "{sign}     {name} = {}", lines.next().unwrap_or_default())?;
    lines.try_for_each(|more| writeln!(f, "{sign}         {more}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Environment;
    use std::path::Path;

    fn sources(text: &str) -> Sources {
        let environment = Environment::of([], jiff::tz::TimeZone::UTC);
        Sources::of_text(text.as_bytes(), Path::new("/"), &environment).unwrap()
    }

    fn between(before: &str, after: &str) -> Difference {
        Difference::between(&sources(before), &sources(after)).unwrap()
    }

    #[test]
    fn a_difference_names_what_came_went_and_changed_and_no_secret() {
        let before =
            "[server]\numask = 022\n[accounts/a]\nname = a\npassword = $6$old\n[accounts/b]\nname = b\n";
        let after = "[server]\numask = 027\nname = x\n[accounts/a]\nname = a\npassword = $6$new\n\
                     [accounts/c]\nname = c\npassword = plain\npermissions = allow-list\n  /a, allow-read\n\
                     [authentications/r]\ntype = radius\npassword = s3cret\n";
        let text = between(before, after).to_string();
        assert_eq!(
            text,
            "  [accounts/a]\n-     password = ***\n+     password = ***\n- [accounts/b]\n-     name = b\n+ [accounts/c]\n\
             +     name = c\n+     password = ***\n+     permissions = allow-list\n+         /a, allow-read\n\
             + [authentications/r]\n+     password = ***\n+     type = radius\n  [server]\n+     name = x\n\
             -     umask = 022\n+     umask = 027\n"
        );
    }

    #[test]
    fn comments_order_and_spelling_are_no_difference() {
        assert!(between("[server]\n# x\nname: a\n", "[server]\nNAME =  a\n").is_empty());
    }

    #[test]
    fn a_value_that_may_be_a_secret_is_not_shown_whatever_its_option_is_called() {
        let shown = |family: &str, option: &str, value: &str| {
            between("[server]\n", &format!("[{family}/x]\n{option} = {value}\n")).to_string()
        };
        for option in
            ["password", "secret_access", "access-key", "api_token", "credentials", "node_variables"]
        {
            assert!(!shown("resources", option, "hunter2").contains("hunter2"), "{option}");
        }
        assert!(!shown("resources", "url", "https://ann:hunter2@example.com/x").contains("hunter2"));
        assert!(shown("resources", "url", "https://example.com/a@b:c").contains("/a@b:c"));
        let key = "\n  -----BEGIN PRIVATE KEY-----\n  hunter2";
        assert!(!shown("resources", "identity", key).contains("hunter2"));
        assert!(shown("services", "ssh_server_keys", "id-of-a-key").contains("id-of-a-key"));
        assert!(shown("resources", "password", "").contains("password = \n"));
    }

    #[test]
    fn an_option_that_nobody_knows_shows_no_value_for_it_may_be_a_slip() {
        let shown = |family: &str, option: &str| {
            between("[server]\n", &format!("[{family}/x]\n{option} = hunter2\n")).to_string()
        };
        for (family, option) in
            [("accounts", "pasword"), ("accounts", "pass"), ("accounts", "Pasword"), ("acounts", "name")]
        {
            assert!(shown(family, option).contains("***"), "{family} {option}");
        }
        for (family, option) in [
            ("accounts", "Name"),
            ("services", "cluster_activation"),
            ("event-handlers", "url"),
            ("accounts", "created"),
        ] {
            assert!(shown(family, option).contains("hunter2"), "{family} {option}");
        }
    }

    #[test]
    fn a_secret_is_hidden_however_its_option_is_spelled() {
        let key = "-----BEGIN OPENSSH PRIVATE KEY-----";
        for (family, option, value) in [
            ("accounts", "Password", "x"),
            ("vault-items", "CONTENT", "x"),
            ("resources", "API-Token", "x"),
            ("resources", "url", "https://example.com https://ann:hunter2@example.com/"),
            ("accounts", "description", key),
        ] {
            assert!(hides(family, option, value), "{family} {option}");
        }
        assert!(!hides("accounts", "Description", "x"));
    }

    #[test]
    fn v31_values_cannot_steer_the_terminal_of_who_reads_the_difference() {
        let text = between("[server]\n", "[server]\nname = a\u{202e}b\\c\n").to_string();
        assert_eq!(text, "  [server]\n+     name = a\\u{202e}b\\c\n");
    }

    #[test]
    fn the_section_of_the_server_is_no_component() {
        let accounts = |n: usize| (0..n).map(|i| format!("[accounts/{i}]\nname = {i}\n")).collect::<String>();
        let before = format!("[server]\nuuid = u\n{}", accounts(29));
        assert_eq!(
            between(&before, &accounts(23)).removes_too_much().as_deref(),
            Some("6 of 29 components would go")
        );
    }

    #[test]
    fn a_change_that_takes_a_fifth_of_many_components_or_all_services_is_a_likely_slip() {
        let accounts = |n: usize| (0..n).map(|i| format!("[accounts/{i}]\nname = {i}\n")).collect::<String>();
        assert_eq!(between(&accounts(10), &accounts(5)).removes_too_much(), None, "five are few");
        assert!(between(&accounts(10), &accounts(4)).removes_too_much().is_some());
        assert_eq!(between(&accounts(100), &accounts(80)).removes_too_much(), None);
        assert!(between(&accounts(100), &accounts(79)).removes_too_much().is_some());
        let service = |on: &str| format!("[services/s]\ntype = ssh\nport = 22\nenabled = {on}\n");
        assert!(between(&service("Yes"), "[server]\n").removes_too_much().is_some());
        assert!(between(&service("Yes"), &service("No")).removes_too_much().is_some());
        assert_eq!(between(&service("No"), "[server]\n").removes_too_much(), None);
    }
}
