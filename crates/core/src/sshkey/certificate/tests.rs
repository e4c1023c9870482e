use proptest::prelude::*;

use super::*;
use crate::sshkey::parse_many;

macro_rules! sample {
    ($name:literal) => {
        include_bytes!(concat!("../../../tests-data/certificates/", $name)).as_slice()
    };
}

macro_rules! key {
    ($name:literal) => {
        parse_many(include_bytes!(concat!("../../../tests-data/sshkey/", $name))).unwrap().remove(0)
    };
}

fn certificate(text: &[u8]) -> Certificate {
    Certificate::from_openssh(text).unwrap()
}

/// A certificate of somebody's making: what follows the key, put together.
struct Made<'a> {
    key: &'a PublicKey,
    kind: u32,
    principals: Vec<&'a [u8]>,
    critical: Vec<(&'a [u8], Vec<u8>)>,
    extensions: Vec<(&'a [u8], Vec<u8>)>,
    authority: Vec<u8>,
}

impl<'a> Made<'a> {
    fn of(key: &'a PublicKey) -> Self {
        let authority = key!("ed25519.pub").blob().to_vec();
        Self { key, kind: 1, principals: vec![b"alice"], critical: vec![], extensions: vec![], authority }
    }

    fn blob(&self) -> Vec<u8> {
        let name = self.key.algorithm().certificate_name().as_bytes();
        let mut out = Vec::new();
        put_string(&mut out, name);
        put_string(&mut out, b"nonce");
        let mut fields = Fields(self.key.blob());
        fields.string().unwrap();
        out.extend_from_slice(fields.0);
        out.extend_from_slice(&7u64.to_be_bytes());
        out.extend_from_slice(&self.kind.to_be_bytes());
        put_string(&mut out, b"id");
        let mut names = Vec::new();
        self.principals.iter().for_each(|name| put_string(&mut names, name));
        put_string(&mut out, &names);
        out.extend_from_slice(&0u64.to_be_bytes());
        out.extend_from_slice(&u64::MAX.to_be_bytes());
        for options in [&self.critical, &self.extensions] {
            let mut packed = Vec::new();
            for (name, data) in options {
                put_string(&mut packed, name);
                put_string(&mut packed, data);
            }
            put_string(&mut out, &packed);
        }
        put_string(&mut out, b"");
        put_string(&mut out, &self.authority);
        put_string(&mut out, b"signature");
        out
    }

    fn read(&self) -> Result<Certificate, CertificateError> {
        Certificate::from_blob(&self.blob())
    }
}

fn packed(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_string(&mut out, text);
    out
}

#[test]
fn what_ssh_keygen_signs_is_read_for_every_type_of_key() {
    let authority = parse_many(sample!("ca.pub")).unwrap().remove(0);
    for (text, key, name) in [
        (sample!("ed25519-cert.pub"), key!("ed25519.pub"), "ed25519"),
        (sample!("ecdsa256-cert.pub"), key!("ecdsa256.pub"), "ecdsa256"),
        (sample!("ecdsa384-cert.pub"), key!("ecdsa384.pub"), "ecdsa384"),
        (sample!("ecdsa521-cert.pub"), key!("ecdsa521.pub"), "ecdsa521"),
        (sample!("rsa2048-cert.pub"), key!("rsa2048.pub"), "rsa2048"),
    ] {
        let certificate = certificate(text);
        assert_eq!((certificate.key(), certificate.authority()), (&key, &authority));
        assert_eq!(certificate.key_id(), format!("id of {name}").as_bytes());
        assert_eq!((certificate.serial(), certificate.kind()), (7, CertificateKind::User));
        assert_eq!(certificate.principals().collect::<Vec<_>>(), [b"alice".as_slice(), b"team"]);
        assert_eq!(certificate.valid_after(), Timestamp::from_seconds(1_767_225_600));
        assert_eq!(certificate.expires(), Some(Timestamp::from_seconds(1_893_456_000)));
        let sources = certificate.conditions().sources.as_ref().unwrap();
        let takes = |address: &str| sources.take_address(address.parse().unwrap());
        assert!(takes("10.9.9.9") && takes("192.0.2.1") && !takes("192.0.2.2"));
        assert_eq!(Certificate::from_blob(certificate.blob()), Ok(certificate.clone()));
        assert!(certificate.to_string().contains(&format!("'id of {name}', serial 7")));
    }
}

#[test]
fn what_a_certificate_demands_and_permits_is_understood() {
    let forced = certificate(sample!("forced-cert.pub"));
    let conditions = forced.conditions();
    assert!(conditions.sftp_only && conditions.verify_required && conditions.no_touch_required);
    assert_eq!((conditions.refused.as_ref(), forced.expires()), (None, None));
    let host = certificate(sample!("host-cert.pub"));
    assert_eq!((host.kind(), host.expires()), (CertificateKind::Host, None));
    assert_eq!(host.authority(), &parse_many(sample!("rsaca.pub")).unwrap()[0]);
}

#[test]
fn a_critical_option_that_is_not_known_or_cannot_be_honoured_is_told() {
    let why = |c: &Certificate| c.conditions().refused.clone().unwrap_or_default();
    let nobody = certificate(sample!("nobody-cert.pub"));
    assert_eq!(nobody.principals().count(), 0);
    assert!(why(&nobody).contains("vendor@example.com"));
    let key = key!("ed25519.pub");
    for (name, data) in [
        ("force-command", packed(b"/bin/sh")),
        ("force-command", packed(b"internal-sftp -R")),
        ("force-command", b"internal-sftp".to_vec()),
        ("source-address", packed(b"10.0.0.0/33")),
        ("source-address", packed(b"!10.0.0.0/8")),
        ("source-address", packed(b"")),
        ("verify-required", packed(b"")),
        ("no-touch-required", vec![]),
    ] {
        let made = Made { critical: vec![(name.as_bytes(), data)], ..Made::of(&key) }.read().unwrap();
        assert!(why(&made).contains(name), "{name}: {}", why(&made));
    }
    let host = Made { kind: 2, critical: vec![(b"source-address", packed(b"::/0"))], ..Made::of(&key) };
    assert!(why(&host.read().unwrap()).contains("source-address"), "hosts have no such option");
    let unknown =
        Made { extensions: vec![(b"permit-pty", vec![]), (b"x@example.com", vec![1])], ..Made::of(&key) };
    assert_eq!(unknown.read().unwrap().conditions(), &Conditions::default(), "extensions restrict nothing");
}

#[test]
fn v04_a_certificate_signed_by_a_certificate_is_refused() {
    let key = key!("ed25519.pub");
    let made = Made { authority: certificate(sample!("ed25519-cert.pub")).blob().to_vec(), ..Made::of(&key) };
    assert_eq!(made.read(), Err(CertificateError::Nested));
}

#[test]
fn keys_that_must_not_be_used_are_refused_within_certificates_too() {
    let text = include_bytes!("../../../tests-data/sshkey/rsa1024.pub");
    let weak = text.split(|b| *b == b' ').nth(1).unwrap();
    let weak = data_encoding::BASE64.decode(weak).unwrap();
    let key = key!("ed25519.pub");
    let made = Made { authority: weak, ..Made::of(&key) };
    assert_eq!(made.read(), Err(CertificateError::Authority(KeyError::RsaTooSmall(1024))));
}

#[test]
fn v18_more_names_and_options_than_a_real_certificate_has_are_refused() {
    let key = key!("ed25519.pub");
    let names = |n| Made { principals: vec![b"x"; n], ..Made::of(&key) }.read();
    assert_eq!(names(256).unwrap().principals().count(), 256);
    assert_eq!(names(257), Err(CertificateError::Damaged));
    let options: Vec<String> = (0..65).map(|n| format!("o{n}")).collect();
    let many = |n| {
        let extensions = options.iter().take(n).map(|name| (name.as_bytes(), vec![])).collect();
        Made { extensions, ..Made::of(&key) }.read()
    };
    assert!(many(64).is_ok());
    assert_eq!(many(65), Err(CertificateError::Damaged));
    let twice = Made { critical: vec![(b"verify-required", vec![]); 2], ..Made::of(&key) };
    assert_eq!(twice.read(), Err(CertificateError::Damaged));
    assert_eq!(Certificate::from_blob(&vec![0; 40_000]), Err(CertificateError::TooLong));
    let kind = Made { kind: 3, ..Made::of(&key) };
    assert_eq!(kind.read(), Err(CertificateError::Kind(3)));
}

#[test]
fn other_texts_are_no_certificates() {
    for text in [&b""[..], b"ssh-ed25519 AAAA", sample!("ca.pub"), b"ssh-ed25519-cert-v01@openssh.com ?"] {
        assert_eq!(Certificate::from_openssh(text), Err(CertificateError::NotACertificate));
    }
}

proptest! {
    #[test]
    fn no_damage_makes_it_panic_and_none_leaves_what_was_signed(
        at in any::<prop::sample::Index>(), xor in 1..=255u8, cut in any::<prop::sample::Index>()
    ) {
        let whole = certificate(sample!("ed25519-cert.pub"));
        let mut blob = whole.blob().to_vec();
        *at.get_mut(&mut blob) ^= xor;
        if let Ok(read) = Certificate::from_blob(&blob) {
            let same = read.signed_data() == whole.signed_data() && read.signature() == whole.signature();
            prop_assert!(!same);
        }
        prop_assert!(Certificate::from_blob(&whole.blob()[..cut.index(whole.blob().len())]).is_err());
    }
}
