//! Later key exchanges: begun by either side, under load, for every reason, and refused when abused.

use std::time::Duration;

use super::scripted::{Lists, Script};
use super::*;
use crate::transport::message;

#[test]
fn either_side_may_change_the_keys() {
    for cipher in protections() {
        let mut pair = Pair::established(cipher);
        let id = pair.server.transport.session_id().unwrap().to_vec();
        for round in 0..6_u8 {
            let side = if round % 2 == 0 { &mut pair.client } else { &mut pair.server };
            side.transport.begin_exchange(&mut side.tx, pair.now).unwrap();
            assert!(!side.transport.can_send());
            pair.run().unwrap();
            assert!(pair.client.transport.can_send() && pair.server.transport.can_send());
            pair.client.send(&data(&[round]));
            pair.server.send(&data(&[round]));
            pair.run().unwrap();
            assert_eq!(pair.server.payloads.last(), Some(&data(&[round])));
            assert_eq!(pair.client.payloads.last(), Some(&data(&[round])));
        }
        assert_eq!(pair.client.transport.session_id(), Some(&id[..]), "the session keeps its name");
        assert_eq!(pair.server.transport.session_id(), Some(&id[..]));
    }
}

#[test]
fn both_sides_may_begin_at_once() {
    let mut pair = Pair::established(Cipher::ChaCha20Poly1305);
    pair.client.transport.begin_exchange(&mut pair.client.tx, pair.now).unwrap();
    pair.server.transport.begin_exchange(&mut pair.server.tx, pair.now).unwrap();
    pair.run().unwrap();
    pair.client.send(&data(b"x"));
    pair.run().unwrap();
    assert_eq!(pair.server.payloads, [data(b"x")]);
}

#[test]
fn data_on_its_way_before_the_peers_kexinit_still_arrives() {
    let mut pair = Pair::established(Cipher::Aes256Gcm);
    pair.client.send(&data(b"already sent"));
    pair.server.transport.begin_exchange(&mut pair.server.tx, pair.now).unwrap();
    let bytes = pair.client.drain(usize::MAX);
    pair.server.feed(&bytes, pair.now).unwrap();
    assert_eq!(pair.server.payloads, [data(b"already sent")]);
    assert!(!pair.server.transport.can_send());
    // The answer waits for the new keys, and keeps its order.
    pair.server.send(&data(b"1"));
    pair.server.send(&data(b"2"));
    pair.run().unwrap();
    assert_eq!(pair.client.payloads, [data(b"1"), data(b"2")]);
}

#[test]
fn nothing_is_lost_or_reordered_when_keys_change_under_load() {
    for cipher in one_mac_each() {
        let mut pair = Pair::established(cipher);
        let random = Random::predictable(42);
        let (mut sent_up, mut sent_down) = (0_u64, 0_u64);
        for step in 0..4000 {
            let dice = random.u64();
            for (side, sent) in [(&mut pair.client, &mut sent_up), (&mut pair.server, &mut sent_down)] {
                if side.transport.can_send() && side.tx.room() > OUTPUT_RESERVE + 2048 {
                    let mut payload = data(&sent.to_be_bytes());
                    payload.resize(9 + usize::try_from(dice % 1500).unwrap(), 0);
                    side.send(&payload);
                    *sent += 1;
                }
            }
            if step % 100 == 0 {
                let side = if dice & 1 == 0 { &mut pair.client } else { &mut pair.server };
                side.transport.begin_exchange(&mut side.tx, pair.now).unwrap();
            }
            let piece = usize::try_from(dice >> 52).unwrap();
            let bytes = pair.client.drain(piece);
            pair.server.feed(&bytes, pair.now).unwrap();
            let bytes = pair.server.drain(4096 - piece);
            pair.client.feed(&bytes, pair.now).unwrap();
        }
        pair.run().unwrap();
        for (side, sent) in [(&pair.server, sent_up), (&pair.client, sent_down)] {
            let got: Vec<u64> =
                side.payloads.iter().map(|p| u64::from_be_bytes(p[1..9].try_into().unwrap())).collect();
            assert!(got.iter().copied().eq(0..sent) && sent > 500, "{cipher:?}: {} of {sent}", got.len());
        }
    }
}

fn with_policy(policy: RekeyPolicy) -> Pair {
    let mut pair = Pair::new(client_config(), ServerConfig { rekey: policy, ..server_config() });
    pair.run().unwrap();
    pair
}

/// Whether the server begins a key exchange when the client sends one message.
fn server_begins(pair: &mut Pair) -> bool {
    pair.client.send(&data(b"x"));
    let bytes = pair.client.drain(usize::MAX);
    pair.server.feed(&bytes, pair.now).unwrap();
    let began = !pair.server.transport.can_send();
    pair.run().unwrap();
    began
}

#[test]
fn keys_are_changed_after_so_many_bytes_in_either_direction() {
    let mut pair = with_policy(RekeyPolicy { bytes: 10_000, ..RekeyPolicy::default() });
    assert!(!server_begins(&mut pair));
    pair.client.send(&data(&[0; 10_000]));
    pair.run().unwrap();
    assert!(!server_begins(&mut pair), "done while the data was passed on");
    pair.server.send(&data(&[0; 10_000]));
    pair.server.transport.tick(&mut pair.server.tx, pair.now).unwrap();
    assert!(!pair.server.transport.can_send());
    pair.run().unwrap();
    assert!(pair.server.transport.can_send() && !server_begins(&mut pair));
}

#[test]
fn keys_are_changed_after_so_many_packets() {
    let mut pair = with_policy(RekeyPolicy { packets: 5, ..RekeyPolicy::default() });
    let began: Vec<bool> = (0..10).map(|_| server_begins(&mut pair)).collect();
    assert_eq!(began.iter().filter(|b| **b).count(), 2, "{began:?}");
}

#[test]
fn keys_are_not_changed_by_us_before_the_connection_is_in_use() {
    let mut pair = with_policy(RekeyPolicy { packets: 2, time: Duration::ZERO, ..RekeyPolicy::default() });
    for number in [message::SERVICE_REQUEST, 50, 61, 50] {
        pair.client.send(&[number]);
        pair.run().unwrap();
        pair.server.transport.tick(&mut pair.server.tx, pair.now).unwrap();
        assert!(pair.server.tx.is_empty(), "OpenSSH's client takes no KEXINIT during its login");
    }
    assert!(server_begins(&mut pair));
}

#[test]
fn a_change_of_keys_waits_while_the_output_is_full() {
    let mut pair = with_policy(RekeyPolicy { packets: 2, ..RekeyPolicy::default() });
    pair.server.tx = TxBuf::new(OUTPUT_RESERVE - 1);
    assert!(!server_begins(&mut pair) && !server_begins(&mut pair) && !server_begins(&mut pair));
    pair.server.tx = TxBuf::new(OUTPUT_RESERVE);
    assert!(server_begins(&mut pair));
}

#[test]
fn keys_are_changed_after_a_time_but_not_while_the_session_is_idle() {
    let mut pair = with_policy(RekeyPolicy::default());
    pair.now = pair.now.after(Duration::from_secs(3599));
    assert!(!server_begins(&mut pair));
    pair.now = pair.now.after(Duration::from_secs(1));
    pair.server.transport.tick(&mut pair.server.tx, pair.now).unwrap();
    assert!(pair.server.transport.can_send(), "an idle peer may not be reading");
    assert!(server_begins(&mut pair));
    assert!(!server_begins(&mut pair));
}

#[test]
fn a_peer_that_never_answers_our_kexinit_is_dropped() {
    let mut pair = with_policy(RekeyPolicy::default());
    pair.server.transport.begin_exchange(&mut pair.server.tx, pair.now).unwrap();
    let deadline = pair.server.transport.deadline().unwrap();
    assert_eq!(deadline, pair.now.after(Duration::from_secs(300)));
    assert_eq!(pair.server.transport.tick(&mut pair.server.tx, deadline), Ok(()));
    let later = deadline.after(Duration::from_millis(1));
    assert_eq!(pair.server.transport.tick(&mut pair.server.tx, later), Err(Error::ExchangeTimeout));
    assert!(!pair.server.transport.can_send() && !pair.server.transport.is_established());
}

#[test]
fn a_peer_that_stops_in_the_middle_of_an_exchange_is_dropped() {
    let (mut script, _) = Script::established("curve25519-sha256");
    script.send(&Lists::default().payload()).unwrap();
    let late = Monotonic::default().after(Duration::from_secs(301));
    let Side { transport, tx, .. } = &mut script.server;
    assert_eq!(transport.tick(tx, late), Err(Error::ExchangeTimeout));
}

#[test]
fn v18_a_peer_that_does_nothing_but_change_keys_is_dropped() {
    let (mut script, strict) = Script::established("curve25519-sha256");
    let exchanges = (0..1000).map_while(|_| script.begin(&Lists::default(), strict).ok()).count();
    assert!((16..40).contains(&exchanges), "{exchanges}");
    assert_eq!(script.send(&data(b"x")), Err(Error::Closed));
}

#[test]
fn a_peer_that_is_logged_in_may_change_keys_with_every_other_message() {
    let (mut script, strict) = Script::established("curve25519-sha256");
    for n in 0..500 {
        script.send(&data(&[0; 1024])).unwrap();
        assert!(script.begin(&Lists::default(), strict).is_ok(), "{n}");
    }
    // For nothing there is an end even so.
    let exchanges = (0..10_000).map_while(|_| script.begin(&Lists::default(), strict).ok()).count();
    assert!(exchanges < 5000, "{exchanges}");
}

#[test]
fn v18_what_waits_for_an_exchange_is_bounded() {
    let mut pair = Pair::established(Cipher::Aes128Gcm);
    let Side { transport, tx, .. } = &mut pair.server;
    transport.begin_exchange(tx, pair.now).unwrap();
    let held = (0..).take_while(|_| transport.send(tx, &data(&[0; 99])).is_ok()).count();
    assert_eq!(held, 16 * 1024 / 188);
    assert_eq!(transport.send(tx, &data(&[0; 99])), Err(Error::HeldOverflow));
}

#[test]
fn the_reserve_is_enough_for_the_largest_answer_with_all_that_waits() {
    #[derive(Debug)]
    struct Huge;
    impl HostKey for Huge {
        fn algorithms(&self) -> &[&'static str] {
            &["ssh-ed25519"]
        }
        // An RSA key of 16384 bits.
        fn public_blob(&self) -> &[u8] {
            &[0; 2080]
        }
        fn sign(&self, _: &str, _: &[u8]) -> Result<Vec<u8>, SignError> {
            Ok(vec![0; 2080])
        }
    }
    let mut server = Side::server(ServerConfig { host_keys: vec![Arc::new(Huge)], ..server_config() });
    let mut client = Side::client(client_config());
    server.transport.start(&mut server.tx).unwrap();
    client.transport.start(&mut client.tx).unwrap();
    while server.transport.send(&mut server.tx, &data(&[0; 1000])).is_ok() {}
    let start = server.tx.len();
    let now = Monotonic::default();
    let hello = server.drain(usize::MAX);
    client.feed(&hello, now).unwrap();
    let bytes = client.drain(usize::MAX);
    server.feed(&bytes, now).unwrap();
    assert!(server.transport.can_send() && server.tx.len() > 16 * 1024);
    assert!(server.tx.len() + start < OUTPUT_RESERVE, "{} + {start}", server.tx.len());
}

#[test]
fn data_is_never_sealed_during_an_exchange() {
    let mut pair = Pair::established(Cipher::Aes128Gcm);
    let Side { transport, tx, .. } = &mut pair.server;
    transport.begin_exchange(tx, pair.now).unwrap();
    let mut packet = vec![0; transport.slot(10).total];
    assert_eq!(transport.seal_in_place(&mut packet, 10), Err(Error::Slot));
    pair.run().unwrap();
    assert_eq!(pair.server.transport.seal_in_place(&mut packet, 10), Ok(()));
}

#[test]
fn after_its_kexinit_a_peer_may_send_nothing_but_the_exchange() {
    for number in [message::EXT_INFO, message::PING, message::SERVICE_REQUEST, 50, 80, DATA, 127, 200] {
        let (mut script, _) = Script::established("curve25519-sha256,kex-strict-c-v00@openssh.com");
        script.send(&Lists::default().payload()).unwrap();
        // Messages without meaning are allowed in later exchanges (RFC 4253 section 7.1).
        script.send(&[message::IGNORE]).unwrap();
        assert_eq!(script.send(&[number, 0, 0, 0, 0]), Err(Error::Unexpected(number)));
    }
    let (mut script, _) = Script::established("curve25519-sha256");
    script.send(&Lists::default().payload()).unwrap();
    assert_eq!(script.send(&Lists::default().payload()), Err(Error::Unexpected(message::KEXINIT)));
}
