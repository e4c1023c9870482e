//! Certificates: as the blob of the wire, and as the line that `ssh-keygen` writes.
//!
//! - A certificate that is accepted is its blob, and what was signed lies at its front.
//! - Its keys are keys that would be accepted by themselves.
//! - Nothing that was not signed verifies: the seeds are signed, and a change of what was signed is found.

#![no_main]

use std::sync::LazyLock;

use causeway_core::sshkey::{Certificate, PublicKey};
use causeway_ssh::keys::verify_certificate;
use libfuzzer_sys::fuzz_target;

/// Certificates of the seeds, and the authority that signed them.
static SIGNED: LazyLock<Vec<Certificate>> = LazyLock::new(|| {
    macro_rules! seed {
        ($name:literal) => {
            include_bytes!(concat!("../../crates/core/tests-data/certificates/", $name)).as_slice()
        };
    }
    [
        seed!("ed25519-cert.pub"),
        seed!("ecdsa256-cert.pub"),
        seed!("ecdsa384-cert.pub"),
        seed!("ecdsa521-cert.pub"),
        seed!("rsa2048-cert.pub"),
        seed!("host-cert.pub"),
        seed!("forced-cert.pub"),
        seed!("nobody-cert.pub"),
    ]
    .map(|text| Certificate::from_openssh(text).expect("made by ssh-keygen"))
    .into()
});

fuzz_target!(|input: &[u8]| {
    if let Ok(certificate) = Certificate::from_openssh(input) {
        check(&certificate);
    }
    if let Ok(certificate) = Certificate::from_blob(input) {
        assert_eq!(certificate.blob(), input);
        check(&certificate);
    }
});

fn check(certificate: &Certificate) {
    assert!(certificate.blob().starts_with(certificate.signed_data()));
    assert!(certificate.blob().ends_with(certificate.signature()));
    assert_eq!(Certificate::from_blob(certificate.blob()).as_ref(), Ok(certificate));
    for key in [certificate.key(), certificate.authority()] {
        assert_eq!(PublicKey::from_blob(key.blob()).as_ref(), Ok(key));
    }
    assert!(certificate.principals().count() <= 256);
    assert!(!certificate.to_string().chars().any(char::is_control));
    if verify_certificate(certificate).is_ok() {
        let of_a_seed = |seed: &Certificate| seed.signed_data() == certificate.signed_data();
        assert!(SIGNED.iter().any(of_a_seed), "signed by nobody we know");
    }
}
