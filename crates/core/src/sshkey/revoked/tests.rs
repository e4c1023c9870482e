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

fn list(text: &[u8]) -> Revoked {
    Revoked::parse(text).unwrap()
}

/// One of the authority of the samples, with serial number 7 and the id `id of ed25519`.
fn certificate() -> Offered {
    Offered::Certificate(Box::new(Certificate::from_openssh(sample!("ed25519-cert.pub")).unwrap()))
}

fn revokes(text: &str) -> bool {
    list(text.as_bytes()).reason(&certificate()).is_some()
}

fn serials(list: &Revoked, range: RangeInclusive<u64>) -> Vec<u64> {
    let authority = parse_many(sample!("ca.pub")).unwrap().remove(0);
    let of = [None, Some(sha256(authority.blob()))];
    let all = of.iter().filter_map(|a| list.certificates.get(a)).collect::<Vec<_>>();
    range.filter(|serial| all.iter().any(|c| c.has_serial(*serial))).collect()
}

#[test]
fn a_line_that_says_key_means_the_key_of_a_certificate_and_a_damaged_one_revokes_nothing_silently() {
    let text = String::from_utf8(sample!("ed25519-cert.pub").to_vec()).unwrap();
    let Offered::Certificate(certificate) = certificate() else { unreachable!() };
    let key = Offered::Key(certificate.key().clone());
    for entry in ["key: ", "sha256: ", "sha1: "] {
        let list = list(format!("{entry}{text}").as_bytes());
        assert!(list.reason(&key).is_some(), "{entry}");
    }
    assert!(list(text.as_bytes()).reason(&key).is_none(), "the certificate alone");
    for entry in [
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
        "sha1: ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29t",
    ] {
        assert!(Revoked::parse(entry.as_bytes()).is_err(), "{entry}");
    }
}

#[test]
fn lines_name_keys_fingerprints_numbers_and_ids() {
    let (key, authority) = (key!("ed25519.pub"), parse_many(sample!("ca.pub")).unwrap().remove(0));
    let line = |key: &PublicKey| String::from_utf8(key.to_openssh()).unwrap();
    for entry in [
        line(&key),
        line(&authority),
        key.fingerprint(),
        format!("{} a comment", key.fingerprint()),
        format!("hash: {}", key.fingerprint()),
        format!("key: {}", line(&key)),
        format!("sha256: {}", line(&key)),
        format!("SHA1: {}", line(&key)),
        "serial: 7".to_owned(),
        "serial: 0x5-0x9".to_owned(),
        "id: id of ed25519".to_owned(),
        String::from_utf8(sample!("ed25519-cert.pub").to_vec()).unwrap(),
    ] {
        assert!(revokes(&format!("# comment\n\n{entry}\n")), "{entry}");
    }
    for entry in [
        line(&key!("ecdsa256.pub")),
        "serial: 8-900".to_owned(),
        "id: id of".to_owned(),
        "# serial: 7".to_owned(),
        String::from_utf8(sample!("nobody-cert.pub").to_vec()).unwrap(),
    ] {
        assert!(!revokes(&entry), "{entry}");
    }
    assert!(list(line(&key).as_bytes()).reason(&Offered::Key(key)).is_some());
}

#[test]
fn keys_of_kinds_that_are_not_supported_may_be_on_the_list() {
    assert!(Revoked::parse(include_bytes!("../../../tests-data/sshkey/dsa.pub")).is_ok());
    assert!(Revoked::parse(include_bytes!("../../../tests-data/sshkey/rsa1024.pub")).is_ok());
}

#[test]
fn a_line_that_says_nothing_known_makes_the_whole_list_unusable() {
    for bad in [
        "revoked",
        "serial:",
        "serial: 0",
        "serial: 5-4",
        "serial: +5",
        "serial: -5",
        "id:",
        "hash: MD5:00",
        "SHA256:AAAA",
        "ssh-ed25519",
        "ssh-ed25519 AAAA",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
    ] {
        let text = format!("serial: 1\n{bad}\n");
        assert!(Revoked::parse(text.as_bytes()).is_err(), "{bad}");
    }
    assert_eq!(Revoked::parse(b"serial: 1\nx"), Err(RevokedError::NotAnEntry(2)));
}

#[test]
fn lists_of_ssh_keygen_say_what_it_says_of_them() {
    let certificates = list(sample!("certificates.krl"));
    assert_eq!(serials(&certificates, 0..=30), [3].into_iter().chain(10..=20).collect::<Vec<_>>());
    let authority = parse_many(sample!("ca.pub")).unwrap().remove(0);
    let of = &certificates.certificates[&Some(sha256(authority.blob()))];
    assert!(of.ids.contains(b"gone".as_slice()));
    assert!(certificates.has_key(&key!("ecdsa521.pub")) && !certificates.has_key(&key!("ed25519.pub")));

    let expected = [100, 102, 105, 107, 108, 111, 113, 116, 117, 119, 122, 124, 130];
    assert_eq!(serials(&list(sample!("bitmap.krl")), 0..=300), expected);
    assert_eq!(serials(&list(sample!("bitmap.krl")), 4_999_999_999..=5_000_000_001), [5_000_000_000]);
    assert_eq!(serials(&list(sample!("any.krl")), 0..=100), [42]);

    let keys = list(sample!("keys.krl"));
    for key in [key!("ed25519.pub"), key!("ecdsa256.pub"), key!("ecdsa384.pub")] {
        assert!(keys.has_key(&key), "{key:?}");
    }
    assert!(!keys.has_key(&key!("rsa2048.pub")));
    assert!(keys.reason(&certificate()).is_some(), "a certificate for a revoked key");
}

#[test]
fn what_a_list_of_ssh_keygen_says_in_words_not_known_makes_it_unusable() {
    let whole = sample!("any.krl");
    let with = |at: usize, byte: u8| {
        let mut list = whole.to_vec();
        list[at] = byte;
        Revoked::parse(&list)
    };
    assert_eq!(with(11, 2), Err(RevokedError::Version(2)));
    assert_eq!(with(0x2c, 9), Err(RevokedError::Section(9)));
    assert_eq!(with(0x39, 0x24), Err(RevokedError::Section(0x24)));
    for cut in 9..whole.len() {
        // Between its head and its one section it is a whole list, of nothing.
        assert_eq!(Revoked::parse(&whole[..cut]).is_ok(), cut == 0x2c, "{cut}");
    }
    let extension = |critical: u8| [&whole[..0x2c], &[255, 0, 0, 0, 6, 0, 0, 0, 1, b'x', critical]].concat();
    assert!(Revoked::parse(&extension(0)).is_ok() && Revoked::parse(&extension(1)).is_err());
}

proptest! {
    #[test]
    fn v18_no_list_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in any::<prop::sample::Index>(), xor: u8) {
        let _ = Revoked::parse(&bytes);
        let _ = Revoked::parse(&[krl::MAGIC, &[0, 0, 0, 1], &bytes].concat());
        for sample in [sample!("certificates.krl"), sample!("bitmap.krl"), sample!("keys.krl")] {
            let mut list = sample.to_vec();
            *at.get_mut(&mut list) ^= xor;
            if let Ok(list) = Revoked::parse(&list) {
                list.reason(&certificate());
            }
        }
    }

    #[test]
    fn a_bitmap_revokes_the_numbers_of_its_bits(first in 0..1000u64, numbers in proptest::collection::btree_set(0..200u64, 0..20)) {
        let mut bits = vec![0u8; 25];
        for n in &numbers {
            bits[24 - usize::try_from(n / 8).unwrap()] |= 1 << (n % 8);
        }
        let of = Certificates { bitmaps: vec![(first, bits)], ..Certificates::default() };
        let found: Vec<u64> = (0..1300).filter(|n| of.has_serial(*n)).collect();
        prop_assert_eq!(found, numbers.iter().map(|n| first + n).filter(|n| *n > 0).collect::<Vec<_>>());
    }
}
