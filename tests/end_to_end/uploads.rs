//! Uploads: what broke off and is taken up again, names that one session alone makes, files renamed on their way, the modes
//! that clients give.

use std::os::unix::fs::PermissionsExt;

use causeway_tests::clients::{curl, lftp};
use causeway_tests::content::{assert_same, bytes, mode};
use causeway_tests::openssh::{batch, must_scp};
use causeway_tests::sftp::{APPEND, CREATE, EXCLUSIVE, FAILURE, Sftp, TRUNCATE, WRITE};
use causeway_tests::wait::until;
use causeway_tests::{Configuration, Server};

const UPLOADED: u32 = 30068;
const IN_PLACE: u32 = 70020;
const KEPT: u32 = 70021;
const RESUMED: u32 = 70022;

const CREATED: u32 = WRITE | CREATE | TRUNCATE;

/// A server on which an upload of `content` that was to replace an old file broke off in the middle.
fn broken_over(old: &[u8], content: &[u8]) -> Server {
    let server = Server::start(Configuration::standard());
    server.put_in_home("alice", "file", old);
    std::fs::write(server.client().join("file"), content).unwrap();
    let mut sftp = Sftp::connect(&server, "alice");
    let handle = sftp.open("/file", CREATED).unwrap();
    sftp.write(&handle, 0, &content[..content.len() / 2]).unwrap();
    drop(sftp);
    server.wait_for_event("it is kept", |e| e.id == KEPT);
    server
}

#[test]
fn a_client_that_resumes_an_upload_that_was_to_replace_a_file_replaces_it() {
    let content = bytes(7, 40_000);
    type Resume = fn(&Server);
    let clients: [Resume; 2] = [
        |server| drop(batch(server, "reput file file\n")),
        |server| drop(lftp(server, "put -c file -o file")),
    ];
    for resume in clients {
        let server = broken_over(&[b'o'; 100_000], &content);
        resume(&server);
        assert_same(&server.client().join("file"), &server.home("alice").join("file"));
        server.wait_for_event("it is resumed", |e| e.id == RESUMED);
    }
}

#[test]
fn who_appends_without_a_look_adds_to_the_file_and_not_to_a_leftover() {
    let server = broken_over(b"one\n", b"not a line of it");
    let mut sftp = Sftp::connect(&server, "alice");
    let handle = sftp.open("/file", WRITE | CREATE | APPEND).unwrap();
    sftp.write(&handle, 0, b"two\n").unwrap();
    sftp.close(&handle).unwrap();
    assert_eq!(std::fs::read(server.home("alice").join("file")).unwrap(), b"one\ntwo\n");
    server.wait_for_event("it is written in place", |e| e.id == IN_PLACE);
}

#[test]
fn curl_downloads_the_whole_file_although_an_upload_broke_off() {
    let old = bytes(8, 100_000);
    let server = broken_over(&old, b"short");
    let key = server.key();
    let public = key.with_extension("pub");
    let credentials =
        ["--user", "alice:", "--key", key.to_str().unwrap(), "--pubkey", public.to_str().unwrap()];
    curl(&server, "sftp", &credentials, &["@/file", "-o", "back"]);
    assert_same(&server.home("alice").join("file"), &server.client().join("back"));
}

#[test]
fn of_two_sessions_that_make_a_name_exclusively_one_is_told_that_it_exists() {
    let server = Server::start(Configuration::standard());
    let [mut one, mut two] = [(); 2].map(|()| Sftp::connect(&server, "alice"));
    let new = WRITE | CREATE | EXCLUSIVE;
    let handle = one.open("/lock", new).unwrap();
    assert_eq!(two.open("/lock", new).unwrap_err(), FAILURE);
    one.close(&handle).unwrap();
    assert_eq!(two.open("/lock", new).unwrap_err(), FAILURE);
    one.remove("/lock").unwrap();
    let handle = two.open("/lock", new).unwrap();
    drop(two);
    until("the other session is over", || one.open("/lock", new).is_ok());
    drop(handle);
}

#[test]
fn an_upload_that_was_renamed_is_told_under_the_path_where_it_is() {
    for atomic in ["Yes", "No"] {
        let server = Server::start(Configuration::standard().set("server", "atomic_uploads", atomic));
        let mut sftp = Sftp::connect(&server, "alice");
        sftp.mkdir("/in").unwrap();
        let handle = sftp.open("/in/part", CREATED).unwrap();
        sftp.write(&handle, 0, b"content").unwrap();
        sftp.rename("/in/part", "/in/whole").unwrap();
        sftp.rename("/in", "/done").unwrap();
        sftp.close(&handle).unwrap();
        assert_eq!(sftp.get("/done/whole").unwrap(), b"content");
        let uploaded = server.wait_for_event("the upload", |e| e.id == UPLOADED);
        assert_eq!(uploaded.path, "/done/whole");
    }
}

#[test]
fn a_new_file_has_the_mode_that_the_client_gives_less_the_umask() {
    let ignored = |c: Configuration| c.set("services/sftp", "ignore_create_permissions", "Yes");
    let given = |c: Configuration| c;
    type Change = fn(Configuration) -> Configuration;
    for (change, run, text) in [(given as Change, 0o750, 0o640), (ignored as Change, 0o640, 0o640)] {
        let server = Server::start(change(
            Configuration::standard().set("services/sftp", "scp", "Yes").set("server", "umask", "027"),
        ));
        for (name, bits) in [("run", 0o6755), ("text", 0o644)] {
            std::fs::write(server.client().join(name), "content").unwrap();
            std::fs::set_permissions(server.client().join(name), PermissionsExt::from_mode(bits)).unwrap();
        }
        batch(&server, "put run put-run\nput text put-text\n");
        must_scp(&server, &["-O", "run", "@scp-run"]);
        must_scp(&server, &["-O", "text", "@scp-text"]);
        for (name, bits) in [("run", run), ("text", text)] {
            for client in ["put", "scp"] {
                let made = server.home("alice").join(format!("{client}-{name}"));
                assert_eq!(mode(&made), bits, "{made:?}");
            }
        }
    }
}

#[test]
fn an_upload_whose_name_the_client_removes_meanwhile_is_not_told_as_uploaded() {
    let server = Server::start(Configuration::standard());
    let mut sftp = Sftp::connect(&server, "alice");
    let handle = sftp.open("/file", CREATED).unwrap();
    sftp.write(&handle, 0, b"content").unwrap();
    sftp.remove("/file").unwrap();
    assert_eq!(sftp.close(&handle), Ok(()));
    server.wait_for_event("nothing came of it", |e| e.id == 30042 && e.path == "/file");
    assert!(!server.home("alice").join("file").exists());
    assert!(!server.events().iter().any(|e| e.id == UPLOADED));
}
