//! `causeway sftp-server`: SFTP on standard input and output, for another sshd. OpenSSH's `sftp -D` speaks to it
//! without any connection, as the tests of OpenSSH's own `sftp-server` do.

use std::io::{self, Read, Write};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use causeway_tests::content::{assert_same, bytes, mode, modified, write_distinct};
use causeway_tests::program::{binary, must, test_user, unprivileged};
use causeway_tests::sftp::{CREATE, PERMISSION_DENIED, READ, Sftp, TRUNCATE, WRITE};
use causeway_tests::wait::{SOON, poll, until};
use causeway_tests::{Configuration, Server};

const REFUSED: u32 = 70001;
const REFUSED_LOGIN: u32 = 20136;
const FAILED: u32 = 30016;
const BROKEN: u32 = 30042;
const CLOSED: u32 = 30012;
const DOWNLOADED: u32 = 30067;
const UPLOADED: u32 = 30068;

/// The words that run it for `alice`, as the user of the tests.
fn words(server: &Server, further: &[&str]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    if unprivileged().is_some() {
        words.extend(["setpriv", "--reuid", &test_user(), "--clear-groups", "--"].map(str::to_owned));
    }
    let (binary, root) = (binary().display().to_string(), server.root().display().to_string());
    words.extend([binary.as_str(), "sftp-server", "--root", &root, "--account", "alice"].map(str::to_owned));
    words.extend(further.iter().map(|w| (*w).to_owned()));
    words
}

fn command(words: &[String]) -> Command {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).current_dir("/");
    command
}

/// The lines of a batch, done by OpenSSH's `sftp`.
fn sftp(server: &Server, lines: &str) -> Output {
    let mut child = Command::new("sftp")
        .args(["-b", "-", "-D", &words(server, &[]).join(" ")])
        .current_dir(server.client())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn batch(server: &Server, lines: &str) -> String {
    let output = sftp(server, lines);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{lines}\n{}\n{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

fn fails(server: &Server, lines: &str) -> bool {
    !sftp(server, lines).status.success()
}

/// An installation whose server does not run.
fn installation(permissions: &[&str]) -> Server {
    Server::prepare(Configuration::standard().permissions(permissions))
}

fn full() -> Server {
    installation(&["allow-full-control"])
}

#[test]
fn commands_of_openssh_sftp_work_through_pipes() {
    let server = full();
    let data = server.client().join("data");
    write_distinct(&data, &bytes(1, 3_000_001));
    batch(&server, "lpwd\npwd\nls\nhelp\nversion\n");
    batch(&server, "put -p data up\nget -p up back\n");
    for copy in [server.home("alice").join("up"), server.client().join("back")] {
        assert_same(&data, &copy);
        assert_eq!((modified(&copy), mode(&copy)), (modified(&data), mode(&data)));
    }
    batch(&server, "mkdir d\nput data d\nrename d/data d/renamed\nls d\ncd d\nls -la\ncp renamed copy\n");
    assert_same(&data, &server.home("alice").join("d/copy"));
    batch(&server, "symlink d/copy link\nget link through\nrm link\nln d/copy hard\nrm hard\n");
    assert_same(&data, &server.client().join("through"));
    batch(&server, "chmod 600 d/copy\nrm d/copy\nrm d/renamed\nrmdir d\nrm up\ndf\n");
    assert_eq!(std::fs::read_dir(server.home("alice")).unwrap().count(), 0);
}

#[test]
fn bad_commands_fail_and_leave_everything_as_it_was() {
    let server = full();
    let data = server.client().join("data");
    std::fs::write(&data, "content").unwrap();
    server.put_in_home("alice", "d/x", b"x");
    server.put_in_home("alice", "f", b"old");
    for lines in [
        "get none here\n",
        "get d here\n",
        "put none there\n",
        "rm none\n",
        "rm d\n",
        "rmdir d\n",
        "rmdir f\n",
        "mkdir d\n",
        "mkdir f\n",
        "rename none other\n",
        "rename f d\n",
        "ln none other\n",
        "ln f f\n",
        "symlink none other\n",
        "cd f\n",
        "cd none\n",
        "ls none\n",
        "chmod 600 none\n",
        "put data none/x\n",
        "put data d/x/y\n",
    ] {
        assert!(fails(&server, lines), "{lines}");
    }
    assert_eq!(std::fs::read(server.home("alice").join("f")).unwrap(), b"old");
    assert_eq!(std::fs::read(server.home("alice").join("d/x")).unwrap(), b"x");
    assert!(!server.client().join("here").exists());
}

#[test]
fn patterns_find_names_that_hold_what_patterns_are_made_of() {
    let server = full();
    let odd = ["g-a", "g-b", "g-[c]", "g-\"d\"", "g-\\e", "g-f*", "g-{h}", "g- i"];
    for name in odd {
        server.put_in_home("alice", name, name.as_bytes());
    }
    server.put_in_home("alice", "other", b"");
    let here = server.client().join("found");
    let names = |lines: &str| {
        let _ = std::fs::remove_dir_all(&here);
        std::fs::create_dir(&here).unwrap();
        batch(&server, &format!("lcd found\n{lines}"));
        let read = std::fs::read_dir(&here).unwrap();
        let mut names: Vec<_> = read.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let mut all: Vec<_> = odd.iter().map(ToString::to_string).collect();
    all.sort();
    assert_eq!(names("get g-*\n"), all);
    assert_eq!(names("get g-[ab]\n"), ["g-a", "g-b"]);
    assert_eq!(names("get g-?\n"), ["g-a", "g-b"]);
    assert_eq!(names("get g-\\[c\\]\n"), ["g-[c]"]);
    assert_eq!(names("get g-\\*\nget g-f\\*\n".trim_start_matches("get g-\\*\n")), ["g-f*"]);
    assert_eq!(names("get \"g- i\"\n"), ["g- i"]);
    assert_eq!(names("get 'g-\"d\"'\n"), ["g-\"d\""]);
    // And on the way up.
    let up = server.client().join("up");
    std::fs::create_dir(&up).unwrap();
    for name in ["u1", "u2", "v"] {
        std::fs::write(up.join(name), name).unwrap();
    }
    batch(&server, "lcd up\nput u*\n");
    assert!(server.home("alice").join("u1").exists() && server.home("alice").join("u2").exists());
    assert!(!server.home("alice").join("v").exists());
}

#[test]
fn the_rules_of_the_account_hold_through_pipes() {
    let server = installation(&["allow-read, allow-list", "/in/*, allow-write", "*.exe, deny-full-control"]);
    for name in ["a", "in/old", "x.exe"] {
        server.put_in_home("alice", name, b"content");
    }
    let mut sftp = Sftp::over(&mut command(&words(&server, &[]))).unwrap();
    assert_eq!(sftp.get("/a"), Ok(b"content".to_vec()));
    assert_eq!(sftp.put("/in/new", b"new"), Ok(()));
    assert_eq!(sftp.put("/a", b"new"), Err(PERMISSION_DENIED));
    assert_eq!(sftp.get("/in/old"), Err(PERMISSION_DENIED));
    assert_eq!(sftp.get("/x.exe"), Err(PERMISSION_DENIED));
    assert_eq!(sftp.get("/../../../../etc/passwd").err(), Some(2));
    assert_eq!(sftp.remove("/a"), Err(PERMISSION_DENIED));
}

#[test]
fn an_upload_and_a_download_are_resumed_through_pipes() {
    let server = full();
    let content = bytes(2, 2_000_000);
    let (whole, home) = (server.client().join("whole"), server.home("alice"));
    write_distinct(&whole, &content);
    server.put_in_home("alice", "up", &content[..700_000]);
    batch(&server, "reput whole up\n");
    assert_same(&whole, &home.join("up"));
    std::fs::write(server.client().join("down"), &content[..1_300_000]).unwrap();
    batch(&server, "reget up down\n");
    assert_same(&whole, &server.client().join("down"));
}

#[test]
fn events_go_to_the_running_server() {
    let server = Server::start(Configuration::standard());
    let data = server.client().join("data");
    write_distinct(&data, &bytes(1, 300_001));
    batch(&server, "put data up\nget up back\n");
    assert_same(&data, &server.client().join("back"));
    server.wait_for_events("alice", &[UPLOADED, DOWNLOADED, CLOSED]);
}

#[test]
fn events_go_onto_the_trail_where_no_server_runs_and_its_handlers_tell_them_later() {
    let mut server = Server::start(Configuration::standard());
    server.terminate();
    let data = server.client().join("data");
    write_distinct(&data, &bytes(1, 300_001));
    batch(&server, "put data up\n");
    server.run();
    server.wait_for_events("alice", &[UPLOADED, CLOSED]);
    server.terminate();
    let verified = server.command(&["audit", "verify"]);
    assert!(verified.status.success(), "{verified:?}");
}

#[test]
fn sessions_take_turns_with_the_trail_where_no_server_runs() {
    let server = full();
    let mut sessions = [(); 2].map(|()| Sftp::over(&mut command(&words(&server, &[]))).unwrap());
    for round in 0..2 {
        for (number, sftp) in sessions.iter_mut().enumerate() {
            assert_eq!(sftp.put(format!("/{round}-{number}"), b"content"), Ok(()));
        }
    }
}

#[test]
fn who_cannot_be_recorded_does_nothing() {
    let server = full();
    server.put_in_home("alice", "a", b"content");
    let mut sftp = Sftp::over(&mut command(&words(&server, &[]))).unwrap();
    assert_eq!(sftp.get("/a"), Ok(b"content".to_vec()));
    let lock = std::fs::File::options().write(true).open(server.root().join("audit/lock")).unwrap();
    until("an idle session has given the trail back", || lock.try_lock().is_ok());
    let output = command(&words(&server, &[])).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    lock.unlock().unwrap();
    assert_eq!(sftp.put("/b", b"new"), Ok(()));
}

#[test]
fn a_session_goes_on_while_the_server_stops_and_starts_again() {
    let mut server = Server::start(Configuration::standard());
    let mut sftp = Sftp::over(&mut command(&words(&server, &[]))).unwrap();
    for round in 0..3 {
        assert_eq!(sftp.put(format!("/with-{round}"), b"content"), Ok(()));
        server.terminate();
        assert_eq!(sftp.put(format!("/without-{round}"), b"content"), Ok(()));
        server.run();
    }
    let uploaded = || server.events().iter().filter(|e| e.id == UPLOADED).count();
    until("all are told", || uploaded() >= 6);
    assert_eq!(uploaded(), 6, "each is told once");
    server.terminate();
    assert!(server.command(&["audit", "verify"]).status.success());
}

/// Starts the server while each of the sessions does its work again and again.
fn a_server_starts_while<W: FnMut() + Send>(mut server: Server, works: impl IntoIterator<Item = W>) {
    let end = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for mut work in works {
            let end = &end;
            scope.spawn(move || {
                poll(2 * SOON, || {
                    work();
                    end.load(Ordering::Relaxed).then_some(())
                });
            });
        }
        server.run();
        end.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_server_starts_while_sessions_are_at_work() {
    let server = full();
    let sessions = [0, 1, 2].map(|number| {
        let mut sftp = Sftp::over(&mut command(&words(&server, &[]))).unwrap();
        let mut files = 0;
        move || {
            assert_eq!(sftp.put(format!("/{number}-{files}"), b"content"), Ok(()));
            files += 1;
        }
    });
    a_server_starts_while(server, sessions);
}

#[test]
fn a_server_starts_while_a_session_takes_one_long_upload() {
    let server = full();
    let mut sftp = Sftp::over(&mut command(&words(&server, &[]))).unwrap();
    let handle = sftp.open("/up", WRITE | CREATE | TRUNCATE).unwrap();
    let work = move || assert_eq!(sftp.write(&handle, 0, b"content"), Ok(()));
    a_server_starts_while(server, [work]);
}

#[test]
fn a_server_starts_while_a_client_takes_nothing_of_a_download() {
    let mut server = full();
    server.put_in_home("alice", "a", &bytes(3, 32_768));
    let mut pipes = Pipes::begin(&server);
    let handle = pipes.open("/a", READ);
    pipes.ask_for_more_than_pipes_hold(&handle).unwrap();
    server.run();
    must(Command::new("kill").args(["-TERM", &pipes.0.id().to_string()]));
    assert_eq!(pipes.end(), Some(2));
    server.wait_for_event("the end", |e| e.id == FAILED && e.message.contains("told to end"));
    server.wait_for_events("alice", &[CLOSED]);
}

#[test]
fn sessions_leave_the_trail_to_a_server_that_waits_for_it() {
    let mut server = Server::start(Configuration::standard());
    server.terminate();
    let wanted = std::fs::File::create(server.root().join("run/trail.wanted")).unwrap();
    wanted.try_lock().unwrap();
    let output = command(&words(&server, &[])).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    wanted.unlock().unwrap();
    batch(&server, "pwd\n");
}

/// What is said to who is not served, whoever they are.
const NOT_SERVED: &str = "causeway: this account is not served, or not any more; the events tell why, and so does this command at a terminal\n";

#[test]
fn an_account_that_may_not_be_used_is_not_served() {
    for (option, value, account, why) in [
        ("enabled", "No", "alice", "disabled"),
        ("expire_datetime", "2001-01-01 00:00:00", "alice", "expired"),
        ("description", "there", "nobody-of-that-name", ""),
    ] {
        let server = Server::start(Configuration::standard().alice(option, value));
        let mut words = words(&server, &[]);
        *words.last_mut().unwrap() = account.to_owned();
        let output = command(&words).stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{option}");
        assert!(output.stdout.is_empty());
        assert_eq!(String::from_utf8_lossy(&output.stderr), NOT_SERVED);
        server.wait_for_event("the cause", |e| {
            e.id == REFUSED_LOGIN && e.message.contains(account) && e.message.contains(why)
        });
    }
}

#[test]
fn v22_who_is_not_served_learns_nothing_of_the_installation() {
    let server = full();
    std::fs::remove_file(server.server_ini()).unwrap();
    let output = command(&words(&server, &[])).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&output.stderr), NOT_SERVED);
}

fn date(when: &str) -> String {
    must(Command::new("date").args(["-d", when, "+%F %T"])).trim().to_owned()
}

/// A session whose account expires soon, and that knows it: what the same change takes away is refused already. On a slow
/// machine it may have ended over that.
fn expiring() -> (Server, Pipes, Vec<u8>) {
    let mut server = Server::start(Configuration::standard());
    server.put_in_home("alice", "a", &bytes(3, 32_768));
    let mut pipes = Pipes::begin(&server);
    let handle = pipes.open("/a", READ);
    server.edit(|c| c.permissions(&["allow-read, allow-list"]).alice("expire_datetime", &date("10 seconds")));
    until("the change is followed", || {
        let answer = pipes.send(b"\x0e\0\0\0\x03\0\0\0\x02/d\0\0\0\0").and_then(|()| pipes.receive());
        answer.map_or(true, |status| status[5..9] == PERMISSION_DENIED.to_be_bytes())
    });
    (server, pipes, handle)
}

fn assert_expires(server: &Server, mut pipes: Pipes) {
    server.wait_for_event("the end", |e| e.id == FAILED && e.message.contains("expired"));
    server.wait_for_events("alice", &[CLOSED]);
    assert_eq!(pipes.end(), Some(2));
}

#[test]
fn a_session_on_pipes_ends_when_its_account_expires() {
    let (server, pipes, _) = expiring();
    assert_expires(&server, pipes);
}

#[test]
fn a_session_on_pipes_ends_when_its_account_expires_though_its_client_takes_nothing() {
    let (server, mut pipes, handle) = expiring();
    let _ = pipes.ask_for_more_than_pipes_hold(&handle);
    assert_expires(&server, pipes);
}

#[test]
fn an_account_that_nobody_uses_is_disabled_for_sessions_on_pipes_as_well_and_these_count_as_uses() {
    let configuration = ["alice", "bob"].iter().fold(Configuration::standard().account("bob"), |c, name| {
        let section = format!("accounts/{name}-id");
        c.set(&section, "created", "2020-01-01").set(&section, "disable_on_inactivity", "30")
    });
    let analytics = "resources/DEFAULT-ANALYTICS";
    let mut server = Server::prepare(configuration.set(analytics, "type", "analytics").set(
        analytics,
        "monitor_interval",
        "1",
    ));
    batch(&server, "mkdir before\n");
    server.run();
    server.wait_for_event("bob is disabled", |e| e.id == 20195 && e.message.contains("bob"));
    assert!(!server.events().iter().any(|e| e.id == 20195 && e.message.contains("alice")));
    let mut of_bob = words(&server, &[]);
    *of_bob.last_mut().unwrap() = "bob".to_owned();
    until("bob is not served", || {
        let output = command(&of_bob).stdin(Stdio::null()).output().unwrap();
        output.status.code() == Some(2)
    });
    server.wait_for_event("the cause", |e| {
        e.id == REFUSED_LOGIN && e.message.contains("nobody has logged in by it for too long")
    });
    batch(&server, "mkdir after\n");
}

/// The program on pipes, and requests to it byte by byte.
struct Pipes(Child);

impl Pipes {
    fn begin(server: &Server) -> Self {
        let mut command = command(&words(server, &[]));
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut pipes = Self(command.spawn().unwrap());
        pipes.send(&[1, 0, 0, 0, 3]).unwrap();
        pipes.receive().unwrap();
        pipes
    }

    /// Begins a session in which a file is being uploaded.
    fn uploading(server: &Server) -> Self {
        let mut pipes = Self::begin(server);
        pipes.open("/up", WRITE | CREATE | TRUNCATE);
        pipes
    }

    /// The handle, with its length before it.
    fn open(&mut self, path: &str, flags: u32) -> Vec<u8> {
        let length = u32::try_from(path.len()).unwrap().to_be_bytes();
        let fields = [&[3, 0, 0, 0, 1], &length[..], path.as_bytes(), &flags.to_be_bytes(), &[0; 4]];
        self.send(&fields.concat()).unwrap();
        let answer = self.receive().unwrap();
        assert_eq!(answer[0], 102, "a handle");
        answer[5..].to_vec()
    }

    /// Asks for the same 32 KiB of a file many times. Nobody takes the answers.
    fn ask_for_more_than_pipes_hold(&mut self, handle: &[u8]) -> io::Result<()> {
        let read = [&[5, 0, 0, 0, 2], handle, &[0; 8], &32_768_u32.to_be_bytes()].concat();
        (0..64).try_for_each(|_| self.send(&read))
    }

    fn send(&mut self, packet: &[u8]) -> io::Result<()> {
        let length = u32::try_from(packet.len()).unwrap().to_be_bytes();
        self.0.stdin.as_mut().unwrap().write_all(&[&length, packet].concat())
    }

    fn receive(&mut self) -> io::Result<Vec<u8>> {
        let from = self.0.stdout.as_mut().unwrap();
        let mut length = [0; 4];
        from.read_exact(&mut length)?;
        let mut packet = vec![0; u32::from_be_bytes(length).try_into().unwrap()];
        from.read_exact(&mut packet)?;
        Ok(packet)
    }

    fn end(&mut self) -> Option<i32> {
        let ended = poll(SOON, || self.0.try_wait().unwrap());
        if ended.is_none() {
            self.0.kill().unwrap();
        }
        ended.expect("it does not end").code()
    }
}

#[test]
fn a_session_whose_client_is_gone_is_told_to_its_end() {
    let server = Server::start(Configuration::standard());
    let mut pipes = Pipes::uploading(&server);
    drop(pipes.0.stdout.take());
    pipes.send(b"\x10\0\0\0\x02\0\0\0\x01.").unwrap();
    assert_eq!(pipes.end(), Some(1));
    server.wait_for_events("alice", &[BROKEN, CLOSED]);
}

#[test]
fn a_session_that_is_told_to_end_by_a_signal_is_told_to_its_end() {
    let server = Server::start(Configuration::standard());
    for (number, signal) in ["-TERM", "-HUP"].into_iter().enumerate() {
        let mut pipes = Pipes::uploading(&server);
        must(Command::new("kill").args([signal, &pipes.0.id().to_string()]));
        assert_eq!(pipes.end(), Some(2), "{signal}");
        for id in [BROKEN, CLOSED] {
            until("its end is told", || server.events().iter().filter(|e| e.id == id).count() == number + 1);
        }
    }
}

#[test]
fn a_session_on_pipes_follows_the_configuration() {
    let mut server = Server::prepare(Configuration::standard().permissions(&["allow-full-control"]));
    server.put_in_home("alice", "a", b"content");
    let mut sftp = Sftp::over(&mut command(&words(&server, &[]))).unwrap();
    assert_eq!(sftp.get("/a"), Ok(b"content".to_vec()));
    server.edit(|c| c.permissions(&["allow-list"]));
    until("what was taken away is refused", || sftp.get("/a") == Err(PERMISSION_DENIED));
    server.edit(|c| c.alice("enabled", "No"));
    // However long nothing is asked: the first request after it is refused.
    std::thread::sleep(Duration::from_secs(2));
    assert!(sftp.list("/").is_err());
}

#[test]
fn what_a_client_sets_is_ignored_through_pipes_if_that_is_asked_for() {
    let server = full();
    let mut sftp = Sftp::over(&mut command(&words(&server, &["--ignore-create-permissions"]))).unwrap();
    let attributes = causeway_tests::sftp::Attributes::mode(0o600);
    let handle = sftp.open_with("/x", 2 | 8, &attributes).unwrap();
    sftp.close(&handle).unwrap();
    assert_eq!(mode(&server.home("alice").join("x")) & 0o777, 0o644);
}

#[test]
fn a_delay_of_deletions_that_does_not_hold_here_is_told() {
    let server =
        Server::prepare(Configuration::standard().set("groups/DEFAULT_GROUP", "ssh_delete_delay", "60"));
    let file = server.put_in_home("alice", "a", b"content");
    let output = sftp(&server, "rm a\n");
    assert!(output.status.success() && !file.exists());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("ssh_delete_delay"), "{said}");
}

#[test]
fn refusals_through_pipes_are_told() {
    let server = Server::start(Configuration::standard().permissions(&["allow-list"]));
    let mut sftp = Sftp::over(&mut command(&words(&server, &[]))).unwrap();
    assert_eq!(sftp.put("/a", b""), Err(PERMISSION_DENIED));
    server.wait_for_event("the refusal", |entry| entry.id == REFUSED && entry.account == "alice");
}
