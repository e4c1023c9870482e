//! Single messages of a client, without a connection around them: of a login and of channels.
//!
//! - Fields lie within the message and are no longer than it.
//! - A name or password that may go to a back end keeps its bounds.

#![no_main]

use causeway_ssh::connection::Message;
use causeway_ssh::userauth::request::{
    Fields, MAX_PASSWORD, MAX_USER_CHARS, Request, answer, host_name, password, service, user_name,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|payload: &[u8]| {
    if let Ok(name) = service(payload) {
        assert_eq!(name.len() + 5, payload.len());
    }
    if let Ok(Ok(given)) = answer(payload) {
        assert_eq!(given.len() + 9, payload.len());
    }
    if let Ok(request) = Request::parse(payload) {
        let fields = match request.fields {
            Fields::None | Fields::PasswordChange | Fields::Interactive | Fields::Other => 0,
            Fields::Password(given) => {
                assert!(password(given).map_or(true, |p| p.len() <= MAX_PASSWORD && p == given));
                given.len() + 5
            }
            Fields::KeyQuery { algorithm, blob } => algorithm.len() + blob.len() + 9,
            Fields::Key { algorithm, blob, signature } => algorithm.len() + blob.len() + signature.len() + 13,
            Fields::Host(asked) => {
                if let Ok(host) = host_name(asked.host) {
                    assert!((1..=255).contains(&host.len()) && host.bytes().all(|b| b.is_ascii_graphic()));
                }
                let names = asked.host.len() + asked.user.len();
                asked.algorithm.len() + asked.blob.len() + names + asked.signature.len() + 20
            }
        };
        let strings = request.user.len() + request.service.len() + request.method.len() + 12;
        let whole = matches!(request.fields, Fields::PasswordChange | Fields::Interactive | Fields::Other);
        assert!(if whole { strings < payload.len() } else { 1 + strings + fields == payload.len() });
        if let Ok(user) = user_name(request.user) {
            assert_eq!(user.as_bytes(), request.user);
            assert!(
                (1..=MAX_USER_CHARS).contains(&user.chars().count()) && !user.chars().any(char::is_control)
            );
        }
    }
    match Message::parse(payload) {
        Ok(Message::Data { offset, length, .. }) => assert_eq!(offset + length, payload.len()),
        Ok(Message::ExtendedData { length, .. }) => assert_eq!(length + 13, payload.len()),
        Ok(Message::GlobalRequest { name, .. }) => assert!(name.len() + 6 <= payload.len()),
        Ok(Message::Open { kind, .. }) => assert!(kind.len() + 17 <= payload.len()),
        _ => {}
    }
});
