//! Lists of revoked keys: as text, and in OpenSSH's binary form (KRL).
//!
//! - A list that is read answers for any key and certificate.
//! - A line more revokes what it names, and everything that was revoked before.

#![no_main]

use std::sync::LazyLock;

use causeway_core::sshkey::{Certificate, Offered, Revoked, parse_many};
use libfuzzer_sys::fuzz_target;

static OFFERED: LazyLock<Vec<Offered>> = LazyLock::new(|| {
    let key = include_bytes!("../../crates/core/tests-data/sshkey/ed25519.pub");
    let certificates = [
        include_bytes!("../../crates/core/tests-data/certificates/ed25519-cert.pub").as_slice(),
        include_bytes!("../../crates/core/tests-data/certificates/nobody-cert.pub").as_slice(),
    ];
    let certificates = certificates.map(|text| Certificate::from_openssh(text).expect("made by ssh-keygen"));
    let keys = parse_many(key).expect("a key").into_iter().map(Offered::Key);
    keys.chain(certificates.map(|c| Offered::Certificate(Box::new(c)))).collect()
});

fuzz_target!(|input: &[u8]| {
    let Ok(list) = Revoked::parse(input) else { return };
    let before: Vec<_> = OFFERED.iter().map(|offered| list.reason(offered).is_some()).collect();
    if input.starts_with(b"SSHKRL\n") || input.contains(&b'\r') {
        return;
    }
    let longer = [input, b"\nserial: 7\n"].concat();
    let longer = Revoked::parse(&longer).expect("a line more");
    for (offered, was) in OFFERED.iter().zip(before) {
        let is = longer.reason(offered).is_some();
        let named = offered.certificate().is_some_and(|c| c.serial() == 7);
        assert_eq!(is, was || named, "{offered}");
    }
});
