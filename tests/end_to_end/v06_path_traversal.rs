//! Paths that try to leave the home (Serv-U CVE-2024-28995, SFTPGo CVE-2026-30914 and many more).

use causeway_tests::sftp::{CREATE, READ, Sftp, TRUNCATE, WRITE};
use causeway_tests::{Configuration, Server};

/// What means `../../outside` to somebody.
const PATHS: &[&[u8]] = &[
    b"../outside",
    b"../../outside",
    b"../../../../../../../../etc/passwd",
    b"/../outside",
    b"/../../outside",
    b"/folder/../../../outside",
    b"folder/../../../outside",
    b"./../../outside",
    b"//../..//outside",
    b"/folder/./.././../../outside",
    b"/..\\..\\outside",
    b"..\\..\\outside",
    b"/\xc0\xae\xc0\xae/\xc0\xae\xc0\xae/outside",
    b"/\xe0\x80\xae\xe0\x80\xae/outside",
    b"/%2e%2e/%2e%2e/outside",
    b"/..%2f..%2foutside",
    b"/..;/..;/outside",
    "/．．/．．/outside".as_bytes(),
    b"/....//....//outside",
    b"/..\0/outside",
    b"/folder\0/../../outside",
    b"~/../../outside",
    b"/proc/self/root/etc/passwd",
    b"/proc/self/cwd/outside",
    b"/etc/passwd",
    b"\\\\?\\C:\\outside",
];

#[test]
fn v06_path_traversal_reaches_nothing_outside_the_home() {
    let server = Server::start(Configuration::standard());
    let outside = server.root().join("data/outside");
    for secret in [outside.clone(), server.root().join("outside")] {
        std::fs::write(secret, "secret").unwrap();
    }
    causeway_tests::program::give(&server.root());
    server.put_in_home("alice", "folder/file", b"");
    let mut sftp = Sftp::connect(&server, "alice");
    for path in PATHS {
        let shown = path.escape_ascii();
        if let Ok(content) = sftp.get(path) {
            panic!("{shown} was read: {}", content.escape_ascii());
        }
        if let Ok(real) = sftp.realpath(path) {
            let climbs = real.split(|byte| *byte == b'/').any(|part| part == b"..");
            assert!(real.starts_with(b"/") && !climbs, "{shown} became {}", real.escape_ascii());
        }
        // Writing may work: then it made a file of that name in the home, and nowhere else.
        if let Ok(handle) = sftp.open(path, WRITE | CREATE | TRUNCATE) {
            let _ = sftp.write(&handle, 0, b"written");
            let _ = sftp.close(&handle);
        }
        assert_eq!(std::fs::read(&outside).unwrap(), b"secret", "{shown}");
        let _ = sftp.remove(path);
        let _ = sftp.rename("/folder/file", path);
        let _ = sftp.rename(path, "/folder/file");
        assert_eq!(std::fs::read(&outside).unwrap(), b"secret", "{shown}");
    }
    let beside: Vec<_> =
        std::fs::read_dir(server.root().join("data")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(beside.len(), 2, "only the home and the secret are there: {beside:?}");
    assert_eq!(std::fs::read(server.root().join("outside")).unwrap(), b"secret");
}

#[test]
fn v06_the_requested_path_is_judged_after_its_dots_are_gone() {
    let rules = ["allow-full-control", "/closed/*, deny-full-control", "/open/*, allow-full-control"];
    let server = Server::start(Configuration::standard().permissions(&rules));
    server.put_in_home("alice", "closed/file", b"secret");
    server.put_in_home("alice", "open/file", b"");
    let mut sftp = Sftp::connect(&server, "alice");
    for path in [
        "/open/../closed/file",
        "//closed//file",
        "/./closed/./file",
        "closed/file",
        "/open/./../closed/file",
    ] {
        assert!(sftp.open(path, READ).is_err(), "{path}");
    }
}
