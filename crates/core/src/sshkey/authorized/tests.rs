use proptest::prelude::*;

use super::*;
use crate::sshkey::PublicKey;

const LINE: &str = include_str!("../../../tests-data/sshkey/ed25519.pub");

fn key() -> PublicKey {
    PublicKey::from_openssh_line(LINE.as_bytes()).unwrap()
}

fn terms(options: &str) -> KeyTerms {
    let line = format!("{options} {LINE}");
    let keys = parse_authorized(line.as_bytes()).unwrap().keys;
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0].key(), &key());
    assert_eq!(keys[0].to_openssh(), line.trim_end().as_bytes());
    keys[0].terms().clone()
}

fn error(options: &str) -> KeyError {
    parse_authorized(format!("{options} {LINE}").as_bytes()).unwrap_err().error
}

#[test]
fn a_key_without_options_has_no_terms() {
    let keys = parse_authorized(format!("# comment\n\n{LINE}{LINE}").as_bytes()).unwrap().keys;
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0].terms(), &KeyTerms::default());
    assert_eq!(keys[0], AuthorizedKey::from(key()));
}

#[test]
fn options_that_restrict_are_read() {
    let terms = terms(
        r#"from="10.0.0.0/8,files.example.com",expiry-time="20300102",cert-authority,principals="a, b",verify-required,No-Touch-Required,command="internal-sftp""#,
    );
    assert!(terms.is_authority && terms.verify_required && terms.no_touch_required && terms.sftp_only);
    assert_eq!(terms.principals, Some(vec![b"a".to_vec(), b"b".to_vec()]));
    let from = terms.from.unwrap();
    assert!(from.take_address("10.1.1.1".parse().unwrap()) && from.take_name(b"files.example.com"));
    assert_eq!(terms.refused, None);
    let zone = TimeZone::fixed(jiff::tz::offset(2));
    assert_eq!(terms.expires.unwrap().timestamp(&zone), Some(Timestamp::from_seconds(1_893_535_200)));
}

#[test]
fn the_end_of_a_key_is_told_in_local_time_or_in_utc() {
    let at = |text: &str| {
        let terms = terms(&format!("expiry-time=\"{text}\""));
        terms.expires.map(|e| e.timestamp(&TimeZone::fixed(jiff::tz::offset(2))).unwrap().seconds())
    };
    assert_eq!(at("19700102Z"), Some(86_400));
    assert_eq!(at("19700102"), Some(79_200));
    assert_eq!(at("197001020102Z"), Some(86_400 + 3720));
    assert_eq!(at("19700102010203z"), Some(86_400 + 3723));
    for bad in ["", "2030", "20301301", "2030010", "203001012460", "2030-01-01", "20300101Zx"] {
        let terms = terms(&format!("expiry-time=\"{bad}\""));
        assert!(terms.refused.is_some_and(|why| why.contains("expiry-time")), "{bad}");
    }
}

#[test]
fn options_of_what_is_not_offered_need_nothing() {
    let harmless = r#"restrict,pty,no-pty,agent-forwarding,no-agent-forwarding,port-forwarding,no-port-forwarding,user-rc,no-user-rc,X11-forwarding,no-X11-forwarding,permitopen="a:1",permitlisten="1",tunnel="0",environment="A=\"b\"""#;
    assert_eq!(KeyTerms { written: Vec::new(), ..terms(harmless) }, KeyTerms::default());
}

#[test]
fn an_option_that_is_not_known_refuses_its_key_and_no_other() {
    for (options, named) in [
        (r#"command="/bin/rsync""#, "command"),
        (r#"command="internal-sftp -R""#, "command"),
        ("shiny", "shiny"),
        (r#"shiny="1""#, "shiny"),
        ("from", "from"),
        (r#"from="10.0.0.0/40""#, "from"),
        (r#"from="10.0.0.1",from="10.0.0.2""#, "from"),
        (r#"principals="alice""#, "principals"),
        (r#"cert-authority="x""#, "cert-authority"),
        (r#"pty="x""#, "pty"),
    ] {
        let why = terms(options).refused.unwrap_or_default();
        assert!(why.contains(&format!("'{named}'")), "{options}: {why}");
    }
    let two = format!("shiny {LINE}{LINE}");
    let keys = parse_authorized(two.as_bytes()).unwrap().keys;
    assert!(keys[0].terms().refused.is_some() && keys[1].terms().refused.is_none());
}

#[test]
fn a_line_that_cannot_be_split_into_options_and_key_closes_all() {
    for options in [r#"from="a,b"#, "a,,b", ",", r#"from="a"b"#, "=x", "no-\rpty", "from=\"a\u{7f}\""] {
        let error = error(options);
        assert!(matches!(error, KeyError::BadOptions | KeyError::NotAKey), "{options}: {error:?}");
    }
}

#[test]
fn a_whole_key_of_a_type_or_size_that_is_not_supported_makes_its_line_unusable_and_no_other() {
    let dsa = include_str!("../../../tests-data/sshkey/dsa.pub");
    let small = include_str!("../../../tests-data/sshkey/rsa1024.pub");
    let certificate = include_str!("../../../tests-data/certificates/ed25519-cert.pub");
    let block = format!(
        "---- BEGIN SSH2 PUBLIC KEY ----\n{}\n---- END SSH2 PUBLIC KEY ----\n",
        dsa.split(' ').nth(1).unwrap()
    );
    for (unusable, says) in [
        (dsa.to_owned(), "'ssh-dss' are not supported"),
        (format!("no-pty {dsa}"), "'ssh-dss' are not supported"),
        (block, "'ssh-dss' are not supported"),
        (small.to_owned(), "1024 bits"),
        (certificate.to_owned(), "'ssh-ed25519-cert-v01@openssh.com' are not supported"),
    ] {
        let text = format!("# keys\n{unusable}{LINE}");
        let lines = parse_authorized(text.as_bytes()).unwrap();
        assert_eq!(lines.keys, [AuthorizedKey::from(key())], "{unusable}");
        let why = &lines.unusable[0].why;
        assert_eq!((why.line, lines.unusable.len()), (2, 1), "{unusable}");
        assert!(why.to_string().contains(says), "{why}");
        let again = parse_authorized(lines.unusable[0].to_openssh()).unwrap();
        assert_eq!(again.unusable[0].why.error, why.error);
    }
}

#[test]
fn what_only_looks_like_a_key_that_is_not_supported_closes_all() {
    let dsa = include_str!("../../../tests-data/sshkey/dsa.pub");
    let small = include_str!("../../../tests-data/sshkey/rsa1024.pub");
    for bad in [
        "ssh-dss\n".to_owned(),
        "ssh-dss AAAA\n".to_owned(),
        dsa.replacen("AAAAB3", "AAAAB", 1),
        dsa.replacen("ssh-dss", "ssh-new", 1),
        format!("no-\rpty {dsa}"),
        small.replacen("AAAAB3", "AAAAB", 1),
    ] {
        assert!(parse_authorized(format!("{bad}{LINE}").as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn quotations_hold_blanks_commas_and_quotes() {
    let line = terms(r#"environment="X=a, \"b\" ssh-ed25519 c",verify-required"#);
    assert!(line.verify_required && line.refused.is_none());
}

proptest! {
    #[test]
    fn no_options_make_it_panic_and_what_is_read_is_written_back(options in "[a-z=\",\\\\ ]{0,24}") {
        let line = format!("{options} {LINE}");
        if let Ok(keys) = parse_authorized(line.as_bytes()) {
            let written: Vec<_> = keys.keys.iter().flat_map(|k| [k.to_openssh(), b"\n".to_vec()].concat()).collect();
            prop_assert_eq!(parse_authorized(&written), Ok(keys));
        }
    }
}
