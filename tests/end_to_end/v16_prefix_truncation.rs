//! Messages put in or taken out before the keys are there (Terrapin, CVE-2023-48795).

use causeway_tests::wire::{IGNORE, NEWKEYS, STRICT, UNIMPLEMENTED, Wire, ecdh_init, kexinit, string};
use causeway_tests::{Configuration, Server};

#[test]
fn v16_the_server_offers_strict_key_exchange() {
    let server = Server::start(Configuration::standard());
    let offered = Wire::connect(&server).greet();
    let marker = b"kex-strict-s-v00@openssh.com";
    assert!(offered.windows(marker.len()).any(|window| window == marker));
}

#[test]
fn v16_a_message_injected_before_newkeys_ends_a_strict_connection() {
    let server = Server::start(Configuration::standard());
    let ignore = [vec![IGNORE], string("x")].concat();
    let debug = [vec![4, 0], string("x"), string("")].concat();
    let unimplemented = vec![UNIMPLEMENTED, 0, 0, 0, 0];
    for injected in [&ignore, &debug, &unimplemented] {
        // Ahead of KEXINIT: strict rules make KEXINIT the first message, seen from behind.
        let mut wire = Wire::connect(&server);
        wire.greet();
        wire.send_packet(injected);
        wire.send_packet(&kexinit(STRICT));
        wire.expect_end(&format!("message {} before KEXINIT", injected[0]));
        // Between KEXINIT and ECDH_INIT.
        let mut wire = Wire::connect(&server);
        wire.greet();
        wire.send_packet(&kexinit(STRICT));
        wire.send_packet(injected);
        wire.expect_end(&format!("message {} after KEXINIT", injected[0]));
        // Between ECDH_INIT and NEWKEYS.
        let mut wire = Wire::connect(&server);
        wire.greet();
        wire.send_packet(&kexinit(STRICT));
        wire.send_packet(&ecdh_init());
        wire.send_packet(injected);
        expect_end_after_key_exchange(&mut wire, &format!("message {} before NEWKEYS", injected[0]));
    }
}

#[test]
fn v16_what_follows_newkeys_in_the_clear_ends_the_connection() {
    let server = Server::start(Configuration::standard());
    let mut wire = Wire::connect(&server);
    wire.greet();
    wire.send_packet(&kexinit(STRICT));
    wire.send_packet(&ecdh_init());
    wire.send_packet(&[NEWKEYS]);
    wire.send_packet(&[vec![5], string("ssh-userauth")].concat());
    expect_end_after_key_exchange(&mut wire, "a service request in the clear");
}

/// The server may still answer the key exchange: ECDH_REPLY, NEWKEYS and then, sealed, what we cannot read.
fn expect_end_after_key_exchange(wire: &mut Wire, what: &str) {
    causeway_tests::wait::until(what, || wire.is_closed());
}
