//! What went wrong in other implementations of the transport, and why it cannot go wrong here.
//!
//! Each entry names the tests that would fail if it could.
//!
//! # Messages at the wrong moment
//!
//! **Terrapin (CVE-2023-48795).** An attacker in the middle puts IGNORE messages into the unprotected handshake. They
//! shift the sequence numbers, so that as many protected packets can be cut away unseen, EXT_INFO among them. Here
//! both roles offer strict key exchange: the KEXINIT must be the first packet, nothing but the exchange may come before
//! NEWKEYS, and sequence numbers begin anew with the keys.
//! Tests: `v16_a_message_before_the_kexinit_ends_a_strict_exchange`, `v16_a_message_inside_a_strict_exchange_ends_it`,
//! `v16_the_first_packet_under_new_keys_cannot_be_cut_away`.
//!
//! With a peer that knows no strict key exchange the attack stays possible against `chacha20-poly1305@openssh.com`;
//! AES-GCM is not open to it. As in OpenSSH that combination is allowed, since the attacker gains no more than a
//! missing EXT_INFO; [`Algorithms::ciphers`](crate::Algorithms) can leave the cipher out.
//!
//! **A server that takes what only servers send (libssh, CVE-2018-10933), or executes before the login (Erlang/OTP,
//! CVE-2025-32433).** One table of handlers served every state. Here the stage owns what it needs: before the first
//! exchange is complete on both sides the transport hands out no payload and no session identifier, so a layer
//! above has nothing to act on.
//! Tests: `v16_no_message_of_the_upper_layers_passes_before_the_first_exchange_is_complete`,
//! `messages_of_the_exchange_are_refused_outside_of_it_and_from_the_wrong_side`.
//!
//! **EXT_INFO of an attacker (AsyncSSH, CVE-2023-46445).** Extensions were believed before encryption began. Here
//! EXT_INFO is refused until the first exchange is complete, and later during any exchange.
//! Tests: `v16_no_message_of_the_upper_layers_passes_before_the_first_exchange_is_complete`,
//! `after_its_kexinit_a_peer_may_send_nothing_but_the_exchange`.
//!
//! # Lengths and shapes
//!
//! **Giant lengths (russh, CVE-2024-43410; libssh2, CVE-2019-3855).** A length from the wire was used for an allocation
//! or in arithmetic that overflowed. Here packets are opened where they were received: no length allocates anything,
//! each is checked against the limit of its phase when its four bytes are there, and arithmetic is checked.
//! Tests: `v18_a_giant_length_is_refused_when_its_four_bytes_are_there`,
//! `v18_lengths_out_of_bounds_or_off_the_block_are_refused_at_once`,
//! `v18_a_length_beyond_the_message_is_refused_without_allocating`,
//! `v18_a_first_line_without_end_is_refused`.
//!
//! **Packets without content (golang.org/x/crypto/ssh, CVE-2021-43565).** An empty payload ended the process. Here a
//! payload has at least one byte, padding is at least 4 bytes and within the packet, and no input panics.
//! Tests: `padding_and_payload_must_fit_in_the_packet`, `no_bytes_make_the_transport_panic`,
//! `no_clear_message_makes_the_transport_panic`, `no_sealed_message_makes_the_transport_panic`.
//!
//! **Plaintext by the length field (CVE-2008-5161).** A length decrypted before it was authenticated told an
//! attacker about the plaintext: by the error, or by how many bytes were taken before it came. Here a length that is not
//! authenticated decides nothing but how many bytes to wait for, and ChaCha20 has a key of its own for it. Where the
//! length is part of what the MAC authenticates and the cipher encrypts (the MACs without `-etm`), a wrong length and a
//! wrong MAC end the connection with the same words, after as many bytes as the longest packet has.
//! Tests: `a_packet_with_any_bit_changed_is_refused`, `a_changed_sealed_packet_ends_the_connection`,
//! `a_wrong_length_and_a_wrong_mac_look_alike_and_end_after_as_many_bytes`.
//!
//! CBC is there for who asks for it by name or by `all`, and clients that prefer another cipher never get it.
//!
//! # Work and memory for nothing
//!
//! **Endless key exchanges (DHEat, CVE-2002-20001; OpenSSH, CVE-2016-8858).** An exchange costs the server more than the
//! attacker, most of all with large finite fields, and each KEXINIT held memory. Here the engine does not compute in
//! finite fields before its driver says so ([`Received::Costly`](crate::Received::Costly)): the server does it on threads
//! beside those that serve sessions, on no more than half of the cores, while connections before the login are
//! limited for each address and in all. Exponents have 512 bits, whatever the size of the group. A second KEXINIT
//! inside an exchange is refused; exchanges that a peer begins must be earned by traffic or time; one that is begun must
//! end by a deadline.
//! Tests: `an_answer_that_takes_long_is_given_when_the_driver_says_so`,
//! `v18_a_peer_that_does_nothing_but_change_keys_is_dropped`,
//! `after_its_kexinit_a_peer_may_send_nothing_but_the_exchange`, `a_peer_that_never_answers_our_kexinit_is_dropped`,
//! `a_peer_that_stops_in_the_middle_of_an_exchange_is_dropped`.
//!
//! **Answers that pile up during an exchange (OpenSSH, CVE-2025-26466: pings; golang.org/x/crypto/ssh,
//! CVE-2025-22869).** What could not be sent during a key exchange was queued without limit, while the peer
//! delayed its end. Here 16 KiB wait at most, overhead included, then the connection ends; the output buffer is fixed.
//! Tests: `v18_a_ping_is_answered_only_within_bounds`, `v18_what_waits_for_an_exchange_is_bounded`,
//! `a_full_output_buffer_is_an_error_and_never_grows`.
//!
//! **Answers to what means nothing.** Each message that nobody has defined is answered. Here those of a login count among the
//! 128 messages that it may have; all are answered with no more bytes than they brought, into a fixed buffer that must be written
//! before more is read.
//! Test: `v18_before_the_login_numbers_that_mean_nothing_count_as_messages_of_it`.
//!
//! **Decompression.** A few bytes become megabytes, and lengths leak what was typed. There is no compression.
//! Test: `what_has_nothing_in_common_is_named_with_both_lists`.
//!
//! # Keys
//!
//! **Public values that are not checked (russh, CVE-2023-28113).** A degenerate value makes the secret known to
//! everybody. Here lengths are exact, points must be on the curve and uncompressed, a result of zeros is refused, and
//! ML-KEM keys pass the modulus check. In finite fields public values and the secret lie between 1 and p - 1 (RFC 8268
//! section 4).
//! Tests: `public_values_that_give_the_secret_away_are_refused`, `public_values_out_of_range_end_the_exchange`,
//! `a_public_value_of_the_wrong_length_is_refused`, `a_point_of_small_order_gives_no_secret`,
//! `a_point_off_the_curve_or_in_another_form_is_refused`, `an_ml_kem_key_that_fails_the_modulus_check_is_refused`.
//!
//! **Groups that can be broken or were chosen to be (Logjam, CVE-2015-4000; weak moduli files).** 1,024 bits are within
//! the means of a state, and a prime out of a file proves nothing of itself. Here all groups are those of RFC 3526, whose
//! primes come from the digits of pi; below 2,048 bits there are some only for who names them (`dh_prime_size`, the
//! list of algorithms). As a client we refuse groups below 2,048 bits.
//! Tests: `the_groups_compute_what_another_implementation_does`, `the_group_is_the_one_that_the_policy_chooses`,
//! `a_client_takes_no_group_of_another_size_than_it_asked_for`.
//!
//! **Signatures that rest on SHA-1.** Somebody who can make two texts with one hash can make a signature stand for the
//! other. Host keys here never sign so, and users may only where `ssh_cipher_list` names `ssh-rsa` or is `all`.
//! Tests: `a_signature_with_sha_1_is_verified_for_who_asks_for_it_and_never_made`,
//! `v04_a_way_to_sign_that_is_not_accepted_reaches_nobody`.
//!
//! **A nonce used twice.** With AES-GCM it gives away the authentication key, with ChaCha20 the plaintext. Here nonces
//! are counters that only sealing moves, keys are changed long before those run out, and a direction whose keys were
//! not changed stops for good.
//! Tests: `a_key_ends_before_its_sequence_numbers_return`, `keys_are_changed_after_so_many_packets`,
//! `a_packet_that_comes_twice_or_out_of_order_is_refused`.
//!
//! **A host key that passes by mistake (OpenSSH, CVE-2025-26465).** An error during the check counted as success. Here
//! the check answers with a `Result` whose `Ok` alone goes on, and the types of key and signature are compared with what
//! was agreed on before.
//! Test: `a_client_refuses_a_server_with_another_key_or_a_wrong_signature`.
//!
//! **Races in signal handlers (regreSSHion, CVE-2024-6387).** The login's timeout ran inside a handler. Here time
//! is an argument, and a deadline is a comparison.
//! Test: `a_peer_that_never_answers_our_kexinit_is_dropped`.

#[cfg(test)]
mod tests {
    const CHAPTER: &str = include_str!("flaws.rs");
    const SOURCES: [&str; 17] = [
        include_str!("wire.rs"),
        include_str!("ident.rs"),
        include_str!("cipher/tests.rs"),
        include_str!("kex/agree.rs"),
        include_str!("kex/group.rs"),
        include_str!("keys/tests.rs"),
        include_str!("userauth/tests.rs"),
        include_str!("userauth/tests/keys.rs"),
        include_str!("transport/tests/groups.rs"),
        include_str!("transport/tests/hiding.rs"),
        include_str!("kex/method.rs"),
        include_str!("transport/packet.rs"),
        include_str!("transport/tests/attacks.rs"),
        include_str!("transport/tests/exchange.rs"),
        include_str!("transport/tests/rekey.rs"),
        include_str!("buf.rs"),
        include_str!("server/tests.rs"),
    ];

    #[test]
    fn every_test_that_the_chapter_names_exists() {
        let text: Vec<&str> = CHAPTER.lines().filter_map(|l| l.strip_prefix("//! ")).collect();
        let text = text.join(" ");
        let names: Vec<&str> =
            text.split('`').skip(1).step_by(2).filter(|n| n.matches('_').count() >= 3).collect();
        assert!(names.len() > 25);
        for name in names {
            let declared = format!("fn {name}(");
            assert!(SOURCES.iter().any(|s| s.contains(&declared)), "{name}");
        }
    }
}
