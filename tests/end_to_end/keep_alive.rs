//! Clients that are silent, slow or gone.

use std::process::Command;

use causeway_tests::clients::python;
use causeway_tests::sftp::Sftp;
use causeway_tests::wait::until;
use causeway_tests::{Configuration, Server};

fn with(options: &[(&str, &str)]) -> Server {
    let c = Configuration::standard();
    Server::start(options.iter().fold(c, |c, (option, value)| c.set("services/sftp", option, value)))
}

#[test]
fn a_client_that_answers_keep_alives_stays_until_it_has_been_idle_for_too_long() {
    let server = with(&[
        ("client_alive_interval", "1"),
        ("client_alive_count_max", "1"),
        ("idle_connection_timeout", "6"),
    ]);
    let mut client = Sftp::connect(&server, "alice");
    server.wait_for_event("the end", |e| e.message.contains("nothing happened for 6 seconds"));
    until("the client is told", || client.stat("/").is_err());
    assert!(!server.events().iter().any(|e| e.message.contains("no sign of life")));
}

#[test]
fn a_client_that_does_not_take_what_it_asked_for_is_given_up() {
    let server = with(&[("client_alive_interval", "0"), ("idle_connection_timeout", "3")]);
    server.put_in_home("alice", "large", &vec![7; 64 << 20]);
    let stopped = python(&server, "deaf_paramiko.py", &[]);
    server.wait_for_event("the end", |e| {
        e.message.contains("the client has not taken what it was sent for 3 seconds")
    });
    assert!(Command::new("kill").args(["-KILL", stopped.trim()]).status().unwrap().success());
}
