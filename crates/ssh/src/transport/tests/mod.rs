//! Two transports, or a transport and a scripted peer, talk through memory.

mod attacks;
mod exchange;
mod groups;
mod hiding;
mod rekey;
mod scripted;

use std::sync::Arc;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use causeway_core::{Monotonic, Random};

use super::*;
use crate::algorithms::Algorithms;
use crate::buf::RxBuf;
use crate::cipher::{Cipher, Mac, Protection};
use crate::ident::Ident;
use crate::kex::{HostKey, KexMethod, ServerKeyCheck, SignError};
use crate::wire::Reader;

const CAPACITY: usize = 128 * 1024;
const DATA: u8 = 94;

/// A host key for tests.
#[derive(Debug)]
struct TestKey {
    pair: Ed25519KeyPair,
    blob: Vec<u8>,
}

impl TestKey {
    fn new(seed: u8) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
        let mut blob = vec![];
        Writer::new(&mut blob).string(b"ssh-ed25519").string(pair.public_key().as_ref());
        Self { pair, blob }
    }
}

impl HostKey for TestKey {
    fn algorithms(&self) -> &[&'static str] {
        &["ssh-ed25519"]
    }

    fn public_blob(&self) -> &[u8] {
        &self.blob
    }

    fn sign(&self, algorithm: &str, data: &[u8]) -> Result<Vec<u8>, SignError> {
        let mut blob = vec![];
        Writer::new(&mut blob).string(algorithm.as_bytes()).string(self.pair.sign(data).as_ref());
        Ok(blob)
    }
}

/// Trusts one key.
#[derive(Debug)]
struct Pinned(Vec<u8>);

impl ServerKeyCheck for Pinned {
    fn check(&self, algorithm: &str, blob: &[u8], data: &[u8], signature: &[u8]) -> Result<(), String> {
        assert_eq!(algorithm, "ssh-ed25519");
        if blob != self.0 {
            return Err("another key".to_owned());
        }
        let second = |b| {
            let mut r = Reader::new(b);
            r.string().unwrap();
            r.string().unwrap()
        };
        let key = UnparsedPublicKey::new(&ED25519, second(blob));
        key.verify(data, second(signature)).map_err(|_| "wrong signature".to_owned())
    }
}

fn server_config() -> ServerConfig {
    ServerConfig { host_keys: vec![Arc::new(TestKey::new(1))], ..ServerConfig::default() }
}

/// A server that takes everything there is.
fn generous_config() -> ServerConfig {
    let algorithms =
        Algorithms { kex: KexMethod::ALL.to_vec(), ciphers: Cipher::ALL.to_vec(), macs: Mac::ALL.to_vec() };
    ServerConfig { algorithms, ..server_config() }
}

/// One of each.
fn only(kex: KexMethod, protection: Protection) -> Algorithms {
    Algorithms {
        kex: vec![kex],
        ciphers: vec![protection.cipher],
        macs: protection.mac.into_iter().collect(),
    }
}

impl From<Cipher> for Protection {
    fn from(cipher: Cipher) -> Self {
        Self { cipher, mac: (!cipher.is_aead()).then_some(Mac::Sha256Etm) }
    }
}

/// Every cipher, with every MAC if it needs one.
fn protections() -> Vec<Protection> {
    let (aeads, others): (Vec<_>, Vec<_>) = Cipher::ALL.into_iter().partition(|c| c.is_aead());
    let with_macs =
        others.into_iter().flat_map(|cipher| Mac::ALL.map(|mac| Protection { cipher, mac: Some(mac) }));
    aeads.into_iter().map(Protection::from).chain(with_macs).collect()
}

/// Every cipher with one MAC, every MAC with some cipher.
fn one_mac_each() -> impl Iterator<Item = Protection> {
    let mut macs = Mac::ALL.into_iter();
    Cipher::ALL
        .into_iter()
        .map(move |cipher| Protection { cipher, mac: if cipher.is_aead() { None } else { macs.next() } })
}

fn client_config() -> ClientConfig {
    ClientConfig {
        ident: Ident::new("test").unwrap(),
        algorithms: Algorithms::default(),
        host_key_algorithms: vec!["ssh-ed25519".to_owned()],
        check: Arc::new(Pinned(TestKey::new(1).blob)),
        rekey: RekeyPolicy::default(),
    }
}

/// A transport with its buffers and what it received.
struct Side {
    transport: Transport,
    rx: RxBuf,
    tx: TxBuf,
    payloads: Vec<Vec<u8>>,
    disconnected: Option<(u32, Vec<u8>)>,
    /// How often an answer took long.
    computed: usize,
}

impl Side {
    fn new(transport: Transport) -> Self {
        Self {
            transport,
            rx: RxBuf::new(CAPACITY),
            tx: TxBuf::new(CAPACITY),
            payloads: vec![],
            disconnected: None,
            computed: 0,
        }
    }

    fn server(config: ServerConfig) -> Self {
        Self::new(Transport::server(Arc::new(config), Random::predictable(1), Monotonic::default()))
    }

    fn client(config: ClientConfig) -> Self {
        Self::new(Transport::client(Arc::new(config), Random::predictable(2), Monotonic::default()))
    }

    /// Takes bytes from the peer and all packets in them.
    fn feed(&mut self, mut bytes: &[u8], now: Monotonic) -> Result<(), Error> {
        while !bytes.is_empty() {
            let space = self.rx.space();
            let n = space.len().min(bytes.len());
            assert!(n > 0, "a packet larger than the buffer");
            space[..n].copy_from_slice(&bytes[..n]);
            self.rx.filled(n);
            bytes = &bytes[n..];
            loop {
                match self.transport.receive(&mut self.rx, &mut self.tx, now)? {
                    Received::NeedMore => break,
                    Received::Handled => {}
                    Received::Costly => {
                        self.computed += 1;
                        self.transport.compute(&mut self.tx)?;
                    }
                    Received::Payload(range) => self.payloads.push(self.rx.bytes(range).to_vec()),
                    Received::Disconnected { code, description } => {
                        self.disconnected = Some((code, description));
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes bytes in which something is wrong. Where a cipher hides that until the longest packet would be there, so much
    /// more is taken.
    fn feed_until_noticed(&mut self, bytes: &[u8], protection: Protection) -> Result<(), Error> {
        let hides = protection.mac.is_some_and(|m| !m.is_after_encryption());
        let more = if hides { MAX_PACKET_BEFORE_LOGIN } else { 0 };
        self.feed(&[bytes, &vec![0; more]].concat(), Monotonic::default())
    }

    /// What goes to the peer: at most `n` bytes of it.
    fn drain(&mut self, n: usize) -> Vec<u8> {
        let n = n.min(self.tx.len());
        let bytes = self.tx.pending()[..n].to_vec();
        self.tx.wrote(n);
        bytes
    }

    fn send(&mut self, payload: &[u8]) {
        self.transport.send(&mut self.tx, payload).unwrap();
    }
}

/// A client and a server.
struct Pair {
    client: Side,
    server: Side,
    now: Monotonic,
}

impl Pair {
    fn new(client: ClientConfig, server: ServerConfig) -> Self {
        let mut pair =
            Self { client: Side::client(client), server: Side::server(server), now: Monotonic::default() };
        pair.client.transport.start(&mut pair.client.tx).unwrap();
        pair.server.transport.start(&mut pair.server.tx).unwrap();
        pair
    }

    /// A pair whose first key exchange is complete.
    fn established(protection: impl Into<Protection>) -> Self {
        let algorithms = only(KexMethod::Curve25519, protection.into());
        let mut pair = Self::new(ClientConfig { algorithms, ..client_config() }, generous_config());
        pair.run().unwrap();
        assert!(pair.client.transport.is_established() && pair.server.transport.is_established());
        pair
    }

    /// Carries bytes in pieces of at most `piece` until nobody has any.
    fn run_in_pieces(&mut self, piece: usize) -> Result<(), Error> {
        while !(self.client.tx.is_empty() && self.server.tx.is_empty()) {
            let bytes = self.client.drain(piece);
            self.server.feed(&bytes, self.now)?;
            let bytes = self.server.drain(piece);
            self.client.feed(&bytes, self.now)?;
        }
        Ok(())
    }

    fn run(&mut self) -> Result<(), Error> {
        self.run_in_pieces(usize::MAX)
    }
}

/// A message of the connection layer, as far as the transport cares.
fn data(text: &[u8]) -> Vec<u8> {
    [&[DATA], text].concat()
}
