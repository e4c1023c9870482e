//! The bytes of a connection before there are keys, as either side gets them: the identification, packets, the
//! messages of a key exchange. The first byte of the input says which side we are, and in what pieces the rest comes.
//!
//! - Whole and in pieces the same is found, and the same error.
//! - Before the keys are in use no message reaches the layers above, and there is no session.
//! - After an error nothing is read any more.

#![no_main]

use causeway_core::{Monotonic, Random};
use causeway_fuzz::ssh::{client_config, server_config};
use causeway_ssh::{Received, RxBuf, Transport, TxBuf};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((how, bytes)) = input.split_first() else { return };
    let whole = run(how & 1 == 0, [bytes]);
    assert_eq!(whole, run(how & 1 == 0, bytes.chunks(usize::from(how >> 1).max(1))));
});

fn run<'p>(server: bool, pieces: impl IntoIterator<Item = &'p [u8]>) -> Vec<String> {
    let (random, now) = (Random::predictable(1), Monotonic::default());
    let mut transport = match server {
        true => Transport::server(server_config(), random, now),
        false => Transport::client(client_config(), random, now),
    };
    let (mut rx, mut tx) = (RxBuf::new(64 * 1024), TxBuf::new(128 * 1024));
    transport.start(&mut tx).expect("there is room");
    let mut seen = Vec::new();
    for piece in pieces {
        rx.space()[..piece.len()].copy_from_slice(piece);
        rx.filled(piece.len());
        loop {
            let held = rx.len();
            match transport.receive(&mut rx, &mut tx, now) {
                Ok(Received::NeedMore) => break,
                Ok(Received::Payload(_)) => panic!("a message before the keys"),
                Ok(received) => {
                    seen.push(format!("{received:?} {}", held - rx.len()));
                    if received == Received::Costly
                        && let Err(error) = transport.compute(&mut tx)
                    {
                        seen.push(error.to_string());
                        return seen;
                    }
                }
                Err(error) => {
                    seen.push(error.to_string());
                    transport.fail(&mut tx, &error);
                    assert!(!matches!(transport.receive(&mut rx, &mut tx, now), Ok(Received::Payload(_))));
                    assert!(!transport.can_send());
                    return seen;
                }
            }
            if transport.is_established() {
                // From here on all depends on keys that differ each time.
                return seen;
            }
            assert_eq!(transport.session_id(), None);
            tx.wrote(tx.len());
        }
    }
    seen
}
