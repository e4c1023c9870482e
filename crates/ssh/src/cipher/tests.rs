use data_encoding::HEXLOWER;

use super::*;

/// A packet of 16 bytes with room for its tag: padding length 6, 9 bytes of payload, padding.
fn packet() -> Vec<u8> {
    let mut p = vec![0, 0, 0, 16, 6];
    p.extend_from_slice(b"payload b");
    p.resize(4 + 16 + TAG, 0);
    p
}

/// Keys and nonces are 0, 1, 2, ... and 100, 101, ... The expected packets were computed with pyca/cryptography
/// from its AESGCM, ChaCha20 and Poly1305.
fn gcm(key_length: u8) -> Gcm {
    let key: Vec<u8> = (0..key_length).collect();
    let iv = std::array::from_fn(|i| 100 + u8::try_from(i).unwrap());
    Gcm::new(if key_length == 16 { &AES_128_GCM } else { &AES_256_GCM }, &key, &iv).unwrap()
}

fn chacha_key() -> [u8; 64] {
    std::array::from_fn(|i| u8::try_from(i).unwrap())
}

const GCM_128: [&str; 2] = [
    "000000101c122fdcb76dd99ebb5c571086ca2bece030c41bff6a00b6daa2ca65390bdd57",
    "0000001068081262da2e78915d90bd5e38fb8db72d8974a51f69412bfb7a2d89ff54a417",
];
const GCM_256: [&str; 2] = [
    "000000104e6bbf1f158637fa1e005fe8da656afda6fdce30214f7a39d9846ce2fc6bcb8d",
    "00000010e56b2b6ff001bb23528318e02c3f60f377a589bfa46a5454407d2682850a2567",
];
const CHACHA_SEQUENCE_7: &str = "a39afcba2e36743a22ec4b3a4c0fbbf0d78fd32ce7a2da5863a6649e233658c48b2bad66";

#[test]
fn gcm_seals_consecutive_packets_as_another_implementation_does() {
    for (key_length, expected) in [(16, GCM_128), (32, GCM_256)] {
        let (mut sealer, mut opener) = (Sealer::Gcm(gcm(key_length)), Opener::Gcm(gcm(key_length)));
        for hex in expected {
            let mut p = packet();
            sealer.seal(0, &mut p).unwrap();
            assert_eq!(HEXLOWER.encode(&p), hex);
            assert_eq!(opener.length(0, [0, 0, 0, 16]), 16);
            opener.open(0, &mut p).unwrap();
            assert_eq!(p[..20], packet()[..20]);
        }
    }
}

#[test]
fn chacha_seals_as_another_implementation_does() {
    let mut p = packet();
    Sealer::ChaCha(SealingKey::new(&chacha_key())).seal(7, &mut p).unwrap();
    assert_eq!(HEXLOWER.encode(&p), CHACHA_SEQUENCE_7);
    let mut opener = Opener::ChaCha(OpeningKey::new(&chacha_key()));
    assert_eq!(opener.length(7, [p[0], p[1], p[2], p[3]]), 16);
    opener.open(7, &mut p).unwrap();
    assert_eq!(p[4..20], packet()[4..20]);
}

#[test]
fn a_packet_with_any_bit_changed_is_refused() {
    let pairs: [fn() -> (Sealer, Opener); 3] = [
        || (Sealer::Gcm(gcm(16)), Opener::Gcm(gcm(16))),
        || (Sealer::Gcm(gcm(32)), Opener::Gcm(gcm(32))),
        || (Sealer::ChaCha(SealingKey::new(&chacha_key())), Opener::ChaCha(OpeningKey::new(&chacha_key()))),
    ];
    for pair in pairs {
        for bit in 0..packet().len() * 8 {
            let (mut sealer, mut opener) = pair();
            let mut p = packet();
            sealer.seal(7, &mut p).unwrap();
            p[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(opener.open(7, &mut p), Err(Error::Tag), "bit {bit}");
        }
    }
}

#[test]
fn a_chacha_packet_at_another_place_in_the_sequence_is_refused() {
    let mut p = packet();
    Sealer::ChaCha(SealingKey::new(&chacha_key())).seal(7, &mut p).unwrap();
    assert_eq!(Opener::ChaCha(OpeningKey::new(&chacha_key())).open(8, &mut p), Err(Error::Tag));
}

#[test]
fn the_counter_of_gcm_runs_past_its_largest_value_alone() {
    let iv = [9, 9, 9, 9, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    let mut gcm = Gcm::new(&AES_128_GCM, &[0; 16], &iv).unwrap();
    let nonces = [*gcm.next_nonce().as_ref(), *gcm.next_nonce().as_ref()];
    assert_eq!(nonces, [iv, [9, 9, 9, 9, 0, 0, 0, 0, 0, 0, 0, 0]]);
}

#[test]
fn a_packet_too_short_for_its_tag_is_refused() {
    for size in 0..LENGTH + TAG {
        assert_eq!(Opener::Gcm(gcm(16)).open(0, &mut vec![0; size]), Err(Error::Tag));
        let mut chacha = Opener::ChaCha(OpeningKey::new(&chacha_key()));
        assert_eq!(chacha.open(0, &mut vec![0; size]), Err(Error::Tag));
    }
}

#[test]
fn names_lead_back_to_their_ciphers() {
    for cipher in Cipher::ALL {
        assert_eq!(Cipher::from_name(cipher.name()), Some(cipher));
    }
    assert_eq!(Cipher::from_name("aes256-ctr"), None);
}
