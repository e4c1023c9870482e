//! Whom to believe something, by address.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use super::list::members;
use super::{BadValue, Network, text_value};

/// Addresses and networks, comma-separated or one a line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Networks(Arc<[Network]>);

impl Networks {
    /// Whether one of them has the address. An IPv4 address that came over an IPv6 socket is the IPv4 address.
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for Networks {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        members(text)?.iter().map(|member| member.parse()).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Networks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, network) in self.0.iter().enumerate() {
            write!(f, "{}{network}", if i > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

text_value!(Networks, "comma-separated IP addresses and networks");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_networks_has_the_addresses_of_each() {
        let networks: Networks = "10.0.0.0/8, 2001:db8::1\n192.0.2.7".parse().unwrap();
        assert_eq!(networks.to_string(), "10.0.0.0/8, 2001:db8::1, 192.0.2.7");
        for (address, expected) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("2001:db8::1", true),
            ("2001:db8::2", false),
            ("192.0.2.7", true),
            ("192.0.2.8", false),
        ] {
            assert_eq!(networks.contain(address.parse().unwrap()), expected, "{address}");
        }
        assert!("".parse::<Networks>().unwrap().is_empty());
        for bad in ["10.0.0.0/33", "balancer.example.com", "10.0.0.1 10.0.0.2", "*"] {
            assert!(bad.parse::<Networks>().is_err(), "{bad}");
        }
    }
}
