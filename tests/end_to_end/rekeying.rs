//! New keys under load, asked for by either side, with data on its way in both directions.

use causeway_tests::clients::python;
use causeway_tests::content::{assert_same, bytes, large, write_distinct};
use causeway_tests::openssh::{Master, batch_with};
use causeway_tests::{Configuration, Server};

/// Mebibytes between key changes, and mebibytes in all. `CAUSEWAY_LONG` makes it the long run: 64 MiB and 8 GiB.
fn sizes() -> (u64, u64) {
    if std::env::var_os("CAUSEWAY_LONG").is_some() { (64, 8192) } else { (8, 96) }
}

fn server_that_rekeys() -> (Server, String) {
    let (every, total) = sizes();
    let configuration =
        Configuration::standard().set("services/sftp", "rekey_bytes", &(every << 20).to_string());
    (Server::start(configuration), total.to_string())
}

#[test]
fn openssh_sends_and_receives_at_once_across_key_changes_of_both_sides() {
    let (server, total) = server_that_rekeys();
    let (every, _) = sizes();
    let client = server.client();
    large(&client.join("big"), total.parse().unwrap());
    for limit in ["default".to_owned(), format!("{every}M")] {
        let master = Master::connect(&server, &["-o", &format!("RekeyLimit={limit}")]);
        master.batch(&server, "put big first\n");
        std::thread::scope(|scope| {
            scope.spawn(|| master.batch(&server, "put big second\n"));
            scope.spawn(|| master.batch(&server, "get first back\n"));
        });
        for copy in [server.home("alice").join("second"), client.join("back")] {
            assert_same(&client.join("big"), &copy);
            std::fs::remove_file(copy).unwrap();
        }
    }
}

#[test]
fn asyncssh_sends_and_receives_at_once_across_key_changes() {
    let (server, total) = server_that_rekeys();
    python(&server, "both_ways_asyncssh.py", &[&total]);
}

#[test]
fn paramiko_sends_and_receives_at_once_across_key_changes() {
    let (server, total) = server_that_rekeys();
    python(&server, "both_ways_paramiko.py", &[&total]);
    assert_same(&server.home("alice").join("first"), &server.home("alice").join("second"));
}

#[test]
fn openssh_may_change_keys_with_every_packet() {
    let server = Server::start(Configuration::standard());
    let source = server.client().join("file");
    write_distinct(&source, &bytes(1, 300_001));
    for limit in ["16", "1K"] {
        let lines = ["put file up", &"ls -l\n".repeat(150), "get up back\n"].join("\n");
        batch_with(&server, &["-o", &format!("RekeyLimit={limit}")], &lines);
        assert_same(&source, &server.home("alice").join("up"));
        assert_same(&source, &server.client().join("back"));
    }
}
