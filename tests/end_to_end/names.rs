//! Names are bytes: nothing is decoded, guessed or lost, and nothing in a name reaches the log as itself.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use causeway_tests::clients::python;
use causeway_tests::sftp::Sftp;
use causeway_tests::{Configuration, Server};

fn odd_names() -> Vec<Vec<u8>> {
    let mut names: Vec<Vec<u8>> = [
        &b"caf\xe9 in Latin-1"[..],
        "café in UTF-8".as_bytes(),
        b"new\nline",
        b"return\rand\ttab",
        b"bell\x07 escape\x1b[31m delete\x7f",
        b" leading and trailing blanks ",
        b"-rf",
        b"~",
        b"quote\" and 'quote' and back\\slash",
        b"*?[a-z]{}|",
        b"...",
        b"%2e%2e%2f",
        b"\xff\xfe\xfd",
    ]
    .iter()
    .map(|name| name.to_vec())
    .collect();
    names.push(vec![b'x'; 255]);
    names
}

#[test]
fn odd_names_survive_every_request() {
    let server = Server::start(Configuration::standard());
    let mut sftp = Sftp::connect(&server, "alice");
    for name in odd_names() {
        let path = [b"/", &name[..]].concat();
        sftp.put(&path, b"content").unwrap_or_else(|code| panic!("put {}: {code}", name.escape_ascii()));
        assert_eq!(sftp.get(&path).unwrap(), b"content");
        assert_eq!(sftp.stat(&path).unwrap().size, Some(7));
        assert_eq!(sftp.list("/").unwrap(), std::slice::from_ref(&name), "{}", name.escape_ascii());
        assert!(server.home("alice").join(OsStr::from_bytes(&name)).exists());
        sftp.rename(&path, "/plain").unwrap();
        sftp.rename("/plain", &path).unwrap();
        sftp.remove(&path).unwrap();
        sftp.mkdir(&path).unwrap();
        sftp.rmdir(&path).unwrap();
    }
}

#[test]
fn a_name_of_256_bytes_is_refused_and_the_session_goes_on() {
    let server = Server::start(Configuration::standard());
    let mut sftp = Sftp::connect(&server, "alice");
    assert!(sftp.put([b"/", &[b'x'; 256][..]].concat(), b"content").is_err());
    assert_eq!(sftp.put("/short", b"content"), Ok(()));
}

#[test]
fn one_bad_entry_does_not_break_a_listing() {
    let server = Server::start(Configuration::standard());
    server.put_in_home("alice", "good", b"");
    std::os::unix::fs::symlink("nowhere", server.home("alice").join("dangling")).unwrap();
    std::os::unix::fs::symlink("circle", server.home("alice").join("circle")).unwrap();
    let names = Sftp::connect(&server, "alice").list("/").unwrap();
    assert_eq!(names, [&b"circle"[..], b"dangling", b"good"]);
}

#[test]
fn a_name_cannot_forge_a_line_of_the_log() {
    let server = Server::start(Configuration::standard());
    let mut sftp = Sftp::connect(&server, "alice");
    sftp.put(b"/x\n30068|mallory|forged|text".as_slice(), b"").unwrap();
    sftp.put("/end", b"").unwrap();
    server.wait_for_event("the last upload", |entry| entry.id == 30068 && entry.path == "/end");
    assert!(server.events().iter().all(|entry| entry.account != "mallory"));
}

#[test]
fn paramiko_and_asyncssh_move_odd_names() {
    let server = Server::start(Configuration::standard());
    python(&server, "odd_names.py", &[]);
}
