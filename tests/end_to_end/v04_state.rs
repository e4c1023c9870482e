//! Messages in the wrong state (libssh CVE-2018-10933, Erlang CVE-2025-32433, russh CVE-2026-46705).

use causeway_tests::clients::python;
use causeway_tests::wire::{DISCONNECT, KEXINIT, STRICT, Wire, kexinit};
use causeway_tests::{Configuration, Server};

#[test]
fn v04_no_message_but_the_next_of_the_key_exchange_is_served_before_there_are_keys() {
    let server = Server::start(Configuration::standard());
    for number in 0..=255 {
        if number == DISCONNECT {
            continue;
        }
        let mut wire = Wire::connect(&server);
        wire.greet();
        wire.send_packet(&kexinit(STRICT));
        wire.send_packet(&[&[number][..], &[0; 32]].concat());
        wire.expect_end(&format!("message {number} during the key exchange"));
    }
}

#[test]
fn v04_no_message_but_kexinit_is_served_first() {
    let server = Server::start(Configuration::standard());
    for number in (5..=255).filter(|number| *number != KEXINIT) {
        let mut wire = Wire::connect(&server);
        wire.greet();
        wire.send_packet(&[&[number][..], &[0; 32]].concat());
        wire.expect_refusal(&format!("message {number} before KEXINIT"));
    }
}

#[test]
fn v04_nothing_opens_before_login_and_a_client_cannot_declare_itself_logged_in() {
    let server = Server::start(Configuration::standard());
    python(&server, "v04_before_login.py", &[]);
}
