//! What a server says of packets that were decrypted before they were authenticated.

use super::*;
use crate::transport::MAX_PACKET_BEFORE_LOGIN;

/// Ciphers whose length field is encrypted and whose MAC is of the clear packet.
fn decrypting_first() -> impl Iterator<Item = Protection> {
    protections().into_iter().filter(|p| p.mac.is_some_and(|m| !m.is_after_encryption()))
}

/// What an attacker does to a sealed packet.
type Change<'a> = &'a dyn Fn(&mut Vec<u8>);

/// How many bytes the server takes before it ends the connection, and the error that it ends with.
fn taken(mut pair: Pair, first: &[u8]) -> (usize, Error) {
    let mut bytes = first.to_vec();
    bytes.resize(2 * MAX_PACKET_BEFORE_LOGIN, 0x5a);
    for (n, byte) in bytes.iter().enumerate() {
        if let Err(error) = pair.server.feed(&[*byte], pair.now) {
            return (n + 1, error);
        }
    }
    panic!("nothing was noticed");
}

/// CVE-2008-5161: what was decrypted must show neither in an error nor in the moment at which it comes.
#[test]
fn a_wrong_length_and_a_wrong_mac_look_alike_and_end_after_as_many_bytes() {
    for protection in decrypting_first() {
        let end = |change: Change<'_>| {
            let mut pair = Pair::established(protection);
            pair.client.send(&data(&[7; 100]));
            let mut sealed = pair.client.drain(usize::MAX);
            change(&mut sealed);
            taken(pair, &sealed)
        };
        let tag = protection.mac.map_or(0, |mac| match mac {
            Mac::Sha512 => 64,
            Mac::Sha256 => 32,
            _ => 20,
        });
        let expected = (4 + MAX_PACKET_BEFORE_LOGIN + tag, Error::Tag);
        // The length field itself, its highest and its lowest byte; the body; the MAC.
        let changes: [Change; 5] =
            [&|p| p[0] ^= 0x80, &|p| p[3] ^= 0x01, &|p| p[2] ^= 0x10, &|p| p[40] ^= 1, &|p| {
                *p.last_mut().unwrap() ^= 1
            }];
        for (n, change) in changes.into_iter().enumerate() {
            assert_eq!(end(change), expected, "{protection:?} {n}");
        }
    }
}

#[test]
fn a_clear_length_out_of_bounds_ends_the_connection_at_once() {
    for protection in protections().into_iter().filter(|p| p.mac.is_some_and(Mac::is_after_encryption)) {
        let pair = Pair::established(protection);
        assert_eq!(taken(pair, &[0x7f, 0, 0, 0]), (4, Error::PacketLength(0x7f00_0000)));
    }
}
