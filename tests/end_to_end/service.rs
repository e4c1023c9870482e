//! Starting, stopping and the limits of the service.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use causeway_tests::content::mode;
use causeway_tests::openssh::{self, lets_in};
use causeway_tests::program::{give, test_user, unprivileged};
use causeway_tests::server::PORT;
use causeway_tests::sftp::{CREATE, Sftp, WRITE};
use causeway_tests::wait::{SOON, until};
use causeway_tests::wire::Wire;
use causeway_tests::{Configuration, Server};

#[test]
fn sigterm_ends_an_idle_server_with_success_and_says_so() {
    let mut server = Server::start(Configuration::standard());
    assert!(server.terminate().success());
    let started_and_stopped = [20181, 20156, 20157];
    let events = server.events();
    for id in started_and_stopped {
        assert!(events.iter().any(|entry| entry.id == id), "no event {id}: {events:#?}");
    }
}

#[test]
fn sighup_makes_the_server_read_its_files_again() {
    let server = Server::start(Configuration::standard().alice("password", "external-file:secret"));
    std::fs::write(server.root().join("secret"), "correct horse").unwrap();
    give(&server.root());
    server.signal("HUP");
    server.wait_for_event("it is applied", |e| e.id == 50005);
    let told = causeway_tests::clients::python(&server, "passwords.py", &["alice", "correct horse"]);
    assert_eq!(told.trim(), "let in", "the server does not watch that file by itself");
}

#[test]
fn sigterm_lets_a_running_upload_end_and_takes_no_new_session() {
    let server = Server::start(Configuration::standard());
    let mut sftp = Sftp::connect(&server, "alice");
    let handle = sftp.open("/late", WRITE | CREATE).unwrap();
    sftp.write(&handle, 0, b"first ").unwrap();
    server.signal("TERM");
    until("no new connections", || {
        Wire::connect_from(&server, std::net::Ipv4Addr::LOCALHOST)
            .map_or(true, |mut wire| wire.identification().is_none())
    });
    sftp.write(&handle, 6, b"second").unwrap();
    sftp.close(&handle).unwrap();
    assert_eq!(std::fs::read(server.home("alice").join("late")).unwrap(), b"first second");
}

#[test]
fn a_second_sigterm_ends_the_server_at_once() {
    let mut server = Server::start(Configuration::standard());
    let mut sftp = Sftp::connect(&server, "alice");
    let _handle = sftp.open("/open", WRITE | CREATE).unwrap();
    server.signal("TERM");
    // Two that come together are one to the operating system.
    until("it is stopping", || server.events().iter().any(|entry| entry.id == 20002));
    server.terminate();
}

#[test]
fn started_as_root_the_server_drops_to_its_account_before_it_serves() {
    let Some(user) = unprivileged() else {
        // Not root: then nobody can start it as root, and there is nothing to drop.
        return causeway_tests::skip::skip("the tests do not run as root");
    };
    let configuration = Configuration::standard().set("server", "account", &test_user());
    let server = Server::start_as_root(configuration);
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(field("Uid:"), vec![user.uid.to_string(); 4]);
    assert_eq!(field("Gid:"), vec![user.gid.to_string(); 4]);
    assert!(field("Groups:").iter().all(|group| *group == user.gid.to_string()), "{:?}", field("Groups:"));
    let capabilities = u64::from_str_radix(&field("CapEff:")[0], 16).unwrap();
    assert_eq!(capabilities & !(1 << 10), 0, "nothing but CAP_NET_BIND_SERVICE: {capabilities:x}");
    assert!(lets_in(&server, "alice"));
}

#[test]
fn two_services_have_settings_of_their_own_and_one_of_them_is_on_ipv6() {
    let port = std::net::TcpListener::bind("[::1]:0").unwrap().local_addr().unwrap().port().to_string();
    let server = Server::start(
        Configuration::standard()
            .set("services/six", "name", "six")
            .set("services/six", "type", "ssh")
            .set("services/six", "address", "::1")
            .set("services/six", "port", &port)
            .set("services/six", "before_login_message", "For partners only."),
    );
    let alias = format!("HostKeyAlias=[{}]:{PORT}", server.address);
    let greeting = |host: &str, port: &str| {
        let output = Command::new("sftp")
            .args(["-o", "LogLevel=INFO", "-o", &alias, "-P", port])
            .args(openssh::options(&server))
            .args(["-b", "/dev/null", &format!("alice@{host}")])
            .output()
            .unwrap();
        output.status.success().then(|| String::from_utf8_lossy(&output.stderr).into_owned())
    };
    until("a login over IPv6", || greeting("[::1]", &port).is_some());
    assert!(greeting("[::1]", &port).unwrap().contains("For partners only."));
    assert!(!greeting(&server.address.to_string(), &PORT.to_string()).unwrap().contains("partners"));
}

#[test]
fn permissions_that_clients_ask_for_new_files_are_ignored_if_the_option_says_so() {
    let configuration = Configuration::standard().set("services/sftp", "ignore_create_permissions", "Yes");
    let server = Server::start(configuration);
    let source = server.client().join("private");
    std::fs::write(&source, "content").unwrap();
    std::fs::set_permissions(&source, PermissionsExt::from_mode(0o600)).unwrap();
    openssh::batch(&server, "put private\nput -p private kept\n");
    for name in ["private", "kept"] {
        assert_eq!(mode(&server.home("alice").join(name)) & 0o777, 0o644, "{name}");
    }
    server.wait_for_event("what was ignored", |entry| entry.id == 30074);
}

#[test]
fn a_log_may_say_how_fast_a_transfer_was() {
    let entry = "{id}|{account.name}|{data.path}|{data.total_write} {data.write_speed} {data.duration}";
    let server =
        Server::start(Configuration::standard().set("event-handlers/DEFAULT-FILE", "entry_content", entry));
    Sftp::connect(&server, "alice").put("/file", &[7; 100_000]).unwrap();
    let uploaded = server.wait_for_event("the upload", |entry| entry.id == 30068);
    let numbers: Vec<f64> = uploaded.message.split(' ').map(|n| n.parse().unwrap()).collect();
    let [size, speed, _duration] = numbers[..] else { panic!("{uploaded:?}") };
    assert!((size - 100_000.0).abs() < 0.5 && speed > 0.0, "{uploaded:?}");
}

/// Whether everything works, and what `status` says.
fn status(server: &Server) -> (bool, String) {
    let output = server.command(&["status"]);
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

fn allow(folder: &std::path::Path, mode: u32) {
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn status_names_a_log_that_cannot_be_written_until_it_can() {
    let server = Server::start(
        Configuration::standard()
            .set("event-handlers/second", "name", "second")
            .set("event-handlers/second", "type", "local-file")
            .set("event-handlers/second", "path", "other/second.log")
            .set("event-handlers/second", "fail_after_errors", "0"),
    );
    let folder = server.root().join("other");
    until("the log is there", || folder.join("second.log").exists());
    assert!(status(&server).0);
    std::fs::remove_file(folder.join("second.log")).unwrap();
    allow(&folder, 0o500);
    assert!(lets_in(&server, "alice"));
    until("it is told", || {
        let (works, text) = status(&server);
        !works && text.contains("event-handlers/second  retrying cannot open")
    });
    allow(&folder, 0o700);
    until("it works again", || status(&server).0);
}

#[test]
fn status_tells_that_nothing_is_recorded_and_the_trail_comes_back_by_itself() {
    // Segments of 64 KiB, so that one must be begun soon.
    let server = Server::start(Configuration::standard().set("server", "spool_max_size", "500000"));
    assert!(status(&server).0);
    let audit = server.root().join("audit");
    allow(&audit, 0o500);
    let mut n = 0;
    until("no other segment can be begun", || {
        if let Some(mut sftp) = Sftp::try_connect(&server, "alice") {
            for _ in 0..100 {
                n += 1;
                let _ = sftp.lstat(format!("/missing-{n}"));
            }
        }
        let (works, text) = status(&server);
        !works && text.contains("nothing is recorded: audit trail: cannot create")
    });
    assert!(!lets_in(&server, "alice"), "what cannot be recorded is refused");
    allow(&audit, 0o700);
    until("it records again, though nobody comes", || status(&server).0);
    assert!(lets_in(&server, "alice"));
    server.wait_for_event("what is missing", |e| e.id == 70012);
    assert!(server.command(&["audit", "verify"]).status.success());
}

#[test]
fn one_broken_component_does_not_stop_the_others() {
    let server = Server::start(
        Configuration::standard()
            .set("services/broken", "name", "broken")
            .set("services/broken", "type", "no-such-type")
            .set("event-handlers/broken", "name", "broken")
            .set("event-handlers/broken", "type", "no-such-type"),
    );
    assert!(lets_in(&server, "alice"));
    server.wait_for_event("the unknown type", |entry| entry.id == 20091 && entry.account == "Process");
}

#[test]
fn a_number_that_is_none_is_replaced_by_the_default_and_the_log_says_so() {
    let server = Server::start(Configuration::standard().set(
        "services/sftp",
        "maximum_concurrent_connections",
        "many",
    ));
    assert!(lets_in(&server, "alice"));
    server.wait_for_event("the replacement", |entry| entry.id == 20190);
}

#[test]
fn the_connection_limit_of_a_service_refuses_the_next() {
    let server =
        Server::start(Configuration::standard().set("services/sftp", "maximum_concurrent_connections", "2"));
    let held = [Sftp::connect(&server, "alice"), Sftp::connect(&server, "alice")];
    assert!(!lets_in(&server, "alice"));
    server.wait_for_event("the refusal", |entry| entry.id == 30051);
    drop(held);
    until("room again", || lets_in(&server, "alice"));
}

#[test]
fn an_idle_connection_is_closed() {
    let server =
        Server::start(Configuration::standard().set("services/sftp", "idle_connection_timeout", "5"));
    let mut sftp = Sftp::connect(&server, "alice");
    assert!(sftp.stat("/").is_ok());
    server.wait_for_event("the end of the session", |entry| entry.id == 30015 && entry.account == "alice");
    assert!(sftp.stat("/").is_err());
}

#[test]
fn a_limit_on_the_size_of_a_file_refuses_what_is_larger() {
    let server = Server::start(Configuration::standard().alice("file_write_size", "1000"));
    let mut sftp = Sftp::connect(&server, "alice");
    assert_eq!(sftp.put("/small", &[1; 1000]), Ok(()));
    assert!(sftp.put("/large", &[1; 1001]).is_err());
    assert_eq!(sftp.get("/small").unwrap().len(), 1000);
}

#[test]
fn the_service_manager_is_told_when_the_server_is_ready_reloads_and_stops() {
    let mut server = Server::prepare(Configuration::standard());
    let path = server.client().join("notify");
    let manager = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    give(&path);
    manager.set_read_timeout(Some(SOON)).unwrap();
    let told = || {
        let mut bytes = [0; 1000];
        let n = manager.recv(&mut bytes).unwrap();
        String::from_utf8(bytes[..n].to_vec()).unwrap()
    };
    server.set_variable("NOTIFY_SOCKET", path.to_str().unwrap());
    server.run();
    assert_eq!(told(), "READY=1\nSTATUS=everything runs");
    server.edit(|c| c.alice("description", "x"));
    assert_eq!(told(), "RELOADING=1");
    assert!(told().starts_with("READY=1\n"));
    std::fs::write(server.server_ini(), "[server\n").unwrap();
    assert!(told().contains("server.ini:1:"));
    assert!(server.terminate().success());
    assert!(told().starts_with("STOPPING=1\n"));
}
