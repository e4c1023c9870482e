//! Addresses of people.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use super::{BadValue, text_value};

/// Longest address (RFC 5321 section 4.5.3.1.3, without the angle brackets).
const ADDRESS_MAX: usize = 254;
/// Longest part before the `@` (section 4.5.3.1.1).
const LOCAL_MAX: usize = 64;

/// Mailboxes (RFC 5322 section 3.4), the primary one first: `address`, `Name <address>` or `"Name" <address>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mailboxes(Arc<[Mailbox]>);

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// Without quotes; empty if there is none.
    pub name: Arc<str>,
    pub address: Arc<str>,
}

impl Deref for Mailboxes {
    type Target = [Mailbox];

    fn deref(&self) -> &[Mailbox] {
        &self.0
    }
}

impl FromStr for Mailboxes {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let members = text.lines().flat_map(members).map(str::trim).filter(|m| !m.is_empty());
        members.map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

/// Splits at commas outside quotes.
fn members(line: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    line.split(move |c| {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = quoted,
            '"' => quoted = !quoted,
            ',' => return !quoted,
            _ => {}
        }
        false
    })
}

impl FromStr for Mailbox {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let bad = || BadValue::new(format!("'{text}' is neither an address nor 'Name <address>'"));
        let (name, address) = match text.strip_suffix('>') {
            Some(rest) => rest.rsplit_once('<').map(|(n, a)| (n.trim(), a.trim())).ok_or_else(bad)?,
            None => ("", text),
        };
        let name = match name.strip_prefix('"') {
            Some(rest) => rest.strip_suffix('"').ok_or_else(bad)?.replace("\\\"", "\""),
            None if name.contains(['"', '<', '>']) => return Err(bad()),
            None => name.to_owned(),
        };
        if !is_address(address) || name.chars().any(char::is_control) {
            return Err(bad());
        }
        Ok(Self { name: Arc::from(name), address: Arc::from(address) })
    }
}

/// The dot-atom form (RFC 5322 section 3.4.1), letters beyond ASCII allowed as RFC 6532 does.
fn is_address(text: &str) -> bool {
    let atom = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c))
    };
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    text.len() <= ADDRESS_MAX
        && local.len() <= LOCAL_MAX
        && local.split('.').all(atom)
        && domain.split('.').all(|l| !l.is_empty() && l.chars().all(|c| c.is_alphanumeric() || c == '-'))
}

impl fmt::Display for Mailboxes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, mailbox) in self.0.iter().enumerate() {
            f.write_str(if i > 0 { ", " } else { "" })?;
            match &*mailbox.name {
                "" => f.write_str(&mailbox.address)?,
                name => write!(f, "\"{}\" <{}>", name.replace('"', "\\\""), mailbox.address)?,
            }
        }
        Ok(())
    }
}

text_value!(Mailboxes, "comma-separated addresses, each with a name or without");
