use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, SHA512, digest};
use causeway_core::Random;
use causeway_core::sshkey::{Certificate, PrivateKey, PublicKey, Touch};
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
        assert_eq!(verify(pair.public(), name.as_bytes(), DATA, &signature), Ok(None), "{name}");
        assert_eq!(pair.public_blob(), pair.public().blob());
        names.push(name);
    }
    let of_servers: Vec<_> = Scheme::NAMES.into_iter().filter(|n| !n.starts_with("sk-")).collect();
    assert_eq!(names, of_servers);
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
        assert_eq!(verify(&key, algorithm, &data, signature), Ok(None), "{key:?}");
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
        for name in Scheme::ALL.map(Scheme::name) {
            if pair.algorithms().contains(&name) {
                continue;
            }
            let renamed = blob(name.as_bytes(), &inner(&signature));
            if name == "ssh-rsa" && pair.public().algorithm() == causeway_core::sshkey::Algorithm::Rsa {
                // It fits, but an RSA key of ours does not sign so.
                assert_eq!(verify(pair.public(), b"ssh-rsa", DATA, &renamed), Err(VerifyError::Wrong));
                assert!(pair.sign(name, DATA).is_err());
                continue;
            }
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

/// OpenSSL's signature, by pyca/cryptography: ours makes none.
#[test]
fn a_signature_with_sha_1_is_verified_for_who_asks_for_it_and_never_made() {
    let rsa = pair(KEYS[4].0);
    let text = include_str!("../../tests-data/signatures/rsa2048.sha1").trim();
    let signature = blob(b"ssh-rsa", &BASE64.decode(text.as_bytes()).unwrap());
    assert_eq!(verify(rsa.public(), b"ssh-rsa", DATA, &signature), Ok(None));
    assert_eq!(verify(rsa.public(), b"ssh-rsa", b"other", &signature), Err(VerifyError::Wrong));
    assert!(!Scheme::NAMES.contains(&"ssh-rsa"));
    assert!(!rsa.algorithms().contains(&"ssh-rsa"));
    assert!(rsa.sign("ssh-rsa", DATA).is_err());
}

#[test]
fn names_that_are_no_signature_algorithms_are_refused() {
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
    assert_eq!(verify(rsa.public(), b"rsa-sha2-256", &data, &signature), Ok(None));
}

#[test]
fn a_generated_key_signs_and_survives_its_file() {
    for kind in
        [KeyKind::Ed25519, KeyKind::EcdsaP256, KeyKind::EcdsaP384, KeyKind::EcdsaP521, KeyKind::Rsa3072]
    {
        let key = generate(kind).unwrap().with_comment(b"new");
        let file = key.to_openssh(&Random::system()).unwrap();
        let again = pair(file.expose());
        assert_eq!(again.public(), key.public());
        let name = again.algorithms()[0];
        let signature = again.sign(name, DATA).unwrap();
        assert_eq!(verify(key.public(), name.as_bytes(), DATA, &signature), Ok(None));
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

#[test]
fn an_authenticators_signature_is_verified_with_what_it_says_of_its_user() {
    for authenticator in [Authenticator::ed25519(), Authenticator::ecdsa()] {
        let name = authenticator.key.algorithm().name();
        for (flags, present, verified) in
            [(0x01, true, false), (0x05, true, true), (0x00, false, false), (0xfe, false, true)]
        {
            let signature = authenticator.sign(DATA, flags);
            let touch = verify(&authenticator.key, name.as_bytes(), DATA, &signature);
            assert_eq!(touch, Ok(Some(Touch { present, verified })), "{name} {flags:x}");
            assert_eq!(
                verify(&authenticator.key, name.as_bytes(), b"other", &signature),
                Err(VerifyError::Wrong)
            );
        }
    }
}

#[test]
fn v04_the_flags_and_the_counter_of_an_authenticator_cannot_be_changed_by_others() {
    for authenticator in [Authenticator::ed25519(), Authenticator::ecdsa()] {
        let name = authenticator.key.algorithm().name();
        let signature = authenticator.sign(DATA, 0x00);
        let judge = |s: &[u8]| verify(&authenticator.key, name.as_bytes(), DATA, s);
        for back in 1..=5 {
            let mut other = signature.clone();
            let at = other.len() - back;
            other[at] ^= 1;
            assert_eq!(judge(&other), Err(VerifyError::Wrong), "{name} {back}");
        }
        for cut in 0..signature.len() {
            assert_eq!(judge(&signature[..cut]), Err(VerifyError::Malformed), "{name} {cut}");
        }
        assert_eq!(judge(&[&signature[..], &[0]].concat()), Err(VerifyError::Malformed));
    }
    // Made for another application, or as an ordinary key of the same number.
    let (mine, mut other) = (Authenticator::ed25519(), Authenticator::ed25519());
    other.application = b"ssh:other".to_vec();
    let signature = other.sign(DATA, 1);
    assert_eq!(
        verify(&mine.key, mine.key.algorithm().name().as_bytes(), DATA, &signature),
        Err(VerifyError::Wrong)
    );
    let plain = pair(KEYS[0].0);
    let signature = plain.sign("ssh-ed25519", DATA).unwrap();
    let name = b"sk-ssh-ed25519@openssh.com";
    assert!(matches!(verify(plain.public(), name, DATA, &signature), Err(VerifyError::DoesNotFit { .. })));
}

#[test]
fn the_signature_of_an_authority_is_verified() {
    macro_rules! certificate {
        ($name:literal) => {{
            let text = include_bytes!(concat!("../../../core/tests-data/certificates/", $name));
            Certificate::from_openssh(text).unwrap()
        }};
    }
    for certificate in [
        certificate!("ed25519-cert.pub"),
        certificate!("ecdsa256-cert.pub"),
        certificate!("rsa2048-cert.pub"),
        certificate!("host-cert.pub"),
    ] {
        assert_eq!(
            verify_certificate(&certificate).map(Scheme::key_type),
            Ok(certificate.authority().algorithm())
        );
        // The last byte of what was signed belongs to the authority's key: one of the serial number instead.
        let mut blob = certificate.blob().to_vec();
        let at = blob.windows(8).position(|w| w == certificate.serial().to_be_bytes()).unwrap();
        blob[at + 7] ^= 1;
        let other = Certificate::from_blob(&blob).unwrap();
        assert_eq!(verify_certificate(&other), Err(VerifyError::Wrong));
    }
}

#[test]
fn v04_a_certificate_signed_with_sha_1_is_refused() {
    let authority = pair(KEYS[4].0);
    let mut made = certificate_of(pair(KEYS[0].0).public(), &authority, 1, "rsa-sha2-256");
    let verified = verify_certificate(&Certificate::from_blob(&made).unwrap());
    assert_eq!(verified, Ok(Scheme::RsaSha256));
    let at = made.windows(12).rposition(|w| w == b"rsa-sha2-256").unwrap();
    // The same signature under the old name, which is shorter.
    let signature = inner(&made[at - 4..]);
    let begin = at - 8;
    made.truncate(begin);
    Writer::new(&mut made).string(&blob(b"ssh-rsa", &signature));
    let made = Certificate::from_blob(&made).unwrap();
    assert_eq!(verify_certificate(&made), Err(SchemeError::Sha1.into()));
}

#[test]
fn a_host_key_shows_a_certificate_that_fits_and_signs_as_itself() {
    for (text, _) in KEYS {
        let (pair, authority) = (Arc::new(pair(text)), pair(KEYS[1].0));
        let blob = certificate_of(pair.public(), &authority, 2, "ecdsa-sha2-nistp256");
        let certificate = Arc::new(Certificate::from_blob(&blob).unwrap());
        let shown = CertifiedHostKey::new(pair.clone(), certificate).unwrap();
        assert_eq!(shown.public_blob(), blob);
        assert_eq!(shown.algorithms().len(), pair.algorithms().len());
        for (name, plain) in shown.algorithms().iter().zip(pair.algorithms()) {
            assert!(name.ends_with("-cert-v01@openssh.com"), "{name}");
            let signature = shown.sign(name, DATA).unwrap();
            assert_eq!(verify(pair.public(), plain.as_bytes(), DATA, &signature), Ok(None));
            assert!(shown.sign(plain, DATA).is_err());
        }
    }
}

#[test]
fn a_certificate_that_does_not_fit_its_host_key_is_not_shown() {
    let (pair, authority) = (Arc::new(pair(KEYS[0].0)), pair(KEYS[1].0));
    let show = |blob: &[u8]| {
        CertifiedHostKey::new(pair.clone(), Arc::new(Certificate::from_blob(blob).unwrap())).map(|_| ())
    };
    let name = "ecdsa-sha2-nistp256";
    assert_eq!(
        show(&certificate_of(pair.public(), &authority, 1, name)),
        Err(CertifiedHostKeyError::NotForHosts)
    );
    assert_eq!(
        show(&certificate_of(authority.public(), &authority, 2, name)),
        Err(CertifiedHostKeyError::OtherKey)
    );
    let mut forged = certificate_of(pair.public(), &authority, 2, name);
    let last = forged.len() - 1;
    forged[last] ^= 1;
    assert!(matches!(show(&forged), Err(CertifiedHostKeyError::Authority(_))));
}

/// A FIDO authenticator in software (OpenSSH PROTOCOL.u2f).
struct Authenticator {
    key: PublicKey,
    application: Vec<u8>,
    inside: HostKeyPair,
}

impl Authenticator {
    fn ed25519() -> Self {
        Self::new(KEYS[0].0, "sk-ssh-ed25519@openssh.com")
    }

    fn ecdsa() -> Self {
        Self::new(KEYS[1].0, "sk-ecdsa-sha2-nistp256@openssh.com")
    }

    fn new(text: &[u8], name: &str) -> Self {
        let (inside, application) = (pair(text), b"ssh:".to_vec());
        let mut key = Vec::new();
        let mut fields = Reader::new(inside.public_blob());
        fields.string().unwrap();
        Writer::new(&mut key).string(name.as_bytes()).raw(fields.rest()).string(&application);
        Self { key: PublicKey::from_blob(&key).unwrap(), application, inside }
    }

    fn sign(&self, data: &[u8], flags: u8) -> Vec<u8> {
        let counter = 4711u32;
        let mut signed = Vec::new();
        Writer::new(&mut signed)
            .raw(digest(&SHA256, &self.application).as_ref())
            .u8(flags)
            .u32(counter)
            .raw(digest(&SHA256, data).as_ref());
        let signature = self.inside.sign(self.inside.algorithms()[0], &signed).unwrap();
        let mut out = blob(self.key.algorithm().name().as_bytes(), &inner(&signature));
        Writer::new(&mut out).u8(flags).u32(counter);
        out
    }
}

/// A certificate of that kind (1 for a user, 2 for a host) with serial number 3, for `alice`.
fn certificate_of(key: &PublicKey, authority: &HostKeyPair, kind: u32, algorithm: &str) -> Vec<u8> {
    let mut fields = Reader::new(key.blob());
    fields.string().unwrap();
    let mut names = Vec::new();
    Writer::new(&mut names).string(b"alice");
    let mut out = Vec::new();
    let mut w = Writer::new(&mut out);
    w.string(key.algorithm().certificate_name().as_bytes()).string(b"nonce").raw(fields.rest());
    w.u64(3).u32(kind).string(b"id").string(&names).u64(0).u64(u64::MAX);
    w.string(b"").string(b"").string(b"").string(authority.public_blob());
    let signature = authority.sign(algorithm, &out).unwrap();
    Writer::new(&mut out).string(&signature);
    out
}

proptest! {
    #[test]
    fn no_bytes_make_verification_panic_or_succeed(
        key in 0..KEYS.len(),
        scheme in 0..Scheme::ALL.len(),
        signature in proptest::collection::vec(any::<u8>(), 0..160),
    ) {
        let pair = pair(KEYS[key].0);
        let name = Scheme::ALL[scheme].name().as_bytes();
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
