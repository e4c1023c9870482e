//! What a client is told when we end its session while nothing happens on it.

use causeway_tests::clients::python_command;
use causeway_tests::program::must;
use causeway_tests::{Configuration, Server};

const SFTP_STARTED: u32 = 30011;

/// What a client that says nothing has heard at the end, which `end` brings about.
fn heard(server: &mut Server, end: impl FnOnce(&mut Server)) -> String {
    let mut command = python_command(server, "last_words_paramiko.py", &[]);
    let client = std::thread::spawn(move || must(&mut command));
    server.wait_for_event("the session", |e| e.id == SFTP_STARTED);
    end(server);
    client.join().unwrap().trim_end().to_owned()
}

#[test]
fn an_idle_client_is_told_that_it_was_idle_for_too_long() {
    let configuration = Configuration::standard().set("services/sftp", "idle_connection_timeout", "2");
    assert_eq!(heard(&mut Server::start(configuration), |_| {}), "-1 11 idle for too long");
}

#[test]
fn an_idle_client_is_told_that_its_session_was_closed() {
    let mut server = Server::start(Configuration::standard());
    let told = heard(&mut server, |server| {
        assert!(server.command(&["sessions", "close", "--all"]).status.success());
    });
    assert_eq!(told, "-1 11 the session was closed by the server");
}

#[test]
fn an_idle_client_is_told_the_end_of_its_channels_and_of_the_server_that_stops() {
    let mut server = Server::start(Configuration::standard());
    let told = heard(&mut server, |server| assert!(server.terminate().success()));
    assert_eq!(told, "0 11 the server is stopping");
}
