//! Whoever is behind an address, as far as limits and bans can tell them apart.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Bits of an IPv6 address that a subscriber cannot choose: one is usually given a /64 (RFC 6177, RFC 7421).
const PREFIX: u8 = 64;
const OWN_BITS: u128 = (1 << (128 - PREFIX)) - 1;

/// An IPv4 address, or an IPv6 network of 64 bits: one subscriber has that many addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceNetwork(IpAddr);

impl SourceNetwork {
    /// The one that an address is in. An IPv4 address in its IPv6 form is the IPv4 address.
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            v4 @ IpAddr::V4(_) => v4,
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !OWN_BITS)),
        })
    }
}

impl From<Ipv4Addr> for SourceNetwork {
    fn from(address: Ipv4Addr) -> Self {
        Self(address.into())
    }
}

impl fmt::Display for SourceNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(v4) => v4.fmt(f),
            IpAddr::V6(v6) => write!(f, "{v6}/{PREFIX}"),
        }
    }
}

/// The text names no source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is neither an IP address nor an IPv6 network of {PREFIX} bits")]
pub struct NoSource;

impl FromStr for SourceNetwork {
    type Err = NoSource;

    /// As it is written, or any address in it.
    fn from_str(text: &str) -> Result<Self, NoSource> {
        match text.strip_suffix("/64") {
            Some(v6) => v6.parse::<Ipv6Addr>().map(|v6| Self::of(v6.into())).map_err(|_| NoSource),
            None => text.parse().map(Self::of).map_err(|_| NoSource),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> SourceNetwork {
        text.parse().unwrap()
    }

    #[test]
    fn ipv4_addresses_are_told_apart_and_ipv6_addresses_by_their_first_64_bits() {
        assert_ne!(source("192.0.2.1"), source("192.0.2.2"));
        assert_eq!(source("::ffff:192.0.2.1"), source("192.0.2.1"));
        assert_eq!(source("2001:db8::1"), source("2001:db8::ffff:0:0:1"));
        assert_ne!(source("2001:db8::1"), source("2001:db8:0:1::1"));
    }

    #[test]
    fn what_is_written_reads_back_and_nothing_else_does() {
        for (text, written) in
            [("192.0.2.1", "192.0.2.1"), ("2001:db8::7", "2001:db8::/64"), ("2001:db8::/64", "2001:db8::/64")]
        {
            assert_eq!(source(text).to_string(), written);
            assert_eq!(source(written), source(text));
        }
        for bad in ["", "192.0.2.1/64", "192.0.2.0/24", "2001:db8::/48", "host", "fe80::1%1"] {
            assert_eq!(bad.parse::<SourceNetwork>(), Err(NoSource), "{bad}");
        }
    }
}
