//! A file goes up and comes down unchanged, with every client that we promise, and the log tells of it.

use std::process::Command;

use causeway_tests::clients::{Mounted, curl, jsch, lftp, node, python, rclone};
use causeway_tests::content::{assert_same, bytes, mode, modified, write_distinct};
use causeway_tests::openssh::{batch, batch_with};
use causeway_tests::program::must;
use causeway_tests::skip::skip;
use causeway_tests::{Configuration, Server};

const AUTHENTICATED: u32 = 20137;
const SESSION: u32 = 30011;
const LISTED: u32 = 30020;
const DELETED: u32 = 30023;
const RENAMED: u32 = 30026;
const FOLDER_MADE: u32 = 30029;
const FOLDER_DELETED: u32 = 30032;
const ATTRIBUTES_SET: u32 = 30038;
const OPENED: u32 = 30043;
const LINKED: u32 = 30057;
const DOWNLOADED: u32 = 30067;
const UPLOADED: u32 = 30068;

fn standard() -> Server {
    Server::start(Configuration::standard())
}

#[test]
fn openssh_sftp_keeps_content_time_and_mode_both_ways() {
    let server = standard();
    let source = server.client().join("report.bin");
    write_distinct(&source, &bytes(1, 3_000_001));
    batch(&server, "put -p report.bin up.bin\nget -p up.bin back.bin\n");
    for copy in [server.home("alice").join("up.bin"), server.client().join("back.bin")] {
        assert_same(&source, &copy);
        assert_eq!((modified(&copy), mode(&copy)), (modified(&source), mode(&source)));
    }
    server.wait_for_events("alice", &[AUTHENTICATED, SESSION, OPENED, UPLOADED, DOWNLOADED]);
    let uploaded = server.wait_for_event("the upload", |entry| entry.id == UPLOADED);
    assert_eq!(uploaded.path, "/up.bin");
}

#[test]
fn openssh_sftp_does_everything_else_that_its_batch_language_has() {
    let server = standard();
    std::fs::write(server.client().join("a"), "content").unwrap();
    let printed = batch(
        &server,
        "mkdir box\nput a box/a\nchmod 600 box/a\nrename box/a box/b\nsymlink b box/link\nln box/b box/hard\n\
         ls -la box\ndf\nrm box/link\nrm box/hard\nrm box/b\nrmdir box\npwd\n",
    );
    assert!(printed.contains("link"), "{printed}");
    assert!(
        std::fs::read_dir(server.home("alice")).unwrap().next().is_none(),
        "everything was removed again"
    );
    server.wait_for_events(
        "alice",
        &[FOLDER_MADE, ATTRIBUTES_SET, RENAMED, LINKED, LISTED, DELETED, FOLDER_DELETED],
    );
}

#[test]
fn openssh_sftp_moves_whole_trees() {
    let server = standard();
    let tree = server.client().join("tree");
    for (number, name) in ["one", "deep/two", "deep/deeper/three", "deep/deeper/empty"].iter().enumerate() {
        let path = tree.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let seed = u64::try_from(number).unwrap();
        std::fs::write(path, bytes(seed, number * 100_000)).unwrap();
    }
    batch(&server, "put -r tree\nget -r tree again\n");
    for name in ["one", "deep/two", "deep/deeper/three", "deep/deeper/empty"] {
        assert_same(&tree.join(name), &server.home("alice").join("tree").join(name));
        assert_same(&tree.join(name), &server.client().join("again").join(name));
    }
}

#[test]
fn openssh_sftp_resumes_an_upload_and_a_download() {
    let server = standard();
    let content = bytes(2, 2_000_000);
    let source = server.client().join("big");
    std::fs::write(&source, &content).unwrap();
    server.put_in_home("alice", "big", &content[..700_000]);
    std::fs::write(server.client().join("back"), &content[..300_000]).unwrap();
    batch(&server, "reput big big\nreget big back\n");
    assert_same(&source, &server.home("alice").join("big"));
    assert_same(&source, &server.client().join("back"));
}

#[test]
fn openssh_sftp_works_with_one_request_at_a_time_and_with_256() {
    let server = standard();
    let source = server.client().join("big");
    std::fs::write(&source, bytes(3, 5_000_003)).unwrap();
    for requests in ["1", "256"] {
        batch_with(
            &server,
            &["-R", requests],
            &format!("put big up{requests}\nget up{requests} back{requests}\n"),
        );
        assert_same(&source, &server.client().join(format!("back{requests}")));
    }
}

#[test]
fn every_cipher_key_exchange_and_host_key_that_openssh_knows_too_moves_a_file() {
    let server = standard();
    let source = server.client().join("big");
    std::fs::write(&source, bytes(4, 1_000_003)).unwrap();
    let choices = [
        "Ciphers=aes256-gcm@openssh.com",
        "Ciphers=aes128-gcm@openssh.com",
        "Ciphers=chacha20-poly1305@openssh.com",
        "KexAlgorithms=curve25519-sha256",
        "KexAlgorithms=curve25519-sha256@libssh.org",
        "KexAlgorithms=ecdh-sha2-nistp256",
        "HostKeyAlgorithms=ssh-ed25519",
        "HostKeyAlgorithms=ecdsa-sha2-nistp256",
    ];
    for choice in choices {
        batch_with(&server, &["-o", choice], "put big up\nget up back\n");
        assert_same(&source, &server.client().join("back"));
    }
}

#[test]
fn paramiko_moves_files_and_folders() {
    let server = standard();
    python(&server, "round_trip_paramiko.py", &[]);
    server.wait_for_events("alice", &[UPLOADED, DOWNLOADED, RENAMED, DELETED, FOLDER_MADE, FOLDER_DELETED]);
}

#[test]
fn asyncssh_moves_files_and_folders() {
    let server = standard();
    python(&server, "round_trip_asyncssh.py", &[]);
    server.wait_for_events("alice", &[UPLOADED, DOWNLOADED, RENAMED, DELETED, FOLDER_MADE, FOLDER_DELETED]);
}

#[test]
fn lftp_mirrors_a_tree_both_ways() {
    let server = standard();
    let tree = server.client().join("tree");
    std::fs::create_dir_all(tree.join("deep")).unwrap();
    write_distinct(&tree.join("one"), &bytes(5, 1_000_000));
    write_distinct(&tree.join("deep/two"), b"2");
    lftp(&server, "mirror -R -P 4 tree up; mirror -P 4 up back; ls up; rm up/one; bye");
    for name in ["one", "deep/two"] {
        let back = server.client().join("back").join(name);
        assert_same(&tree.join(name), &back);
        assert_eq!(modified(&back), modified(&tree.join(name)));
    }
    assert!(!server.home("alice").join("up/one").exists());
    server.wait_for_events("alice", &[UPLOADED, DOWNLOADED, LISTED, DELETED]);
}

#[test]
fn rclone_copies_a_tree_checks_it_and_moves_files() {
    let server = standard();
    let tree = server.client().join("tree");
    std::fs::create_dir_all(tree.join("deep")).unwrap();
    write_distinct(&tree.join("one"), &bytes(6, 1_000_000));
    write_distinct(&tree.join("deep/two"), b"2");
    let (tree, back) = (tree.to_str().unwrap(), server.client().join("back"));
    rclone(&server, &["copy", tree, "@up"]);
    rclone(&server, &["check", "--download", tree, "@up"]);
    rclone(&server, &["moveto", "@up/one", "@up/uno"]);
    rclone(&server, &["copy", "@up", back.to_str().unwrap()]);
    assert_same(&server.client().join("tree/one"), &back.join("uno"));
    assert_eq!(modified(&back.join("deep/two")), modified(&server.client().join("tree/deep/two")));
    server.wait_for_events("alice", &[UPLOADED, DOWNLOADED, RENAMED, ATTRIBUTES_SET]);
}

#[test]
fn sshfs_reads_and_writes_through_a_mounted_folder() {
    let server = standard();
    let mounted = match Mounted::mount(&server) {
        Ok(mounted) => mounted,
        Err(reason) => return skip(&reason),
    };
    let source = server.client().join("big");
    std::fs::write(&source, bytes(7, 2_000_000)).unwrap();
    std::fs::copy(&source, mounted.folder.join("up")).unwrap();
    std::fs::rename(mounted.folder.join("up"), mounted.folder.join("renamed")).unwrap();
    assert_same(&source, &mounted.folder.join("renamed"));
    assert_same(&source, &server.home("alice").join("renamed"));
    std::fs::remove_file(mounted.folder.join("renamed")).unwrap();
    assert!(!server.home("alice").join("renamed").exists());
    server.wait_for_events("alice", &[UPLOADED, DOWNLOADED, RENAMED, DELETED]);
}

#[test]
fn two_sessions_of_one_connection_upload_at_the_same_time() {
    python(&standard(), "two_uploads_paramiko.py", &["24"]);
}

/// With SCP too, and a file of the client.
fn with_scp() -> (Server, std::path::PathBuf) {
    let server = Server::start(Configuration::standard().set("services/sftp", "scp", "Yes"));
    let source = server.client().join("report.bin");
    write_distinct(&source, &bytes(6, 3_000_001));
    (server, source)
}

#[test]
fn curl_moves_files_by_sftp_and_scp() {
    let (server, source) = with_scp();
    let key = server.key();
    let public = key.with_extension("pub");
    let by_key = ["--user", "alice:", "--key", key.to_str().unwrap(), "--pubkey", public.to_str().unwrap()];
    let by_password = ["--user", &format!("alice:{}", causeway_tests::configuration::PASSWORD)];
    for (protocol, credentials) in
        [("sftp", &by_key[..]), ("scp", &by_key), ("sftp", &by_password), ("scp", &by_password)]
    {
        let up = format!("{protocol}-{}.bin", credentials.len());
        curl(&server, protocol, credentials, &["-T", "report.bin", &format!("@/{up}")]);
        assert_same(&source, &server.home("alice").join(&up));
        curl(&server, protocol, credentials, &["-o", "back.bin", &format!("@/{up}")]);
        assert_same(&source, &server.client().join("back.bin"));
    }
    assert!(curl(&server, "sftp", &by_key, &["@/"]).contains("scp-2.bin"));
    // A part of it, and the rest after a break.
    curl(&server, "sftp", &by_key, &["-r", "10-19", "-o", "part.bin", "@/sftp-2.bin"]);
    assert_eq!(
        std::fs::read(server.client().join("part.bin")).unwrap(),
        std::fs::read(&source).unwrap()[10..20]
    );
}

#[test]
fn libssh_moves_a_file_both_ways() {
    let (server, _) = with_scp();
    python(&server, "round_trip_libssh.py", &["report.bin"]);
}

#[test]
fn libssh2_moves_files_both_ways_by_sftp_and_scp() {
    let (server, _) = with_scp();
    python(&server, "round_trip_libssh2.py", &["report.bin"]);
}

#[test]
fn ssh2_of_node_moves_a_file_both_ways_and_logs_in_in_each_way() {
    let (server, source) = with_scp();
    node(&server, "round_trip_ssh2.js", &["report.bin", "back.bin"]);
    assert_same(&source, &server.client().join("back.bin"));
}

#[test]
fn ssh2_of_node_goes_on_in_one_channel_when_it_has_closed_another_in_the_middle_of_its_reads() {
    let server = standard();
    server.put_in_home("alice", "large", &bytes(6, 8 << 20));
    node(&server, "late_words_ssh2.js", &["large"]);
}

#[test]
fn jsch_of_java_moves_a_file_both_ways_and_logs_in_in_each_way() {
    let (mut server, source) = with_scp();
    // It knows keys in the older format alone, and none of Ed25519.
    let key = server.client().join("key.pem");
    must(Command::new("ssh-keygen").args(["-q", "-N", "", "-m", "PEM", "-t", "ecdsa", "-f"]).arg(&key));
    let public = std::fs::read_to_string(key.with_extension("pem.pub")).unwrap();
    server.reconfigure(|c| c.alice("ssh_authorized_keys_content", public.trim()));
    jsch(&server, "RoundTrip.java", &key, &["report.bin", "back.bin"]);
    assert_same(&source, &server.client().join("back.bin"));
}
