//! Key exchange in finite fields: the messages of RFC 4419, and answers that take long.

use super::scripted::{Lists, Script};
use super::*;
use crate::kex::group_exchange::GroupRequest;
use crate::kex::{GroupChoice, GroupPolicy, GroupSize};
use crate::transport::message;

const GEX: &str = "diffie-hellman-group-exchange-sha256";

fn offered(kex: &'static str) -> Script {
    let mut script = Script::with(generous_config());
    script.send(&Lists { kex, ..Lists::default() }.payload()).unwrap();
    script
}

fn request(min: u32, preferred: u32, max: u32) -> Vec<u8> {
    GroupRequest { min, preferred, max }.payload()
}

fn public(number: u8, value: &[u8]) -> Vec<u8> {
    let mut payload = vec![number];
    Writer::new(&mut payload).string(value);
    payload
}

#[test]
fn an_answer_that_takes_long_is_given_when_the_driver_says_so() {
    for (method, costly) in [(KexMethod::Group14Sha256, 1), (KexMethod::Curve25519, 0)] {
        let algorithms = only(method, Cipher::Aes128Gcm.into());
        let mut pair = Pair::new(ClientConfig { algorithms, ..client_config() }, server_config());
        pair.run().unwrap();
        assert_eq!(pair.server.computed, costly, "{method:?}");
    }

    let mut script = offered("diffie-hellman-group14-sha256");
    let Side { transport, rx, tx, .. } = &mut script.server;
    let mut packet = TxBuf::new(1000);
    script.outbound.write(&mut packet, &public(message::KEX_INIT, &[3])).unwrap();
    rx.space()[..packet.len()].copy_from_slice(packet.pending());
    rx.filled(packet.len());
    tx.wrote(tx.len());
    // Told again and again, and nothing is answered or received meanwhile.
    for _ in 0..3 {
        assert_eq!(transport.receive(rx, tx, Monotonic::default()), Ok(Received::Costly));
        assert!(tx.is_empty() && !transport.can_send());
    }
    assert!(transport.deadline().is_some());
    transport.compute(tx).unwrap();
    assert!(!tx.is_empty());
    let sent = tx.len();
    transport.compute(tx).unwrap();
    assert_eq!(tx.len(), sent);
}

#[test]
fn the_messages_of_a_group_exchange_come_in_their_order_only() {
    let unexpected = |n| Err(Error::Unexpected(n));
    assert_eq!(offered(GEX).send(&public(message::GEX_INIT, &[3])), unexpected(message::GEX_INIT));
    // The request of before RFC 4419, which is nobody's any more.
    let old = [&[message::KEX_INIT][..], &2048_u32.to_be_bytes()].concat();
    assert_eq!(offered(GEX).send(&old), unexpected(message::KEX_INIT));
    for number in [message::GEX_GROUP, message::GEX_REPLY, 35, 49] {
        assert_eq!(offered(GEX).send(&[number]), unexpected(number));
    }
    for second in [request(2048, 2048, 8192), public(message::KEX_INIT, &[3])] {
        let mut script = offered(GEX);
        script.send(&request(2048, 2048, 8192)).unwrap();
        assert_eq!(script.send(&second), unexpected(second[0]));
    }
    let fixed = || offered("diffie-hellman-group14-sha256");
    assert_eq!(fixed().send(&request(2048, 2048, 8192)), unexpected(message::GEX_REQUEST));
    assert_eq!(fixed().send(&public(message::GEX_INIT, &[3])), unexpected(message::GEX_INIT));
}

#[test]
fn the_group_is_the_one_that_the_policy_chooses() {
    let size = |groups: GroupPolicy, payload: &[u8]| {
        let mut script = Script::with(ServerConfig { groups, ..generous_config() });
        script.send(&Lists { kex: GEX, ..Lists::default() }.payload()).unwrap();
        script.send(payload)?;
        let group = script.receive().unwrap();
        let mut r = Reader::new(&group);
        assert_eq!(r.u8(), Ok(message::GEX_GROUP));
        let bits = r.mpint().unwrap().len() * 8;
        assert_eq!((r.mpint(), r.is_empty()), (Ok(&[2][..]), true));
        Ok::<_, Error>(bits)
    };
    assert_eq!(size(GroupPolicy::default(), &request(1024, 1024, 8192)), Ok(2048));
    let small = GroupPolicy { min: GroupSize::Bits1024, choice: GroupChoice::Preferred };
    assert_eq!(size(small, &request(1024, 1024, 8192)), Ok(1024));
    let none = size(GroupPolicy::default(), &request(1024, 1024, 1024));
    assert!(matches!(none, Err(Error::Negotiation(_))), "{none:?}");
    assert_eq!(size(small, &request(2, 1, 0)), Err(Error::PeerKey));
    assert!(matches!(size(small, &[message::GEX_REQUEST, 0, 0]), Err(Error::Wire(_))));
}

#[test]
fn public_values_out_of_range_end_the_exchange() {
    for value in [&[][..], &[0], &[1], &[0xff; 256], &[0x7f; 300]] {
        let mut fixed = offered("diffie-hellman-group14-sha256");
        assert_eq!(fixed.send(&public(message::KEX_INIT, value)), Err(Error::PeerKey));
        let mut chosen = offered(GEX);
        chosen.send(&request(2048, 2048, 2048)).unwrap();
        assert_eq!(chosen.send(&public(message::GEX_INIT, value)), Err(Error::PeerKey));
    }
}

#[test]
fn a_client_takes_no_group_of_another_size_than_it_asked_for() {
    let algorithms = only(KexMethod::GroupExchangeSha256, Cipher::Aes128Gcm.into());
    let mut client = Side::client(ClientConfig { algorithms, ..client_config() });
    client.transport.start(&mut client.tx).unwrap();
    let mut server = Side::server(server_config());
    server.transport.start(&mut server.tx).unwrap();
    let hello = server.drain(usize::MAX);
    client.feed(&hello, Monotonic::default()).unwrap();
    let group = GroupSize::Bits1024.group().unwrap();
    let mut tx = TxBuf::new(1000);
    let payload = crate::kex::group_exchange::group_payload(&group);
    crate::transport::packet::Outbound::new().write(&mut tx, &payload).unwrap();
    assert_eq!(client.feed(tx.pending(), Monotonic::default()), Err(Error::PeerKey));
}
