//! What a peer can make the server spend before it has logged in (russh CVE-2024-43410, OpenSSH CVE-2025-26466).

use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Child, Stdio};

use causeway_tests::clients::{python, python_command};
use causeway_tests::configuration::PASSWORD;
use causeway_tests::openssh::{lets_in, sftp};
use causeway_tests::program::{as_user, must};
use causeway_tests::proxied::{From, by_password};
use causeway_tests::sftp::Sftp;
use causeway_tests::wait::until;
use causeway_tests::wire::{KEXINIT, Wire, kexinit};
use causeway_tests::{Configuration, Server};

/// Resident memory of the server in bytes.
fn memory(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// The most that it ever was.
fn peak(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// Many connections at once that never log in, opened again whenever they are closed. Ends with the value.
struct Flood(Child);

impl Flood {
    /// What a script does with so many connections from so many sources, from when on it says that it is under way.
    fn begin(server: &Server, script: &str, connections: u32, sources: u32) -> Self {
        let arguments = [connections.to_string(), sources.to_string()];
        let mut command = python_command(server, script, &[&arguments[0], &arguments[1]]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("all are "), "{line}");
        Self(child)
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const LIMIT: u64 = 256 << 20;

#[test]
fn v18_ten_thousand_connections_that_never_log_in_leave_others_their_logins_in_256_mebibytes() {
    let server = Server::start(Configuration::standard());
    for sources in [250, 16] {
        let flood = Flood::begin(&server, "flood.py", 10_000, sources);
        for _ in 0..5 {
            assert!(lets_in(&server, "alice"), "{sources} sources");
        }
        drop(flood);
        let peak = peak(&server);
        assert!(peak < LIMIT, "{peak} bytes, {sources} sources");
    }
    server.wait_for_event("it was told", |e| e.id == 30051 || e.message.contains("needed the place"));
    until("everything is given back", || {
        let status = server.command(&["status"]);
        String::from_utf8_lossy(&status.stdout).contains(" 0 connected")
    });
}

#[test]
fn v18_key_exchanges_for_nothing_leave_others_their_logins_in_256_mebibytes() {
    let server = Server::start(Configuration::standard());
    for sources in [1, 50] {
        let flood = Flood::begin(&server, "exchanges.py", 400, sources);
        for _ in 0..5 {
            assert!(lets_in(&server, "alice"), "{sources} sources");
        }
        if sources == 1 {
            // Who needs such an exchange waits in line behind those that one source may have in it.
            let output =
                sftp(&server, "alice", &["-o", "KexAlgorithms=diffie-hellman-group14-sha256"], "pwd\n");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        drop(flood);
        let peak = peak(&server);
        assert!(peak < LIMIT, "{peak} bytes, {sources} sources");
    }
}

/// Bytes of the audit trail.
fn trail(server: &Server) -> u64 {
    let files = std::fs::read_dir(server.root().join("audit")).unwrap();
    files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
}

/// Limits the server as prlimit(1) does.
fn limit(server: &Server, what: &str) {
    must(as_user(Path::new("prlimit")).args([what, "--pid", &server.pid().to_string()]));
}

/// Of [`PASSWORD`], with so many rounds that judging takes seconds.
const SLOW_HASH: &str = "$pbkdf2-sha512$6000000$Y2F1c2V3YXl0ZXN0cw$2DNpmEOLN0hB/2fW3nEJYOAhhPUqsR/yng4iBv5U9NvXhx8YBSeObrO2UIyQ/cH5v3838uGjZumGWqH3Ew42mA";

/// What is told when a password has been judged: who was let in, who was not.
const JUDGED: [u32; 3] = [20136, 20137, 20142];

/// Processor time that the server has used, in hundredths of a second.
fn worked(server: &Server) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.pid())).unwrap();
    let after_name = stat.rsplit_once(") ").unwrap().1;
    after_name.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum()
}

#[test]
fn v18_whoever_has_to_make_way_while_the_password_is_judged_stays_only_if_it_is_right() {
    let server = Server::start(
        Configuration::standard()
            .set("services/sftp", "connections_before_login", "3")
            .alice("password", SLOW_HASH),
    );
    let (crowded, elsewhere) = (Ipv4Addr::new(127, 77, 0, 1), Ipv4Addr::new(127, 78, 0, 1));
    let made_way =
        |server: &Server| server.events().iter().filter(|e| e.message.contains("needed the place")).count();
    for (password, outcome, made) in [(PASSWORD, "/", 0), ("wrong", "refused", 1)] {
        let (before, seen) = (worked(&server), server.events().len());
        let mut command = python_command(&server, "judged_paramiko.py", &[password]);
        let client = command.env("SOURCE", crowded.to_string()).stdout(Stdio::piped()).spawn().unwrap();
        until("the password is being judged", || worked(&server) > before + 50);
        let mut connections: Vec<Wire> =
            [crowded, crowded, elsewhere].map(|source| Wire::connect_from(&server, source).unwrap()).into();
        // Of the source that has most connections, the first has to make way for the one from elsewhere.
        assert!(connections.iter_mut().all(|wire| wire.identification().is_some()), "{password}");
        assert!(
            !server.events().iter().skip(seen).any(|e| JUDGED.contains(&e.id)),
            "it took too little time"
        );
        let output = client.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), outcome, "{password}");
        drop(connections);
        until("all are gone", || {
            String::from_utf8_lossy(&server.command(&["status"]).stdout).contains(" 0 connected")
        });
        until("it is told who made way", || made_way(&server) == made);
    }
}

#[test]
fn v18_a_login_whose_verdict_takes_too_long_ends_at_its_grace() {
    let server = Server::start(
        Configuration::standard().set("services/sftp", "login_grace", "2").alice("password", SLOW_HASH),
    );
    let mut command = python_command(&server, "judged_paramiko.py", &["wrong"]);
    let mut client = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    server.wait_for_event("the end", |e| e.id == 30050 && e.message.contains("no login within 2 seconds"));
    assert!(!server.events().iter().any(|e| JUDGED.contains(&e.id)), "it took too little time");
    client.kill().unwrap();
    client.wait().unwrap();
}

#[test]
fn v18_logins_go_on_where_the_system_lets_no_thread_be_started() {
    let server = Server::start(Configuration::standard());
    limit(&server, "--nproc=1:1");
    let attempts = ["alice", PASSWORD].repeat(4);
    assert_eq!(by_password(&server, From::Address("127.0.0.1"), &attempts), [true; 4]);
    assert!(lets_in(&server, "alice"));
}

#[test]
fn v18_connections_leave_descriptors_for_who_has_logged_in_however_few_there_are() {
    let mut server = Server::prepare(Configuration::standard());
    server.run_behind(["prlimit", "--nofile=64:64"].map(str::to_owned).into());
    server.run();
    let mut alice = Sftp::connect(&server, "alice");
    let sources = (1..=60).map(|number| Ipv4Addr::new(127, 202, 1, number));
    let _held: Vec<_> = sources.map(|source| Wire::connect_from(&server, source)).collect();
    server.wait_for_event("it is told", |e| e.id == 30051 || e.message.contains("needed the place"));
    assert_eq!(alice.put("/up", &[7; 100_000]), Ok(()));
    assert_eq!(alice.get("/up").map(|content| content.len()), Ok(100_000));
    let status = server.command(&["status"]);
    let status = String::from_utf8_lossy(&status.stdout).into_owned();
    for said in [status, server.stderr()] {
        assert!(said.contains("the process may open 64 files"), "{said}");
    }
    server.wait_for_event("and in the log", |e| e.id == 20190 && e.message.contains("64 files"));
}

#[test]
fn it_is_told_when_the_system_takes_no_connections() {
    let server = Server::start(Configuration::standard());
    let before = trail(&server);
    limit(&server, "--nofile=10:");
    let mut waiting = Wire::connect(&server);
    until("it is on the trail", || trail(&server) > before);
    limit(&server, "--nofile=512:");
    assert!(waiting.identification().is_some());
    server.wait_for_event("it is told", |e| e.id == 20165 && e.message.contains("connections wait"));
}

#[test]
fn v18_garbage_instead_of_an_identification_ends_the_connection() {
    let server = Server::start(Configuration::standard());
    let endless = vec![b'x'; 1 << 20];
    let garbage: [&[u8]; 4] = [b"GET / HTTP/1.1\r\n\r\n", b"SSH-1.5-old\r\n", b"\0\0\0\0\n", &endless];
    for bytes in garbage {
        let mut wire = Wire::connect(&server);
        wire.send(bytes);
        until("the end of a connection that sent garbage", || wire.is_closed());
    }
    assert!(lets_in(&server, "alice"));
}

#[test]
fn v18_a_length_that_no_packet_has_ends_the_connection_and_allocates_nothing() {
    let server = Server::start(Configuration::standard());
    assert!(lets_in(&server, "alice"));
    let before = memory(&server);
    for length in [u32::MAX, 0x7fff_ffff, 1 << 30, 1 << 20, 0, 1, 4] {
        let mut wires: Vec<Wire> = (0..8).map(|_| Wire::connect(&server)).collect();
        for wire in &mut wires {
            wire.greet();
            wire.send(&[&length.to_be_bytes()[..], &[4, KEXINIT], &[0; 64]].concat());
        }
        for wire in &mut wires {
            wire.expect_end(&format!("a packet of {length} bytes"));
        }
    }
    let grown = memory(&server).saturating_sub(before);
    assert!(grown < 32 << 20, "{grown} bytes more");
}

#[test]
fn v18_lengths_inside_a_packet_are_not_believed() {
    let server = Server::start(Configuration::standard());
    let mut lies = kexinit("curve25519-sha256");
    lies[17..21].copy_from_slice(&u32::MAX.to_be_bytes());
    let mut wire = Wire::connect(&server);
    wire.greet();
    wire.send_packet(&lies);
    wire.expect_end("a list of names of 4 GiB");
}

#[test]
fn v18_one_source_holds_at_most_64_connections_before_login_and_others_still_get_in() {
    let server = Server::start(Configuration::standard());
    let greedy = Ipv4Addr::new(127, 200, 1, 1);
    let mut held: Vec<Wire> = (0..80).filter_map(|_| Wire::connect_from(&server, greedy).ok()).collect();
    let mut open = 0;
    until("the connections above the limit are closed", || {
        open = held.iter_mut().filter_map(|wire| (!wire.is_closed()).then_some(())).count();
        open <= 64
    });
    assert_eq!(open, 64);
    let refused = || {
        let events = server.events().into_iter().filter(|e| e.id == 30051);
        let counts = events.map(|e| e.message.split([' ', ';']).nth(2).unwrap().parse::<u32>().unwrap());
        counts.collect::<Vec<_>>()
    };
    until("all that were refused are told", || refused().iter().sum::<u32>() == 16);
    let output = sftp(&server, "alice", &["-o", "BindAddress=127.200.1.2"], "pwd\n");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn v18_a_connection_that_does_not_log_in_is_closed_after_its_grace() {
    let server = Server::start(Configuration::standard().set("services/sftp", "login_grace", "3"));
    let mut silent = Wire::connect(&server);
    let mut half_way = Wire::connect(&server);
    half_way.greet();
    until("the end of both", || silent.is_closed() && half_way.is_closed());
}

#[test]
fn v18_connections_that_say_nothing_cost_little_memory() {
    let server = Server::start(Configuration::standard());
    assert!(lets_in(&server, "alice"));
    let before = memory(&server);
    let sources = (1..=20).map(|number| Ipv4Addr::new(127, 201, 1, number));
    let mut held: Vec<Wire> = sources
        .flat_map(|source| (0..30).map(move |_| source))
        .map(|source| Wire::connect_from(&server, source).unwrap())
        .collect();
    for wire in &mut held {
        assert!(wire.identification().is_some());
        wire.send(b"SSH-2.0-silent\r\n");
    }
    let each = memory(&server).saturating_sub(before) / 600;
    assert!(each < 64 << 10, "{each} bytes for each connection before login");
}

#[test]
fn v18_requests_that_mean_nothing_do_not_fill_the_trail() {
    let server = Server::start(Configuration::standard());
    python(&server, "strange_requests_paramiko.py", &[]);
    server.wait_for_event("the client has gone", |e| e.id == 30015 && e.account == "alice");
    let told: Vec<_> = server.events().into_iter().filter(|e| e.id == 30004).collect();
    assert_eq!(told.len(), 16);
    let untold = server.wait_for_event("the rest is counted", |e| e.id == 30008);
    assert!(untold.message.contains("2985 more requests"), "{}", untold.message);
    let bytes = trail(&server);
    assert!(bytes < 100_000, "{bytes} bytes");
}
