use aws_lc_rs::cipher::{AES_128, AES_192, AES_256, UnboundCipherKey};
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
            assert_eq!(opener.length(0, &[0, 0, 0, 16]), 16);
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
    assert_eq!(opener.length(7, &p[..4]), 16);
    opener.open(7, &mut p).unwrap();
    assert_eq!(p[4..20], packet()[4..20]);
}

/// Two consecutive packets, numbers 7 and 8, under a cipher and a MAC.
struct Known {
    cipher: Cipher,
    mac: Mac,
    packets: [&'static str; 2],
}

/// Keys and first blocks as above, keys of MACs 200, 201, ... Computed with pyca/cryptography and CPython's hmac. The
/// payload is "payload b", padded with zeros to one block under an `-etm` MAC and to two under another.
const KNOWN: [Known; 20] = [
    Known {
        cipher: Cipher::Aes128Ctr,
        mac: Mac::Sha256Etm,
        packets: [
            "0000001098cf0fe5d1738f1c2d65158891e5849bf25a47e1fa05369c3d0a317ebc793252b147d467682dbbe9669bf23cac3cb07d",
            "000000106aff01be324f81bd0bd3340860f9bf5a0477dffcca396abdc0b3c50c97918bf45b5633c8a4e954d7a0d8faaea06c13ab",
        ],
    },
    Known {
        cipher: Cipher::Aes128Ctr,
        mac: Mac::Sha256,
        packets: [
            "9ebf6e80af6c8f01616874ecb187849b6c8f60c75e20e0d92bb1340860f9bf5a7cb3bb2e4f89da034178384bb2e561bef8eb5e45d60f21cf5fe7f5fa7e690f8d",
            "035a6fcdc2860a1c27b946037c9f654e56ccbdc98c493cc0c347c0e3b702c780e0442e5cafc71331bf0ffbd6fc31f9a735952965a65cc89b550fdb722c59728a",
        ],
    },
    Known {
        cipher: Cipher::Aes128Ctr,
        mac: Mac::Sha512Etm,
        packets: [
            "0000001098cf0fe5d1738f1c2d65158891e5849b919f37c3c580404309efde3711af85a45c5fd2aa17af3848b1b1d21afc3bfc017ec38087ca898ad1b711cdacdc6269535fe3c9fb3f89961ece6a775d6dd81f88",
            "000000106aff01be324f81bd0bd3340860f9bf5a2bebcab8db7df6569f99c26d32b85b84eeea9899c2246d141da0cb83afea1e08b93b3145ead79837b0d905adefd9c94936d77445bb99e8a4416fcdba7ec245cd",
        ],
    },
    Known {
        cipher: Cipher::Aes128Ctr,
        mac: Mac::Sha512,
        packets: [
            "9ebf6e80af6c8f01616874ecb187849b6c8f60c75e20e0d92bb1340860f9bf5aacdc6bb8c98f834b8cc5182144813380fcf92c222e971af69e92910d95cced25dde2901b0f38f3fe7ff44941f21637ca37b4af3a31b51e3498fe9175fe814033",
            "035a6fcdc2860a1c27b946037c9f654e56ccbdc98c493cc0c347c0e3b702c780f774092968401ae5ca74870419eaf6c65ea17656a03de23211ca82020b021e0e86a94f6750c445b5824d3dfd56cc822f7efd0a5b1802e54feee2b08cc0abda63",
        ],
    },
    Known {
        cipher: Cipher::Aes128Ctr,
        mac: Mac::Sha1Etm,
        packets: [
            "0000001098cf0fe5d1738f1c2d65158891e5849b989553f3c0f7e2ce4473639b58c29d4874797cea",
            "000000106aff01be324f81bd0bd3340860f9bf5a28982820febdd9051984a51779e105edd89e62aa",
        ],
    },
    Known {
        cipher: Cipher::Aes128Ctr,
        mac: Mac::Sha1,
        packets: [
            "9ebf6e80af6c8f01616874ecb187849b6c8f60c75e20e0d92bb1340860f9bf5a7ac32149b6ac18f890efad9e20524d4ea6e57ec4",
            "035a6fcdc2860a1c27b946037c9f654e56ccbdc98c493cc0c347c0e3b702c78074e2c24f99b13cc60e4efc023a0e075b9d74333e",
        ],
    },
    Known {
        cipher: Cipher::Aes192Ctr,
        mac: Mac::Sha256Etm,
        packets: [
            "00000010b5e7f3f05094cd97fd9ff93e2d4b879248fa5bd28775e2cd38806d27cf82bcbc08b5ee716f790cc1b7f35ced5d88b8d0",
            "000000102e46f191ef11b4d4db8eeb740ab981679355c3224630b2b0e4747f85a15c2c996bd030421268e7c5c0925d4357f44a84",
        ],
    },
    Known {
        cipher: Cipher::Aes192Ctr,
        mac: Mac::Sha256,
        packets: [
            "b39792952e8bcd8ab192985a0d298792283690e8837ed5b0fbeceb740ab981677cb3bb2e4f89da034178384bb2e561bef8eb5e45d60f21cf5fe7f5fa7e690f8d",
            "c76172e8adc34213a84ab3de4583467adabd0898bcbedb5867045343a3a3fd3be0442e5cafc71331bf0ffbd6fc31f9a735952965a65cc89b550fdb722c59728a",
        ],
    },
    Known {
        cipher: Cipher::Aes256Ctr,
        mac: Mac::Sha256Etm,
        packets: [
            "0000001095a87059da4fda295eefbfabe6bf90dcac5b13232f4836e232a7f75cc17682a99e483e5889fdfe0248f6ec4faf8b13a5",
            "00000010b399ea7c6cbc74bc5214945a9a8ce192bcbb36a2ff0870fe63e7875602040b2bde293a28a734147bec070c0b65a8ad7f",
        ],
    },
    Known {
        cipher: Cipher::Aes256Ctr,
        mac: Mac::Sha256,
        packets: [
            "93d8113ca450da3412e2decfc6dd90dcb5e98b0500d315d87276945a9a8ce1927cb3bb2e4f89da034178384bb2e561bef8eb5e45d60f21cf5fe7f5fa7e690f8d",
            "c0c19a4dc4d9cc21ce31d9eb4ae4850f3c455adb1ab17b174178f3aaf7632be4e0442e5cafc71331bf0ffbd6fc31f9a735952965a65cc89b550fdb722c59728a",
        ],
    },
    Known {
        cipher: Cipher::Aes256Ctr,
        mac: Mac::Sha512Etm,
        packets: [
            "0000001095a87059da4fda295eefbfabe6bf90dc0a5aeaf1996dbf506d12820aebb100905cd39705a4a41a434e90b5af93039e7b06ca1c2136b8025a9a1230231fc2fa8af958c461c0fc32f78b880b5322af0235",
            "00000010b399ea7c6cbc74bc5214945a9a8ce192fcc8184de6d58afd34208542d56f742fa6fdad6ec287784d6717596d6a8065318551bbaafe1a4137a5bb42ce1eb7ef9b50dcfd94fd7f295e3c340de90d2974ca",
        ],
    },
    Known {
        cipher: Cipher::Aes256Ctr,
        mac: Mac::Sha512,
        packets: [
            "93d8113ca450da3412e2decfc6dd90dcb5e98b0500d315d87276945a9a8ce192acdc6bb8c98f834b8cc5182144813380fcf92c222e971af69e92910d95cced25dde2901b0f38f3fe7ff44941f21637ca37b4af3a31b51e3498fe9175fe814033",
            "c0c19a4dc4d9cc21ce31d9eb4ae4850f3c455adb1ab17b174178f3aaf7632be4f774092968401ae5ca74870419eaf6c65ea17656a03de23211ca82020b021e0e86a94f6750c445b5824d3dfd56cc822f7efd0a5b1802e54feee2b08cc0abda63",
        ],
    },
    Known {
        cipher: Cipher::Aes256Ctr,
        mac: Mac::Sha1Etm,
        packets: [
            "0000001095a87059da4fda295eefbfabe6bf90dc81c4c01aaf8529770573c5a9fdf9d25f6ceb29e2",
            "00000010b399ea7c6cbc74bc5214945a9a8ce1921039611626722e7d3d33cffa7a26af0a9a27bb05",
        ],
    },
    Known {
        cipher: Cipher::Aes256Ctr,
        mac: Mac::Sha1,
        packets: [
            "93d8113ca450da3412e2decfc6dd90dcb5e98b0500d315d87276945a9a8ce1927ac32149b6ac18f890efad9e20524d4ea6e57ec4",
            "c0c19a4dc4d9cc21ce31d9eb4ae4850f3c455adb1ab17b174178f3aaf7632be474e2c24f99b13cc60e4efc023a0e075b9d74333e",
        ],
    },
    Known {
        cipher: Cipher::Aes128Cbc,
        mac: Mac::Sha1Etm,
        packets: [
            "00000010b574f2ad9e87acaf55064e4ff7877d2a19a71e94c275d4784329b5e5b7e175a02c97a6ac",
            "00000010724e6c62c21faaf19528c6be45acb8866ba25516ff50bd4b3df0e74ebef14d11d3ee913c",
        ],
    },
    Known {
        cipher: Cipher::Aes128Cbc,
        mac: Mac::Sha1,
        packets: [
            "a32c8f91e3a5476f570880f77c3dc4a8afbc2e407b99d80bbb97a4fd7339dc4b7ac32149b6ac18f890efad9e20524d4ea6e57ec4",
            "dc78b49d119e299e78dc09cd61652ed7d9e863e867c62fe66a262aa37f0aa07074e2c24f99b13cc60e4efc023a0e075b9d74333e",
        ],
    },
    Known {
        cipher: Cipher::Aes192Cbc,
        mac: Mac::Sha1Etm,
        packets: [
            "000000102795307a6ab589b140fb41d6214e537d3e65bfa56f883dfca38d6a454009ebba32bbe256",
            "00000010278d15ebe960f0404db4f9ef2390791baa90cab615009af61bba37406904fa584af79cb5",
        ],
    },
    Known {
        cipher: Cipher::Aes192Cbc,
        mac: Mac::Sha1,
        packets: [
            "06736ab4bf35339c9d1b89250a5e52124e52a73f9568471182d037fa4ed4220f7ac32149b6ac18f890efad9e20524d4ea6e57ec4",
            "c0026c727cc9a9649efc479898d32ffbc5c30d5ff70c8dd34e8d85f07381c32274e2c24f99b13cc60e4efc023a0e075b9d74333e",
        ],
    },
    Known {
        cipher: Cipher::Aes256Cbc,
        mac: Mac::Sha1Etm,
        packets: [
            "00000010af6f523143d922d460b70cc8cdbc928326df36eddf25c28de3dd16da356c5d0ec363c247",
            "000000109d4e934605044f64010d041621bc56ac67462b2379c83c1a72e786ec888c5d957af18e97",
        ],
    },
    Known {
        cipher: Cipher::Aes256Cbc,
        mac: Mac::Sha1,
        packets: [
            "313ad20280ee46a634fb96710a8ce6935770b374cae5604de0e06c881bc293627ac32149b6ac18f890efad9e20524d4ea6e57ec4",
            "25d215ca783ee81fb25dac33cbcb091b2be3fccba6072f0d07b691da359e71b374e2c24f99b13cc60e4efc023a0e075b9d74333e",
        ],
    },
];

fn macced(cipher: Cipher, mac: Mac) -> (Sealer, Opener) {
    let (algorithm, length) = match cipher.key_length() {
        KeyLength::Aes128 => (&AES_128, 16),
        KeyLength::Aes192 => (&AES_192, 24),
        KeyLength::Aes256 => (&AES_256, 32),
    };
    let key: Vec<u8> = (0..length).collect();
    let key = || UnboundCipherKey::new(algorithm, &key).unwrap();
    let iv = std::array::from_fn(|i| 100 + u8::try_from(i).unwrap());
    let mac_key: Vec<u8> = (0..mac.length()).map(|i| u8::try_from((200 + i) % 256).unwrap()).collect();
    let mac = || MacKey::of(mac, &mac_key);
    let (sealing, opening) = if matches!(cipher, Cipher::Aes128Cbc | Cipher::Aes192Cbc | Cipher::Aes256Cbc) {
        let sealing = CbcSealing::of(key(), iv).unwrap();
        (Macced::new(sealing, mac()), Macced::new(CbcOpening::of(key(), iv).unwrap(), mac()))
    } else {
        let counter = || Counter::of(key(), iv).unwrap();
        (Macced::new(counter(), mac()), Macced::new(counter(), mac()))
    };
    (Sealer::Macced(Box::new(sealing)), Opener::Macced(Box::new(opening)))
}

fn macced_packet(mac: Mac) -> Vec<u8> {
    let (length, blocks) = if mac.is_after_encryption() { (16, 4 + 16) } else { (28, 32) };
    let mut p = vec![0, 0, 0, length, length - 10];
    p.extend_from_slice(b"payload b");
    p.resize(blocks + mac.length(), 0);
    p
}

#[test]
fn ciphers_with_macs_seal_consecutive_packets_as_another_implementation_does() {
    for Known { cipher, mac, packets } in KNOWN {
        let (mut sealer, mut opener) = macced(cipher, mac);
        for (sequence, hex) in [7, 8].into_iter().zip(packets) {
            let (clear, mut p) = (macced_packet(mac), macced_packet(mac));
            sealer.seal(sequence, &mut p).unwrap();
            assert_eq!(HEXLOWER.encode(&p), hex, "{cipher:?} {mac:?}");
            let head = &p[..opener.head()];
            assert_eq!(opener.length(sequence, head), u32::from(clear[3]));
            opener.open(sequence, &mut p).unwrap();
            let whole = clear.len() - mac.length();
            assert_eq!(p[..whole], clear[..whole]);
        }
    }
}

#[test]
fn a_macced_packet_at_another_place_in_the_sequence_is_refused() {
    for Known { cipher, mac, .. } in KNOWN {
        let (mut sealer, mut opener) = macced(cipher, mac);
        let mut p = macced_packet(mac);
        sealer.seal(7, &mut p).unwrap();
        assert_eq!(opener.open(8, &mut p), Err(Error::Tag));
    }
}

/// How many bytes a packet has, and a pair that seals it.
type Sample = (Vec<u8>, (Sealer, Opener));

#[test]
fn a_packet_with_any_bit_changed_is_refused() {
    let aeads: [fn() -> Sample; 3] = [
        || (packet(), (Sealer::Gcm(gcm(16)), Opener::Gcm(gcm(16)))),
        || (packet(), (Sealer::Gcm(gcm(32)), Opener::Gcm(gcm(32)))),
        || {
            let keys = (SealingKey::new(&chacha_key()), OpeningKey::new(&chacha_key()));
            (packet(), (Sealer::ChaCha(keys.0), Opener::ChaCha(keys.1)))
        },
    ];
    let changed = |sample: &dyn Fn() -> Sample| {
        for bit in 0..sample().0.len() * 8 {
            let (mut p, (mut sealer, mut opener)) = sample();
            sealer.seal(7, &mut p).unwrap();
            p[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(opener.open(7, &mut p), Err(Error::Tag), "bit {bit}");
        }
    };
    for aead in aeads {
        changed(&aead);
    }
    for Known { cipher, mac, .. } in KNOWN {
        changed(&|| (macced_packet(mac), macced(cipher, mac)));
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
    for Known { cipher, mac, .. } in KNOWN {
        let (_, mut opener) = macced(cipher, mac);
        for size in 0..mac.length() {
            assert_eq!(opener.open(0, &mut vec![0; size]), Err(Error::Tag));
        }
    }
}

#[test]
fn names_lead_back_to_their_ciphers() {
    for cipher in Cipher::ALL {
        assert_eq!(Cipher::from_name(cipher.name()), Some(cipher));
        assert_eq!(Cipher::SOUND.contains(&cipher), !cipher.name().ends_with("-cbc"));
    }
    for mac in Mac::ALL {
        assert_eq!(Mac::from_name(mac.name()), Some(mac));
        assert_eq!(Mac::SOUND.contains(&mac), !mac.name().contains("sha1"));
        assert_eq!(mac.is_after_encryption(), mac.name().ends_with("-etm@openssh.com"));
        assert!(mac.length() <= LONGEST_TAG);
    }
    for none in ["3des-cbc", "arcfour", "none", "AES256-CTR"] {
        assert_eq!(Cipher::from_name(none), None);
    }
}
