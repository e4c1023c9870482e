//! Extensions of SFTP that OpenSSH's client and others know: copy-data, check-file, home-directory, space-available.

use std::sync::mpsc::{Receiver, channel};

use causeway_tests::clients::python;
use causeway_tests::content::{assert_same, bytes, write_distinct};
use causeway_tests::openssh::batch;
use causeway_tests::program::must;
use causeway_tests::sftp::{CREATE, FAILURE, NO_SUCH_FILE, PERMISSION_DENIED, READ, Sftp, TRUNCATE, WRITE};
use causeway_tests::wait::{SOON, until};
use causeway_tests::{Configuration, Server};

const CREATED: u32 = WRITE | CREATE | TRUNCATE;

fn with(permissions: &[&str]) -> (Server, Sftp) {
    let server = Server::start(Configuration::standard().permissions(permissions));
    let sftp = Sftp::connect(&server, "alice");
    (server, sftp)
}

#[test]
fn copy_data_copies_on_the_server_from_one_open_file_to_another() {
    let (server, mut sftp) = with(&["allow-full-control"]);
    // More than one step has.
    let content = bytes(3, 70_000_001);
    let source = server.put_in_home("alice", "source", b"");
    write_distinct(&source, &content);
    let (from, to) = (sftp.open("/source", READ).unwrap(), sftp.open("/copy", CREATED).unwrap());
    assert_eq!(sftp.copy_data((&from, 0), 0, (&to, 0)), Ok(()));
    assert_eq!(sftp.close(&to), Ok(()));
    assert_same(&source, &server.home("alice").join("copy"));
    // A part of it, to another place; behind the end there is nothing.
    let to = sftp.open("/part", CREATED).unwrap();
    assert_eq!(sftp.copy_data((&from, 10), 20, (&to, 5)), Ok(()));
    assert_eq!(sftp.copy_data((&from, 1 << 40), 20, (&to, 5)), Ok(()));
    sftp.close(&to).unwrap();
    assert_eq!(sftp.get("/part").unwrap(), [&[0; 5][..], &content[10..30]].concat());
}

#[test]
fn copy_data_needs_what_its_handles_were_opened_for() {
    let (server, mut sftp) = with(&["allow-read, allow-write"]);
    server.put_in_home("alice", "a", b"content");
    let (read, write) = (sftp.open("/a", READ).unwrap(), sftp.open("/b", CREATED).unwrap());
    assert_eq!(sftp.copy_data((&write, 0), 0, (&read, 0)), Err(FAILURE));
    assert_eq!(sftp.copy_data((&read, 0), 0, (&read, 0)), Err(FAILURE));
    let itself = sftp.open("/a", WRITE).unwrap();
    assert_eq!(sftp.copy_data((&read, 0), 0, (&itself, 7)), Err(FAILURE));
    sftp.close(&write).unwrap();
    assert_eq!(sftp.copy_data((&read, 0), 0, (&write, 0)), Err(FAILURE));
    assert_eq!(sftp.get("/a").unwrap(), b"content");
}

#[test]
fn copy_data_refuses_to_copy_a_file_into_itself_by_whatever_names() {
    let (server, mut sftp) = with(&["allow-full-control"]);
    server.put_in_home("alice", "a", b"content");
    sftp.hardlink("/a", "/hard").unwrap();
    sftp.symlink("/symbolic", "/a").unwrap();
    let from = sftp.open("/a", READ).unwrap();
    for name in ["/a", "/hard", "/symbolic"] {
        let to = sftp.open(name, WRITE).unwrap();
        // With a length, which would end.
        assert_eq!(sftp.copy_data((&from, 0), 3, (&to, 7)), Err(FAILURE), "{name}");
        sftp.close(&to).unwrap();
    }
    assert_eq!(sftp.get("/a").unwrap(), b"content");
}

#[test]
fn copy_data_keeps_to_the_size_that_files_may_have() {
    let server = Server::start(Configuration::standard().alice("file_write_size", "1000"));
    server.put_in_home("alice", "a", &[b'x'; 2000]);
    let mut sftp = Sftp::connect(&server, "alice");
    let (from, to) = (sftp.open("/a", READ).unwrap(), sftp.open("/b", CREATED).unwrap());
    assert!(sftp.copy_data((&from, 0), 0, (&to, 0)).is_err());
    assert!(sftp.close(&to).is_err());
    assert!(!server.home("alice").join("b").exists());
}

#[test]
fn openssh_sftp_copies_on_the_server() {
    let (server, _) = with(&["allow-full-control"]);
    let source = server.put_in_home("alice", "source", b"");
    write_distinct(&source, &bytes(5, 3_000_001));
    batch(&server, "cp source copy\n");
    assert_same(&source, &server.home("alice").join("copy"));
}

#[test]
fn check_file_tells_the_hashes_of_what_may_be_read() {
    let (server, mut sftp) = with(&["allow-read", "*.exe, allow-list"]);
    let content = bytes(4, 1_000_001);
    let file = server.put_in_home("alice", "a", &content);
    server.put_in_home("alice", "b.exe", &content);
    let hex = |hash: &[u8]| hash.iter().map(|b| format!("{b:02x}")).collect::<String>();
    for (algorithm, program) in [("sha256", "sha256sum"), ("sha512", "sha512sum"), ("sha1", "sha1sum")] {
        let printed = must(std::process::Command::new(program).arg(&file));
        let (name, hash) = sftp.check_file_name("/a", &format!("md5,{algorithm}"), (0, 0), 0).unwrap();
        assert_eq!((name.as_str(), hex(&hash).as_str()), (algorithm, printed.split(' ').next().unwrap()));
    }
    // 1,000,001 bytes from the second on are 977 blocks of 1,024.
    let (_, blocks) = sftp.check_file_name("/a", "sha256", (1, 0), 1024).unwrap();
    assert_eq!(blocks.len(), 977 * 32);
    let (_, first) = sftp.check_file_name("/a", "sha256", (1, 1024), 0).unwrap();
    assert_eq!(first, blocks[..32]);
    assert_eq!(sftp.check_file_name("/a", "md5", (0, 0), 0), Err(FAILURE));
    assert_eq!(sftp.check_file_name("/a", "sha256", (0, 0), 255), Err(FAILURE));
    assert_eq!(sftp.check_file_name("/b.exe", "sha256", (0, 0), 0), Err(PERMISSION_DENIED));
    assert_eq!(sftp.check_file_name("/none", "sha256", (0, 0), 0), Err(NO_SUCH_FILE));
}

#[test]
fn paramiko_checks_a_file_by_its_handle() {
    let (server, _) = with(&["allow-full-control"]);
    python(&server, "check_file_paramiko.py", &[]);
}

#[test]
fn the_home_of_oneself_is_told_and_of_nobody_else() {
    let (_server, mut sftp) = with(&["allow-full-control"]);
    assert_eq!(sftp.home_directory("alice"), Ok(b"/".to_vec()));
    assert_eq!(sftp.home_directory(""), Ok(b"/".to_vec()));
    for other in ["root", "bob"] {
        assert_eq!(sftp.home_directory(other), Err(NO_SUCH_FILE));
    }
}

#[test]
fn b49_an_unknown_extension_is_answered_as_such_and_the_session_goes_on() {
    let (_server, mut sftp) = with(&["allow-full-control"]);
    for extension in ["", "exec@example.com", "posix-rename", "copy-data@openssh.com", &"x".repeat(30_000)] {
        assert!(sftp.is_unsupported(extension), "{extension}");
    }
    assert_eq!(sftp.home_directory(""), Ok(b"/".to_vec()));
}

#[test]
fn the_space_that_is_available_is_told_where_one_may_look() {
    let (_server, mut sftp) = with(&["allow-full-control", "/secret*, deny-full-control"]);
    let ([device, free, for_user, available], block) = sftp.space_available("/").unwrap();
    assert!(device > 0 && free <= device && available <= for_user && for_user <= device && block > 0);
    assert_eq!(sftp.space_available("/secret"), Err(PERMISSION_DENIED));
}

/// Puts a file that takes for ever to read where the client can check it. What comes back says how many bytes the server has
/// read of it and of everything else.
fn endless(server: &Server) -> impl Fn() -> u64 + use<> {
    let endless = server.put_in_home("alice", "endless", b"");
    std::fs::File::options().write(true).open(endless).unwrap().set_len(1 << 40).unwrap();
    let io = format!("/proc/{}/io", server.pid());
    move || {
        let io = std::fs::read_to_string(&io).unwrap();
        io.lines().find_map(|line| line.strip_prefix("rchar: ")).unwrap().parse().unwrap()
    }
}

/// A server that is at work for a client, and whether that client gets an answer in the end.
fn at_work() -> (Server, Receiver<bool>) {
    let (server, mut sftp) = with(&["allow-full-control"]);
    let read = endless(&server);
    let (told, answer) = channel();
    let before = read();
    std::thread::spawn(move || told.send(sftp.check_file_name("/endless", "sha256", (0, 0), 0).is_ok()));
    until("it is at work", || read() > before + (128 << 20));
    (server, answer)
}

#[test]
fn a_session_that_works_for_long_can_be_closed() {
    let (server, answer) = at_work();
    assert!(server.command(&["sessions", "close", "--all"]).status.success());
    assert_eq!(answer.recv_timeout(SOON), Ok(false), "the session ends without an answer");
}

#[test]
fn work_that_takes_for_long_does_not_keep_the_server_from_ending() {
    let (mut server, answer) = at_work();
    server.signal("TERM");
    server.wait_for_event("it waits for what is open", |e| e.id == 20002);
    // The second says that it is not to.
    assert!(server.terminate().success());
    assert_eq!(answer.recv_timeout(SOON), Ok(false), "the session ends without an answer");
}

#[test]
fn a_session_that_works_for_long_hears_what_its_client_says_meanwhile() {
    let server = Server::start(Configuration::standard().permissions(&["allow-full-control"]));
    server.put_in_home("alice", "short", &bytes(1, 6 << 20));
    let read = endless(&server);
    let before = read();
    python(&server, "long_request_paramiko.py", &[]);
    assert!(read() > before + (16 << 20), "it was at work");
    server.wait_for_event("the client has gone", |e| e.id == 30015 && e.account == "alice");
}
