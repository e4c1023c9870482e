//! `[server]`

use std::time::Duration;

use causeway_tests::openssh::lets_in;
use causeway_tests::program::{give, test_user, unprivileged};
use causeway_tests::sftp::{CREATE, NO_SUCH_FILE, Sftp, WRITE};
use causeway_tests::wait::{poll, until};

use super::*;

fn changed(option: &str, value: &str) -> Server {
    let mut server = standard();
    server.reconfigure(|c| c.set("server", option, value));
    server
}

#[test]
fn option_server_account() {
    let Some(user) = unprivileged() else {
        return causeway_tests::skip::skip("the tests do not run as root");
    };
    let server = Server::start_as_root(Configuration::standard().set("server", "account", &test_user()));
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    assert!(status.lines().any(|l| l.starts_with("Uid:") && l.contains(&user.uid.to_string())));
    let mut server = server;
    server.reconfigure(|c| c.set("server", "account", "root"));
    let output = String::from_utf8(server.command(&["status"]).stdout).unwrap();
    assert!(output.contains("[server] account: the change waits for a restart"), "{output}");
}

#[test]
fn option_server_atomic_uploads() {
    let seen = |server: &Server| {
        let mut sftp = Sftp::connect(server, "alice");
        let handle = sftp.open("/x", WRITE | CREATE).unwrap();
        sftp.write(&handle, 0, b"x").unwrap();
        server.home("alice").join("x").exists()
    };
    assert!(!seen(&standard()));
    assert!(seen(&changed("atomic_uploads", "No")));
}

/// Whether a folder can be listed while events cannot be recorded.
fn works_without_trail(failure: &str) -> bool {
    // Small segments: the next one is needed soon, and cannot be made.
    let mut server = standard();
    server
        .reconfigure(|c| c.set("server", "spool_max_size", "600000").set("server", "audit_failure", failure));
    let mut sftp = Sftp::connect(&server, "alice");
    assert!(sftp.list("/").is_ok());
    std::fs::rename(server.root().join("audit"), server.root().join("away")).unwrap();
    for n in 0..1500 {
        if sftp.lstat(format!("/missing{n}")).is_err_and(|e| e != NO_SUCH_FILE) {
            return false;
        }
    }
    sftp.list("/").is_ok()
}

#[test]
fn option_server_audit_failure() {
    assert!(!works_without_trail("refuse"));
    assert!(works_without_trail("continue"));
}

#[test]
fn option_server_authentications() {
    let mut server = standard();
    server.reconfigure(|c| {
        c.set("authentications/off", "type", "application").set("authentications/off", "enabled", "No").set(
            "server",
            "authentications",
            "off",
        )
    });
    assert!(!lets_in(&server, "alice"));
}

/// How often threads that wait for disks were given work while a client asked for attributes 200 times.
fn handed_over(server: &Server) -> u64 {
    let task = format!("/proc/{}/task", server.pid());
    let switches = || -> u64 {
        let threads = std::fs::read_dir(&task).unwrap().map(|e| e.unwrap().path());
        let others = threads.filter(|t| !holds(&t.join("comm"), "reactor"));
        let of = |thread: std::path::PathBuf| {
            let status = std::fs::read_to_string(thread.join("status")).unwrap_or_default();
            let line = status.lines().find(|l| l.starts_with("voluntary_ctxt_switches"));
            line.and_then(|l| l.split_whitespace().nth(1)?.parse::<u64>().ok()).unwrap_or(0)
        };
        others.map(of).sum()
    };
    let mut sftp = Sftp::connect(server, "alice");
    let before = switches();
    for _ in 0..200 {
        sftp.lstat("/").unwrap();
    }
    switches().saturating_sub(before)
}

#[test]
fn option_server_blocking_filesystem() {
    let (inline, elsewhere) = (handed_over(&standard()), handed_over(&changed("blocking_filesystem", "Yes")));
    assert!(elsewhere > inline + 100, "{inline} and {elsewhere}");
}

#[test]
fn option_server_description() {
    let server = changed("description", "the one in the cellar");
    let output = server.command(&["config", "diff", "1", "2"]);
    assert!(String::from_utf8(output.stdout).unwrap().contains("the one in the cellar"));
}

#[test]
fn option_server_name() {
    let mut server = changed("name", "another name");
    server.terminate();
    server.wait_for_event("its name", |e| e.id == 20002 && e.message.contains("another name"));
}

#[test]
fn option_server_partial_keep() {
    let leftovers = |server: &Server| {
        let names = std::fs::read_dir(server.home("alice")).unwrap().map(|e| e.unwrap().file_name());
        names.filter(|n| n.to_string_lossy().starts_with(".cw-")).count()
    };
    let server = changed("partial_keep", "1");
    let mut sftp = Sftp::connect(&server, "alice");
    let handle = sftp.open("/half", WRITE | CREATE).unwrap();
    sftp.write(&handle, 0, b"half").unwrap();
    drop(sftp);
    server.wait_for_events("alice", &[30042]);
    assert_eq!(leftovers(&server), 1);
    std::thread::sleep(Duration::from_secs(2));
    until("it is swept in passing", || {
        let _ = Sftp::connect(&server, "alice").list("/");
        leftovers(&server) == 0
    });
}

#[test]
fn option_server_spool_max_size() {
    let server = changed("spool_max_size", "1000000");
    let size = || -> u64 {
        let files = std::fs::read_dir(server.root().join("audit")).unwrap();
        files.map(|e| e.unwrap().metadata().map_or(0, |m| m.len())).sum()
    };
    let mut sftp = Sftp::connect(&server, "alice");
    let mut most = 0;
    for n in 0..6000 {
        let _ = sftp.lstat(format!("/missing{n}"));
        if n % 500 == 0 {
            most = most.max(size());
        }
    }
    assert!(most < 1_500_000, "the trail has {most} bytes");
    server.wait_for_event("what went", |e| e.id == 70014);
}

#[test]
fn option_server_ssh_server_keys() {
    let server = changed("ssh_server_keys", "host-ecdsa");
    let with = |algorithm: &str| {
        let option = format!("HostKeyAlgorithms={algorithm}");
        causeway_tests::openssh::sftp(&server, "alice", &["-o", &option], "pwd\n").status.success()
    };
    assert!(with("ecdsa-sha2-nistp256") && !with("ssh-ed25519"));
}

#[test]
fn option_server_stop_grace() {
    let mut server = changed("stop_grace", "1");
    let mut sftp = Sftp::connect(&server, "alice");
    let _open = sftp.open("/open", WRITE | CREATE).unwrap();
    server.signal("TERM");
    let ended = poll(Duration::from_secs(15), || server.has_ended().then_some(()));
    assert!(ended.is_some(), "the transfer got more than a second");
}

#[test]
fn option_server_umask() {
    assert_eq!(mode_of_new_file(&standard(), "/x"), 0o644);
    assert_eq!(mode_of_new_file(&changed("umask", "027"), "/x"), 0o640);
    assert_eq!(mode_of_new_file(&changed("umask", "000"), "/x"), 0o666);
}

#[test]
fn option_server_uuid() {
    let server = changed("uuid", "another-node");
    let output = String::from_utf8(server.command(&["status"]).stdout).unwrap();
    assert!(output.contains("[server] uuid: the change waits for a restart"), "{output}");
}

#[test]
fn option_server_ssh_revoked_keys_path() {
    let mut server = standard();
    std::fs::copy(server.key().with_extension("pub"), server.root().join("revoked")).unwrap();
    give(&server.root().join("revoked"));
    assert!(lets_in(&server, "alice"));
    server.reconfigure(|c| c.set("server", "ssh_revoked_keys_path", "revoked"));
    assert!(!lets_in(&server, "alice"));
}
