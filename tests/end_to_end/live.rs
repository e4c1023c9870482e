//! A configuration that changes under a running server.

use std::time::Duration;

use causeway_tests::openssh::lets_in;
use causeway_tests::server::PORT;
use causeway_tests::sftp::{CREATE, READ, Sftp, WRITE};
use causeway_tests::wait::{poll, until};
use causeway_tests::wire::Wire;
use causeway_tests::{Configuration, Server};

/// What the administrator is promised for sessions, and room for a loaded machine.
const SOON: Duration = Duration::from_secs(10);

/// Whether the session is over: its client hears nothing but the end.
fn ends(sftp: &mut Sftp) -> bool {
    poll(SOON, || sftp.realpath("/").is_err().then_some(())).is_some()
}

#[test]
fn an_account_that_is_added_to_the_file_logs_in_without_a_restart() {
    let mut server = Server::start(Configuration::standard());
    let mut alice = Sftp::connect(&server, "alice");
    assert!(!lets_in(&server, "bob"));
    server.reconfigure(|c| c.account("bob"));
    assert!(lets_in(&server, "bob"));
    alice.put("/after", b"the session of before goes on").unwrap();
}

#[test]
fn sessions_of_an_account_that_is_disabled_end_idle_or_in_the_middle_of_an_upload() {
    let mut server = Server::start(Configuration::standard().account("bob").account("carol"));
    let (mut idle, mut busy) = (Sftp::connect(&server, "alice"), Sftp::connect(&server, "alice"));
    let (mut gone, mut other) = (Sftp::connect(&server, "bob"), Sftp::connect(&server, "carol"));
    let handle = busy.open("/half", WRITE | CREATE).unwrap();
    busy.write(&handle, 0, b"half a file").unwrap();
    server.reconfigure(|c| c.alice("enabled", "No").without("accounts/bob-id"));
    assert!(ends(&mut idle));
    assert!(ends(&mut gone));
    let late = poll(SOON, || busy.write(&handle, 11, b"and the rest").is_err().then_some(()));
    assert!(late.is_some(), "an upload goes on although its account is disabled");
    assert!(!server.home("alice").join("half").exists(), "half a file got its name");
    assert!(!lets_in(&server, "alice"));
    assert_eq!(other.realpath("/").unwrap(), b"/", "another account's session is left alone");
    server.wait_for_event("the reason", |e| e.id == 30050 && e.message.contains("disabled"));
}

#[test]
fn sessions_end_when_their_account_expires() {
    let server = Server::start(Configuration::standard().account("bob"));
    let mut alice = Sftp::connect(&server, "alice");
    let mut server = server;
    let soon =
        std::process::Command::new("date").args(["-d", "+4 seconds", "+%Y-%m-%dT%H:%M:%S%:z"]).output();
    let soon = String::from_utf8(soon.unwrap().stdout).unwrap();
    server.reconfigure(|c| c.alice("expire_datetime", soon.trim()));
    assert!(ends(&mut alice));
    server.wait_for_event("the reason", |e| e.id == 30050 && e.message.contains("expired"));
    assert!(!lets_in(&server, "alice"));
}

#[test]
fn when_the_rules_change_open_files_are_judged_again() {
    let mut server = Server::start(Configuration::standard());
    server.put_in_home("alice", "kept/a", b"kept");
    server.put_in_home("alice", "taken/b", b"taken");
    let mut sftp = Sftp::connect(&server, "alice");
    let kept = sftp.open("/kept/a", READ).unwrap();
    let taken = sftp.open("/taken/b", READ).unwrap();
    let upload = sftp.open("/taken/new", WRITE | CREATE).unwrap();
    let listing = sftp.opendir("/taken").unwrap();
    sftp.write(&upload, 0, b"some").unwrap();
    server.reconfigure(|c| c.permissions(&["allow-full-control", "/taken*, deny-full-control"]));
    assert_eq!(sftp.read(&kept, 0, 100).unwrap(), b"kept");
    assert!(sftp.read(&taken, 0, 100).is_err());
    assert!(sftp.write(&upload, 4, b"more").is_err());
    assert!(sftp.readdir(&listing).is_err());
    assert!(sftp.close(&upload).is_err(), "an upload that is refused now must not become a file");
    assert!(sftp.open("/taken/b", READ).is_err());
    assert!(!server.home("alice").join("taken/new").exists());
    server.wait_for_event("the refusal", |e| e.id == 70001 && e.path == "/taken/b");
}

#[test]
fn when_a_folder_is_mounted_elsewhere_what_was_open_in_it_is_refused() {
    let (one, two) = ("@ROOT@/data/one", "@ROOT@/data/two");
    let team = |real: &str| format!("/team, {real}");
    let mut server = Server::prepare(Configuration::standard().alice("virtual_folders", &team(one)));
    for name in ["one", "two"] {
        server.put_in_home(name, "file", name.as_bytes());
    }
    server.run();
    let mut sftp = Sftp::connect(&server, "alice");
    let file = sftp.open("/team/file", READ).unwrap();
    server.reconfigure(|c| c.alice("virtual_folders", &team(two)));
    assert!(sftp.read(&file, 0, 100).is_err());
    assert_eq!(sftp.get("/team/file").unwrap(), b"two");
}

#[test]
fn a_service_whose_options_change_keeps_its_socket_and_its_sessions() {
    let mut server = Server::start(Configuration::standard());
    let mut alice = Sftp::connect(&server, "alice");
    server.reconfigure(|c| c.set("services/sftp", "maximum_concurrent_connections", "1"));
    server.wait_for_event("it goes on", |e| e.id == 20012);
    assert_eq!(alice.realpath("/").unwrap(), b"/");
    assert!(!lets_in(&server, "alice"), "the new limit counts the session of before");
    let stopped = server.events().iter().filter(|e| e.id == 20157).count();
    assert_eq!(stopped, 0, "nothing was stopped");
}

#[test]
fn a_service_that_moves_to_another_port_listens_there_alone_and_its_sessions_go_on() {
    let mut server = Server::start(Configuration::standard());
    let mut alice = Sftp::connect(&server, "alice");
    let other = (PORT + 1).to_string();
    server.reconfigure(|c| c.set("services/sftp", "port", &other));
    until("the old port is free", || std::net::TcpStream::connect(server.socket()).is_err());
    assert!(std::net::TcpStream::connect((server.address, PORT + 1)).is_ok());
    assert_eq!(alice.realpath("/").unwrap(), b"/");
    // Another one: to switch off the last service would have to be confirmed.
    let another = |c: Configuration| {
        c.set("services/other", "type", "ssh").set("services/other", "address", "@ADDRESS@").set(
            "services/other",
            "port",
            "10029",
        )
    };
    server.reconfigure(|c| another(c).set("services/sftp", "enabled", "No"));
    until("nobody listens", || std::net::TcpStream::connect((server.address, PORT + 1)).is_err());
    assert_eq!(alice.realpath("/").unwrap(), b"/");
}

#[test]
fn an_edit_that_cannot_be_read_is_refused_as_a_whole() {
    let mut server = Server::start(Configuration::standard());
    let good = std::fs::read_to_string(server.server_ini()).unwrap();
    std::fs::write(server.server_ini(), good.replace("[server]", "[server")).unwrap();
    let told = server.wait_for_event("the refusal", |e| e.id == 20010);
    assert!(told.message.contains("server.ini:"), "{}", told.message);
    assert!(lets_in(&server, "alice"), "what ran before goes on");
    server.reconfigure(|c| c.account("bob"));
    assert!(lets_in(&server, "bob"));
}

#[test]
fn a_file_that_is_written_bit_by_bit_is_applied_when_it_is_whole() {
    let mut server = Server::start(Configuration::standard().account("bob"));
    let text = std::fs::read_to_string(server.server_ini()).unwrap();
    let whole = format!("{text}\n[accounts/new]\nname = new\nssh_authorized_keys_content = none\n");
    for end in (0..=whole.len()).step_by(whole.len() / 12) {
        std::fs::write(server.server_ini(), &whole[..end]).unwrap();
        std::thread::sleep(Duration::from_millis(100));
    }
    std::fs::write(server.server_ini(), &whole).unwrap();
    server.wait_for_event("the change", |e| [50005, 50006].contains(&e.id));
    assert!(lets_in(&server, "bob"));
    assert!(!server.events().iter().any(|e| e.id == 20010), "half a file was taken for a whole one");
    let applied = server.events().iter().filter(|e| [50005, 50006].contains(&e.id)).count();
    assert_eq!(applied, 1);
    server.terminate();
}

#[test]
fn a_handler_that_is_added_changed_and_removed_follows_at_once() {
    let second = |c: Configuration, line: &str| {
        c.set("event-handlers/second", "name", "second")
            .set("event-handlers/second", "type", "local-file")
            .set("event-handlers/second", "path", "log/second.log")
            .set("event-handlers/second", "entry_content", line)
    };
    let mut server = Server::start(Configuration::standard());
    let log = server.root().join("log/second.log");
    let holds = |text: &str| std::fs::read_to_string(&log).is_ok_and(|t| t.contains(text));
    server.reconfigure(|c| second(c, "first {id}"));
    assert!(lets_in(&server, "alice"));
    until("the new handler writes", || holds("first 20137"));
    server.reconfigure(|c| second(c, "then {id}"));
    assert!(lets_in(&server, "alice"));
    until("the changed handler writes", || holds("then 20137"));
    let lines = std::fs::read_to_string(&log).unwrap();
    assert_eq!(lines.matches(" 20137").count(), 2, "none twice: {lines}");
    server.reconfigure(|c| c.without("event-handlers/second"));
    let before = std::fs::read(&log).unwrap();
    assert!(lets_in(&server, "alice"));
    server.wait_for_event("the login", |e| e.id == 20137);
    assert_eq!(std::fs::read(&log).unwrap(), before);
}

#[test]
fn sessions_are_listed_and_closed_from_the_command_line() {
    let server = Server::start(Configuration::standard().account("bob"));
    let (mut alice, mut bob) = (Sftp::connect(&server, "alice"), Sftp::connect(&server, "bob"));
    let mut wire = Wire::connect(&server);
    wire.greet();
    let list = String::from_utf8(server.command(&["sessions", "list"]).stdout).unwrap();
    assert!(
        list.contains("  alice  ") && list.contains("  bob  ") && list.contains("(before login)"),
        "{list}"
    );
    let closed = server.command(&["sessions", "close", "--account", "alice"]);
    assert_eq!(String::from_utf8_lossy(&closed.stdout), "1 closed\n");
    assert!(ends(&mut alice));
    assert_eq!(bob.realpath("/").unwrap(), b"/");
    let none = server.command(&["sessions", "close"]);
    assert_eq!(none.status.code(), Some(2), "it must be said which");
    assert!(server.command(&["sessions", "close", "--all"]).status.success());
    assert!(ends(&mut bob));
}

#[test]
fn status_tells_what_runs() {
    let server = Server::start(Configuration::standard());
    let output = server.command(&["status"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(text.contains("services/sftp  started"), "{text}");
    assert!(text.contains("event-handlers/DEFAULT-FILE  started"), "{text}");
    let status = std::fs::metadata(server.root().join("run/control.sock")).unwrap();
    assert_eq!(std::os::unix::fs::MetadataExt::mode(&status) & 0o777, 0o600);
}

#[test]
fn who_asks_a_server_that_does_not_run_is_told_so() {
    let server = Server::prepare(Configuration::standard());
    let output = server.command(&["status"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("not running"));
}
