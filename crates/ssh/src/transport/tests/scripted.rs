//! A client that does what a test tells it, wrong things too.

use super::*;
use crate::cipher::{Opener, Sealer};
use crate::kex::KeySource;
use crate::kex::agree::{Initiator, Way};
use crate::kex::init::KexInit;
use crate::kex::secret::{Direction, Hash, Transcript};
use crate::transport::message;
use crate::transport::packet::{Inbound, Outbound};

pub(super) const IDENT: &[u8] = b"SSH-2.0-scripted";

/// What the scripted client's KEXINIT says.
pub(super) struct Lists {
    pub(super) kex: &'static str,
    pub(super) host_keys: &'static str,
    pub(super) ciphers: &'static str,
    pub(super) macs: &'static str,
    /// For the way down, if they are others.
    pub(super) ciphers_down: Option<&'static str>,
    pub(super) macs_down: Option<&'static str>,
    pub(super) compression: &'static str,
    pub(super) guess: bool,
}

impl Default for Lists {
    fn default() -> Self {
        Self {
            kex: "curve25519-sha256",
            host_keys: "ssh-ed25519",
            ciphers: "chacha20-poly1305@openssh.com",
            // No MAC in common with the server, which must not matter.
            macs: "umac-64@openssh.com",
            ciphers_down: None,
            macs_down: None,
            compression: "none",
            guess: false,
        }
    }
}

impl Lists {
    pub(super) fn payload(&self) -> Vec<u8> {
        let mut payload = vec![];
        let mut w = Writer::new(&mut payload);
        w.u8(message::KEXINIT).raw(&[7; 16]);
        let (ciphers_down, macs_down) = self.down();
        for list in [self.kex, self.host_keys, self.ciphers, ciphers_down, self.macs, macs_down] {
            w.string(list.as_bytes());
        }
        for list in [self.compression, self.compression, "", "en"] {
            w.string(list.as_bytes());
        }
        w.bool(self.guess).u32(0);
        payload
    }
}

impl Lists {
    fn down(&self) -> (&'static str, &'static str) {
        (self.ciphers_down.unwrap_or(self.ciphers), self.macs_down.unwrap_or(self.macs))
    }
}

fn protection(cipher: &str, mac: &str) -> Protection {
    let cipher = Cipher::from_name(cipher).unwrap();
    Protection { cipher, mac: (!cipher.is_aead()).then(|| Mac::from_name(mac).unwrap()) }
}

/// A client's half of a method without a group exchange.
pub(super) fn initiator(method: KexMethod) -> Initiator {
    Initiator::generate(&Way::of(method).unwrap().unwrap(), &Random::predictable(5)).unwrap()
}

/// The scripted client and the real server that it talks to.
pub(super) struct Script {
    pub(super) server: Side,
    pub(super) outbound: Outbound,
    pub(super) inbound: Inbound,
    rx: RxBuf,
    server_init: Vec<u8>,
    session_id: Option<Hash>,
}

impl Script {
    /// Both identifications are exchanged, and the server's KEXINIT has been read.
    pub(super) fn new() -> Self {
        Self::with(server_config())
    }

    /// The same with another server.
    pub(super) fn with(config: ServerConfig) -> Self {
        let mut server = Side::server(config);
        server.transport.start(&mut server.tx).unwrap();
        server.feed(&[IDENT, b"\r\n"].concat(), Monotonic::default()).unwrap();
        let mut script = Self {
            server,
            outbound: Outbound::new(),
            inbound: Inbound::new(),
            rx: RxBuf::new(CAPACITY),
            server_init: vec![],
            session_id: None,
        };
        let line = b"SSH-2.0-Causeway\r\n";
        assert_eq!(script.server.drain(line.len()), line);
        script.server_init = script.receive().unwrap();
        assert_eq!(script.server_init[0], message::KEXINIT);
        script
    }

    /// A client that is through with its first key exchange, and whether it was a strict one.
    pub(super) fn established(kex: &'static str) -> (Self, bool) {
        let mut script = Self::new();
        let lists = Lists { kex, ..Lists::default() };
        let strict = kex.contains("kex-strict-c-v00@openssh.com");
        script.exchange(&lists, strict).unwrap();
        (script, strict)
    }

    pub(super) fn send(&mut self, payload: &[u8]) -> Result<(), Error> {
        let mut tx = TxBuf::new(CAPACITY);
        self.outbound.write(&mut tx, payload).unwrap();
        self.server.feed(tx.pending(), Monotonic::default())
    }

    /// The server's next packet.
    pub(super) fn receive(&mut self) -> Option<Vec<u8>> {
        let bytes = self.server.drain(usize::MAX);
        self.rx.space()[..bytes.len()].copy_from_slice(&bytes);
        self.rx.filled(bytes.len());
        let range = self.inbound.open(&mut self.rx).unwrap()?;
        Some(self.rx.bytes(range).to_vec())
    }

    /// From the client's KEXINIT to its NEWKEYS. The server's KEXINIT must have been read.
    pub(super) fn exchange(&mut self, lists: &Lists, strict: bool) -> Result<(), Error> {
        let init = lists.payload();
        self.send(&init)?;
        if lists.guess {
            self.send(&[message::KEX_INIT, 1, 2, 3])?;
        }
        self.agree(&init, lists, strict)
    }

    /// As [`exchange`](Self::exchange), but the client begins and the server answers.
    pub(super) fn begin(&mut self, lists: &Lists, strict: bool) -> Result<(), Error> {
        let init = lists.payload();
        self.send(&init)?;
        self.server_init = self.receive().unwrap();
        assert_eq!(self.server_init[0], message::KEXINIT);
        self.agree(&init, lists, strict)
    }

    fn agree(&mut self, init: &[u8], lists: &Lists, strict: bool) -> Result<(), Error> {
        let kex = lists.kex.split(',').find_map(KexMethod::from_name).unwrap();
        let initiator = initiator(kex);
        let mut message = vec![message::KEX_INIT];
        Writer::new(&mut message).string(initiator.public());
        self.send(&message)?;

        let reply = self.receive().unwrap();
        let mut r = Reader::new(&reply);
        assert_eq!(r.u8(), Ok(message::KEX_REPLY));
        let (host_key, server, signature) = (r.string().unwrap(), r.string().unwrap(), r.string().unwrap());
        let secret = initiator.finish(server).unwrap();
        let transcript = Transcript::new(kex.hash(), IDENT, b"SSH-2.0-Causeway", init, &self.server_init);
        let hash = transcript.finish(host_key, b"", initiator.public(), server, &secret);
        let pinned = Pinned(TestKey::new(1).blob);
        pinned.check("ssh-ed25519", host_key, hash.as_ref(), signature).unwrap();
        assert_eq!(self.receive().unwrap(), [message::NEWKEYS]);

        let session_id = *self.session_id.get_or_insert(hash);
        let keys = |direction| KeySource {
            hash: kex.hash(),
            secret: &secret,
            exchange_hash: hash.as_ref(),
            session_id: session_id.as_ref(),
            direction,
        };
        let (ciphers_down, macs_down) = lists.down();
        let down = protection(ciphers_down, macs_down);
        let up = protection(lists.ciphers, lists.macs);
        let opener = Opener::new(down, &keys(Direction::ServerToClient)).unwrap();
        let sealer = Sealer::new(up, &keys(Direction::ClientToServer)).unwrap();
        self.inbound.change_keys(opener, strict);
        self.send(&[message::NEWKEYS])?;
        self.outbound.change_keys(sealer, strict);
        Ok(())
    }

    /// The names in the server's KEXINIT.
    pub(super) fn server_offers(&self) -> KexInit<'_> {
        KexInit::parse(&self.server_init).unwrap()
    }
}
