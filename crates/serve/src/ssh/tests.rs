//! A session without its socket, and a client in the same memory. What the driver does with a socket is done here
//! with vectors.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use causeway_auth::{Epoch, Grant, Hashing, Mount, Terms, UploadSync};
use causeway_config::Environment;
use causeway_core::rule::RuleSource;
use causeway_core::{PrincipalId, Secret, Uuid, VPath};
use causeway_events::spool::{Settings, Sync};
use causeway_fs::Fs;
use causeway_ssh::keys::HostKeyPair;
use causeway_ssh::server::WINDOW;
use causeway_ssh::wire::{Reader, Writer};
use causeway_ssh::{ClientConfig, Received, RxBuf, ServerKeyCheck, Transport, TxBuf};

use super::session::{End, Pause, Session};
use super::*;
use crate::sftp::Job;

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
    /// The client does not take what it is sent.
    deaf: bool,
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
            Arc::new(config),
            Epoch::default(),
            &key,
            clock.clone(),
            random.clone(),
            Hashing::for_this_machine(),
        ),
        host: Arc::new(Host::new(clock.clone(), &key)),
        clock,
        random,
        appends_wait: false,
        buffers: Buffers::default(),
        lanes: Lanes::default(),
        reactors: crate::reactors::Reactors::start().unwrap(),
    };
    let host_key = causeway_core::sshkey::PrivateKey::parse(
        include_bytes!("../../../core/tests-data/sshkey/ed25519.openssh"),
        None,
    );
    let host_key = HostKeyPair::new(&host_key.unwrap()).unwrap();
    Arc::new(Service {
        id: "service".into(),
        source: Source { uuid: "service".into(), kind: "ssh".into(), name: "SFTP".into() },
        engine: Arc::new(ServerConfig { host_keys: vec![Arc::new(host_key)], ..ServerConfig::default() }),
        login: Arc::new(LoginOptions::default()),
        idle: Duration::from_secs(300),
        login_grace: Duration::from_secs(60),
        sftp: true,
        ignore_create_permissions: false,
        admission: Admission::new(causeway_net::Limits {
            total: 1,
            before_login: 1,
            before_login_per_source: 1,
        }),
        shared: Arc::new(shared),
    })
}

fn terms(home: PathBuf) -> Terms {
    Terms {
        principal: PrincipalId { authentication: "app".into(), id: "ann".into() },
        account: Actor { uuid: "ann".into(), name: "ann".into() },
        groups: Vec::new(),
        rules: RuleSource::parse("allow-full-control").unwrap().for_user("ann").unwrap(),
        mounts: vec![Mount { at: VPath::root(), real: home, create: false }],
        home_structure: Vec::new(),
        link_roots: Vec::new(),
        file_write_size: None,
        umask: 0o022,
        atomic_uploads: true,
        upload_sync: UploadSync::None,
        partial_keep: Duration::from_secs(3600),
        blocking_filesystem: false,
    }
}

impl Pair {
    /// A client that has logged in and speaks SFTP, with such a window.
    fn new(window: u32, opens: Opens) -> Self {
        Self::with_packets(window, opens, 32 * 1024)
    }

    /// The same, where the client takes packets of so many bytes at the most.
    fn with_packets(window: u32, opens: Opens, packet: u32) -> Self {
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
            session: Session::new(service, "192.0.2.1:4000".parse().unwrap()),
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
            deaf: false,
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
        let now = self.now();
        if self.session.has_waiting_writes() {
            if !self.jobs.is_empty() {
                return Ok(false);
            }
            match self.session.take_job() {
                Some(job) => {
                    let full = self.rx.replace(vec![0; RECEIVE].into_boxed_slice()).unwrap();
                    if self.hold_jobs { self.jobs.push((job, full)) } else { job.run(full) }
                }
                None => self.session.flush_writes(&mut self.rx, now)?,
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
                    let terms = terms(home);
                    let actor = terms.account.clone();
                    let host = self.session.service.shared.host.clone();
                    let fs = Fs::enter(Grant::for_test(terms), host, &mut self.session.batch).unwrap();
                    let lane = self.session.lane.clone();
                    self.session.logged_in(proof.accept(), Arc::new(fs), lane, actor)?;
                    self.session.tx.replace(vec![0; SEND].into_boxed_slice()).unwrap();
                }
                Pause::Query(_) => panic!("no query was sent"),
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
                Received::Handled => continue,
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
                6 | 52 | 99 => {}
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
    if part.is_empty() {
        return (STATUS, id, EOF.to_be_bytes().to_vec());
    }
    (DATA, id, [&u32::try_from(part.len()).unwrap().to_be_bytes()[..], part].concat())
}

/// An answer without the words of a status.
fn bare((kind, id, rest): (u8, u32, Vec<u8>)) -> (u8, u32, Vec<u8>) {
    (kind, id, if kind == STATUS { rest[..4].to_vec() } else { rest })
}

/// Sends READs in one go and checks every answer.
fn check_reads(pair: &mut Pair, content: &[u8], reads: &[(usize, usize)]) {
    let handle = pair.file(content);
    let mut bytes = Vec::new();
    let mut wanted = Vec::new();
    for (offset, length) in reads {
        let request = pair.read(&handle, u64::try_from(*offset).unwrap(), u32::try_from(*length).unwrap());
        bytes.extend(request);
        wanted.push(expected(pair.next, content, *offset, *length));
    }
    pair.channel_data(&bytes, usize::MAX);
    pair.settle();
    while pair.session.waits_for_client() {
        let before = pair.came.len();
        pair.wait_until_stalled();
        assert!(pair.came.len() > before, "nothing moves after {before} bytes");
    }
    let got: Vec<_> = pair.answers().into_iter().map(bare).collect();
    let ids =
        |answers: &[(u8, u32, Vec<u8>)]| answers.iter().map(|a| (a.0, a.1, a.2.len())).collect::<Vec<_>>();
    assert_eq!(ids(&got), ids(&wanted));
    assert!(got == wanted, "other bytes");
}

#[test]
fn pipelined_reads_are_answered_in_order_with_their_bytes_and_the_end_in_the_middle() {
    let content = pattern(300_000);
    let mut pair = Pair::new(2 * 1024 * 1024, Opens::AtOnce);
    let reads: Vec<_> = (0..14).map(|n| (n * 32_768, 32_768)).collect();
    check_reads(&mut pair, &content, &reads);
    check_reads(&mut pair, &content, &[(0, 100), (100, 100), (50, 10), (299_990, 100), (300_090, 10)]);
    check_reads(&mut pair, &content, &[(0, 255 * 1024), (255 * 1024, 255 * 1024), (510 * 1024, 1)]);
    check_reads(&mut pair, &[], &[(0, 1), (1, 1), (0, 4096)]);
}

#[test]
fn a_read_of_nothing_does_not_end_those_that_follow_it() {
    let content = pattern(1000);
    let mut pair = Pair::new(2 * 1024 * 1024, Opens::AtOnce);
    check_reads(&mut pair, &content, &[(0, 0), (0, 100), (100, 0), (100, 100), (200, 0)]);
}

#[test]
fn answers_of_other_kinds_keep_their_place_between_reads() {
    let content = pattern(100_000);
    let mut pair = Pair::new(2 * 1024 * 1024, Opens::AtOnce);
    let handle = pair.file(&content);
    let first = pair.next + 1;
    let mut bytes = Vec::new();
    for n in 0..20 {
        bytes.extend(pair.read(&handle, n * 1000, 1000));
        bytes.extend(pair.real_path());
    }
    // In packets that cut requests anywhere.
    pair.channel_data(&bytes, 37);
    pair.settle();
    let ids: Vec<u32> = pair.answers().iter().map(|a| a.1).collect();
    assert!(ids.iter().copied().eq(first..=pair.next), "{ids:?}");
}

#[test]
fn a_client_with_a_small_window_that_opens_it_when_it_is_used_up_gets_large_reads() {
    let content = pattern(700_000);
    for window in [16 * 1024, 40_000, 300_000] {
        let mut pair = Pair::new(window, Opens::WhenUsedUp);
        let large = 255 * 1024;
        check_reads(
            &mut pair,
            &content,
            &[(0, large), (large, large), (2 * large, large), (0, 4096), (4096, 100), (0, large), (9, 9)],
        );
    }
}

#[test]
fn a_client_with_the_smallest_packets_gets_large_reads() {
    let content = pattern(400_000);
    let mut pair = Pair::with_packets(2 * 1024 * 1024, Opens::AtOnce, 256);
    check_reads(&mut pair, &content, &[(0, 255 * 1024), (255 * 1024, 255 * 1024), (0, 10)]);
}

/// Sends WRITEs of such a size in packets of such a size, in bursts of such a size, and checks the file.
fn check_writes(length: usize, packet: usize, burst: usize) {
    let content = pattern(3 * 1024 * 1024 + 17);
    let mut pair = Pair::new(2 * 1024 * 1024, Opens::AtOnce);
    pair.burst = burst;
    let handle = pair.open("up", 0x1a);
    let mut bytes = Vec::new();
    let first = pair.next + 1;
    for (n, part) in content.chunks(length).enumerate() {
        let offset = u64::try_from(n * length).unwrap();
        bytes.extend(pair.request(WRITE, |w| {
            w.string(&handle).u64(offset).string(part);
        }));
    }
    pair.channel_data(&bytes, packet);
    pair.settle();
    let close = pair.request(CLOSE, |w| {
        w.string(&handle);
    });
    pair.channel_data(&close, usize::MAX);
    pair.settle();
    let answers = pair.answers();
    let ids: Vec<u32> = answers.iter().map(|a| a.1).collect();
    assert!(ids.iter().copied().eq(first..=pair.next), "{ids:?}");
    assert!(answers.into_iter().map(bare).all(|a| a.0 == STATUS && a.2 == OK.to_be_bytes()));
    assert!(fs::read(pair.home("up")).unwrap() == content, "{length} {packet} {burst}: other bytes");
}

#[test]
fn writes_that_are_cut_by_packets_and_by_receive_buffers_are_written_exactly() {
    for (length, packet, burst) in [
        (32 * 1024, 32 * 1024, usize::MAX),
        (255 * 1024, 32 * 1024, usize::MAX),
        (255 * 1024, 31 * 1024 + 7, 100_003),
        (32 * 1024 - 21, 1000, 70_001),
        (100_000, 32 * 1024, 400_000),
    ] {
        check_writes(length, packet, burst);
    }
}

#[test]
fn what_takes_as_long_as_the_disk_is_not_done_on_the_threads_that_sessions_share() {
    let mut pair = Pair::new(2 * 1024 * 1024, Opens::AtOnce);
    let handle = pair.open("up", 0x1a);
    let fsync = |pair: &mut Pair| {
        pair.request(EXTENDED, |w| {
            w.string(b"fsync@openssh.com").string(&handle);
        })
    };
    let bytes = fsync(&mut pair);
    pair.channel_data(&bytes, usize::MAX);
    pair.settle();
    assert_eq!(pair.disk, 1);
    // Cut by the end of a packet, with another behind it.
    let bytes = [fsync(&mut pair), fsync(&mut pair), pair.real_path()].concat();
    pair.channel_data(&bytes, 11);
    pair.settle();
    assert!(pair.disk >= 2);
    let answers: Vec<_> = pair.answers().into_iter().map(|a| (a.0, a.1)).collect();
    assert_eq!(answers, [(STATUS, 2), (STATUS, 3), (STATUS, 4), (NAME, 5)]);
}

#[test]
fn what_comes_behind_a_write_that_is_still_done_waits_for_its_end_and_keeps_its_place() {
    // However what follows is cut, and whether it is taken from the receive buffer or was put off.
    for packet in [usize::MAX, 3, 64] {
        let content = pattern(600_000);
        let mut pair = Pair::new(2 * 1024 * 1024, Opens::AtOnce);
        pair.hold_jobs = true;
        let handle = pair.open("up", 0x1b);
        let write = |pair: &mut Pair, at: usize, part: &[u8]| {
            pair.request(WRITE, |w| {
                w.string(&handle).u64(u64::try_from(at).unwrap()).string(part);
            })
        };
        let bytes = write(&mut pair, 0, &content[..200_000]);
        pair.channel_data(&bytes, usize::MAX);
        pair.settle();
        assert_eq!(pair.jobs.len(), 1);
        // Behind it, elsewhere, and what has to see both.
        let mut bytes = write(&mut pair, 200_000, &content[200_000..250_000]);
        bytes.extend(write(&mut pair, 400_000, &content[400_000..]));
        bytes.extend(pair.read(&handle, 0, 1000));
        bytes.extend(write(&mut pair, 250_000, &content[250_000..400_000]));
        bytes.extend(pair.request(CLOSE, |w| {
            w.string(&handle);
        }));
        bytes.extend(pair.real_path());
        pair.channel_data(&bytes, packet);
        pair.settle();
        assert!(pair.answers().is_empty());
        pair.let_jobs_end();
        let answers: Vec<_> = pair.answers().into_iter().map(bare).collect();
        let kinds: Vec<u8> = answers.iter().map(|a| a.0).collect();
        assert_eq!(kinds, [STATUS, STATUS, STATUS, DATA, STATUS, STATUS, NAME], "{packet}");
        assert!(answers.iter().map(|a| a.1).eq(2..=8), "{packet}");
        assert!(answers[3] == expected(5, &content, 0, 1000));
        assert!(fs::read(pair.home("up")).unwrap() == content, "{packet}: other bytes");
        assert_eq!(pair.disk, 0, "nobody waited for it on a thread");
    }
}

/// A client that sends one kind of request as long as it may, and never opens its window.
fn flood(mut request: impl FnMut(&mut Pair, &[u8]) -> Vec<u8>) {
    let mut pair = Pair::new(10_000, Opens::Never);
    let handle = pair.file(&pattern(1_000_000));
    let mut sent = 0;
    let most = usize::try_from(WINDOW).unwrap() + 2 * 1024 * 1024;
    while sent < 6 * usize::try_from(WINDOW).unwrap() {
        let mut bytes = Vec::new();
        while bytes.len() < 30_000 {
            bytes.extend(request(&mut pair, &handle));
        }
        if usize::try_from(pair.server_left).unwrap() < bytes.len() {
            break;
        }
        sent += bytes.len();
        pair.channel_data(&bytes, usize::MAX);
        pair.settle();
        assert!(pair.held() < most, "{} bytes are held after {sent}", pair.held());
    }
    pair.wait_until_stalled();
    assert!(pair.held() < most);
    assert!(sent < 2 * usize::try_from(WINDOW).unwrap(), "the client's window is opened again and again");
}

#[test]
fn a_client_that_reads_no_answers_cannot_make_the_session_hold_more_than_its_bounds() {
    flood(|pair, handle| pair.read(handle, 0, 255 * 1024));
    flood(|pair, handle| pair.read(handle, 0, 0));
    flood(|pair, handle| {
        let at = u64::from(pair.next);
        pair.read(handle, at, 1)
    });
    flood(|pair, handle| pair.read(handle, 1 << 40, 100));
    flood(|pair, _| pair.real_path());
    flood(|pair, _| pair.read(&[0; 4], 0, 100));
}

#[test]
fn a_client_that_does_not_take_what_it_is_sent_cannot_make_the_session_hold_more_than_its_bounds() {
    let mut pair = Pair::new(WINDOW, Opens::Never);
    let handle = pair.file(&pattern(1_000_000));
    let most = usize::try_from(WINDOW).unwrap() + 2 * 1024 * 1024;
    pair.deaf = true;
    let mut sent = 0;
    while usize::try_from(pair.server_left).unwrap() > 40_000 {
        let mut bytes = Vec::new();
        while bytes.len() < 30_000 {
            bytes.extend(pair.read(&handle, 0, 100));
            bytes.extend(pair.real_path());
        }
        sent += bytes.len();
        pair.channel_data(&bytes, usize::MAX);
        pair.settle();
        assert!(pair.held() < most, "{} bytes are held after {sent}", pair.held());
        assert!(pair.session.tx.len() <= SEND);
    }
    // It begins to take them: all are answered, in their order.
    pair.deaf = false;
    pair.opens = Opens::AtOnce;
    let first = pair.next;
    for _ in 0..10_000 {
        pair.settle();
        if !pair.session.waits_for_client() && pair.session.tx.is_empty() {
            break;
        }
    }
    let ids: Vec<u32> = pair.answers().iter().map(|a| a.1).collect();
    assert_eq!(ids.last(), Some(&first));
    assert!(ids.windows(2).all(|w| w[0] + 1 == w[1]));
}
