//! Which events a handler takes.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use causeway_core::rule::{Expression, Subject};
use causeway_core::{EventId, Moment};

use super::{BadValue, items, list, text_value};

/// A filter by words: everything, only the listed, or everything but the listed (each with `!` before it). The
/// two styles do not mix.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Selection {
    #[default]
    All,
    Only(Arc<[Arc<str>]>),
    Except(Arc<[Arc<str>]>),
}

/// A filter by event number, in the same styles.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Target {
    #[default]
    All,
    Only(Arc<[EventId]>),
    Except(Arc<[EventId]>),
}

impl Selection {
    /// Whether something with these words passes: one of them is listed; none of them is excluded.
    pub fn passes<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> bool {
        let mut words = words.into_iter();
        match self {
            Selection::All => true,
            Selection::Only(list) => words.any(|w| list.iter().any(|l| **l == *w)),
            Selection::Except(list) => !words.any(|w| list.iter().any(|l| **l == *w)),
        }
    }
}

/// A filter by the peer's address, in the same styles. An event without a peer passes only where addresses are
/// excluded or nothing is filtered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SourceAddresses {
    #[default]
    All,
    Only(Arc<[IpAddr]>),
    Except(Arc<[IpAddr]>),
}

impl SourceAddresses {
    /// An IPv4 address that came over an IPv6 socket is the IPv4 address.
    pub fn passes(&self, peer: Option<IpAddr>) -> bool {
        let listed = |list: &[IpAddr]| peer.is_some_and(|p| list.contains(&p.to_canonical()));
        match self {
            SourceAddresses::All => true,
            SourceAddresses::Only(list) => listed(list),
            SourceAddresses::Except(list) => !listed(list),
        }
    }
}

impl FromStr for SourceAddresses {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let address = |w: &String| match w.parse::<IpAddr>() {
            Ok(ip) => Ok(ip.to_canonical()),
            Err(_) => Err(BadValue::new(format!("'{w}' is not an IP address"))),
        };
        let addresses = |words: Vec<String>| words.iter().map(address).collect::<Result<Arc<[_]>, _>>();
        Ok(match styled(text)? {
            None => Self::All,
            Some((false, words)) => Self::Only(addresses(words)?),
            Some((true, words)) => Self::Except(addresses(words)?),
        })
    }
}

impl fmt::Display for SourceAddresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => Ok(()),
            Self::Only(l) => write_styled(f, "", l.iter()),
            Self::Except(l) => write_styled(f, "!", l.iter()),
        }
    }
}

impl Target {
    pub fn passes(&self, id: EventId) -> bool {
        match self {
            Target::All => true,
            Target::Only(list) => list.contains(&id),
            Target::Except(list) => !list.contains(&id),
        }
    }
}

/// Splits a list in one style from its negation. `None`: the list is empty.
fn styled(text: &str) -> Result<Option<(bool, Vec<String>)>, BadValue> {
    let members = list::members(text)?;
    let negated = members.iter().filter(|m| m.starts_with('!')).count();
    match negated {
        _ if members.is_empty() => Ok(None),
        0 => Ok(Some((false, members))),
        n if n == members.len() => {
            let words = members.iter().map(|m| m.trim_start_matches('!').trim().to_owned()).collect();
            Ok(Some((true, words)))
        }
        _ => Err(BadValue::new("either all members begin with '!' or none does")),
    }
}

impl FromStr for Selection {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let shared = |words: Vec<String>| words.into_iter().map(Arc::from).collect();
        Ok(match styled(text)? {
            None => Self::All,
            Some((false, words)) => Self::Only(shared(words)),
            Some((true, words)) => Self::Except(shared(words)),
        })
    }
}

impl FromStr for Target {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let ids = |words: Vec<String>| {
            words
                .iter()
                .map(|w| {
                    w.parse()
                        .map(EventId)
                        .map_err(|_| BadValue::new(format!("'{w}' is not the number of an event")))
                })
                .collect::<Result<Arc<[_]>, _>>()
        };
        Ok(match styled(text)? {
            None => Self::All,
            Some((false, words)) => Self::Only(ids(words)?),
            Some((true, words)) => Self::Except(ids(words)?),
        })
    }
}

fn write_styled(
    f: &mut fmt::Formatter<'_>,
    sign: &str,
    words: impl Iterator<Item = impl fmt::Display>,
) -> fmt::Result {
    for (i, word) in words.enumerate() {
        write!(f, "{}{sign}{word}", if i > 0 { ", " } else { "" })?;
    }
    Ok(())
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => Ok(()),
            Self::Only(l) => write_styled(f, "", l.iter()),
            Self::Except(l) => write_styled(f, "!", l.iter()),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => Ok(()),
            Self::Only(l) => write_styled(f, "", l.iter()),
            Self::Except(l) => write_styled(f, "!", l.iter()),
        }
    }
}

/// Rules on the members of an event's data, one a line: `member, expression`. All must match.
#[derive(Debug, Clone, Default)]
pub struct DataFilter {
    rules: Arc<[DataRule]>,
    /// As it was written.
    text: Arc<str>,
}

impl PartialEq for DataFilter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// One rule of a [`DataFilter`].
#[derive(Debug, Clone)]
pub struct DataRule {
    member: Arc<str>,
    expression: Expression,
}

impl DataFilter {
    /// Whether every rule matches. A member that is missing and an expression that gives no answer do not match.
    /// Dates are those of `moment`, that of the event, however late its turn comes; `text` is the text of its member of
    /// that name.
    pub fn passes<'a>(&self, moment: Moment<'_>, text: impl Fn(&str) -> Option<Cow<'a, [u8]>>) -> bool {
        self.rules.iter().all(|rule| text(&rule.member).is_some_and(|text| rule.holds(&text, moment)))
    }
}

impl DataRule {
    fn holds(&self, value: &[u8], moment: Moment<'_>) -> bool {
        self.expression.matches(&Subject::new(value), moment).unwrap_or(false)
    }
}

impl FromStr for DataFilter {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let rule = |line: &str| {
            let (member, expression) = line
                .split_once(',')
                .map(|(m, e)| (m.trim(), e.trim()))
                .filter(|(m, _)| !m.is_empty())
                .ok_or_else(|| BadValue::new(format!("'{line}' is not 'member, expression'")))?;
            let expression = Expression::parse(expression, "").map_err(|e| BadValue::new(e.to_string()))?;
            Ok(DataRule { member: Arc::from(member), expression })
        };
        let rules = items(text).map(rule).collect::<Result<_, BadValue>>()?;
        Ok(Self { rules, text: Arc::from(text) })
    }
}

impl fmt::Display for DataFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

text_value!(Selection, "a list; with '!' before each member, all others");
text_value!(SourceAddresses, "IP addresses; with '!' before each, all others");
text_value!(Target, "event numbers; with '!' before each, all others");
text_value!(DataFilter, "'member, expression' rules, one a line");
