//! Lists of addresses and names of hosts, as OpenSSH writes them (ssh_config(5), PATTERNS).

use std::net::IpAddr;

/// Patterns separated by commas: addresses, networks (`10.0.0.0/8`), and texts with `*` and `?`; one after a `!` refuses what
/// it matches, whatever the others say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patterns(Box<[Pattern]>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    negated: bool,
    what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    /// An address and how many of its first bits count.
    Network(IpAddr, u8),
    /// In lower case.
    Text(Box<[u8]>),
}

/// Patterns of one list.
const MAX_PATTERNS: usize = 1024;

impl Patterns {
    /// Reads a list. `None`: it is empty, one of its members is, or what should be a network is none.
    pub fn parse(list: &[u8]) -> Option<Self> {
        let members: Vec<&[u8]> = list.split(|b| *b == b',').take(MAX_PATTERNS + 1).collect();
        if members.len() > MAX_PATTERNS {
            return None;
        }
        members.into_iter().map(Pattern::parse).collect::<Option<_>>().map(Self)
    }

    /// Reads a list of addresses and networks alone, as certificates have it (OpenSSH PROTOCOL.certkeys,
    /// `source-address`).
    pub fn parse_addresses(list: &[u8]) -> Option<Self> {
        let plain = |p: &Pattern| !p.negated && matches!(p.what, What::Network(..));
        Self::parse(list).filter(|patterns| patterns.0.iter().all(plain))
    }

    /// Whether the list takes the address. No name is looked up: a pattern for names takes none.
    pub fn take_address(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let text = address.to_string();
        self.take(|what| match what {
            What::Network(network, bits) => contains(*network, *bits, address),
            What::Text(pattern) => glob(pattern, text.as_bytes()),
        })
    }

    /// Whether the list takes the name of a host, whatever its case.
    pub fn take_name(&self, name: &[u8]) -> bool {
        let name = name.to_ascii_lowercase();
        self.take(|what| matches!(what, What::Text(pattern) if glob(pattern, &name)))
    }

    fn take(&self, hits: impl Fn(&What) -> bool) -> bool {
        let mut taken = false;
        for pattern in self.0.iter().filter(|p| hits(&p.what)) {
            if pattern.negated {
                return false;
            }
            taken = true;
        }
        taken
    }
}

impl Pattern {
    fn parse(text: &[u8]) -> Option<Self> {
        let text = text.trim_ascii();
        let (negated, text) = text.strip_prefix(b"!").map_or((false, text), |rest| (true, rest));
        let as_text = std::str::from_utf8(text).ok().filter(|t| !t.is_empty())?;
        let what = match as_text.split_once('/') {
            Some((address, bits)) => network(address, bits)?,
            None => match as_text.parse::<IpAddr>() {
                Ok(address) => {
                    let address = address.to_canonical();
                    What::Network(address, width(address))
                }
                Err(_) => What::Text(text.to_ascii_lowercase().into()),
            },
        };
        Some(Self { negated, what })
    }
}

fn network(address: &str, bits: &str) -> Option<What> {
    let address: IpAddr = address.parse().ok()?;
    let digits = !bits.is_empty() && bits.bytes().all(|b| b.is_ascii_digit());
    let bits: u8 = if digits { bits.parse().ok()? } else { return None };
    (bits <= width(address)).then_some(What::Network(address, bits))
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn contains(network: IpAddr, bits: u8, address: IpAddr) -> bool {
    let bits = u32::from(bits);
    let differs = match (network, address) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            (a.to_bits() ^ b.to_bits()).checked_shr(32_u32.saturating_sub(bits)).unwrap_or(0) != 0
        }
        (IpAddr::V6(a), IpAddr::V6(b)) => {
            (a.to_bits() ^ b.to_bits()).checked_shr(128_u32.saturating_sub(bits)).unwrap_or(0) != 0
        }
        _ => true,
    };
    !differs
}

/// `*` stands for any bytes, `?` for one. Takes at most as many steps as the product of both lengths.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where to go on after the last star: in the pattern, and in the text.
    let mut back: Option<(usize, usize)> = None;
    while let Some(byte) = text.get(t) {
        match pattern.get(p) {
            Some(b'*') => {
                p += 1;
                back = Some((p, t));
            }
            Some(b'?') => (p, t) = (p + 1, t + 1),
            Some(own) if own == byte => (p, t) = (p + 1, t + 1),
            _ => match &mut back {
                Some((after, from)) => {
                    *from += 1;
                    (p, t) = (*after, *from);
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|b| *b == b'*'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn takes(list: &str, address: &str) -> bool {
        Patterns::parse(list.as_bytes()).unwrap().take_address(address.parse().unwrap())
    }

    #[test]
    fn addresses_are_taken_by_networks_and_patterns_unless_a_negated_one_matches() {
        assert!(takes("10.0.0.0/8", "10.1.2.3") && !takes("10.0.0.0/8", "11.0.0.0"));
        assert!(takes("192.0.2.*", "192.0.2.200") && !takes("192.0.2.?", "192.0.2.20"));
        assert!(takes("2001:db8::/32", "2001:db8::1") && !takes("2001:db8::/32", "2001:db9::1"));
        assert!(takes("0.0.0.0/0", "203.0.113.9") && !takes("0.0.0.0/0", "::1"));
        assert!(
            !takes("10.0.0.0/8,!10.1.0.0/16", "10.1.2.3") && takes("10.0.0.0/8,!10.1.0.0/16", "10.2.0.0")
        );
        assert!(!takes("!10.0.0.1", "10.0.0.2"), "refusing one takes no other");
        assert!(takes("192.0.2.1", "::ffff:192.0.2.1"), "the address of an IPv6 socket");
        assert!(!takes("files.example.com", "192.0.2.1"), "no name is looked up");
    }

    #[test]
    fn names_are_taken_whatever_their_case_and_networks_take_none() {
        let list = Patterns::parse(b"*.Example.com,!evil.example.com,10.0.0.0/8").unwrap();
        assert!(list.take_name(b"FILES.example.COM"));
        assert!(!list.take_name(b"evil.example.com") && !list.take_name(b"example.com"));
        assert!(!list.take_name(b"10.0.0.1"));
    }

    #[test]
    fn what_cannot_be_understood_is_no_list() {
        for bad in ["", ",", "a,", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "a/8", "!", "\\xff/"] {
            assert_eq!(Patterns::parse(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(Patterns::parse(&[0xff]), None);
        assert!(Patterns::parse_addresses(b"10.0.0.0/8,::1").is_some());
        for bad in ["!10.0.0.0/8", "10.*", "host"] {
            assert_eq!(Patterns::parse_addresses(bad.as_bytes()), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn patterns_match_as_their_regular_expressions_do(pattern in "[ab*?]{0,8}", text in "[ab]{0,10}") {
            let expression = format!("^{}$", pattern.replace('*', ".*").replace('?', "."));
            let expected = fancy_regex::Regex::new(&expression).unwrap().is_match(&text).unwrap();
            prop_assert_eq!(glob(pattern.as_bytes(), text.as_bytes()), expected);
        }

        #[test]
        fn no_list_makes_it_panic(list in any::<Vec<u8>>(), bits in any::<u128>()) {
            if let Some(list) = Patterns::parse(&list) {
                list.take_address(IpAddr::V6(bits.into()));
            }
        }
    }
}
