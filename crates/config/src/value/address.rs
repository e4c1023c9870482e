//! Where a service listens.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use super::{BadValue, text_value};

/// An IPv4 or IPv6 literal, or a name that is resolved when the service starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenAddress {
    Literal(IpAddr),
    Name(Arc<str>),
}

impl ListenAddress {
    /// Whether two services cannot listen on these with the same port, as far as that shows without resolving names.
    /// `::` takes IPv4 as well.
    pub fn excludes(&self, other: &Self) -> bool {
        let takes = |all: &Self, one: &Self| match (all, one) {
            (Self::Literal(IpAddr::V6(all)), _) => all.is_unspecified(),
            (Self::Literal(IpAddr::V4(all)), Self::Literal(IpAddr::V4(_))) => all.is_unspecified(),
            _ => false,
        };
        self == other || takes(self, other) || takes(other, self)
    }
}

impl Default for ListenAddress {
    fn default() -> Self {
        Self::Literal(IpAddr::from([127, 0, 0, 1]))
    }
}

impl FromStr for ListenAddress {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        if let Ok(ip) = text.parse() {
            return Ok(Self::Literal(ip));
        }
        // Host names: RFC 1123 section 2.1, with the underscore that is met in practice.
        let label = |l: &str| {
            (1..=63).contains(&l.len())
                && l.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        let looks_numeric = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        if text.len() <= 253 && !looks_numeric && text.split('.').all(label) {
            return Ok(Self::Name(Arc::from(text)));
        }
        Err(BadValue::new(format!("'{text}' is neither an IPv4 or IPv6 address nor a host name")))
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(ip) => ip.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

text_value!(ListenAddress, "an IPv4 or IPv6 address or a host name");

/// A TCP port, 1 to 65535.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Port(pub u16);

impl FromStr for Port {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        match text.parse() {
            Ok(0) | Err(_) => Err(BadValue::new(format!("'{text}' is not a port (1 to 65535)"))),
            Ok(port) => Ok(Self(port)),
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

text_value!(Port, "a port, 1 to 65535");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_exclude_each_other_where_one_takes_what_the_other_wants() {
        let excludes = |a: &str, b: &str| {
            let (a, b): (ListenAddress, ListenAddress) = (a.parse().unwrap(), b.parse().unwrap());
            assert_eq!(a.excludes(&b), b.excludes(&a));
            a.excludes(&b)
        };
        assert!(
            excludes("10.0.0.1", "10.0.0.1") && excludes("::", "10.0.0.1") && excludes("0.0.0.0", "10.0.0.1")
        );
        assert!(excludes("::", "0.0.0.0") && excludes("::", "::1") && excludes("a.example", "a.example"));
        assert!(!excludes("10.0.0.1", "10.0.0.2") && !excludes("0.0.0.0", "::1") && !excludes("a", "b"));
    }
}
