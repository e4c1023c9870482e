//! Keys and certificates that count no more.

use std::path::Path;
use std::process::Command;

use causeway_tests::Server;
use causeway_tests::certificates::{Authority, lets_in_with, with_authority};
use causeway_tests::openssh;
use causeway_tests::program::{give, must};

/// A server with an empty list at `configuration/revoked`.
fn with_list() -> (Server, Authority) {
    let (mut server, authority) = with_authority(|c| c);
    write(&server, b"");
    server.reconfigure(|c| c.set("server", "ssh_revoked_keys_path", "configuration/revoked"));
    (server, authority)
}

/// Puts another list in the place of the one there is, as a careful administrator does.
fn write(server: &Server, list: &[u8]) {
    let path = server.root().join("configuration/revoked");
    let new = path.with_extension("new");
    std::fs::write(&new, list).unwrap();
    give(&new);
    std::fs::rename(&new, &path).unwrap();
}

/// Makes a list with `ssh-keygen -k`.
fn krl(server: &Server, arguments: &[&str], content: &Path) -> Vec<u8> {
    let list = server.client().join("list.krl");
    let mut command = Command::new("ssh-keygen");
    must(command.args(["-q", "-k", "-f"]).arg(&list).args(arguments).arg(content));
    std::fs::read(&list).unwrap()
}

#[test]
fn what_is_revoked_by_number_by_key_or_by_a_list_of_ssh_keygen_does_not_log_in() {
    let (server, authority) = with_list();
    let key = authority.issue(&server, "user", "ed25519", &["-n", "alice", "-z", "77"]);
    let other = authority.issue(&server, "other", "ed25519", &["-n", "alice", "-z", "78"]);
    let let_in = || (lets_in_with(&server, &key, &[]), lets_in_with(&server, &other, &[]));
    assert_eq!(let_in(), (true, true));

    write(&server, b"# stolen\nserial: 77\n");
    assert_eq!(let_in(), (false, true));
    server.wait_for_event("why", |e| e.id == 20142 && e.message.contains("certificate is revoked"));
    write(&server, b"id: badge of the test\n");
    assert_eq!(let_in(), (false, false));
    write(&server, &std::fs::read(key.with_extension("pub")).unwrap());
    assert_eq!(let_in(), (false, true));

    let (spec, ca) = (server.client().join("spec"), authority.public().display().to_string());
    std::fs::write(&spec, "serial: 70-77\n").unwrap();
    write(&server, &krl(&server, &["-s", &ca], &spec));
    assert_eq!(let_in(), (false, true));
    write(&server, &krl(&server, &[], &other.with_extension("pub")));
    assert_eq!(let_in(), (true, false));
    write(&server, &krl(&server, &[], &authority.public()));
    assert_eq!(let_in(), (false, false));
    write(&server, b"");
    assert_eq!(let_in(), (true, true));
}

#[test]
fn while_the_list_cannot_be_read_no_key_logs_in_and_an_event_tells() {
    let (server, authority) = with_list();
    let key = authority.issue(&server, "user", "ed25519", &["-n", "alice"]);
    assert!(lets_in_with(&server, &key, &[]));
    write(&server, b"serial: all\n");
    assert!(!lets_in_with(&server, &key, &[]));
    server.wait_for_event("what is wrong", |e| e.id == 70041 && e.message.contains("line 1"));
    let printed = causeway_tests::clients::python(&server, "passwords.py", &["alice", "correct horse"]);
    assert_eq!(printed.trim(), "let in", "passwords have nothing to do with it");
    std::fs::remove_file(server.root().join("configuration/revoked")).unwrap();
    assert!(!lets_in_with(&server, &key, &[]));
    server.wait_for_event("that it is missing", |e| e.id == 70041 && e.message.contains("does not exist"));
    write(&server, b"");
    assert!(lets_in_with(&server, &key, &[]));
    server.wait_for_event("the end of it", |e| e.id == 70042);
}

#[test]
fn a_session_ends_when_its_certificate_is_revoked() {
    let (server, authority) = with_list();
    let key = authority.issue(&server, "user", "ed25519", &["-n", "alice", "-z", "5"]);
    let identity = key.display().to_string();
    let mut sftp = openssh::start(&server, "alice", &["-i", &identity], "pwd\n!sleep 60\npwd\n");
    server.wait_for_events("alice", &[20137]);
    write(&server, b"serial: 5\n");
    server.wait_for_event("the end", |e| e.id == 30050 && e.message.contains("certificate is revoked"));
    let _ = sftp.kill();
    let _ = sftp.wait();
}
