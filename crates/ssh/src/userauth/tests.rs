mod dialogue;
mod keys;

use std::sync::Arc;

use causeway_core::Secret;
use causeway_core::sshkey::{Certificate, KeyError, Offered, PrivateKey};
use proptest::prelude::*;

use super::*;
use crate::kex::HostKey;
use crate::keys::{HostKeyPair, KeyKind, Scheme, VerifyError, generate};
use crate::transport::Disconnect;
use crate::wire::{Reader, WireError, Writer};

const SESSION: &[u8] = &[7; 32];

const PASSWORD: Factors = Factors { password: true, ..Factors::NONE };
const KEY: Factors = Factors { key: true, ..Factors::NONE };
const CODE: Factors = Factors { code: true, ..Factors::NONE };

fn message(write: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut Writer::new(&mut out));
    out
}

fn service_request(name: &[u8]) -> Vec<u8> {
    message(|w| _ = w.u8(5).string(name))
}

fn request(user: &[u8], method: &[u8], fields: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    message(|w| {
        w.u8(50).string(user).string(b"ssh-connection").string(method);
        fields(w);
    })
}

fn none(user: &[u8]) -> Vec<u8> {
    request(user, b"none", |_| ())
}

fn password(user: &[u8], password: &[u8]) -> Vec<u8> {
    request(user, b"password", |w| _ = w.bool(false).string(password))
}

fn query(user: &[u8], algorithm: &[u8], blob: &[u8]) -> Vec<u8> {
    request(user, b"publickey", |w| _ = w.bool(false).string(algorithm).string(blob))
}

/// A request signed for `signed_session` and `signed_user`, sent as `user`.
fn signed(key: &HostKeyPair, user: &str, signed_user: &str, signed_session: &[u8]) -> Vec<u8> {
    let name = key.algorithms()[0];
    let data = message(|w| {
        w.string(signed_session).u8(50).string(signed_user.as_bytes()).string(b"ssh-connection");
        w.string(b"publickey").u8(1).string(name.as_bytes()).string(key.public_blob());
    });
    let signature = key.sign(name, &data).unwrap();
    request(user.as_bytes(), b"publickey", |w| {
        w.bool(true).string(name.as_bytes()).string(key.public_blob()).string(&signature);
    })
}

fn key() -> HostKeyPair {
    HostKeyPair::new(&generate(KeyKind::Ed25519).unwrap()).unwrap()
}

fn fresh(options: LoginOptions) -> Login {
    Login::new(Arc::new(options), SESSION)
}

/// A login that has asked for its service.
fn begun() -> Login {
    reply(fresh(LoginOptions::default()).step(&service_request(b"ssh-userauth"))).0
}

fn reply(step: LoginStep) -> (Login, Vec<Vec<u8>>, Option<LoginError>) {
    match step {
        LoginStep::Reply { login, payloads, refused } => (login, payloads, refused.map(|r| r.cause)),
        other => panic!("{other:?}"),
    }
}

fn proof(step: LoginStep) -> Proof {
    match step {
        LoginStep::Prove(proof) => proof,
        other => panic!("{other:?}"),
    }
}

fn ended(step: LoginStep) -> (Disconnect, LoginError) {
    match step {
        LoginStep::Disconnect { code, error, .. } => (code, error),
        other => panic!("{other:?}"),
    }
}

/// The methods and the flag of a lone FAILURE.
fn failure(payloads: &[Vec<u8>]) -> (String, bool) {
    let [payload] = payloads else { panic!("{payloads:?}") };
    let mut r = Reader::new(payload);
    assert_eq!(r.u8(), Ok(51));
    let methods = r.name_list().unwrap().as_str().to_owned();
    let partial = r.bool().unwrap();
    r.finish().unwrap();
    (methods, partial)
}

#[test]
fn a_password_login_goes_from_service_to_success() {
    let (login, payloads, _) = reply(fresh(LoginOptions::default()).step(&service_request(b"ssh-userauth")));
    assert_eq!(payloads, [message(|w| _ = w.u8(6).string(b"ssh-userauth"))]);
    let (login, payloads, refused) = reply(login.step(&none(b"anna")));
    assert_eq!(failure(&payloads), ("publickey,password,keyboard-interactive".into(), false));
    assert_eq!(refused, None);
    let proof = proof(login.step(&password(b"anna", b"hunter2")));
    assert_eq!(proof.user(), "anna");
    assert_eq!(proof.credential(), &Credential::Password(Secret::new(*b"hunter2")));
    let done = proof.accept();
    assert_eq!(done.payloads, [[52]]);
    assert_eq!((done.user.as_str(), done.proven), ("anna", PASSWORD));
}

#[test]
fn v04_no_message_but_the_two_of_a_login_is_accepted_in_any_of_its_states() {
    let waiting = || fresh(LoginOptions::default());
    let partly = || reply(proof(begun().step(&password(b"anna", b"x"))).partial(PASSWORD.or(KEY))).0;
    let queried = || {
        let key = key();
        match begun().step(&query(b"anna", b"ssh-ed25519", key.public_blob())) {
            LoginStep::Query(q) => reply(q.acceptable()).0,
            other => panic!("{other:?}"),
        }
    };
    for number in 0..=255u8 {
        for body in [&b""[..], b"\0\0\0\x0cssh-userauth", &[0; 64]] {
            let sent = [&[number], body].concat();
            for (begun, login) in [(false, waiting()), (true, begun()), (true, partly()), (true, queried())] {
                match (number, login.step(&sent)) {
                    (5, LoginStep::Reply { .. }) => assert_eq!(body, b"\0\0\0\x0cssh-userauth"),
                    (5, step) => assert!(matches!(ended(step).1, LoginError::Malformed(_))),
                    (50, step) if begun => {
                        assert!(matches!(ended(step).1, LoginError::Malformed(_) | LoginError::Service(_)));
                    }
                    (54..=79, step) => {
                        assert!(matches!(step, LoginStep::Unimplemented(Waiting::Login(_))), "{number}");
                    }
                    (_, step) => {
                        assert_eq!(ended(step), (Disconnect::ProtocolError, LoginError::Unexpected(number)));
                    }
                }
            }
        }
    }
    assert!(matches!(ended(begun().step(&[])).1, LoginError::Unexpected(0)));
}

#[test]
fn v04_a_request_before_its_service_ends_the_connection() {
    let step = fresh(LoginOptions::default()).step(&password(b"anna", b"x"));
    assert_eq!(ended(step), (Disconnect::ProtocolError, LoginError::Unexpected(50)));
}

#[test]
fn v04_what_one_user_has_proven_is_forgotten_when_the_name_changes() {
    let first = proof(begun().step(&password(b"anna", b"right")));
    let (login, payloads, _) = reply(first.partial(PASSWORD.or(KEY)));
    assert_eq!(failure(&payloads), ("publickey".into(), true));
    let key = key();

    // The same name goes on where it was.
    let again = proof(login.step(&signed(&key, "anna", "anna", SESSION)));
    assert_eq!(again.proven(), PASSWORD);
    assert_eq!(again.accept().proven, PASSWORD.or(KEY));

    // Another begins with nothing, and the first one after it too.
    let (login, ..) = reply(proof(begun().step(&password(b"anna", b"right"))).partial(PASSWORD.or(KEY)));
    let other = proof(login.step(&signed(&key, "bert", "bert", SESSION)));
    assert_eq!(other.proven(), Factors::NONE);
    let (login, payloads, _) = reply(other.refuse());
    assert_eq!(failure(&payloads), ("publickey,password,keyboard-interactive".into(), false));
    assert_eq!(proof(login.step(&signed(&key, "anna", "anna", SESSION))).proven(), Factors::NONE);

    // A name that cannot be one, and a mere question, count as a change too.
    for between in [none(b"bert"), none(b"")] {
        let (login, ..) = reply(proof(begun().step(&password(b"anna", b"right"))).partial(PASSWORD.or(KEY)));
        let (login, ..) = reply(login.step(&between));
        assert_eq!(proof(login.step(&signed(&key, "anna", "anna", SESSION))).proven(), Factors::NONE);
    }
}

#[test]
fn v04_a_method_that_was_proven_counts_only_once() {
    let (login, ..) = reply(proof(begun().step(&password(b"anna", b"right"))).partial(PASSWORD.or(KEY)));
    let (_, payloads, refused) = reply(login.step(&password(b"anna", b"right")));
    assert_eq!(failure(&payloads), ("publickey".into(), false));
    assert_eq!(refused, Some(LoginError::Method("password".into())));
}

#[test]
fn a_partial_success_that_nothing_can_complete_is_a_failure() {
    let only = LoginOptions { methods: Methods::NONE.with(Method::Password), ..Default::default() };
    let login = reply(fresh(only).step(&service_request(b"ssh-userauth"))).0;
    let (_, payloads, _) = reply(proof(login.step(&password(b"anna", b"x"))).partial(PASSWORD.or(KEY)));
    assert_eq!(failure(&payloads), ("password".into(), false));
}

#[test]
fn a_second_request_for_the_service_changes_nothing() {
    let (login, ..) = reply(proof(begun().step(&password(b"anna", b"x"))).partial(PASSWORD.or(KEY)));
    let (login, payloads, _) = reply(login.step(&service_request(b"ssh-userauth")));
    assert_eq!(payloads, [reply::service_accept()]);
    let key = key();
    let next = proof(login.step(&signed(&key, "anna", "anna", SESSION)));
    assert_eq!(next.proven(), PASSWORD);
}

#[test]
fn other_services_end_the_connection() {
    let expected = |name: &str| (Disconnect::ServiceNotAvailable, LoginError::Service(name.into()));
    assert_eq!(ended(begun().step(&service_request(b"ssh-connection"))), expected("ssh-connection"));
    assert_eq!(ended(begun().step(&service_request(b"\x1b[2J"))), expected("\\x1b[2J"));
    let sent = message(|w| _ = w.u8(50).string(b"anna").string(b"other").string(b"none"));
    assert_eq!(ended(begun().step(&sent)), expected("other"));
}

#[test]
fn six_failures_end_the_connection_whatever_the_names() {
    let mut login = begun();
    for user in [b"a", b"b", b"c", b"d", b"e"] {
        (login, ..) = reply(proof(login.step(&password(user, b"wrong"))).refuse());
    }
    let step = proof(login.step(&password(b"f", b"wrong"))).refuse();
    assert_eq!(ended(step), (Disconnect::NoMoreAuthMethods, LoginError::TooManyFailures));
}

#[test]
fn what_fails_without_being_asked_about_counts_as_a_failure_too() {
    let key = key();
    for sent in [
        none(b"anna"),
        request(b"anna", b"unknown", |w| _ = w.string(b"").string(b"")),
        request(b"anna", b"password", |w| _ = w.bool(true).string(b"old").string(b"new")),
        password(b"", b"x"),
        password(b"anna", b"\xff"),
        signed(&key, "anna", "bert", SESSION),
        request(b"anna", b"publickey", |w| _ = w.bool(true).string(b"x").string(b"y").string(b"z")),
    ] {
        let mut login = reply(begun().step(&none(b"anna"))).0;
        for _ in 0..5 {
            (login, ..) = reply(login.step(&sent));
        }
        assert_eq!(ended(login.step(&sent)).1, LoginError::TooManyFailures);
    }
}

#[test]
fn refused_queries_are_no_failures_but_are_bounded() {
    let key = key();
    let mut login = begun();
    for i in 0..32 {
        let name: &[u8] = if i % 2 == 0 { b"ssh-ed25519" } else { b"ssh-dss" };
        login = match login.step(&query(b"anna", name, key.public_blob())) {
            LoginStep::Query(asked) => {
                let (login, payloads, _) = reply(asked.refuse());
                assert_eq!(failure(&payloads), ("publickey,password,keyboard-interactive".into(), false));
                login
            }
            step => reply(step).0,
        };
    }
    let step = login.step(&query(b"anna", b"ssh-ed25519", key.public_blob()));
    assert_eq!(ended(step), (Disconnect::NoMoreAuthMethods, LoginError::TooManyQueries));
}

#[test]
fn endless_messages_end_the_connection() {
    let mut login = begun();
    for _ in 0..127 {
        login = reply(login.step(&service_request(b"ssh-userauth"))).0;
    }
    assert_eq!(ended(login.step(&service_request(b"ssh-userauth"))).1, LoginError::TooManyRequests);
}

#[test]
fn user_names_that_are_no_text_or_too_long_reach_nobody() {
    let long = "ä".repeat(150);
    assert_eq!(proof(begun().step(&password(long.as_bytes(), b"x"))).user(), long);
    for (user, cause) in [
        (&b""[..], LoginError::UserLength),
        (&[b'a'; 151], LoginError::UserLength),
        (&[0xff; 10_000], LoginError::UserLength),
        (b"a\0b", LoginError::UserNotText),
        (b"a\nb", LoginError::UserNotText),
        ("a\u{85}b".as_bytes(), LoginError::UserNotText),
        (b"\xc0\xaf", LoginError::UserNotText),
    ] {
        for sent in [password(user, b"x"), none(user)] {
            match begun().step(&sent) {
                LoginStep::Reply { payloads, refused, .. } => {
                    assert_eq!(failure(&payloads), ("publickey,password,keyboard-interactive".into(), false));
                    let refused = refused.unwrap();
                    assert_eq!(refused.cause, cause);
                    assert_eq!(refused.user, &user[..user.len().min(600)]);
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn passwords_that_are_no_text_too_long_or_to_be_changed_reach_nobody() {
    let refused = |sent: &[u8]| reply(begun().step(sent)).2.unwrap();
    assert_eq!(refused(&password(b"anna", b"\xff")), LoginError::PasswordNotText);
    assert_eq!(refused(&password(b"anna", &[b'x'; 1025])), LoginError::PasswordLength);
    let change = request(b"anna", b"password", |w| _ = w.bool(true).string(b"old").string(b"new"));
    assert_eq!(refused(&change), LoginError::PasswordChange);
    assert_eq!(proof(begun().step(&password(b"anna", &[b'x'; 1024]))).user(), "anna");
}

#[test]
fn methods_that_are_not_offered_reach_nobody() {
    let only = |methods| {
        let options = LoginOptions { methods, ..Default::default() };
        reply(fresh(options).step(&service_request(b"ssh-userauth"))).0
    };
    let key = key();
    let no_password = || only(Methods::NONE.with(Method::PublicKey));
    let (_, payloads, cause) = reply(no_password().step(&password(b"anna", b"x")));
    assert_eq!(failure(&payloads), ("publickey".into(), false));
    assert_eq!(cause, Some(LoginError::Method("password".into())));
    let no_key = || only(Methods::NONE.with(Method::Password));
    for sent in [signed(&key, "anna", "anna", SESSION), query(b"anna", b"ssh-ed25519", key.public_blob())] {
        let (_, payloads, cause) = reply(no_key().step(&sent));
        assert_eq!(failure(&payloads), ("password".into(), false));
        assert_eq!(cause, Some(LoginError::Method("publickey".into())));
    }
}

#[test]
fn the_banner_comes_once_before_the_first_answer() {
    let banner = message(|w| _ = w.u8(53).string("Nur für Partner\r\nWelcome\r\n".as_bytes()).string(b""));
    let with_banner = || {
        let options = LoginOptions { banner: "Nur für Partner\nWelcome\n".into(), ..Default::default() };
        let (login, payloads, _) = reply(fresh(options).step(&service_request(b"ssh-userauth")));
        assert_eq!(payloads.len(), 1);
        login
    };
    let (login, payloads, _) = reply(with_banner().step(&none(b"anna")));
    assert_eq!((payloads.len(), &payloads[0]), (2, &banner));
    let (_, payloads, _) = reply(proof(login.step(&password(b"anna", b"x"))).refuse());
    assert_eq!(payloads.len(), 1);
    let done = proof(with_banner().step(&password(b"anna", b"x"))).accept();
    assert_eq!(done.payloads, [banner, vec![52]]);
}

#[test]
fn malformed_requests_end_the_connection() {
    let key = key();
    for sent in [
        none(b"anna"),
        password(b"anna", b"x"),
        query(b"anna", b"ssh-ed25519", key.public_blob()),
        signed(&key, "anna", "anna", SESSION),
    ] {
        let step = begun().step(&[&sent[..], &[0]].concat());
        assert_eq!(ended(step), (Disconnect::ProtocolError, LoginError::Malformed(WireError::Trailing)));
        for cut in 1..sent.len() {
            // Cut behind the service name's length, an earlier check may fail first.
            assert_eq!(ended(begun().step(&sent[..cut])).0, Disconnect::ProtocolError);
        }
    }
}

#[test]
fn neither_passwords_nor_requests_are_printed() {
    let sent = password(b"anna", b"hunter2");
    let shown = format!("{:?} {:?}", request::Request::parse(&sent), begun().step(&sent));
    assert!(!shown.contains("hunter2") && !shown.contains("104, 117, 110"), "{shown}");
}

proptest! {
    #[test]
    fn no_bytes_make_a_login_panic_or_succeed(
        messages in proptest::collection::vec(
            (prop_oneof![Just(5u8), Just(50u8), any::<u8>()], proptest::collection::vec(any::<u8>(), 0..80)),
            1..20,
        ),
    ) {
        let mut login = begun();
        for (number, body) in messages {
            match login.step(&[&[number], &body[..]].concat()) {
                LoginStep::Reply { login: next, .. } => login = next,
                LoginStep::Unimplemented(Waiting::Login(next)) => login = *next,
                _ => break,
            }
        }
    }

    #[test]
    fn no_request_with_odd_fields_makes_a_login_panic(
        user in ".{0,200}",
        method in prop_oneof![Just("none"), Just("password"), Just("publickey"), Just("hostbased")],
        fields in proptest::collection::vec(any::<u8>(), 0..120),
        strings in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..4),
    ) {
        let sent = request(user.as_bytes(), method.as_bytes(), |w| {
            w.u8(fields.first().map_or(0, |b| b & 1));
            for s in &strings {
                w.string(s);
            }
        });
        if let LoginStep::Prove(proof) = begun().step(&sent) {
            prop_assert_eq!(proof.method(), Method::Password);
            prop_assert_eq!(proof.user(), &user);
        }
        let _ = begun().step(&request(user.as_bytes(), method.as_bytes(), |w| _ = w.raw(&fields)));
    }
}
