//! The option `source_ip_filter` and what it says about an address. The first line of the input is the address, the
//! rest is the option.
//!
//! - A rule matches exactly the addresses that share the bits of its prefix, and the first one that matches decides.
//! - An IPv4 address in its IPv6 form is the IPv4 address.
//! - What is written from what was read says the same.

#![no_main]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use causeway_config::value::{AddressRules, Ruling};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut parts = input.splitn(2, |b| *b == b'\n');
    let (Some(address), Some(text)) = (parts.next(), parts.next()) else { return };
    let (Some(address), Ok(text)) = (address_of(address), std::str::from_utf8(text)) else { return };
    let Ok(rules) = text.parse::<AddressRules>() else { return };

    let written = rules.to_string();
    assert_eq!(written.parse::<AddressRules>().as_ref(), Ok(&rules), "{written}");

    let ruling = rules.judge(address);
    let said = match ruling {
        Ruling::Allowed(rule) | Ruling::Denied(rule) => Some(rule.to_string()),
        Ruling::Unmatched => None,
    };
    let expected = written.lines().find(|rule| shares_bits(rule, address.to_canonical()));
    assert_eq!(said.as_deref(), expected, "{address}\n{written}");
    assert!(said.is_none_or(|rule| rule.starts_with("allow ") == matches!(ruling, Ruling::Allowed(_))));

    let other_form = match address {
        IpAddr::V4(v4) => IpAddr::V6(v4.to_ipv6_mapped()),
        v6 => v6.to_canonical(),
    };
    assert_eq!(rules.judge(other_form), ruling);
});

/// Text, or the bytes of an address.
fn address_of(bytes: &[u8]) -> Option<IpAddr> {
    if let Some(address) = std::str::from_utf8(bytes).ok().and_then(|text| text.parse().ok()) {
        return Some(address);
    }
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(|b| Ipv4Addr::from(b).into()),
        16 => <[u8; 16]>::try_from(bytes).ok().map(|b| Ipv6Addr::from(b).into()),
        _ => None,
    }
}

/// The same question, asked of the text of a rule bit by bit.
fn shares_bits(rule: &str, address: IpAddr) -> bool {
    let (_, network) = rule.split_once(' ').expect("an action and a network");
    let (own, prefix) = network.split_once('/').map_or((network, None), |(own, prefix)| (own, Some(prefix)));
    let own = bits(own.parse().expect("an address"));
    let prefix = prefix.map_or(own.len(), |p| p.parse().expect("a number"));
    let address = bits(address);
    own.len() == address.len() && own.iter().zip(&address).take(prefix).all(|(a, b)| a == b)
}

fn bits(address: IpAddr) -> Vec<bool> {
    let bytes = match address {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    };
    bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte >> (7 - bit) & 1 == 1)).collect()
}
