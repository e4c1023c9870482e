//! Signatures of users' keys, those in FIDO authenticators among them: the first byte chooses the key and the algorithm.
//!
//! No signature verifies but what the key signed: the seeds are signatures, and other bytes are none.

#![no_main]

use std::sync::LazyLock;

use causeway_core::sshkey::{PrivateKey, PublicKey, Touch, parse_many};
use causeway_ssh::HostKey;
use causeway_ssh::keys::{HostKeyPair, Scheme, verify};
use libfuzzer_sys::fuzz_target;

const DATA: &[u8] = b"what is signed";

static KEYS: LazyLock<Vec<PublicKey>> = LazyLock::new(|| {
    macro_rules! key {
        ($name:literal) => {
            include_bytes!(concat!("../../crates/core/tests-data/sshkey/", $name)).as_slice()
        };
    }
    let texts = [
        key!("ed25519.pub"),
        key!("ecdsa256.pub"),
        key!("ecdsa384.pub"),
        key!("ecdsa521.pub"),
        key!("rsa2048.pub"),
    ];
    let plain = texts.map(|text| parse_many(text).expect("made by ssh-keygen").remove(0));
    let as_sk = |key: &PublicKey, name: &str| {
        let mut blob = Vec::new();
        let rest = &key.blob()[4 + key.algorithm().name().len()..];
        blob.extend_from_slice(&u32::try_from(name.len()).expect("short").to_be_bytes());
        blob.extend_from_slice(name.as_bytes());
        blob.extend_from_slice(rest);
        blob.extend_from_slice(b"\0\0\0\x04ssh:");
        PublicKey::from_blob(&blob).expect("the same point")
    };
    let sk = [
        as_sk(&plain[0], "sk-ssh-ed25519@openssh.com"),
        as_sk(&plain[1], "sk-ecdsa-sha2-nistp256@openssh.com"),
    ];
    plain.into_iter().chain(sk).collect()
});

/// What Ed25519 and RSA sign is always the same, so that it can be told from what is forged.
static PAIRS: LazyLock<[HostKeyPair; 2]> = LazyLock::new(|| {
    [
        include_bytes!("../../crates/core/tests-data/sshkey/ed25519.openssh").as_slice(),
        include_bytes!("../../crates/core/tests-data/sshkey/rsa2048.openssh").as_slice(),
    ]
    .map(|text| HostKeyPair::new(&PrivateKey::parse(text, None).expect("a key")).expect("it signs"))
});

fuzz_target!(|input: &[u8]| {
    let Some((choice, signature)) = input.split_first() else { return };
    let key = &KEYS[usize::from(choice >> 4) % KEYS.len()];
    let scheme = Scheme::ALL[usize::from(choice & 15) % Scheme::ALL.len()];
    let Ok(touch) = verify(key, scheme.name().as_bytes(), DATA, signature) else { return };
    assert_eq!(scheme.key_type(), key.algorithm());
    assert_eq!(touch.is_some(), key.algorithm().is_sk());
    for pair in PAIRS.iter().filter(|pair| pair.public() == key) {
        let own = pair.sign(scheme.name(), DATA).expect("it signs");
        // Clients may leave out the zeros before an RSA signature.
        assert!(signature.len() <= own.len() && signature.ends_with(&own[own.len() - 32..]));
    }
    if touch.is_some() {
        let tail = &signature[signature.len() - 5..];
        assert_eq!(touch, Some(Touch::from_flags(tail[0])));
    }
});
