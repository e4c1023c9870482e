//! What one version of the sources says and another does not, for people and for the guard against slips.

use std::fmt;

use crate::definition::Definition;
use crate::edit::Label;
use crate::load::LoadError;
use crate::reference::kinds;
use crate::sources::{Content, Sources};

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

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Added(Vec<(String, String)>),
    Removed,
    /// Options with the old and the new value.
    Changed(Vec<(String, Option<String>, Option<String>)>),
}

impl Difference {
    pub fn between(before: &Sources, after: &Sources) -> Result<Self, LoadError> {
        Ok(Self::of(&before.content()?, &after.content()?))
    }

    fn of(before: &Content, after: &Content) -> Self {
        let mut sections = Vec::new();
        for (label, new) in after {
            match before.get(label) {
                None => {
                    let options = new.iter().map(|(name, value)| (name.clone(), shown(label, name, value)));
                    sections.push((label.clone(), What::Added(options.collect())));
                }
                Some(old) if old != new => {
                    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
                    names.sort();
                    names.dedup();
                    let changed = names.into_iter().filter(|name| old.get(*name) != new.get(*name));
                    let changed = changed.map(|name| {
                        let shown = |value: &String| shown(label, name, value);
                        (name.clone(), old.get(name).map(shown), new.get(name).map(shown))
                    });
                    sections.push((label.clone(), What::Changed(changed.collect())));
                }
                Some(_) => {}
            }
        }
        let gone = before.keys().filter(|label| !after.contains_key(*label));
        sections.extend(gone.map(|label| (label.clone(), What::Removed)));
        sections.sort_by(|a, b| a.0.cmp(&b.0));
        Self {
            sections,
            before: before.len(),
            services_before: services(before),
            services_after: services(after),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.sections.is_empty()
    }

    /// Whether so much would go that it may be a slip: more than five components and more than a fifth of them, or all
    /// services. Says what.
    pub fn removes_too_much(&self) -> Option<String> {
        let removed = self.sections.iter().filter(|(_, what)| *what == What::Removed).count();
        if self.services_before > 0 && self.services_after == 0 {
            return Some("no service would be left".to_owned());
        }
        (removed > FEW && removed.saturating_mul(PART) > self.before)
            .then(|| format!("{removed} of {} components would go", self.before))
    }
}

/// Services that are switched on.
fn services(content: &Content) -> usize {
    let is_on = |label: &Label| {
        let enabled = content.get(label).and_then(|options| options.get("enabled"));
        !enabled.is_some_and(|e| e.eq_ignore_ascii_case("no") || e.eq_ignore_ascii_case("false"))
    };
    content.keys().filter(|label| label.family() == "services" && is_on(label)).count()
}

/// A value, but for secrets.
fn shown(label: &Label, option: &str, value: &str) -> String {
    if value.is_empty() || !is_secret(label.family(), option) { value.to_owned() } else { "***".to_owned() }
}

/// Words in the names of options that nobody has defined here, whose values are not shown.
const SECRET: [&str; 9] =
    ["password", "secret", "token", "credential", "passphrase", "private", "_key", "content", "multi_factor"];

/// Whether the values of an option are not to be shown.
pub fn is_secret(family: &str, option: &str) -> bool {
    let kinds = kinds();
    let mut definitions = kinds.iter().filter(|k| k.family == family).flat_map(|k| &k.definitions);
    match definitions.find_map(|d: &&Definition| d.get(option)) {
        Some(defined) => defined.secret,
        None => SECRET.iter().any(|word| option.contains(word)),
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (label, what) in &self.sections {
            match what {
                What::Added(options) => {
                    writeln!(f, "+ [{label}]")?;
                    options.iter().try_for_each(|(name, value)| line(f, '+', name, value))?;
                }
                What::Removed => writeln!(f, "- [{label}]")?,
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
            "  [accounts/a]\n-     password = ***\n+     password = ***\n- [accounts/b]\n+ [accounts/c]\n\
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
