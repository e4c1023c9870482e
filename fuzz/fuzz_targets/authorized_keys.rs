//! Lines of `authorized_keys` with options.
//!
//! - Lines that are read are written back to lines that say the same.
//! - Without its options each is a plain key.
//! - The lists in them answer for any address and any name.

#![no_main]

use causeway_core::sshkey::{Patterns, PublicKey, parse_authorized};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(lines) = parse_authorized(input) {
        for line in &lines.unusable {
            let again = parse_authorized(line.to_openssh()).expect("a line that was read");
            assert!(again.keys.is_empty() && again.unusable.len() == 1);
        }
        let written: Vec<_> = lines.keys.iter().map(|line| line.to_openssh()).collect();
        for (line, text) in lines.keys.iter().zip(&written) {
            let again = parse_authorized(text).expect("our own line");
            assert_eq!(again.keys.as_slice(), std::slice::from_ref(line));
            let key = PublicKey::from_openssh_line(&line.key().to_openssh()).expect("a plain key");
            assert_eq!(&key, line.key());
            let terms = line.terms();
            assert!(terms.principals.is_none() || terms.is_authority || terms.refused.is_some());
            if let Some(expiry) = terms.expires {
                let _ = expiry.timestamp(&jiff::tz::TimeZone::UTC);
            }
            if let Some(from) = &terms.from {
                ask(from);
            }
        }
    }
    if let Some(patterns) = Patterns::parse(input) {
        ask(&patterns);
    }
    if let Some(addresses) = Patterns::parse_addresses(input) {
        assert!(!addresses.take_name(b"localhost"), "addresses take no names");
        ask(&addresses);
    }
});

fn ask(patterns: &Patterns) {
    for address in ["192.0.2.1", "::1", "::ffff:10.1.2.3"] {
        let address: std::net::IpAddr = address.parse().expect("an address");
        assert_eq!(patterns.take_address(address), patterns.take_address(address.to_canonical()));
    }
    assert_eq!(patterns.take_name(b"Files.Example.com"), patterns.take_name(b"files.example.COM"));
}
