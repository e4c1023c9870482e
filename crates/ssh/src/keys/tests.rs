use aws_lc_rs::digest::{SHA512, digest};
use causeway_core::Random;
use causeway_core::sshkey::{PrivateKey, PublicKey};
use data_encoding::BASE64;
use proptest::prelude::*;

use super::*;
use crate::kex::HostKey;
use crate::wire::{Reader, Writer};

macro_rules! key {
    ($name:literal) => {
        include_bytes!(concat!("../../../core/tests-data/sshkey/", $name)).as_slice()
    };
}

/// Private keys that `ssh-keygen` made, and what it signed with each.
const KEYS: [(&[u8], &str); 5] = [
    (key!("ed25519.openssh"), include_str!("../../tests-data/signatures/ed25519.sshsig")),
    (key!("ecdsa256.openssh"), include_str!("../../tests-data/signatures/ecdsa256.sshsig")),
    (key!("ecdsa384.openssh"), include_str!("../../tests-data/signatures/ecdsa384.sshsig")),
    (key!("ecdsa521.openssh"), include_str!("../../tests-data/signatures/ecdsa521.sshsig")),
    (key!("rsa2048.openssh"), include_str!("../../tests-data/signatures/rsa2048.sshsig")),
];

const DATA: &[u8] = b"what is signed";

fn pair(text: &[u8]) -> HostKeyPair {
    HostKeyPair::new(&PrivateKey::parse(text, None).unwrap()).unwrap()
}

/// A signature with each algorithm of each key.
fn signatures() -> impl Iterator<Item = (HostKeyPair, &'static str, Vec<u8>)> {
    KEYS.into_iter().flat_map(|(text, _)| {
        let names = pair(text).algorithms().to_vec();
        names.into_iter().map(move |name| {
            let pair = pair(text);
            let signature = pair.sign(name, DATA).unwrap();
            (pair, name, signature)
        })
    })
}

fn blob(algorithm: &[u8], signature: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    Writer::new(&mut out).string(algorithm).string(signature);
    out
}

fn inner(signature: &[u8]) -> Vec<u8> {
    let mut r = Reader::new(signature);
    r.string().unwrap();
    r.string().unwrap().to_vec()
}

#[test]
fn what_a_key_signs_its_public_half_verifies_with_every_algorithm() {
    let mut names = Vec::new();
    for (pair, name, signature) in signatures() {
        assert_eq!(verify(pair.public(), name.as_bytes(), DATA, &signature), Ok(()), "{name}");
        assert_eq!(pair.public_blob(), pair.public().blob());
        names.push(name);
    }
    assert_eq!(names, Scheme::NAMES);
}

/// The format of `ssh-keygen -Y sign` (OpenSSH PROTOCOL.sshsig) has a signature blob of SSH inside.
#[test]
fn what_ssh_keygen_signed_is_verified() {
    for (text, armoured) in KEYS {
        let lines: String = armoured.lines().filter(|l| !l.starts_with('-')).collect();
        let file = BASE64.decode(lines.as_bytes()).unwrap();
        let mut r = Reader::new(file.strip_prefix(b"SSHSIG\0\0\0\x01").unwrap());
        let key = PublicKey::from_blob(r.string().unwrap()).unwrap();
        let (namespace, _, hash, signature) =
            (r.string().unwrap(), r.string().unwrap(), r.string().unwrap(), r.string().unwrap());
        assert_eq!((namespace, hash), (&b"file"[..], &b"sha512"[..]));
        let mut data = b"SSHSIG".to_vec();
        Writer::new(&mut data)
            .string(namespace)
            .string(b"")
            .string(hash)
            .string(digest(&SHA512, b"Causeway").as_ref());
        assert_eq!(&key, pair(text).public());
        let algorithm = Reader::new(signature).string().unwrap();
        assert_eq!(verify(&key, algorithm, &data, signature), Ok(()), "{key:?}");
        data.push(0);
        assert_eq!(verify(&key, algorithm, &data, signature), Err(VerifyError::Wrong));
    }
}

#[test]
fn a_signature_over_other_data_or_of_another_key_is_wrong() {
    for (pair, name, signature) in signatures() {
        assert_eq!(verify(pair.public(), name.as_bytes(), b"other", &signature), Err(VerifyError::Wrong));
    }
    let mine = pair(KEYS[0].0);
    let other = HostKeyPair::new(&generate(KeyKind::Ed25519).unwrap()).unwrap();
    let signature = other.sign("ssh-ed25519", DATA).unwrap();
    assert_eq!(verify(mine.public(), b"ssh-ed25519", DATA, &signature), Err(VerifyError::Wrong));
}

#[test]
fn v04_an_algorithm_that_does_not_fit_the_key_is_refused() {
    for (pair, own, signature) in signatures() {
        for name in Scheme::NAMES {
            if pair.algorithms().contains(&name) {
                continue;
            }
            let renamed = blob(name.as_bytes(), &inner(&signature));
            assert!(matches!(
                verify(pair.public(), name.as_bytes(), DATA, &renamed),
                Err(VerifyError::DoesNotFit { .. })
            ));
            // The request says one algorithm, the signature another.
            assert_eq!(verify(pair.public(), own.as_bytes(), DATA, &renamed), Err(VerifyError::Malformed));
            assert!(pair.sign(name, DATA).is_err());
        }
    }
    let rsa = pair(KEYS[4].0);
    let sha512 = rsa.sign("rsa-sha2-512", DATA).unwrap();
    assert_eq!(verify(rsa.public(), b"rsa-sha2-256", DATA, &sha512), Err(VerifyError::Malformed));
    let renamed = blob(b"rsa-sha2-256", &inner(&sha512));
    assert_eq!(verify(rsa.public(), b"rsa-sha2-256", DATA, &renamed), Err(VerifyError::Wrong));
}

#[test]
fn v04_signatures_with_sha_1_are_refused_by_name() {
    let rsa = pair(KEYS[4].0);
    let signature = blob(b"ssh-rsa", &inner(&rsa.sign("rsa-sha2-256", DATA).unwrap()));
    assert_eq!(verify(rsa.public(), b"ssh-rsa", DATA, &signature), Err(SchemeError::Sha1.into()));
    assert!(rsa.sign("ssh-rsa", DATA).is_err());
    for name in [&b""[..], b"none", b"SSH-ED25519", b"ssh-ed25519\0", b"ssh-dss", b"rsa-sha2-256@example"] {
        assert!(matches!(Scheme::from_name(name), Err(SchemeError::Unsupported(_))));
    }
}

#[test]
fn a_signature_cut_short_or_with_bytes_behind_it_is_malformed() {
    for (pair, name, signature) in signatures() {
        let judge = |s: &[u8]| verify(pair.public(), name.as_bytes(), DATA, s);
        for cut in 0..signature.len() {
            assert_eq!(judge(&signature[..cut]), Err(VerifyError::Malformed), "{name} {cut}");
        }
        assert_eq!(judge(&[&signature[..], &[0]].concat()), Err(VerifyError::Malformed));
        let longer = [&[0][..], &inner(&signature)].concat();
        assert_eq!(judge(&blob(name.as_bytes(), &longer)), Err(VerifyError::Malformed));
        let longer = [&inner(&signature)[..], &[0]].concat();
        assert_eq!(judge(&blob(name.as_bytes(), &longer)), Err(VerifyError::Malformed));
        assert!(judge(&blob(name.as_bytes(), b"")).is_err());
    }
}

#[test]
fn ecdsa_numbers_out_of_range_are_refused() {
    for (text, _) in &KEYS[1..4] {
        let pair = pair(text);
        let name = pair.algorithms()[0];
        let numbers = |r: &[u8], s: &[u8]| {
            let mut out = Vec::new();
            Writer::new(&mut out).mpint(r).mpint(s);
            verify(pair.public(), name.as_bytes(), DATA, &blob(name.as_bytes(), &out))
        };
        assert_eq!(numbers(&[], &[]), Err(VerifyError::Wrong));
        assert_eq!(numbers(&[1], &[]), Err(VerifyError::Wrong));
        assert_eq!(numbers(&[0xff; 32], &[0xff; 32]), Err(VerifyError::Wrong));
        assert_eq!(numbers(&[0xff; 67], &[1]), Err(VerifyError::Malformed));
        // Negative: the first bit is set and no zero stands before it.
        let mut negative = Vec::new();
        Writer::new(&mut negative).string(&[0x80]).string(&[1]);
        let signature = blob(name.as_bytes(), &negative);
        assert_eq!(verify(pair.public(), name.as_bytes(), DATA, &signature), Err(VerifyError::Malformed));
    }
}

/// One signature in 256 begins with a zero byte; some clients leave it out.
#[test]
fn an_rsa_signature_without_its_leading_zeros_is_verified() {
    let rsa = pair(KEYS[4].0);
    let (data, signature) = (0u32..)
        .map(|n| (n.to_be_bytes(), inner(&rsa.sign("rsa-sha2-256", &n.to_be_bytes()).unwrap())))
        .find(|(_, s)| s[0] == 0)
        .unwrap();
    let without = signature.iter().copied().skip_while(|b| *b == 0).collect::<Vec<_>>();
    let signature = blob(b"rsa-sha2-256", &without);
    assert_eq!(verify(rsa.public(), b"rsa-sha2-256", &data, &signature), Ok(()));
}

#[test]
fn a_generated_key_signs_and_survives_its_file() {
    for kind in [KeyKind::Ed25519, KeyKind::EcdsaP256, KeyKind::Rsa3072] {
        let key = generate(kind).unwrap().with_comment(b"new");
        let file = key.to_openssh(&Random::system()).unwrap();
        let again = pair(file.expose());
        assert_eq!(again.public(), key.public());
        let name = again.algorithms()[0];
        let signature = again.sign(name, DATA).unwrap();
        assert_eq!(verify(key.public(), name.as_bytes(), DATA, &signature), Ok(()));
    }
    let n = |key: &PrivateKey| key.public().blob().len();
    assert_eq!(n(&generate(KeyKind::Rsa3072).unwrap()), 4 + 7 + 4 + 3 + 4 + 1 + 384);
    assert_ne!(generate(KeyKind::Ed25519).unwrap().public(), generate(KeyKind::Ed25519).unwrap().public());
}

#[test]
fn a_host_key_never_prints_its_private_half() {
    let text = format!("{:?}", pair(KEYS[0].0));
    assert!(text.starts_with("HostKeyPair(ssh-ed25519 SHA256:nshGyQYMvyb"), "{text}");
}

proptest! {
    #[test]
    fn no_bytes_make_verification_panic_or_succeed(
        key in 0..KEYS.len(),
        scheme in 0..Scheme::NAMES.len(),
        signature in proptest::collection::vec(any::<u8>(), 0..160),
    ) {
        let pair = pair(KEYS[key].0);
        let name = Scheme::NAMES[scheme].as_bytes();
        prop_assert!(verify(pair.public(), name, DATA, &signature).is_err());
        prop_assert!(verify(pair.public(), name, DATA, &blob(name, &signature)).is_err());
    }

    #[test]
    fn no_signature_with_a_changed_bit_is_verified(at in any::<prop::sample::Index>(), bit in 0..8u8) {
        let pair = pair(KEYS[1].0);
        let mut signature = pair.sign("ecdsa-sha2-nistp256", DATA).unwrap();
        let at = at.index(signature.len());
        signature[at] ^= 1 << bit;
        prop_assert!(verify(pair.public(), b"ecdsa-sha2-nistp256", DATA, &signature).is_err());
    }
}
