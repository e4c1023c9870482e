//! What attackers send: between the sides, and as a peer.

use proptest::prelude::*;

use super::scripted::{IDENT, Lists, Script, initiator};
use super::*;
use crate::transport::message;
use crate::transport::packet::Outbound;

const STRICT: &str = "curve25519-sha256,kex-strict-c-v00@openssh.com";

/// A packet as it is before the first keys.
fn clear(payload: &[u8]) -> Vec<u8> {
    let mut tx = TxBuf::new(CAPACITY);
    Outbound::new().write(&mut tx, payload).unwrap();
    tx.pending().to_vec()
}

#[test]
fn v16_a_message_before_the_kexinit_ends_a_strict_exchange() {
    for number in [message::IGNORE, message::UNIMPLEMENTED, message::DEBUG] {
        let mut script = Script::new();
        script.send(&[number, 0, 0, 0, 0]).unwrap();
        let strict = Lists { kex: STRICT, ..Lists::default() };
        assert_eq!(script.send(&strict.payload()), Err(Error::NotFirst));

        // The client's side of the same.
        let mut pair = Pair::new(client_config(), server_config());
        let hello = pair.server.drain(usize::MAX);
        let line = hello.iter().position(|b| *b == b'\n').unwrap() + 1;
        let attacked = [&hello[..line], &clear(&[number, 0, 0, 0, 0]), &hello[line..]].concat();
        assert_eq!(pair.client.feed(&attacked, pair.now), Err(Error::NotFirst));
    }
}

#[test]
fn v16_a_message_inside_a_strict_exchange_ends_it() {
    for number in [message::IGNORE, message::UNIMPLEMENTED, message::DEBUG] {
        let mut script = Script::new();
        script.send(&Lists { kex: STRICT, ..Lists::default() }.payload()).unwrap();
        assert_eq!(script.send(&[number, 0, 0, 0, 0]), Err(Error::Unexpected(number)));

        // Between the server's answer and its NEWKEYS, where Terrapin puts it: found by the client.
        let mut pair = Pair::new(client_config(), server_config());
        let hello = pair.client.drain(usize::MAX);
        pair.server.feed(&hello, pair.now).unwrap();
        let hello = pair.server.drain(usize::MAX);
        pair.client.feed(&hello, pair.now).unwrap();
        assert_eq!(pair.client.feed(&clear(&[number, 0, 0, 0, 0]), pair.now), Err(Error::Unexpected(number)));
    }
}

#[test]
fn v16_the_first_packet_under_new_keys_cannot_be_cut_away() {
    for cipher in protections() {
        let algorithms = only(KexMethod::Curve25519, cipher);
        let mut pair = Pair::new(ClientConfig { algorithms, ..client_config() }, generous_config());
        for _ in 0..2 {
            let bytes = pair.client.drain(usize::MAX);
            pair.server.feed(&bytes, pair.now).unwrap();
            if pair.server.transport.can_send() {
                break;
            }
            let bytes = pair.server.drain(usize::MAX);
            pair.client.feed(&bytes, pair.now).unwrap();
        }
        // The server's answer, NEWKEYS and EXT_INFO are in one piece; the message after them is apart.
        let with_ext_info = pair.server.drain(usize::MAX);
        pair.server.send(&data(b"next"));
        let newkeys = clear(&[message::NEWKEYS]);
        let end = with_ext_info.windows(newkeys.len()).position(|w| w == newkeys).unwrap() + newkeys.len();
        assert!(end < with_ext_info.len());
        pair.client.feed(&with_ext_info[..end], pair.now).unwrap();
        let next = pair.server.drain(usize::MAX);
        let cut = pair.client.feed_until_noticed(&next, cipher);
        assert!(matches!(cut, Err(Error::Tag | Error::PacketLength(_))), "{cut:?}");
    }
}

#[test]
fn v16_a_peer_without_strict_key_exchange_may_ignore_and_is_served() {
    let mut script = Script::new();
    script.send(&[message::IGNORE, 0, 0, 0, 0]).unwrap();
    script.exchange(&Lists::default(), false).unwrap();
    script.send(&data(b"x")).unwrap();
    assert_eq!(script.server.payloads, [data(b"x")]);
}

#[test]
fn v16_no_message_of_the_upper_layers_passes_before_the_first_exchange_is_complete() {
    let numbers = (0..=255).filter(|n| ![1, 2, 3, 4, 20].contains(n) && !(30..50).contains(n));
    for number in numbers {
        for stage in 0..3 {
            let mut script = Script::new();
            if stage == 1 {
                script.send(&Lists::default().payload()).unwrap();
            }
            if stage == 2 {
                if number == message::NEWKEYS {
                    continue;
                }
                // The server has switched; the client's own NEWKEYS is missing.
                script.send(&Lists::default().payload()).unwrap();
                let initiator = initiator(KexMethod::Curve25519);
                let mut init = vec![message::KEX_INIT];
                Writer::new(&mut init).string(initiator.public());
                script.send(&init).unwrap();
                assert!(script.server.transport.can_send());
            }
            assert_eq!(script.send(&[number, 0, 0, 0, 0]), Err(Error::Unexpected(number)), "stage {stage}");
            assert!(script.server.payloads.is_empty() && !script.server.transport.is_established());
            assert_eq!(script.server.transport.session_id(), None);
        }
    }
}

#[test]
fn messages_of_the_exchange_are_refused_outside_of_it_and_from_the_wrong_side() {
    for number in [message::NEWKEYS, message::KEX_INIT, message::KEX_REPLY, 49] {
        let (mut script, _) = Script::established("curve25519-sha256");
        assert_eq!(script.send(&[number]), Err(Error::Unexpected(number)));
    }
    let mut script = Script::new();
    script.send(&Lists::default().payload()).unwrap();
    assert_eq!(script.send(&[message::KEX_REPLY]), Err(Error::Unexpected(message::KEX_REPLY)));
}

#[test]
fn a_newkeys_with_anything_in_it_is_refused() {
    let mut script = Script::new();
    script.send(&Lists::default().payload()).unwrap();
    let mut init = vec![message::KEX_INIT];
    let initiator = initiator(KexMethod::Curve25519);
    Writer::new(&mut init).string(initiator.public());
    script.send(&init).unwrap();
    assert!(matches!(script.send(&[message::NEWKEYS, 0]), Err(Error::Wire(_))));
}

#[test]
fn a_changed_sealed_packet_ends_the_connection() {
    for cipher in protections() {
        for at in [4, 20, 40] {
            let mut pair = Pair::established(cipher);
            pair.client.send(&data(&[0; 20]));
            let mut bytes = pair.client.drain(usize::MAX);
            bytes[at] ^= 1;
            assert_eq!(pair.server.feed_until_noticed(&bytes, cipher), Err(Error::Tag));
            assert_eq!(pair.server.feed(&[0; 100], pair.now), Err(Error::Closed));
            pair.server.transport.fail(&mut pair.server.tx, &Error::Tag);
            pair.run().unwrap();
            assert_eq!(pair.client.disconnected.as_ref().map(|d| d.0), Some(Disconnect::MacError.code()));
        }
    }
}

#[test]
fn a_packet_that_comes_twice_or_out_of_order_is_refused() {
    for cipher in protections() {
        let mut pair = Pair::established(cipher);
        pair.client.send(&data(b"first"));
        let first = pair.client.drain(usize::MAX);
        pair.client.send(&data(b"other"));
        let second = pair.client.drain(usize::MAX);
        pair.server.feed(&first, pair.now).unwrap();
        let twice = pair.server.feed_until_noticed(&first, cipher);
        assert!(matches!(twice, Err(Error::Tag | Error::PacketLength(_))), "{twice:?}");

        let mut pair = Pair::established(cipher);
        let early = pair.server.feed_until_noticed(&second, cipher);
        assert!(matches!(early, Err(Error::Tag | Error::PacketLength(_))), "{early:?}");
    }
}

#[test]
fn v18_a_giant_length_is_refused_when_its_four_bytes_are_there() {
    // Before keys.
    let mut server = Side::server(server_config());
    server.transport.start(&mut server.tx).unwrap();
    server.feed(b"SSH-2.0-x\r\n", Monotonic::default()).unwrap();
    assert_eq!(server.feed(&[0xff; 4], Monotonic::default()), Err(Error::PacketLength(u32::MAX)));

    // Under GCM, where the length is clear, before and after the limit was raised.
    let mut pair = Pair::established(Cipher::Aes128Gcm);
    pair.server.transport.set_max_packet(256 * 1024);
    assert_eq!(pair.server.feed(&[0, 4, 0, 0], pair.now), Ok(()));
    assert_eq!(pair.server.transport.expected_packet(), 256 * 1024 + 20);
    let mut pair = Pair::established(Cipher::Aes128Gcm);
    assert_eq!(pair.server.feed(&[0, 4, 0, 0], pair.now), Err(Error::PacketLength(256 * 1024)));
}

#[test]
fn v18_a_first_line_without_end_is_refused() {
    let mut server = Side::server(server_config());
    server.transport.start(&mut server.tx).unwrap();
    assert_eq!(server.feed(&[b'A'; 254], Monotonic::default()), Ok(()));
    assert_eq!(server.feed(b"A", Monotonic::default()), Err(Error::NotSsh));
    // Somebody who speaks no SSH is sent no packet.
    let before = server.tx.len();
    server.transport.fail(&mut server.tx, &Error::NotSsh);
    assert_eq!(server.tx.len(), before);
}

#[test]
fn v18_a_ping_is_answered_only_within_bounds() {
    let (mut script, _) = Script::established("curve25519-sha256");
    let ping = |n: usize| {
        let mut p = vec![message::PING];
        Writer::new(&mut p).string(&vec![b'p'; n]);
        p
    };
    script.send(&ping(1024)).unwrap();
    let mut pong = ping(1024);
    pong[0] = message::PONG;
    assert_eq!(script.receive(), Some(pong));
    assert_eq!(script.send(&ping(1025)), Err(Error::TooLarge(message::PING)));

    // During an exchange of ours the answers wait, within the bound for all that waits.
    let (mut script, _) = Script::established("curve25519-sha256");
    let Side { transport, tx, .. } = &mut script.server;
    transport.begin_exchange(tx, Monotonic::default()).unwrap();
    let answered = (0..1000).take_while(|_| script.send(&ping(1000)).is_ok()).count();
    assert_eq!(answered, 14);
}

#[test]
fn an_unknown_message_is_answered_with_its_sequence_number() {
    let (mut script, _) = Script::established("curve25519-sha256,kex-strict-c-v00@openssh.com");
    script.send(&data(b"0")).unwrap();
    script.send(&[200]).unwrap();
    assert_eq!(script.receive(), Some(vec![message::UNIMPLEMENTED, 0, 0, 0, 1]));
}

#[test]
fn v18_an_ext_info_with_countless_extensions_is_refused() {
    let (mut script, _) = Script::established("curve25519-sha256");
    script.send(&[message::EXT_INFO, 0, 0, 0, 0]).unwrap();
    let endless = script.send(&[message::EXT_INFO, 0xff, 0xff, 0xff, 0xff]);
    assert_eq!(endless, Err(Error::TooLarge(message::EXT_INFO)));
}

#[test]
fn the_peer_is_told_why_and_then_nothing_more() {
    let mut pair = Pair::established(Cipher::Aes128Gcm);
    let Side { transport, tx, .. } = &mut pair.server;
    transport.disconnect(tx, Disconnect::ByApplication, "closing");
    let said = tx.len();
    transport.disconnect(tx, Disconnect::ByApplication, "closing");
    assert_eq!(tx.len(), said);
    assert_eq!(transport.send(tx, &data(b"x")), Err(Error::Closed));
    pair.run().unwrap();
    assert_eq!(pair.client.disconnected, Some((11, b"closing".to_vec())));
    assert_eq!(pair.client.transport.send(&mut pair.client.tx, &data(b"x")), Err(Error::Closed));
}

#[test]
fn a_full_output_buffer_is_an_error_and_never_grows() {
    let mut pair = Pair::established(Cipher::Aes128Gcm);
    pair.server.tx = TxBuf::new(100);
    assert_eq!(pair.server.transport.send(&mut pair.server.tx, &[DATA; 200]), Err(Error::OutputOverflow));
    assert_eq!(pair.server.transport.send(&mut pair.server.tx, &[DATA; 20]), Ok(()));
}

/// A server at some stage, ready for bytes, and what an honest client would send there.
fn server_at(stage: u8) -> (Side, Vec<u8>) {
    let mut server = Side::server(server_config());
    server.transport.start(&mut server.tx).unwrap();
    let hello = [IDENT, b"\r\n"].concat();
    if stage == 0 {
        return (server, [&hello[..], &clear(&Lists::default().payload())].concat());
    }
    server.feed(&hello, Monotonic::default()).unwrap();
    if stage == 1 {
        return (server, clear(&Lists::default().payload()));
    }
    let mut pair = Pair::established(protections()[usize::from(stage) % 15]);
    pair.client.send(&data(&[1; 100]));
    pair.client.transport.begin_exchange(&mut pair.client.tx, pair.now).unwrap();
    let bytes = pair.client.drain(usize::MAX);
    (pair.server, bytes)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_bytes_make_the_transport_panic(
        stage in 0..5_u8,
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let (mut server, _) = server_at(stage);
        _ = server.feed(&bytes, Monotonic::default());
        prop_assert!(server.payloads.is_empty());
    }

    #[test]
    fn no_clear_message_makes_the_transport_panic(
        number in any::<u8>(),
        body in proptest::collection::vec(any::<u8>(), 0..200),
        in_exchange in any::<bool>(),
    ) {
        let mut script = Script::new();
        if in_exchange {
            script.send(&Lists::default().payload()).unwrap();
        }
        _ = script.send(&[&[number], &body[..]].concat());
        prop_assert!(script.server.payloads.is_empty());
    }

    #[test]
    fn no_sealed_message_makes_the_transport_panic(
        number in any::<u8>(),
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let (mut script, _) = Script::established("curve25519-sha256,ext-info-c");
        _ = script.send(&[&[number], &body[..]].concat());
    }

    #[test]
    fn a_changed_or_shortened_stream_never_panics(
        stage in 0..5_u8,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), 1..=255_u8), 0..4),
        piece in 1..200_usize,
        keep in 0..=100_usize,
    ) {
        let (mut server, mut bytes) = server_at(stage);
        for (at, change) in changes {
            let at = at.index(bytes.len());
            bytes[at] ^= change;
        }
        bytes.truncate(bytes.len() * keep / 100);
        _ = bytes.chunks(piece).try_for_each(|b| server.feed(b, Monotonic::default()));
        prop_assert!(server.payloads.iter().all(|p| *p == data(&[1; 100])));
    }
}
