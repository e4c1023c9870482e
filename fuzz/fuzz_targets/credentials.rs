//! What is written or typed to prove who somebody is, behind the first byte, which says what it is.
//!
//! - 0: the URI of one-time codes. What is taken has its bounds, and reads back from the URI that it makes.
//! - 1: recovery codes, one typed and those of an account. What is taken reads back.
//! - 2: a stored password. It is one form or another, or refused.
//! - 3: what is typed into the dialogue of `passwd`. It ends in a wish or a refusal, once, and wishes are lines.

#![no_main]

use causeway_auth::own_password::{Dialogue, Next};
use causeway_auth::password::PasswordHash;
use causeway_config::value::{RecoveryCodes, RecoveryHash, StoredPassword, Totp};
use causeway_core::Secret;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((what, rest)) = input.split_first() else { return };
    match what % 4 {
        0 => totp(rest),
        1 => recovery(rest),
        2 => stored(rest),
        _ => typed(rest),
    }
});

fn totp(uri: &[u8]) {
    if let Ok(totp) = Totp::from_uri(&Secret::new(uri)) {
        assert!((10..=128).contains(&totp.key().len()));
        assert!((6..=8).contains(&totp.digits()) && (15..=300).contains(&totp.period()));
        assert_eq!(Totp::from_uri(&totp.to_uri("Example", "ann")).expect("our own"), totp);
    }
}

fn recovery(text: &[u8]) {
    if RecoveryHash::of(text).is_some() {
        assert_eq!(text.iter().filter(|b| **b != b'-').count(), 16);
    }
    if let Ok(text) = std::str::from_utf8(text)
        && let Ok(codes) = text.parse::<RecoveryCodes>()
    {
        assert!(codes.len() <= 50);
        assert_eq!(codes.to_string().parse::<RecoveryCodes>().expect("our own"), codes);
    }
}

fn stored(text: &[u8]) {
    if let Ok(StoredPassword::Plain(plain)) = StoredPassword::recognise(Secret::new(text)) {
        assert!(!plain.expose().starts_with(b"$"));
    }
    let _ = PasswordHash::parse(&Secret::new(text)).map(|hash| hash.scheme());
}

fn typed(text: &[u8]) {
    let (mut dialogue, mut rest, mut over) = (Dialogue::default(), text, false);
    while !rest.is_empty() {
        let (next, left) = dialogue.receive(rest);
        assert!(left.len() < rest.len());
        rest = left;
        match next {
            None => {}
            Some(_) if over => panic!("it was over"),
            Some(Next::Ask(question)) => assert!(question.ends_with(": ")),
            Some(Next::Decide(wish)) => {
                over = true;
                assert!(!wish.new.expose().contains(&b'\n') && !wish.current.expose().contains(&b'\n'));
            }
            Some(Next::GiveUp(_)) => over = true,
        }
    }
    assert_eq!(dialogue.end().is_none(), over);
}
