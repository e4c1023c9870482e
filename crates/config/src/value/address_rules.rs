//! From where somebody may log in.

use std::fmt;
use std::net::IpAddr;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use super::{BadValue, items, text_value};

/// Rules on addresses, one a line: `allow` or `deny`, and an address or a network. The first that matches decides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressRules(Arc<[AddressRule]>);

/// One rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRule {
    allow: bool,
    network: Network,
}

/// An address, or those that share its first bits. IPv4 addresses in their IPv6 form are the IPv4 addresses, so a
/// network of IPv6 never has an IPv4 address in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// With zeroes after the prefix.
    address: IpAddr,
    /// Bits; at most those of the address.
    prefix: u8,
}

/// What rules say to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling {
    Allowed(AddressRule),
    Denied(AddressRule),
    /// No rule matches.
    Unmatched,
}

impl AddressRules {
    /// An IPv4 address that came over an IPv6 socket is the IPv4 address.
    pub fn judge(&self, address: IpAddr) -> Ruling {
        match self.0.iter().find(|rule| rule.network.contains(address)) {
            Some(rule) if rule.allow => Ruling::Allowed(*rule),
            Some(rule) => Ruling::Denied(*rule),
            None => Ruling::Unmatched,
        }
    }
}

impl Deref for AddressRules {
    type Target = [AddressRule];

    fn deref(&self) -> &[AddressRule] {
        &self.0
    }
}

impl Network {
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => masked4(other.to_bits(), self.prefix) == own.to_bits(),
            (IpAddr::V6(own), IpAddr::V6(other)) => masked6(other.to_bits(), self.prefix) == own.to_bits(),
            _ => false,
        }
    }
}

fn masked4(bits: u32, prefix: u8) -> u32 {
    bits & u32::MAX.checked_shl(32_u32.saturating_sub(prefix.into())).unwrap_or(0)
}

fn masked6(bits: u128, prefix: u8) -> u128 {
    bits & u128::MAX.checked_shl(128_u32.saturating_sub(prefix.into())).unwrap_or(0)
}

impl FromStr for Network {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let bad =
            || BadValue::new(format!("'{text}' is neither an IP address nor a network such as 10.0.0.0/8"));
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let bits: u8 = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => bits,
            Some(digits) => prefix_of(digits).filter(|p| *p <= bits).ok_or_else(bad)?,
        };
        Ok(match (address, prefix.checked_sub(96)) {
            (IpAddr::V6(mapped), Some(short)) if mapped.to_ipv4_mapped().is_some() => {
                Self::of(address.to_canonical(), short)
            }
            _ => Self::of(address, prefix),
        })
    }
}

impl Network {
    /// `prefix` is at most the number of the address's bits.
    fn of(address: IpAddr, prefix: u8) -> Self {
        let address = match address {
            IpAddr::V4(v4) => IpAddr::from(masked4(v4.to_bits(), prefix).to_be_bytes()),
            IpAddr::V6(v6) => IpAddr::from(masked6(v6.to_bits(), prefix).to_be_bytes()),
        };
        Self { address, prefix }
    }
}

/// Digits alone: no sign.
fn prefix_of(digits: &str) -> Option<u8> {
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}

impl FromStr for AddressRule {
    type Err = BadValue;

    fn from_str(line: &str) -> Result<Self, BadValue> {
        let mut words = line.split_whitespace();
        let (action, network) = (words.next().unwrap_or_default(), words.next());
        let allow = match (action.to_ascii_lowercase().as_str(), words.next()) {
            ("allow", None) => true,
            ("deny", None) => false,
            _ => return Err(BadValue::new(format!("'{line}' is not 'allow ADDRESS' or 'deny ADDRESS'"))),
        };
        let network = network.ok_or_else(|| BadValue::new(format!("'{line}' names no address")))?;
        Ok(Self { allow, network: network.parse()? })
    }
}

impl FromStr for AddressRules {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        items(text).map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = if self.address.is_ipv4() { 32 } else { 128 };
        match self.prefix {
            prefix if prefix == whole => self.address.fmt(f),
            prefix => write!(f, "{}/{prefix}", self.address),
        }
    }
}

impl fmt::Display for AddressRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", if self.allow { "allow" } else { "deny" }, self.network)
    }
}

impl fmt::Display for AddressRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, rule) in self.0.iter().enumerate() {
            write!(f, "{}{rule}", if i > 0 { "\n" } else { "" })?;
        }
        Ok(())
    }
}

text_value!(AddressRules, "'allow' or 'deny' and an address or network, one rule a line");

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rules(text: &str) -> AddressRules {
        text.parse().unwrap()
    }

    fn verdict(rules: &AddressRules, address: &str) -> Option<bool> {
        match rules.judge(address.parse().unwrap()) {
            Ruling::Allowed(_) => Some(true),
            Ruling::Denied(_) => Some(false),
            Ruling::Unmatched => None,
        }
    }

    #[test]
    fn the_first_rule_that_matches_an_address_decides() {
        let rules = rules("deny 192.168.1.1\nAllow 192.168.1.0/24\n\nallow 2001:db8::/32\ndeny 2001:db8::1");
        for (address, expected) in [
            ("192.168.1.1", Some(false)),
            ("192.168.1.2", Some(true)),
            ("192.168.1.255", Some(true)),
            ("192.168.2.1", None),
            ("2001:db8::1", Some(true)),
            ("2001:db9::1", None),
            ("::ffff:192.168.1.1", Some(false)),
        ] {
            assert_eq!(verdict(&rules, address), expected, "{address}");
        }
        assert_eq!(
            rules.to_string(),
            "deny 192.168.1.1\nallow 192.168.1.0/24\nallow 2001:db8::/32\ndeny 2001:db8::1"
        );
    }

    #[test]
    fn networks_have_no_end_bits_and_mapped_addresses_are_ipv4() {
        for (text, canonical) in [
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("10.1.2.3/0", "0.0.0.0/0"),
            ("::ffff:10.1.2.3", "10.1.2.3"),
            ("::ffff:10.1.2.3/104", "10.0.0.0/8"),
            ("2001:db8::1/0", "::/0"),
        ] {
            assert_eq!(text.parse::<Network>().unwrap().to_string(), canonical);
        }
        let everything_of_ipv6 = rules("allow ::/0");
        assert_eq!(verdict(&everything_of_ipv6, "::1"), Some(true));
        assert_eq!(verdict(&everything_of_ipv6, "127.0.0.1"), None);
        assert_eq!(verdict(&everything_of_ipv6, "::ffff:127.0.0.1"), None);
    }

    #[test]
    fn what_is_no_rule_is_no_value() {
        for bad in [
            "allow",
            "deny ",
            "10.0.0.1",
            "permit 10.0.0.1",
            "allow 10.0.0.1 10.0.0.2",
            "allow host.example.com",
            "allow 10.0.0.0/33",
            "allow 10.0.0.0/+8",
            "allow 10.0.0.0/",
            "allow ::/129",
            "allow 10.0.0.0/255.0.0.0",
            "allow 010.0.0.1",
            "allow 10.0.0",
            "allow 10.0.0.1, 10.0.0.2",
            "allow fe80::1%eth0",
        ] {
            assert!(bad.parse::<AddressRules>().is_err(), "{bad}");
        }
        assert!("".parse::<AddressRules>().unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn a_network_holds_exactly_the_addresses_that_share_its_bits(own: u32, other: u32, prefix in 0..=32_u8) {
            let network: Network = format!("{}/{prefix}", std::net::Ipv4Addr::from(own)).parse().unwrap();
            let shares = (0..u32::from(prefix)).all(|bit| (own ^ other) >> (31 - bit) & 1 == 0);
            prop_assert_eq!(network.contains(IpAddr::V4(other.into())), shares);
            prop_assert_eq!(network.to_string().parse::<Network>().unwrap(), network);
        }

        #[test]
        fn a_network_of_ipv6_holds_exactly_the_addresses_that_share_its_bits(own: u128, flip in 0..128_u32, prefix in 0..=128_u8) {
            let network: Network = format!("{}/{prefix}", std::net::Ipv6Addr::from(own)).parse().unwrap();
            let other = std::net::Ipv6Addr::from(own ^ (1 << (127 - flip)));
            prop_assert_eq!(network.contains(IpAddr::V6(other)), flip >= u32::from(prefix));
        }
    }
}
