//! A server and a client in memory, brought to one state or another: what the tests of the server begin with.

use std::fmt::Write as _;
use std::sync::Arc;

use causeway_core::sshkey::PrivateKey;
use causeway_core::{Monotonic, Random};

use super::{Server, ServerError, Step};
use crate::algorithms::Algorithms;
use crate::kex::{HostKey, KexMethod, ServerKeyCheck};
use crate::keys::HostKeyPair;
use crate::transport::{ClientConfig, Received, ServerConfig, Transport};
use crate::userauth::{Credential, Factors, LoginOptions};
use crate::wire::Writer;
use crate::{RxBuf, TxBuf};

const NOW: Monotonic = Monotonic(std::time::Duration::ZERO);
const ROOM: usize = 256 * 1024;

/// A message of that number.
pub(super) fn body(number: u8) -> Vec<u8> {
    let mut out = Vec::new();
    let mut w = Writer::new(&mut out);
    w.u8(number);
    match number {
        1 => w.u32(11).string(b"").string(b""),
        2 => w.string(b"x"),
        3 => w.u32(0),
        4 => w.bool(false).string(b"x").string(b""),
        5 | 6 => w.string(b"ssh-userauth"),
        7 => w.u32(0),
        20 => return kexinit(),
        30 => w.string(&[9; 32]),
        50 => w.string(b"ann").string(b"ssh-connection").string(b"none"),
        51 => w.string(b"password").bool(false),
        53 => w.string(b"x").string(b""),
        60 => w.string(b"").string(b"").string(b"").u32(0),
        61 => w.u32(1).string(b"wrong"),
        80 => w.string(b"hello@example.com").bool(true),
        90 => w.string(b"session").u32(7).u32(1 << 20).u32(1 << 15),
        91 => w.u32(0).u32(0).u32(1 << 20).u32(1 << 15),
        92 => w.u32(0).u32(1).string(b"").string(b""),
        93 => w.u32(0).u32(5),
        94 => w.u32(0).string(b"x"),
        95 => w.u32(0).u32(1).string(b"x"),
        96 | 97 | 99 | 100 => w.u32(0),
        98 => w.u32(0).string(b"env").bool(true).string(b"A").string(b"b"),
        192 => w.string(b"x"),
        _ => &mut w,
    };
    out
}

/// The KEXINIT of a client that would do.
fn kexinit() -> Vec<u8> {
    let mut out = Vec::new();
    let mut w = Writer::new(&mut out);
    w.u8(20).raw(&[3; 16]).name_list(["curve25519-sha256"]).name_list(["ssh-ed25519"]);
    for list in ["aes128-gcm@openssh.com", "aes128-gcm@openssh.com", "hmac-sha2-256", "hmac-sha2-256"] {
        w.name_list([list]);
    }
    w.name_list(["none"]).name_list(["none"]).string(b"").string(b"").bool(false).u32(0);
    out
}

/// A server, and a client that keeps to the rules until it sends what is tried.
pub(super) struct Rig {
    pub(super) server: Server,
    client: Transport,
    to_server: (TxBuf, RxBuf),
    pub(super) to_client: (TxBuf, RxBuf),
}

#[derive(Debug)]
struct TrustAll;

impl ServerKeyCheck for TrustAll {
    fn check(&self, _: &str, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), String> {
        Ok(())
    }
}

impl Rig {
    /// Both have said hello, and nothing has arrived.
    fn begun() -> Self {
        let key = include_bytes!("../../../core/tests-data/sshkey/ed25519.openssh");
        let key = HostKeyPair::new(&PrivateKey::parse(key, None).unwrap()).unwrap();
        let host_keys: Vec<Arc<dyn HostKey>> = vec![Arc::new(key)];
        let server = Arc::new(ServerConfig { host_keys, ..ServerConfig::default() });
        let client = Arc::new(ClientConfig {
            ident: Default::default(),
            algorithms: Algorithms { kex: vec![KexMethod::Curve25519], ..Algorithms::default() },
            host_key_algorithms: vec!["ssh-ed25519".to_owned()],
            check: Arc::new(TrustAll),
            rekey: Default::default(),
        });
        let buffers = || (TxBuf::new(ROOM), RxBuf::new(ROOM));
        let login = Arc::new(LoginOptions::default());
        let mut rig = Self {
            server: Server::new(server, login, Random::predictable(1), NOW),
            client: Transport::client(client, Random::predictable(2), NOW),
            to_server: buffers(),
            to_client: buffers(),
        };
        rig.server.begin(&mut rig.to_client.0).unwrap();
        rig.client.start(&mut rig.to_server.0).unwrap();
        rig
    }

    pub(super) fn identified() -> Self {
        let mut rig = Self::begun();
        let sent = rig.to_server.0.pending();
        let line = sent.iter().position(|b| *b == b'\n').unwrap() + 1;
        let line = sent[..line].to_vec();
        rig.to_server.0 = TxBuf::new(ROOM);
        rig.deliver(&line);
        rig.work().unwrap();
        rig
    }

    pub(super) fn offered() -> Self {
        let mut rig = Self::begun();
        rig.carry_to_server();
        rig.work().unwrap();
        rig
    }

    pub(super) fn switching() -> Self {
        let mut rig = Self::offered();
        rig.carry_to_client();
        rig.carry_to_server();
        rig.work().unwrap();
        rig
    }

    pub(super) fn keyed() -> Self {
        let mut rig = Self::switching();
        rig.settle();
        assert!(rig.client.is_established() && rig.server.transport().is_established());
        rig
    }

    pub(super) fn login() -> Self {
        Self::keyed().after(&body(5))
    }

    pub(super) fn partial() -> Self {
        Self::login().after(&password("ann", "half"))
    }

    pub(super) fn dialogue() -> Self {
        let mut out = Vec::new();
        let mut w = Writer::new(&mut out);
        w.u8(50).string(b"ann").string(b"ssh-connection").string(b"keyboard-interactive");
        w.string(b"").string(b"");
        Self::login().after(&out)
    }

    pub(super) fn open() -> Self {
        let mut exec = Vec::new();
        Writer::new(&mut exec).u8(98).u32(0).string(b"subsystem").bool(false).string(b"sftp");
        let rig = Self::login().after(&password("ann", "right")).after(&body(90)).after(&exec);
        assert!(rig.server.is_logged_in());
        rig
    }

    /// The server's KEXINIT is under way.
    pub(super) fn server_offers(mut self) -> Self {
        self.server.transport.begin_exchange(&mut self.to_client.0, NOW).unwrap();
        self
    }

    /// The client's KEXINIT has been answered by the server's.
    pub(super) fn client_offers(mut self) -> Self {
        self.client.begin_exchange(&mut self.to_server.0, NOW).unwrap();
        self.carry_to_server();
        self.work().unwrap();
        self
    }

    /// The client's half of the exchange is there, too.
    pub(super) fn server_switches(self) -> Self {
        let mut rig = self.client_offers();
        rig.carry_to_client();
        rig.carry_to_server();
        rig.work().unwrap();
        rig
    }

    /// The client has sent this, and both have done with it.
    pub(super) fn after(mut self, payload: &[u8]) -> Self {
        self.client.send(&mut self.to_server.0, payload).unwrap();
        self.settle();
        self
    }

    /// Sends a message by the keys of the moment, and says what the server does.
    pub(super) fn take(&mut self, payload: &[u8]) -> String {
        let before = self.server.transport().written().len();
        self.client.write_anything(&mut self.to_server.0, payload);
        self.carry_to_server();
        let worked = self.work();
        let mut done = match worked {
            Ok(steps) if steps.is_empty() => "nothing".to_owned(),
            Ok(steps) => steps.join(", "),
            Err(error) => {
                let code = error.disconnect();
                self.server.fail(&mut self.to_client.0, &error);
                code.map_or("ends".to_owned(), |code| format!("ends with code {}", code.code()))
            }
        };
        let sent: Vec<String> =
            self.server.transport().written()[before..].iter().map(u8::to_string).collect();
        if !sent.is_empty() {
            write!(done, "; sends {}", sent.join(" ")).unwrap();
        }
        done
    }

    fn settle(&mut self) {
        while !(self.to_server.0.is_empty() && self.to_client.0.is_empty()) {
            self.carry_to_server();
            self.work().unwrap();
            self.carry_to_client();
        }
    }

    fn carry_to_server(&mut self) {
        let bytes = self.to_server.0.pending().to_vec();
        self.to_server.0.wrote(bytes.len());
        self.deliver(&bytes);
    }

    fn deliver(&mut self, bytes: &[u8]) {
        self.to_server.1.space()[..bytes.len()].copy_from_slice(bytes);
        self.to_server.1.filled(bytes.len());
    }

    fn carry_to_client(&mut self) {
        let (tx, rx) = &mut self.to_client;
        let bytes = tx.pending().to_vec();
        tx.wrote(bytes.len());
        rx.space()[..bytes.len()].copy_from_slice(&bytes);
        rx.filled(bytes.len());
        while self.client.receive(rx, &mut self.to_server.0, NOW).unwrap() != Received::NeedMore {}
    }

    /// Lets the server work on all that is there. Says what came of it, but for what is merely handled.
    fn work(&mut self) -> Result<Vec<String>, ServerError> {
        let mut done = Vec::new();
        loop {
            let tx = &mut self.to_client.0;
            let step = match self.server.receive(&mut self.to_server.1, tx, NOW)? {
                Step::NeedInput => return Ok(done),
                Step::Query(query) => {
                    done.push("asks about a key".to_owned());
                    self.server.login(tx, query.refuse())?
                }
                Step::Prove(proof) => {
                    done.push(format!("judges {}", proof.method().name()));
                    let given = match proof.credential() {
                        Credential::Password(given) => given.expose().to_vec(),
                        _ => Vec::new(),
                    };
                    match given.as_slice() {
                        b"right" => {
                            self.server.logged_in(tx, proof.accept())?;
                            continue;
                        }
                        b"half" => {
                            self.server.login(tx, proof.partial(Factors { key: true, ..Factors::NONE }))?
                        }
                        _ => self.server.login(tx, proof.refuse())?,
                    }
                }
                Step::Start { channel, .. } => {
                    done.push("starts something".to_owned());
                    self.server.start(tx, channel, true)?;
                    continue;
                }
                step => step,
            };
            match step {
                Step::Handled | Step::Alive => {}
                Step::LoginRefused(_) => done.push("refuses a login".to_owned()),
                Step::Data { .. } => done.push("data".to_owned()),
                Step::Eof(_) => done.push("eof".to_owned()),
                Step::Closed(_) => done.push("closed".to_owned()),
                Step::GlobalRefused(_) | Step::RequestRefused(_) => done.push("turns it down".to_owned()),
                Step::Disconnected { .. } => {
                    done.push("ends: the client has".to_owned());
                    return Ok(done);
                }
                Step::Ended { .. } => {
                    done.push("ends the login".to_owned());
                    return Ok(done);
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

fn password(user: &str, password: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut w = Writer::new(&mut out);
    w.u8(50).string(user.as_bytes()).string(b"ssh-connection").string(b"password");
    w.bool(false).string(password.as_bytes());
    out
}
