//! Every message number in every state of a connection: what the server does is in `tests-data/states.txt`, and nothing
//! else. Messages that exist have a body that would be right in their own state; the others have none.

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

const TABLE: &str = include_str!("../../tests-data/states.txt");
const NOW: Monotonic = Monotonic(std::time::Duration::ZERO);
const ROOM: usize = 256 * 1024;

/// How a connection gets somewhere.
type Way = fn() -> Rig;

/// The states, with the ways there.
const STATES: [(&str, Way); 17] = [
    ("identified: only the client's identification is there", Rig::identified),
    ("offered: both have sent KEXINIT", Rig::offered),
    ("switching: the server has sent NEWKEYS, the client has not", Rig::switching),
    ("keyed: the first keys are in use", Rig::keyed),
    ("keyed, the server has begun to re-key", || Rig::keyed().server_offers()),
    ("keyed, both have begun to re-key", || Rig::keyed().client_offers()),
    ("keyed, the server has switched to its next keys", || Rig::keyed().server_switches()),
    ("login: the client may log in", Rig::login),
    ("partial: a password was right and something is missing", Rig::partial),
    ("dialogue: the client was asked for a password", Rig::dialogue),
    ("login, the server has begun to re-key", || Rig::login().server_offers()),
    ("login, both have begun to re-key", || Rig::login().client_offers()),
    ("login, the server has switched to its next keys", || Rig::login().server_switches()),
    ("open: logged in, with a channel in which something runs", Rig::open),
    ("open, the server has begun to re-key", || Rig::open().server_offers()),
    ("open, both have begun to re-key", || Rig::open().client_offers()),
    ("open, the server has switched to its next keys", || Rig::open().server_switches()),
];

#[test]
fn v16_v04_every_message_in_every_state_has_the_answer_of_the_table() {
    let table = STATES.map(|(name, rig)| section(name, rig)).join("\n");
    if table != TABLE {
        let path = std::env::temp_dir().join("states.txt");
        std::fs::write(&path, &table).unwrap();
        let differs = table.lines().zip(TABLE.lines()).find(|(new, old)| new != old);
        panic!("{differs:?}: what was found is in {}", path.display());
    }
}

#[test]
fn v16_under_the_first_exchange_nothing_but_its_own_messages_is_taken() {
    // Strict key exchange: a message that an attacker could put there ends the connection.
    for (state, allowed) in [
        (Rig::offered as Way, &[1, 30][..]),
        // Those two lose their meaning with what follows, and nothing that was not protected may.
        (Rig::switching, &[1, 21]),
    ] {
        for number in (0..=255).filter(|n| !allowed.contains(n)) {
            let mut rig = state();
            assert!(rig.take(&body(number)).starts_with("ends"), "{number}");
        }
    }
}

#[test]
fn v04_no_message_logs_anybody_in_or_reaches_a_channel_before_the_login() {
    for (name, state) in STATES.iter().filter(|(name, _)| !name.starts_with("open")) {
        for number in 0..=255 {
            let mut rig = state();
            let done = rig.take(&body(number));
            assert!(!rig.server.is_logged_in(), "{name}: {number}");
            assert!(!["starts", "data", "eof", "closed"].iter().any(|what| done.contains(what)), "{name}");
        }
    }
}

fn section(name: &str, rig: Way) -> String {
    let mut lines: Vec<(u8, u8, String)> = Vec::new();
    for number in 0..=255 {
        let done = rig().take(&body(number));
        match lines.last_mut() {
            Some((_, last, same)) if *same == done => *last = number,
            _ => lines.push((number, number, done)),
        }
    }
    let mut text = format!("[{name}]\n");
    for (first, last, done) in lines {
        let range = if first == last { first.to_string() } else { format!("{first}-{last}") };
        writeln!(text, "{range:7} {done}").unwrap();
    }
    text
}

/// A message of that number.
fn body(number: u8) -> Vec<u8> {
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
struct Rig {
    server: Server,
    client: Transport,
    to_server: (TxBuf, RxBuf),
    to_client: (TxBuf, RxBuf),
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

    fn identified() -> Self {
        let mut rig = Self::begun();
        let sent = rig.to_server.0.pending();
        let line = sent.iter().position(|b| *b == b'\n').unwrap() + 1;
        let line = sent[..line].to_vec();
        rig.to_server.0 = TxBuf::new(ROOM);
        rig.deliver(&line);
        rig.work().unwrap();
        rig
    }

    fn offered() -> Self {
        let mut rig = Self::begun();
        rig.carry_to_server();
        rig.work().unwrap();
        rig
    }

    fn switching() -> Self {
        let mut rig = Self::offered();
        rig.carry_to_client();
        rig.carry_to_server();
        rig.work().unwrap();
        rig
    }

    fn keyed() -> Self {
        let mut rig = Self::switching();
        rig.settle();
        assert!(rig.client.is_established() && rig.server.transport().is_established());
        rig
    }

    fn login() -> Self {
        Self::keyed().after(&body(5))
    }

    fn partial() -> Self {
        Self::login().after(&password("ann", "half"))
    }

    fn dialogue() -> Self {
        let mut out = Vec::new();
        let mut w = Writer::new(&mut out);
        w.u8(50).string(b"ann").string(b"ssh-connection").string(b"keyboard-interactive");
        w.string(b"").string(b"");
        Self::login().after(&out)
    }

    fn open() -> Self {
        let mut exec = Vec::new();
        Writer::new(&mut exec).u8(98).u32(0).string(b"subsystem").bool(false).string(b"sftp");
        let rig = Self::login().after(&password("ann", "right")).after(&body(90)).after(&exec);
        assert!(rig.server.is_logged_in());
        rig
    }

    /// The server's KEXINIT is under way.
    fn server_offers(mut self) -> Self {
        self.server.transport.begin_exchange(&mut self.to_client.0, NOW).unwrap();
        self
    }

    /// The client's KEXINIT has been answered by the server's.
    fn client_offers(mut self) -> Self {
        self.client.begin_exchange(&mut self.to_server.0, NOW).unwrap();
        self.carry_to_server();
        self.work().unwrap();
        self
    }

    /// The client's half of the exchange is there, too.
    fn server_switches(self) -> Self {
        let mut rig = self.client_offers();
        rig.carry_to_client();
        rig.carry_to_server();
        rig.work().unwrap();
        rig
    }

    /// The client has sent this, and both have done with it.
    fn after(mut self, payload: &[u8]) -> Self {
        self.client.send(&mut self.to_server.0, payload).unwrap();
        self.settle();
        self
    }

    /// Sends a message by the keys of the moment, and says what the server does.
    fn take(&mut self, payload: &[u8]) -> String {
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
