//! The first key exchange: every method and cipher, both sides, and what the peer may choose.

use super::scripted::{Lists, Script};
use super::*;
use crate::algorithms::{Kind, Mismatch};
use crate::kex::method::Basis;
use crate::transport::message;

fn carries_data_both_ways(kex: KexMethod, protection: Protection) {
    let algorithms = only(kex, protection);
    let mut pair = Pair::new(ClientConfig { algorithms, ..client_config() }, generous_config());
    pair.run().unwrap();
    for length in [1, 2, 11, 12, 15, 16, 17, 1000, 32 * 1024] {
        pair.client.send(&data(&vec![b'u'; length]));
        pair.server.send(&data(&vec![b'd'; length]));
        pair.run().unwrap();
        assert_eq!(pair.server.payloads.pop(), Some(data(&vec![b'u'; length])), "{kex:?} {protection:?}");
        assert_eq!(pair.client.payloads.pop(), Some(data(&vec![b'd'; length])), "{kex:?} {protection:?}");
    }
    let (client, server) = (&pair.client.transport, &pair.server.transport);
    let negotiated = Negotiated {
        kex,
        host_key: "ssh-ed25519".to_owned(),
        client_to_server: protection,
        server_to_client: protection,
    };
    assert_eq!(client.negotiated(), Some(&negotiated));
    assert_eq!(server.negotiated(), Some(&negotiated));
    assert!(client.session_id().is_some() && client.session_id() == server.session_id());
    assert_eq!(server.peer_ident(), b"SSH-2.0-test");
}

#[test]
fn every_method_with_every_cipher_and_mac_carries_data_both_ways() {
    // One method for each hash that keys are made by, and all that cost little.
    let (costly, cheap): (Vec<_>, Vec<_>) =
        KexMethod::ALL.into_iter().partition(|m| matches!(m.basis(), Basis::Group(_) | Basis::AnyGroup));
    for kex in cheap.into_iter().chain([KexMethod::Group1Sha1]) {
        for protection in protections() {
            carries_data_both_ways(kex, protection);
        }
    }
    for kex in costly {
        for cipher in [Cipher::Aes256Gcm, Cipher::ChaCha20Poly1305, Cipher::Aes192Ctr, Cipher::Aes128Cbc] {
            carries_data_both_ways(kex, cipher.into());
        }
    }
}

#[test]
fn each_direction_has_its_own_cipher_and_mac() {
    let all = |script: &Lists| {
        let mut server = Script::with(generous_config());
        server.exchange(script, false).unwrap();
        server.send(&data(b"up")).unwrap();
        server.server.transport.negotiated().unwrap().clone()
    };
    let mixed = all(&Lists {
        ciphers: "aes128-ctr",
        macs: "hmac-sha2-512",
        ciphers_down: Some("aes256-gcm@openssh.com"),
        macs_down: Some("hmac-md5"),
        ..Lists::default()
    });
    let up = Protection { cipher: Cipher::Aes128Ctr, mac: Some(Mac::Sha512) };
    assert_eq!(mixed.client_to_server, up);
    assert_eq!(mixed.server_to_client, Cipher::Aes256Gcm.into());
    assert_eq!(
        (mixed.client_to_server.mac_name(), mixed.server_to_client.mac_name()),
        ("hmac-sha2-512", "AEAD")
    );
    let macs = all(&Lists {
        ciphers: "aes192-ctr",
        macs: "hmac-sha1",
        ciphers_down: Some("aes256-cbc"),
        macs_down: Some("hmac-sha2-512-etm@openssh.com"),
        ..Lists::default()
    });
    assert_eq!(macs.client_to_server.mac, Some(Mac::Sha1));
    let down = Protection { cipher: Cipher::Aes256Cbc, mac: Some(Mac::Sha512Etm) };
    assert_eq!(macs.server_to_client, down);
}

#[test]
fn bytes_may_arrive_one_at_a_time_or_in_any_pieces() {
    for piece in [1, 2, 3, 7, 64, 1000] {
        let mut pair = Pair::new(client_config(), server_config());
        for n in 0..5 {
            pair.client.send(&data(&[n; 300]));
            pair.server.send(&data(&[n; 300]));
        }
        pair.run_in_pieces(piece).unwrap();
        let expected: Vec<_> = (0..5).map(|n| data(&[n; 300])).collect();
        assert_eq!(pair.server.payloads, expected);
        assert_eq!(pair.client.payloads, expected);
    }
}

#[test]
fn packets_sealed_in_their_slots_are_what_the_peer_reads() {
    for cipher in protections() {
        let mut pair = Pair::established(cipher);
        let Side { transport, tx, .. } = &mut pair.server;
        let lengths = [1, 5, 4000, 32_768];
        let mut at = 0;
        let total = lengths.iter().map(|n| transport.slot(*n).total).sum();
        let tail = tx.tail(total).unwrap();
        for n in lengths {
            let layout = transport.slot(n);
            let slot = &mut tail[at..at + layout.total];
            assert_eq!(layout.total, layout.head + n + layout.padding + layout.tag);
            // What was in the buffer before must not matter.
            slot.fill(0xa5);
            slot[layout.head..layout.head + n].copy_from_slice(&data(&vec![7; n - 1]));
            transport.seal_in_place(slot, n).unwrap();
            at += layout.total;
        }
        tx.commit(total);
        pair.run().unwrap();
        assert_eq!(pair.client.payloads, lengths.map(|n| data(&vec![7; n - 1])));
    }
}

#[test]
fn the_clients_first_choice_that_the_server_has_is_taken() {
    let mut server = server_config();
    server.algorithms.ciphers = vec![Cipher::Aes128Gcm, Cipher::ChaCha20Poly1305];
    let mut client = client_config();
    client.algorithms.ciphers = vec![Cipher::Aes256Gcm, Cipher::ChaCha20Poly1305, Cipher::Aes128Gcm];
    client.algorithms.kex = vec![KexMethod::EcdhNistP256, KexMethod::MlKem768X25519];
    let mut pair = Pair::new(client, server);
    pair.run().unwrap();
    let negotiated = pair.server.transport.negotiated().unwrap();
    assert_eq!(negotiated.kex, KexMethod::EcdhNistP256);
    assert_eq!(negotiated.client_to_server, Cipher::ChaCha20Poly1305.into());
}

#[test]
fn what_has_nothing_in_common_is_named_with_both_lists() {
    let mismatch = |lists: Lists| match Script::new().send(&lists.payload()) {
        Err(Error::Negotiation(m)) => *m,
        other => panic!("{other:?}"),
    };
    let m = mismatch(Lists { ciphers: "aes256-cbc,3des-cbc", ..Lists::default() });
    assert_eq!(m.kind, Kind::CipherClientToServer);
    assert_eq!(m.client, "aes256-cbc,3des-cbc");
    assert_eq!(
        m.server,
        "aes256-gcm@openssh.com,aes128-gcm@openssh.com,chacha20-poly1305@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr"
    );
    assert!(
        m.advice().ends_with("add one of these to ssh_cipher_list of the service ('secure' in the place of 'strict'): aes256-cbc"),
        "{}",
        m.advice()
    );
    let m = mismatch(Lists { ciphers: "3des-cbc", ..Lists::default() });
    assert!(m.advice().starts_with("nothing that the client offers exists here"), "{}", m.advice());
    let m = mismatch(Lists { ciphers: "aes256-ctr", macs: "hmac-md5,hmac-sha1", ..Lists::default() });
    assert_eq!((m.kind, m.client.as_str()), (Kind::MacClientToServer, "hmac-md5,hmac-sha1"));
    assert!(m.advice().ends_with(": hmac-sha1"), "{}", m.advice());
    let m = mismatch(Lists { kex: "diffie-hellman-group1-sha1", ..Lists::default() });
    assert!(m.advice().ends_with(": diffie-hellman-group1-sha1"), "{}", m.advice());
    let m = mismatch(Lists { host_keys: "rsa-sha2-256,ssh-dss", ..Lists::default() });
    assert!(m.advice().ends_with("a host key for one of these: rsa-sha2-256"), "{}", m.advice());
    let m = mismatch(Lists { host_keys: "ssh-rsa", ..Lists::default() });
    assert_eq!((m.kind, m.client.as_str(), m.server.as_str()), (Kind::HostKey, "ssh-rsa", "ssh-ed25519"));
    let m = mismatch(Lists { compression: "zlib@openssh.com", ..Lists::default() });
    assert_eq!(m.kind, Kind::CompressionClientToServer);
    // Markers of extensions are no algorithms, even where both sides name them.
    let m = mismatch(Lists { kex: "kex-strict-s-v00@openssh.com,ext-info-c", ..Lists::default() });
    assert_eq!(m.kind, Kind::KeyExchange);
    let long: &'static str = Box::leak("x,".repeat(9000).trim_end_matches(',').to_owned().into_boxed_str());
    assert_eq!(mismatch(Lists { kex: long, ..Lists::default() }).client.len(), Mismatch::MAX);
}

#[test]
fn a_peer_without_strict_key_exchange_keeps_its_sequence_numbers() {
    // ChaCha20 has the sequence number as its nonce, so wrong ones would fail.
    for kex in ["curve25519-sha256", "curve25519-sha256,kex-strict-c-v00@openssh.com"] {
        let (mut script, strict) = Script::established(kex);
        script.send(&data(b"up")).unwrap();
        assert_eq!(script.server.payloads, [data(b"up")]);
        script.server.send(&data(b"down"));
        assert_eq!(script.receive(), Some(data(b"down")));
        script.begin(&Lists { kex: "ecdh-sha2-nistp256", ..Lists::default() }, strict).unwrap();
        script.send(&data(b"again")).unwrap();
        assert_eq!(script.server.payloads.last(), Some(&data(b"again")));
    }
}

#[test]
fn markers_in_a_later_kexinit_change_nothing() {
    let (mut script, _) = Script::established("curve25519-sha256");
    let late = "curve25519-sha256,ext-info-c,kex-strict-c-v00@openssh.com";
    script.begin(&Lists { kex: late, ..Lists::default() }, false).unwrap();
    assert_eq!(script.receive(), None, "no EXT_INFO");
    script.send(&data(b"x")).unwrap();
    assert!(!script.server_offers().kex.contains("kex-strict-s-v00@openssh.com"));
}

#[test]
fn a_wrong_guess_is_dropped_and_a_right_one_is_used() {
    let wrong = Lists { kex: "curve25519-sha256", guess: true, ..Lists::default() };
    let mut script = Script::new();
    script.exchange(&wrong, false).unwrap();
    script.send(&data(b"after a wrong guess")).unwrap();
    assert_eq!(script.server.payloads.len(), 1);

    // The server prefers the same method and host key: the guess counts, so this nonsense is refused.
    let right = Lists { kex: "mlkem768x25519-sha256", guess: true, ..Lists::default() };
    assert!(matches!(Script::new().exchange(&right, false), Err(Error::Wire(_))));
}

#[test]
fn ext_info_follows_newkeys_at_once_for_clients_that_take_it() {
    let (mut script, _) = Script::established("curve25519-sha256,ext-info-c");
    let payload = script.receive().unwrap();
    let mut r = Reader::new(&payload);
    assert_eq!((r.u8(), r.u32()), (Ok(message::EXT_INFO), Ok(2)));
    assert_eq!(r.string(), Ok(&b"server-sig-algs"[..]));
    assert!(r.name_list().unwrap().contains("rsa-sha2-512"));

    let (mut script, _) = Script::established("curve25519-sha256");
    assert_eq!(script.receive(), None);
    assert!(!script.server.transport.peer_takes_ext_info());
}

#[test]
fn a_client_learns_the_signature_algorithms_of_the_server() {
    let pair = Pair::established(Cipher::Aes128Gcm);
    let algorithms: Vec<_> = pair.client.transport.peer_signature_algorithms().collect();
    assert_eq!(algorithms, crate::keys::Scheme::NAMES);
}

#[test]
fn a_client_refuses_a_server_with_another_key_or_a_wrong_signature() {
    let other = ServerConfig { host_keys: vec![Arc::new(TestKey::new(2))], ..server_config() };
    let mut pair = Pair::new(client_config(), other);
    assert_eq!(pair.run(), Err(Error::HostKey("another key".to_owned())));

    #[derive(Debug)]
    struct Liar(TestKey, &'static [u8]);
    impl HostKey for Liar {
        fn algorithms(&self) -> &[&'static str] {
            self.0.algorithms()
        }
        fn public_blob(&self) -> &[u8] {
            self.0.public_blob()
        }
        fn sign(&self, _: &str, data: &[u8]) -> Result<Vec<u8>, SignError> {
            let mut blob = vec![];
            let signature = self.0.pair.sign(&[data, b"!"].concat());
            Writer::new(&mut blob).string(self.1).string(signature.as_ref());
            Ok(blob)
        }
    }
    for (name, why) in [
        (&b"ssh-ed25519"[..], "wrong signature"),
        (b"ssh-rsa", "the signature is not of the algorithm agreed on"),
    ] {
        let liar = Arc::new(Liar(TestKey::new(1), name));
        let mut pair = Pair::new(client_config(), ServerConfig { host_keys: vec![liar], ..server_config() });
        assert_eq!(pair.run(), Err(Error::HostKey(why.to_owned())));
        assert!(!pair.client.transport.is_established());
    }
}

#[test]
fn a_host_key_that_cannot_sign_ends_the_exchange() {
    #[derive(Debug)]
    struct Broken;
    impl HostKey for Broken {
        fn algorithms(&self) -> &[&'static str] {
            &["ssh-ed25519"]
        }
        fn public_blob(&self) -> &[u8] {
            b""
        }
        fn sign(&self, _: &str, _: &[u8]) -> Result<Vec<u8>, SignError> {
            Err(SignError)
        }
    }
    let config = ServerConfig { host_keys: vec![Arc::new(Broken)], ..server_config() };
    assert_eq!(Pair::new(client_config(), config).run(), Err(Error::Sign));
}

#[test]
fn a_client_reads_past_the_lines_before_an_identification() {
    let mut client = Side::client(client_config());
    client.transport.start(&mut client.tx).unwrap();
    client.feed(b"Welcome\r\nto the harbour\r\nSSH-2.0-x\r\n", Monotonic::default()).unwrap();
    assert_eq!(client.transport.peer_ident(), b"SSH-2.0-x");
}

#[test]
fn an_idle_transport_is_small() {
    assert!(size_of::<Transport>() <= 576, "{}", size_of::<Transport>());
}
