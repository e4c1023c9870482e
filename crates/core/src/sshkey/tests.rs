use proptest::prelude::*;

use super::*;
use crate::{Random, Secret};

macro_rules! sample {
    ($name:literal) => {
        include_bytes!(concat!("../../tests-data/sshkey/", $name)).as_slice()
    };
}

/// One type of key in every form that the usual tools write.
struct Sample {
    algorithm: Algorithm,
    fingerprint: &'static str,
    public: &'static [u8],
    rfc4716: &'static [u8],
    private: &'static [&'static [u8]],
}

const SAMPLES: [Sample; 5] = [
    Sample {
        algorithm: Algorithm::Ed25519,
        fingerprint: "SHA256:nshGyQYMvyb+F/GsiyP2n4UnOvlub+5mOvCagLlc3es",
        public: sample!("ed25519.pub"),
        rfc4716: sample!("ed25519.rfc4716"),
        private: &[sample!("ed25519.openssh"), sample!("ed25519.pkcs8")],
    },
    Sample {
        algorithm: Algorithm::EcdsaP256,
        fingerprint: "SHA256:Psx+9rzwzwp4F3R/KZgyKWBAsjcUjTNSGFBow5PP1Rc",
        public: sample!("ecdsa256.pub"),
        rfc4716: sample!("ecdsa256.rfc4716"),
        private: &[sample!("ecdsa256.openssh"), sample!("ecdsa256.pkcs8"), sample!("ecdsa256.pem")],
    },
    Sample {
        algorithm: Algorithm::EcdsaP384,
        fingerprint: "SHA256:V6pe1HYxj14dw6PdUud3F/dCrBkdS8UKPJSHdO5LKZg",
        public: sample!("ecdsa384.pub"),
        rfc4716: sample!("ecdsa384.rfc4716"),
        private: &[sample!("ecdsa384.openssh"), sample!("ecdsa384.pkcs8"), sample!("ecdsa384.pem")],
    },
    Sample {
        algorithm: Algorithm::EcdsaP521,
        fingerprint: "SHA256:6fTi9ghPiMmqashE9ckrADXlbtcDvXJ0A7KRgpyVi5c",
        public: sample!("ecdsa521.pub"),
        rfc4716: sample!("ecdsa521.rfc4716"),
        private: &[sample!("ecdsa521.openssh"), sample!("ecdsa521.pkcs8"), sample!("ecdsa521.pem")],
    },
    Sample {
        algorithm: Algorithm::Rsa,
        fingerprint: "SHA256:oJLozxLYj4v5ZeJKA884y+Aikt+MPmHgmFk6PhlkcoM",
        public: sample!("rsa2048.pub"),
        rfc4716: sample!("rsa2048.rfc4716"),
        private: &[sample!("rsa2048.openssh"), sample!("rsa2048.pkcs8"), sample!("rsa2048.pem")],
    },
];

const LINE: &[u8] = sample!("ed25519.pub");

fn one(text: &[u8]) -> PublicKey {
    let mut keys = parse_many(text).unwrap();
    assert_eq!(keys.len(), 1);
    keys.remove(0)
}

fn refusal(line: &[u8]) -> KeyError {
    PublicKey::from_openssh_line(line).unwrap_err()
}

#[test]
fn every_type_is_read_from_every_public_form_with_the_fingerprint_that_ssh_keygen_shows() {
    for s in SAMPLES {
        let key = one(s.public);
        assert_eq!(key.algorithm(), s.algorithm);
        assert_eq!(key.fingerprint(), s.fingerprint);
        assert!(key.comment().starts_with(b"a comment "));
        let converted = one(s.rfc4716);
        assert_eq!(converted, key);
        assert!(converted.comment().ends_with(b"converted by somebody@example from OpenSSH"));
    }
}

#[test]
fn keys_of_authenticators_are_read_and_written_in_every_public_form() {
    let (ed25519, ecdsa) = (one(SAMPLES[0].public), one(SAMPLES[1].public));
    let (Ok(Material::Ed25519(small)), Ok(Material::Ecdsa(large))) = (ed25519.material(), ecdsa.material())
    else {
        panic!("the samples are of other types");
    };
    let made = |application| {
        let small = Material::SkEd25519 { point: small, application };
        let large = Material::SkEcdsa { point: large, application };
        [
            PublicKey::from_material(Algorithm::SkEd25519, small),
            PublicKey::from_material(Algorithm::SkEcdsaP256, large),
        ]
    };
    for key in made(b"ssh:work").map(Result::unwrap) {
        assert!(key.algorithm().is_sk());
        assert_eq!(one(&key.to_openssh()), key);
        assert_eq!(one(&key.to_rfc4716()), key);
        assert_eq!(PublicKey::from_blob(key.blob()).unwrap().material(), key.material());
        assert!(key.to_openssh().starts_with(b"sk-"));
    }
    for key in made(b"").into_iter().chain(made(&[b'x'; 256])) {
        assert_eq!(key, Err(KeyError::Damaged));
    }
    let bad = Material::SkEd25519 { point: &[0; 32], application: b"ssh:" };
    assert_eq!(PublicKey::from_material(Algorithm::SkEd25519, bad), Err(KeyError::SmallOrder));
}

#[test]
fn what_putty_saves_as_a_public_key_is_read() {
    let key = one(sample!("ed25519.putty"));
    assert_eq!(key, one(LINE));
    assert_eq!(key.comment(), b"a comment ed25519");
}

#[test]
fn what_is_written_is_what_the_tools_write() {
    for s in SAMPLES {
        let key = one(s.public);
        assert_eq!(key.to_openssh(), s.public.trim_ascii_end());
        assert_eq!(one(&key.to_rfc4716()), key);
        assert_eq!(one(s.rfc4716).to_rfc4716(), s.rfc4716);
    }
}

#[test]
fn every_type_is_read_from_every_private_form() {
    for s in SAMPLES {
        for text in s.private {
            let key = PrivateKey::parse(text, None).unwrap();
            assert_eq!(key.public(), &one(s.public));
        }
    }
}

/// OpenSSH writes these numbers without leading zeros, so they are shorter than their curve.
#[test]
fn ecdsa_keys_with_a_short_number_are_read_and_written() {
    for (private, public) in [
        (sample!("short256.openssh"), sample!("short256.pub")),
        (sample!("short521.openssh"), sample!("short521.pub")),
    ] {
        let key = PrivateKey::parse(private, None).unwrap();
        assert_eq!(key.public(), &one(public));
        let again =
            PrivateKey::parse(key.to_openssh(&Random::predictable(1)).unwrap().expose(), None).unwrap();
        assert_eq!(again.pkcs8(), key.pkcs8());
    }
}

#[test]
fn a_private_key_survives_being_written() {
    for s in SAMPLES {
        for text in s.private {
            let key = PrivateKey::parse(text, None).unwrap().with_comment(b"host key");
            let written = key.to_openssh(&Random::predictable(7)).unwrap();
            let again = PrivateKey::parse(written.expose(), None).unwrap();
            assert_eq!(again.public(), key.public());
            assert_eq!(again.public().comment(), b"host key");
            assert_eq!(again.pkcs8(), key.pkcs8());
            assert_eq!(PrivateKey::from_pkcs8(key.pkcs8().expose()).unwrap().public(), key.public());
        }
    }
}

/// Apart from the two random check numbers.
#[test]
fn a_written_private_key_is_the_file_of_ssh_keygen() {
    for s in SAMPLES {
        let theirs = pem::private_block(s.private[0]).unwrap().der;
        let key = PrivateKey::parse(s.private[0], None).unwrap();
        let ours = openssh::write(&key, &Random::predictable(3)).unwrap();
        assert_eq!(ours.len(), theirs.len());
        let differences = ours.iter().zip(theirs.iter()).filter(|(a, b)| a != b).count();
        assert!(differences <= 8, "{differences} bytes differ in {}", s.algorithm);
    }
}

#[test]
fn an_encrypted_key_opens_with_its_passphrase_alone() {
    let right = Secret::new(*b"correct horse");
    let wrong = Secret::new(*b"battery staple");
    for (text, public) in [
        (sample!("ed25519.aes256-ctr"), LINE),
        (sample!("ed25519.aes256-gcm"), LINE),
        (sample!("ed25519.chacha20-poly1305"), LINE),
        (sample!("ed25519.aes128-cbc"), LINE),
        (sample!("rsa2048.aes256-ctr"), sample!("rsa2048.pub")),
    ] {
        assert_eq!(PrivateKey::parse(text, Some(&right)).unwrap().public(), &one(public));
        let refusals = [None, Some(&wrong), Some(&Secret::default())]
            .map(|passphrase| PrivateKey::parse(text, passphrase).unwrap_err());
        assert_eq!(
            refusals,
            [PrivateKeyError::Encrypted, PrivateKeyError::WrongPassphrase, PrivateKeyError::WrongPassphrase]
        );
    }
}

#[test]
fn a_passphrase_that_would_take_for_ever_to_check_is_refused() {
    let mut file = pem::private_block(sample!("ed25519.aes256-ctr")).unwrap().der;
    let rounds = file.windows(4).skip(40).position(|w| w == [0, 0, 0, 1]).unwrap() + 40;
    file[rounds..rounds + 4].copy_from_slice(&[0xff; 4]);
    let passphrase = Secret::new(*b"correct horse");
    let refusal = openssh::read(&file, Some(&passphrase)).unwrap_err();
    assert_eq!(refusal, PrivateKeyError::UnsupportedEncryption);
}

#[test]
fn private_keys_that_cannot_be_used_say_why() {
    let refusal = |text: &[u8]| PrivateKey::parse(text, None).unwrap_err();
    assert_eq!(refusal(sample!("ed25519.ppk")), PrivateKeyError::Putty);
    assert_eq!(refusal(sample!("rsa2048.encrypted-pkcs8")), PrivateKeyError::EncryptedPem);
    assert_eq!(refusal(sample!("ecdsa256.encrypted-pem")), PrivateKeyError::EncryptedPem);
    assert_eq!(refusal(sample!("rsa1024.openssh")), KeyError::RsaTooSmall(1024).into());
    assert!(matches!(refusal(sample!("x25519.pkcs8")), PrivateKeyError::Unsupported(_)));
    assert!(matches!(refusal(sample!("secp256k1.pkcs8")), PrivateKeyError::Unsupported(_)));
    assert_eq!(refusal(LINE), PrivateKeyError::NotAKey);
    assert_eq!(refusal(&vec![b'\n'; MAX_TEXT + 1]), PrivateKeyError::TooLong);
}

#[test]
fn parameters_before_a_key_are_passed_over() {
    let key = PrivateKey::parse(sample!("ecdsa256.parameters"), None).unwrap();
    assert_eq!(key.public().algorithm(), Algorithm::EcdsaP256);
}

#[test]
fn a_private_key_with_any_byte_but_its_comment_changed_is_refused() {
    for s in SAMPLES {
        let file = pem::private_block(s.private[0]).unwrap().der;
        // Every byte for the small keys, a sample for RSA, whose check takes milliseconds.
        let step = if s.algorithm == Algorithm::Rsa { 97 } else { 1 };
        let comment = file.windows(9).rposition(|w| w == b"a comment").unwrap();
        for at in (0..file.len()).step_by(step).filter(|at| !(comment - 4..comment + 17).contains(at)) {
            let mut changed = file.clone();
            changed[at] ^= 0x04;
            assert!(openssh::read(&changed, None).is_err(), "{} byte {at}", s.algorithm);
        }
    }
}

#[test]
fn v04_a_private_key_where_a_public_one_belongs_is_refused_whatever_its_format() {
    for text in [
        sample!("ed25519.openssh"),
        sample!("ed25519.aes256-ctr"),
        sample!("ed25519.ppk"),
        sample!("rsa2048.pem"),
        sample!("rsa2048.pkcs8"),
        sample!("rsa2048.encrypted-pkcs8"),
        sample!("ecdsa256.encrypted-pem"),
        b"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----",
    ] {
        let after_a_key = [LINE, b"\n", text].concat();
        assert_eq!(parse_many(text).unwrap_err(), LineError { line: 1, error: KeyError::PrivateKeyFound });
        assert_eq!(
            parse_many(&after_a_key).unwrap_err(),
            LineError { line: 3, error: KeyError::PrivateKeyFound }
        );
        assert_eq!(refusal(text.split(|b| *b == b'\n').next().unwrap()), KeyError::PrivateKeyFound);
    }
}

#[test]
fn options_are_refused_by_name_and_never_ignored() {
    for (options, name) in [
        ("from=\"10.0.0.0/8\"", "from"),
        ("command=\"echo \\\"a b\\\" ssh-rsa\",no-pty", "command"),
        ("restrict", "restrict"),
        ("no-pty,from=\"*\"", "no-pty"),
        ("cert-authority", "cert-authority"),
        ("\tenvironment=\"A=b c\"", "environment"),
    ] {
        let line = [options.as_bytes(), b" ", LINE].concat();
        assert_eq!(refusal(&line), KeyError::Options(name.into()), "{options}");
    }
}

#[test]
fn bad_lines_are_reported_with_their_number() {
    let cases: &[(&[u8], KeyError)] = &[
        (b"rubbish", KeyError::NotAKey),
        (b"1024 35 12345678901234567890 old@host", KeyError::NotAKey),
        (b"AAAAC3NzaC1lZDI1NTE5AAAAIK10", KeyError::NotAKey),
        (b"ssh-ed25519", KeyError::NotAKey),
        (b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK10", KeyError::Damaged),
        (b"ssh-ed25519 AAAA=C3", KeyError::Base64),
        (b"ssh-ed25519-cert-v01@openssh.com AAAA", unsupported("ssh-ed25519-cert-v01@openssh.com")),
        (b"sk-ssh-ed25519@openssh.com AAAA", KeyError::Damaged),
        (
            b"webauthn-sk-ecdsa-sha2-nistp256@openssh.com A",
            unsupported("webauthn-sk-ecdsa-sha2-nistp256@openssh.com"),
        ),
        (sample!("dsa.pub"), unsupported("ssh-dss")),
        (sample!("rsa1024.pub"), KeyError::RsaTooSmall(1024)),
        (b"-----BEGIN CERTIFICATE-----", KeyError::OtherPem("CERTIFICATE".into())),
    ];
    for (bad, error) in cases {
        let text = [b"# keys\n\n", LINE, b"  # more\r\n", bad, b"\n", LINE].concat();
        assert_eq!(parse_many(&text).unwrap_err(), LineError { line: 5, error: error.clone() });
    }
}

fn unsupported(name: &str) -> KeyError {
    KeyError::Unsupported(name.into())
}

#[test]
fn a_line_that_lies_about_its_type_is_refused() {
    let line = String::from_utf8(LINE.to_vec()).unwrap().replace("ssh-ed25519 ", "ssh-rsa ");
    assert_eq!(refusal(line.as_bytes()), KeyError::Mismatch { said: "ssh-rsa", held: "ssh-ed25519" });
}

#[test]
fn several_keys_comments_and_blank_lines_may_stand_in_one_text() {
    let mut text = b"\xef\xbb\xbf# first\r\n\r\n".to_vec();
    for s in &SAMPLES {
        text.extend_from_slice(s.public);
        text.extend_from_slice(b"   \n#\n");
        text.extend_from_slice(s.rfc4716);
    }
    assert_eq!(parse_many(&text).unwrap().len(), 10);
    assert_eq!(parse_many(b""), Ok(vec![]));
    assert_eq!(parse_many(b"\n# none\n"), Ok(vec![]));
}

#[test]
fn a_carriage_return_inside_a_line_begins_no_new_one() {
    let text = [b"# comment\r", LINE].concat();
    assert_eq!(parse_many(&text), Ok(vec![]));
    let old_macintosh = String::from_utf8(sample!("ed25519.rfc4716").to_vec()).unwrap().replace('\n', "\r");
    assert_eq!(one(old_macintosh.as_bytes()), one(LINE));
}

#[test]
fn rfc_4716_headers_may_be_long_and_unknown() {
    let body = String::from_utf8(sample!("ed25519.putty").to_vec()).unwrap();
    let body =
        body.lines().filter(|l| !l.starts_with("----") && !l.contains(':')).collect::<Vec<_>>().join("\n");
    let file = |headers: &str| {
        format!("---- BEGIN SSH2 PUBLIC KEY ----\n{headers}{body}\n---- END SSH2 PUBLIC KEY ----\n")
            .into_bytes()
    };
    let key = one(&file("x-other: anything\ncomment: This is \\\na long \\\ncomment\nSubject: me\n"));
    assert_eq!(key, one(LINE));
    assert_eq!(key.comment(), b"This is a long comment");
    let at = |line, text: &[u8]| {
        let e = parse_many(text).unwrap_err();
        assert_eq!(e.line, line);
        assert!(matches!(e.error, KeyError::Rfc4716(_)));
    };
    at(2, &file(&format!("Comment: {}\n", "x".repeat(1025))));
    at(2, &file(&format!("{}: x\n", "x".repeat(65))));
    at(1, b"---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n");
    at(2, b"---- BEGIN SSH2 PUBLIC KEY ----\nComment: a\\");
}

#[test]
fn a_comment_cannot_begin_a_line_of_its_own() {
    let key = one(LINE).with_comment(b"innocent\nssh-rsa AAAA\r\x00\x1b[31m");
    assert_eq!(key.comment(), b"innocent ssh-rsa AAAA   [31m");
    assert_eq!(one(LINE).with_comment(&[b'x'; 5000]).comment().len(), 1024);
}

#[test]
fn a_comment_survives_being_written_whatever_it_ends_with() {
    let long = [&b" \x7f"[..], &[b'x'; 1023], b" y"].concat();
    for comment in [&b"name\x7f"[..], b"\x1f name \x00", b"\x0b", &long] {
        let key = one(LINE).with_comment(comment);
        assert_eq!(key.comment(), key.comment().trim_ascii());
        assert_eq!(one(&key.to_openssh()).comment(), key.comment(), "{:?}", key);
    }
}

#[test]
fn a_comment_of_the_longest_kind_is_written_as_rfc_4716_allows() {
    let key = one(LINE).with_comment(&[b'x'; 1024]);
    assert_eq!(one(&key.to_rfc4716()).comment(), [b'x'; 1022]);
}

#[test]
fn no_wrapped_comment_begins_a_line_as_a_private_key_does() {
    for mark in [
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----",
        "PuTTY-User-Key-File-2: ssh-rsa",
        "-----BEGINPuTTY-User-Key-File-PRIVATE KEY",
        "---- BEGIN-----BEGIN PRIVATE KEY",
        "-----BEGIN---- BEGIN PRIVATE KEY",
    ] {
        for before in 0..150 {
            let key = one(LINE).with_comment(format!("{}{mark}", "x".repeat(before)).as_bytes());
            assert_eq!(one(&key.to_rfc4716()).comment(), key.comment(), "{before} {mark}");
        }
    }
}

#[test]
fn keys_are_equal_whatever_their_comments() {
    assert_eq!(one(LINE), one(LINE).with_comment(b"other"));
    assert_ne!(one(LINE), one(sample!("rsa2048.pub")));
}

#[test]
fn a_private_key_never_prints() {
    let key = PrivateKey::parse(sample!("ed25519.openssh"), None).unwrap();
    assert!(format!("{key:?}").ends_with("pkcs8: *** }"));
}

/// The wire form of an RSA key with these numbers.
fn rsa(e: &[u8], n: &[u8]) -> Result<PublicKey, KeyError> {
    PublicKey::from_material(Algorithm::Rsa, Material::Rsa { e, n })
}

#[test]
fn v18_rsa_keys_with_sizes_or_exponents_out_of_bounds_are_refused() {
    let modulus = |bytes: usize| vec![0xff; bytes];
    let e = [1, 0, 1];
    assert!(rsa(&e, &modulus(256)).is_ok());
    assert!(rsa(&e, &modulus(1024)).is_ok());
    assert_eq!(rsa(&e, &modulus(1025)).unwrap_err(), KeyError::RsaTooLarge(8200));
    assert_eq!(rsa(&e, &[&[0x7f][..], &modulus(255)].concat()).unwrap_err(), KeyError::RsaTooSmall(2047));
    let even = [modulus(255), vec![0xfe]].concat();
    assert_eq!(rsa(&e, &even).unwrap_err(), KeyError::RsaNumbers);
    for e in [&[1][..], &[2], &[1, 0, 0], &[2, 0, 0, 0, 1], &[0x7f; 256]] {
        assert_eq!(rsa(e, &modulus(256)).unwrap_err(), KeyError::RsaNumbers, "{e:?}");
    }
    assert!(rsa(&[3], &modulus(256)).is_ok());
    assert!(rsa(&[1, 0, 0, 0, 1], &modulus(256)).is_ok());
}

/// That the listed points are of small order shows in a signature that nobody made and that the library takes
/// for valid.
#[test]
fn v18_ed25519_points_of_small_order_are_refused() {
    use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};

    let ed25519 = |point: &[u8; 32]| PublicKey::from_material(Algorithm::Ed25519, Material::Ed25519(point));
    let mut forged = 0;
    for y in public::SMALL_ORDER_Y {
        for sign in [0, 0x80] {
            let mut point = y;
            point[31] |= sign;
            assert_eq!(ed25519(&point).unwrap_err(), KeyError::SmallOrder, "{point:02x?}");
            // R is the neutral element and S is 0: valid where the message's hash is a multiple of 8.
            let mut signature = [0; 64];
            signature[0] = 1;
            let key = UnparsedPublicKey::new(&ED25519, point);
            forged += usize::from((0..200_u8).any(|message| key.verify(&[message], &signature).is_ok()));
        }
    }
    assert!(forged >= 8, "{forged}");
    let mut neighbour = [0; 32];
    neighbour[0] = 3;
    assert!(ed25519(&neighbour).is_ok());
}

#[test]
fn a_key_has_one_wire_form() {
    for s in SAMPLES {
        let blob = one(s.public).blob().to_vec();
        assert_eq!(PublicKey::from_blob(&[&blob[..], &[0]].concat()).unwrap_err(), KeyError::Damaged);
        for cut in 0..blob.len() {
            assert!(PublicKey::from_blob(&blob[..cut]).is_err());
        }
    }
    let mut padded = Vec::new();
    fields::put_string(&mut padded, b"ssh-rsa");
    fields::put_string(&mut padded, &[0, 1, 0, 1]);
    fields::put_string(&mut padded, &[&[0][..], &[0xff; 256]].concat());
    assert_eq!(PublicKey::from_blob(&padded).unwrap_err(), KeyError::Damaged);
}

#[test]
fn ecdsa_points_must_lie_on_their_own_curve() {
    for s in &SAMPLES[1..4] {
        let blob = one(s.public).blob().to_vec();
        let mut off = blob.clone();
        *off.last_mut().unwrap() ^= 1;
        assert_eq!(PublicKey::from_blob(&off).unwrap_err(), KeyError::Damaged);
        let mut other_curve = blob.clone();
        let at = blob.windows(8).rposition(|w| w == s.algorithm.curve().unwrap().as_bytes()).unwrap();
        other_curve[at + 5..at + 8].copy_from_slice(if s.algorithm == Algorithm::EcdsaP256 {
            b"384"
        } else {
            b"256"
        });
        assert_eq!(PublicKey::from_blob(&other_curve).unwrap_err(), KeyError::Damaged);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_public_parser_panic(text in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse_many(&text);
        let _ = PublicKey::from_openssh_line(&text);
        let _ = PublicKey::from_blob(&text);
    }

    #[test]
    fn no_text_that_looks_like_keys_makes_a_parser_panic(
        text in "(---- BEGIN SSH2 PUBLIC KEY ----|---- END SSH2 PUBLIC KEY ----|[A-Za-z: \\\\\"=,]{0,20}|ssh-rsa [A-Za-z0-9+/=]{0,40}|\r|\n){0,12}",
    ) {
        let _ = parse_many(text.as_bytes());
    }

    #[test]
    fn no_change_of_a_blob_makes_a_parser_panic(sample in 0..5usize, at in any::<prop::sample::Index>(), to: u8) {
        let mut blob = one(SAMPLES[sample].public).blob().to_vec();
        let at = at.index(blob.len());
        blob[at] = to;
        if let Ok(key) = PublicKey::from_blob(&blob) {
            prop_assert_eq!(key.blob(), &blob[..]);
            prop_assert!(key.material().is_ok());
            prop_assert_eq!(&one(&key.to_openssh()), &key);
        }
    }

    #[test]
    fn no_bytes_make_a_private_parser_panic(body in proptest::collection::vec(any::<u8>(), 0..300), label in 0..4usize) {
        let label = ["OPENSSH PRIVATE KEY", "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"][label];
        let _ = PrivateKey::parse(&body, None);
        prop_assert!(PrivateKey::parse(&pem::write(label, &body), None).is_err());
    }

    #[test]
    fn no_change_of_an_encrypted_key_makes_the_parser_panic(at in any::<prop::sample::Index>(), to: u8) {
        let mut file = pem::private_block(sample!("ed25519.aes256-gcm")).unwrap().der;
        let at = at.index(file.len());
        // More rounds only take longer.
        prop_assume!(file[at] != to && !(60..90).contains(&at));
        file[at] = to;
        let _ = openssh::read(&file, Some(&Secret::new(*b"correct horse")));
    }

    #[test]
    fn comments_survive_rfc_4716(comment in "[ -~é\\\\\"]{0,300}") {
        let key = one(LINE).with_comment(comment.as_bytes());
        let again = one(&key.to_rfc4716());
        prop_assert_eq!(again.comment(), key.comment());
        prop_assert!(key.to_rfc4716().split(|b| *b == b'\n').all(|line| line.len() <= 72));
    }
}
