//! A session without its socket, and a client in the same memory. What the driver does with a socket is done here
//! with vectors.

mod bounds;
mod faults;
mod reads;
mod scp;
mod writes;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use causeway_auth::{Epoch, Grant, Hashing, Terms};
use causeway_config::Environment;
use causeway_core::{Monotonic, Secret, Uuid};
use causeway_events::spool::{Settings, Sync};
use causeway_fs::Fs;
use causeway_fs::faulty::{Call, Faulty, Plan, Trouble};
use causeway_fs::memory::Memory;
use causeway_ssh::ServerConfig;
use causeway_ssh::keys::HostKeyPair;
use causeway_ssh::server::WINDOW;
use causeway_ssh::wire::{Reader, Writer};
use causeway_ssh::{ClientConfig, Received, RxBuf, ServerKeyCheck, Transport, TxBuf};

use super::session::{End, Pause, Session};
use super::*;
use crate::channel::Job;

const CONFIGURATION: &[u8] = b"[server]\nuuid = u\n";

/// The types of SFTP messages that are sent and expected here.
const OPEN: u8 = 3;
const CLOSE: u8 = 4;
const READ: u8 = 5;
const WRITE: u8 = 6;
const REALPATH: u8 = 16;
const EXTENDED: u8 = 200;
const STATUS: u8 = 101;
const HANDLE: u8 = 102;
const DATA: u8 = 103;
const NAME: u8 = 104;

const OK: u32 = 0;
const EOF: u32 = 1;

/// When the client opens its window again.
#[derive(Clone, Copy, PartialEq)]
enum Opens {
    /// As soon as something came in.
    AtOnce,
    WhenUsedUp,
    Never,
}

struct Pair {
    folder: tempfile::TempDir,
    session: Session,
    rx: RxBuf,
    client: Transport,
    client_rx: RxBuf,
    client_tx: TxBuf,
    /// Bytes that one receive of the server takes at the most.
    burst: usize,
    opens: Opens,
    window: u32,
    /// What is left of the client's window, and of the server's.
    left: u32,
    server_left: u32,
    /// The bytes of the channel, as they came.
    came: Vec<u8>,
    answered: usize,
    next: u32,
    /// Writes for other threads are not done until [`Pair::let_jobs_end`].
    hold_jobs: bool,
    jobs: Vec<(Job, Box<[u8]>)>,
    /// Times that the disk had to be waited for.
    disk: usize,
    /// How the command has ended.
    status: Option<u32>,
    /// The client does not take what it is sent.
    deaf: bool,
    /// The disk takes its time with every write.
    slow: bool,
    /// The files are in memory, and fail as planned.
    plan: Option<Plan>,
}

#[derive(Debug)]
struct TrustAll;

impl ServerKeyCheck for TrustAll {
    fn check(&self, _: &str, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), String> {
        Ok(())
    }
}

fn service(folder: &tempfile::TempDir) -> Arc<Service> {
    let (clock, _) = Clock::manual(causeway_core::Timestamp::from_seconds(1_700_000_000));
    let random = Random::predictable(1);
    let environment = Environment::of([], jiff::tz::TimeZone::UTC);
    let config = causeway_config::load_text(CONFIGURATION, folder.path(), &environment).unwrap().config;
    let key = Secret::new([7; 32]);
    let settings = Settings { sync: Sync::None, ..Settings::default() };
    let audit = folder.path().join("audit");
    fs::create_dir(&audit).unwrap();
    let trail = Trail::open(&audit, Uuid::from_u128(7), settings, clock.clone(), random.clone()).unwrap();
    let shared = Shared {
        trail: Arc::new(trail),
        authenticator: Authenticator::new(
            config,
            Epoch::default(),
            &key,
            clock.clone(),
            random.clone(),
            Hashing::for_this_machine(),
        ),
        host: Arc::new(Host::new(clock.clone(), &key)),
        clock,
        random,
        buffers: Buffers::default(),
        lanes: Lanes::default(),
        reactors: crate::reactors::Reactors::start().unwrap(),
        sessions: Sessions::default(),
        deletions: Arc::default(),
        passwords: crate::passwords::Passwords::new().0,
        connections: 100,
    };
    let host_key = causeway_core::sshkey::PrivateKey::parse(
        include_bytes!("../../../../core/tests-data/sshkey/ed25519.openssh"),
        None,
    );
    let host_key = HostKeyPair::new(&host_key.unwrap()).unwrap();
    let engine = ServerConfig { host_keys: vec![Arc::new(host_key)], ..ServerConfig::default() };
    Arc::new(Service {
        id: "service".into(),
        source: Source { uuid: "service".into(), kind: "ssh".into(), name: "SFTP".into() },
        engine: Engine::new(engine, Vec::new(), Vec::new()),
        login: Arc::new(LoginOptions::default()),
        idle: Duration::from_secs(300),
        login_grace: Duration::from_secs(60),
        sftp: true,
        scp: true,
        ignore_create_permissions: false,
        balancers: Networks::default(),
        blocks_at_connection: false,
        shared: Arc::new(shared),
    })
}

impl Pair {
    /// A client that has logged in and speaks SFTP, with such a window.
    fn new(window: u32, opens: Opens) -> Self {
        Self::with_packets(window, opens, 32 * 1024)
    }

    /// The same, where the client takes packets of so many bytes at the most.
    fn with_packets(window: u32, opens: Opens, packet: u32) -> Self {
        Self::with(window, opens, packet, None)
    }

    /// A client whose files are in memory, and the plan of what fails there.
    fn on_a_faulty_disk() -> (Self, Plan) {
        let plan = Plan::default();
        (Self::with(2 * 1024 * 1024, Opens::AtOnce, 32 * 1024, Some(plan.clone())), plan)
    }

    fn with(window: u32, opens: Opens, packet: u32, plan: Option<Plan>) -> Self {
        let mut pair = Self::logged_in(window, opens, packet, plan);
        pair.tell(|w| {
            w.u8(98).u32(0).string(b"subsystem").bool(true).string(b"sftp");
        });
        pair.channel_data(&[0, 0, 0, 5, 1, 0, 0, 0, 3], usize::MAX);
        pair.settle();
        let (version, rest) = message(&pair.came).unwrap();
        assert_eq!((version[0], rest), (2, &[][..]));
        pair.answered = pair.came.len();
        pair
    }

    /// A client that runs a command.
    fn running(command: &str, window: u32, opens: Opens, plan: Option<Plan>) -> Self {
        let mut pair = Self::logged_in(window, opens, 32 * 1024, plan);
        pair.tell(|w| {
            w.u8(98).u32(0).string(b"exec").bool(true).string(command.as_bytes());
        });
        pair
    }

    /// A client with an open channel.
    fn logged_in(window: u32, opens: Opens, packet: u32, plan: Option<Plan>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("home")).unwrap();
        let service = service(&folder);
        let now = service.shared.clock.monotonic();
        let config = ClientConfig {
            ident: Default::default(),
            algorithms: Default::default(),
            host_key_algorithms: vec!["ssh-ed25519".to_owned()],
            check: Arc::new(TrustAll),
            rekey: Default::default(),
        };
        let mut pair = Self {
            folder,
            session: Session::new(service, door::Arrival::direct("192.0.2.1:4000".parse().unwrap(), now)),
            rx: RxBuf::new(RECEIVE),
            client: Transport::client(Arc::new(config), Random::predictable(2), now),
            client_rx: RxBuf::new(RECEIVE),
            client_tx: TxBuf::new(16 * 1024 * 1024),
            burst: usize::MAX,
            opens,
            window,
            left: window,
            server_left: 0,
            came: Vec::new(),
            answered: 0,
            next: 0,
            hold_jobs: false,
            jobs: Vec::new(),
            disk: 0,
            status: None,
            deaf: false,
            slow: false,
            plan,
        };
        pair.session.server.begin(&mut pair.session.tx).unwrap();
        pair.client.start(&mut pair.client_tx).unwrap();
        while !pair.client.is_established() {
            pair.turn().unwrap();
        }
        pair.tell(|w| {
            w.u8(5).string(b"ssh-userauth");
        });
        pair.tell(|w| {
            w.u8(50).string(b"ann").string(b"ssh-connection").string(b"password").bool(false).string(b"pw");
        });
        pair.tell(|w| {
            w.u8(90).string(b"session").u32(0).u32(window).u32(packet);
        });
        pair
    }

    fn home(&self, name: &str) -> PathBuf {
        self.folder.path().join("home").join(name)
    }

    fn now(&self) -> Monotonic {
        self.session.service.shared.clock.monotonic()
    }

    /// Sends one message of the transport's, and lets it arrive.
    fn tell(&mut self, build: impl FnOnce(&mut Writer<'_>)) {
        let mut payload = Vec::new();
        build(&mut Writer::new(&mut payload));
        self.client.send(&mut self.client_tx, &payload).unwrap();
        self.settle();
    }

    /// Puts bytes for the channel into packets of such a size, without sending them yet.
    fn channel_data(&mut self, bytes: &[u8], packet: usize) {
        for part in bytes.chunks(packet.min(32 * 1024)) {
            let mut payload = Vec::new();
            Writer::new(&mut payload).u8(94).u32(0).string(part);
            self.client.send(&mut self.client_tx, &payload).unwrap();
            self.server_left -= u32::try_from(part.len()).unwrap();
        }
    }

    /// Both sides work until neither has anything to do.
    fn settle(&mut self) {
        while self.turn().unwrap() {}
    }

    /// Whether something happened.
    fn turn(&mut self) -> Result<bool, End> {
        let received = self.receive()?;
        let worked = self.work()?;
        Ok(self.client_reads() || received || worked)
    }

    /// Makes way for input as the driver does, and takes some.
    fn receive(&mut self) -> Result<bool, End> {
        if self.session.has_waiting_writes() {
            if !self.jobs.is_empty() {
                return Ok(false);
            }
            match self.session.take_job() {
                Some(job) => {
                    let full = self.rx.replace(vec![0; RECEIVE].into_boxed_slice()).unwrap();
                    if self.hold_jobs { self.jobs.push((job, full)) } else { job.run(full) }
                }
                None => return Ok(false),
            }
        }
        let pending = self.client_tx.pending();
        let space = self.rx.space();
        let n = pending.len().min(space.len()).min(self.burst);
        space[..n].copy_from_slice(&pending[..n]);
        self.rx.filled(n);
        self.client_tx.wrote(n);
        Ok(n > 0)
    }

    fn work(&mut self) -> Result<bool, End> {
        let mut may_block = false;
        let mut wrote = false;
        loop {
            if self.slow {
                self.session.find_slow();
            }
            let now = self.now();
            let pause = self.session.advance(&mut self.rx, now, may_block);
            drop(self.session.take_spare());
            wrote |= !self.deaf && !self.session.tx.is_empty();
            match pause {
                Pause::Input => {
                    self.deliver();
                    return Ok(wrote);
                }
                // The driver waits until the socket takes more, and works on input meanwhile.
                Pause::Output if self.session.clogged && self.deaf => return Ok(wrote),
                Pause::Output => self.deliver(),
                Pause::Disk => {
                    may_block = true;
                    self.disk += 1;
                }
                Pause::Prove(proof) => {
                    let home = self.folder.path().join("home");
                    let terms = Terms::for_test("ann", home, "allow-full-control");
                    let actor = terms.account.clone();
                    let host = self.session.service.shared.host.clone();
                    let grant = Grant::for_test(terms);
                    let fs = match &self.plan {
                        None => Fs::enter(grant, host, &mut self.session.batch).unwrap(),
                        Some(plan) => {
                            let memory = Memory::new(self.session.service.shared.clock.clone());
                            Fs::over_backend(
                                grant,
                                host,
                                Arc::new(Faulty::new(Arc::new(memory), plan.clone())),
                            )
                        }
                    };
                    let lane = self.session.lane.clone();
                    self.session.logged_in(proof.accept(), Arc::new(fs), lane, actor)?;
                    self.session.tx.replace(vec![0; SEND].into_boxed_slice()).unwrap();
                }
                Pause::Compute => {
                    if let Some(Pause::End(end)) = self.session.compute() {
                        return Err(end);
                    }
                }
                Pause::Renew => panic!("the configuration did not change"),
                Pause::Query(_) => panic!("no query was sent"),
                Pause::Wish(_) => panic!("no other password was wished for"),
                Pause::End(end) => return Err(end),
            }
        }
    }

    /// The server's output reaches the client, who reads as far as is complete.
    fn deliver(&mut self) {
        self.session.clogged = self.deaf && !self.session.tx.is_empty();
        while !self.deaf && !self.session.tx.is_empty() {
            let pending = self.session.tx.pending();
            let space = self.client_rx.space();
            let n = pending.len().min(space.len());
            assert!(n > 0, "a packet larger than the buffer");
            space[..n].copy_from_slice(&pending[..n]);
            self.client_rx.filled(n);
            self.session.tx.wrote(n);
            self.client_reads();
        }
    }

    fn client_reads(&mut self) -> bool {
        let mut any = false;
        loop {
            let now = self.now();
            let range = match self.client.receive(&mut self.client_rx, &mut self.client_tx, now).unwrap() {
                Received::NeedMore => break,
                Received::Handled | Received::Costly => continue,
                Received::Payload(range) => range,
                Received::Disconnected { code, .. } => panic!("disconnected: {code}"),
            };
            any = true;
            let payload = self.client_rx.bytes(range).to_vec();
            let mut r = Reader::new(&payload[1..]);
            match payload[0] {
                91 => {
                    r.u32().unwrap();
                    r.u32().unwrap();
                    self.server_left = r.u32().unwrap();
                }
                93 => {
                    r.u32().unwrap();
                    self.server_left += r.u32().unwrap();
                }
                94 => {
                    r.u32().unwrap();
                    let bytes = r.string().unwrap();
                    self.came.extend_from_slice(bytes);
                    let n = u32::try_from(bytes.len()).unwrap();
                    self.left = self.left.checked_sub(n).expect("the server keeps to the window");
                }
                98 => {
                    r.u32().unwrap();
                    assert_eq!((r.string().unwrap(), r.bool().unwrap()), (&b"exit-status"[..], false));
                    self.status = Some(r.u32().unwrap());
                }
                6 | 52 | 96 | 97 | 99 => {}
                other => panic!("message {other}"),
            }
        }
        let opens = match self.opens {
            Opens::AtOnce => self.left < self.window,
            Opens::WhenUsedUp => self.left == 0,
            Opens::Never => false,
        };
        if opens {
            let more = self.window - std::mem::replace(&mut self.left, self.window);
            let mut payload = Vec::new();
            Writer::new(&mut payload).u8(93).u32(0).u32(more);
            self.client.send(&mut self.client_tx, &payload).unwrap();
        }
        any || opens
    }

    /// The writes that were held are done, as on another thread.
    fn let_jobs_end(&mut self) {
        self.hold_jobs = false;
        for (job, full) in std::mem::take(&mut self.jobs) {
            job.run(full);
        }
        self.settle();
    }

    /// As the driver does after a while in which the client has not opened its window.
    fn wait_until_stalled(&mut self) {
        self.session.stalled = self.session.waits_for_client();
        self.settle();
        self.session.stalled = false;
    }

    /// The answers since the last call: type, id, the rest.
    fn answers(&mut self) -> Vec<(u8, u32, Vec<u8>)> {
        let mut out = Vec::new();
        while let Some((body, _)) = message(&self.came[self.answered..]) {
            self.answered += 4 + body.len();
            out.push((body[0], u32::from_be_bytes(body[1..5].try_into().unwrap()), body[5..].to_vec()));
        }
        out
    }

    fn request(&mut self, kind: u8, build: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
        self.next += 1;
        let mut body = Vec::new();
        let mut w = Writer::new(&mut body);
        w.u8(kind).u32(self.next);
        build(&mut w);
        [&u32::try_from(body.len()).unwrap().to_be_bytes()[..], &body].concat()
    }

    fn read(&mut self, handle: &[u8], offset: u64, length: u32) -> Vec<u8> {
        self.request(READ, |w| {
            w.string(handle).u64(offset).u32(length);
        })
    }

    fn real_path(&mut self) -> Vec<u8> {
        self.request(REALPATH, |w| {
            w.string(b".");
        })
    }

    fn open(&mut self, name: &str, flags: u32) -> Vec<u8> {
        let request = self.request(OPEN, |w| {
            w.string(name.as_bytes()).u32(flags).u32(0);
        });
        self.channel_data(&request, usize::MAX);
        self.settle();
        let mut answers = self.answers();
        let (kind, _, rest) = answers.remove(0);
        assert_eq!((kind, answers.len()), (HANDLE, 0));
        rest[4..].to_vec()
    }

    fn file(&mut self, content: &[u8]) -> Vec<u8> {
        fs::write(self.home("f"), content).unwrap();
        self.open("f", 1)
    }

    /// Sends requests and gives their answers, statuses without their words.
    fn ask(&mut self, requests: &[Vec<u8>]) -> Vec<(u8, u32, Vec<u8>)> {
        self.channel_data(&requests.concat(), usize::MAX);
        self.settle();
        self.answers().into_iter().map(bare).collect()
    }

    fn close(&mut self, handle: &[u8]) -> Vec<u8> {
        self.request(CLOSE, |w| {
            w.string(handle);
        })
    }

    fn write(&mut self, handle: &[u8], at: usize, part: &[u8]) -> Vec<u8> {
        self.request(WRITE, |w| {
            w.string(handle).u64(u64::try_from(at).unwrap()).string(part);
        })
    }

    /// Memory that waits for the client, beside the two buffers.
    fn held(&self) -> usize {
        self.session.held()
    }
}

/// The first whole message of a stream, and what follows it.
fn message(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).unwrap())
}

fn pattern(n: usize) -> Vec<u8> {
    (0..n).map(|i| u8::try_from((i ^ (i >> 8) ^ (i >> 16)) & 0xff).unwrap()).collect()
}

/// What a READ of a file of that content is answered with.
fn expected(id: u32, content: &[u8], offset: usize, length: usize) -> (u8, u32, Vec<u8>) {
    let part = content.get(offset..content.len().min(offset + length)).unwrap_or_default();
    if part.is_empty() && length > 0 {
        return (STATUS, id, EOF.to_be_bytes().to_vec());
    }
    (DATA, id, [&u32::try_from(part.len()).unwrap().to_be_bytes()[..], part].concat())
}

/// An answer without the words of a status.
fn bare((kind, id, rest): (u8, u32, Vec<u8>)) -> (u8, u32, Vec<u8>) {
    (kind, id, if kind == STATUS { rest[..4].to_vec() } else { rest })
}
